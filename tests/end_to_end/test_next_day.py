"""The sample Hub moves on with `--day`, and a run tells what changed since the one before."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harvester.commands.run_summary import RunSummary, lines
from harvester.sample import MODELS
from samplehub import SimulatedWorld
from tests.support import rows, run, serving, small_shelf

NAMES_ONLY = ("harvest", "--hub", "sample", "--all", "--with", "none", "--quiet")
DAYS = 2


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("days") / "data"
    first = run(*NAMES_ONLY, "--data", data)
    assert first.returncode == 0, first.stderr
    assert "since the previous run" not in first.stdout
    assert "`make harvest DAY=1`" in first.stdout
    return data


@pytest.fixture(scope="module")
def since(data: Path) -> dict[str, Any]:
    """What the second run says of the two days."""
    second = run(*NAMES_ONLY, "--data", data, "--day", DAYS, "--json")
    assert second.returncode == 0, second.stderr
    return dict(json.loads(second.stdout.splitlines()[-1])["since"])


@pytest.fixture(scope="module")
def truth() -> Counter[str]:
    """How many models something happened to, as the simulation knows."""
    world = SimulatedWorld(MODELS, day=DAYS)
    happened = {(event.kind, event.hub_id) for day in range(1, DAYS + 1) for event in world.events(day)}
    return Counter(kind for kind, _ in happened)


def test_what_a_run_says_is_what_happened(since: dict[str, Any], truth: Counter[str]) -> None:
    assert since["kinds"]["gating"] == truth["gated"] + truth["ungated"] > 0
    assert since["renamed"] == truth["renamed"] > 0
    assert since["new"] == truth["created"] > 0
    gone = since["gone"]
    assert gone["replaced"] == truth["replaced"] > 0
    assert gone["deleted_or_private"] == truth["deleted"] + truth["hidden"] > 0
    assert since["kinds"]["license"] >= truth["license"] > 0


def test_the_counts_are_those_of_the_tables(since: dict[str, Any], data: Path) -> None:
    kinds = rows(data, "SELECT kind, count(*) FROM changes WHERE NOT noise GROUP BY kind")
    assert dict(kinds) == since["kinds"]
    assert rows(data, "SELECT count(DISTINCT hub_id) FROM changes WHERE NOT noise") == [(since["models"],)]


def test_without_a_day_the_sample_hub_stays_and_it_never_goes_back(since: dict[str, Any], data: Path) -> None:
    again = run(*NAMES_ONLY, "--data", data)
    assert "since the previous run: nothing changed" in again.stdout
    assert f"is at day {DAYS}" in again.stdout
    back = run(*NAMES_ONLY, "--data", data, "--day", DAYS - 1)
    assert (back.returncode, back.stdout) == (2, "")
    assert f"cannot go back to day {DAYS - 1}" in back.stderr


def test_another_hub_has_no_day(tmp_path: Path) -> None:
    with serving(small_shelf(tmp_path / "hub", 1).world()) as hub:
        done = run("harvest", "--hub", hub.url, "--all", "--data", tmp_path / "data", "--day", 1)
        assert hub.log == []
    assert done.returncode == 2
    assert "--day is for the sample Hub" in done.stderr
    assert not (tmp_path / "data").exists()


def test_what_is_reported_is_short_and_a_hostile_name_is_quoted() -> None:
    found = RunSummary(
        models=2, kinds={"label": 3, "config": 1}, noise=4, example="x/$(rm -rf)\x1b[2J", gone={"disabled": 1}
    )
    assert lines(found, Path("data/my hub")) == [
        "since the previous run: 2 models changed (1 config, 3 label); 4 insignificant changes; 1 disabled",
        "see: harvester query latest_changes --data 'data/my hub'; harvester query gone_models --data 'data/my hub'; "
        "harvester diff 'x/$(rm -rf)\\x1b[2J' --data 'data/my hub'",
    ]
    assert lines(RunSummary(), Path("d")) == ["since the previous run: nothing changed"]
