"""`harvester harvest`: chooses the Hub and the directory, harvests, builds the catalogue, reports the result."""

import json
import re
import shlex
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import msgspec

from harvester.catalogue.build import build
from harvester.clock import Clock, SimulatedClock, SystemClock
from harvester.commands.reread import reread
from harvester.commands.run_summary import lines, run_summary
from harvester.crawl.near import nothing_listed
from harvester.crawl.progress import Reporter
from harvester.crawl.result import HarvestResult
from harvester.crawl.run import LOADED, Harvest, HarvestSettings, harvest_into
from harvester.crawl.run_ids import moment_of
from harvester.errors import UsageError
from harvester.hub.connect import HubSettings, answers, check_endpoint, default_endpoint, token_for
from harvester.lake.layout import Layout
from harvester.lake.memory import keep_few_heaps
from harvester.lake.parts import Lake
from harvester.lake.store import object_store, require_remote, store_of
from harvester.options import HarvestOptions
from harvester.terminal import program, say

#: How `make harvest` calls this program.
_IN_CHECKOUT = ".venv/bin/harvester"
_SAMPLE_DAY = re.compile(r"sample(?:, day (\d+))?")


def choose_hub(hub: str | None, reporter: Reporter) -> str | None:
    """Return the endpoint; None: the embedded sample Hub. Raises UsageError.

    Only `auto` falls back to the sample Hub, and only if there was no HTTP answer at all.
    """
    if hub == "sample":
        return None
    if hub is not None and hub != "auto":
        return check_endpoint(hub)
    endpoint = default_endpoint()
    if hub == "auto" and not answers(endpoint):
        reporter.warn(
            f"*** {endpoint} cannot be reached: harvesting the embedded SAMPLE HUB instead. "
            "Its models are simulated; nothing below is about the real Hub. ***"
        )
        return None
    return endpoint


def directory_name(endpoint: str) -> str:
    """Return the name below data/ for a Hub: its host, and its port if it has one."""
    parts = urlsplit(endpoint)
    return (parts.hostname or "hub") + (f"-{parts.port}" if parts.port else "")


def sample_name(day: int) -> str:
    """Return the name under which a run of the sample Hub is recorded."""
    return f"sample, day {day}" if day else "sample"


def sample_day(data: Path, endpoint: str | None, requested: int | None) -> int:
    """Return the day of the sample Hub: `--day`, else that of the newest run in the directory, else 0.

    Raises UsageError for another Hub, and if the day would go back.
    """
    if endpoint is not None:
        if requested is not None:
            raise UsageError(f"--day is for the sample Hub (--hub sample): {endpoint} cannot be moved to another day")
        return 0
    found = _SAMPLE_DAY.fullmatch(str(_newest(Layout(data)).get("hub")))
    last = int(found[1] or 0) if found else 0
    if requested is not None and requested < last:
        raise UsageError(
            f"{data} holds day {last} of the sample Hub, which cannot go back to day {requested}: "
            "choose a later --day, or another directory with --data"
        )
    return last if requested is None else requested


def _newest(layout: Layout) -> dict[str, Any]:
    """Return the record of the newest run in the directory; empty if there is none."""
    newest = max(layout.runs.glob("*.json"), default=None)
    if newest is None:
        return {}
    try:
        return {"run_id": newest.stem, **msgspec.json.decode(newest.read_bytes(), type=dict[str, Any])}
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"{newest} cannot be read, so the day of the sample Hub is unknown: {error}") from None


def _sample_clock(data: Path, day_ends: datetime) -> Clock:
    """Return the clock of a run of the sample Hub: it begins when its day ends, but after the newest run."""
    newest = _newest(Layout(data))
    began, ended = moment_of(str(newest.get("run_id"))), newest.get("finished_at")
    after = [began + timedelta(seconds=1)] if began else []
    after += [datetime.fromisoformat(ended).replace(tzinfo=None) + timedelta(seconds=1)] if ended else []
    return SimulatedClock(max([day_ends, *after]))


