"""A damaged part costs its own batch, which is requested again; one that replaced others is never dropped unasked."""

import io
import os
import shutil
from pathlib import Path

import msgspec
import pytest

from harvester.commands.build import build_command
from harvester.commands.compact import compact_command
from harvester.commands.purge import purge_command
from harvester.commands.repair import repair_command, verify_command
from harvester.crawl.progress import Reporter
from harvester.errors import DamagedLake
from harvester.lake.damage import damages
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake, Part
from tests.support import Shelf, catalogue, config, content, harvest, rows, run, serving, small_shelf

#: What does not depend on when and how often a model was read.
TOLD = ("models", "files", "configs", "config_fields", "labels", "tags", "cards", "licenses")
DEPTHS = ("files", "configs", "cards")
HOW = ("torn", "flipped", "gone", "empty")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Path, Shelf, Path]:
    """A shelf and a lake of one run; both after two days, two more runs and a compaction."""
    root = tmp_path_factory.mktemp("damage")
    shelf = small_shelf(root / "shelf", models=4)
    shelf.put("org/labels", {"config.json": config(7, id2label={"0": "cat", "1": "dog"}), "README.md": "# Hi\n"})
    with serving(shelf.world()) as hub:
        harvest(hub, root / "one", depths=DEPTHS)
        catalogue(root / "one")
        shutil.copytree(root / "one", root / "many")
        first = shelf.copy(root / "first")
        shelf.put("org/m0", {"config.json": config(999)}, downloads=55)
        hub.world = shelf.world()
        harvest(hub, root / "many", depths=DEPTHS)
        shelf.remove("org/m3")
        hub.world = shelf.world()
        harvest(hub, root / "many", depths=DEPTHS)
    compact_command(root / "many")
    catalogue(root / "many")
    return first, root / "one", shelf, root / "many"


@pytest.fixture
def one(worlds: tuple[Shelf, Path, Shelf, Path], tmp_path: Path) -> tuple[Shelf, Path]:
    return worlds[0], shutil.copytree(worlds[1], tmp_path / "one")


@pytest.fixture
def many(worlds: tuple[Shelf, Path, Shelf, Path], tmp_path: Path) -> tuple[Shelf, Path]:
    return worlds[2], shutil.copytree(worlds[3], tmp_path / "many")


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    middle = len(data) // 2
    if how == "gone":
        path.unlink()
    elif how == "swapped":
        other = next(p for p in sorted(path.parents[2].glob("*/run=*/*.parquet")) if p != path)
        path.write_bytes(other.read_bytes())
        other.write_bytes(data)
    else:
        path.write_bytes({
            "torn": data[:middle],
            "short": data[:-1],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "empty": b"",
            "zeros": bytes(len(data)),
        }[how])  # fmt: skip


def parts_of(data: Path, *, lasting: bool) -> list[Part]:
    return [part for part in Lake(Layout(data)).all_parts() if lasting == (not part.batch)]


def test_a_damaged_part_is_requested_again(one: tuple[Shelf, Path], tmp_path: Path) -> None:
    shelf, whole = one
    expected = content(whole, TOLD)
    victims = {part.table: part for part in parts_of(whole, lasting=False)}
    assert victims.keys() >= {"facts", "visits", "refs"}
    for number, (table, how) in enumerate(zip(("facts", "visits", "refs", "labels"), HOW, strict=True)):
        victim, data = victims[table], tmp_path / f"data{number}"
        shutil.copytree(whole, data)
        before = {part.path for part in Lake(Layout(data)).all_parts() if part.batch != victim.batch}
        spoil(data / "lake" / victim.path, how)
        told = io.StringIO()
        with serving(shelf.world()) as hub:
            harvest(hub, data, depths=DEPTHS, reporter=Reporter(stream=told))
            assert victim.path in told.getvalue()
            assert content(data, TOLD) == expected, victim.path
            listed = len(hub.log)
            harvest(hub, data, depths=DEPTHS)
            assert len(hub.log) == listed + 1, "what was read again is believed"
        assert before <= {part.path for part in Lake(Layout(data)).all_parts()}, victim.path


