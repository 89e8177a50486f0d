"""Killed, interrupted, or in each other's way: nothing is lost, nothing is doubled, nothing is asked for twice."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harvester.crawl.lock import HarvestLock
from harvester.lake.layout import Layout
from samplehub import SampleHub, Settings
from tests.support import (
    Shelf,
    asked,
    catalogue,
    command,
    content,
    environment,
    harvest,
    mapping,
    rows,
    run,
    serving,
    small_shelf,
)

from .pausing import Pause

MODELS = 6
#: Requests in flight at most.
WORKERS = 2


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return small_shelf(tmp_path_factory.mktemp("hub"), MODELS)


@pytest.fixture(scope="module")
def undisturbed(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("undisturbed") / "data"
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    return catalogue(data)


@contextmanager
def harvesting(hub: SampleHub, data: Path, *more: object) -> Iterator[subprocess.Popen[str]]:
    """`harvester harvest` in a process of its own."""
    arguments = command("harvest", "--hub", hub.url, "--data", data, "--all", "--workers", WORKERS, *more)
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def repeats(hub: SampleHub) -> dict[str, int]:
    """Paths that were answered more than once, the listing left out."""
    return {path: times for path, times in asked(hub).items() if times > 1 and path != "/api/models"}


@pytest.mark.parametrize(("path", "after"), [("/revision/", 3), ("resolve-cache", 4)])
def test_a_killed_harvest_goes_on_where_it_was(
    shelf: Shelf, undisturbed: Path, tmp_path: Path, path: str, after: int
) -> None:
    pause = Pause(path=path, after=after)
    with serving(shelf.world(), faults=[pause]) as hub:
        with harvesting(hub, tmp_path / "data") as process:
            assert pause.reached.wait(30)
            process.send_signal(signal.SIGKILL)
            assert process.wait(30) == -signal.SIGKILL
        pause.let_go()
        again = run("harvest", "--hub", hub.url, "--data", tmp_path / "data", "--all")
        assert again.returncode == 0, again.stderr
        assert "resuming run" in again.stderr
        # Only what was in flight is asked for again; the listing is not.
        assert sum(repeats(hub).values()) - len(repeats(hub)) <= WORKERS
        assert asked(hub)["/api/models"] == 1
    assert content(tmp_path / "data") == content(undisturbed)
    assert len(rows(tmp_path / "data", "SELECT * FROM runs")) == 1
    told = "SELECT item, outcome, count(*) FROM fetches GROUP BY ALL ORDER BY ALL"
    assert rows(tmp_path / "data", told) == rows(undisturbed, told)


def test_a_harvest_killed_inside_its_listing_goes_on_at_its_cursor(
    shelf: Shelf, undisturbed: Path, tmp_path: Path
) -> None:
    pause = Pause(path="cursor=", after=1)
    with serving(shelf.world(), faults=[pause], settings=Settings(listing_cap=2)) as hub:
        with harvesting(hub, tmp_path / "data") as process:
            assert pause.reached.wait(30)
            process.send_signal(signal.SIGKILL)
            process.wait(30)
        pause.let_go()
        harvest(hub, tmp_path / "data")
        pages = [served.query for served in hub.log if served.path == "/api/models"]
        assert len(pages) - len(set(pages)) == 1
        assert repeats(hub) == {}
    assert content(tmp_path / "data") == content(undisturbed)


def test_an_interrupted_harvest_ends_what_is_in_flight_and_says_how_to_go_on(
    shelf: Shelf, undisturbed: Path, tmp_path: Path
) -> None:
    pause = Pause(path="/revision/", after=2)
    with serving(shelf.world(), faults=[pause]) as hub:
        with harvesting(hub, tmp_path / "data") as process:
            assert pause.reached.wait(30)
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            lines = iter(process.stderr.readline, "")
            assert any("stopping after the requests in flight" in line for line in lines)
            pause.let_go()
            assert any("resumes with the same command" in line for line in lines)
            assert process.wait(30) == 130
        again = run("harvest", "--hub", hub.url, "--data", tmp_path / "data", "--all")
        assert again.returncode == 0
        assert repeats(hub) == {}
    assert content(tmp_path / "data") == content(undisturbed)


def test_a_second_harvest_into_the_same_folder_is_refused_with_the_pid_of_the_first(
    shelf: Shelf, tmp_path: Path
) -> None:
    with serving(shelf.world()) as hub, HarvestLock(Layout(tmp_path / "data").lock):
        second = run("harvest", "--hub", hub.url, "--data", tmp_path / "data", "--all")
        assert second.returncode == 2
        assert f"pid {os.getpid()}" in second.stderr
        assert len(second.stderr.strip().splitlines()) == 1
        assert hub.log == []


def test_what_waits_is_published_while_a_run_goes_on(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for n in range(8):
        filler = "x" * 900_000
        shelf.put(f"org/m{n}", {"config.json": {"model_type": "bert", "filler": f"{n}{filler}"}})
    pause = Pause(path="resolve-cache", after=7)
    with serving(shelf.world(), faults=[pause]) as hub, harvesting(hub, tmp_path / "data", "--with", "configs"):
        assert pause.reached.wait(30)
        parts = tmp_path / "data/lake/documents"
        seen = any(list(parts.glob("run=*/part-*.parquet")) or pause.released.wait(0.1) for _ in range(100))
        pause.let_go()
    assert seen


def test_a_torn_part_is_set_aside_and_what_it_held_is_requested_again(
    shelf: Shelf, undisturbed: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        before = len(hub.log)
        (part,) = (data / "lake/refs").glob("run=*/*.parquet")
        part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
        (data / "lake/refs/run=x").mkdir()
        (data / "lake/refs/run=x/part-left-by-a-kill.parquet").write_bytes(b"PAR1")
        result = harvest(hub, data)
        assert result.status == "done"
        assert len(hub.log) - before > 1
    assert len(list((data / "lake/damaged").iterdir())) > 0
    assert not (data / "lake/refs/run=x/part-left-by-a-kill.parquet").exists()
    assert content(data, ["models", "configs", "config_fields", "files"]) == content(
        undisturbed, ["models", "configs", "config_fields", "files"]
    )


@pytest.mark.parametrize("lost", [True, False])
def test_losing_the_journal_loses_no_published_row(shelf: Shelf, undisturbed: Path, tmp_path: Path, lost: bool) -> None:
    data = tmp_path / "data"
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        before = len(hub.log)
        for path in data.glob("journal.sqlite*"):
            if lost:
                path.unlink()
            else:
                path.write_bytes(b"torn" * 1_000)
        harvest(hub, data)
        assert len(hub.log) - before == 1
        # What is known is read from the lake again: a copy costs no document.
        shelf_again = small_shelf(tmp_path / "again", MODELS + 1)
        shelf_again.put("org/copy", {"config.json": (tmp_path / "again/org/m0/config.json").read_bytes()})
        hub.world = shelf_again.world()
        harvest(hub, data)
        assert hub.count(path="org/copy") == 1
    assert mapping(data, "SELECT repo_id, hidden_size FROM models WHERE repo_id IN ('org/m0', 'org/copy')") == {
        "org/m0": 64, "org/copy": 64,
    }  # fmt: skip


#: Runs the command; when the catalogue is built, says so and waits inside DuckDB for a signal.
BUILDING = """
import sys, harvester.catalogue.build as building
plain = building.scripts
def slow():
    print("building", file=sys.stderr, flush=True)
    return [("slow", "CREATE TABLE slow AS SELECT sum(a.range * b.range) FROM range(3000000) a, range(3000000) b")]
