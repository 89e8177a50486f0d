"""The sample-hub command's function: one line when it serves, one line when it cannot."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from samplehub import Arguments
from samplehub.command import sample_hub, token
from samplehub.errors import SampleHubError

from .helpers import ask

PROGRAM = """
import sys
from samplehub import Arguments, serve
sys.exit(serve(Arguments(port=0, models=12, quota="pro", faults=["no-rate-limit-headers=0"], tokens=["hf_x=*"])))
"""


def test_it_says_where_it_serves_and_ends_quietly_when_interrupted() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split()[0]
        assert "12 models (seed 0, day 0); quota pro, window 300 s" in line
        got = ask(url, "/api/models", Authorization="Bearer hf_x")
        assert '"api";q=2500;w=300' in got.headers["ratelimit-policy"]
        assert ask(url, "/api/models", Authorization="Bearer hf_y").status == 401
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=10)
        assert (process.returncode, out, error) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_leaves_no_temporary_folder_behind(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[0]
        name = ask(url, "/api/models?limit=1&gated=false").json[0]["id"]
        assert ask(url, f"/{name}/info/refs?service=git-upload-pack").status == 200
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        try:
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (Arguments(port=0, quota="huge"), "known are anonymous, free"),
        (Arguments(port=0, faults=["explode"]), "known are .*drop"),
        (Arguments(port=0, models=0), "1 to 16,000,000"),
        (Arguments(port=0, window=0), "more than 0 seconds"),
        (Arguments(port=0, repos=Path("/nothing/here")), "not a folder of repos"),
    ],
)
def test_wrong_arguments_are_named(arguments: Arguments, told: str) -> None:
    with pytest.raises(SampleHubError, match=told):
        sample_hub(arguments)


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SampleHubError, match=f"port {port} of 127.0.0.1"):
            sample_hub(Arguments(port=port))


def test_a_folder_is_served(tmp_path: Path) -> None:
    (tmp_path / "o__r").mkdir()
    (tmp_path / "o__r" / "config.json").write_text("{}")
    with sample_hub(Arguments(port=0, repos=tmp_path)) as hub:
        assert [row["id"] for row in ask(hub.url, "/api/models").json] == ["o/r"]


@pytest.mark.parametrize(("text", "granted"), [("hf_a", ()), ("hf_a=*", ("*",)), ("hf_a=o/r,p/q", ("o/r", "p/q"))])
def test_a_token_may_name_what_it_may_read(text: str, granted: tuple[str, ...]) -> None:
    assert token(text).value == "hf_a"
    assert token(text).granted == granted
