"""`harvester compact`: few sorted parts instead of many small ones."""

from collections.abc import Callable
from pathlib import Path

from harvester.crawl.journal import Journal
from harvester.crawl.lock import HarvestLock
from harvester.crawl.publish import known_digest
from harvester.crawl.recover import check_lake
from harvester.lake.compaction import compact
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake


def compact_command(data: Path, say: Callable[[str], None] = lambda _: None) -> str:
    """Compact and return what to print; ``say`` prints warnings. Raises HarvesterError."""
    layout = Layout(data)
    layout.require()
    with HarvestLock(layout.lock):
        lake = Lake(layout)
        check_lake(lake, say)
        journal = Journal(layout.journal)
        try:
            run = journal.open_run()
            in_step = journal.known_digest() == known_digest(lake)
            done = compact(lake, open_run=None if run is None else run.run_id)
            if in_step:
                journal.set_known(known_digest(lake))
        finally:
            journal.close()
    return (
        f"{done.parts_before:,} parts with {done.bytes_before:,} bytes became "
        f"{done.parts_after:,} with {done.bytes_after:,}"
    )
