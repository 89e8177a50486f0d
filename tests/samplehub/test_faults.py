"""Each misbehaviour as a client meets it."""

import http.client
import socket
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from samplehub import FAULTS, Fault, Quota, SampleHub, SimulatedWorld, oddities, parse_fault
from samplehub import faults as library
from samplehub.errors import SampleHubError
from samplehub.messages import Request
from samplehub.world import Order, Repo

from .helpers import Got, ask

LISTING = "/api/models?sort=createdAt&direction=1&limit=20"


class Bench:
    """A small Hub that misbehaves."""

    def __init__(self, *faults: Fault, **options: Any) -> None:
        world = SimulatedWorld(40)
        walk = world.walk(Order("createdAt", descending=False), None)
        self.model: Repo = next(repo for repo in walk if "config.json" in repo.head.tree.files and not repo.facts.gated)
        name, sha = self.model.facts.repo_id, self.model.head.oid
        self.info = f"/api/models/{name}"
        self.pinned = f"/api/models/{name}/revision/{sha}"
        self.document = f"/api/resolve-cache/models/{name}/{sha}/config.json"
        self.resolve = f"/{name}/resolve/{sha}/config.json"
        self.hub = SampleHub(world, faults=faults, **{"quota": Quota(90, 90, 90), **options})

    def __enter__(self) -> "Bench":
        self.hub.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.stop()

    def get(self, target: str, **options: Any) -> Got:
        return ask(self.hub.url, target, **options)


def test_every_fault_has_a_name_a_docstring_and_a_rate() -> None:
    classes = [
        kind
        for module in (library, oddities)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Fault) and kind.__module__ == module.__name__
        if kind not in (oddities.SiblingsFault, oddities.RefusalFault)
    ]
    assert set(FAULTS.values()) == set(classes)
    for name, kind in FAULTS.items():
        fault = parse_fault(f"{name}=0.25")
        assert type(fault) is kind
        assert fault.rate == 0.25
        assert kind.__doc__


@pytest.mark.parametrize("text", ["nonsense", "drop=2", "drop=-1", "drop=often", "drop="])
def test_an_unknown_fault_or_rate_is_wrong_usage(text: str) -> None:
    with pytest.raises(SampleHubError, match=r"known are|from 0 to 1"):
        parse_fault(text)


def request(number: int) -> Request:
    return Request("GET", f"/api/models/o/{number}", {}, b"", "127.0.0.1")


def test_a_rate_is_a_share_and_the_lot_is_the_same_on_every_run() -> None:
    runs = [
        [fault.strikes(request(n)) for n in range(2000)] for fault in (library.Drop(rate=0.1), library.Drop(rate=0.1))
    ]
    assert runs[0] == runs[1]
    assert 120 < sum(runs[0]) < 280
    assert runs[0] != [fault.strikes(request(n)) for fault in [library.Drop(rate=0.1, seed=1)] for n in range(2000)]


def test_asking_again_draws_another_lot() -> None:
    fault = library.Drop(rate=0.5)
    draws = [fault.strikes(request(1)) for _ in range(64)]
    assert 10 < sum(draws) < 54


def test_a_fault_can_be_kept_to_a_path_and_to_a_number_of_strikes() -> None:
    with Bench(library.ServerError(path="revision", times=2)) as bench:
        assert [bench.get(bench.pinned).status >= 500 for _ in range(4)] == [True, True, False, False]
    with Bench(library.ServerError(path="revision")) as bench:
        assert bench.get(bench.info).status == 200


def test_latency_delays_and_changes_nothing() -> None:
    reply = Bench(library.Latency(seconds=0.001))
    with reply as bench:
        assert bench.get(bench.info).status == 200
    struck = library.Latency(seconds=3).spoil(request(1), library.text_reply("x", 200))
    assert struck.delay == 3


def test_server_errors_are_of_every_kind_and_counted() -> None:
    with Bench(library.ServerError()) as bench:
        answers = [bench.get(f"{bench.info}?{n}") for n in range(40)]
        assert {got.status for got in answers} == {500, 502, 503, 504}
        assert all("ratelimit" in got.headers for got in answers)
        assert bench.hub.count(bucket="api") == 40


@pytest.mark.parametrize("kind", [library.Drop, library.Truncate])
def test_a_broken_connection_is_an_error(kind: type[Fault]) -> None:
    with Bench(kind()) as bench, pytest.raises((http.client.HTTPException, ConnectionError)):
        bench.get(bench.document)


def test_a_hanging_answer_never_comes() -> None:
    with Bench(library.Hang()) as bench:
        client = socket.create_connection(("127.0.0.1", int(bench.hub.url.rpartition(":")[2])))
        client.sendall(f"GET {bench.info} HTTP/1.1\r\n\r\n".encode())
        client.settimeout(0.05)
        with client, pytest.raises(TimeoutError):
            client.recv(1)


