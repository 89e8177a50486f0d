"""Findings in words: one line each. Pure."""

from collections.abc import Sequence

from harvester.lock.classes import Difference

#: Differences named in a message; reports list all of them.
NAMED = 4
#: Characters of a value in a message.
VALUE = 60


#: Facts about a repository, in words.
_FACTS = {
    "name": "renamed:", "hub_id": "another repository has its name:", "gated": "gated:",
    "commit": "nothing that is locked changed:", "license_class": "class of terms:",
}  # fmt: skip


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 model`, `1,200 models`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def message_of(name: str, differences: Sequence[Difference], *, only: bool) -> str:
    """Return what a finding says; ``only``: there is no other finding of this model."""
    shown = [_shown(one) for one in differences[:NAMED]]
    more = len(differences) - len(shown)
    text = "; ".join(shown) + (f"; and {more:,} more" if more > 0 else "")
    if only and name in ("weights", "card"):
        return f"only the {'weights' if name == 'weights' else 'card'} changed: {text}"
    return text


def _shown(one: Difference) -> str:
    if one.field == "commit" and one.change == "removed":
        return f"commit {str(one.old)[:10]} is no longer in the history, so loading at it may fail"
    if one.path is None and one.field in _FACTS:
        return f"{_FACTS[one.field]} {_value(one.old)} -> {_value(one.new)}"
    where = " ".join(part for part in (one.path, one.field) if part and part != "content")
    if one.old is None and one.new is None:
        return f"{where} {one.change}"
    if one.field in (None, "content"):
        return f"{where} {one.change}"
    old, new = _value(one.old), _value(one.new)
    if one.change == "added":
        return f"{where} added: {new}"
    if one.change == "removed":
        return f"{where} removed: {old}"
    moved = " (moved to another index)" if one.change == "permuted" else ""
    return f"{where}: {old} -> {new}{moved}"


def _value(value: str | None) -> str:
    if value is None:
        return "(not shown)"
    return value if len(value) <= VALUE else value[: VALUE - 3] + "..."
