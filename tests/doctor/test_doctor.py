"""What a person reads who runs the doctor against Hubs in every state."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harvester.commands.doctor import doctor_command
from harvester.errors import UsageError
from samplehub import QUOTAS, Quota, SampleHub, SimulatedWorld, Token, parse_fault
from samplehub.messages import Request
from samplehub.misbehaviour import Fault
from samplehub.oddities import NewShape

from .mirror import mirroring

TOKEN = "hf_secretsecretsecret"


class Checkup:
    """One run of the doctor: exit code, lines by check, requests the Hub saw, the record."""

    def __init__(self, code: int, out: str, report: Path):
        self.code, self.out = code, out
        self.lines = {line[9:23].strip(): line for line in out.splitlines()[1:-2]}
        self.last = out.splitlines()[-2]
        self.report = report.read_text()

    def state(self, check: str) -> str:
        return self.lines[check].split()[0]

    @property
    def states(self) -> dict[str, str]:
        return {check: self.state(check) for check in self.lines}


@pytest.fixture(scope="module")
def world() -> SimulatedWorld:
    return SimulatedWorld(120)


@pytest.fixture
def examine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(url: str, **options: Any) -> Checkup:
        report = tmp_path / "report.json"
        options = {"data": tmp_path / "data", "report": report, "send_token": False, **options}
        return Checkup(doctor_command(hub=url, **options), capsys.readouterr().out, report)

    return run


def test_the_sample_hub_is_as_expected(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world, quota=QUOTAS["anonymous"]) as hub:
        found = examine(hub.url)
        assert len(hub.log) <= 10
    assert found.code == 0
    assert {check for check, state in found.states.items() if state != "ok"} == {"credentials"}
    assert "(anonymous)" in found.lines["quota"]
    assert "a harvest can run" in found.last


def test_a_closed_port_is_the_networks_fault(examine: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = examine(f"http://127.0.0.1:{port}")
    assert found.code == 3
    assert "Connection refused" in found.lines["listing"]
    assert {found.state(check) for check in ("manifest", "document", "git")} == {"skipped"}


def test_a_mirror_with_a_prefix_is_asked_below_it(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world) as hub, mirroring(hub.url) as (url, strays):
        found = examine(url)
        assert len(hub.log) <= 10
    assert strays == []
    assert found.code == 0
    assert {check for check, state in found.states.items() if state != "ok"} == {"credentials"}


def test_a_mirror_without_the_one_hop_route_is_read_in_two(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world, faults=[parse_fault("one-hop-unknown-repo")]) as hub, mirroring(hub.url) as (url, _):
        found = examine(url)
        assert len(hub.log) <= 10
    assert found.state("document") == "differs"
    assert "/resolve/" in found.lines["document"]
    assert found.code == 0


def test_a_prefix_that_is_not_the_mirrors_is_no_hub(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world) as hub, mirroring(hub.url) as (url, _):
        found = examine(url.replace("hf-mirror", "other"))
    assert found.code == 3
    assert found.state("manifest") == "skipped"


@contextmanager
def portal(status: int, **headers: str) -> Iterator[str]:
    """A web page whatever is requested."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!DOCTYPE html><title>Sign in</title>"
            self.send_response(status)
            for name, value in {"Content-Type": "text/html", "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [200, 302, 403, 404, 511])
def test_a_captive_portal_is_distinguished_from_a_hub(examine: Any, status: int) -> None:
    with portal(status, **({"Location": "http://127.0.0.1:1/login"} if status == 302 else {})) as url:
        found = examine(url)
    assert found.code == 3
    assert "captive portal" in found.lines["listing"] or "no answer" in found.lines["listing"]
    assert found.state("manifest") == "skipped"


def test_a_good_token_is_named_on_screen_and_not_in_the_record(
    examine: Any, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with SampleHub(world, tokens=[Token(TOKEN, user="ada-lovelace")]) as hub:
        found = examine(hub.url)
        assert len(hub.log) <= 10
    assert found.code == 0
    assert set(found.states.values()) == {"ok"}
    assert "ada-lovelace" in found.lines["token"]
    assert "free account" in found.lines["quota"]
    for secret in (TOKEN, "ada-lovelace"):
        assert secret not in found.report


@pytest.mark.parametrize("fault", ["expired-token", "reject-token"])
def test_a_refused_token_ends_it(
    examine: Any, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with SampleHub(world, faults=[parse_fault(fault)]) as hub:
        found = examine(hub.url)
        assert len(hub.log) == 1
    assert found.code == 3
    assert "unset HF_TOKEN" in found.lines["token"]
    assert found.state("listing") == "skipped"
    assert TOKEN not in found.report
    assert "census" not in found.report


def test_a_token_that_expires_meanwhile_is_the_tokens_fault(
    examine: Any, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    fault = parse_fault("expired-token")
    fault.after = 4  # type: ignore[attr-defined]
    with SampleHub(world, faults=[fault]) as hub:
        found = examine(hub.url)
    assert found.code == 3
    assert "unset HF_TOKEN" in found.out
    assert found.state("git") == "skipped"


@pytest.mark.parametrize(
    ("fault", "check", "words"),
    [
        ("ignore-direction", "listing", "newest first"),
        ("empty-siblings", "manifest", "manifest"),
        ("ignored-blobs", "manifest", "manifest"),
        ("refuse-one-hop", "document", "two requests each"),
        ("refuse-base-models", "listing", "baseModels"),
        ("ignore-range", "range", "whole file"),
        ("stale-listing", "manifest", "listed again once"),
        ("gone-sha", "manifest", "listed again once"),
        ("stale-commit", "document", "listed again once"),
        ("git-refused", "git", "through the API"),
        ("no-rate-limit-headers", "quota", "limited to 100"),
    ],
)
def test_each_difference_is_named_with_what_is_done(
    examine: Any, world: SimulatedWorld, fault: str, check: str, words: str
) -> None:
    with SampleHub(world, faults=[parse_fault(fault)]) as hub:
        found = examine(hub.url)
        assert len(hub.log) <= 10
    assert found.state(check) == "differs"
    assert words in found.lines[check]
    assert found.code == 0


@pytest.mark.parametrize("fault", ["wrong-bytes", "server-error", "edge-error", "down-for"])
def test_what_a_harvest_would_fail_at_is_a_failure(examine: Any, world: SimulatedWorld, fault: str) -> None:
    with SampleHub(world, faults=[parse_fault(fault)]) as hub:
        found = examine(hub.url)
        assert len(hub.log) <= 10
    assert found.code in (1, 3)
    assert "fails" in found.states.values()


@pytest.mark.parametrize(("check", "spared"), [("listing", "models"), ("manifest", "listings")])
def test_answers_of_an_unknown_shape_are_named(examine: Any, world: SimulatedWorld, check: str, spared: str) -> None:
    with SampleHub(world, faults=[NewShape(**{spared: False})]) as hub:
        found = examine(hub.url)
    assert found.code == 1
    assert found.state(check) == "fails"
    assert "of a" in found.lines[check]
    assert "sha" in found.lines[check]
    assert "attach --report FILE" in found.lines[check]


def test_a_token_with_letters_that_no_token_has_is_wrong_usage(
    examine: Any, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_süß")
    with SampleHub(world) as hub, pytest.raises(UsageError, match="invalid characters"):
        examine(hub.url)


def test_a_proxy_variable_is_named_where_nothing_answers(examine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    found = examine("https://hub.invalid")
    assert found.code == 3
    assert "HTTPS_PROXY" in found.lines["listing"]
    assert "127.0.0.1:1" not in found.report


def test_what_a_hub_says_cannot_steer_the_terminal(examine: Any) -> None:
    with portal(404, **{"Content-Type": "text/plain", "X-Error-Message": "\x1b[2Jgone"}) as url:
        found = examine(url)
    assert found.code == 3
    assert "\x1b" not in found.out


def test_a_spent_window_is_not_waited_for_and_is_no_fault(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world, quota=Quota(2, 2, 2)) as hub:
        found = examine(hub.url)
        assert found.state("manifest") == "ok"
        assert found.state("missing model") == "differs"
        assert "a harvest waits" in found.lines["missing model"]
        assert found.code == 0
        again = examine(hub.url)
    assert again.code == 0
    assert "a harvest waits" in again.lines["listing"]
    assert again.state("manifest") == "skipped"


@dataclass(kw_only=True)
class DropToken(Fault):
    """A mirror that does not pass the token on."""

    def alter(self, request: Request) -> Request:
        return replace(request, headers={k: v for k, v in request.headers.items() if k != "authorization"})


def test_a_mirror_that_drops_the_token_is_not_mistaken_for_a_refusal(
    examine: Any, world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with SampleHub(world, faults=[DropToken()]) as hub:
        found = examine(hub.url)
        assert len(hub.log) <= 10
    assert found.code == 0
    assert {found.state(check) for check in ("listing", "manifest", "document")} == {"ok"}
    assert "private or deleted" in found.lines["missing model"]


def test_a_refusal_that_times_out_first_is_waited_for(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world, faults=[parse_fault("refuse-base-models"), parse_fault("late-refusal")]) as hub:
        found = examine(hub.url)
        assert len(hub.log) <= 10
    assert found.code == 0
    assert "baseModels refused" in found.lines["listing"]


def test_the_record_holds_shapes_and_no_contents(examine: Any, world: SimulatedWorld) -> None:
    with SampleHub(world) as hub:
        found = examine(hub.url)
    record = json.loads(found.report)
    listing = next(one for one in record["exchanges"] if one["path"].startswith("/api/models?"))
    assert listing["shape"][0]["siblings"] == [{"rfilename": "text"}]
    assert listing["headers"]["ratelimit"]
    assert "authorization" not in found.report.lower()
    assert {finding["check"] for finding in record["findings"]} == set(found.lines)
    assert str(Path.home()) not in found.report


def test_a_directory_that_cannot_be_written_is_the_machines_fault(examine: Any, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with SampleHub(SimulatedWorld(5)) as hub:
        found = examine(hub.url, data=file / "data")
    assert found.state("disk") == "fails"
    assert found.code == 2
