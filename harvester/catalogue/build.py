"""Builds `catalogue.duckdb` from the lake, and replaces it by one rename.

Runs the SQL files in order over the whole lake, then writes COMMENTs. Readers of the old file keep it until they open
the new one.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from harvester.catalogue.python_steps import run_steps
from harvester.catalogue.scripts import scripts
from harvester.lake.duck import connection, identifier, quoted, with_enough_memory
from harvester.lake.files import local_error, sync_directory
from harvester.lake.memory import available_mb, give_back
from harvester.lake.parts import Lake
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.table import Table

#: Oldest DuckDB that can open the catalogue.
STORAGE_VERSION = "v1.5.0"
#: A draft that is left behind is thrown away, so nothing is written twice to survive a crash.
DRAFT = "RECOVERY_MODE 'NO_WAL_WRITES'"
#: Of a smaller lake (bytes of Parquet) the build uses one thread: it takes as long, and less memory and CPU.
SMALL_LAKE = 20_000_000
#: Of a lake below this size, planning takes longer than running: statements are run as they are written, in one
#: transaction, and blocks of 16 KiB make the file a tenth of the size that the default of 256 KiB does.
TINY_LAKE = 500_000


def default_memory_mb() -> int:
    """Return the MB that a build is given by default: half of what is available."""
    return available_mb() // 2


def build(lake: Lake, *, memory_mb: int | None = None) -> Path:
    """Build the catalogue of a lake in full and return its path.

    ``memory_mb`` is DuckDB's memory limit in MB; by default half of what is available, and more where that is not
    enough. Raises LocalError (disk, memory) and UsageError (damaged lake).
    """
    target = lake.layout.catalogue
    draft = lake.layout.scratch / "catalogue.draft.duckdb"
    give_back()
    try:
        lake.layout.scratch.mkdir(parents=True, exist_ok=True)
        if memory_mb is not None:
            _fill(lake, draft, memory_mb)
        else:
            with_enough_memory(lambda memory: _fill(lake, draft, memory), default_memory_mb())
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, target)
        sync_directory(target.parent)
    except OSError as error:
        raise local_error(error, target) from None
    finally:
        _remove(draft)
    return target


def _fill(lake: Lake, draft: Path, memory_mb: int) -> None:
    _remove(draft)
    size = sum(part.bytes for part in lake.all_parts())
    tiny = size < TINY_LAKE
    options = f"STORAGE_VERSION {quoted(STORAGE_VERSION)}, {DRAFT}{', BLOCK_SIZE 16384' if tiny else ''}"
    with connection(lake, memory_mb=memory_mb, threads=1 if size < SMALL_LAKE else None) as con:
        con.execute(f"ATTACH {quoted(str(draft))} AS catalogue ({options})")
        con.execute("USE catalogue")
        if tiny:
            con.execute("PRAGMA disable_optimizer; BEGIN")
        con.execute("CREATE TEMP TABLE lost_listing (first_run VARCHAR, last_run VARCHAR)")
        for lost in lake.lost_listings():
            con.execute("INSERT INTO temp.lost_listing VALUES (?, ?)", lost)
        for name, text in scripts():
            con.execute(text)
            run_steps(con, name, lake.layout.scratch)
        # In one transaction: one by one each would be a checkpoint of its own (seconds). There is nothing to optimize.
        con.execute("; ".join(["PRAGMA disable_optimizer", *([] if tiny else ["BEGIN"]), *comments(), "COMMIT"]))
        con.execute("USE memory")
        con.execute("DETACH catalogue")


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
_TABLES = frozenset({"fetches", "lineage", "lineage_roots"})
