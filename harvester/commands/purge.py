"""`harvester purge`: removes a model or an author, keeps its tombstones, and hides it from later runs."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

from harvester.ask.connect import connect
from harvester.catalogue.build import build
from harvester.crawl.journal import Journal
from harvester.crawl.lock import HarvestLock
from harvester.crawl.recover import recover
from harvester.lake.frames import frame
from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake
from harvester.lake.purge import is_author, names_of, purge
from harvester.schema.rows import Row, tombstones_row
from harvester.terminal import printable

#: Models that the question names.
NAMED = 5
# Renames follow from facts, which will be removed: they are stored first.
_TOMBSTONES = """
SELECT run.run_id, tombstone.hub_id, tombstone.repo_id, tombstone.last_seen, tombstone.noticed_at, tombstone.cause,
    tombstone.renamed_to, tombstone.returned_at
FROM base.tombstone AS tombstone JOIN base.run AS run USING (run)
ORDER BY run.run_id
"""


def purge_command(
    data: Path,
    target: str,
    say: Callable[[str], None] = lambda _: None,
    confirm: Callable[[str], bool] = lambda _: True,
) -> str:
    """Purge if ``confirm`` agrees, and return what to print; ``say`` prints warnings. Raises HarvesterError."""
    layout = Layout(data)
    layout.require()
    with HarvestLock(layout.lock):
        lake = Lake(layout)
        journal = Journal(layout.journal)
        try:
            recover(lake, journal, say)
        finally:
            journal.close()
        by_author = is_author(lake, target)
        if not confirm(_question(names_of(lake, target, by_author=by_author))):
            return "nothing was removed"
        build(lake)
        _write_tombstones(lake)
        done = purge(lake, target, by_author=by_author)
        # SQLite keeps deleted answers in free pages until it reuses them.
        with closing(sqlite3.connect(layout.journal)) as db:
            db.execute("DELETE FROM known")
            db.execute("DELETE FROM meta WHERE key = 'known'")
            db.commit()
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        build(lake)
    kept = sum(1 for path in layout.damaged.glob("*") if path.is_file())
    if kept:
        say(
            f"{kept:,} damaged files in {layout.damaged} are kept and may contain rows of it: "
            "delete them yourself if necessary"
        )
    return (
        f"purged: {done.models:,} models, {done.rows:,} rows, {done.documents:,} documents of no other model; "
        "later runs skip them"
    )


def _question(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
    models = "1 model" if len(names) == 1 else f"{len(names):,} models"
    return f"purge removes all that was harvested of {models}: {printable(shown)}. Later runs skip what is removed."


def _write_tombstones(lake: Lake) -> None:
    with closing(connect(lake.layout.root)) as con:
        rows = con.execute(_TOMBSTONES).fetchall()
    by_run: dict[str, list[Row]] = {}
    for run_id, hub_id, repo_id, last_seen, noticed_at, cause, renamed_to, returned_at in rows:
        row = tombstones_row(
            hub_id=hub_id, repo_id=repo_id, last_seen=last_seen, noticed_at=noticed_at, cause=cause,
            renamed_to=renamed_to, returned_at=returned_at,
        )  # fmt: skip
        by_run.setdefault(run_id, []).append(row)
    old, table = lake.parts("tombstones"), TABLES["tombstones"]
    new = []
    for run_id, rows in by_run.items():
        names = (f"kept-{number:03}" for number in count())
        name = next(name for name in names if not lake.part_path(run_id, name, "tombstones").exists())
        new.append(lake.write_frame(run_id, name, "tombstones", frame(table, run_id, rows)))
    lake.publish(new, drop=old)
