"""What a table is: rows of data from which the lake's Parquet types, the COMMENTs and the dictionary all follow."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its DuckDB type and its COMMENT (meaning with unit, source and traps)."""

    name: str
    type: str
    comment: str
    #: config keys that feed it, in order of preference (typed columns of ``configs`` only)
    keys: tuple[str, ...] = ()
    #: anything else a generator needs to know
    extra: Mapping[str, str] = field(default_factory=dict)


def row(name: str, type_: str, comment: str, *keys: str) -> Column:
    """Return a column as one row of a table of columns."""
    return Column(name, type_, comment, keys)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the lake or of the catalogue."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)
