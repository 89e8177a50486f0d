"""Rows of one answer that cannot all be stored: the others are kept, each failure is a row of the fetch log."""

from datetime import datetime

from harvester.extract.failure import EXTRACTOR_ERROR
from harvester.lake.frames import fitted
from harvester.lake.parts import TABLES, Rows
from harvester.outcome import Outcome
from harvester.schema.rows import Row, fetches_row

#: The item of the fetch log that the rows of a table belong to; rows of other tables are not logged.
_ITEMS = {
    "listing": "listing", "facts": "listing", "manifests": "manifest", "files": "manifest", "refs": "document",
    "weights": "weights", "commits": "history", "file_versions": "history", "histories": "history",
}  # fmt: skip


def fitted_rows(rows: Rows, at: datetime | None) -> Rows:
    """Return the rows without the values that their columns cannot store, each item logged once as `invalid`.

    If the value belongs to the key, the whole row is dropped. ``at`` is the time of the entries.
    """
    kept: Rows = {}
    lost: dict[tuple[str, str], Row] = {}
    for table, tuples in rows.items():
        for row in tuples:
            whole, wrong = fitted(table, row)
            if whole is not None:
                kept.setdefault(table, []).append(whole)
            item = _ITEMS.get(table)
            if wrong and item is not None:
                model = _text(table, row, "hub_id")
                lost.setdefault(
                    (item, model or table),
                    fetches_row(
                        hub_id=model, requested_id=model or table, repo_id=_text(table, row, "repo_id"),
                        sha=_text(table, row, "sha"), item=item, path=None, outcome=Outcome.INVALID, http_status=None,
                        attempts=0, error=f"{EXTRACTOR_ERROR}: {wrong}", fetched_at=at,
                    ),
                )  # fmt: skip
    if lost:
        kept.setdefault("fetches", []).extend(lost.values())
    return kept


def _text(table: str, row: Row, column: str) -> str | None:
    """Return a text of a row by its column's name, or None if it has none that can be stored."""
    names = [name for name in TABLES[table].names if name != "run_id"]
    value = row[names.index(column)] if column in names and len(row) == len(names) else None
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None
