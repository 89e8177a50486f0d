"""What a notebook calls: `connect`, `harvest`, `query`. Imports the rooms only when called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from harvester.crawl.run import HarvestResult


def connect(dir: str | Path) -> duckdb.DuckDBPyConnection:
    """Open the catalogue of a harvest directory, read only.

    Raises UsageError (no harvest there, no catalogue yet) and LocalError (held by a process that writes).
    """
    from harvester.ask.connect import connect as open_catalogue

    return open_catalogue(dir)


def harvest(
    *,
    hub: str = "https://huggingface.co",
    data: str | Path,
    author: str | None = None,
    task: str | None = None,
    library: str | None = None,
    tags: Sequence[str] = (),
    search: str | None = None,
    sort: str | None = None,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    all: bool = False,
    depths: Sequence[str] = ("files", "configs"),
    documents: Sequence[str] = (),
    history_by: str = "git",
    quota_share: float = 1.0,
    workers: int = 8,
    max_time: float | None = None,
    max_requests: int | None = None,
    fresh: bool = False,
    send_token: bool = False,
    quiet: bool = True,
) -> HarvestResult:
    """Harvest a selection into ``data`` and build its catalogue; resumes an unfinished run of the same selection.

    ``max_time`` is in seconds; ``history_by`` (git or api) is how the depth `history` is read. Raises HarvesterError:
    UsageError (no selection), HubUnavailable (unreachable, refused token), LocalError (full disk, directory in use).
    """
    from harvester.catalogue.build import build
    from harvester.clock import SystemClock
    from harvester.commands.harvest import history_way
    from harvester.crawl.progress import Reporter
    from harvester.crawl.run import LOADED, HarvestSettings, harvest_into
    from harvester.crawl.select import Selection, parse_ids
    from harvester.hub.connect import HubSettings, check_endpoint, token_for
    from harvester.lake.layout import Layout
    from harvester.lake.parts import Lake

    endpoint = check_endpoint(hub)
    settings = HarvestSettings(
        data=Path(data),
        selection=Selection(
            author=author, task=task, library=library, tags=tuple(tags), search=search, sort=sort, limit=limit,
            ids=None if ids is None else parse_ids(ids, "ids"), all=all,
        ),
        hub=HubSettings(
            endpoint, token=token_for(endpoint, send_token=send_token), quota_share=quota_share,
            max_requests=max_requests, workers=workers,
        ),
        depths=tuple(depths), documents=tuple(documents), max_time=max_time, fresh=fresh,
        history_by=history_way(history_by, depths),
    )  # fmt: skip

    def load(result: HarvestResult) -> None:
        if result.status in LOADED:
            build(Lake(Layout(Path(data))))

    return harvest_into(settings, SystemClock(), Reporter(quiet=quiet), ended=load)


def query(name: str, *, data: str | Path | None = None, **params: Any) -> pl.DataFrame:
    """Run a shipped question; ``params`` are the query's own, ``data`` defaults to the newest harvest below data/.

    Raises UsageError for an unknown query or parameter, or where there is no harvest.
    """
    from harvester.ask.run import query as ask
    from harvester.lake.layout import newest_harvest

    return ask(connect(data or newest_harvest()), name, **params)
