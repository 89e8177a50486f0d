"""The files in deploy/: every command in them is one that harvester accepts, and none runs as root."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from harvester.cli import cli

DEPLOY = Path(__file__).parents[2] / "deploy"


def commands(name: str) -> list[list[str]]:
    """The words after `harvester` of every command in a file."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    if name == "Dockerfile":
        lists = [json.loads(found) for found in re.findall(r"^(?:CMD|\s+CMD) (\[.*\])$", text, re.M)]
        return [words[1:] if words[0] == "harvester" else words for words in lists]
    if name == "github-actions.yml":
        steps = yaml.safe_load(text)["jobs"]["harvest"]["steps"]
        lines = [step["run"] for step in steps if step.get("run", "").startswith("harvester ")]
        return [shlex.split(line.replace("${{ vars.LAKE }}", "s3://bucket/models"))[1:] for line in lines]
    if name == "cronjob.yaml":
        (job,) = [part for part in yaml.safe_load_all(text) if part["kind"] == "CronJob"]
        (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
        return [container["args"]]
    lines = [line for line in text.splitlines() if "harvester " in line and not line.startswith(("#", "Desc"))]
    return [shlex.split(line.split("/harvester ", 1)[1]) for line in lines]


@pytest.mark.parametrize(
    ("name", "count"),
    [("Dockerfile", 2), ("cronjob.yaml", 1), ("github-actions.yml", 2), ("crontab", 2), ("harvester.service", 2)],
)
def test_every_command_is_accepted(name: str, count: int) -> None:
    found = commands(name)
    assert len(found) == count
    for command, *words in found:
        with cli.commands[command].make_context(command, words) as context:
            assert isinstance(context, click.Context)


def test_no_container_runs_as_root() -> None:
    assert "\nUSER 1000\n" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "runAsNonRoot: true" in (DEPLOY / "cronjob.yaml").read_text(encoding="utf-8")


def test_the_image_copies_what_the_package_needs() -> None:
    copied = set(re.findall(r"(?m)^COPY (.+) /src/", (DEPLOY / "Dockerfile").read_text(encoding="utf-8")))
    names = {name for line in copied for name in line.split()}
    root = DEPLOY.parent
    assert all((root / name).exists() for name in names)
    listed = re.search(r"only-include = \[(.*)\]", (root / "pyproject.toml").read_text(encoding="utf-8"))
    assert listed is not None
    assert set(re.findall(r'"([^"]+)"', listed[1])) <= names


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name in ("harvester.service", "harvester.timer"):
        text = (DEPLOY / name).read_text(encoding="utf-8").replace("/opt/harvester/bin/harvester", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
    units = [str(tmp_path / "harvester.service"), str(tmp_path / "harvester.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
