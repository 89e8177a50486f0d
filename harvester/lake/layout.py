"""Where everything of a harvest lies, and how lake types become Parquet types."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from harvester.errors import UsageError
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


@dataclass(frozen=True, slots=True)
class Layout:
    """The contract's layout of a harvest directory."""

    root: Path

    @property
    def lake(self) -> Path:
        """Parquet parts: lake/<table>/run=<run_id>/part-*.parquet."""
        return self.root / "lake"

    @property
    def parts_list(self) -> Path:
        """The list of live parts and published batches; replacing it is the publication."""
        return self.lake / "parts.json"

    @property
    def suppressions(self) -> Path:
        """Digests of what was purged."""
        return self.lake / "suppressed.json"

    @property
    def runs(self) -> Path:
        """One JSON file a run."""
        return self.root / "runs"

    @property
    def journal(self) -> Path:
        """Working memory of the open run."""
        return self.root / "journal.sqlite"

    @property
    def catalogue(self) -> Path:
        """The DuckDB file people query."""
        return self.root / "catalogue.duckdb"

    @property
    def scratch(self) -> Path:
        """Spill files and plans; may be removed whenever nothing runs."""
        return self.root / "tmp"

    @property
    def lock(self) -> Path:
        """Held by the process that writes."""
        return self.root / "harvest.lock"

    def require(self) -> None:
        """Raise UsageError where this is not a harvest."""
        if not self.root.is_dir():
            raise UsageError(f"no harvest at {self.root}: the directory does not exist (run `harvester harvest` first)")
        if not self.parts_list.is_file():
            raise UsageError(f"{self.root} is not a harvest: it has no lake/parts.json (run `harvester harvest` first)")


def newest_harvest(root: Path = Path("data")) -> Path:
    """Return the harvest below ``root`` that was written last. Raises UsageError where there is none."""
    found = sorted(root.glob("*/lake/parts.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError(f"there is no harvest below {root}/; run `harvester harvest`, or name one with --data DIR")
    return found[-1].parent.parent
