"""Every command of the README is run, in order, in an empty folder; its Python too."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stranger")


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("HF_TOKEN", "HF_ENDPOINT")}
    return subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_make_targets_the_readme_names_exist() -> None:
    targets = {line.split()[1] for line in commands() if line.startswith("make ")}
    assert {"harvest", "test"} <= targets
    for target in targets:
        assert run(["make", "-n", "-C", str(ROOT), target], ROOT).returncode == 0


def test_every_harvester_command_of_the_readme_runs(folder: Path) -> None:
    first = run(
        [sys.executable, "-m", "harvester", "harvest", "--hub", "sample", "--sort", "downloads", "--limit", "60"],
        folder,
    )
    assert first.returncode == 0, first.stderr
    lines = [line for line in commands() if line.startswith("harvester ")]
    assert len(lines) >= 8
    for line in lines:
        done = run([sys.executable, "-m", *shlex.split(line)], folder)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout.strip(), line


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = run([sys.executable, "-c", source], folder)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\[\(\d+,\)\]", done.stdout)
