"""Publishing with the real client to a Hub on a socket that takes writes, refuses, fails, and is cut off."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.errors import HubUnavailable, TokenRefused, UsageError
from harvester.export.export import export
from harvester.publish import publish as module
from harvester.publish.publish import preview, publish, read_export
from samplehub import FAULTS, Fault, SampleHub, SimulatedWorld
from tests.ask.small_catalogue import harvest_directory
from tests.support import command, environment, run

#: The official client passes a file as `data` to its HTTP library.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>'")
REPO = "org/catalogue"
TOKEN = "hf_" + "w" * 34


def catalogue(root: Path, runs: int) -> Path:
    """A catalogue after some daily runs: the past stays, the newest run adds rows."""
    names = [f"2026010{n}T000000Z" for n in range(1, runs + 1)]
    return harvest_directory(
        root,
        models=[{"hub_id": "aa", "repo_id": "x/a", "gated": "false", "downloads": runs}],
        runs=[{"run_id": name, "selection_id": "1", "listed_at": f"2026-01-0{n}"} for n, name in enumerate(names, 1)],
        selections=[{"selection_id": "1", "flags": '{"all": true}'}],
        observations=[
            {"run_id": name, "hub_id": "aa", "repo_id": "x/a", "gated": "false", "downloads": n}
            for n, name in enumerate(names, 1)
        ],
        changes=[
            {"hub_id": "aa", "kind": "file", "field": "x", "changed_at": f"2026-01-0{n} 00:00:00"}
            for n in range(1, runs + 1)
        ],
    )  # fmt: skip


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The exports of three days."""
    root = tmp_path_factory.mktemp("days")
    for day in (1, 2, 3):
        export(catalogue(root / f"data{day}", day), root / f"day{day}")
    return [root / f"day{day}" for day in (1, 2, 3)]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without their pauses; those of the client are its own."""
    monkeypatch.setattr(module, "wait_exponential_jitter", lambda *_: lambda state: 0)


def serving(*faults: Fault) -> SampleHub:
    return SampleHub(SimulatedWorld(1), quota=None, faults=faults)


@pytest.fixture
def hub() -> Iterator[SampleHub]:
    with serving() as served:
        yield served


def upload(hub: SampleHub, folder: Path, **options: Any) -> module.Plan:
    return publish(folder, REPO, endpoint=hub.url, token=TOKEN, **options)[0]


def stored(hub: SampleHub) -> dict[str, bytes]:
    files = hub.writing.datasets[REPO].files
    return {path: file.content for path, file in files.items() if path != ".gitattributes"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_export_is_published_whole_in_one_commit(hub: SampleHub, days: list[Path]) -> None:
    wanted = upload(hub, days[0])
    assert stored(hub) == contents(days[0])
    assert len(hub.writing.datasets[REPO].commits) == 2
    assert (len(wanted.new), wanted.changed, wanted.unchanged) == (len(contents(days[0])), (), ())


def test_the_next_day_adds_partitions_and_sends_no_unchanged_file(hub: SampleHub, days: list[Path]) -> None:
    for number, folder in enumerate(days):
        before = hub.count(method="PUT")
        wanted = upload(hub, folder)
        assert stored(hub) == contents(folder)
        if number:
            runs = {file.path for file in wanted.new}
            assert runs == {
                f"{table}/run=2026010{number + 1}T000000Z/part-0.parquet" for table in ("changes", "observations")
            }
            assert {"models.parquet", "runs.parquet"} <= {file.path for file in wanted.changed}
            parts = [file.path for file in wanted.unchanged if "/run=" in file.path]
            assert any(path.startswith("observations/") for path in parts)
            sent = [file for file in wanted.uploads if file.path.endswith(".parquet")]
            assert hub.count(method="PUT") - before == len({file.sha256 for file in sent})
    assert len(hub.writing.datasets[REPO].commits) == 4
    upload(hub, days[2])
    assert len(hub.writing.datasets[REPO].commits) == 4


def test_what_the_export_lacks_stays_unless_its_removal_is_requested(hub: SampleHub, days: list[Path]) -> None:
    upload(hub, days[1])
    assert [path.partition("/")[0] for path in upload(hub, days[0]).stale] == ["changes", "observations"]
    assert len(stored(hub)) > len(contents(days[0]))
    upload(hub, days[0], delete=True)
    assert stored(hub) == contents(days[0])


@pytest.mark.parametrize(
    "fault",
    [
        FAULTS["server-error"](path="/commit/", times=2, statuses=(503,)),
        FAULTS["edge-429"](path="/commit/", times=1),
        FAULTS["drop"](path="/commit/", times=1),
        FAULTS["truncate"](path="/commit/", times=1),
        FAULTS["server-error"](path="sample-uploads", times=1, statuses=(500,)),
    ],
    ids=["503", "429", "cut", "answer-cut", "upload-500"],
)  # fmt: skip
def test_a_hub_that_fails_for_a_while_gets_every_file_once(fault: Fault, days: list[Path]) -> None:
    with serving(fault) as hub:
        upload(hub, days[0])
        assert stored(hub) == contents(days[0])
        assert len(hub.writing.datasets[REPO].commits) == 2
        accepted = [served.path for served in hub.log if served.method == "PUT" and served.status == 200]
        assert len(accepted) == len(set(accepted))


def test_a_refused_token_ends_it_without_a_word_of_the_token(days: list[Path]) -> None:
    with serving(FAULTS["reject-token"]()) as hub, pytest.raises(TokenRefused) as refused:
        upload(hub, days[0])
    assert TOKEN not in str(refused.value)
    with serving() as hub, pytest.raises(UsageError, match="needs a token"):
        publish(days[0], REPO, endpoint=hub.url, token=None)


def test_a_hub_that_stays_down_is_named_and_nothing_is_half_there(days: list[Path]) -> None:
    with serving(FAULTS["server-error"](path="/commit/", statuses=(500,))) as hub:
        with pytest.raises(HubUnavailable, match="answered 500; publish again to continue"):
            upload(hub, days[0])
        assert stored(hub) == {}


def test_a_preview_writes_nothing(hub: SampleHub, days: list[Path]) -> None:
    wanted = preview(days[0], REPO, endpoint=hub.url, token=None)
    assert {file.path for file in wanted.new} == contents(days[0]).keys()
    assert hub.writing.datasets == {}
    assert hub.count(method="POST") == hub.count(method="PUT") == 0


def test_a_folder_that_was_changed_is_not_published(days: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not an export"):
        read_export(tmp_path)
    changed = shutil.copytree(days[0], tmp_path / "changed")
    (changed / "models.parquet").write_bytes(b"other")
    with pytest.raises(UsageError, match=r"models\.parquet has another hash"):
        read_export(changed)
    (changed / "secret.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"secret\.txt is missing or was added"):
        read_export(changed)


def test_a_killed_publication_is_continued_by_the_command(days: list[Path]) -> None:
    slow = FAULTS["latency"](path="/commit/", seconds=3)
    with serving(slow) as hub:
        arguments = ("publish", REPO, days[0], "--hub", hub.url)
        child = subprocess.Popen(
            command(*arguments), env=environment(HF_TOKEN=TOKEN), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wanted = len({path for path in contents(days[0]) if path.endswith(".parquet")})
        while not hub.count(method="PUT") and child.poll() is None:
            pass
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        hub.faults = ()
        done = run(*arguments, HF_TOKEN=TOKEN)
        assert (done.returncode, stored(hub)) == (0, contents(days[0]))
        accepted = [served.path for served in hub.log if served.method == "PUT" and served.status == 200]
        assert len(set(accepted)) <= wanted
        assert TOKEN not in done.stdout + done.stderr
        listed = run("publish", REPO, days[0], "--hub", hub.url, "--dry-run", HF_TOKEN=TOKEN)
        assert "0 files new, 0 changed (0 bytes)" in listed.stdout
        assert json.loads((days[0] / "manifest.json").read_text())["format"] == 2


def test_a_dry_run_needs_no_hub_and_a_publication_makes_its_export(tmp_path: Path) -> None:
    data = catalogue(tmp_path / "data", 1)
    offline = run("publish", REPO, "--data", data, "--hub", "http://127.0.0.1:9", "--dry-run")
    assert (offline.returncode, "cannot be reached" in offline.stderr) == (0, True)
    assert "models.parquet" in offline.stdout
    with serving() as hub:
        done = run("publish", REPO, "--data", data, "--hub", hub.url, HF_TOKEN=TOKEN)
        assert done.returncode == 0
        assert "models.parquet" in stored(hub)
    assert sorted(path.name for path in data.iterdir()) == ["catalogue.duckdb", "lake"]
