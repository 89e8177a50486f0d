"""The scratch file with the plan of a run: made from the lake, read by the workers, then removed."""

from collections.abc import Sequence
from pathlib import Path

from harvester.crawl.plan import Plan
from harvester.lake.duck import DEFAULT_MEMORY_MB, connection, with_enough_memory
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake


def plan_path(layout: Layout) -> Path:
    """Return the path of the plan."""
    return layout.scratch / "plan.duckdb"


def remove_plan(layout: Layout) -> None:
    """Remove the plan, or what a kill left of one."""
    for stale in (plan_path(layout), plan_path(layout).with_suffix(".duckdb.wal")):
        stale.unlink(missing_ok=True)


def make_plan(lake: Lake, run_id: str, wanted: Sequence[str], credentials: str, unlisted_of: str | None = None) -> None:
    """Plan a run, with as much memory as it takes; ``unlisted_of`` as in `Plan.make`. Raises LocalError."""

    def phase(memory_mb: int) -> None:
        remove_plan(lake.layout)
        with connection(lake, database=plan_path(lake.layout), memory_mb=memory_mb) as con:
            Plan.make(con, run_id, wanted, credentials, lake.losses, unlisted_of)

    with_enough_memory(phase, DEFAULT_MEMORY_MB)
