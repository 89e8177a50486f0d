"""The public face fits a screen, is typed, and does what it says."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import harvester
from harvester.errors import UsageError
from tests.support import serving, small_shelf

ROOT = Path(__file__).parents[2]


def test_the_face_is_four_names() -> None:
    assert sorted(harvester.__all__) == ["__version__", "connect", "harvest", "query"]


def test_the_face_has_the_types_it_is_pinned_to() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "tests/typing/api.py"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_a_notebook_harvests_connects_and_asks(tmp_path: Path) -> None:
    with serving(small_shelf(tmp_path / "hub", 3).world()) as hub:
        result = harvester.harvest(hub=hub.url, data=tmp_path / "data", limit=2)
    assert result.status == "done"
    con = harvester.connect(tmp_path / "data")
    assert con.execute("SELECT count(*) FROM models").fetchall() == [(2,)]
    con.close()
    frame = harvester.query("license_mix", data=tmp_path / "data")
    assert isinstance(frame, pl.DataFrame)
    assert frame.height > 0


def test_wrong_use_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no models selected"):
        harvester.harvest(hub="http://127.0.0.1:1", data=tmp_path / "data")
    with pytest.raises(UsageError, match="does not exist"):
        harvester.connect(tmp_path / "data")
