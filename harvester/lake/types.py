"""How the types of the schema become those of Parquet."""

import polars as pl

from harvester.schema.table import Table

_TYPES: dict[str, pl.DataType] = {
    "VARCHAR": pl.String(),
    "BIGINT": pl.Int64(),
    "INTEGER": pl.Int32(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "TIMESTAMP": pl.Datetime("us"),
    "BLOB": pl.Binary(),
}


def polars_type(duckdb_type: str) -> pl.DataType:
    """Return the polars type of a DuckDB type as the schema names it (lists end in ``[]``)."""
    if duckdb_type.endswith("[]"):
        return pl.List(polars_type(duckdb_type[:-2]))
    return _TYPES[duckdb_type]


def polars_schema(table: Table) -> dict[str, pl.DataType]:
    """Return column names and types of a lake table."""
    return {column.name: polars_type(column.type) for column in table.columns}