@pytest.mark.parametrize("how", ["torn", "short", "flipped", "zeros", "empty", "gone", "swapped"])
def test_every_damage_is_found(many: tuple[Shelf, Path], how: str) -> None:
    data = many[1]
    victim = parts_of(data, lasting=True)[0]
    spoil(data / "lake" / victim.path, how)
    assert victim.path in {one.part.path for one in damages(Lake(Layout(data)))}


def test_a_damaged_part_that_replaced_others_stops_every_command(many: tuple[Shelf, Path]) -> None:
    shelf, data = many
    victim = parts_of(data, lasting=True)[-1]
    saved, listed = (data / "lake" / victim.path).read_bytes(), Layout(data).parts_list.read_bytes()
    spoil(data / "lake" / victim.path, "flipped")
    message = f"(?s){victim.path}.*accept-loss"
    with serving(shelf.world()) as hub:
        for command in (
            lambda: harvest(hub, data),
            lambda: build_command(data, reextract=False, memory_mb=None, say=print),
            lambda: compact_command(data),
            lambda: purge_command(data, "org/m1"),
            lambda: repair_command(data, accept_loss=False, confirm=lambda text: True, say=print),
        ):
            with pytest.raises(DamagedLake, match=message):
                command()
        assert hub.log == []
    verified = run("status", "--verify", "--data", data)
    assert (verified.returncode, victim.path in verified.stdout) == (1, True)
    # The catalogue is a file of its own.
    assert run("sql", "SELECT count(*) FROM models", "--data", data).returncode == 0
    assert Layout(data).parts_list.read_bytes() == listed
    assert not (data / "lake/damaged").exists()
    (data / "lake" / victim.path).write_bytes(saved)
    assert verify_command(data, as_json=False)[1]


def test_an_accepted_loss_is_reported_first_and_requested_again(many: tuple[Shelf, Path], tmp_path: Path) -> None:
    shelf, whole = many
    expected = content(whole, TOLD)
    victims = {part.table: part for part in parts_of(whole, lasting=True)}
    # One of each kind of loss: derived, requested again, lost for good, written again.
    for number, table in enumerate(("labels", "files", "observations", "runs")):
        victim = victims[table]
        data = tmp_path / f"data{number}"
        shutil.copytree(whole, data)
        runs = rows(data, "SELECT * FROM runs ORDER BY run_id") if victim.table == "runs" else None
        spoil(data / "lake" / victim.path, "flipped")
        with pytest.raises(DamagedLake, match=f"(?s)lost.*{victim.path}" if table == "observations" else victim.path):
            repair_command(data, accept_loss=False, confirm=lambda text: True, say=print)
        with pytest.raises(DamagedLake, match="nothing was changed"):
            repair_command(data, accept_loss=True, confirm=lambda text: False, say=print)
        repair_command(data, accept_loss=True, confirm=lambda text: True, say=print)
        assert verify_command(data, as_json=False)[1]
        with serving(shelf.world()) as hub:
            harvest(hub, data, depths=DEPTHS)
            assert content(data, ["models"])["models"] == expected["models"], victim.path
            for counted in ("files", "configs", "config_fields", "labels", "cards"):
                live = f"SELECT count(*) FROM {counted} WHERE hub_id IN (SELECT hub_id FROM models)"
                assert rows(data, live) == rows(whole, live), (victim.path, counted)
            before = len(hub.log)
            harvest(hub, data, depths=DEPTHS)
            assert len(hub.log) == before + 1, victim.path
        if runs is not None:
            assert rows(data, "SELECT * FROM runs ORDER BY run_id")[: len(runs)] == runs


def test_lost_flags_of_selections_lose_no_observation(many: tuple[Shelf, Path]) -> None:
    _, data = many
    asked = "SELECT run_id, hub_id, downloads FROM observations ORDER BY ALL"
    before = rows(data, asked)
    assert before
    for path in Lake(Layout(data)).files("selections"):
        Path(path).unlink()
    assert run("repair", "--accept-loss", "--yes", "--data", data).returncode == 0
    assert run("build", "--data", data).returncode == 0
    assert rows(data, asked) == before


