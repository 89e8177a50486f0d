"""One harvest from start to end: recover, list, compare, plan, visit, publish, record.

`harvest_into` is what the command and `harvester.harvest` call; it returns what happened and raises what ended it.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from harvester import defaults
from harvester.clock import Clock
from harvester.crawl.compare import compare
from harvester.crawl.context import Context
from harvester.crawl.depths import steps_of
from harvester.crawl.id_listing import IdLister
from harvester.crawl.journal import Journal, OpenRun
from harvester.crawl.listing import Lister
from harvester.crawl.lock import HarvestLock
from harvester.crawl.progress import Reporter
from harvester.crawl.publish import Publisher, merge_run
from harvester.crawl.record import began_at, summary, write_json, write_record
from harvester.crawl.recover import abandon, forget_unanswered, recover
from harvester.crawl.result import HarvestResult
from harvester.crawl.run_ids import newest_id, next_id
from harvester.crawl.select import RequestedModel, Selection
from harvester.crawl.selection_names import require_free_name
from harvester.crawl.tombstones import Confirmer, departed
from harvester.crawl.updates import require_base, require_harvest
from harvester.crawl.visit_state import credentials_digest
from harvester.crawl.visiting import visit_planned
from harvester.crawl.workers import Workers
from harvester.errors import HubUnavailable
from harvester.hub.budget import OutOfRequests, Stopped
from harvester.hub.connect import HubSettings, close_hub, open_hub
from harvester.hub.endpoints import Hub
from harvester.hub.transport import RequestFailed
from harvester.lake.compaction import merge_observations
from harvester.lake.duck import DEFAULT_MEMORY_MB, connection, with_enough_memory
from harvester.lake.layout import Layout
from harvester.lake.memory import give_back
from harvester.lake.parts import Lake, Part, hub_identity
from harvester.lake.store import Conflict
from harvester.lake.suppress import Suppressions
from harvester.schema.rows import selections_row

#: How a run ends whose catalogue is then loaded.
LOADED = ("done", "cut")
#: How the names of the comparison's parts begin (crawl/compare.py), and the tables they are of.
COMPARED, COMPARED_TABLES = ("part-compared", "part-names"), ("selections", "facts", "observations", "members", "files")


@dataclass(frozen=True, slots=True)
class HarvestSettings:
    """The settings of one harvest."""

    data: Path
    selection: Selection
    hub: HubSettings
    depths: tuple[str, ...] = defaults.DEPTHS
    documents: tuple[str, ...] = ()
    max_time: float | None = None
    fresh: bool = False
    history_by: str = defaults.HISTORY_BY
    updates: bool = False


class Harvest:
    """The state shared by the phases of one process's work on a run."""

    def __init__(self, settings: HarvestSettings, clock: Clock, reporter: Reporter):
        self.settings, self.clock, self.reporter = settings, clock, reporter
        self.layout = Layout(settings.data)
        self.lake = Lake(self.layout)
        self.hub: Hub = open_hub(settings.hub, clock, reporter.say)
        self.hub.git.served = settings.history_by == "git"
        self.credentials = credentials_digest(settings.hub.token)
        self.hub_name = settings.hub.name or settings.hub.endpoint
        self.stopped_by: str | None = None
        self._failure: BaseException | None = None
        self._workers: Workers | None = None
        self._base: OpenRun | None = None

    def stop(self, why: str) -> None:
        """End the run after the requests in flight: ``interrupted`` or ``limit``. May be called from any thread."""
        self.stopped_by = self.stopped_by or why
        if self._workers is not None:
            self._workers.stop()
        self.hub.transport.stop()

    def working_with(self, workers: Workers) -> None:
        """Let `stop` reach these workers."""
        self._workers = workers
        if self.stopped_by:
            workers.stop()

    def fail(self, error: BaseException) -> None:
        """Take an error of a thread: the run ends with it."""
        self._failure = self._failure or error
        self.stop("failure")

    def check(self) -> None:
        """Raise what a thread failed with."""
        if self._failure is not None:
            raise self._failure

    def count(self, run: OpenRun) -> None:
        """Set a run's counters to the traffic of its earlier processes and this one."""
        base, hub, budget, traffic = self._base, self.hub, self.hub.transport.budget, self.hub.transport.traffic
        assert base is not None
        spent = budget.spent()
        run.requests = {
            name: base.requests.get(name, 0) + (spent[name].requests if name in spent else 0)
            for name in {*base.requests, *spent}
        }
        run.requests_git = base.requests_git + sum(s.of_git for s in spent.values())
        run.git_bucket = hub.git.bucket or base.git_bucket
        run.odd = {name: base.odd.get(name, 0) + hub.odd[name] for name in dict.fromkeys([*base.odd, *hub.odd])}
        run.rate_limited = base.rate_limited + sum(s.rate_limited for s in spent.values())
        run.seconds_waited = base.seconds_waited + budget.seconds_waited()
        run.retries = base.retries + traffic.retries
        run.bytes_read = base.bytes_read + traffic.bytes_read

    def context(self, journal: Journal, run: OpenRun) -> Context:
        """Return what all phases of a run share."""
        settings = self.settings
        return Context(
            self.hub, journal, run, self.clock, settings.depths, settings.documents, self.credentials, self.count,
            Suppressions.load(self.lake.store).hides,
        )  # fmt: skip

    def begin(self, journal: Journal) -> tuple[OpenRun, bool]:
        """Return the run to work on: the open one of the same selection and Hub, else a new one."""
        settings = self.settings
        run = recover(self.lake, journal, self.reporter.warn)
        wanted = (settings.selection.selection_id, self.hub_name, settings.updates)
        same = run is not None and (run.selection_id, run.hub, run.since is not None) == wanted
        base = None
        if settings.updates and (settings.fresh or not same):
            base = require_base(self.lake, settings.selection)
            self.reporter.say(f"listing models modified since {base.since:%Y-%m-%d %H:%M} UTC (run {base.run_id})")
        if run is not None and run.run_id < (newest_id(self._begun()) or ""):
            # Of several hosts that share an object store: later runs were compared with what this one had published.
            self.reporter.say(f"the unfinished run {run.run_id} is closed: another process began a later one")
            abandon(self.lake, journal, run)
            run = None
        elif run is not None and (settings.fresh or not same):
            self.reporter.say(f"the unfinished run {run.run_id} is closed; what it fetched is kept")
            abandon(self.lake, journal, run)
            run = None
        resumed = run is not None
        if run is None:
            run = self._new_run(None if base is None else base.since)
        run.with_, run.documents = settings.depths, settings.documents
        run.quota_share = settings.hub.quota_share
        # The counters of a copy do not move with the run's.
        self._base = msgspec.structs.replace(run, requests=dict(run.requests), odd=dict(run.odd))
        journal.save(run)
        return run, resumed

    def _new_run(self, since: datetime | None) -> OpenRun:
        """Return a run whose id is taken from now on, in whatever place the lake is stored."""
        settings = self.settings
        while True:
            now = self.clock.utc()
            run = OpenRun(
                run_id=self._new_run_id(now), selection_id=settings.selection.selection_id, hub=self.hub_name,
                with_=settings.depths, documents=settings.documents, started_at=now, since=since,
            )  # fmt: skip
            try:
                write_json(self.lake, run.run_id, summary(run, "open"))
                return run
            except Conflict:
                self.lake.store.refresh()

    def _begun(self) -> set[str]:
        return {path.stem for path in self.layout.runs.glob("*.json")}

    def _new_run_id(self, now: datetime) -> str:
        taken = {*self.lake.run_ids, *self._begun()}
        run_id, newest = next_id(now, taken), newest_id(taken)
        began = None if newest is None else began_at(self.lake, newest)
        if began is not None and now < began:
            self.reporter.warn(
                f"the clock says {now:%Y-%m-%d %H:%M:%S} UTC, but the newest run began at {began:%Y-%m-%d %H:%M:%S}: "
                f"this run gets the id {run_id}, so that it counts as newer"
            )
        return run_id


