"""A kill between any two lasting writes loses nothing: what follows is what an undisturbed run leaves."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import harvester
from samplehub import SampleHub, Settings
from tests.support import ABOUT_MODELS, Shelf, config, content, environment, serving

DEPTHS = "files,configs,cards,weights,dates,history"
#: Points of a run at which it is killed, in hundredths of its writes.
PLACES = (0, 30, 60, 80, 97)
TABLES = (*ABOUT_MODELS, "names", "tombstones", "changes", "commits", "file_versions", "lineage", "cards", "weights")
#: What stands for when something was seen, in tables that are compared whole.
TIMES = {"noticed_at", "returned_at", "changed_at"}


class Killer:
    """Runs commands in processes that are killed before a chosen write."""

    def __init__(self, *, objects: bool = False) -> None:
        root = Path(__file__).parents[2]
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.end_to_end.killing", *(["objects"] if objects else [])],
            cwd=root, env=environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def run(self, number: int, *arguments: object) -> tuple[int, int]:
        """The exit status, or minus the signal, and the writes; ``number`` 0 is never killed."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps([number, [str(a) for a in arguments]]), file=self._server.stdin, flush=True)
        status, writes = json.loads(self._server.stdout.readline())
        return status, writes

    def close(self) -> None:
        self._server.communicate(timeout=30)


def before(root: Path) -> Shelf:
    """Models with a past, components, an adapter and shared contents."""
    shelf = Shelf(root)
    for n in range(7):
        header = json.dumps(
            {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "__metadata__": {"n": str(n)}}
        )
        weights = len(header).to_bytes(8, "little") + header.encode() + b"\0" * 4
        files = {
            "config.json": config(64 + n),
            "generation_config.json": {"max_length": 20},
            "README.md": "# A model\n",
        }
        shelf.put(f"org/m{n}", {**files, "model.safetensors": weights}, downloads=100 - n)
    index = {"_class_name": "Pipe", "unet": ["diffusers", "UNet2DConditionModel"]}
    for size in (1, 2):
        files = {"model_index.json": index, "unet/config.json": {"sample_size": size}}
        shelf.put("org/pipe", files, revision=str(size))
    return shelf


def after(shelf: Shelf) -> Shelf:
    """A day later: a change, a deletion, a rename, a name created again."""
    shelf.put("org/m0", {"config.json": config(7), "README.md": "# Changed\n"}, downloads=3)
    shelf.remove("org/m1")
    shelf.rename("org/m2", "other/m2")
    shelf.remove("org/m3")
    shelf._said.pop("org/m3")
    shelf.put("org/m3", {"config.json": config(9)}, hub_id="64ff0000" + "0" * 16)
    index = {"_class_name": "Pipe", "unet": ["diffusers", "UNet2DConditionModel"]}
    shelf.put("org/pipe", {"model_index.json": index, "unet/config.json": {"sample_size": 3}}, revision="3")
    return shelf


def told(data: Path) -> dict[str, Counter[str]]:
    """What the catalogue says, whenever it was noticed."""
    found = content(data, [table for table in TABLES if table not in ("changes", "tombstones")])
    with closing(harvester.connect(data)) as con:
        for table in ("changes", "tombstones"):
            cursor = con.execute(f'SELECT * EXCLUDE ({", ".join(TIMES & columns(data, table))}) FROM "{table}"')
            keep = [n for n, column in enumerate(cursor.description or []) if column[0] != "last_seen"]
            found[table] = Counter(repr([row[n] for n in keep]) for row in cursor.fetchall())
        for table in ("fetches", "runs"):
            per = "repo_id, item, path, outcome" if table == "fetches" else "status, listed, complete_listing"
            found[table] = Counter(map(repr, con.execute(f"SELECT DISTINCT {per} FROM {table}").fetchall()))
    return found


def columns(data: Path, table: str) -> set[str]:
    with closing(harvester.connect(data)) as con:
        return {row[0] for row in con.execute(f'SELECT * FROM "{table}" LIMIT 0').description or []}


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    made = Killer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleHub]:
    shelf = before(tmp_path_factory.mktemp("kills") / "hub")
    with serving(shelf.world(), settings=Settings(listing_cap=3)) as served:
        yield served


def arguments(hub: SampleHub, data: Path) -> tuple[object, ...]:
    return ("harvest", "--hub", hub.url, "--data", data, "--all", "--with", DEPTHS, "--workers", 3)


@pytest.fixture(scope="module")
def first_run(hub: SampleHub, killer: Killer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where yesterday was harvested; the Hub has moved on since."""
    data = tmp_path_factory.mktemp("first") / "data"
    assert killer.run(0, *arguments(hub, data))[0] == 0
    shelf = before(tmp_path_factory.mktemp("kills2") / "hub")
    hub.world = after(shelf).world()
    return data


@pytest.fixture(scope="module")
def undisturbed(hub: SampleHub, killer: Killer, first_run: Path) -> tuple[Path, int, dict[str, Counter[str]]]:
    """Two runs that nobody disturbed, the writes of the second, and what they tell."""
    data = Path(shutil.copytree(first_run, first_run.parent / "undisturbed"))
    status, writes = killer.run(0, *arguments(hub, data))
    assert status == 0
    assert writes > 30
    return data, writes, told(data)


@pytest.mark.parametrize("place", PLACES)
def test_a_run_killed_at_any_write_is_continued_to_the_same_end(
    hub: SampleHub, killer: Killer, first_run: Path, undisturbed: tuple[Path, int, dict[str, Counter[str]]],
    tmp_path: Path, place: int,
) -> None:  # fmt: skip
    data = Path(shutil.copytree(first_run, tmp_path / "data"))
    number = 1 + place * undisturbed[1] // 100
    assert killer.run(number, *arguments(hub, data))[0] == -9
    assert killer.run(0, *arguments(hub, data))[0] == 0
    assert told(data) == undisturbed[2]
