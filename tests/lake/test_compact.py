import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harvester.catalogue.build import build
from harvester.commands.compact import compact_command
from harvester.lake import compaction
from harvester.lake.compaction import merge_observations
from harvester.lake.damage import damages
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from tests.support import Shelf, catalogue, config, content, harvest, rows, run, serving, small_shelf

TABLES = (
    "models", "files", "documents", "configs", "config_fields", "labels", "tags", "observations", "selection_members",
    "names", "runs", "fetches", "pending", "tombstones", "changes",
)  # fmt: skip


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Path]:
    """Three runs, between which a model moved, one was deleted and one was renamed."""
    root = tmp_path_factory.mktemp("compact")
    shelf, data = small_shelf(root / "shelf", models=12), root / "data"
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    shelf.put("org/m1", {"config.json": config(999), "README.md": "# New\n"}, downloads=3)
    shelf.remove("org/m2")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    shelf.rename("org/m3", "org/new")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    return shelf, catalogue(data)


@pytest.fixture
def shelf(three_runs: tuple[Shelf, Path], tmp_path: Path) -> Shelf:
    return three_runs[0].copy(tmp_path / "shelf")


@pytest.fixture
def data(three_runs: tuple[Shelf, Path], tmp_path: Path) -> Path:
    return shutil.copytree(three_runs[1], tmp_path / "data")


def parts(data: Path) -> int:
    lake = Lake(Layout(data))
    assert damages(lake) == []
    return sum(1 for path in lake.layout.lake.glob("*/run=*/*.parquet"))


def test_gathered_observations_change_nothing_and_the_newest_run_stays_by_itself(data: Path) -> None:
    lake, before = Lake(Layout(data)), content(data, TABLES)
    newest = max(part.run_id for part in lake.parts("observations"))
    assert merge_observations(lake, newest) == 0
    assert merge_observations(lake, "", at_least=2) == 3
    (part,) = lake.parts("observations")
    assert (damages(lake), "gathered" in part.path) == ([], True)
    assert merge_observations(lake, part.run_id, at_least=1) == 0
    assert content(data, TABLES) == before
    build(lake)
    assert content(data, TABLES) == before


@pytest.mark.parametrize("bucket", [3_000_000, 7])
def test_the_catalogue_is_the_same_after_compaction(data: Path, bucket: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "BUCKET", bucket)
    before, many = content(data, TABLES), parts(data)
    compact_command(data)
    assert content(data, TABLES) == before
    if bucket > 7:
        tables = {path.parents[1].name for path in (data / "lake").glob("*/run=*/*.parquet")}
        assert parts(data) == len(tables) < many


def test_compacting_twice_changes_nothing(data: Path) -> None:
    compact_command(data)
    once = Layout(data).parts_list.read_bytes()
    compact_command(data)
    assert Layout(data).parts_list.read_bytes() == once


def test_a_run_after_compaction_asks_for_no_more_than_the_listing(shelf: Shelf, data: Path) -> None:
    compact_command(data)
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        assert len(hub.log) == 1
    assert rows(data, "SELECT count(*) FROM tombstones") == [(2,)]


def test_an_unfinished_run_is_left_alone_and_resumes(shelf: Shelf, data: Path) -> None:
    shelf.put("org/late", {"config.json": config(5)})
    with serving(shelf.world()) as hub:
        first = run("harvest", "--hub", hub.url, "--data", data, "--limit", "5000", "--max-requests", "1")
        assert first.returncode == 0, first.stderr
    compact_command(data)
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    assert rows(data, "SELECT hidden_size FROM models WHERE repo_id = 'org/late'") == [(5,)]


def test_superseded_extractions_are_dropped(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harvester.catalogue import reextract
    from harvester.extract import rows as extracting

    lake = Lake(Layout(data))
    before = content(data, TABLES)
    once = sum(part.rows for part in lake.parts("configs"))
    monkeypatch.setattr(reextract, "EXTRACTOR_VERSION", extracting.EXTRACTOR_VERSION + 1)
    assert reextract.reextract(lake, "29990101T000000Z") > 0
    assert sum(part.rows for part in Lake(Layout(data)).parts("configs")) > once
    compact_command(data)
    assert sum(part.rows for part in Lake(Layout(data)).parts("configs")) == once
    assert content(data, TABLES) == before


#: Compacts, and is killed at the n-th call of a function of `os`: before it, or just after.
KILLED = """
import os, signal, sys
from pathlib import Path
from harvester.commands.compact import compact_command

name, number, when, data = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
plain, calls = getattr(os, name), 0

def counted(*given, **named):
    global calls
    calls += 1
    if calls == number and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = plain(*given, **named)
    if calls == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(os, name, counted)
compact_command(Path(data))
"""


def listed(data: Path) -> set[str]:
    lake = Lake(Layout(data))
    assert damages(lake) == []
    return {part.path for part in lake.all_parts()}


def test_a_compaction_that_is_killed_happened_or_did_not(data: Path, tmp_path: Path) -> None:
    before, whole = listed(data), tmp_path / "whole"
    shutil.copytree(data, whole)
    compact_command(whole)
    after = listed(whole)
    assert len(after) < len(before)
    for name, number, when, expected in (
        ("fsync", 1, "before", before),
        ("fsync", 12, "after", before),
        ("replace", 1, "before", before),
        ("replace", 1, "after", after),
        ("unlink", 2, "after", after),
    ):
        copy = tmp_path / f"{name}-{number}-{when}"
        shutil.copytree(data, copy)
        died = subprocess.run([sys.executable, "-c", KILLED, name, str(number), when, str(copy)], timeout=60)
        assert died.returncode == -signal.SIGKILL
        assert listed(copy) == expected
        compact_command(copy)
        assert len(listed(copy)) == len(after)
