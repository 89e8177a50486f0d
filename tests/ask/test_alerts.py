"""`harvester status --fail-if`: what raises an alarm, and what it says."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from harvester.ask.alerts import Conditions, alerts, conditions
from harvester.ask.connect import connect
from harvester.catalogue.build import build
from harvester.cli import cli
from harvester.errors import UsageError
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from samplehub import SimulatedWorld
from tests.support import harvest, serving

ACCEPTED = {
    "stale=2d": Conditions(timedelta(days=2)),
    " coverage < 0.95 , stale = 90m ": Conditions(timedelta(minutes=90), 0.95),
    "coverage<1": Conditions(coverage=1.0),
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_conditions_are_read(text: str) -> None:
    assert conditions(text) == ACCEPTED[text]


@pytest.mark.parametrize(
    "text", ["", "stale", "stale=2", "stale=x", "coverage<2", "coverage<1.2.3", "coverage>0.9", "a;b"]
)
def test_anything_else_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(UsageError, match="it takes stale="):
        conditions(text)


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A harvest of twelve models of which most are pending."""
    data = tmp_path_factory.mktemp("cut")
    with serving(SimulatedWorld(12)) as hub:
        harvest(hub, data, max_requests=5, workers=1)
    build(Lake(Layout(data)))
    return data


def test_a_cut_run_is_neither_stale_nor_complete(cut: Path) -> None:
    con = connect(cut)
    finished = con.execute("SELECT max(finished_at) FROM runs").fetchall()[0][0]
    assert alerts(con, Conditions(timedelta(days=2), 0.0), finished + timedelta(days=1)) == []
    (stale,) = alerts(con, Conditions(timedelta(days=2)), finished + timedelta(days=3))
    assert f"{finished:%Y-%m-%d %H:%M}" in stale
    lacking = alerts(con, Conditions(coverage=0.95), finished)
    assert [sentence.split(" of ")[0] for sentence in lacking] == [
        "coverage: manifest", "coverage: requested documents",
    ]  # fmt: skip


def test_the_command_fails_and_names_each_condition_on_stderr(cut: Path) -> None:
    done = CliRunner().invoke(cli, ["status", "--data", str(cut), "--json", "--fail-if", "stale=1d,coverage<0.95"])
    assert done.exit_code == 1
    assert done.stderr.count("harvester: coverage: ") == 2
    assert '"runs"' in done.stdout
    assert CliRunner().invoke(cli, ["status", "--data", str(cut), "--fail-if", "coverage<0"]).exit_code == 0


def test_what_no_run_requested_is_not_missed(tmp_path: Path) -> None:
    with serving(SimulatedWorld(3)) as hub:
        harvest(hub, tmp_path, depths=())
    build(Lake(Layout(tmp_path)))
    assert alerts(connect(tmp_path), Conditions(coverage=1.0), datetime(2026, 1, 1)) == []
