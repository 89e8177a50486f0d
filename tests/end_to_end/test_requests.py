"""What a harvest asks of a Hub, counted by the Hub: everything once, nothing twice, nothing unpinned."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harvester.crawl.run import HarvestResult
from harvester.crawl.select import Selection
from samplehub import FAULTS, QUOTAS, Quota, SampleHub, Settings, SimulatedWorld
from samplehub.hub import Served
from samplehub.world import Repo
from tests.support import Shelf, asked, config, content, harvest, ids, mapping, one, rows, serving, small_shelf

MODELS = 6


@dataclass
class Story:
    """A harvest of `small_shelf`, and a second one of the same."""

    shelf: Shelf
    data: Path
    first: HarvestResult
    first_log: list[Served]
    second: HarvestResult
    second_log: list[Served]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    root = tmp_path_factory.mktemp("story")
    shelf = small_shelf(root / "hub", MODELS)
    with serving(shelf.world()) as hub:
        first = harvest(hub, root / "data")
        first_log = hub.log
        second = harvest(hub, root / "data")
        return Story(shelf, root / "data", first, first_log, second, hub.log[len(first_log) :])


def test_a_first_run_asks_for_a_page_a_manifest_each_and_every_distinct_document(story: Story) -> None:
    buckets = [served.bucket for served in story.first_log]
    assert buckets.count("api") == 1 + MODELS
    assert buckets.count("resolvers") == MODELS + 1
    assert len(buckets) == 2 * MODELS + 2
    assert {served.status for served in story.first_log} == {200}


def test_everything_but_the_listing_is_pinned_to_the_listed_commit(story: Story) -> None:
    shas = {story.shelf.sha(f"org/m{n}") for n in range(MODELS)}
    for served in story.first_log[1:]:
        assert any(sha in served.path for sha in shas), served.path


def test_a_run_knows_what_it_spent(story: Story) -> None:
    record = story.first.record
    assert (record["requests_api"], record["requests_resolvers"], record["requests_other"]) == (7, 7, 0)
    assert (record["listed"], record["planned"], record["fetched"]) == (6, 6, 6)
    assert (record["failed"], record["pending"], record["known_documents"]) == (0, 0, MODELS - 1)
    told = one(
        story.data,
        "SELECT requests_api, requests_resolvers, listed, fetched, rate_limited, retries FROM runs WHERE run_id = ?",
        story.first.run_id,
    )
    assert told == (7, 7, 6, 6, 0, 0)


def test_a_second_run_only_lists(story: Story) -> None:
    assert [served.path for served in story.second_log] == ["/api/models"]
    assert (story.second.record["planned"], story.second.record["unchanged"]) == (0, MODELS)


def test_every_item_requested_has_one_row_that_says_how_it_ended(story: Story) -> None:
    told = rows(
        story.data,
        "SELECT item, outcome, count(*), sum(attempts) FROM fetches WHERE run_id = ? GROUP BY ALL ORDER BY ALL",
        story.first.run_id,
    )
    assert told == [("document", "ok", 12, 7), ("listing", "ok", 1, 1), ("manifest", "ok", 6, 6)]
    assert rows(story.data, "SELECT requested_id FROM fetches GROUP BY ALL HAVING requested_id IS NULL") == []


def test_models_files_and_fields_are_in_the_catalogue(story: Story) -> None:
    told = rows(story.data, "SELECT repo_id, hidden_size, downloads, config_status FROM models ORDER BY repo_id")
    assert told == [(f"org/m{n}", 64 + n, 100 - n, "ok") for n in range(MODELS)]
    sizes = mapping(story.data, "SELECT path, size FROM files WHERE repo_id = 'org/m0'")
    assert sizes.pop("config.json") > 0
    assert sizes == {"generation_config.json": 18, "model.safetensors": 9, "README.md": 10}
    value = one(
        story.data,
        "SELECT type, value, number FROM config_fields WHERE repo_id = 'org/m3' AND field = 'hidden_size'",
    )
    assert value == ("integer", "67", 67.0)


def test_every_run_saw_every_model(story: Story) -> None:
    told = rows(story.data, "SELECT run_id, count(*) FROM observations GROUP BY ALL ORDER BY ALL")
    assert told == [(story.first.run_id, MODELS), (story.second.run_id, MODELS)]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[SampleHub]:
    with serving(small_shelf(tmp_path / "hub", 4).world()) as hub:
        yield hub


def test_configs_alone_cost_no_api_request_beside_the_listing(hub: SampleHub, tmp_path: Path) -> None:
    harvest(hub, tmp_path / "data", depths=("configs",))
    assert hub.count(bucket="api") == 1
    assert hub.count(bucket="resolvers") == 8
    assert rows(tmp_path / "data", "SELECT count(hidden_size) FROM models") == [(4,)]
    assert rows(tmp_path / "data", "SELECT DISTINCT source, size FROM files") == [("listing", None)]
    assert rows(tmp_path / "data", "SELECT DISTINCT manifest_sha FROM models") == [(None,)]


def test_a_wider_run_asks_only_for_what_is_missing(hub: SampleHub, tmp_path: Path) -> None:
    data = tmp_path / "data"
    harvest(hub, data, depths=())
    assert len(hub.log) == 1
    harvest(hub, data, depths=("configs",))
    assert (hub.count(bucket="api"), hub.count(bucket="resolvers")) == (2, 8)
    harvest(hub, data, depths=("files", "configs"))
    assert (hub.count(bucket="api"), hub.count(bucket="resolvers")) == (3 + 4, 8)
    # The four cards have the same content, which the manifests tell beforehand.
    harvest(hub, data, depths=("files", "configs"), documents=("README.md",))
    assert (hub.count(bucket="api"), hub.count(bucket="resolvers")) == (4 + 4, 9)
    assert set(asked(hub).values()) == {1, 4}
    assert rows(data, "SELECT count(*) FROM fetches WHERE path = 'README.md' AND outcome = 'ok'") == [(4,)]


def test_the_most_downloaded_models_come_first(hub: SampleHub, tmp_path: Path) -> None:
    harvest(hub, tmp_path / "data", workers=1, max_requests=4)
    read = rows(tmp_path / "data", "SELECT repo_id FROM models WHERE config_status = 'ok'")
    assert read == [("org/m0",)]


def test_a_run_cut_many_times_ends_with_the_same_catalogue_as_one_run(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 4)
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "whole")
        before = len(hub.log)
        results = [harvest(hub, tmp_path / "cut", max_requests=4)]
        while results[-1].status != "done":
            results.append(harvest(hub, tmp_path / "cut", max_requests=4))
        repeated = asked(hub)
    assert [result.status for result in results] == ["cut", "cut", "done"]
    assert [result.record["pending"] > 0 for result in results] == [True, True, False]
    assert content(tmp_path / "cut") == content(tmp_path / "whole")
    # Four manifests, five distinct documents, and one listing a run.
    assert len(hub.log) - before == 4 + 5 + len(results)
    # A document that two models share may be fetched from either.
    assert {count for path, count in repeated.items() if "/revision/" in path} == {2}


def test_a_run_cut_inside_its_listing_goes_on_at_its_cursor(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 6)
    with serving(shelf.world(), settings=Settings(listing_cap=2)) as hub:
        first = harvest(hub, tmp_path / "data", max_requests=2)
        assert (first.status, first.record["listed"]) == ("open", 4)
        second = harvest(hub, tmp_path / "data")
        assert (second.status, second.run_id, second.resumed) == ("done", first.run_id, True)
        assert [served.path for served in hub.log].count("/api/models") == 3
        assert second.record["requests_api"] == 3 + 6
    assert rows(tmp_path / "data", "SELECT count(*), count(hidden_size) FROM models") == [(6, 6)]


def test_a_fresh_run_starts_again_and_keeps_what_was_read(tmp_path: Path) -> None:
    with serving(small_shelf(tmp_path / "hub", 6).world(), settings=Settings(listing_cap=2)) as hub:
        first = harvest(hub, tmp_path / "data", max_requests=2)
        second = harvest(hub, tmp_path / "data", fresh=True)
        assert second.run_id != first.run_id
        assert mapping(tmp_path / "data", "SELECT run_id, status FROM runs") == {
            first.run_id: "abandoned",
            second.run_id: "done",
        }


def test_small_windows_are_kept_and_documents_run_ahead_of_their_manifests(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 10)
    with serving(shelf.world(), quota=Quota(6, 200), window=2.0) as hub:
        result = harvest(hub, tmp_path / "data")
        assert hub.count(status=429) == 0
        assert hub.count(bucket="api") == 11
        assert result.record["run_ahead_documents"] > 0
        assert result.record["seconds_waited"] >= 0
    assert rows(tmp_path / "data", "SELECT count(manifest_sha), count(hidden_size) FROM models") == [(10, 10)]
    assert rows(tmp_path / "data", "SELECT run_ahead_documents > 0 FROM runs") == [(True,)]


def test_a_hub_that_announces_nothing_gets_no_request_that_a_manifest_would_save(tmp_path: Path) -> None:
    with serving(small_shelf(tmp_path / "hub", 4).world(), quota=QUOTAS["unlimited"]) as hub:
        result = harvest(hub, tmp_path / "data")
        # Four configs, and one document that all share.
        assert hub.count(bucket="resolvers") == 5
    assert result.record["run_ahead_documents"] == 0


def test_at_a_tenth_of_faults_every_model_ends_complete(tmp_path: Path) -> None:
    world = SimulatedWorld(60, seed=3)
    with serving(world) as hub:
        harvest(hub, tmp_path / "calm", workers=8)
    faults = [FAULTS[name](rate=0.025) for name in ("server-error", "drop", "truncate", "html")]
    with serving(world, faults=faults) as hub:
        result = harvest(hub, tmp_path / "faulty", workers=8)
        assert result.record["retries"] > 0
        assert len(hub.log) > len(set(served.path + served.query for served in hub.log))
    assert result.record["failed"] == 0
    assert content(tmp_path / "faulty") == content(tmp_path / "calm")


SELECTED = {
    Selection(author="org"): {"org/m0", "org/m1", "org/m2", "org/m3"},
    Selection(search="m2"): {"org/m2"},
    Selection(tags=("safetensors", "bert"), limit=2): {"org/m0", "org/m1"},
    Selection(sort="downloads", limit=3): {"org/m0", "org/m1", "org/m2"},
    Selection(author="nobody"): set(),
}


def test_only_what_is_selected_is_read_and_every_selection_is_remembered(hub: SampleHub, tmp_path: Path) -> None:
    for selection in SELECTED:
        harvest(hub, tmp_path / "data", selection, depths=())
    assert len(hub.log) == len(SELECTED)
    members = "SELECT repo_id FROM selection_members JOIN models USING (hub_id) WHERE selection_id = ?"
    for selection, names in SELECTED.items():
        assert {name for (name,) in rows(tmp_path / "data", members, selection.selection_id)} == names
    assert len(rows(tmp_path / "data", "SELECT * FROM selections")) == len(SELECTED)


def test_each_requested_revision_counts_known_documents_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/base", {"config.json": config(32)})
    shelf.put("org/m", {"config.json": config(32), "a.txt": "1"}, revision="1")
    shelf.put("org/m", {"config.json": config(32), "a.txt": "2"})
    repo = shelf.world().find("org/m")
    assert isinstance(repo, Repo)
    shas = sorted((commit.oid for commit in repo.commits), key=lambda oid: oid == repo.head.oid, reverse=True)
    older = f"org/m@{shas[1]}"
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "data", ids("org/base"), workers=1)
        run_id = harvest(hub, tmp_path / "data", ids(older, "org/m"), workers=1).run_id
    told = "SELECT requested_id, sha, attempts FROM fetches WHERE run_id = ? AND path = 'config.json' ORDER BY ALL"
    assert rows(tmp_path / "data", told, run_id) == [("org/m", shas[0], 0), (older, shas[1], 0)]
    keys = "SELECT run_id, requested_id, item, coalesce(path, '') FROM fetches GROUP BY ALL HAVING count(*) > 1"
    assert rows(tmp_path / "data", keys) == []


def test_a_top_n_knows_the_place_of_each_model(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 3)
    selection = Selection(sort="downloads", limit=2)
    places = "SELECT repo_id, rank FROM selection_members JOIN models USING (hub_id) WHERE run_id = ? ORDER BY rank"
    with serving(shelf.world()) as hub:
        first = harvest(hub, tmp_path / "data", selection, depths=())
        shelf.say("org/m2", downloads=1_000)
        hub.world = shelf.world()
        second = harvest(hub, tmp_path / "data", selection, depths=())
    assert rows(tmp_path / "data", places, first.run_id) == [("org/m0", 1), ("org/m1", 2)]
    assert rows(tmp_path / "data", places, second.run_id) == [("org/m2", 1), ("org/m0", 2)]
