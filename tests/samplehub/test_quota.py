"""Fixed windows: what is counted, for whom, and what is told. The clock is ours."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from samplehub import QUOTAS, Quota, SampleHub, Settings, SimulatedWorld, Token
from samplehub.world import Order

from .helpers import Got, ask


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    clock: Clock = field(default_factory=Clock)
    options: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> "Bench":
        world = SimulatedWorld(30)
        self.model = next(
            repo
            for repo in world.walk(Order("createdAt", False), None)
            if "config.json" in repo.head.tree.files and not repo.facts.gated
        )
        self.hub = SampleHub(world, window=10, clock=self.clock, **{"quota": Quota(3, 5, 2), **self.options}).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.stop()

    def get(self, target: str, **options: Any) -> Got:
        name, sha = self.model.facts.repo_id, self.model.head.oid
        return ask(self.hub.url, target.format(name=name, sha=sha), **options)


def told(got: Got) -> str:
    return got.headers["ratelimit"]


def test_remaining_falls_by_one_on_every_answer_errors_and_redirects_included() -> None:
    with Bench(options={"quota": Quota(9, 9, 9)}) as bench:
        targets = ["/api/models", "/api/models/no/such", "/api/models?expand=x", "/api/models/{name}/revision/nope"]
        assert [told(bench.get(target)) for target in targets] == [f'"api";r={left};t=10' for left in (8, 7, 6, 5)]
        files = [
            "/{name}/resolve/main/config.json",
            "/{name}/resolve/main/nope",
            "/api/resolve-cache/models/{name}/{sha}/config.json",
        ]
        assert [told(bench.get(target)) for target in files] == [f'"resolvers";r={left};t=10' for left in (8, 7, 6)]
        assert told(bench.get("/nobody/home")) == '"pages";r=8;t=10'
        assert bench.get("/api/models").headers["ratelimit-policy"] == '"fixed window";"api";q=9;w=10'


def test_beyond_the_quota_comes_a_429_until_the_window_ends() -> None:
    with Bench() as bench:
        assert [bench.get("/api/models").status for _ in range(5)] == [200, 200, 200, 429, 429]
        bench.clock.now += 6.5
        refused = bench.get("/api/models")
        assert refused.status == 429
        assert told(refused) == '"api";r=0;t=4'
        assert refused.json["error"] == refused.headers["x-error-message"]
        assert refused.json["error"].startswith("We had to rate limit you, you hit the quota of 3 api requests per")
        assert "retry-after" not in refused.headers
        bench.clock.now += 3.5
        assert told(bench.get("/api/models")) == '"api";r=2;t=10'


def test_t_is_whole_seconds_rounded_up() -> None:
    with Bench() as bench:
        bench.clock.now += 9.2
        assert told(bench.get("/api/models")) == '"api";r=2;t=1'


def test_buckets_are_counted_apart() -> None:
    with Bench() as bench:
        assert [bench.get("/api/models").status for _ in range(4)][-1] == 429
        assert bench.get("/{name}/resolve/main/config.json").status == 307


def test_a_token_has_its_own_window_and_its_own_quota() -> None:
    tokens = [Token("hf_a"), Token("hf_b", quota=Quota(1, 1, 1))]
    with Bench(options={"tokens": tokens}) as bench:
        assert told(bench.get("/api/models")) == '"api";r=2;t=10'
        assert told(bench.get("/api/models", Authorization="Bearer hf_a")) == '"api";r=2;t=10'
        assert told(bench.get("/api/models", Authorization="Bearer hf_b")) == '"api";r=0;t=10'
        assert bench.get("/api/models", Authorization="Bearer hf_b").status == 429
        # a token nobody issued is a stranger's request
        assert told(bench.get("/api/models", Authorization="Bearer hf_c")) == '"api";r=1;t=10'


@pytest.mark.parametrize(("units", "left"), [(1, 3), (0, 4)])
def test_whether_the_second_hop_counts_is_a_setting(units: int, left: int) -> None:
    with Bench(options={"settings": Settings(second_hop_units=units)}) as bench:
        first = bench.get("/{name}/resolve/main/config.json")
        assert told(first) == '"resolvers";r=4;t=10'
        assert told(bench.get(first.headers["location"].replace("{", "{{"))) == f'"resolvers";r={left};t=10'
        # called directly, without a redirect before it, it always counts
        direct = bench.get("/api/resolve-cache/models/{name}/{sha}/config.json")
        assert told(direct) == f'"resolvers";r={left - 1};t=10'


def test_a_304_counts_like_any_answer() -> None:
    with Bench() as bench:
        etag = bench.get("/api/models/{name}").headers["etag"]
        again = bench.get("/api/models/{name}", If_None_Match=etag)
        assert (again.status, again.body, told(again)) == (304, b"", '"api";r=1;t=10')


def test_retry_after_can_be_switched_on() -> None:
    with Bench(options={"settings": Settings(retry_after=True), "quota": Quota(0, 0, 0)}) as bench:
        assert bench.get("/api/models").headers["retry-after"] == "10"


@pytest.mark.parametrize("quota", [None, QUOTAS["unlimited"]])
def test_unlimited_announces_nothing(quota: Quota | None) -> None:
    with Bench(options={"quota": quota}) as bench:
        assert not {"ratelimit", "ratelimit-policy"} & bench.get("/api/models").headers.keys()


def test_the_plans_are_those_of_the_rate_limit_page() -> None:
    assert QUOTAS["anonymous"] == Quota(500, 3_000, 100)
    assert QUOTAS["free"] == Quota(1_000, 5_000, 200)
    assert QUOTAS["enterprise-plus"] == Quota(10_000, 100_000, 1_000)


def test_the_log_shows_what_was_served() -> None:
    with Bench(options={"log_limit": 3}) as bench:
        bench.get("/api/models?limit=1", Authorization="Bearer hf_x")
        bench.get("/api/models/no/such")
        bench.get("/{name}/resolve/main/nope", method="HEAD")
        first, *_, last = bench.hub.log
        assert (first.bucket, first.path, first.query, first.status, first.authorized) == (
            "api",
            "/api/models",
            "limit=1",
            200,
            True,
        )
        assert (last.bucket, last.method, last.status, last.authorized) == ("resolvers", "HEAD", 404, False)
        assert (bench.hub.count(bucket="api"), bench.hub.count(status=404), bench.hub.count(path="resolve")) == (
            2,
            1,
            1,
        )
        bench.get("/api/models")
        assert len(bench.hub.log) == 3
