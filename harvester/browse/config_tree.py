"""A model's config documents as trees of their leaves, with the typed column that each value became beside it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harvester.ask.show import MODEL_DOCUMENTS
from harvester.browse.store import Store
from harvester.schema.config_columns import CONFIG_COLUMNS

#: Leaves shown of one document, and characters of a value.
LEAVES, VALUE = 600, 300
_STEP = re.compile(r'\[\d+\]|"(?:[^"\\]|\\.)*"|[^.\[]+')
_LEAVES = """
SELECT leaf.field, leaf.type, left(leaf.value, $most) AS value, len(leaf.value) AS length
FROM base.ref AS ref JOIN base.leaf AS leaf ON leaf.doc = ref.doc
WHERE ref.model = (SELECT model FROM base.model_key WHERE hub_id = $hub_id) AND ref.path = $path
    AND leaf.doc = (SELECT doc FROM base.ref WHERE path = $path
        AND model = (SELECT model FROM base.model_key WHERE hub_id = $hub_id))
ORDER BY leaf.field LIMIT $limit
"""
_BY_KEY: dict[str, list[str]] = {}
for _column in CONFIG_COLUMNS:
    for _key in _column.keys:
        _BY_KEY.setdefault(_key, []).append(_column.name)


@dataclass(slots=True)
class Node:
    """A key of a document: a leaf with its JSON text, or an inner node with what is below it."""

    name: str
    type: str | None = None
    value: str | None = None
    #: Typed columns that hold this value.
    typed: tuple[str, ...] = ()
    below: dict[str, "Node"] = field(default_factory=dict)


def config_documents(store: Store, hub_id: str, model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's documents, each with its tree, and the typed columns that are known with their meaning."""
    documents = store.dicts(MODEL_DOCUMENTS, {"hub_id": hub_id})
    # The one that fills the typed columns first.
    documents.sort(key=lambda row: (row["path"] != model["config_path"], row["path"]))
    for row in documents:
        row["tree"], row["rest"] = None, False
        if row["status"] in ("ok", "lenient"):
            params = {"hub_id": hub_id, "path": row["path"], "limit": LEAVES + 1, "most": VALUE}
            leaves = store.dicts(_LEAVES, params)
            row["rest"] = len(leaves) > LEAVES
            row["tree"] = tree(leaves[:LEAVES], model if row["path"] == model["config_path"] else {})
    typed = [
        (column.name, model[column.name], column.comment)
        for column in CONFIG_COLUMNS
        if model[column.name] not in (None, [])
    ]
    return {"documents": documents, "typed": typed}


def tree(leaves: list[dict[str, Any]], model: Mapping[str, Any]) -> Node:
    """Return leaves as a tree. ``model`` has the typed columns that this document filled."""
    root = Node("")
    for leaf in leaves:
        node = root
        steps = _STEP.findall(leaf["field"]) or [leaf["field"]]
        for step in steps:
            node = node.below.setdefault(step, Node(step))
        node.type, node.value = leaf["type"], leaf["value"]
        if leaf["length"] is not None and leaf["length"] > VALUE:
            node.value = f"{leaf['value']}… ({leaf['length']:,} characters)"
        node.typed = tuple(name for name in _BY_KEY.get(steps[-1], ()) if _same(leaf["value"], model.get(name)))
    return root


def _same(text: str | None, value: object) -> bool:
    """Whether a leaf's JSON text reads as the value of a typed column."""
    if text is None or value is None:
        return False
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if isinstance(read, str) and isinstance(value, str):
        return read.removeprefix("torch.") == value
    return type(read) is type(value) and read == value
