"""A table of the catalogue that a pure function makes of another query's rows.

The query is read in chunks, every row passes through the function, and what comes out is loaded; memory stays flat. A
row at which the function raises costs itself: it becomes a row of ``base.step_error``.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from polars.exceptions import PanicException

from harvester.extract.failure import extractor_error
from harvester.lake.duck import identifier, quoted
from harvester.lake.types import polars_type

#: Rows read and loaded at a time.
CHUNK = 20_000
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A table made of another query's rows: ``rows`` turns one row into those of the table.

    ``columns``: names and DuckDB types.
    """

    after: str
    table: str
    columns: tuple[tuple[str, str], ...]
    query: str
    rows: Callable[[Row], Iterable[Row]]
    #: the last column of the query is the blob id of a document: ``rows`` is given its bytes, one document at a time
    reads: bool = False


def make(con: duckdb.DuckDBPyConnection, step: Step, scratch: Path) -> None:
    """Make the table of one step in the current database of ``con``; ``scratch`` is a folder for its parts."""
    stem = step.table.replace(".", "-")
    parts: list[Path] = []
    errors: list[Row] = []
    try:
        rows = (row for chunk in _chunks(con, step) for given in chunk for row in _made(step, given, errors))
        while made := list(islice(rows, CHUNK)):
            path = scratch / f"{stem}-{len(parts):06}.parquet"
            parts.append(path)
            _frame(step, made, errors).write_parquet(path)
        if errors:
            con.executemany("INSERT INTO base.step_error VALUES (?, ?, ?)", errors)
        typed = ", ".join(f"{identifier(name)} {kind}" for name, kind in step.columns)
        con.execute(f"CREATE TABLE {step.table} ({typed})")
        if parts:
            listed = ", ".join(quoted(str(path)) for path in parts)
            con.execute(f"INSERT INTO {step.table} FROM read_parquet([{listed}])")
    finally:
        for path in parts:
            path.unlink(missing_ok=True)


def _made(step: Step, given: Row, errors: list[Row]) -> list[Row]:
    """The rows that one row becomes; none, and an error, where the function raises."""
    try:
        return list(step.rows(given))
    except Exception as error:
        errors.append(_error(step, given, error))
        return []


def _frame(step: Step, rows: list[Row], errors: list[Row]) -> pl.DataFrame:
    """The rows as a frame; those that it cannot store are left out, each with an error."""
    schema = {name: polars_type(kind) for name, kind in step.columns}
    try:
        return pl.DataFrame(rows, schema=schema, orient="row")
    except (Exception, PanicException):
        kept = []
        for row in rows:
            try:
                kept.append(pl.DataFrame([row], schema=schema, orient="row"))
            except (Exception, PanicException) as error:
                errors.append(_error(step, row, error))
        return pl.concat(kept) if kept else pl.DataFrame(schema=schema)


def _error(step: Step, row: Row, error: BaseException) -> Row:
    known = next((value for value in row if isinstance(value, str | int)), "")
    name = str(known)[:200].encode("utf-8", "replace").decode()
    return step.table.removeprefix("base."), name, extractor_error(error)


def _chunks(con: duckdb.DuckDBPyConnection, step: Step) -> Iterator[Iterable[Row]]:
    """The rows in chunks."""
    cursor = con.execute(step.query)
    if step.reads:
        yield _with_bytes(con, cursor.fetchall())
        return
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _with_bytes(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> Iterator[Row]:
    for *row, oid in rows:
        for (data,) in con.execute("SELECT bytes FROM base.document WHERE oid = ?", [oid]).fetchall():
            yield (*row, data)
