"""What kind of text each exported column holds, and so what happens to it. Data and small rules, no I/O.

Everything that is not listed here counts as names that strangers chose: a new column is cleaned before anybody thinks
of it.
"""

from enum import Enum

from harvester.export.rules import RULES
from harvester.schema.table import Column


class Kind(Enum):
    """How a column is exported."""

    #: no text: numbers, times, booleans
    PLAIN = "plain"
    #: hashes and ids of the Hub and of runs
    ID = "id"
    #: names of repositories and accounts: kept, never masked, because every table is joined and cited by them
    REPOSITORY = "repository"
    #: names and enumerations that strangers chose: kept where they look like names
    NAME = "name"
    #: prose
    TEXT = "text"
    #: prose in a BLOB
    DOCUMENT = "document"


_IDS = frozenset(
    {
        "hub_id", "child_hub_id", "parent_hub_id", "root_hub_id", "sha", "manifest_sha", "config_sha", "from_sha",
        "to_sha", "oid", "sha256", "xet_hash", "commit", "last_commit", "run_id", "selection_id", "id",
    }
)  # fmt: skip
_REPOSITORIES = frozenset({"repo_id", "author", "child", "root", "requested_id", "renamed_to"})


def kind_of(table: str, column: Column) -> Kind:
    """Return the kind of a column of a catalogue table."""
    if column.type == "BLOB":
        return Kind.DOCUMENT
    if not is_text(column):
        return Kind.PLAIN
    rule = RULES[table]
    if column.name in rule.text or column.name in rule.authors:
        return Kind.TEXT
    if column.name in _IDS:
        return Kind.ID
    return Kind.REPOSITORY if column.name in _REPOSITORIES else Kind.NAME


def is_text(column: Column) -> bool:
    """Whether a column holds strings, alone or in lists."""
    return column.type in ("VARCHAR", "JSON", "VARCHAR[]")


def exported_type(column: Column) -> str:
    """Return the type of a column in Parquet: JSON is text, because not every reader knows it."""
    return "VARCHAR" if column.type == "JSON" else column.type