def harvest_into(
    settings: HarvestSettings,
    clock: Clock,
    reporter: Reporter,
    started: Callable[[Harvest], None] = lambda _: None,
    ended: Callable[[HarvestResult], None] = lambda _: None,
) -> HarvestResult:
    """Harvest a selection into a directory. ``started`` gets the Harvest, to stop it from elsewhere.

    ``ended`` gets the result while the directory is still locked: a build that follows meets no other writer.

    Raises HarvesterError for what ends a run: unreachable Hub, refused token, full disk, a directory in use.
    """
    settings.selection.check()
    layout = Layout(settings.data)
    if settings.updates:
        # No directory comes into being by it.
        require_harvest(layout)
    with HarvestLock(layout.lock):
        harvest = Harvest(settings, clock, reporter)
        harvest.lake.create()
        harvest.lake.store.refresh()
        harvest.lake.claim(hub_identity(harvest.hub_name))
        require_free_name(harvest.lake, settings.selection)
        journal = Journal(layout.journal)
        timer = None
        harvest.hub.refused.recall(journal.refused_fields(), clock.utc())
        try:
            run, resumed = harvest.begin(journal)
            if resumed:
                left = f"{run.planned - run.visited:,} models left" if run.planned else "its plan"
                what = left if run.listing_done else f"its listing, after {run.listed:,} models"
                reporter.say(f"resuming run {run.run_id} ({what}); --fresh starts a new one")
            if settings.max_time is not None:
                timer = threading.Timer(settings.max_time, harvest.stop, args=("limit",))
                timer.daemon = True
                timer.start()
            started(harvest)
            result = replace(_work(harvest, journal, run, resumed), data=settings.data)
        finally:
            if timer is not None:
                timer.cancel()
            reporter.finish()
            close_hub(harvest.hub)
            journal.set_refused_fields(harvest.hub.refused.learned)
            forget_unanswered(harvest.lake, journal)
            journal.close()
        ended(result)
        return result


