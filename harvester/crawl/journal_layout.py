"""Which columns the answers in a journal have, and how to convert answers of another version.

Takes the layout that a journal records, returns a function from its rows to rows of this version's tables. New
columns are NULL, removed columns are dropped; anything else that cannot be converted raises Unconvertible.
"""

from collections.abc import Callable, Mapping

import msgspec

from harvester import __version__
from harvester.lake.parts import TABLES, Rows

#: Version of the journal's own tables (`PRAGMA user_version`).
VERSION = 1


class Unconvertible(Exception):
    """An answer that cannot be converted to this version's tables; the message says why."""


class Layout(msgspec.Struct, frozen=True):
    """The columns of each table's rows, in their order, and the version of harvester that wrote them."""

    columns: dict[str, tuple[str, ...]]
    harvester_version: str

    @classmethod
    def current(cls) -> "Layout":
        """Return this version's."""
        tables = TABLES.values()
        return cls({t.name: tuple(n for n in t.names if n != "run_id") for t in tables}, __version__)


def converter(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> Callable[[Rows], Rows]:
    """Return what turns rows with the columns ``before`` into rows with the columns ``after``; raises Unconvertible."""

    def convert(rows: Rows) -> Rows:
        converted: Rows = {}
        for table, tuples in rows.items():
            if table not in before or table not in after:
                raise Unconvertible(f"this version has no table {table!r}")
            old = before[table]
            if any(len(row) != len(old) for row in tuples):
                raise Unconvertible(f"rows of {table!r} have not the {len(old)} columns that the journal records")
            places = [old.index(name) if name in old else None for name in after[table]]
            converted[table] = [tuple(None if n is None else row[n] for n in places) for row in tuples]
        return converted

    return convert