def test_a_wrong_length_ends_early_without_an_error() -> None:
    with Bench(library.WrongLength()) as bench:
        whole = bench.model.head.tree.files["config.json"].read()
        got = bench.get(bench.document)
        assert got.status == 200
        assert got.body == whole[: len(whole) // 2]


def test_wrong_bytes_have_the_right_length() -> None:
    with Bench(library.WrongBytes()) as bench:
        whole = bench.model.head.tree.files["config.json"].read()
        got = bench.get(bench.document)
        assert len(got.body) == len(whole)
        assert got.body != whole
        assert bench.get(bench.info).json["sha"] == bench.model.head.oid


def test_a_proxy_answers_with_html_and_the_hub_knows_nothing() -> None:
    with Bench(library.Html()) as bench:
        got = bench.get(bench.info)
        assert (got.status, got.headers["content-type"]) == (200, "text/html")
        assert "ratelimit" not in got.headers


def test_another_limiters_429_says_that_requests_remain() -> None:
    with Bench(library.OtherLimiter429()) as bench:
        got = bench.get(bench.info)
        assert got.status == 429
        assert '"api";r=89;t=' in got.headers["ratelimit"]


def test_the_edges_429_has_no_ratelimit() -> None:
    with Bench(library.Edge429()) as bench:
        got = bench.get(bench.info)
        assert got.status == 429
        assert not {"ratelimit", "ratelimit-policy"} & got.headers.keys()


def test_retry_after_comes_as_seconds_or_as_a_date() -> None:
    with Bench(library.RetryAfterSeconds(seconds=7)) as bench:
        got = bench.get(bench.info)
        assert (got.status, got.headers["retry-after"]) == (503, "7")
    with Bench(library.RetryAfterDate(status=429, seconds=60, clock=lambda: 1_000_000_000.0)) as bench:
        got = bench.get(bench.info)
        assert got.status == 429
        assert parsedate_to_datetime(got.headers["retry-after"]).timestamp() == 1_000_000_060


def test_a_skewed_window_gives_another_t() -> None:
    with Bench(library.WindowSkew(seconds=-100), clock=lambda: 5.0) as bench:
        assert bench.get(bench.info).headers["ratelimit"] == '"api";r=89;t=200'


def test_headers_may_be_missing_while_the_quota_is_counted() -> None:
    with Bench(library.NoRateLimitHeaders(), quota=Quota(1, 1, 1)) as bench:
        answers = [bench.get(bench.info) for _ in range(2)]
        assert [got.status for got in answers] == [200, 429]
        assert all("ratelimit" not in got.headers for got in answers)


def test_a_gone_commit_is_unknown_wherever_it_is_named() -> None:
    with Bench(library.GoneSha()) as bench:
        for target in (bench.pinned, bench.document, bench.resolve):
            got = bench.get(target)
            assert (got.status, got.headers["x-error-code"]) == (404, "RevisionNotFound")
            assert got.headers["x-error-message"] == f"Invalid rev id: {bench.model.head.oid}"
        assert bench.get(bench.info).status == 200


def test_direction_may_be_ignored() -> None:
    with Bench(library.IgnoreDirection()) as bench:
        assert bench.get(LISTING).json == bench.get(LISTING.replace("direction=1", "direction=-1")).json


def test_range_may_be_ignored() -> None:
    with Bench(library.IgnoreRange()) as bench:
        got = bench.get(bench.document, Range="bytes=0-3")
        assert (got.status, len(got.body)) == (200, bench.model.head.tree.files["config.json"].size)


@pytest.mark.parametrize("status", [403, 404])
def test_one_hop_may_be_refused_and_two_hops_work(status: int) -> None:
    with Bench(library.RefuseOneHop(status=status)) as bench:
        assert bench.get(bench.document).status == status
        assert bench.get(bench.get(bench.resolve).headers["location"]).status == 200


def test_large_pages_may_time_out_and_small_ones_come() -> None:
    with Bench(library.ListingTimeout(most=10)) as bench:
        assert bench.get(LISTING).status == 504
        assert bench.get("/api/models").status == 504
        assert len(bench.get("/api/models?limit=10").json) == 10


def test_a_redirect_may_lead_to_another_host() -> None:
    with Bench(library.RedirectElsewhere()) as bench:
        got = bench.get(bench.info)
        assert (got.status, got.headers["location"]) == (302, "http://elsewhere.invalid/")


def test_the_hub_may_be_down_for_a_while() -> None:
    with Bench(library.DownFor(times=3)) as bench:
        assert [bench.get(bench.info).status for _ in range(5)] == [503, 503, 503, 200, 200]


def test_every_token_may_be_refused() -> None:
    with Bench(library.RejectToken()) as bench:
        got = bench.get(bench.info, Authorization="Bearer hf_x")
        assert (got.status, got.json) == (401, {"error": "Invalid credentials in Authorization header"})
        assert bench.get(bench.info).status == 200


def test_several_faults_may_strike_one_request() -> None:
    with Bench(library.ServerError(statuses=(503,)), library.NoRateLimitHeaders()) as bench:
        got = bench.get(bench.info)
        assert got.status == 503
        assert "ratelimit" not in got.headers
