"""What a catalogue was built from, kept in it: the parts of the lake, the newest run, a digest of the code."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from harvester.catalogue.scripts import fingerprint
from harvester.lake.parts import Lake, Part, Rewritten

#: Lake tables no catalogue is built from.
UNREAD_TABLES = frozenset({"listing"})


@dataclass(frozen=True, slots=True)
class Built:
    """The state of a catalogue: its maker's digest, the newest run it knows, the parts it was built from."""

    fingerprint: str
    newest_run: str
    paths: frozenset[str]


def live_parts(lake: Lake) -> list[Part]:
    """Return the parts a catalogue is built from."""
    return [part for part in lake.all_parts() if part.table not in UNREAD_TABLES]


def write_built(con: duckdb.DuckDBPyConnection, parts: Iterable[Part]) -> None:
    """Write down in the attached database ``catalogue`` what it is built from."""
    con.execute("CREATE OR REPLACE TABLE catalogue.base.built_part (path VARCHAR)")
    con.execute(
        "INSERT INTO catalogue.base.built_part SELECT unnest($paths::VARCHAR[])",
        {"paths": sorted(part.path for part in parts)},
    )
    con.execute(
        "CREATE OR REPLACE TABLE catalogue.base.built AS "
        "SELECT $fingerprint::VARCHAR AS fingerprint, coalesce(max(run_id), '') AS newest_run FROM catalogue.base.run",
        {"fingerprint": fingerprint()},
    )


def read_built(con: duckdb.DuckDBPyConnection) -> Built | None:
    """Read that from the attached database ``catalogue``; None where it does not tell (an older harvester made it)."""
    told = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'catalogue' AND schema_name = 'base' "
        "AND table_name IN ('built', 'built_part')"
    ).fetchall()
    if told[0][0] != 2:
        return None
    (made_by, newest_run) = con.execute("SELECT fingerprint, newest_run FROM catalogue.base.built").fetchall()[0]
    paths = con.execute("SELECT path FROM catalogue.base.built_part").fetchall()
    return Built(made_by, newest_run, frozenset(path for (path,) in paths))


def unread(live: Iterable[str], rewritten: Iterable[Rewritten], built: Iterable[str]) -> frozenset[str] | None:
    """Return the live parts that hold rows a catalogue does not know; None where it knows rows that are no more.

    Parts that took the place of known ones are known. Where only some of the replaced parts were known, the new ones
    count as unread: they hold the known rows too, which are read once more.
    """
    known, present = set(built), frozenset(live)
    for step in rewritten:
        replaced = known.intersection(step.old)
        if len(replaced) == len(step.old):
            known.update(step.new)
        known -= replaced
    return None if known - present else present - known
