"""Plans a run in a scratch file, and lets workers visit the planned models; the file is removed at the end."""

from pathlib import Path
from typing import TYPE_CHECKING

from harvester.crawl.context import Context
from harvester.crawl.depths import scopes
from harvester.crawl.forecast import workers_for
from harvester.crawl.plan import Plan
from harvester.crawl.progress import estimate, waiting
from harvester.crawl.visit import Visitor
from harvester.crawl.workers import Workers
from harvester.lake.duck import DEFAULT_MEMORY_MB, connection, with_enough_memory
from harvester.lake.layout import Layout
from harvester.lake.memory import give_back

if TYPE_CHECKING:
    from harvester.crawl.run import Harvest


def _plan_path(layout: Layout) -> Path:
    return layout.scratch / "plan.duckdb"


def _remove_plan(layout: Layout) -> None:
    """Remove the plan, or what a kill left of one."""
    for stale in (_plan_path(layout), _plan_path(layout).with_suffix(".duckdb.wal")):
        stale.unlink(missing_ok=True)


def visit_planned(harvest: "Harvest", context: Context) -> None:
    """Plan a run, and visit what is planned. Raises what ends the run."""
    run = context.run
    give_back()
    try:
        wanted = scopes(harvest.settings.depths, harvest.settings.documents)
        selection = harvest.settings.selection
        unlisted_of = None if run.since is None else run.selection_id

        def make_plan(memory_mb: int) -> None:
            _remove_plan(harvest.layout)
            with connection(harvest.lake, database=_plan_path(harvest.layout), memory_mb=memory_mb) as con:
                Plan.make(con, run.run_id, wanted, harvest.credentials, harvest.lake.losses, unlisted_of, selection)

        with_enough_memory(make_plan, DEFAULT_MEMORY_MB)
        if not harvest.stopped_by:
            _work_off(harvest, context)
    finally:
        harvest.reporter.finish()
        _remove_plan(harvest.layout)


def _work_off(harvest: "Harvest", context: Context) -> None:
    settings, reporter, budget = harvest.settings, harvest.reporter, harvest.hub.transport.budget
    run = context.run
    with connection(harvest.lake, database=_plan_path(harvest.layout), views=()) as con:
        plan = Plan(con)
        total = plan.count()
        if not run.planned:
            run.carried = plan.carried()
        run.planned = run.visited + total
        context.journal.save(run)
        reporter.say(f"{run.listed:,} models listed, {total:,} need requests")
        workers = Workers(Visitor(context), harvest.hub, plan.models(), workers_for(settings.hub, budget), harvest.fail)
        harvest.working_with(workers)
        reporter.start("models", run.planned)
        began, before, at_start = harvest.clock.monotonic(), run.visited, budget.spent()

        def tick() -> None:
            spent = {n: s.requests - (at_start[n].requests if n in at_start else 0) for n, s in budget.spent().items()}
            windows = {name: budget.window(name) for name in ("api", "resolvers")}
            now, share = harvest.clock.monotonic(), settings.hub.quota_share
            left, done = run.planned - run.visited, run.visited - before
            eta = estimate(left, done, now - began, spent, windows, now, share)
            note = waiting(windows, spent, now, share) if left else ""
            reporter.tick("models", run.visited, run.planned, budget, eta, note)

        try:
            workers.run(tick)
        except BaseException:
            # A notebook's stop button: nothing is requested behind its back.
            harvest.stop("interrupted")
            workers.join()
            raise
        harvest.check()
        if not harvest.stopped_by and run.visited < run.planned:
            harvest.stopped_by = "limit"