building.scripts = slow
from harvester.cli import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_build_that_is_interrupted_ends_and_leaves_the_old_catalogue(
    shelf: Shelf, undisturbed: Path, tmp_path: Path, number: signal.Signals
) -> None:
    data = shutil.copytree(undisturbed, tmp_path / "data")
    before = (data / "catalogue.duckdb").read_bytes()
    with serving(shelf.world()) as hub:
        arguments = [sys.executable, "-c", BUILDING, "harvest", "--hub", hub.url, "--data", str(data), "--all"]
        with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=environment()) as process:
            assert process.stderr is not None
            assert any("building" in line for line in process.stderr)
            process.send_signal(number)
            told = process.stderr.read()
            assert process.wait(30) == 130, told
    assert "Traceback" not in told
    assert (data / "catalogue.duckdb").read_bytes() == before
    assert list((data / "tmp").glob("*.duckdb*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_closes_ends_a_run_like_ctrl_c(shelf: Shelf, tmp_path: Path, number: signal.Signals) -> None:
    pause = Pause(path="/revision/", after=2)
    with serving(shelf.world(), faults=[pause]) as hub, harvesting(hub, tmp_path / "data") as process:
        assert pause.reached.wait(30)
        process.send_signal(number)
        assert process.stderr is not None
        assert any("stopping after the requests in flight" in line for line in process.stderr)
        pause.let_go()
        assert process.wait(30) == 130


def test_a_notebook_that_is_stopped_sends_nothing_more(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 20)
    pause = Pause(path="/revision/", after=3)
    stop = """
import sys, harvester
try:
    harvester.harvest(hub=sys.argv[1], data=sys.argv[2], all=True, workers=2)
except KeyboardInterrupt:
    import threading
    print("stopped", [t.name for t in threading.enumerate() if t is not threading.main_thread()], flush=True)
    sys.stdin.read()
"""
    with serving(shelf.world(), faults=[pause]) as hub:
        arguments = [sys.executable, "-c", stop, hub.url, str(tmp_path / "data")]
        with subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        ) as process:
            assert pause.reached.wait(30)
            process.send_signal(signal.SIGINT)
            pause.let_go()
            assert process.stdout is not None
            assert process.stdout.readline() == "stopped []\n"
            sent = len(hub.log)
            process.communicate("")
            assert len(hub.log) == sent
        assert run("harvest", "--hub", hub.url, "--data", tmp_path / "data", "--all").returncode == 0


@pytest.mark.parametrize("command_", [("queries",), ("--help",), ("query", "license_mix")])
def test_a_standard_output_that_takes_nothing_is_one_line(undisturbed: Path, command_: tuple[str, ...]) -> None:
    more = ("--data", undisturbed) if command_[0] == "query" else ()
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(*command_, *more), stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), timeout=60
        )
    assert (done.returncode, done.stderr) == (2, "harvester: cannot write to stdout: No space left on device\n")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *command(*command_, *more)], stderr=subprocess.PIPE, text=True,
        env=environment(), timeout=60,
    )  # fmt: skip
    assert closed.returncode == 2
    assert closed.stderr.startswith("harvester: standard output is closed")
    assert len(closed.stderr.splitlines()) == 1
