"""Brings `catalogue.duckdb` up to the lake; replaced in one rename.

In goes the lake, out comes one file: the last catalogue updated with what is new, or the SQL files run over everything,
then COMMENTs. Readers of the old file keep it until they open the new one.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from harvester.catalogue.built import live_parts, read_built, unread, write_built
from harvester.catalogue.derive import run_steps
from harvester.catalogue.scripts import fingerprint, scripts
from harvester.catalogue.update import Anew, update
from harvester.errors import HarvesterError
from harvester.lake.duck import MemoryNeeded, connection, identifier, quoted, with_enough_memory
from harvester.lake.memory import give_back
from harvester.lake.parts import Lake, local_error, sync_directory
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.table import Table

#: Oldest DuckDB that can open the catalogue.
STORAGE_VERSION = "v1.5.0"
#: A draft that is left behind is thrown away, so nothing is written twice to survive a crash.
DRAFT = "RECOVERY_MODE 'NO_WAL_WRITES'"
#: linux/fs.h
_FICLONE = 0x40049409
#: Memory of a build, MB: the least, and what each million models adds.
MEMORY_LEAST_MB, MEMORY_PER_MILLION_MB = 170, 150


def memory_for(lake: Lake) -> int:
    """Return the MB a build of this lake is given, by the models it knows."""
    rows = sum(part.rows for part in lake.parts("facts"))
    return MEMORY_LEAST_MB + int(rows / 1e6 * MEMORY_PER_MILLION_MB)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A catalogue and how it came to be: `unchanged`, `updated` or `anew`, and why or by how much."""

    path: Path
    how: str
    why: str


def build(lake: Lake, *, memory_mb: int | None = None, full: bool = False) -> Path:
    """Bring the catalogue of a lake up to date and return its path; see `bring_up`."""
    return bring_up(lake, memory_mb=memory_mb, full=full).path


def bring_up(lake: Lake, *, memory_mb: int | None = None, full: bool = False) -> Outcome:
    """Update the catalogue with what the lake got since; build it anew where that cannot be, or if ``full``.

    Raises LocalError (disk, memory) and UsageError (damaged lake).
    """
    target = lake.layout.catalogue
    draft = lake.layout.scratch / "catalogue.draft.duckdb"
    give_back()

    def phase(memory: int) -> Outcome:
        why = "asked for"
        if not full:
            try:
                return _updated(lake, draft, memory)
            except Anew as reason:
                why = str(reason)
            except MemoryNeeded:
                raise
            except (HarvesterError, duckdb.Error) as error:
                # A catalogue that is torn inside shows only here; what else is wrong stops the full build too.
                why = f"the update failed: {str(error).splitlines()[0]}"
        _fill(lake, draft, memory)
        return Outcome(target, "anew", why)

    try:
        lake.layout.scratch.mkdir(parents=True, exist_ok=True)
        outcome = phase(memory_mb) if memory_mb is not None else with_enough_memory(phase, memory_for(lake))
        if outcome.how == "unchanged":
            os.utime(target)
        else:
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(draft, target)
            sync_directory(target.parent)
    except OSError as error:
        raise local_error(error, target) from None
    finally:
        _remove(draft)
    return outcome


def _updated(lake: Lake, draft: Path, memory_mb: int) -> Outcome:
    """Copy the catalogue and update the copy. Raises Anew where the catalogue must be built anew."""
    target = lake.layout.catalogue
    if not target.exists():
        raise Anew("there is no catalogue yet")
    _remove(draft)
    _copy(target, draft)
    live = live_parts(lake)
    with connection(lake, memory_mb=memory_mb, views=False) as con:
        try:
            con.execute(f"ATTACH {quoted(str(draft))} AS catalogue ({DRAFT})")
            built = read_built(con)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            raise Anew(f"the catalogue cannot be read ({str(error).splitlines()[0]})") from None
        if built is None or built.fingerprint != fingerprint():
            raise Anew("another version of harvester or DuckDB made it")
        paths = unread((part.path for part in live), lake.rewritten, built.paths)
        if paths is None:
            raise Anew("parts it was built from are gone")
        if not paths and built.paths == {part.path for part in live}:
            return Outcome(target, "unchanged", "no new parts")
        new = [part for part in live if part.path in paths]
        touched = 0
        if new:
            touched, anew = update(con, lake, built, new)
            _comment(con, [table for table in CATALOGUE_TABLES if table.name in anew])
        write_built(con, live)
        con.execute("DETACH catalogue")
    return Outcome(target, "updated", f"{len(new):,} new parts touch {touched:,} models")


def _fill(lake: Lake, draft: Path, memory_mb: int) -> None:
    _remove(draft)
    with connection(lake, memory_mb=memory_mb) as con:
        con.execute(f"ATTACH {quoted(str(draft))} AS catalogue (STORAGE_VERSION {quoted(STORAGE_VERSION)}, {DRAFT})")
        con.execute("USE catalogue")
        for name, text in scripts():
            con.execute(text)
            run_steps(con, name, lake.layout.scratch)
        _comment(con, CATALOGUE_TABLES)
        write_built(con, live_parts(lake))
        con.execute("USE memory")
        con.execute("DETACH catalogue")


def _comment(con: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> None:
    """Write the COMMENTs of tables: at once, for one by one each would be a checkpoint of its own (seconds)."""
    con.execute("USE catalogue")
    con.execute("BEGIN")
    for statement in comments(tables):
        con.execute(statement)
    con.execute("COMMIT")
    con.execute("USE memory")


def _copy(source: Path, target: Path) -> None:
    """Copy a file; where the file system can share blocks until they are written (btrfs, XFS), at no cost."""
    with source.open("rb") as old, target.open("wb") as new:
        try:
            fcntl.ioctl(new, _FICLONE, old.fileno())
        except OSError:
            shutil.copyfileobj(old, new, 1 << 20)


def _remove(draft: Path) -> None:
    for path in (draft, draft.with_name(draft.name + ".wal")):
        path.unlink(missing_ok=True)


def comments(tables: Iterable[Table] = CATALOGUE_TABLES) -> list[str]:
    """Return the COMMENT statements of tables of the catalogue, from its schema."""
    found = []
    for table in tables:
        kind = "TABLE" if table.name in _TABLES else "VIEW"
        found.append(f"COMMENT ON {kind} {identifier(table.name)} IS {quoted(table.comment)}")
        found += [
            f"COMMENT ON COLUMN {identifier(table.name)}.{identifier(c.name)} IS {quoted(c.comment)}"
            for c in table.columns
        ]
    return found


#: Stored as tables; all others are views over ``base``.
_TABLES = frozenset({"fetches", "pending", "lineage", "lineage_roots"})
