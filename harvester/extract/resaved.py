"""Differences between two versions of a config without meaning: transformers 5 writes equal values under other names.

Takes the leaves of both versions, returns the fields whose change has no meaning. Pure.
https://github.com/huggingface/transformers/blob/main/MIGRATION_GUIDE_V5.md
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

#: Fields that may show a re-saved config, as a regular expression: those that moved, and values JSON has no number for.
LOOKED_AT = (
    r"(^|\.)(\w*dtype|rope_\w+|partial_rotary_factor|rotary_pct|rotary_emb_base|global_rope_theta"
    r"|local_rope_theta)(\.|$)|\.__float__$"
)
#: Fields that only say what wrote a document, as a regular expression.
STAMPS = r"(^|\.)(transformers_version|_commit_hash|_diffusers_version)$"
#: Items of a list that are compared one by one.
_ITEMS = 1000
#: Digits of an integer that compares as a number.
_DIGITS = 400

_ROPE = ("rope_scaling", "rope_parameters")
_FLOAT = ".__float__"
#: Keys that moved into rope_parameters, and the name they have there.
_MOVED = {
    "rope_theta": "rope_theta",
    "rotary_emb_base": "rope_theta",
    "global_rope_theta": "rope_theta",
    "partial_rotary_factor": "partial_rotary_factor",
    "rotary_pct": "partial_rotary_factor",
    "rope_local_base_freq": "sliding_attention.rope_theta",
    "local_rope_theta": "sliding_attention.rope_theta",
}
#: Fields whose values have several spellings.
_SPELLED = ("dtype", "rope_type")
#: Synonyms of kinds of position scaling, as in the typed columns.
_SAME_ROPE = {"su": "longrope", "mrope": "default"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a document: its field, JSON type and JSON text."""

    field: str
    type: str
    value: str | None


def unmeant(old: Iterable[Leaf], new: Iterable[Leaf]) -> set[str]:
    """The fields that differ between two versions, though neither says anything that the other does not.

    A leaf that went is in the other version under its new name and has the same value there, one that came likewise; a
    leaf that changed is only spelled in another way (``torch.float16``, ``su``).
    """
    before, after = _Side(old), _Side(new)
    found = set()
    for field in before.leaves.keys() | after.leaves.keys():
        was, now = before.leaves.get(field), after.leaves.get(field)
        if was == now or (was is not None and now is not None and not _today(field).endswith(_SPELLED)):
            continue
        if (was is None or after.says(was)) and (now is None or before.says(now)):
            found.add(field)
    return found


class _Side:
    """One version: its leaves, and what they say under the names of transformers 5."""

    def __init__(self, leaves: Iterable[Leaf]) -> None:
        self.leaves = {leaf.field: leaf for leaf in leaves}
        self.said: dict[str, set[object]] = {}
        for leaf in self.leaves.values():
            for field, value in _meant(leaf):
                self.said.setdefault(field, set()).add(value)

    def says(self, leaf: Leaf) -> bool:
        """Whether this version says what a leaf of the other says, or it says nothing."""
        meant = _meant(leaf)
        return bool(meant) and all(value in self.said.get(field, _implied(field, self.said)) for field, value in meant)


def _implied(field: str, said: dict[str, set[object]]) -> set[object]:
    """What a version says by leaving a field out: no position scaling is the default kind of it."""
    parent, _, key = field.rpartition(".")
    if key == "rope_type" and parent.rpartition(".")[2] in ("rope_parameters", "sliding_attention"):
        return {"default"}
    if key in ("rope_parameters", "rope_scaling"):
        return {None}
    return set()


def _meant(leaf: Leaf) -> list[tuple[str, object]]:
    """A leaf as field and value under today's names; a list as its items. Empty where it is too large to be known."""
    if leaf.value is None:
        return []
    try:
        value: Any = json.loads(leaf.value, parse_int=lambda digits: int(digits) if len(digits) < _DIGITS else digits)
    except (ValueError, RecursionError):
        return []
    field = leaf.field
    if field.endswith(_FLOAT) and value in ("Infinity", "-Infinity", "NaN"):
        return [(_today(field.removesuffix(_FLOAT)), (_FLOAT, value))]
    field = _today(field)
    if leaf.type == "array" and len(value) <= _ITEMS:
        # A list with an infinity has an object in it since, so its items are leaves of their own.
        return [(f"{field}[{place}]", _plain(item)) for place, item in enumerate(value)] or [(field, leaf.value)]
    if leaf.type in ("array", "object"):
        return [(field, leaf.value)]
    key = field.rpartition(".")[2]
    if isinstance(value, str) and key.endswith("dtype"):
        value = value.removeprefix("torch.")
    elif isinstance(value, str) and key == "rope_type":
        value = _SAME_ROPE.get(value, value)
    return [(field, _plain(value))]


def _plain(value: Any) -> object:
    """A value that compares: numbers as such (true and 1 are two), infinities by their names, the rest as JSON text."""
    if isinstance(value, (bool, list, dict)):
        return (type(value).__name__, json.dumps(value, sort_keys=True))
    if isinstance(value, float) and not isfinite(value):
        return (_FLOAT, "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity")
    return value


def _today(field: str) -> str:
    """The name that transformers 5 has for a field."""
    parts = field.split(".")
    for place, part in enumerate(parts):
        if part in _ROPE:
            rest = ["rope_type" if key == "type" else key for key in parts[place + 1 :]]
            return ".".join(
                [*parts[:place], "rope_parameters", *(rest[1:] if rest[:1] == ["full_attention"] else rest)]
            )
    *above, key = parts
    if key in _MOVED:
        return ".".join([*above, "rope_parameters", _MOVED[key]])
    return ".".join([*above, "dtype"]) if key == "torch_dtype" else field
