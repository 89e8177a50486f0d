"""Catalogues of a few rows, made from the schema: only the columns that matter are given, the others are NULL."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from harvester.catalogue.scripts import scripts
from harvester.schema.catalogue import CATALOGUE_TABLES

TYPES = {table.name: {column.name: column.type for column in table.columns} for table in CATALOGUE_TABLES}
#: The groupings of the catalogue.
MACROS = next(text for name, text in scripts() if name == "91_macros.sql")
Rows = Mapping[str, Iterable[Mapping[str, Any]]]


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    for name, columns in TYPES.items():
        written = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        con.execute(f"CREATE TABLE {name} ({written})")
    con.execute("CREATE SCHEMA base; CREATE TABLE base.unread (selection_id VARCHAR, hub_id VARCHAR, state VARCHAR)")
    con.execute(MACROS)


def insert(con: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    for table, items in rows.items():
        types = TYPES[table]
        for item in items:
            names = ", ".join(f'"{name}"' for name in item)
            values = ", ".join(f"CAST(? AS {types[name]})" for name in item)
            con.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", list(item.values()))


def in_memory(**rows: Iterable[Mapping[str, Any]]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    create_tables(con)
    insert(con, rows)
    return con


def harvest_directory(root: Path, **rows: Iterable[Mapping[str, Any]]) -> Path:
    """A directory that looks like a harvest whose catalogue is built."""
    (root / "lake").mkdir(parents=True)
    (root / "lake" / "parts.json").write_text("{}")
    with duckdb.connect(str(root / "catalogue.duckdb")) as con:
        create_tables(con)
        insert(con, rows)
    return root


def read_case(case: Path) -> Rows:
    """The rows of a case: one JSON file a table."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(case.glob("*.json")) if file.stem != "params"}
