"""Rebuilds the list of parts from the files on disk, if the list is damaged or missing."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from harvester.lake.layout import Layout
from harvester.lake.parts import LIST, TABLES, Lake, Part, PartsList


def relist(layout: Layout) -> tuple[Lake, list[str]]:
    """Write a new list of all readable parts on disk; return the lake, and the files left out.

    Parts of an interrupted write are listed too, and may repeat rows of other parts. Their batches are unknown, so none
    is dropped without consent. Raises LocalError.
    """
    draft = layout.parts_list
    kept = draft.with_name(f"{draft.name}.damaged")
    if draft.exists():
        draft.replace(kept)
    lake = Lake(layout, PartsList(()))
    # The list is replaced by one who has read it.
    lake.store.read(LIST)
    lake.store.fetch(dict.fromkeys(lake.store.sizes() or (), ""))
    parts: list[Part] = []
    unread: list[str] = []
    for table, run_id, path in _files(layout):
        try:
            rows = pl.scan_parquet(path).select(pl.len()).collect().item()
        except (pl.exceptions.PolarsError, OSError):
            unread.append(str(path))
            continue
        parts.append(lake.describe(path, run_id, table, rows))
    lake.replace(PartsList(tuple(parts)))
    return lake, unread


def _files(layout: Layout) -> Iterator[tuple[str, str, Path]]:
    for path in sorted(layout.lake.glob("*/run=*/part-*.parquet")):
        table, run = path.parts[-3], path.parts[-2].removeprefix("run=")
        if table in TABLES:
            yield table, run, path
