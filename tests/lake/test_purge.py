import shutil
from pathlib import Path

import pytest

from harvester.commands.purge import purge_command
from harvester.errors import UsageError
from harvester.lake.layout import Layout
from harvester.lake.store import LocalStore
from harvester.lake.suppress import Suppressions
from tests.support import Shelf, config, harvest, ids, one, rows, run, serving

SECRET = "a-word-that-stands-nowhere-else"


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Path]:
    root = tmp_path_factory.mktemp("purge")
    shelf = Shelf(root / "shelf")
    for name in ("org/kept", "someone/first", "someone/second", "other/kept"):
        shelf.put(name, {"config.json": config(64, shared=True), "README.md": f"# {name}\n"})
    shelf.put("someone/first", {"config.json": config(65, note=SECRET), "generation_config.json": {"max_length": 7}})
    shelf.put("org/kept", {"config.json": config(64, shared=True), "generation_config.json": {"max_length": 7}})
    with serving(shelf.world()) as hub:
        harvest(hub, root / "data")
    return shelf, root / "data"


@pytest.fixture
def shelf(one_run: tuple[Shelf, Path], tmp_path: Path) -> Shelf:
    return one_run[0].copy(tmp_path / "shelf")


@pytest.fixture
def data(one_run: tuple[Shelf, Path], tmp_path: Path) -> Path:
    return shutil.copytree(one_run[1], tmp_path / "data")


def told(data: Path) -> str:
    """Everything the lake says, and the names of its files."""
    import polars as pl

    files = (data / "lake").glob("*/run=*/*.parquet")
    return "".join(str(pl.read_parquet(path, hive_partitioning=False).rows()) for path in files)


def test_a_purged_model_is_in_no_part_and_no_table(data: Path) -> None:
    (hub_id,) = one(data, "SELECT hub_id FROM models WHERE repo_id = 'someone/first'")
    assert SECRET in told(data)
    purge_command(data, "someone/first")
    everything = told(data)
    assert not any(word in everything for word in (SECRET, hub_id, "someone/first"))
    names = [row[0] for row in rows(data, "SELECT repo_id FROM models ORDER BY 1")]
    assert names == ["org/kept", "other/kept", "someone/second"]
    assert rows(data, "SELECT count(*) FROM fetches WHERE hub_id = ?", hub_id) == [(0,)]
    for file in (data / "catalogue.duckdb", data / "journal.sqlite"):
        assert SECRET.encode() not in file.read_bytes()


def test_documents_that_others_hold_too_stay(data: Path) -> None:
    purge_command(data, "someone/first")
    found = rows(data, "SELECT value FROM config_fields WHERE repo_id = 'org/kept' AND field = 'max_length'")
    assert found == [("7",)]


def test_a_purged_author_is_left_out_by_later_runs_of_every_kind(shelf: Shelf, data: Path) -> None:
    purge_command(data, "someone")
    shelf.put("someone/third", {"config.json": config(1)})
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        harvest(hub, data, ids("someone/second", "someone/third", "org/kept"))
        assert hub.count(path="someone") == 0
    assert rows(data, "SELECT count(*) FROM models WHERE author = 'someone'") == [(0,)]
    assert "someone/" not in told(data)


def test_a_purged_model_stays_hidden_under_another_name(shelf: Shelf, data: Path) -> None:
    purge_command(data, "someone/first")
    shelf.rename("someone/first", "org/again")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        harvest(hub, data, ids("org/again"))
    assert rows(data, "SELECT count(*) FROM models WHERE repo_id = 'org/again'") == [(0,)]
    assert "org/again" not in told(data)


def test_a_model_that_moves_to_a_purged_author_is_left_out(shelf: Shelf, data: Path) -> None:
    purge_command(data, "someone")
    shelf.rename("org/kept", "someone/new")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    assert rows(data, "SELECT repo_id, cause, renamed_to FROM tombstones") == [("org/kept", "renamed", None)]
    assert rows(data, "SELECT repo_id FROM models") == [("other/kept",)]
    assert "someone" not in told(data)


def test_tombstones_stay(shelf: Shelf, data: Path) -> None:
    for n in range(20):
        shelf.put(f"org/m{n}", {"config.json": config(n + 1)})
    shelf.rename("someone/first", "someone/renamed")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    shelf.remove("someone/renamed")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    query = "SELECT * FROM tombstones ORDER BY noticed_at"
    before = rows(data, query)
    assert [row[4] for row in before] == ["renamed", "deleted_or_private"]
    purge_command(data, str(before[0][0]))
    assert rows(data, query) == before
    assert SECRET not in told(data)


def test_the_file_of_what_is_hidden_names_nobody(data: Path) -> None:
    purge_command(data, "someone")
    text = Layout(data).suppressions.read_text()
    assert "someone" not in text
    hidden = Suppressions.load(LocalStore(data))
    assert hidden.hides(None, "Someone/else")
    assert not hidden.hides("0" * 24, "org/kept")


def test_a_damaged_file_stops_a_harvest_rather_than_bringing_things_back(shelf: Shelf, data: Path) -> None:
    purge_command(data, "someone")
    Layout(data).suppressions.write_text("{")
    with serving(shelf.world()) as hub, pytest.raises(UsageError, match="purged"):
        harvest(hub, data)


def test_what_was_never_harvested_cannot_be_purged(data: Path) -> None:
    done = run("purge", "nobody/nothing", "--data", data)
    assert done.returncode == 2
    assert "nothing was harvested for 'nobody/nothing'" in done.stderr


def test_purge_says_what_goes_and_asks_before_it_removes_anything(data: Path) -> None:
    before = told(data)
    shown = run("purge", "someone", "--dry-run", "--data", data)
    question = "purge removes all that was harvested of 2 models: someone/first, someone/second."
    assert (shown.returncode, shown.stdout.startswith(question)) == (0, True)
    done = run("purge", "someone", "--data", data)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert told(data) == before
    assert run("purge", "someone", "--yes", "--data", data).returncode == 0
    assert "someone/" not in told(data)
