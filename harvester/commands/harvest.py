"""`harvester harvest`: chooses the Hub and the directory, harvests, builds the catalogue, tells how it ended."""

import json
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

from harvester.catalogue.build import build
from harvester.clock import SystemClock
from harvester.commands.news import lines, news
from harvester.crawl.progress import Reporter
from harvester.crawl.run import LOADED, Harvest, HarvestResult, HarvestSettings, harvest_into
from harvester.crawl.select import Selection, read_ids
from harvester.errors import UsageError
from harvester.hub.connect import HubSettings, answers, check_endpoint, default_endpoint, token_for
from harvester.lake.layout import Layout
from harvester.lake.memory import keep_few_heaps
from harvester.lake.parts import Lake

#: What can be read of a model; file names come with every listing.
DEPTHS = ("files", "configs", "cards", "weights", "dates", "history")
#: Models of the simulated ecosystem that is crawled where no Hub can be reached.
SAMPLE_MODELS = 1_000
WORKERS = 8
_SAMPLE_DAY = re.compile(r"sample(?:, day (\d+))?")


def depths_of(text: str) -> tuple[str, ...]:
    """Return the depths of `--with`. Raises UsageError naming the valid ones."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["none"]:
        return ()
    unknown = [word for word in words if word not in DEPTHS]
    if unknown or not words:
        raise UsageError(
            f"--with does not know {', '.join(unknown) or 'nothing'}; it takes {', '.join(DEPTHS)}, or none"
        )
    return tuple(depth for depth in DEPTHS if depth in words)


def history_way(asked: str, depths: Sequence[str]) -> str:
    """Return how histories are read. Raises UsageError where git is asked for and its library is not there."""
    if "history" in depths and asked == "git" and find_spec("dulwich") is None:
        raise UsageError(
            "--with history by git needs dulwich: pip install 'harvester[history]', or give --history-by api"
        )
    return asked


def selection_of(options: dict[str, Any]) -> Selection:
    """Return the selection the options name. Raises UsageError."""
    selection = Selection(
        author=options["author"], task=options["task"], library=options["library"], tags=tuple(options["tags"]),
        search=options["search"], sort=options["sort"], limit=options["limit"],
        ids=None if options["ids"] is None else read_ids(options["ids"]), all=options["all_"],
    )  # fmt: skip
    selection.check()
    return selection


def choose_hub(hub: str, reporter: Reporter) -> tuple[str | None, str]:
    """Return the endpoint (None: the embedded sample Hub) and the name of its data directory."""
    if hub == "sample":
        return None, "sample-hub"
    if hub == "auto":
        endpoint = default_endpoint()
        if answers(endpoint):
            return endpoint, directory_name(endpoint)
        reporter.warn(
            f"*** {endpoint} cannot be reached: harvesting the embedded SAMPLE HUB instead. "
            "Its models are simulated; nothing below is about the real Hub. ***"
        )
        return None, "sample-hub"
    endpoint = check_endpoint(hub)
    return endpoint, directory_name(endpoint)


def directory_name(endpoint: str) -> str:
    """Return the name below data/ for a Hub: its host, and its port where it has one."""
    parts = urlsplit(endpoint)
    return (parts.hostname or "hub") + (f"-{parts.port}" if parts.port else "")


def sample_name(day: int) -> str:
    """Return the name under which a run of the sample Hub is recorded."""
    return f"sample, day {day}" if day else "sample"


def sample_day(data: Path, endpoint: str | None, asked: int | None) -> int:
    """Return the day of the sample Hub: what `--day` says, else that of the newest run in the directory, else 0.

    Raises UsageError where another Hub is asked, and where the world would go back.
    """
    if endpoint is not None:
        if asked is not None:
            raise UsageError(f"--day is for the sample Hub (--hub sample): the days of {endpoint} come by themselves")
        return 0
    last = _last_day(Layout(data))
    if asked is not None and asked < last:
        raise UsageError(
            f"{data} has seen day {last} of the sample Hub, which does not go back to day {asked}: "
            "give a later --day, or another directory with --data"
        )
    return last if asked is None else asked


def _last_day(layout: Layout) -> int:
    """Return the day of the sample Hub that the newest run saw; 0 where there is none."""
    newest = max(layout.runs.glob("*.json"), default=None)
    if newest is None:
        return 0
    try:
        record = msgspec.json.decode(newest.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"{newest} cannot be read, so the day of the sample Hub is not known: {error}") from None
    found = _SAMPLE_DAY.fullmatch(str(record.get("hub")))
    return int(found[1] or 0) if found else 0


@contextmanager
def _serving(endpoint: str | None, day: int) -> Iterator[str]:
    """Give the endpoint to ask; where there is none, serve the embedded Hub meanwhile."""
    if endpoint is not None:
        yield endpoint
        return
    from harvester.samplehub import QUOTAS, SampleHub, SimulatedWorld

    with SampleHub(SimulatedWorld(SAMPLE_MODELS, day=day), quota=QUOTAS["free"], log_limit=0) as sample:
        yield sample.url


def harvest_command(**options: Any) -> int:
    """Run the command; the exit code. Raises HarvesterError."""
    keep_few_heaps()
    reporter = Reporter(quiet=options["quiet"], as_json=options["as_json"])
    selection = selection_of(options)
    depths = depths_of(options["depths"])
    endpoint, name = choose_hub(options["hub"], reporter)
    data: Path = options["data"] or Path("data") / name
    day = sample_day(data, endpoint, options["day"])
    with _serving(endpoint, day) as where:
        settings = HarvestSettings(
            data=data,
            selection=selection,
            hub=HubSettings(
                endpoint=where,
                name=sample_name(day) if endpoint is None else endpoint,
                token=None if endpoint is None else token_for(endpoint, send_token=options["send_token"]),
                quota_share=options["quota_share"],
                max_requests=options["max_requests"],
                workers=options["workers"] or WORKERS,
            ),
            depths=depths,
            documents=tuple(options["documents"]),
            max_time=options["max_time"],
            fresh=options["fresh"],
            history_by=history_way(options["history_by"], depths),
        )
        if options["dry_run"]:
            from harvester.commands.dry_run import dry_run

            return dry_run(settings, reporter, as_json=options["as_json"])

        def load(result: HarvestResult) -> None:
            if result.status in LOADED:
                reporter.say("loading DuckDB")
                build(Lake(Layout(data)), memory_mb=options["memory"])

        result = harvest_into(settings, SystemClock(), reporter, _stop_on_signals, load)
    if result.status == "interrupted":
        reporter.say(f"interrupted; run {result.run_id} resumes with the same command")
        return 130
    if result.status == "open":
        reporter.say(
            f"the listing was cut after {result.record['listed']:,} models; the same command goes on from there"
        )
        return 0
    code = tell(result, Layout(data).catalogue, data, as_json=options["as_json"])
    if endpoint is None and not options["as_json"]:
        click.echo(f"the sample Hub stands at day {day}; `make harvest DAY={day + 1}` (--day) brings the next one")
    return code


def _stop_on_signals(harvest: Harvest) -> None:
    """Finish what is in flight at the first Ctrl-C or SIGTERM; the second ends the process at once."""

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        harvest.reporter.say("stopping after the requests in flight (once more: at once)")
        harvest.stop("interrupted")

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def tell(result: HarvestResult, catalogue: Path, data: Path, *, as_json: bool) -> int:
    """Print how a finished run ended; the exit code."""
    record = result.record
    failed = int(record["failed"])
    found = news(data)
    if as_json:
        since = {} if found is None else {"since": asdict(found)}
        click.echo(json.dumps({"event": "result", "run_id": result.run_id, **record, **since}, default=str))
        return 1 if failed else 0
    click.echo(
        f"run {result.run_id} {result.status}: {record['listed']:,} models listed, {record['unchanged']:,} unchanged, "
        f"{record['fetched']:,} read, {record['pending']:,} pending, {failed:,} failed"
    )
    click.echo(
        f"requests: {record['requests_api']:,} api, {record['requests_resolvers']:,} resolvers, "
        f"{record['requests_other']:,} elsewhere; {record['known_documents']:,} documents known already; "
        f"{record['rate_limited']:,} answers 429; {record['bytes_read'] / 1e6:,.1f} MB read"
    )
    for line in [] if found is None else lines(found, data):
        click.echo(line)
    click.echo(f"catalogue: {catalogue}")
    click.echo(f'next: harvester status --data {data}; harvester queries; harvester sql "SELECT ..." --data {data}')
    if failed:
        print(
            f"harvester: {failed:,} things ended as failed or mismatch (harvester status --data {data} tells which); "
            "the next run asks for them again",
            file=sys.stderr,
        )
    return 1 if failed else 0
