from pathlib import Path

import pytest

from tests.support import Shelf, config, harvest, mapping, one, rows, serving, small_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return small_shelf(tmp_path / "shelf", models=6)


@pytest.fixture
def data(shelf: Shelf, tmp_path: Path) -> Path:
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "data")
    return tmp_path / "data"


def again(shelf: Shelf, data: Path) -> list[str]:
    """Harvest what the shelf holds now; the kinds of requests after the listing."""
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        return ["manifest" if served.bucket == "api" else "document" for served in hub.log][1:]


def test_nothing_new_costs_the_listing(shelf: Shelf, data: Path) -> None:
    assert again(shelf, data) == []


def test_counts_that_moved_cost_nothing_and_are_kept(shelf: Shelf, data: Path) -> None:
    shelf.say("org/m1", downloads=12345)
    assert again(shelf, data) == []
    query = "SELECT downloads FROM observations WHERE repo_id = ? ORDER BY run_id"
    assert rows(data, query, "org/m1") == [(99,), (12345,)]
    assert rows(data, query, "org/m2") == [(98,), (98,)]


def test_a_new_commit_with_the_same_config_costs_one_request(shelf: Shelf, data: Path) -> None:
    files = {
        "config.json": config(65),
        "generation_config.json": {"max_length": 20},
        "model.safetensors": b"trained on",
    }
    shelf.put("org/m1", files)
    assert again(shelf, data) == ["manifest"]
    sha = shelf.sha("org/m1")
    assert one(data, "SELECT sha, manifest_sha, config_sha FROM models WHERE repo_id = 'org/m1'") == (sha, sha, sha)


def test_a_new_config_costs_one_request_more(shelf: Shelf, data: Path) -> None:
    shelf.put("org/m1", {"config.json": config(9999), "generation_config.json": {"max_length": 20}})
    assert again(shelf, data) == ["manifest", "document"]


def test_documents_are_requested_again_when_the_gate_opens(shelf: Shelf, data: Path) -> None:
    shelf.put("org/m1", {"config.json": config(777)}, gated="manual")
    assert again(shelf, data) == ["manifest", "document"]
    assert again(shelf, data) == []
    shelf.say("org/m1", gated=False)
    assert again(shelf, data) == ["document"]
    assert one(data, "SELECT config_status, gated FROM models WHERE repo_id = 'org/m1'") == ("ok", "false")
    assert again(shelf, data) == []


def test_seen_unchanged_and_not_seen_are_distinguished(shelf: Shelf, data: Path) -> None:
    shelf.remove("org/m5")
    again(shelf, data)
    seen = mapping(data, "SELECT repo_id, count(*) FROM observations GROUP BY repo_id")
    assert seen["org/m4"] == 2
    assert seen["org/m5"] == 1
