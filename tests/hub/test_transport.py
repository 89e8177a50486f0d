"""One request on the wire: retried where that may help, capped, counted, and its token kept at home."""

import threading
from collections.abc import Iterator

import pytest

from harvester.hub.addresses import origin
from harvester.hub.answers import decode_json
from harvester.hub.breaker import FAILURES_IN_A_ROW
from harvester.hub.budget import NotNow, OutOfRequests, Stopped
from harvester.hub.documents import document
from harvester.hub.endpoints import Hub
from harvester.hub.transport import RequestFailed, Response
from harvester.outcome import Got
from samplehub import FAULTS, Fault, Quota, SampleHub
from samplehub.world import World
from tests.support import Shelf, config, serving

from .opened import opened

PATH = "/api/models/org/m?expand=sha"


def whole_json(response: Response) -> object:
    return decode_json(response.body)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("hub"))
    shelf.put("org/m", {"config.json": config(), "large.txt": b"x" * 300_000})
    return shelf


@pytest.fixture(scope="module")
def world(shelf: Shelf) -> World:
    return shelf.world()


@pytest.fixture
def hub(world: World) -> Iterator[SampleHub]:
    with serving(world) as hub:
        yield hub


def test_an_answer_is_counted_with_its_bucket(hub: SampleHub) -> None:
    with opened(hub) as client:
        response = client.transport.get(PATH, "api", cap=10_000)
        assert (response.status, response.attempts, response.whole) == (200, 1, True)
        spent = client.transport.budget.spent()
        assert {name: s.requests for name, s in spent.items()} == {"api": 1}
        assert client.transport.traffic.bytes_read == len(response.body)
        assert client.transport.budget.window("api").announced


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_hub_in_trouble_is_requested_again(world: World, status: int) -> None:
    with serving(world, faults=[FAULTS["server-error"](times=1, statuses=(status,))]) as hub, opened(hub) as client:  # type: ignore[call-arg]
        assert client.transport.get(PATH, "api", cap=10_000, read=whole_json).attempts == 2
        assert client.transport.traffic.reasons == {str(status): 1}
        assert len(hub.log) == 2


@pytest.mark.parametrize("name", ["drop", "truncate", "hang", "html", "wrong-length"])
def test_an_answer_that_did_not_come_whole_is_requested_again(world: World, name: str) -> None:
    with serving(world, faults=[FAULTS[name](times=1)]) as hub, opened(hub, read_timeout=0.3) as client:
        response = client.transport.get(PATH, "api", cap=10_000, read=whole_json)
        assert (response.status, response.attempts) == (200, 2)
        assert response.body.endswith(b"}")


@pytest.mark.parametrize("path", ["/api/models/org/nothing", "/api/models?expand=nonsense", "/org/m/resolve/main/none"])
def test_a_refusal_is_an_answer_and_not_requested_again(hub: SampleHub, path: str) -> None:
    with opened(hub) as client:
        response = client.transport.get(path, "api", cap=10_000)
        assert response.status in (400, 401, 404)
        assert response.attempts == len(hub.log) == 1


def test_attempts_are_bounded(world: World) -> None:
    with serving(world, faults=[FAULTS["server-error"](statuses=(503,))]) as hub, opened(hub) as client:  # type: ignore[call-arg]
        with pytest.raises(RequestFailed) as failed:
            client.transport.get(PATH, "api", cap=10_000)
        assert (failed.value.attempts, failed.value.status, len(hub.log)) == (2, 503, 2)


def test_requests_that_always_fail_are_not_taken_for_a_hub_that_is_down(world: World) -> None:
    spoiled = FAULTS["server-error"](path="/spoiled")
    with serving(world, faults=[spoiled]) as hub, opened(hub, attempts=1) as client:
        client.transport.get(PATH, "api", cap=10_000)
        for _ in range(FAILURES_IN_A_ROW + 1):
            with pytest.raises(RequestFailed):
                client.transport.get("/api/models/org/spoiled", "api", cap=10_000)
        assert client.transport.traffic.retries == 1
        assert hub.count(status=200) == 2


def test_nobody_listening_is_reported_after_the_last_attempt(world: World) -> None:
    with serving(world) as hub:
        url = hub.url
    with opened(url) as client, pytest.raises(RequestFailed, match="connection") as failed:
        client.transport.get(PATH, "api", cap=10_000)
    assert (failed.value.attempts, failed.value.status) == (2, None)


def test_no_more_is_read_than_the_cap(hub: SampleHub, shelf: Shelf) -> None:
    path = f"/api/resolve-cache/models/org/m/{shelf.sha('org/m')}/large.txt"
    with opened(hub) as client:
        response = client.transport.get(path, "resolvers", cap=1_000)
        assert (response.status, response.whole, response.body) == (200, False, b"")
        assert client.transport.traffic.bytes_read == 0