def _work(harvest: Harvest, journal: Journal, run: OpenRun, resumed: bool) -> HarvestResult:
    lake = harvest.lake
    context = harvest.context(journal, run)
    publisher = Publisher(lake, journal, run, harvest.fail)
    write_json(lake, run.run_id, summary(run, "open"))
    publisher.start()
    try:
        _list(harvest, context, publisher)
        publisher.stop()
        publisher.flush()
        harvest.check()
        if not run.compared:
            _compare(harvest, journal, run)
        publisher.start()
        _confirm(harvest, context)
        visit_planned(harvest, context)
        publisher.stop()
        publisher.flush()
        harvest.check()
    except RequestFailed as error:
        publisher.stop()
        publisher.flush()
        raise HubUnavailable(
            f"the listing stopped after {run.listed:,} models: {error.error}; run the same command again to resume"
        ) from None
    except Stopped as error:
        harvest.stopped_by = harvest.stopped_by or ("limit" if isinstance(error, OutOfRequests) else "interrupted")
        publisher.stop()
        publisher.flush()
        harvest.check()
    finally:
        publisher.stop()
    harvest.count(run)
    journal.save(run)
    if harvest.stopped_by == "interrupted":
        write_json(lake, run.run_id, summary(run, "interrupted"))
        return HarvestResult("interrupted", run.run_id, {}, resumed)
    if not run.listing_done:
        return HarvestResult("open", run.run_id, {"listed": run.listed}, resumed)
    if run.odd:
        named = ", ".join(f"{name} ({n:,})" for name, n in sorted(run.odd.items(), key=lambda one: -one[1])[:10])
        harvest.reporter.warn(f"values of an unexpected type or size, stored as NULL and in models.extra: {named}")
    status = "cut" if harvest.stopped_by else "done"
    record = write_record(
        lake, run, status, finished_at=harvest.clock.utc(), complete_listing=harvest.settings.selection.whole
    )
    journal.save(None)
    merge_run(lake, run.run_id)
    merge_observations(lake, run.run_id)
    return HarvestResult(status, run.run_id, record, resumed)


