"""`--with history`: both ways give the same history, a day later only what is new, and no change twice."""

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harvester.crawl.depths import steps_of
from harvester.crawl.planned import PlannedModel
from harvester.crawl.steps.files import Files
from harvester.crawl.visit_state import Visit
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from harvester.lake.purge import purge
from harvester.outcome import Outcome
from samplehub import SampleHub, SimulatedWorld
from samplehub.faults import GitRefused, WrongBytes
from tests.support import AMPLE, Shelf, config, harvest, one, rows, serving

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
DEPTHS = ("files", "configs", "history")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 300\n"


def in_lake(data: Path, query: str) -> Counter[str]:
    with connection(Lake(Layout(data))) as con:
        return Counter(map(repr, con.execute(query).fetchall()))


def of_git(hub: SampleHub, start: int = 0) -> int:
    return sum("git-upload-pack" in f"{s.path}{s.query}" for s in hub.log[start:])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A simulated ecosystem after six days, read both ways; none of its repositories is disabled."""
    world = SimulatedWorld(80, seed=2, day=6)
    found = {}
    for way in ("git", "api"):
        found[way] = tmp_path_factory.mktemp(way)
        with serving(world) as hub:
            done = harvest(hub, found[way], depths=DEPTHS, history_by=way)
            assert (done.status, done.record["failed"], done.record["rate_limited"]) == ("done", 0, 0)
            readable = one(found[way], "SELECT count(*) FROM fetches WHERE item = 'history' AND outcome = 'ok'")[0]
            refused = one(found[way], "SELECT sum(attempts) FROM fetches WHERE item = 'history' AND outcome <> 'ok'")[0]
            assert readable > 60
            if way == "git":
                assert of_git(hub) == readable + (refused or 0)
    return found


@pytest.mark.parametrize(
    "query",
    [
        "SELECT hub_id, number, commit, title, message, authors, committed_at, on_main FROM lake_commits",
        "SELECT hub_id, number, path, present, size, oid, sha256, role, format FROM lake_file_versions",
        "SELECT oid, size FROM lake_documents",
    ],
)
def test_git_and_the_api_give_the_same_rows(both: dict[str, Path], query: str) -> None:
    disabled = "" if "hub_id" not in query else (
        " WHERE hub_id NOT IN (SELECT hub_id FROM lake_fetches WHERE outcome = 'disabled')"
    )  # fmt: skip
    reported = [in_lake(both[way], query + disabled) for way in ("git", "api")]
    assert reported[0] == reported[1]
    assert len(reported[0]) > 60


def test_the_history_is_what_the_world_was(both: dict[str, Path]) -> None:
    world = SimulatedWorld(80, seed=2, day=6)
    for (hub_id,) in rows(both["git"], "SELECT DISTINCT hub_id FROM commits ORDER BY hub_id LIMIT 25"):
        repo = world.by_hub_id(hub_id)
        assert repo is not None
        listed = rows(both["git"], "SELECT commit FROM commits WHERE hub_id = ? ORDER BY position", hub_id)
        assert [commit for (commit,) in listed] == [commit.oid for commit in repo.commits]
        past = repo.commits[len(repo.commits) // 2]
        reported = rows(both["git"], "SELECT path, oid, sha256 FROM files_at(?, ?)", hub_id, past.oid)
        assert {(p, s or o) for p, o, s in reported} == {(f.path, f.sha256 or f.oid) for f in past.tree.files.values()}


def test_commits_make_the_changes_once_however_often_it_was_harvested(both: dict[str, Path], tmp_path: Path) -> None:
    """Harvested day by day, with and without the history, and once at the end: the same changes."""
    with SampleHub(SimulatedWorld(80, seed=2), quota=AMPLE) as hub:
        for day, depths in ((0, ("files", "configs")), (2, DEPTHS), (4, ("files", "configs")), (6, DEPTHS)):
            hub.move_to(day)
            harvest(hub, tmp_path, depths=depths)
    reported = "SELECT hub_id, to_sha, kind, path, field, change, old, new, noise, source FROM changes "
    known = "WHERE kind IN ('config', 'label', 'file') AND hub_id IN (SELECT hub_id FROM commits)"
    daily, at_once = (Counter(rows(data, reported + known)) for data in (tmp_path, both["git"]))
    assert daily == at_once
    assert {row[-1] for row in daily} == {"git"}
    twice = (
        "SELECT hub_id, field FROM changes WHERE kind IN ('license', 'lineage', 'card') GROUP BY ALL HAVING count(*) > "
    )
    events = one(
        tmp_path, "SELECT max(n) FROM (SELECT count(*) AS n FROM changes WHERE kind = 'license' GROUP BY hub_id)"
    )
    assert rows(tmp_path, f"{twice} {max(events[0], 3)}") == []


@pytest.mark.parametrize("way", ["git", "api"])
def test_a_day_later_only_new_commits_are_written(way: str, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for name in ("org/still", "org/moves"):
        shelf.put(name, {"config.json": config(32)}, revision="1")
        shelf.put(name, {"config.json": config(64), "a.txt": "a"}, revision="2")
        shelf.put(name, {"config.json": config(64)}, revision="3")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=DEPTHS, history_by=way)
    shelf.put("org/moves", {"config.json": config(128)}, revision="4")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=DEPTHS, history_by=way)
        requested = [s.path for s in hub.log if s.path != "/api/models"]
    # The manifest; then one pack, the new config in it, or the commits, the tree before the new one, and the config.
    assert len(requested) == (2 if way == "git" else 4)
    assert rows(tmp_path / "d", "SELECT repo_id, count(*), max(position) FROM commits GROUP BY ALL ORDER BY ALL") == [
        ("org/moves", 4, 3),
        ("org/still", 3, 2),
    ]
    assert len(in_lake(tmp_path / "d", "SELECT hub_id, number FROM lake_commits")) == 7
    sizes = "SELECT old, new FROM changes WHERE field = 'hidden_size' AND repo_id = 'org/moves' ORDER BY changed_at"
    assert rows(tmp_path / "d", sizes) == [("32", "64"), ("64", "128")]


@pytest.mark.parametrize("way", ["git", "api"])
def test_where_main_was_rewritten_only_the_new_line_counts(way: str, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"config.json": config(32)}, revision="1")
    shelf.put("org/m", {"config.json": config(64)})
    for first, last in ((32, 64), (64, 96)):
        shelf.put("org/m", {"config.json": config(first), "a.txt": "a"}, revision="1")
        shelf.put("org/m", {"config.json": config(last), "a.txt": f"{last}"})
        with serving(shelf.world()) as hub:
            harvest(hub, tmp_path / "d", depths=DEPTHS, history_by=way)
    reported = rows(tmp_path / "d", "SELECT kind, path, old, new FROM changes WHERE kind = 'config'")
    assert reported == [("config", "config.json", "64", "96")]
    assert one(tmp_path / "d", "SELECT count(*) FROM changes WHERE path = 'config.json' AND kind = 'file'") == (1,)
    assert one(tmp_path / "d", "SELECT count(*), max(position) FROM commits") == (2, 1)
    assert one(tmp_path / "d", "SELECT commit FROM commits WHERE position = 0") == (shelf.sha("org/m"),)


def test_large_and_pointed_documents_are_fetched_once_each(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    large = {"chat_template": "x" * 90_000, "model_max_length": 1}
    shelf.put("org/m", {"tokenizer_config.json": large, "config.json": POINTER}, revision="1")
    shelf.put("org/m", {"tokenizer_config.json": large | {"model_max_length": 2}, "config.json": config(64)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=DEPTHS)
        documents = [s.path for s in hub.log if "resolve-cache" in s.path]
    assert len(documents) == len(set(documents)) == 3
    assert rows(tmp_path / "d", "SELECT field, old, new FROM changes WHERE kind = 'config'") == [
        ("model_max_length", "1", "2")
    ]
    assert one(tmp_path / "d", "SELECT outcome, attempts FROM fetches WHERE item = 'history'") == ("ok", 5)


def test_without_files_the_api_follows_documents_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for number in range(12):
        shelf.put("org/m", {"config.json": config(32 + number // 4), "step.txt": str(number)}, revision=f"{number}")
    shelf.put("org/m", {"config.json": config(99), "step.txt": "end"})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("configs", "history"), history_by="api")
        requested = Counter(s.path.split("/")[5] for s in hub.log if s.path.startswith("/api/models/org/m/"))
    assert requested == {"commits": 1, "paths-info": 4}
    assert rows(tmp_path / "d", "SELECT old, new, source FROM changes ORDER BY changed_at") == [
        ("32", "33", "git"), ("33", "34", "git"), ("34", "99", "git"),
    ]  # fmt: skip


def test_a_version_that_fails_is_requested_again_and_all_else_is_known(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"tokenizer_config.json": {"chat_template": "x" * 90_000}, "a.txt": "a"}, revision="1")
    shelf.put("org/m", {"config.json": config(64)})
    with serving(shelf.world(), faults=[WrongBytes(path="tokenizer_config")]) as hub:
        assert harvest(hub, tmp_path / "d", depths=DEPTHS).record["failed"] == 1
    outcome, error = one(tmp_path / "d", "SELECT outcome, error FROM fetches WHERE item = 'history'")
    assert outcome == "mismatch"
    assert error.startswith("tokenizer_config.json at ")
    assert rows(tmp_path / "d", "SELECT commit FROM commits") == []
    with serving(shelf.world()) as hub:
        assert harvest(hub, tmp_path / "d", depths=DEPTHS).record["failed"] == 0
        assert len([s for s in hub.log if s.path != "/api/models"]) == 2
    assert one(tmp_path / "d", "SELECT count(*) FROM commits") == (2,)


def test_a_history_that_was_read_for_documents_alone_is_read_whole_when_files_are_requested(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"config.json": config(32), "a.txt": "a"}, revision="1")
    shelf.put("org/m", {"config.json": config(64), "a.txt": "b"}, revision="2")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("configs", "history"), history_by="api")
    assert rows(tmp_path / "d", "SELECT path FROM changes WHERE kind = 'file'") == []
    shelf.put("org/m", {"config.json": config(64), "a.txt": "c"}, revision="3")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=DEPTHS, history_by="api")
    reported = rows(tmp_path / "d", "SELECT path FROM changes WHERE kind = 'file' ORDER BY ALL")
    assert reported == [("a.txt",), ("a.txt",), ("config.json",)]
    assert one(tmp_path / "d", "SELECT count(*) FROM changes WHERE kind = 'config'") == (1,)


def test_a_history_read_at_a_commit_that_is_gone_is_read_again_at_the_new_one() -> None:
    planned = PlannedModel("a" * 24, "org/m", "b" * 40, "org/m", (), frozenset({"history", "weights"}))
    history, weights = steps_of(["weights", "history"])
    visit = Visit(planned, "org/m", planned.sha, (), None, Files(), (history, weights), [history, weights])
    history.reading(visit).outcomes[""] = Outcome.OK
    visit.done(history)
    visit.move()
    assert (visit.left, history.state(visit)) == ([history, weights], None)


@pytest.mark.parametrize("status", [403, 404, 401, None])
def test_a_gate_ends_it_and_a_refusal_of_git_does_not(status: int | None, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for number in range(6):
        shelf.put(f"org/m{number}", {"config.json": config(32 + number)}, gated="auto" if number == 0 else False)
    with serving(shelf.world(), faults=[GitRefused(status=status)] if status else []) as hub:
        done = harvest(hub, tmp_path / "d", depths=DEPTHS, workers=1)
        assert done.record["failed"] == 0
        # A few refusals, the API answering, and git is not used any more.
        assert of_git(hub) <= 6
    reported = dict(rows(tmp_path / "d", "SELECT outcome, count(*) FROM fetches WHERE item = 'history' GROUP BY ALL"))
    assert reported == {"ok": 5, "gated": 1}
    sources = dict(in_lake(tmp_path / "d", "SELECT source FROM lake_histories"))
    assert sources == {"('api',)" if status else "('git',)": 5}
    assert rows(tmp_path / "d", "SELECT state FROM base.unread WHERE scope = 'history'") == [("gated",)]


def test_a_purge_removes_the_history_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for name, size in (("org/kept", 32), ("org/purged", 48)):
        shelf.put(name, {"config.json": config(size), "README.md": f"# {name}\n"}, revision="1")
        shelf.put(name, {"config.json": config(64)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=DEPTHS)
    purge(Lake(Layout(tmp_path / "d")), "org/purged", by_author=False)
    for table in ("commits", "file_versions", "histories"):
        assert len(in_lake(tmp_path / "d", f"SELECT DISTINCT hub_id FROM lake_{table}")) == 1
    left = in_lake(tmp_path / "d", "SELECT decode(bytes) FROM lake_documents")
    assert len(left) == 3
    assert not any("48" in text or "purged" in text for text in left)


def test_no_address_reaches_the_lake(both: dict[str, Path]) -> None:
    def holds(value: Any) -> bool:
        return "@" in json.dumps(value, default=str)

    reported = rows(both["git"], "SELECT title, message, authors FROM commits")
    assert reported
    assert not any(map(holds, reported))
