"""`harvester harvest --dry-run`: lists into a scratch folder, plans against the lake, tells what it would cost."""

import json
import tempfile
from pathlib import Path

import click
import msgspec

from harvester.clock import SystemClock
from harvester.crawl.journal import Journal, OpenRun
from harvester.crawl.listing import Lister
from harvester.crawl.plan import Plan
from harvester.crawl.progress import Reporter, duration
from harvester.crawl.publish import Publisher
from harvester.crawl.run import HarvestSettings
from harvester.crawl.select import scopes
from harvester.crawl.visits import credentials_digest, matches
from harvester.extract.kinds import CARD, default_paths
from harvester.extract.weights.parts import parts_of
from harvester.extract.weights.sets import headers_wanted, weight_sets
from harvester.hub.budget import Window
from harvester.hub.connect import close_hub, open_hub
from harvester.lake.duck import connection, parts_select
from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake

#: Entries of a tree page with dates.
DATED_PAGE = 50


class Estimate(msgspec.Struct, kw_only=True):
    """What a harvest would ask. Documents are an upper bound: those of equal content are asked for once."""

    models: int = 0
    unchanged: int = 0
    planned: int = 0
    requests_listing: int = 0
    requests_manifests: int = 0
    requests_documents_at_most: int = 0
    gated_models: int = 0
    quota_api: int | None = None
    quota_resolvers: int | None = None
    seconds: float | None = None


def dry_run(settings: HarvestSettings, reporter: Reporter, *, as_json: bool) -> int:
    """Print the estimate; nothing is written below the harvest directory. Raises HarvesterError."""
    with tempfile.TemporaryDirectory(prefix="harvester-dry-run-") as folder:
        estimate = _estimate(settings, reporter, Path(folder))
    if as_json:
        click.echo(json.dumps({"event": "estimate", **msgspec.to_builtins(estimate)}))
        return 0
    click.echo(f"{estimate.models:,} models: {estimate.unchanged:,} settled already, {estimate.planned:,} to read "
               f"({estimate.gated_models:,} of them gated)")  # fmt: skip
    click.echo(f"requests: {estimate.requests_listing:,} for the listing (sent just now), "
               f"{estimate.requests_manifests:,} api for manifests, "
               f"at most {estimate.requests_documents_at_most:,} resolvers for documents "
               "(one for each distinct content)")  # fmt: skip
    if estimate.seconds is not None:
        click.echo(f"time: at most {duration(estimate.seconds)} at the announced quota")
    return 0


def _estimate(settings: HarvestSettings, reporter: Reporter, folder: Path) -> Estimate:
    clock = SystemClock()
    hub = open_hub(settings.hub, clock, reporter.say)
    staged = Lake(Layout(folder))
    staged.create()
    journal = Journal(staged.layout.journal)
    selection = settings.selection
    run = OpenRun(
        run_id="dry-run", selection_id=selection.selection_id, hub=settings.hub.endpoint, with_=settings.depths,
        documents=settings.documents, started_at=clock.utc(),
    )  # fmt: skip
    wanted = scopes(settings.depths, settings.documents)
    if selection.ids is not None:
        count = len(selection.ids)
        close_hub(hub)
        journal.close()
        return Estimate(models=count, planned=count, requests_manifests=count)
    publisher = Publisher(staged, journal, run, _raise)
    estimate = Estimate()
    try:
        reporter.start("listing", selection.limit)
        budget = hub.transport.budget

        def after_page(done: int) -> None:
            publisher.flush()
            reporter.tick("listing", done, selection.limit, budget)

        Lister(hub, journal, selection, reporter.say, reporter.warn).read(run, lambda _: None, after_page)
        publisher.flush()
        known = Lake(Layout(settings.data)) if settings.data.is_dir() else staged
        with connection(known) as con:
            con.execute(
                f"CREATE OR REPLACE TEMP VIEW lake_listing AS "
                f"{parts_select(TABLES['listing'], staged.files('listing'))}"
            )
            plan = Plan.make(con, run.run_id, wanted, credentials_digest(settings.hub.token), known.losses)
            estimate.models = run.listed
            for model in plan.models():
                estimate.planned += 1
                estimate.requests_manifests += "files" in model.scopes
                names = model.names or ()
                paths = set(default_paths(names)) if "configs" in model.scopes else set()
                for glob in settings.documents:
                    paths.update(name for name in names if matches(name, glob))
                if "cards" in model.scopes and CARD.file_name in names:
                    paths.add(CARD.file_name)
                if "weights" in model.scopes:
                    paths.update(headers_wanted(weight_sets((name, None) for name in names), parts_of(names, ())))
                # A pack by git; through the API a page of commits, and a tree for each that is not known yet.
                estimate.requests_manifests += "history" in model.scopes
                if "dates" in model.scopes:
                    # Folders count against a page too, so this is the least.
                    estimate.requests_manifests += max(1, -(-len(names) // DATED_PAGE))
                estimate.requests_documents_at_most += len(paths - model.prior.keys())
            gated = con.execute(
                "SELECT count(*) FROM lake_listing WHERE gated IN ('auto', 'manual') AND hub_id IN "
                "(SELECT hub_id FROM work)"
            ).fetchall()
        estimate.gated_models = int(gated[0][0])
        estimate.unchanged = estimate.models - estimate.planned
        estimate.requests_listing = run.pages
        api, resolvers = budget.window("api"), budget.window("resolvers")
        estimate.quota_api = api.quota if api.announced else None
        estimate.quota_resolvers = resolvers.quota if resolvers.announced else None
        estimate.seconds = _seconds(estimate, api)
        return estimate
    finally:
        reporter.finish()
        close_hub(hub)
        journal.close()


def _seconds(estimate: Estimate, api: Window) -> float | None:
    """Whole windows that both budgets take; resolvers are five times api where they are not announced yet."""
    if not api.announced or not api.quota:
        return None
    resolvers = estimate.quota_resolvers or 5 * api.quota
    windows = max(estimate.requests_manifests / api.quota, estimate.requests_documents_at_most / resolvers)
    return windows * api.length


def _raise(error: BaseException) -> None:
    raise error
