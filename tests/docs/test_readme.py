"""Every command of the README is run, in order, in an empty folder, and prints what is shown there; its Python too."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import EXTRAS, missing

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
#: What differs from run to run: names of runs, times, and how many requests a document took that two models share.
PASSING = re.compile(r"\d{8}T\d{6}Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|^requests: .*$|[\d.]+ MB", re.MULTILINE)


def commands() -> list[tuple[str, str]]:
    """Each command that harvests or asks, and what the README shows of what it prints."""
    found: list[tuple[str, str]] = []
    for kind, block in re.findall(r"```(console|text)\n(.*?)```", README, re.DOTALL):
        if kind == "text":
            found[-1] = (found[-1][0], block)
        else:
            lines = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
            found += [(line, "") for line in lines if "harvest" in line]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stranger")


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("HF_TOKEN", "HF_ENDPOINT")}
    return subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def of_make(line: str) -> list[str]:
    """The harvester command that a make target runs, with the sample Hub for the real one."""
    shown_by_make = run(["make", "-n", "-C", str(ROOT), *shlex.split(line)[1:], "HUB=sample"], ROOT)
    assert shown_by_make.returncode == 0, shown_by_make.stderr
    (ours,) = re.findall(r"^\S*bin/harvester (.*)$", shown_by_make.stdout, re.MULTILINE)
    return shlex.split(ours)


def words(text: str) -> list[str]:
    """Lines as they are compared: without what differs from run to run, the warning, and the path of the command."""
    text = PASSING.sub("...", text).replace(".venv/bin/", "")
    return [line.rstrip() for line in text.splitlines() if not line.startswith("***")]


def test_the_make_targets_the_readme_names_exist() -> None:
    targets = re.findall(r"^\$ make (\w+)", README, re.MULTILINE)
    assert {"harvest", "test"} <= set(targets)
    for target in targets:
        assert run(["make", "-n", "-C", str(ROOT), target], ROOT).returncode == 0


def test_every_command_of_the_readme_runs_and_prints_what_it_shows(folder: Path) -> None:
    shown, left_out = 0, []
    for line, text in commands():
        ours = of_make(line) if line.startswith("make ") else shlex.split(line)[1:]
        if ours[0] in EXTRAS and missing(ours[0]):
            left_out.append(line)
            continue
        done = run([sys.executable, "-m", "harvester", *ours], folder)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip(), line
        if text:
            printed = words(done.stdout) if line.startswith("harvester ") else words(done.stderr + done.stdout)
            assert [word for word in words(text) if word not in printed] == [], f"{line}\n{done.stdout}"
            shown += 1
    assert shown >= 6
    # The README's Python asks what its commands harvested.
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = run([sys.executable, "-c", source], folder)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\[\(\d+,\)\]", done.stdout)
    if left_out:
        pytest.skip(f"all commands ran but {', '.join(left_out)}, whose extras are not installed (make setup)")
