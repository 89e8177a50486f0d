"""How long censuses and updates take under each plan's quotas, and how near that is to the fewest requests.

    python benchmarks/census.py [--models 20000] [--plans anonymous,free,enterprise] [--write]

First the real crawl harvests simulated models, two days and an update, on a clock that is moved instead of waited for:
every answer takes what the forecast assumes, every wait for a window passes at once. That measures the requests per
model and how much longer than the floor the crawl takes. Then the forecast of the dry run (harvester/crawl/forecast.py)
applies those requests to the size of the Hub. --write puts the result into benchmarks/RESULTS.md.
"""

import argparse
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path

import httpx2
from measure import ENDPOINT, Figures, InProcess, machine, write_section

from harvester import defaults
from harvester.crawl.forecast import LATENCY, PAGE_SECONDS, Forecast, Limits, Work, forecast
from harvester.crawl.progress import Reporter, duration
from harvester.crawl.run import HarvestSettings, harvest_into
from harvester.crawl.select import Selection
from harvester.hub.budget import Budget
from harvester.hub.connect import HubSettings
from samplehub import QUOTAS, SimulatedWorld
from samplehub.hub import Hub

WINDOW = 300.0
#: docs/hub-protocol.md 10: models on 2026-10-03, new ones per day, and updated ones per day of 1.8 million in 2025.
MODELS, NEW_PER_DAY, UPDATED_PER_DAY = 3_117_871, 3_600, 1_200 * 3_117_871 / 1_817_398
PLANS = ("anonymous", "free", "pro", "team", "enterprise")
TOKENS = (1, 5, 20)


class MovedClock:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self.now

    def utc(self) -> datetime:
        """The time in UTC, without tzinfo."""
        return datetime(2026, 1, 1) + timedelta(seconds=self.now)

    def move(self, seconds: float = 0.0, *, to: float = 0.0) -> None:
        """Move by some seconds, or to a time if that is later."""
        with self._lock:
            self.now = max(self.now + seconds, to)


class Answering(InProcess):
    """A sample Hub in this process; one answer takes LATENCY, with ``in_flight`` requests at the same time."""

    def __init__(self, hub: Hub, clock: MovedClock, in_flight: int):
        super().__init__(hub)
        self._clock, self._seconds = clock, LATENCY / in_flight

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request, and move the clock."""
        listing = request.url.path == "/api/models"
        self._clock.move(PAGE_SECONDS if listing else self._seconds)
        return super().handle_request(request)


@contextmanager
def moved_clock() -> Iterator[MovedClock]:
    """Give a clock that the waits of a Budget move; a single worker sends the requests."""
    clock, waits = MovedClock(), Budget._sleep_until

    def pass_at_once(budget: Budget, when: float, now: float) -> None:
        if when == float("inf"):
            budget._changed.wait(0.001)
        else:
            clock.move(to=when)

    Budget._sleep_until = pass_at_once  # type: ignore[method-assign]
    try:
        yield clock
    finally:
        Budget._sleep_until = waits  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the real crawl: what it requested, and how long it took on the moved clock."""

    listed: int
    read: int
    work: Work
    seconds: float
    rate_limited: int
    forecast: Forecast


def crawl(models: int, plan: str) -> dict[str, Run]:
    """Harvest all models, again a day later, and those modified since as another day passes."""
    found = {}
    with moved_clock() as clock, tempfile.TemporaryDirectory() as folder:
        hub = Hub(SimulatedWorld(models), quota=QUOTAS[plan], window=WINDOW, log_limit=0, clock=clock.monotonic)
        hub.origin = ENDPOINT
        how = HubSettings(ENDPOINT, wire=Answering(hub, clock, limits(plan).in_flight), workers=1)
        for day, name in enumerate(("first census", "a day later", "updates of a day")):
            hub.move_to(day)
            # Every run begins with a window of its own, as the forecast does.
            clock.move(to=ceil(clock.now / WINDOW) * WINDOW)
            began = clock.now
            settings = HarvestSettings(
                Path(folder) / "data", Selection(all=True), how, defaults.DEPTHS, updates=name.startswith("updates")
            )
            record = harvest_into(settings, clock, Reporter(quiet=True)).record
            found[name] = _run(record, clock.now - began, plan)
            print(f"{plan}, {name}: {found[name]}", file=sys.stderr, flush=True)
    return found