def settings_of(options: HarvestOptions, endpoint: str | None, where: str, data: Path, day: int) -> HarvestSettings:
    """Return the settings of the crawl: ``where`` is the URL; ``endpoint`` None means the embedded Hub."""
    return HarvestSettings(
        data=data,
        selection=options.selection,
        hub=HubSettings(
            endpoint=where,
            name=sample_name(day) if endpoint is None else endpoint,
            token=None if endpoint is None else token_for(endpoint, send_token=options.send_token),
            quota_share=options.quota_share,
            max_requests=options.max_requests,
            workers=options.workers,
        ),
        depths=options.depths,
        documents=options.documents,
        max_time=options.max_time,
        fresh=options.fresh,
        history_by=options.history_by,
        updates=options.updates,
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A Hub that can be harvested. ``day`` is the sample Hub's, None for another Hub."""

    settings: HarvestSettings
    clock: Clock
    day: int | None


@contextmanager
def opened(options: HarvestOptions, reporter: Reporter) -> Iterator[Opened]:
    """Choose the Hub and the directory; where the Hub is the embedded one, serve it meanwhile. Raises UsageError."""
    endpoint = choose_hub(options.hub, reporter)
    data = options.data or Path("data") / ("sample-hub" if endpoint is None else directory_name(endpoint))
    layout = Layout(data)
    require_remote(layout, publish=options.publish_catalogue)
    store_of(layout).refresh()
    day = sample_day(data, endpoint, options.day)
    if endpoint is not None:
        if options.quota is not None:
            raise UsageError(f"--quota is for the sample Hub (--hub sample): {endpoint} has quotas of its own")
        yield Opened(settings_of(options, endpoint, endpoint, data, day), SystemClock(), None)
        return
    from harvester.sample import served

    with served(day, quota=options.quota) as (url, day_ends):
        yield Opened(settings_of(options, None, url, data, day), _sample_clock(data, day_ends), day)


def run_harvest(
    options: HarvestOptions,
    opened: Opened,
    reporter: Reporter,
    started: Callable[[Harvest], None] = lambda _: None,
    building: Callable[[], None] = lambda: None,
) -> HarvestResult:
    """Harvest and build the catalogue; ``building`` is called in between. Raises HarvesterError."""
    settings = opened.settings

    def load(result: HarvestResult) -> None:
        if result.status in LOADED:
            building()
            reporter.say("building the catalogue")
            lake = Lake(Layout(settings.data))
            try:
                reread(lake, memory_mb=options.memory, errors_only=True)
                build(lake, memory_mb=options.memory)
                if options.publish_catalogue:
                    reporter.say(f"published: {object_store(lake.layout).publish_catalogue()}")
            except KeyboardInterrupt:
                reporter.say(f"the catalogue was not changed; `harvester build --data {settings.data}` builds it")
                raise

    result = harvest_into(settings, opened.clock, reporter, started, load)
    if result.status in LOADED and not result.listed:
        reporter.warn(nothing_listed(Lake(Layout(settings.data)), options.selection))
    return result


def harvest_command(options: HarvestOptions, *, dry_run: bool, quiet: bool, as_json: bool) -> int:
    """Run the command; the exit code. Raises HarvesterError."""
    keep_few_heaps()
    reporter = Reporter(quiet=quiet, as_json=as_json)
    with opened(options, reporter) as hub:
        settings = hub.settings
        if dry_run:
            from harvester.commands.dry_run import dry_run as estimate

            return estimate(settings, reporter, as_json=as_json)
        result = run_harvest(options, hub, reporter, _stop_on_signals, _end_on_signals)
    if result.status == "interrupted":
        reporter.say(f"interrupted; run {result.run_id} resumes with the same command")
        return 130
    if result.status == "open":
        reporter.say(f"the listing stopped after {result.listed:,} models; run the same command again to resume there")
        return 0
    code = tell(result, Layout(settings.data).catalogue, settings.data, as_json=as_json)
    if hub.day is not None and not as_json:
        say(f"the sample Hub is at day {hub.day}; `make harvest DAY={hub.day + 1}` (--day) moves it to the next")
    return code


#: Ctrl-C, `kill`, and a terminal that was closed.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def _stop_on_signals(harvest: Harvest) -> None:
    """Finish what is in flight at the first signal; the second ends the process at once."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        harvest.stop("interrupted")
        harvest.reporter.say("stopping after the requests in flight (press Ctrl-C again to stop immediately)")

    for number in SIGNALS:
        # Under nohup a closed terminal is ignored, and stays so.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def _end_on_signals() -> None:
    """End a build at the first signal: it is discarded, and the catalogue does not change."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def _of_git(record: dict[str, Any]) -> str:
    """Return the part about git of the line about requests; empty if there were none."""
    if not record["requests_git"]:
        return ""
    bucket = record["git_bucket"]
    spent = f"which count as {bucket}" if bucket else "whose bucket is not announced"
    return f" ({record['requests_git']:,} of all were to git, {spent})"


def tell(result: HarvestResult, catalogue: Path, data: Path, *, as_json: bool) -> int:
    """Print how a finished run ended; the exit code."""
    record = result.record
    failed = result.failed
    found = run_summary(data)
    if as_json:
        since = {} if found is None else {"since": asdict(found)}
        say(json.dumps({"event": "result", "run_id": result.run_id, **record, **since}, default=str))
        return 1 if failed else 0
    say(str(result))
    say(
        f"requests: {record['requests_api']:,} api, {record['requests_resolvers']:,} resolvers, "
        f"{record['requests_other']:,} other{_of_git(record)}; "
        f"{record['known_documents']:,} documents already known; {record['rate_limited']:,} rate-limited (429); "
        f"{record['bytes_read'] / 1e6:,.1f} MB read"
    )
    for line in [] if found is None else lines(found, data):
        say(line)
    say(f"catalogue: {catalogue}")
    where = f"--data {shlex.quote(str(data))}"
    query = "SELECT license, count(*) FROM models GROUP BY ALL"
    say(f'next: {program()} status {where}; {program()} queries; {program()} sql "{query}" {where}')
    if pages := "; ".join(_pages(where)):
        say(f"pages: {pages}")
    if failed:
        say(
            f"harvester: {failed:,} items ended as failed or mismatch ({program()} status {where} lists them); "
            "the next run requests them again",
            err=True,
        )
    return 1 if failed else 0


def _pages(where: str) -> Iterator[str]:
    """Yield the commands that draw and show the catalogue; in a checkout, the targets that install their extra."""
    for command, module in (("report", "vl_convert"), ("browse", "uvicorn")):
        if find_spec(module) is not None:
            yield f"{program()} {command} {where}"
        elif program() == _IN_CHECKOUT:
            yield f"make {command}"
