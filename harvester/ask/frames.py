"""A DuckDB relation in, a polars frame out, every value exact. Never evaluates a relation twice."""

from datetime import datetime
from typing import Any

import duckdb
import polars as pl
from duckdb import DuckDBPyRelation

from harvester.errors import UsageError

_PLAIN = frozenset(
    (
        "boolean", "tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint",
        "hugeint", "float", "double", "decimal", "varchar", "blob", "date", "time", "timestamp", "timestamp_s",
        "timestamp_ms", "timestamp_ns", "uuid", "enum", "null",
    )
)  # fmt: skip
_NESTED = frozenset(("list", "array", "struct", "tuple", "map"))
_WITH_ZONE = "timestamp with time zone"

#: Range of Python's datetime: DuckDB's infinities and years before 1 are outside, and polars panics on them.
_FIRST, _LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)


def to_polars(relation: DuckDBPyRelation) -> pl.DataFrame:
    """Return a relation as a frame.

    Types that polars does not support (INTERVAL, UNION, BIT, ...) become VARCHAR, nested ones with such a type JSON
    text. HUGEINT (DuckDB's type for sums of integers) becomes BIGINT if every value fits, else DECIMAL(38, 0), else
    text. Times with a zone become naive UTC, like all times of the catalogue. A duplicate name gets ``_2``.

    Raises UsageError for dates outside the years 1 to 9999, and what DuckDB raises while it computes.
    """
    names = _distinct(relation.columns)
    types = relation.types
    readable = [_readable(kind, f"#{position}") for position, kind in enumerate(types, 1)]
    if names != relation.columns or any(text is not None for text in readable):
        relation = relation.project(
            ", ".join(
                f"{text or f'#{position}'} AS {identifier(name)}"
                for position, (name, text) in enumerate(zip(names, readable, strict=True), 1)
            )
        )
    frame = pl.DataFrame(relation)
    return frame.with_columns(
        _settled(frame[name], kind) for name, kind, text in zip(names, types, readable, strict=True) if text is None
    )


def _distinct(names: list[str]) -> list[str]:
    taken = set(names)
    seen: set[str] = set()
    result = []
    for name in names:
        unique, count = name, 1
        while unique in seen or (count > 1 and unique in taken):
            count += 1
            unique = f"{name}_{count}"
        seen.add(unique)
        result.append(unique)
    return result


def identifier(name: str) -> str:
    """Return a name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def _readable(kind: duckdb.sqltypes.DuckDBPyType, value: str) -> str | None:
    """Return the SQL that converts a value for polars; None if that is not necessary."""
    if kind.id == _WITH_ZONE or _is_plain(kind):
        return None
    if kind.id in _NESTED:
        return f"CAST(to_json({value}) AS VARCHAR)"
    return f"CAST({value} AS VARCHAR)"


def _is_plain(kind: duckdb.sqltypes.DuckDBPyType) -> bool:
    if kind.id.lower() in _PLAIN:
        return True
    if kind.id not in _NESTED:
        return False
    inner: list[tuple[str, Any]] = kind.children
    return all(_is_plain(child) for name, child in inner if name != "size")


def _settled(series: pl.Series, kind: duckdb.sqltypes.DuckDBPyType) -> pl.Series:
    if kind.id == "hugeint":
        return _integers(series)
    if kind.id == "enum":
        return series.cast(pl.String)
    if isinstance(series.dtype, pl.Datetime):
        if series.dtype.time_zone is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        # Nanoseconds in 64 bits reach from 1677 to 2262 only.
        return series if series.dtype == pl.Datetime("ns") else _in_calendar(series)
    return _in_calendar(series) if series.dtype == pl.Date else series


def _integers(series: pl.Series) -> pl.Series:
    whole = series.cast(pl.Int128)
    if whole.drop_nulls().is_between(-(2**63), 2**63 - 1).all():
        return whole.cast(pl.Int64)
    fits = whole.drop_nulls().is_between(1 - 10**38, 10**38 - 1).all()
    return series if fits else whole.cast(pl.String)


def _in_calendar(series: pl.Series) -> pl.Series:
    bounds = pl.Series([_FIRST, _LAST], dtype=pl.Datetime("us")).cast(series.dtype).to_physical()
    if not series.drop_nulls().to_physical().is_between(bounds[0], bounds[1]).all():
        raise UsageError(f"column {series.name} holds a date outside the years 1 to 9999: cast it to VARCHAR")
    return series
