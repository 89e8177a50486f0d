"""The sample Hub moves on with `--day`, and a run tells what changed since the one before."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from harvester.commands.run_summary import RunSummary, lines
from harvester.sample import MODELS, served
from samplehub import SimulatedWorld
from tests.samplehub.helpers import ask
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


def test_runs_and_observations_have_the_dates_of_their_days(since: dict[str, Any], data: Path) -> None:
    dates = [(date(2026, 1, 1),), (date(2026, 1, 1 + DAYS),)]
    assert rows(data, "SELECT DISTINCT CAST(started_at AS DATE) FROM runs ORDER BY 1") == dates
    assert rows(data, "SELECT DISTINCT CAST(observed_at AS DATE) FROM observations ORDER BY 1") == dates
    assert rows(data, "SELECT bool_and(started_at < listed_at AND listed_at <= finished_at) FROM runs") == [(True,)]
    assert rows(data, "SELECT max(last_modified) <= (SELECT max(started_at) FROM runs) FROM models") == [(True,)]


@pytest.mark.parametrize(("option", "value"), [("--day", 1), ("--quota", "free")])
def test_another_hub_has_no_day_and_its_own_quotas(tmp_path: Path, option: str, value: object) -> None:
    with serving(small_shelf(tmp_path / "hub", 1).world()) as hub:
        done = run("harvest", "--hub", hub.url, "--all", "--data", tmp_path / "data", option, value)
        assert hub.log == []
    assert done.returncode == 2
    assert f"{option} is for the sample Hub" in done.stderr
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


@pytest.mark.parametrize(("plan", "announced"), [(None, 10_000_000), ("pro", 2_500)])
def test_the_sample_hub_has_quotas_on_request(plan: str | None, announced: int) -> None:
    with served(quota=plan) as (url, _):
        policy = ask(url, "/api/models?limit=1").headers["ratelimit-policy"]
    assert f"q={announced};" in policy