def _run(record: Figures, seconds: float, plan: str) -> Run:
    pages = ceil(record["listed"] / 1000)
    work = Work(pages, record["requests_api"] - pages, record["requests_resolvers"])
    said = forecast(work, limits(plan))
    return Run(record["listed"], record["fetched"], work, seconds, record["rate_limited"], said)


def limits(plan: str, tokens: int = 1) -> Limits:
    """Return the limits of a plan, with as many workers as its quotas need."""
    quota = QUOTAS[plan]
    return Limits.announced({"api": quota.api or 0, "resolvers": quota.resolvers or 0}, WINDOW, tokens=tokens)


def jobs(runs: dict[str, Run]) -> dict[str, Work]:
    """Return the requests of each job at the size of the Hub."""
    first, later, updates = runs["first census"], runs["a day later"], runs["updates of a day"]
    pages, changed = ceil(MODELS / 1000), NEW_PER_DAY + UPDATED_PER_DAY
    documents = first.work.resolvers / first.read
    return {
        "census: files and configs": Work(
            pages, round(MODELS * first.work.api / first.read), round(MODELS * documents)
        ),
        "census: configs only": Work(pages, 0, round(MODELS * documents)),
        "daily run": Work(
            pages, round(changed * later.work.api / later.read), round(changed * later.work.resolvers / later.read)
        ),
        "hourly run with --updates": Work(
            ceil(changed / 24 / 1000),
            round(changed / 24 * updates.work.api / updates.read),
            round(changed / 24 * updates.work.resolvers / updates.read),
        ),
    }  # fmt: skip


def report(measured: dict[str, dict[str, Run]], models: int) -> str:
    """Return the tables in Markdown."""
    lines = [
        f"{machine()}.",
        "",
        f"The real crawl over {models:,} simulated models, with `files,configs`, on a clock that is moved instead of",
        f"waited for. An answer takes {LATENCY} s (assumed), a page of the listing {PAGE_SECONDS} s; as many",
        "requests are in flight as the quota needs (8 to 64). The floor is the time until the last of the same",
        "requests may be sent, under the quota alone.",
        "",
        "| quota | run | models listed | read | api | resolvers | 429 | took | forecast | floor |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for plan, runs in measured.items():
        lines += [
            f"| {plan} | {name} | {run.listed:,} | {run.read:,} | {run.work.pages + run.work.api:,} "
            f"| {run.work.resolvers:,} | {run.rate_limited} | {run.seconds:,.0f} s | {run.forecast.seconds:,.0f} s "
            f"| {run.forecast.floor:,.0f} s |"
            for name, run in runs.items()
        ]
    work = jobs(next(iter(measured.values())))
    lines += [
        "",
        f"Forecast for {MODELS:,} models (2026-10-03), {NEW_PER_DAY:,} new and {UPDATED_PER_DAY:,.0f} updated per day",
        "(docs/hub-protocol.md 10), with the requests per model of the first table. How many models of the Hub have",
        "equal documents is not known: the `resolvers` are those of simulated models.",
        "",
        "| job | api | resolvers | quota | tokens | takes | floor | ratio | decided by |",
        "|---|--:|--:|---|--:|--:|--:|--:|---|",
    ]
    for name, needed in work.items():
        for plan in PLANS:
            for tokens in TOKENS if plan in ("free", "pro") else (1,):
                said = forecast(needed, limits(plan, tokens))
                ratio = f"{said.ratio:.2f}" if said.floor else "-"
                lines.append(
                    f"| {name} | {needed.pages + needed.api:,} | {needed.resolvers:,} | {plan} | {tokens} "
                    f"| {duration(said.seconds)} | {duration(said.floor)} | {ratio} | {said.binds} |"
                )
    return "\n".join(lines)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=20_000)
    parser.add_argument("--plans", default="anonymous,free,enterprise")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    text = report({plan: crawl(given.models, plan) for plan in given.plans.split(",")}, given.models)
    print(text)
    if given.write:
        write_section("Censuses and updates", text)


if __name__ == "__main__":
    main()
