"""Every command of the README is run, in order, in an empty folder, and prints what is shown there; its Python too."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import commands, words
from tests.support import EXTRAS, Shelf, config, missing, serving

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


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


def test_the_make_targets_the_readme_names_exist() -> None:
    targets = re.findall(r"^\$ make (\w+)", README, re.MULTILINE)
    assert {"harvest", "test"} <= set(targets)
    for target in targets:
        assert run(["make", "-n", "-C", str(ROOT), target], ROOT).returncode == 0


def is_of_the_real_hub(line: str) -> bool:
    """Whether a command would request huggingface.co."""
    return line.split()[:2] in (["harvester", "doctor"], ["harvester", "harvest"]) and "--hub" not in line


def test_the_commands_for_the_real_hub_run(tmp_path: Path) -> None:
    lines = [line for line, _ in commands(README) if is_of_the_real_hub(line)]
    assert len(lines) >= 8
    shelf = Shelf(tmp_path / "hub")
    shelf.put("Qwen/Qwen-1", {"config.json": config()}, pipeline_tag="text-generation", downloads=1)
    (tmp_path / "models.txt").write_text("Qwen/Qwen-1\n", encoding="utf-8")
    with serving(shelf.world()) as hub:
        for line in lines:
            done = run([sys.executable, "-m", "harvester", *shlex.split(line)[1:], "--hub", hub.url], tmp_path)
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            assert done.stdout.strip(), line


def test_every_command_of_the_readme_runs_and_prints_what_it_shows(folder: Path) -> None:
    shown, left_out = 0, []
    for line, text in commands(README):
        if "harvest" not in line or is_of_the_real_hub(line):
            continue
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
