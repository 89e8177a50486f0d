"""The sockets: connections that stay open, clients that go away, requests that are none, an end to it all."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from json import dumps
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplehub import FolderWorld, SampleHub, SimulatedWorld
from samplehub.messages import Request
from samplehub.server import to_wire
from samplehub.world import Repo, World

from .helpers import ask


@pytest.fixture
def small() -> Iterator[SampleHub]:
    with SampleHub(SimulatedWorld(20), quota=None) as hub:
        yield hub


def connect(hub: SampleHub) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2])), timeout=10)


def read_answer(client: socket.socket) -> bytes:
    stream = client.makefile("rb")
    head, length = b"", 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        head += line
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + stream.read(length)


def test_one_connection_carries_many_requests(small: SampleHub) -> None:
    with connect(small) as client:
        for _ in range(3):
            client.sendall(b"GET /api/models?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(client).startswith(b"HTTP/1.1 200 OK\r\n")
    assert small.count() == 3


def test_a_client_may_ask_to_close(small: SampleHub) -> None:
    with connect(small) as client:
        client.sendall(b"GET /api/models?limit=1 HTTP/1.1\r\nConnection: close\r\n\r\n")
        read_answer(client)
        assert client.recv(1) == b""


def test_a_head_answer_has_no_body(small: SampleHub) -> None:
    got = ask(small.url, "/api/models", method="HEAD")
    assert got.status == 200
    assert got.body == b""
    assert int(got.headers["content-length"]) > 1000


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\n\r\n",
        b"GET /api/models HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"GET /api/models HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n",
    ],
)
def test_what_is_no_request_is_a_400_and_an_end(small: SampleHub, sent: bytes) -> None:
    with connect(small) as client:
        client.sendall(sent)
        assert read_answer(client).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert ask(small.url, "/api/models?limit=1").status == 200


def test_clients_that_go_away_are_not_mentioned(small: SampleHub, capfd: pytest.CaptureFixture[str]) -> None:
    for sent in (b"", b"GET /api/mo", b"GET /api/models HTTP/1.1\r\n\r\n"):
        client = connect(small)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sendall(sent)
        client.close()
    assert ask(small.url, "/api/models?limit=1").status == 200
    assert capfd.readouterr() == ("", "")


def test_stopping_closes_open_connections_and_frees_the_port(world: World) -> None:
    hub = SampleHub(world).start()
    port = int(hub.url.rpartition(":")[2])
    with connect(hub) as client:
        client.sendall(b"GET /api/models?limit=1 HTTP/1.1\r\n\r\n")
        read_answer(client)
        hub.stop()
        assert client.recv(1) == b""
    with SampleHub(world, port) as again:
        assert ask(again.url, "/api/models?limit=1").status == 200


def test_many_threads_are_each_answered_their_own(small: SampleHub) -> None:
    names = [row["id"] for row in ask(small.url, "/api/models").json]
    wrong: list[str] = []

    def client(name: str) -> None:
        if any(ask(small.url, f"/api/models/{name}").json["id"] != name for _ in range(5)):
            wrong.append(name)

    threads = [threading.Thread(target=client, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert small.count() == 1 + 5 * len(names)


def test_links_stay_on_the_origin_that_was_called_and_the_store_is_another(hub: SampleHub, model: Repo) -> None:
    port = hub.url.rpartition(":")[2]
    for host, other in (("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")):
        listed = ask(hub.url, "/api/models?limit=1", Host=f"{host}:{port}")
        assert listed.headers["link"].startswith(f"<http://{host}:{port}/api/models?")
        large = ask(hub.url, f"/{model.facts.repo_id}/resolve/main/model.safetensors", Host=f"{host}:{port}")
        assert large.headers["location"].startswith(f"http://{other}:{port}/cdn/")


def test_the_world_may_move_on_while_it_is_served(small: SampleHub) -> None:
    small.move_to(3)
    assert "day 3" in small.world.name
    assert ask(small.url, "/api/models?limit=1").status == 200


WORDS = st.sampled_from(
    [
        "api",
        "models",
        "resolve-cache",
        "resolve",
        "raw",
        "main",
        "tree",
        "commits",
        "cdn",
        "xet",
        "a",
        "%2F",
        "%ff",
        "..",
        "",
    ]
)


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT"]),
    st.lists(WORDS | st.text(max_size=5).map(quote), max_size=7),
    st.text(max_size=12),
    st.dictionaries(st.sampled_from(["range", "if-none-match", "authorization", "content-type"]), st.text(max_size=12)),
    st.binary(max_size=12),
)
def test_no_request_is_more_than_an_answer(
    hub: SampleHub, method: str, parts: list[str], query: str, headers: dict[str, str], body: bytes
) -> None:
    names = ["cursor", "expand", "limit", "p", "sort"]
    asked = "&".join(f"{name}={quote(query)}" for name in names)
    reply = hub.answer(Request(method, f"/{'/'.join(parts)}?{asked}", headers, body, "nobody"))
    assert 200 <= reply.status < 500
    assert to_wire(reply, method).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
def test_a_wrong_method_is_a_405_that_names_the_right_ones(hub: SampleHub, model: Repo, method: str) -> None:
    name = model.facts.repo_id
    for target in (
        "/api/models",
        f"/api/models/{name}",
        f"/api/models/{name}/tree/main",
        f"/{name}/resolve/main/config.json",
        f"/api/resolve-cache/models/{name}/{model.head.oid}/config.json",
    ):
        got = ask(hub.url, target, method=method)
        assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")


def test_paths_info_is_posted_only(hub: SampleHub, model: Repo) -> None:
    got = ask(hub.url, f"/api/models/{model.facts.repo_id}/paths-info/main")
    assert (got.status, got.headers["allow"]) == (405, "POST")


def test_what_is_not_there_is_not_there_for_any_method(hub: SampleHub) -> None:
    assert ask(hub.url, "/api/repos/move", method="POST").status == 404
    assert ask(hub.url, "/api/repos/create", method="POST").status == 401
    assert ask(hub.url, "/api/models/nobody/nothing/preupload/main", method="POST").status == 401


NUMBER = "9" * 5000


@pytest.mark.parametrize(
    "target",
    [
        f"/api/models?limit={NUMBER}",
        f"/api/models?skip={NUMBER}",
        "/api/models/{model}/commits/main?p=" + NUMBER,
        "/api/models/{model}/tree/main?limit=" + NUMBER,
    ],
)
def test_a_number_of_any_length_is_a_number(hub: SampleHub, model: Repo, target: str) -> None:
    assert ask(hub.url, target.replace("{model}", model.facts.repo_id)).status in (200, 400)


def test_a_range_of_any_length_is_a_range(hub: SampleHub, model: Repo) -> None:
    target = f"/api/resolve-cache/models/{model.facts.repo_id}/{model.head.oid}/config.json"
    whole = ask(hub.url, target)
    assert ask(hub.url, target, Range=f"bytes=0-{NUMBER}").body == whole.body
    assert ask(hub.url, target, Range=f"bytes=-{NUMBER}").body == whole.body
    assert ask(hub.url, target, Range=f"bytes={NUMBER}-").status == 416


def test_deep_json_in_a_body_or_a_cursor_is_a_400(hub: SampleHub, model: Repo) -> None:
    target = f"/api/models/{model.facts.repo_id}/paths-info/main"
    deep = b'{"paths":' + b"[" * 200_000
    assert ask(hub.url, target, method="POST", body=deep, Content_Type="application/json").status == 400
    cursor = quote(b64encode(b"[" * 20_000).decode(), safe="")
    assert ask(hub.url, f"/api/models?sort=downloads&cursor={cursor}").status == 400
    assert ask(hub.url, f"/api/models/{model.facts.repo_id}/tree/main?cursor={cursor}").status == 400


HOSTILE = {
    "config.json": {
        "model_type": "bert",
        "architectures": [10**30],
        "auto_map": {"a": "\ud800"},
        "quantization_config": {"bits": 10**400},
    },
    "tokenizer_config.json": '{"model_max_length": ' + NUMBER + "}",
    "adapter_config.json": "[" * 100_000,
    "model.safetensors": (64).to_bytes(8, "little") + b'{"a":{"dtype":"F32","shape":[1e400,99]}}'.ljust(64),
    "README.md": "---\nco2_eq_emissions: 24_\ntags: " + "[" * 5000 + "\n---\n",
}


def test_repos_that_hold_hostile_documents_are_served(tmp_path: Path) -> None:
    for path, content in HOSTILE.items():
        target = tmp_path / "org__hostile" / path
        target.parent.mkdir(exist_ok=True)
        text = dumps(content) if isinstance(content, dict) else content
        target.write_bytes(text.encode() if isinstance(text, str) else text)
    with SampleHub(FolderWorld(tmp_path), quota=None) as hub:
        (row,) = ask(hub.url, "/api/models?full=true&config=true&cardData=true").json
        assert row["config"]["quantization_config"]["bits"] == 10**400
        info = ask(hub.url, "/api/models/org/hostile?blobs=true").json
        assert {sibling["rfilename"] for sibling in info["siblings"]} == set(HOSTILE)
        for path, content in HOSTILE.items():
            onward = ask(hub.url, f"/org/hostile/resolve/main/{path}").headers["location"]
            if path != "model.safetensors":
                assert len(ask(hub.url, onward).body) > 10, content


def test_the_clients_own_request_id_comes_back(hub: SampleHub) -> None:
    assert ask(hub.url, "/api/models?limit=1", X_Amzn_Trace_Id="abc-1").headers["x-request-id"] == "abc-1"
    both = ask(hub.url, "/nothing", X_Request_Id="custom-id", X_Amzn_Trace_Id="abc-2")
    assert both.headers["x-request-id"] == "custom-id"


def test_the_one_hop_route_takes_full_commit_ids_only(hub: SampleHub, model: Repo) -> None:
    for revision in ("main", model.head.oid[:10]):
        got = ask(hub.url, f"/api/resolve-cache/models/{model.facts.repo_id}/{revision}/config.json")
        assert got.status == 400


def test_an_encoded_slash_is_refused_in_a_name_and_spends_from_pages_in_a_file(hub: SampleHub, model: Repo) -> None:
    name = quote(model.facts.repo_id, safe="")
    for target in (f"/{name}/resolve/main/config.json", f"/api/models/{name}/tree/main", f"/{name}/raw/main/a"):
        assert ask(hub.url, target).status == 400
    ask(hub.url, f"/{model.facts.repo_id}/resolve/refs%2Fpr%2F1/config.json")
    assert hub.log[-1].bucket == "pages"
