"""Writes rows of live parts as new parts, sorted as the lake is read; publishing them is the caller's."""

import duckdb

from harvester.lake.duck import identifier, parquet_options, quoted
from harvester.lake.parts import TABLES, Lake, Part


def order_of(table: str) -> tuple[str, ...]:
    """Return the sort columns: the model or document first, then the run, then the rest of the key."""
    names, key = TABLES[table].names, TABLES[table].key
    first = "hub_id" if "hub_id" in names else key[0]
    found = (first, *(["run_id"] if "run_id" in names else []), *key)
    return tuple(dict.fromkeys(found))


def write_select(
    con: duckdb.DuckDBPyConnection, lake: Lake, select: str, *, table: str, run_id: str, name: str
) -> Part | None:
    """Write a SELECT of a lake table as one part named after ``name``; None where it has no rows.

    A name that was used gets a number: part names are never used again.
    """
    path = lake.part_path(run_id, name, table)
    number = 1
    while path.exists():
        number += 1
        path = lake.part_path(run_id, f"{name}-{number}", table)
    order = ", ".join(identifier(column) for column in order_of(table))
    con.execute(f"COPY (SELECT * FROM ({select}) ORDER BY {order}) TO {quoted(str(path))} {parquet_options(table)}")
    rows = int(con.sql(f"SELECT count(*) FROM read_parquet({quoted(str(path))})").fetchall()[0][0])
    if rows == 0:
        path.unlink()
        return None
    return lake.describe(path, run_id, table, rows)
