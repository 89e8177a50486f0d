"""A table of the catalogue that a pure function makes of another query's rows.

The query is read in chunks, every row passes through the function, and what comes out is loaded; memory stays flat.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from harvester.lake.duck import quoted

#: Rows read and loaded at a time.
CHUNK = 20_000
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A table made of another query's rows: ``rows`` turns one row into those of the table."""

    after: str
    table: str
    columns: tuple[tuple[str, pl.DataType], ...]
    query: str
    rows: Callable[[Row], Iterable[Row]]
    #: the last column of the query is the blob id of a document: ``rows`` is given its bytes, one document at a time
    reads: bool = False


def make(con: duckdb.DuckDBPyConnection, step: Step, scratch: Path) -> None:
    """Make the table of one step in the current database of ``con``; ``scratch`` is a folder for its parts."""
    schema = dict(step.columns)
    stem = step.table.replace(".", "-")
    parts: list[Path] = []
    try:
        rows = (row for chunk in _chunks(con, step) for given in chunk for row in step.rows(given))
        while (made := list(islice(rows, CHUNK))) or not parts:
            path = scratch / f"{stem}-{len(parts):06}.parquet"
            parts.append(path)
            pl.DataFrame(made, schema=schema, orient="row").write_parquet(path)
        listed = ", ".join(quoted(str(path)) for path in parts)
        con.execute(f"CREATE TABLE {step.table} AS SELECT * FROM read_parquet([{listed}])")
    finally:
        for path in parts:
            path.unlink(missing_ok=True)


def _chunks(con: duckdb.DuckDBPyConnection, step: Step) -> Iterator[Iterable[Row]]:
    """The rows in chunks; one empty chunk where there are none, so that the table is made all the same."""
    cursor = con.execute(step.query)
    if step.reads:
        yield _with_bytes(con, cursor.fetchall())
        return
    rows = cursor.fetchmany(CHUNK)
    yield rows
    while rows and (rows := cursor.fetchmany(CHUNK)):
        yield rows


def _with_bytes(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> Iterator[Row]:
    for *row, oid in rows:
        for (data,) in con.execute("SELECT bytes FROM base.document WHERE oid = ?", [oid]).fetchall():
            yield (*row, data)
