"""Hubs behind a path, a proxy or a certificate: the same rows, and the token stays where it belongs."""

import http.client
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from samplehub import SampleHub
from tests.support import harvest, rows, run, serving, small_shelf

#: No certificates but the system's.
NOTHING = dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), "")
#: Headers that a gateway makes itself.
HOP = {"connection", "transfer-encoding", "content-length", "host"}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def gateway(hub: SampleHub, path: str) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """A gateway that serves the Hub below ``path`` and passes its answers on as they are.

    Gives its address with the path, and every request it saw with whether a token came along.
    """
    seen: list[tuple[str, bool]] = []
    target = urlsplit(hub.url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            seen.append((self.path, "authorization" in self.headers))
            if not self.path.startswith(path + "/"):
                return self.reply(404, [], b"another application")
            asking = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in HOP}
            asking.request(self.command, self.path.removeprefix(path), body or None, headers)
            answer = asking.getresponse()
            self.reply(answer.status, answer.getheaders(), answer.read())
            asking.close()

        def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_HEAD = answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{path}", seen
        finally:
            server.shutdown()
            thread.join(5)


@pytest.mark.parametrize("depths", [("files", "configs", "cards", "weights", "dates"), ("configs", "history")])
def test_a_hub_below_a_path_is_read_whole_and_its_token_stays_there(tmp_path: Path, depths: tuple[str, ...]) -> None:
    shelf = small_shelf(tmp_path / "hub")
    with serving(shelf.world()) as hub, gateway(hub, "/hf-mirror") as (url, seen):
        harvest(hub, tmp_path / "straight", depths=depths, token="hf_x")
        record = harvest(url, tmp_path / "mirrored", depths=depths, token="hf_x").record
    assert record["failed"] == 0, rows(tmp_path / "mirrored", "SELECT * FROM fetches WHERE outcome <> 'ok'")
    assert seen
    assert all(path.startswith("/hf-mirror/") for path, authorized in seen if authorized)
    question = "SELECT repo_id, path, oid FROM files ORDER BY ALL"
    assert rows(tmp_path / "mirrored", question) == rows(tmp_path / "straight", question)
    question = "SELECT repo_id, path, status FROM configs ORDER BY ALL"
    assert rows(tmp_path / "mirrored", question) == rows(tmp_path / "straight", question)


def test_a_listing_below_a_path_goes_on_from_page_to_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.crawl.listing.PAGE", 2)
    shelf = small_shelf(tmp_path / "hub")
    with serving(shelf.world()) as hub, gateway(hub, "/a/b") as (url, seen):
        assert harvest(url, tmp_path / "d", depths=()).record["listed"] == 6
    assert len(seen) == 3


def test_loopback_and_its_token_never_go_through_a_proxy(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", models=1)
    with serving(shelf.world()) as hub, gateway(hub, "/nothing") as (proxy, seen):
        proxy = proxy.removesuffix("/nothing")
        done = run(
            "harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", HTTP_PROXY=proxy, http_proxy=proxy,
            ALL_PROXY=proxy, NO_PROXY="", HF_TOKEN="hf_x",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert seen == []


def test_another_host_goes_through_the_proxy_that_is_named(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", models=1)
    with serving(shelf.world()) as hub, gateway(hub, "http://hub.invalid") as (proxy, seen):
        proxy = proxy.removesuffix("http://hub.invalid")
        done = run("harvest", "--hub", "http://hub.invalid", "--data", tmp_path / "d", "--all", HTTP_PROXY=proxy)
    assert done.returncode == 0, done.stderr
    assert seen[0][0].startswith("http://hub.invalid/api/models?")


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SSL_CERT_FILE", "/nowhere", "SSL_CERT_FILE"),
        ("SSL_CERT_DIR", "/nowhere", "SSL_CERT_DIR"),
        ("REQUESTS_CA_BUNDLE", __file__, "REQUESTS_CA_BUNDLE"),
        ("CURL_CA_BUNDLE", "/nowhere", "CURL_CA_BUNDLE"),
        ("HTTPS_PROXY", "ftp://proxy", "HTTPS_PROXY"),
        ("ALL_PROXY", "socks4://proxy:1", "ALL_PROXY"),
        ("HF_ENDPOINT", "https://user:secret@hub.example", "HF_ENDPOINT"),
        ("HF_ENDPOINT", "hub.example", "HF_ENDPOINT"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(tmp_path: Path, variable: str, value: str, says: str) -> None:
    hub = [] if variable == "HF_ENDPOINT" else ["--hub", "https://hub.invalid"]
    done = run("harvest", *hub, "--data", tmp_path / "d", "--all", **{**NOTHING, variable: value})
    assert done.returncode == 2
    assert says in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://hub.invalid", "https://127.0.0.1:1"])
def test_the_reason_why_a_hub_cannot_be_reached_is_printed(tmp_path: Path, url: str) -> None:
    done = run("harvest", "--hub", url, "--data", tmp_path / "d", "--all", "--quiet")
    assert done.returncode == 3
    assert (
        "refused" in done.stderr or "known" in done.stderr or "resolution" in done.stderr or "No address" in done.stderr
    )
