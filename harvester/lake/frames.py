"""Rows to typed frames.

A value that its column cannot store (an integer beyond 64 bits, half a surrogate pair, a text in
a numeric column) raises `Unstorable` for the rows it came with; `fitted` keeps all the rows that can be stored.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
from polars.exceptions import PanicException

from harvester.lake.types import polars_schema
from harvester.schema.lake import LAKE_TABLES
from harvester.schema.rows import Row
from harvester.schema.table import Table

_TABLES = {table.name: table for table in LAKE_TABLES}


class Unstorable(ValueError):
    """Rows that cannot be stored as they are; the message says which column and why."""


def frame(table: Table, run_id: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Turn row tuples (columns without ``run_id``) into a typed frame. Raises Unstorable.

    Times come as whole microseconds since 1970 in UTC.
    """
    names = [c.name for c in table.columns if c.name != "run_id"]
    types = polars_schema(table)
    try:
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    except ValueError as error:
        raise Unstorable(f"{table.name}: a row of the wrong shape ({error})") from None
    data = {name: _series(table, name, values, types[name]) for name, values in columns.items()}
    if "run_id" in types:
        data["run_id"] = pl.Series("run_id", [run_id], dtype=pl.String()).new_from_index(0, len(rows))
    return pl.DataFrame({name: data[name] for name in types})


def _series(table: Table, name: str, values: Sequence[Any], dtype: pl.DataType) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=dtype, strict=True)
    except (Exception, PanicException) as error:
        words = str(error).split("\n")[0][:120]
        raise Unstorable(f"{table.name}.{name} cannot store the value: {type(error).__name__}: {words}") from None


def fitted(table_name: str, row: Row) -> tuple[Row | None, str]:
    """Return a row without the values that its columns cannot store, and what was wrong (empty: nothing).

    The row is None if such a value belongs to the key, or if the number of columns is wrong.
    """
    table = _TABLES[table_name]
    columns = [c for c in table.columns if c.name != "run_id"]
    if len(row) != len(columns):
        return None, f"{table_name}: a row of {len(row)} columns instead of {len(columns)}"
    types = polars_schema(table)
    kept, wrong = list(row), ""
    for place, (column, value) in enumerate(zip(columns, row, strict=True)):
        try:
            _series(table, column.name, [value], types[column.name])
        except Unstorable as error:
            wrong = wrong or str(error)
            if column.name in table.key:
                return None, wrong
            kept[place] = None
    return tuple(kept), wrong