@pytest.mark.parametrize("name", ["edge-429", "other-limiter-429"])
def test_another_limiters_429_does_not_wait_out_the_window(world: World, name: str) -> None:
    with serving(world, faults=[FAULTS[name](times=1)]) as hub, opened(hub) as client:
        assert client.transport.get(PATH, "api", cap=10_000).attempts == 2
        assert client.transport.budget.window("api").remaining > 0
        assert client.transport.budget.spent()["api"].rate_limited == 1


def test_a_429_of_the_window_is_requested_again_in_the_next(world: World) -> None:
    with serving(world, quota=Quota(2, 10), window=1.0) as hub, opened(hub) as client:
        with opened(hub) as other:
            # Both learn of two requests; the other one then spends what is left.
            client.transport.get(PATH, "api", cap=10_000)
            other.transport.get(PATH, "api", cap=10_000)
        assert client.transport.get(PATH, "api", cap=10_000, attempts=5).status == 200
        assert hub.count(status=429) <= 1


def test_what_may_not_be_sent_now_is_not_waited_for_where_there_is_other_work(world: World) -> None:
    with serving(world, quota=Quota(1, 10)) as hub, opened(hub) as client:
        client.transport.get(PATH, "api", cap=10_000)
        with pytest.raises(NotNow):
            client.transport.get(PATH, "api", cap=10_000, wait=False)
        assert len(hub.log) == 1


def test_whoever_waits_for_a_window_is_stopped_with_the_run(world: World) -> None:
    with serving(world, quota=Quota(1, 10)) as hub, opened(hub) as client:
        client.transport.get(PATH, "api", cap=10_000)
        ends: list[BaseException] = []

        def ask() -> None:
            try:
                client.transport.get(PATH, "api", cap=10_000)
            except Stopped as error:
                ends.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        client.transport.stop()
        thread.join(5)
        assert len(ends) == 1
        assert len(hub.log) == 1


def test_retries_count_against_the_most_that_may_be_sent(world: World) -> None:
    with serving(world, faults=[FAULTS["server-error"]()]) as hub, opened(hub, attempts=5, max_requests=2) as client:
        with pytest.raises(OutOfRequests):
            client.transport.get(PATH, "api", cap=10_000)
        assert len(hub.log) == 2


def redirecting(where: str) -> Fault:
    return FAULTS["redirect-elsewhere"](path="resolve-cache", location=where)  # type: ignore[call-arg]


def test_the_token_goes_to_the_hub_and_to_no_other_host(world: World, shelf: Shelf) -> None:
    sha = shelf.sha("org/m")
    with serving(world) as other:
        target = f"{other.url}/api/resolve-cache/models/org/m/{sha}/config.json"
        with serving(world, faults=[redirecting(target)]) as hub, opened(hub, token="hf_secret") as client:
            answer = document(client, "org/m", sha, "config.json", cap=10_000)
            assert isinstance(answer, Got)
            assert [served.authorized for served in hub.log] == [True]
            assert [served.authorized for served in other.log] == [False]
            assert client.transport.budget.spent()["elsewhere"].requests == 1


def test_the_token_is_in_no_message(world: World) -> None:
    with serving(world, faults=[FAULTS["drop"]()]) as hub, opened(hub, token="hf_secret", attempts=1) as client:
        with pytest.raises(RequestFailed) as failed:
            client.transport.get(PATH, "api", cap=10_000)
        assert "hf_secret" not in repr(failed.value)
        assert "hf_secret" not in failed.value.error


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://huggingface.co/a", "https://HUGGINGFACE.co:443/b", True),
        ("https://huggingface.co", "http://huggingface.co", False),
        ("https://huggingface.co", "https://huggingface.co.evil.example", False),
        ("http://127.0.0.1:1", "http://127.0.0.1:2", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(one: str, other: str, same: bool) -> None:
    assert (origin(one) == origin(other)) is same


def test_a_client_asks_at_one_hub(hub: SampleHub) -> None:
    with opened(hub) as client:
        assert isinstance(client, Hub)
        assert client.transport.endpoint == hub.url
        assert not client.transport.authorized


def test_a_page_of_a_proxy_is_not_taken_for_a_file(world: World, shelf: Shelf) -> None:
    path = f"/api/resolve-cache/models/org/m/{shelf.sha('org/m')}/config.json"
    with serving(world, faults=[FAULTS["html"](times=1)]) as hub, opened(hub) as client:
        response = client.transport.get(path, "resolvers", cap=10_000, read=whole_json)
        assert (response.attempts, response.body[:1]) == (2, b"{")