def test_a_listing_that_is_lost_is_left_out_until_the_next(tmp_path: Path) -> None:
    shelf, data = small_shelf(tmp_path / "shelf", models=4), tmp_path / "data"
    asked = "SELECT run_id, repo_id, downloads FROM observations ORDER BY ALL"
    with serving(shelf.world()) as hub:
        runs = [harvest(hub, data).run_id]
        shelf.say("org/m0", downloads=7)
        shelf.remove("org/m1")
        for _ in range(2):
            hub.world = shelf.world()
            runs.append(harvest(hub, data).run_id)
        before = rows(data, asked)
        victim = next(p for p in Lake(Layout(data)).parts("observations") if p.run_id == runs[1])
        spoil(data / "lake" / victim.path, "short")
        done = run("build", "--data", data)
        assert f"but not what run {runs[1]} listed" in done.stderr
        assert rows(data, asked) == [row for row in before if row[0] == runs[0]]
        last = harvest(hub, data).run_id
    after = rows(data, asked)
    assert [row for row in after if row[0] == last] == [(last, *row[1:]) for row in before if row[0] == runs[2]]
    assert {row[0] for row in after} == {runs[0], last}
    assert rows(data, "SELECT repo_id FROM models ORDER BY 1") == [("org/m0",), ("org/m2",), ("org/m3",)]


def test_a_lost_batch_of_an_open_run_leaves_the_others(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "shelf", models=5)
    data = tmp_path / "data"
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "undisturbed", depths=DEPTHS)
        expected = content(tmp_path / "undisturbed", TOLD)
        # Each stop publishes a batch of its own; a document is known from the batch of another model.
        for _ in range(3):
            harvest(hub, data, depths=DEPTHS, max_requests=6)
    batches = sorted({part.batch for part in Lake(Layout(data)).all_parts() if part.table == "visits" and part.batch})
    assert batches
    for number, batch in enumerate(batches):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(data, copy)
        victim = next(part for part in Lake(Layout(copy)).all_parts() if part.batch == batch)
        spoil(copy / "lake" / victim.path, "flipped")
        with serving(shelf.world()) as hub:
            harvest(hub, copy, depths=DEPTHS)
        assert content(copy, TOLD) == expected


def test_hashes_are_read_once_and_again_after_a_change(many: tuple[Shelf, Path]) -> None:
    data = many[1]
    lake = Lake(Layout(data))
    assert damages(lake) == []
    stamps = lake.layout.verified.read_bytes()
    assert damages(lake) == []
    assert lake.layout.verified.read_bytes() == stamps
    victim = data / "lake" / lake.all_parts()[0].path
    times = victim.stat().st_mtime_ns
    spoil(victim, "flipped")
    assert [one.part.path for one in damages(lake)] == [lake.all_parts()[0].path]
    # A disk that alters a file by itself changes no time: only a full verification finds it.
    os.utime(victim, ns=(times, times))
    assert [one.part.path for one in damages(lake, every_hash=True)] == [lake.all_parts()[0].path]


def test_a_list_without_hashes_is_read(one: tuple[Shelf, Path]) -> None:
    shelf, data = one
    stored = msgspec.json.decode(Layout(data).parts_list.read_bytes())
    for part in stored["parts"]:
        del part["batch"], part["sha256"]
    del stored["losses"]
    stored["rewritten"] = [{"old": ["a"], "new": ["b"]}]
    Layout(data).parts_list.write_bytes(msgspec.json.encode(stored))
    assert verify_command(data, as_json=False)[1]
    with serving(shelf.world()) as hub:
        harvest(hub, data, depths=DEPTHS)


def test_a_purge_keeps_what_was_set_aside(many: tuple[Shelf, Path]) -> None:
    data = many[1]
    kept = data / "lake/damaged/visits-x-part-000001.parquet"
    kept.parent.mkdir()
    kept.write_bytes(b"evidence")
    told: list[str] = []
    purge_command(data, "org/m1", told.append)
    assert kept.read_bytes() == b"evidence"
    assert "damaged files in" in told[0]


def test_a_lost_list_of_parts_can_be_made_again(one: tuple[Shelf, Path]) -> None:
    shelf, data = one
    before = content(data, TOLD)
    spoil(Layout(data).parts_list, "torn")
    with serving(shelf.world()) as hub, pytest.raises(DamagedLake):
        harvest(hub, data)
    assert run("repair", "--accept-loss", "--data", data).returncode == 2
    repaired = run("repair", "--accept-loss", "--yes", "--data", data)
    assert repaired.returncode == 0, repaired.stderr
    assert content(data, TOLD) == before
