"""What Python calls besides `Catalogue`: `connect`, `harvest`, `query`. Imports other modules only when called."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harvester import defaults

if TYPE_CHECKING:
    import duckdb

    from harvester.ask.rows import Rows
    from harvester.crawl.result import HarvestResult


def connect(dir: str | Path, *, selection: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open the catalogue of a harvest directory, read-only: a DuckDB connection that cannot access other files.

    ``selection``, an id or a name, shows only the models of that selection.
    Its own ``.df()`` and ``.pl()`` need pandas and pyarrow (`pip install 'hub-harvester[notebook]'`).
    Raises UsageError (no harvest there, no catalogue yet, unknown selection) and LocalError (a process is writing it).
    """
    from harvester.ask.connect import connect as open_catalogue

    return open_catalogue(dir, selection=selection)


def harvest(
    *,
    hub: str | None = None,
    data: str | Path | None = None,
    work: str | Path | None = None,
    publish_catalogue: bool = False,
    day: int | None = None,
    quota: str | None = None,
    author: str | None = None,
    task: str | None = None,
    library: str | None = None,
    tags: Sequence[str] = (),
    search: str | None = None,
    sort: str | None = None,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    all: bool = False,
    name: str | None = None,
    sample: int | None = None,
    stratify: str | None = None,
    seed: int | None = None,
    depths: Sequence[str] | str = defaults.DEPTHS,
    documents: Sequence[str] = (),
    history_by: str = defaults.HISTORY_BY,
    quota_share: float = defaults.QUOTA_SHARE,
    workers: int | None = None,
    max_time: float | str | None = None,
    max_requests: int | None = None,
    fresh: bool = False,
    send_token: bool = False,
    memory: int | None = None,
    updates: bool = False,
    quiet: bool = False,
) -> HarvestResult:
    """Harvest a selection and build its catalogue; resumes an unfinished run of the same selection.

    The options, their defaults and their checks are those of `harvester harvest`: ``hub`` is a URL, `sample` or `auto`,
    ``max_time`` seconds or a text such as `6h`, ``memory`` MB of the build. Progress goes to stderr, or into the
    notebook, unless ``quiet``. Raises HarvesterError: UsageError (an
    invalid option), HubUnavailable (unreachable, refused token), LocalError (full disk, directory in use), DamagedLake.
    """
    from harvester.commands.harvest import opened, run_harvest
    from harvester.crawl.progress import Reporter
    from harvester.options import harvest_options

    options = harvest_options(
        hub=hub, data=data, work=work, publish_catalogue=publish_catalogue, day=day, quota=quota,
        author=author, task=task, library=library, tags=tags, search=search, sort=sort,
        limit=limit, ids=ids, all=all, name=name, sample=sample, stratify=stratify, seed=seed,
        depths=depths, documents=documents, history_by=history_by,
        quota_share=quota_share, workers=workers, max_time=max_time, max_requests=max_requests, fresh=fresh,
        send_token=send_token, memory=memory, updates=updates,
    )  # fmt: skip
    reporter = Reporter(quiet=quiet)
    with opened(options, reporter) as hub_opened:
        return run_harvest(options, hub_opened, reporter)


def query(name: str, *, data: str | Path | None = None, selection: str | None = None, **params: Any) -> Rows:
    """Run a shipped query with its ``params``; ``data`` defaults to the newest harvest below data/.

    ``selection``, an id or a name, counts only the models of that selection.

    Raises UsageError for an unknown query or parameter, or if there is no harvest.
    """
    from harvester.ask.rows import Rows
    from harvester.ask.run import query as ask
    from harvester.lake.layout import newest_harvest

    with closing(connect(data or newest_harvest(), selection=selection)) as con:
        return Rows(ask(con, name, **params))