def _list(harvest: Harvest, context: Context, publisher: Publisher) -> None:
    selection, reporter = harvest.settings.selection, harvest.reporter
    journal, run = context.journal, context.run
    if run.listing_done:
        return
    reporter.start("listing", selection.limit)
    budget = harvest.hub.transport.budget
    try:
        if selection.ids is None:
            seen: list[str] = []
            if run.pages and (selection.limit is not None or run.since is not None):
                publisher.flush()
                with connection(harvest.lake, views=["listing"]) as con:
                    found = con.execute("SELECT hub_id FROM lake_listing WHERE run_id = $run", {"run": run.run_id})
                    seen = [row[0] for row in found.fetchall()]
            lister = Lister(
                harvest.hub, journal, selection, reporter.say, reporter.warn,
                hides=context.hides,
                manifests=any(step.needs_manifest for step in steps_of(harvest.settings.depths)), seen=seen,
            )  # fmt: skip
            lister.read(run, harvest.count, lambda done: reporter.tick("listing", done, selection.limit, budget))
            _say_hidden(harvest, lister.hidden)
        else:
            _list_ids(harvest, context, publisher, selection.ids)
        run.listed_at = harvest.clock.utc()
        journal.save(run)
    finally:
        journal.set_refused_fields(harvest.hub.refused.learned)
        reporter.finish()


def _say_hidden(harvest: Harvest, hidden: int) -> None:
    if hidden:
        harvest.reporter.say(f"{hidden:,} models of the selection were purged and are skipped")


def _list_ids(harvest: Harvest, context: Context, publisher: Publisher, ids: tuple[RequestedModel, ...]) -> None:
    publisher.flush()
    run = context.run
    with connection(harvest.lake, views=["fetches", "facts", "manifests"]) as con:
        done = {row[0] for row in con.execute(
            "SELECT requested_id FROM lake_fetches WHERE run_id = $run AND item = 'manifest'", {"run": run.run_id}
        ).fetchall()}  # fmt: skip
        names = dict(con.execute(
            "SELECT repo_id, arg_max(hub_id, (run_id, observed_at)) FROM lake_facts "
            "WHERE repo_id IN (SELECT unnest($names::VARCHAR[])) GROUP BY repo_id", {"names": [i.repo_id for i in ids]}
        ).fetchall())  # fmt: skip
        kept = con.execute("SELECT hub_id, sha FROM lake_manifests WHERE run_id = $run", {"run": run.run_id}).fetchall()
    lister = IdLister(
        context, with_files="files" in context.depths and "dates" not in context.depths, known_names=names,
        kept=((hub_id, sha) for hub_id, sha in kept),
    )  # fmt: skip
    todo = [(place, wanted) for place, wanted in enumerate(ids) if str(wanted) not in done]
    lister.read(todo, harvest.settings.hub.workers or defaults.WORKERS)
    _say_hidden(harvest, lister.hidden)
    run.listing_done = True


def _compare(harvest: Harvest, journal: Journal, run: OpenRun) -> None:
    lake, selection = harvest.lake, harvest.settings.selection
    # A kill between the publication and the save below leaves parts of this name: they are written once more.
    written = [part for table in COMPARED_TABLES for part in lake.parts(table, run.run_id)]
    stale = [part for part in written if Path(part.path).name.startswith(COMPARED)]
    if stale:
        lake.publish([], drop=stale)
    give_back()

    def phase(memory_mb: int) -> tuple[list[Part], int, bool]:
        lake.sweep()  # of what an attempt with less memory wrote
        with connection(lake, memory_mb=memory_mb) as con:
            return compare(con, lake, run.run_id, selection, updates=run.since is not None)

    parts, seen, short = with_enough_memory(phase, DEFAULT_MEMORY_MB)
    flags = json.dumps(selection.flags, sort_keys=True, ensure_ascii=False)
    chosen = selections_row(selection_id=selection.selection_id, flags=flags, name=selection.name)
    parts += lake.write(run.run_id, "compared", {"selections": [chosen]})
    run.listed, run.suspicious = seen, short
    if short:
        harvest.reporter.warn(
            f"suspicious: only {seen:,} models were listed, far fewer than before; no model is taken for deleted"
        )
    lake.publish(parts)
    run.compared = True
    run.listed_at = run.listed_at or harvest.clock.utc()
    journal.save(run)
    write_record(lake, run, "open", complete_listing=selection.whole)


def _confirm(harvest: Harvest, context: Context) -> None:
    """Request each model that left the selection once."""
    with connection(harvest.lake) as con:
        gone = departed(con, context.run, harvest.settings.selection)
    if gone:
        harvest.reporter.say(f"{len(gone):,} models left the selection; checking each with one request")
        Confirmer(context).confirm(gone, harvest.settings.hub.workers or defaults.WORKERS)
