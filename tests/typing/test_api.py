"""The public face fits a screen, is typed, and does what it says."""

import inspect
import subprocess
import sys
from pathlib import Path

import click
import polars as pl
import pytest

import harvester
from harvester.cli import cli
from harvester.errors import UsageError
from tests.support import serving, small_shelf

ROOT = Path(__file__).parents[2]


def test_the_public_names_are_these_and_are_there() -> None:
    errors = ["DamagedLake", "HarvesterError", "HubUnavailable", "LocalError", "UsageError"]
    names = ["Catalogue", "HarvestResult", "__version__", "connect", "harvest", "lock", "query"]
    assert sorted(harvester.__all__) == sorted(errors + names)
    assert all(hasattr(harvester, name) for name in harvester.__all__)
    assert not hasattr(harvester, "catalog")


def test_python_and_the_command_line_have_the_same_options_and_defaults() -> None:
    command = cli.get_command(click.Context(cli), "harvest")
    assert command is not None
    typed = command.make_context("harvest", []).params
    python = inspect.signature(harvester.harvest).parameters
    assert {*typed} - {*python} == {"all_", "as_json", "config", "dry_run"}
    assert {*python} - {*typed} == {"all"}
    typed["depths"] = tuple(typed["depths"].split(","))
    for name in {*typed} & {*python}:
        assert (python[name].default or None) == (typed[name] or None), name


def test_the_command_line_starts_without_duckdb_and_polars() -> None:
    code = "import sys, harvester.cli; sys.exit('duckdb' in sys.modules or 'polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


def test_the_face_has_the_types_it_is_pinned_to() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "tests/typing/api.py"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_notebook_harvests_connects_and_asks(tmp_path: Path) -> None:
    with serving(small_shelf(tmp_path / "hub", 3).world()) as hub:
        result = harvester.harvest(hub=hub.url, data=tmp_path / "data", limit=2)
    assert (result.status, result.listed, result.failed, result.data) == ("done", 2, 0, tmp_path / "data")
    assert str(result) == f"run {result.run_id} done: 2 models listed, 0 unchanged, 2 read, 0 pending, 0 failed"
    con = harvester.connect(tmp_path / "data")
    assert con.execute("SELECT count(*) FROM models").fetchall() == [(2,)]
    con.close()
    frame = harvester.query("license_mix", data=tmp_path / "data")
    assert isinstance(frame, pl.DataFrame)
    assert frame.height > 0
    with harvester.Catalogue(tmp_path / "data") as catalogue:
        assert catalogue.sql("SELECT count(*) AS n FROM models").item() == 2
        assert catalogue.diff("org/m0").height == 0
        assert sorted(catalogue.scan("files").collect()["path"].unique()) == sorted(
            {path for (path,) in catalogue.sql("SELECT path FROM files").rows()}
        )


def test_the_sample_hub_is_harvested_by_name(tmp_path: Path) -> None:
    result = harvester.harvest(hub="sample", limit=3, depths=(), data=tmp_path / "data", quiet=True)
    assert (result.status, result.listed) == ("done", 3)


def test_wrong_use_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no models selected"):
        harvester.harvest(hub="http://127.0.0.1:1", data=tmp_path / "data")
    with pytest.raises(UsageError, match="does not exist"):
        harvester.connect(tmp_path / "data")
