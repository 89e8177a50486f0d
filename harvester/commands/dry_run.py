"""`harvester harvest --dry-run`: lists into a scratch folder, plans against the lake, reports the cost."""

import json
import tempfile
from pathlib import Path

import msgspec

from harvester import defaults
from harvester.clock import SystemClock
from harvester.crawl.depths import scopes, steps_of
from harvester.crawl.forecast import Work, forecast, limits_of
from harvester.crawl.journal import Journal, OpenRun
from harvester.crawl.listing import Lister
from harvester.crawl.near import nothing_listed
from harvester.crawl.plan import Plan
from harvester.crawl.progress import Reporter, duration
from harvester.crawl.publish import Publisher
from harvester.crawl.run import HarvestSettings
from harvester.crawl.updates import require_base
from harvester.crawl.visit_state import credentials_digest
from harvester.hub.connect import close_hub, open_hub
from harvester.lake.duck import connection, parts_select
from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake, hub_identity
from harvester.terminal import say


class Estimate(msgspec.Struct, kw_only=True):
    """What a harvest would request. Documents are an upper bound: those of equal content are requested once.

    None if unknown: for an id file, only the manifests name the documents.
    """

    models: int = 0
    unchanged: int = 0
    planned: int = 0
    requests_listing: int = 0
    requests_manifests: int = 0
    requests_histories: int = 0
    requests_dates: int = 0
    requests_documents_at_most: int | None = 0
    history_by: str = defaults.HISTORY_BY
    gated_models: int | None = 0
    quota_api: int | None = None
    quota_resolvers: int | None = None
    quota_share: float = 1.0
    seconds: float | None = None
    decided_by: str = ""

    @property
    def requests_api(self) -> int:
        """Requests in the bucket `api`; that of git is unknown, assumed to be the same (docs/hub-protocol.md 5a)."""
        return self.requests_manifests + self.requests_histories + self.requests_dates


def dry_run(settings: HarvestSettings, reporter: Reporter, *, as_json: bool) -> int:
    """Print the estimate; nothing is written below the harvest directory. Raises HarvesterError."""
    with tempfile.TemporaryDirectory(prefix="harvester-dry-run-") as folder:
        estimate = _estimate(settings, reporter, Path(folder))
    if as_json:
        say(json.dumps({"event": "estimate", **msgspec.to_builtins(estimate)}))
        return 0
    for line in lines(estimate):
        say(line)
    return 0


def lines(estimate: Estimate) -> list[str]:
    """Return the estimate for people."""
    gated = "" if estimate.gated_models is None else f" ({estimate.gated_models:,} of them gated)"
    requests = [f"{estimate.requests_listing:,} for the listing (sent just now)"] if estimate.requests_listing else []
    requests.append(f"{estimate.requests_manifests:,} api for manifests")
    if estimate.requests_histories:
        how = "through git" if estimate.history_by == "git" else "api or more"
        requests.append(f"{estimate.requests_histories:,} {how} for commit histories")
    if estimate.requests_dates:
        requests.append(f"{estimate.requests_dates:,} api or more for dates")
    if estimate.requests_documents_at_most is None:
        requests.append("an unknown number of resolvers for documents that only the manifests name")
    else:
        requests.append(
            f"at most {estimate.requests_documents_at_most:,} resolvers for documents (one per distinct content)"
        )
    found = [
        f"{estimate.models:,} models: {estimate.unchanged:,} already complete, {estimate.planned:,} to read{gated}",
        f"requests: {', '.join(requests)}",
    ]
    if estimate.seconds is not None:
        share = f"{estimate.quota_share:.0%} of " if estimate.quota_share < 1 else ""
        decides = (
            estimate.decided_by if estimate.decided_by not in ("api", "resolvers") else f"quota {estimate.decided_by}"
        )
        found.append(
            f"time: at most {duration(estimate.seconds)} with {share}the announced quota; the {decides} decides"
        )
    return found


def _estimate(settings: HarvestSettings, reporter: Reporter, folder: Path) -> Estimate:
    clock = SystemClock()
    known = Lake(Layout(settings.data))
    known.require_hub(hub_identity(settings.hub.name or settings.hub.endpoint))
    since = require_base(known, settings.selection).since if settings.updates else None
    hub = open_hub(settings.hub, clock, reporter.say)
    staged = Lake(Layout(folder))
    staged.create()
    journal = Journal(staged.layout.journal)
    selection = settings.selection
    run = OpenRun(
        run_id="dry-run", selection_id=selection.selection_id, hub=settings.hub.endpoint, with_=settings.depths,
        documents=settings.documents, started_at=clock.utc(),
        since=since,
    )  # fmt: skip
    wanted = scopes(settings.depths, settings.documents)
    if selection.ids is not None:
        count = len(selection.ids)
        close_hub(hub)
        journal.close()
        counted = {step.counted_as for step in steps_of(wanted)}
        # Which documents and weights there are is not known yet.
        reads = "" in counted
        return Estimate(
            models=count, planned=count, requests_manifests=count, gated_models=None, history_by=settings.history_by,
            requests_histories=count if "requests_histories" in counted else 0,
            requests_dates=count if "requests_dates" in counted else 0,
            requests_documents_at_most=None if reads else 0, quota_share=settings.hub.quota_share,
        )  # fmt: skip
    publisher = Publisher(staged, journal, run, _raise)
    estimate = Estimate(history_by=settings.history_by, quota_share=settings.hub.quota_share)
    try:
        reporter.start("listing", selection.limit)
        budget = hub.transport.budget

        def after_page(done: int) -> None:
            publisher.flush()
            reporter.tick("listing", done, selection.limit, budget)

        Lister(hub, journal, selection, reporter.say, reporter.warn).read(run, lambda _: None, after_page)
        publisher.flush()
        if not run.listed:
            reporter.warn(nothing_listed(known if settings.data.is_dir() else staged, selection))
        documents, steps = 0, steps_of(wanted)
        with connection(known if settings.data.is_dir() else staged) as con:
            con.execute(
                f"CREATE OR REPLACE TEMP VIEW lake_listing AS "
                f"{parts_select(TABLES['listing'], staged.files('listing'))}"
            )
            plan = Plan.make(
                con, run.run_id, wanted, credentials_digest(settings.hub.token), known.losses,
                None if run.since is None else selection.selection_id, selection,
            )  # fmt: skip
            estimate.models = run.listed if selection.sample is None else min(selection.sample, run.listed)
            for model in plan.models():
                estimate.planned += 1
                names = model.names or ()
                paths: set[str] = set()
                for step in steps:
                    if step.scope not in model.scopes:
                        continue
                    paths.update(step.paths(names))
                    if field := step.counted_as:
                        setattr(estimate, field, getattr(estimate, field) + step.requests(names))
                documents += len(paths - model.prior.keys())
            estimate.gated_models, estimate.requests_documents_at_most = plan.gated(), documents
            estimate.unchanged = estimate.models - estimate.planned + plan.carried()
        estimate.requests_listing = run.pages
        api, resolvers = budget.window("api"), budget.window("resolvers")
        estimate.quota_api = api.quota if api.announced else None
        estimate.quota_resolvers = resolvers.quota if resolvers.announced else None
        if limits := limits_of(settings.hub, budget):
            work = Work(run.pages, estimate.requests_api, documents)
            found = forecast(work, limits)
            estimate.seconds, estimate.decided_by = found.seconds, found.binds
        return estimate
    finally:
        reporter.finish()
        close_hub(hub)
        journal.close()


def _raise(error: BaseException) -> None:
    raise error
