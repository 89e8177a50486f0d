"""One filter for everything that is printed: what a Hub says can neither steer a terminal nor hide in it."""

import ast
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from harvester.ask.encode import json_value
from harvester.ask.text import table
from harvester.terminal import is_visible, printable, printable_lines, program
from tests.hub import misbehaviour as bad
from tests.hub.misbehaviour import Answer, misbehaving
from tests.support import run

PACKAGE = Path(__file__).parents[1] / "harvester"
#: A colour, a title, a cleared screen, an 8-bit control, marks that reorder, hide or smuggle, a lone surrogate.
HOSTILE = (
    "\x1b[31m\x1b]0;pwned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\u200b\ufeff\u00ad\u2028\ufff9\U000e0041\x7f\r\x08\ue000"
)


def obeyed(text: str) -> list[str]:
    return [c for c in text if c != "\n" and not is_visible(c)]


@pytest.mark.parametrize("text", [*HOSTILE, HOSTILE, "\ud800"])
def test_what_a_terminal_obeys_becomes_an_escape(text: str) -> None:
    assert printable(text).isprintable()
    assert obeyed(printable_lines(f"a\n{text}\nb")) == []
    assert json.loads(json_value(text)) == text
    assert obeyed(json_value(text)) == []


@pytest.mark.parametrize(
    "text", ["plain", "日本語", "قلب", "e\u0301", "👩\u200d👩\u200d👧", "می\u200cخواهم", "a\u00a0b", "\u3000"]
)
def test_what_people_write_stays(text: str) -> None:
    assert printable(text) == text


def test_a_table_holds_nothing_that_a_terminal_obeys() -> None:
    frame = pl.DataFrame({HOSTILE: [HOSTILE, None], "list": [[HOSTILE], []]})
    assert obeyed(table(frame)) == []


def test_nothing_is_printed_past_the_filter() -> None:
    """`print` and `click.echo` stand only where what is printed is escaped JSON, or filtered there."""
    allowed = {"terminal.py", "progress.py"}
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.name not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "click.echo", "click.secho")
    ]
    assert found == []


@pytest.mark.parametrize("status", [400, 403, 418, 500])
def test_a_hubs_words_reach_the_terminal_escaped(status: int, tmp_path: Path) -> None:
    class Refusal(Answer):
        pass

    Refusal.status = status
    words = HOSTILE.replace("\r", "").replace("\x08", "")
    answer = Refusal(words.encode("utf-8"), Content_Type="text/plain", Retry_After="0")
    with misbehaving(lambda _: answer) as server:
        done = run("harvest", "--hub", server.url, "--data", tmp_path / "d", "--all", "--max-time", "3s")
        assert done.returncode in (0, 3)
        assert obeyed(done.stderr + done.stdout) == []


def test_a_hostile_listing_reaches_the_terminal_escaped(tmp_path: Path) -> None:
    rows = [bad.model(1), {"_id": "1", "id": f"org/{HOSTILE}"}, {"_id": HOSTILE}, HOSTILE]
    with misbehaving(lambda target: Answer(rows) if target.startswith("/api/models?") else bad.NotFound()) as server:
        done = run("harvest", "--hub", server.url, "--data", tmp_path / "d", "--all", "--with", "none")
        assert "1 models listed" in done.stdout
        assert obeyed(done.stderr + done.stdout) == []


@pytest.mark.parametrize("words", [["sql", f"SELECT CAST('{HOSTILE[:-3]}' AS INTEGER)"], ["show", "org/\x1b[31m"],
                                   ["query", "\x1b[31m"]])  # fmt: skip
def test_errors_about_such_words_are_escaped(words: list[str], tmp_path: Path) -> None:
    with misbehaving(lambda target: Answer([bad.model(1)]) if "?" in target else bad.NotFound()) as server:
        run("harvest", "--hub", server.url, "--data", tmp_path / "d", "--all", "--with", "none")
    done = run(*words, "--data", tmp_path / "d")
    assert done.returncode == 2
    assert obeyed(done.stderr + done.stdout) == []


def test_a_command_is_printed_as_it_was_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "bin" / "harvester"
    command.parent.mkdir()
    command.touch(mode=0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(command)])
    assert program() == "bin/harvester"
    monkeypatch.setenv("PATH", str(command.parent))
    assert program() == "harvester"
    monkeypatch.setattr(sys, "argv", ["/some/other/program"])
    assert program() == "harvester"
