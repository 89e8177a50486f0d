"""What a step between two versions of a document changed: one row per leaf and per label.

Comes in: the path and the bytes of both versions. Goes out: ``DocumentChange`` rows, with the meaning that rows of
`changes` of kind config and label have in the catalogue. Pure.
"""

import re
from dataclasses import dataclass

from harvester.extract.document import Extracted, extract_document
from harvester.extract.flatten import LABEL_MAPS, VALUE_CAP, large_leaves
from harvester.extract.label_changes import LabelSide, MapLeaf, label_changes
from harvester.extract.resaved import STAMPS, Leaf, unmeant

_READ = ("ok", "lenient")
_LABEL_MAPS = re.compile(LABEL_MAPS)
_STAMPS = re.compile(STAMPS)


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One difference between two versions of a document.

    ``kind`` is config (a leaf) or label; ``change`` added, removed, changed or permuted; values are JSON texts, those
    of labels plain (None: there is none, or it is larger than ``flatten.VALUE_CAP``).
    """

    kind: str
    field: str
    change: str
    old: str | None
    new: str | None
    noise: bool = False


class Unreadable(Exception):
    """One of the versions is no document that can be compared; the message says why."""


def document_changes(path: str, old: bytes, new: bytes) -> list[DocumentChange]:
    """Compare two versions of the document at ``path``. Raises Unreadable."""
    before, after = _read(path, old), _read(path, new)
    maps = list(label_changes(_labels(before, old), _labels(after, new)))
    rows = [DocumentChange(row.kind, row.field, row.change, row.old, row.new, row.noise) for row in maps]
    differing = [row for row in rows if row.kind == "config"] + _leaves(before, old, after, new)
    labelled = any(row.kind == "label" and not row.noise for row in rows)
    resaved = unmeant(_plain(before), _plain(after)) if differing else set()
    quiet = not labelled and all(row.field in resaved or _STAMPS.search(row.field) for row in differing)
    found = [
        DocumentChange(row.kind, row.field, row.change, row.old, row.new, quiet or row.field in resaved)
        for row in differing
    ]
    return [row for row in rows if row.kind == "label"] + sorted(found, key=lambda row: row.field)


def _read(path: str, data: bytes) -> Extracted:
    found = extract_document(path, data)
    if found.status not in _READ:
        raise Unreadable(found.reason or found.status)
    return found


def _large(side: Extracted, data: bytes) -> dict[str, str]:
    return dict(large_leaves(data)) if side.keep_bytes else {}


def _labels(side: Extracted, data: bytes) -> LabelSide:
    digests = _large(side, data)
    leaves = (
        MapLeaf(field, kind, value, digests.get(field))
        for field, kind, value, _ in side.leaves
        if _LABEL_MAPS.search(field)
    )
    return LabelSide(tuple(leaves), tuple(side.labels))


def _plain(side: Extracted) -> list[Leaf]:
    return [Leaf(field, kind, value) for field, kind, value, _ in side.leaves if not _LABEL_MAPS.search(field)]


def _leaves(before: Extracted, old: bytes, after: Extracted, new: bytes) -> list[DocumentChange]:
    was = {leaf.field: leaf for leaf in _plain(before)}
    now = {leaf.field: leaf for leaf in _plain(after)}
    digests = (_large(before, old), _large(after, new))
    found = []
    for field in dict.fromkeys([*was, *now]):
        one, other = was.get(field), now.get(field)
        if one == other and digests[0].get(field) == digests[1].get(field):
            continue
        change = "added" if one is None else "removed" if other is None else "changed"
        old_value, new_value = one.value if one else None, other.value if other else None
        found.append(DocumentChange("config", field, change, old_value, new_value))
    return found


__all__ = ["VALUE_CAP", "DocumentChange", "Unreadable", "document_changes"]
