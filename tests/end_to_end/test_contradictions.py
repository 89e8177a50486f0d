"""A Hub that contradicts itself: files that it does not report, names that it does not serve, and what heals."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from samplehub import FAULTS
from samplehub.messages import Reply, Request, json_reply
from samplehub.misbehaviour import Fault
from tests.support import Shelf, asked, harvest, ids, mapping, rows, serving, small_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return small_shelf(tmp_path / "shelf", 4)


def files(data: Path) -> dict[str, int]:
    return mapping(data, "SELECT repo_id, count(*) FROM files WHERE size IS NOT NULL GROUP BY repo_id")


EVERY = {f"org/m{n}": 4 for n in range(4)}


@pytest.mark.parametrize("name", ["empty-siblings", "ignored-blobs", "truncated-siblings"])
@pytest.mark.parametrize("depths", [("files", "configs"), ("files",)])
def test_no_model_is_without_its_files(shelf: Shelf, tmp_path: Path, name: str, depths: Sequence[str]) -> None:
    with serving(shelf.world(), faults=[FAULTS[name]()]) as hub:
        done = harvest(hub, tmp_path / "d", depths=tuple(depths))
        before = len(hub.log)
        harvest(hub, tmp_path / "d", depths=tuple(depths))
        assert len(hub.log) == before + 1
    assert (done.status, done.record["failed"]) == ("done", 0)
    assert files(tmp_path / "d") == EVERY


def test_configs_alone_are_read_where_a_listing_names_no_files(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["empty-siblings"]()]) as hub:
        harvest(hub, tmp_path / "d", depths=("configs",))
        before = len(hub.log)
        harvest(hub, tmp_path / "d", depths=("configs",))
        assert len(hub.log) == before + 1
    found = rows(tmp_path / "d", "SELECT count(*) FROM configs WHERE status = 'ok' AND path = 'config.json'")
    assert found == [(4,)]


def test_an_id_file_gets_the_files_too(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["empty-siblings"]()]) as hub:
        harvest(hub, tmp_path / "d", ids(*EVERY))
    assert files(tmp_path / "d") == EVERY


def test_a_repository_that_is_truly_empty_is_complete_after_one_look_at_its_tree(shelf: Shelf, tmp_path: Path) -> None:
    shelf.put("org/empty", {})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d")
        assert sum(n for path, n in asked(hub).items() if "org/empty" in path) == 2
        before = len(hub.log)
        harvest(hub, tmp_path / "d")
        assert len(hub.log) == before + 1
    found = rows(tmp_path / "d", "SELECT file_count, manifest_sha = sha FROM models WHERE repo_id = 'org/empty'")
    assert found == [(0, True)]


@dataclass(kw_only=True)
class EmptyTrees(Fault):
    """Every tree is an empty list."""

    def concerns(self, request: Request) -> bool:
        return "/tree/" in request.path

    def instead(self, request: Request) -> Reply:
        return json_reply([])


def test_an_empty_tree_is_not_believed_where_files_were_named(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["ignored-blobs"](), EmptyTrees()]) as hub:
        harvest(hub, tmp_path / "d", depths=("files",))
    assert rows(tmp_path / "d", "SELECT DISTINCT outcome FROM fetches WHERE item = 'manifest'") == [("mismatch",)]
    with serving(shelf.world()) as hub:
        harvest(hub.url, tmp_path / "d", depths=("files",))
    assert files(tmp_path / "d") == EVERY


def believing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an earlier version did: what `siblings` say is the whole manifest, an empty list is no files."""
    monkeypatch.setattr("harvester.hub.endpoints.contradicts_itself", lambda files: False)


@pytest.mark.parametrize("name", ["empty-siblings", "ignored-blobs"])
def test_what_was_taken_for_complete_by_an_earlier_version_heals(
    shelf: Shelf, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        believing(earlier)
        with serving(shelf.world(), faults=[FAULTS[name]()]) as hub:
            harvest(hub, tmp_path / "d")
    assert files(tmp_path / "d") != EVERY
    with serving(shelf.world(), faults=[FAULTS[name]()]) as hub:
        harvest(hub.url, tmp_path / "d")
    assert files(tmp_path / "d") == EVERY


def stale(shelf: Shelf, tmp_path: Path, faults: list[Fault]) -> tuple[int, list[tuple[str, str]]]:
    with serving(shelf.world(), faults=faults) as hub:
        done = harvest(hub.url, tmp_path / "d", depths=("files", "configs", "weights"))
        requests = len(hub.log)
    found = rows(
        tmp_path / "d",
        "SELECT DISTINCT outcome, split_part(error, ':', 1) FROM fetches WHERE repo_id = 'org/m1' "
        "AND item IN ('document', 'weights') AND outcome <> 'ok' AND run_id = ? ORDER BY ALL", done.run_id,
    )  # fmt: skip
    return requests, found


def test_a_stale_commit_is_listed_once_more_in_two_runs_and_then_left(shelf: Shelf, tmp_path: Path) -> None:
    world: list[Fault] = [FAULTS["stale-commit"](path="org/m1/")]
    _, first = stale(shelf, tmp_path, world)
    assert first == [("mismatch", "named but not served")]
    assert rows(tmp_path / "d", "SELECT repo_id, path FROM files GROUP BY ALL HAVING count(*) > 1") == []
    _, second = stale(shelf, tmp_path, world)
    assert second == [("absent", "named but not served")]
    requests, third = stale(shelf, tmp_path, world)
    assert (requests, third) == (1, [])


def test_a_commit_that_is_listed_but_gone_is_read_at_the_one_that_is_there(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[FAULTS["stale-listing"]()]) as hub:
        done = harvest(hub, tmp_path / "d", depths=("configs",))
    assert done.record["failed"] == 0
    shas = mapping(tmp_path / "d", "SELECT repo_id, sha FROM configs WHERE path = 'config.json'")
    assert shas == {name: shelf.sha(name) for name in EVERY}
