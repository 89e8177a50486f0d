"""A Hub whose answers have changed stops a harvest before it writes a wrong row; one odd model does not."""

from pathlib import Path

import pytest

from harvester.errors import HubUnavailable
from samplehub.oddities import NewShape
from tests.support import config, harvest, rows, serving, small_shelf


def test_a_listing_of_unknown_shape_ends_the_run_before_a_row_is_written(tmp_path: Path) -> None:
    world = small_shelf(tmp_path / "shelf").world()
    with serving(world, faults=[NewShape()]) as hub, pytest.raises(HubUnavailable, match=r"unknown format: .*doctor"):
        harvest(hub, tmp_path / "data")
    with serving(world) as hub:
        harvest(hub, tmp_path / "data")
    assert rows(tmp_path / "data", "SELECT count(*), count(sha), sum(file_count) FROM models") == [(6, 6, 24)]


def test_manifests_of_unknown_shape_end_the_run_and_leave_no_files(tmp_path: Path) -> None:
    world = small_shelf(tmp_path / "shelf").world()
    fault = NewShape(listings=False)
    with serving(world, faults=[fault]) as hub, pytest.raises(HubUnavailable, match=r"unknown format: .*sha"):
        harvest(hub, tmp_path / "data")
    with serving(world) as hub:
        harvest(hub, tmp_path / "data")
    assert rows(tmp_path / "data", "SELECT count(*), count(size) FROM files") == [(24, 24)]


def test_one_model_of_unknown_shape_is_one_failed_row(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "shelf")
    shelf.put("odd/one", {"config.json": config(7)}, downloads=1)
    world = shelf.world()
    fault = NewShape(listings=False, path="odd/one")
    with serving(world, faults=[fault]) as hub:
        harvest(hub, tmp_path / "data")
    failed = rows(tmp_path / "data", "SELECT repo_id, error FROM fetches WHERE outcome = 'failed'")
    assert [name for name, _ in failed] == ["odd/one"]
    assert "unknown format" in failed[0][1]
