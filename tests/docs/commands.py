"""The commands and outputs of a page of docs/, and how a test runs them: in this process, which is cheaper."""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harvester.cli import cli

ROOT = Path(__file__).parents[2]
#: What differs from run to run: names of runs, times, and how many requests a document took that two models share.
PASSING = re.compile(r"\d{8}T\d{6}Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|^requests: .*$|[\d.]+ MB", re.MULTILINE)


def commands(page: str) -> list[tuple[str, str]]:
    """Each command of a page's console blocks, and what the page shows of what it prints."""
    found: list[tuple[str, str]] = []
    for kind, block in re.findall(r"```(console|text)\n(.*?)```", page, re.DOTALL):
        if kind == "text":
            found[-1] = (found[-1][0], block)
        else:
            found += [(line[2:], "") for line in block.splitlines() if line.startswith("$ ")]
    return found


def words(text: str) -> list[str]:
    """Lines as they are compared: without what differs from run to run, the warning, and what extras add."""
    text = PASSING.sub("...", text).replace(".venv/bin/", "")
    return [line.rstrip() for line in text.splitlines() if not line.startswith(("***", "pages: "))]


def run(line: str, more: Iterable[str] = ()) -> Result:
    """Run one command of a page in the folder that is current."""
    name, *arguments = shlex.split(line)
    assert name == "harvester", line
    return CliRunner().invoke(cli, [*arguments, *more], standalone_mode=False, prog_name="harvester")


def check_page(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, hub: str | None = None) -> int:
    """Run a page's commands in a folder; each ends with 0 and prints what is shown. Returns how many outputs were.

    ``hub`` stands for the real one: it is given to the commands that would request it.
    """
    monkeypatch.chdir(folder)
    shown = 0
    for line, text in commands(path.read_text(encoding="utf-8")):
        real = hub and "--hub" not in line and line.split()[1] in ("harvest", "doctor", "lock", "check")
        done = run(line, ("--hub", hub) if real else ())
        assert done.exception is None or isinstance(done.exception, SystemExit), f"{line}\n{done.exception!r}"
        assert done.exit_code == 0, f"{line}\n{done.stderr}"
        printed = words(done.stderr + done.stdout)
        assert printed or "--output" in line, line
        assert [one for one in words(text) if one not in printed] == [], f"{line}\n{done.stdout}"
        shown += bool(text)
    return shown
