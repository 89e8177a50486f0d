"""How long requests take under quotas, worked out by hand, and against the real crawl on a clock that is moved."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester import defaults
from harvester.crawl.forecast import ANSWERS, API, LATENCY, PAGE_SECONDS, RESOLVERS, Limits, Work, forecast, workers_for
from harvester.crawl.progress import duration
from harvester.hub.budget import Budget
from harvester.hub.connect import HubSettings
from harvester.hub.ratelimit import Announcement
from tests.hub.clock import HandClock

LIMITS = Limits(api=500, resolvers=3_000, window=300.0, in_flight=8)
#: Seconds for one request with eight in flight.
ONE = LATENCY / 8

CASES = {
    "nothing takes no time": (Work(), 0.0, 0.0, ANSWERS),
    "what one window has room for": (Work(api=500), 500 * ONE, 0.0, ANSWERS),
    "one more request waits for the next window": (Work(api=501), 300 + ONE, 300.0, API),
    "pages spend the same window": (Work(pages=1, api=500), 300 + ONE, 300.0, API),
    "documents need their own": (Work(api=500, resolvers=6_001), 600 + ONE, 600.0, RESOLVERS),
    "the larger decides": (Work(api=2_001, resolvers=6_000), 1_200 + ONE, 1_200.0, API),
    "pages are read one after another": (Work(pages=400), 300 + 150 * PAGE_SECONDS, 0.0, ANSWERS),
}


@pytest.mark.parametrize("case", CASES)
def test_the_time_is_what_the_windows_allow(case: str) -> None:
    work, seconds, floor, binds = CASES[case]
    found = forecast(work, LIMITS)
    assert (found.seconds, found.floor, found.binds) == (pytest.approx(seconds), floor, binds)


def test_many_answers_take_longer_than_the_quota_where_few_are_in_flight() -> None:
    few = forecast(Work(resolvers=100_000), Limits(6_000, 50_000, 300.0, 8))
    assert (few.seconds, few.binds) == (pytest.approx(100_000 * ONE), ANSWERS)


@given(
    work=st.builds(Work, st.integers(0, 900), st.integers(0, 5_000), st.integers(0, 50_000)),
    tokens=st.integers(1, 20),
    share=st.floats(0.1, 1.0),
)
def test_it_is_never_faster_than_the_floor_and_more_tokens_never_slower(work: Work, tokens: int, share: float) -> None:
    quotas = {API: 500, RESOLVERS: 3_000}
    one = forecast(work, Limits.announced(quotas, 300.0, share=share))
    more = forecast(work, Limits.announced(quotas, 300.0, share=share, tokens=tokens))
    assert one.floor <= one.seconds
    assert more.floor <= more.seconds <= one.seconds + 1e-6


QUOTAS = {"anonymous": (500, 3_000, 8), "free": (1_000, 5_000, 8), "pro": (2_500, 12_000, 15),
          "team": (3_000, 20_000, 23), "enterprise": (6_000, 50_000, 56), "more": (100_000, 500_000, 64)}  # fmt: skip


@pytest.mark.parametrize("plan", QUOTAS)
def test_as_many_requests_are_in_flight_as_the_quota_needs(plan: str) -> None:
    api, resolvers, expected = QUOTAS[plan]
    budget = Budget(HandClock())
    for bucket, quota in (("api", api), ("resolvers", resolvers)):
        sent = budget.acquire(bucket)
        budget.release(bucket, sent, [Announcement(bucket, quota - 1, 300, quota, 300)])
    assert workers_for(HubSettings("https://hub.example"), budget) == expected
    assert workers_for(HubSettings("https://hub.example", workers=3), budget) == 3
    assert workers_for(HubSettings("http://127.0.0.1:1"), budget) == defaults.WORKERS


def test_a_hub_that_announces_nothing_gets_few_requests_at_a_time() -> None:
    assert workers_for(HubSettings("https://hub.example"), Budget(HandClock())) == defaults.WORKERS


#: The size of the Hub on 2026-10-03 (docs/hub-protocol.md 10), and requests per model (benchmarks/RESULTS.md).
HUB, MANIFESTS, DOCUMENTS = 3_117_871, 20_002 / 19_801, 44_301 / 19_801
QUOTA = {plan: {API: api, RESOLVERS: resolvers} for plan, (api, resolvers, _) in QUOTAS.items()}
COSTS = {"none": (0, 0), "configs": (0, DOCUMENTS), "files": (MANIFESTS, 0), "files,configs": (MANIFESTS, DOCUMENTS),
         "history": (MANIFESTS, 0)}  # fmt: skip


@pytest.mark.parametrize("depths", COSTS)
def test_the_readme_states_what_is_computed(depths: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (line,) = [line for line in readme.splitlines() if line.startswith("|") and f"(`--with {depths}`)" in line]
    api, resolvers = COSTS[depths]

    def takes(models: int, plan: str) -> str:
        work = Work(-(-models // 1000), round(models * api), round(models * resolvers))
        return duration(forecast(work, Limits.announced(QUOTA[plan], 300.0)).seconds)

    expected = [takes(10_000, "free"), *(takes(HUB, plan) for plan in ("anonymous", "free", "pro"))]
    assert [cell.strip() for cell in line.split("|")[4:-1]] == expected
