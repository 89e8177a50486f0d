"""Models that are odd from the start, all in one harvest: each ends as a row that says what it is."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from harvester.crawl.run import HarvestResult
from samplehub.hub import Served
from tests.support import Shelf, catalogue, config, harvest, mapping, one, rows, serving

FILES = 1_100
UNET = "UNet2DConditionModel"
HUGE = 11 * 1024 * 1024


@dataclass
class Story:
    """A harvest, and what the Hub was asked for it; then what it was asked for a second one."""

    data: Path
    result: HarvestResult
    log: list[Served]
    again: list[Served]


@pytest.fixture(scope="module", params=["files,configs", "configs"])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    root = tmp_path_factory.mktemp("odd")
    shelf = Shelf(root / "hub")
    shelf.put("org/huge", {"config.json": b" " * HUGE})
    shelf.put("org/off", {"config.json": config(4)}, disabled=True)
    shelf.put("org/gated", {"config.json": config(5)}, gated="manual")
    shelf.put("org/empty", {})
    shelf.put("org/broken", {"config.json": b"{'model_type': 'bert'"})
    shelf.put("org/list", {"config.json": [1, 2]})
    shelf.put("org/nan", {"config.json": b'{"x": NaN}'})
    shelf.put("org/none", {"README.md": b"# nothing"})
    shelf.put("org/many", {"config.json": config(), **{f"parts/{n:04}.txt": b"" for n in range(FILES)}})
    shelf.put(
        "org/pipeline",
        {
            "model_index.json": {
                "_class_name": "StableDiffusionPipeline",
                "unet": ["diffusers", "UNet2DConditionModel"],
            },
            "unet/config.json": {"_class_name": "UNet2DConditionModel", "sample_size": 64},
            "elsewhere/config.json": config(6),
        },
    )
    depths = request.param.split(",")
    with serving(shelf.world()) as hub:
        result = harvest(hub, root / "data", depths=tuple(depths))
        log = hub.log
        harvest(hub, root / "data", depths=tuple(depths))
        return Story(catalogue(root / "data"), result, log, hub.log[len(log) :])


def test_every_model_says_how_its_config_ended(story: Story) -> None:
    assert mapping(story.data, "SELECT repo_id, config_status FROM models") == {
        "org/huge": "oversized", "org/off": "disabled", "org/gated": "gated", "org/empty": "absent",
        "org/broken": "invalid", "org/list": "not_object", "org/nan": "lenient", "org/none": "absent",
        "org/many": "ok", "org/pipeline": "ok",
    }  # fmt: skip


def test_none_of_it_is_a_failure_and_none_is_requested_again(story: Story) -> None:
    assert (story.result.status, story.result.record["failed"], story.result.record["pending"]) == ("done", 0, 0)
    assert [served.path for served in story.again] == ["/api/models"]


def test_what_is_not_readable_says_why(story: Story) -> None:
    assert rows(story.data, "SELECT repo_id FROM configs WHERE status <> 'ok' AND reason IS NULL") == []


def test_a_huge_config_is_reported_and_not_read(story: Story) -> None:
    assert story.result.record["bytes_read"] < HUGE // 4
    told = one(story.data, "SELECT path, status, oid FROM configs WHERE repo_id = 'org/huge'")
    assert told == ("config.json", "oversized", None)


def test_a_model_of_more_than_a_thousand_files_has_them_all_where_manifests_are_read(story: Story) -> None:
    told = one(story.data, "SELECT count(*), count(size), any_value(source) FROM files WHERE repo_id = 'org/many'")
    trees = [served for served in story.log if "/org/many/tree/" in served.path]
    if "files" in story.result.record["with"]:
        assert told == (FILES + 1, FILES + 1, "tree")
        assert len(trees) == 2
    else:
        assert (told[1:], len(trees)) == ((0, "listing"), 0)
    assert one(story.data, "SELECT hidden_size FROM models WHERE repo_id = 'org/many'") == (64,)


def test_components_that_an_index_names_are_read_and_others_are_not(story: Story) -> None:
    paths = rows(story.data, "SELECT path FROM configs WHERE repo_id = 'org/pipeline' ORDER BY path")
    assert paths == [("model_index.json",), ("unet/config.json",)]
    assert one(story.data, "SELECT pipeline_class, config_path FROM models WHERE repo_id = 'org/pipeline'") == (
        "StableDiffusionPipeline",
        "unet/config.json",
    )


def test_a_closed_door_is_knocked_at_once(story: Story) -> None:
    for name in ("org/off", "org/gated"):
        assert sum(served.bucket == "resolvers" and name in served.path for served in story.log) == 1
    told = "SELECT repo_id, outcome FROM fetches WHERE item = 'document' AND outcome IN ('gated', 'disabled')"
    assert mapping(story.data, told) == {"org/off": "disabled", "org/gated": "gated"}
