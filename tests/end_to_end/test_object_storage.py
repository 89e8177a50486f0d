"""A harvest whose lake is in an object store: what a user does, who else reads it, and a second writer or a kill."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

import harvester
from harvester.commands.build import build_command
from harvester.lake.layout import Layout, data_directory
from harvester.lake.parts import Lake
from harvester.lake.store import Conflict
from samplehub import SampleHub
from tests.bucket import DONE, Bucket, bucket
from tests.end_to_end.test_kills import Killer
from tests.support import Shelf, content, environment, harvest, rows, run, serving, small_shelf

PAGE = (Path(__file__).parents[2] / "docs/how-to/object-storage.md").read_text(encoding="utf-8")
#: Points of a run at which it is killed, in hundredths of its object writes.
PLACES = (0, 10, 35, 60, 97)
TABLES = ("models", "files", "documents", "configs", "config_fields", "selections")


@pytest.fixture(scope="module")
def s3() -> Iterator[Bucket]:
    with bucket() as served:
        yield served


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return small_shelf(tmp_path_factory.mktemp("hub"), 3)


@pytest.fixture(scope="module")
def hub(shelf: Shelf) -> Iterator[SampleHub]:
    with serving(shelf.world()) as hub:
        yield hub


@pytest.fixture(scope="module")
def expected(hub: SampleHub, tmp_path_factory: pytest.TempPathFactory) -> object:
    """What a harvest into a directory leaves."""
    data = tmp_path_factory.mktemp("local") / "data"
    harvest(hub, data)
    return content(data, TABLES)


def lake_of(data: Path) -> set[str]:
    return {part.path for part in Lake(Layout(data)).all_parts()}


@pytest.fixture(scope="module")
def census(s3: Bucket, hub: SampleHub, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lake that the command line made, with its catalogue."""
    folder = tmp_path_factory.mktemp("census")
    done = run(
        "harvest", "--hub", hub.url, "--all", "--data", "s3://lake/census", "--publish-catalogue", cwd=folder,
        **s3.variables,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "published: s3://lake/census/catalogue.duckdb" in done.stderr
    assert (folder / "data/s3-lake-census/journal.sqlite").exists()
    return "s3://lake/census"


def test_another_host_asks_the_published_catalogue_and_builds_its_own(
    census: str, hub: SampleHub, expected: object, tmp_path: Path
) -> None:
    work = data_directory(census, tmp_path / "work")
    assert harvester.connect(work).execute("SELECT count(*) FROM models").fetchall() == [(3,)]
    assert not (work / "lake/facts").exists()
    build_command(work, reextract=False, memory_mb=None, say=print)
    assert content(work, TABLES) == expected
    # It goes on where the first one ended: nothing has changed.
    assert harvest(hub, work).requests_api == 1


def test_every_command_takes_the_url(
    census: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    from harvester.cli import main

    for arguments in (
        ["build", "--publish-catalogue"], ["status", "--verify"], ["status"], ["query", "license_mix"],
        ["show", "org/m0"], ["find"], ["compact"], ["repair"], ["export", "--output", "out"],
        ["purge", "org/m2", "--yes"], ["sql", "SELECT repo_id FROM models ORDER BY 1", "--format", "csv"],
    ):  # fmt: skip
        monkeypatch.setattr(sys, "argv", ["harvester", *arguments, "--data", census, "--work", "work"])
        with pytest.raises(SystemExit) as ended:
            sys.exit(main())
        assert not ended.value.code, arguments
    assert capsys.readouterr().out.endswith("repo_id\norg/m0\norg/m1\n")
    assert {path.name for path in tmp_path.iterdir()} == {"work", "out"}
    assert harvester.connect(data_directory(census, "work")).execute("SELECT count(*) FROM models").fetchall() == [(2,)]


@pytest.mark.parametrize("library", ["polars", "duckdb", "pyspark", "daft"])
def test_a_reader_needs_no_harvester(library: str, census: str, s3: Bucket, tmp_path: Path) -> None:
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (code,) = [block for block in blocks if library in block.partition("url")[0]]
    code = code.replace("s3://bucket/census", census)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(**s3.variables), capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    if library == "duckdb" and "httpfs" in done.stderr:
        pytest.skip("DuckDB's extension httpfs cannot be downloaded here")
    if library == "pyspark" and done.returncode:
        pytest.skip("Spark has no hadoop-aws here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("2", "3")


def test_of_two_harvests_of_one_prefix_one_publishes_and_the_other_resumes(
    s3: Bucket, hub: SampleHub, expected: object, tmp_path: Path
) -> None:
    mine, others = (data_directory("s3://lake/two", tmp_path / name) for name in ("mine", "others"))
    finished: list[str] = []

    def rule(method: str, path: str) -> str:
        # Between the upload of my first batch and its publication, another host does all its work.
        if method == "PUT" and path.endswith("/parts.json") and any("/listing/" in path for path in s3.writes()):
            s3.rule = lambda method, path: DONE
            other = Thread(target=lambda: finished.append(harvest(hub, others).status))
            other.start()
            other.join()
        return DONE

    s3.requests.clear()
    s3.rule = rule
    with pytest.raises(Conflict, match="run the same command again"):
        harvest(hub, mine)
    assert finished == ["done"]
    assert content(others, TABLES) == expected
    assert harvest(hub, mine).status == "done"
    assert content(mine, TABLES) == expected
    assert len(rows(mine, "SELECT DISTINCT run_id FROM runs")) == 3


def test_a_kill_between_two_object_writes_loses_nothing_and_doubles_nothing(
    s3: Bucket, hub: SampleHub, expected: object, tmp_path: Path
) -> None:
    killer = Killer(objects=True)

    def ran(name: str, number: int) -> tuple[int, int]:
        return killer.run(
            number, "harvest", "--hub", hub.url, "--all", "--quiet", "--data", f"s3://lake/{name}", "--work",
            tmp_path / name,
        )  # fmt: skip

    try:
        status, writes = ran("whole", 0)
        assert status == 0
        assert writes > 20
        for place in PLACES:
            name = f"killed-{place}"
            assert ran(name, 1 + place * (writes - 1) // 100)[0] == -9
            assert ran(name, 0)[0] == 0
            work = data_directory(f"s3://lake/{name}", tmp_path / name)
            assert content(work, TABLES) == expected, place
            # The store holds what is listed and nothing else.
            assert {f"lake/{path}" for path in lake_of(work)} == set(Lake(Layout(work)).store.sizes() or ())
    finally:
        killer.close()
