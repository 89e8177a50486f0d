"""A hostile Hub on the wire: every exchange ends, in time and memory, as an answer or as a failure with a reason."""

import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from harvester.errors import HubUnavailable
from harvester.hub.answers import decode_json, memory_of
from harvester.hub.budget import Stopped
from harvester.hub.commits import commits
from harvester.hub.documents import document
from harvester.hub.endpoints import Hub, listing_page, model
from harvester.hub.network import HEADER_BYTES
from harvester.hub.ranges import RangedFile
from harvester.hub.transport import RequestFailed
from harvester.hub.tree import read_tree
from harvester.outcome import Got, Missed, Outcome
from tests.support import harvest

from . import misbehaviour as bad
from .misbehaviour import SHA, Answer, misbehaving
from .opened import opened


def ask(hub: Hub, cap: int = 1_000_000) -> object:
    """One request whose JSON is read."""
    response = hub.transport.get("/api/models", "api", cap=cap, read=lambda r: decode_json(r.body))
    return response.value if response.whole else "not whole"


@pytest.mark.parametrize(
    "answer", [bad.DRIPPING_STATUS, bad.DRIPPING_HEADERS, bad.DRIPPING_BODY, bad.EndlessHints()],
    ids=["status", "headers", "body", "hints"],
)  # fmt: skip
def test_an_answer_that_drips_is_left_when_its_time_is_over(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.hub.transport.CONNECT_TIMEOUT", 0.2)
    with misbehaving(lambda _: answer) as server, opened(server.url, attempts=1, read_timeout=0.5) as hub:
        with pytest.raises(RequestFailed, match=r"timeout|bytes of headers"):
            ask(hub, cap=1_000)
        assert len(server.log) == 1


@pytest.mark.parametrize("answer", [bad.DRIPPING_HEADERS, bad.DRIPPING_BODY], ids=["headers", "body"])
def test_the_end_of_the_run_ends_an_answer_that_drips(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.hub.network.GRACE", 0.2)
    asked, ends = threading.Event(), []

    def answering(_: str) -> Answer:
        asked.set()
        return answer

    with misbehaving(answering) as server, opened(server.url, read_timeout=60) as hub:

        def work() -> None:
            try:
                ask(hub)
            except Stopped as error:
                ends.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        assert asked.wait(10)
        hub.transport.stop()
        thread.join(10)
        assert len(ends) == 1


def test_headers_without_end_are_not_read() -> None:
    endless = b"HTTP/1.1 103 X\r\nA: b\r\n\r\n" * (HEADER_BYTES // 20)
    with (
        misbehaving(lambda _: bad.Raw(endless)) as server,
        opened(server.url, attempts=1) as hub,
        pytest.raises(RequestFailed, match="bytes of headers"),
    ):
        ask(hub)


BOMBS = {
    "endless": bad.EndlessBody(),
    "gzip": bad.Bomb("gzip", 300 << 20),
    "deflate": bad.Bomb("deflate", 300 << 20),
    "bare deflate": bad.Bomb("deflate", 300 << 20, bare=True),
    "empty blocks": bad.EmptyBlocks(),
}


@pytest.mark.parametrize("answer", BOMBS.values(), ids=BOMBS)
def test_no_body_becomes_larger_than_its_cap(answer: Answer) -> None:
    with misbehaving(lambda _: answer) as server, opened(server.url, attempts=1) as hub:
        tracemalloc.start()
        try:
            assert ask(hub) == "not whole"
            assert tracemalloc.get_traced_memory()[1] < 30_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "answer",
    [bad.Nested([], 200), bad.Nested([], 2), Answer(b"\x00" * 99, Content_Encoding="br"),
     Answer(b"\x28\xb5\x2f\xfd" * 9, Content_Encoding="zstd"), Answer([], Content_Encoding="gzip")],
    ids=["200 times gzip", "gzip twice", "br", "zstd", "not gzip"],
)  # fmt: skip
def test_an_encoding_that_was_not_requested_is_a_failure(answer: Answer) -> None:
    with (
        misbehaving(lambda _: answer) as server,
        opened(server.url, attempts=1) as hub,
        pytest.raises(RequestFailed, match=r"encoding|not gzip"),
    ):
        ask(hub)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP", "identity, gzip"])
def test_what_was_requested_is_decoded(encoding: str) -> None:
    import gzip

    body = gzip.compress(b'{"a": [1, 2]}')
    with misbehaving(lambda _: Answer(body, Content_Encoding=encoding)) as server, opened(server.url) as hub:
        assert ask(hub) == {"a": [1, 2]}


@pytest.mark.parametrize("row", [b"{}", b"[]", b'{"":0}', b'""', b"[[0]]", b'{"a":{"b":{}}}'])
def test_json_of_too_many_values_is_not_decoded(row: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.hub.answers.DECODED_CAP", 50_000_000)
    body = b"[" + b",".join([row] * (50_000_000 // memory_of(row + b",") + 1)) + b"]"
    with misbehaving(lambda _: Answer(body)) as server, opened(server.url, attempts=1) as hub:
        assert ask(hub, cap=80_000_000) == "not whole"


def test_a_large_listing_page_of_real_rows_is_read() -> None:
    files = [{"rfilename": f"checkpoints/step-{n:06}/pytorch_model-{n:05}-of-00099.bin"} for n in range(500)]
    page = [bad.model(n, siblings=files, tags=["x" * 20] * 50) for n in range(1_000)]
    with misbehaving(lambda _: Answer(page)) as server, opened(server.url) as hub:
        found = listing_page(hub, "/api/models?limit=1000")
        assert len(found.models) == 1_000
        assert found.models[-1].listed_files == 500


def test_a_tree_of_fifty_thousand_files_is_read() -> None:
    def page(target: str) -> Answer:
        first = int(target.partition("cursor=")[2] or 0)
        rows = [{"type": "file", "path": f"f{n}", "oid": "b" * 40, "size": n} for n in range(first, first + 1_000)]
        link = {} if first == 49_000 else {"Link": f'</api/models/org/m/tree/x?cursor={first + 1_000}>; rel="next"'}
        return Answer(rows, **link)

    with misbehaving(page) as server, opened(server.url) as hub:
        tree = read_tree(hub, "org/m", SHA)
        assert isinstance(tree, Got)
        assert len(tree.value) == 50_000


MALFORMED = [
    "http://[::1", "http://host:12345678/x", "http://host:port/", "/a" * 35_000, "//", "http://", "http:///x",
    "javascript:alert(1)", "file:///etc/passwd", "http://user:pw@127.0.0.1/", "/\\evil.example/x", "/a b",
    "http://127.0.0.1\t.evil.example/", "http://%31/", "//[", "http://[v1.x]/", "http://h\u00f6st/", "?\x7f",
]  # fmt: skip
#: What stands for a path of the Hub, and what leads to it as a whole document.
READ: dict[str, Callable[[Hub], object]] = {
    "manifest": lambda hub: model(hub, "org/m0", SHA, ("sha",), blobs=True),
    "document": lambda hub: document(hub, "org/m0", SHA, "config.json", cap=1_000),
    "range": lambda hub: RangedFile(hub, "org/m0", SHA, "model.safetensors").read(0, 9),
    "tree": lambda hub: read_tree(hub, "org/m0", SHA),
    "commits": lambda hub: commits(hub, "org/m0", SHA),
}


@pytest.mark.parametrize("location", MALFORMED, ids=lambda text: repr(text[:30]))
def test_a_malformed_location_is_a_failure_of_that_item(location: str) -> None:
    with misbehaving(lambda _: bad.Redirect(location)) as server, opened(server.url, attempts=1) as hub:
        for read in READ.values():
            answer = read(hub)
            assert isinstance(answer, Missed)
            assert answer.outcome is Outcome.FAILED
            assert "pw" not in answer.error
        with pytest.raises((RequestFailed, HubUnavailable)):
            listing_page(hub, "/api/models?limit=10")


@pytest.mark.parametrize("link", MALFORMED, ids=lambda text: repr(text[:30]))
def test_a_malformed_next_page_is_never_more_than_a_failure(link: str) -> None:
    rows = [{"id": "c" * 40, "type": "file", "path": "a"}]
    served = Answer(rows, Link=f'<{link}>; rel="next"')
    with misbehaving(lambda _: served) as server, opened(server.url, attempts=1) as hub:
        for name in ("tree", "commits"):
            answer = READ[name](hub)
            assert isinstance(answer, Missed | Got)


NUMBERS = ["9" * 5_000, "-1", "1e3", "\u0663", "0x10", "", " ", "99999999999999999999", "nan", "1,2", "\u00e9" * 50]
HEADERS = ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Total-Count", "ETag", "X-Linked-ETag", "Content-Range",
           "Age", "X-Linked-Size", "Content-Type", "X-Error-Code", "X-Error-Message", "Date", "Link"]  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_that_makes_no_sense_is_ignored(header: str) -> None:
    values = iter([f'"api";r={n};t={n};q={n};w={n}' if "Limit" in header else n for n in NUMBERS])
    info = {**bad.model(), "siblings": [{"rfilename": "a", "size": 1, "blobId": "b" * 40}]}

    def answering(_: str) -> Answer:
        return Answer(info, **{header: next(values, "x" * 70_000)})

    with misbehaving(answering) as server:
        for _ in (*NUMBERS, "long"):
            with opened(server.url, attempts=1) as hub:
                assert isinstance(READ["manifest"](hub), Got)
        assert len(server.log) == len(NUMBERS) + 1


@pytest.mark.parametrize("value", ["5" * 5_000, "-3", "x", "1, 2", ""])
def test_a_content_length_that_makes_no_sense_is_no_end_of_the_run(value: str) -> None:
    raw = f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n[]".encode()
    with (
        misbehaving(lambda _: bad.Raw(raw)) as server,
        opened(server.url, attempts=1) as hub,
        pytest.raises(RequestFailed),
    ):
        ask(hub)


NO_HTTP = [
    b"HTTP/1.1 200 OK\r\nA\0B: c\r\n\r\n", b"HTTP/9.9 999999 X\r\n\r\n", b"\0" * 2_000, b"SSH-2.0-x\r\n",
    b"HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 2\r\n\r\n[]x", b"HTTP/1.1 101 X\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n[]",
]  # fmt: skip


@pytest.mark.parametrize("raw", NO_HTTP)
def test_what_is_no_http_is_a_failure(raw: bytes) -> None:
    with (
        misbehaving(lambda _: bad.Raw(raw)) as server,
        opened(server.url, attempts=1) as hub,
        pytest.raises(RequestFailed),
    ):
        ask(hub)


def endless(rows: Callable[[int], list[object]]) -> Callable[[str], Answer]:
    """Pages that always name another under a cursor of its own."""
    numbers = iter(range(1_000_000))

    def answering(target: str) -> Answer:
        number = next(numbers)
        path = target.partition("?")[0]
        return Answer(rows(number), Link=f'<{path}?cursor={number}>; rel="next"', X_Total_Count="9")

    return answering


ROWS: dict[str, Callable[[int], list[object]]] = {
    "no rows": lambda _: [],
    "the same row": lambda _: [{"type": "file", "path": "a", "id": "c" * 40}],
    "one row more": lambda n: [{"type": "file", "path": f"f{n}", "id": f"{n:040x}"}],
    "folders that repeat": lambda n: [{"type": "directory", "path": f"d{n % 7}", "id": f"{n % 7:040x}"}] * 100,
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("read", ["tree", "commits"])
def test_pages_without_end_are_left(read: str, rows: Callable[[int], list[object]]) -> None:
    with misbehaving(endless(rows)) as server, opened(server.url, attempts=1) as hub:
        answer = READ[read](hub)
        assert isinstance(answer, Missed)
        assert answer.outcome in (Outcome.FAILED, Outcome.OVERSIZED)
        assert len(server.log) < 300


@pytest.mark.parametrize(
    ("rows", "reason"),
    [(lambda _: [], "no new model"), (lambda n: [bad.model(n % 3)], "no new model"),
     (lambda n: [bad.model(n)], "nearly empty")],
    ids=["no rows", "rows that repeat", "one row more"],
)  # fmt: skip
def test_a_listing_without_end_is_left_with_a_reason(
    rows: Callable[[int], list[object]], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harvester.hub.paging.LISTING_SHORT", 150)
    with misbehaving(endless(rows)) as server, pytest.raises(HubUnavailable, match=reason):
        harvest(server.url, tmp_path / "data", depths=())


def test_a_listed_name_that_leads_elsewhere_is_one_row_and_never_a_request(tmp_path: Path) -> None:
    names = ["../x", "org/..", "org/m?x=", "org/m#", "org\\m", "org/m%2f..", "org/m\n", "/etc/passwd", "a/b/c"]
    page = [bad.model(n, id=name) for n, name in enumerate(names)] + [bad.model(99)]
    with misbehaving(lambda target: Answer(page) if target.startswith("/api/models?") else bad.NotFound()) as server:
        result = harvest(server.url, tmp_path / "data", attempts=1)
        assert result.record["listed"] == 1
        assert {seen.target.partition("?")[0] for seen in server.log} <= {
            "/api/models", f"/api/models/org/m99/revision/{SHA}", "/api/models/org/m99",
        }  # fmt: skip


@pytest.mark.parametrize("link", ["http://[::1", "x" * 9_000, "http://h:12345678/", ""])
def test_one_malformed_next_page_is_requested_again(link: str, tmp_path: Path) -> None:
    links = iter([link, "/api/models?cursor=2"])

    def answering(target: str) -> Answer:
        if not target.startswith("/api/models?"):
            return bad.NotFound()
        number = 2 if "cursor=2" in target else 1
        return Answer([bad.model(number)], **({} if number == 2 else {"Link": f'<{next(links)}>; rel="next"'}))

    with misbehaving(answering) as server:
        assert harvest(server.url, tmp_path / "d", depths=()).record["listed"] == 2
