"""Checks that an answer has the format that rows are made from. Pure: takes decoded JSON, returns what is wrong.

A field that is missing, null or odd in one model only affects that model. This check is for a Hub that has changed, or
that is not a Hub: id, commit or file list of another type, which would give wrong rows.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

#: After this many manifests of unknown format, and no known one, the Hub has changed, not just a model.
STRIKES = 3
#: What to do about a Hub that has changed.
ADVICE = "nothing was written. `harvester doctor --report FILE` writes a report to attach to an issue"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BLOB = re.compile(r"[0-9a-f]{40}")
#: Characters of an odd value that are quoted.
_QUOTED = 60


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _files(value: Any) -> bool:
    return isinstance(value, list) and (not value or any(_file(one) for one in value))


def _file(value: Any) -> bool:
    return isinstance(value, dict) and _text(value.get("rfilename"))


def _commit(value: Any) -> bool:
    return isinstance(value, str) and _COMMIT.fullmatch(value) is not None


def _size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


#: The essential fields: name, expected content, and the check.
ESSENTIAL: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("_id", "text", _text),
    ("id", "text", _text),
    ("sha", "a commit id of 40 hex digits", _commit),
    ("siblings", "a list of objects with rfilename", _files),
)
#: The same of one file of a manifest.
OF_A_FILE: tuple[tuple[str, str, Callable[[Any], bool]], ...] = (
    ("size", "a number of bytes", _size),
    ("blobId", "a blob id of 40 hex digits", lambda value: isinstance(value, str) and bool(_BLOB.fullmatch(value))),
    ("lfs", "an object with sha256", lambda value: isinstance(value, dict) and _sha256(value)),
)


def _sha256(lfs: dict[str, Any]) -> bool:
    digest = lfs.get("sha256", lfs.get("oid"))
    return isinstance(digest, str) and _SHA256.fullmatch(digest) is not None


@dataclass(slots=True)
class Understood:
    """How many manifests were understood, and how many were of unknown shape."""

    known: int = 0
    unknown: int = 0

    def add(self, problem: str | None) -> bool:
        """Count one. Returns whether the Hub answers in another format: several of unknown shape and none other."""
        if problem is None:
            self.known += 1
        else:
            self.unknown += 1
        return self.known == 0 and self.unknown >= STRIKES


def unknown_listing(rows: Any) -> str | None:
    """Return what is unknown about a listing page, or None.

    A field counts as unknown if it is in another format in every row that has it (not null). A page counts as unknown
    if all its rows lack `_id` or `id`.
    """
    if not isinstance(rows, list):
        return f"expected a listing page (a list), got {_kind(rows)}"
    if not rows:
        return None
    models = [row for row in rows if isinstance(row, dict)]
    if not models:
        return f"expected a row of a listing (an object), got {_kind(rows[0])}"
    for name in ("_id", "id"):
        if not any(row.get(name, row.get("modelId") if name == "id" else None) is not None for row in models):
            return f"no row has the field {name}"
    return _unknown(models, ESSENTIAL, "of a row")


def unknown_manifest(value: Any) -> str | None:
    """Return what is unknown about the answer for one model, or None."""
    if not isinstance(value, dict):
        return f"expected a model (an object), got {_kind(value)}"
    if problem := _unknown([value], ESSENTIAL, "of a model"):
        return problem
    files = [one for one in value.get("siblings") or () if isinstance(one, dict)]
    return _unknown(files, OF_A_FILE, "of a file")


def _unknown(
    items: Iterable[dict[str, Any]], fields: Iterable[tuple[str, str, Callable[[Any], bool]]], of_what: str
) -> str | None:
    items = list(items)
    for name, expected, fits in fields:
        values = [item[name] for item in items if item.get(name) is not None]
        if values and not any(fits(value) for value in values):
            quoted = repr(values[0])[:_QUOTED]
            return f"the field {name} {of_what} must be {expected}, not {_kind(values[0])} such as {quoted}"
    return None


def _kind(value: Any) -> str:
    """The JSON type of a value, with its article."""
    if isinstance(value, bool):
        return "a boolean"
    names = ((dict, "an object"), (list, "a list"), (str, "text"), (int, "a number"), (float, "a number"))
    return next((name for kind, name in names if isinstance(value, kind)), "null")
