"""`--updates`: a world moves on; few pages are read, and the catalogue claims nothing that was not seen."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import harvester
from harvester.crawl.select import Selection
from harvester.errors import HubUnavailable, UsageError
from harvester.lake.layout import Layout
from samplehub import SampleHub, SimulatedWorld
from samplehub.settings import Settings
from samplehub.world import After, Order, Repo
from tests.support import AMPLE, Shelf, ShelfWorld, asked, config, harvest, mapping, one, rows, run, serving

MODELS, DAYS, PAGE = 160, 3, 20
#: What a model is at its commit; names and counts move without a push.
PUSHED = """
SELECT hub_id, [sha, manifest_sha, config_sha, file_count::VARCHAR, total_size::VARCHAR, license, model_type,
    context_length::VARCHAR, tags::VARCHAR, last_modified::VARCHAR]
FROM models WHERE last_modified >= '2026-01-02'
"""
#: The second of the first push to a shelf.
START = 1_700_000_000


@dataclass
class Story:
    """A whole listing on day 0, then updates; the same with a whole one at the end; a whole one each day."""

    updated: Path
    ended: Path
    whole: Path
    pages: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    root = tmp_path_factory.mktemp("updates")
    found = Story(root / "updated", root / "ended", root / "whole")
    with SampleHub(SimulatedWorld(MODELS), quota=AMPLE, settings=Settings(listing_cap=PAGE)) as hub:
        for day in range(DAYS + 1):
            hub.move_to(day)
            before = asked(hub)["/api/models"]
            harvest(hub, found.updated, updates=day > 0)
            found.pages.append(asked(hub)["/api/models"] - before)
            harvest(hub, found.whole)
        shutil.copytree(found.updated, found.ended)
        harvest(hub, found.ended)
    return found


def test_an_update_reads_few_pages(story: Story) -> None:
    assert story.pages[0] >= MODELS // PAGE
    assert max(story.pages[1:]) <= 3
    kinds = rows(story.updated, "SELECT complete_listing, updates_since IS NULL FROM runs ORDER BY run_id")
    assert kinds == [(True, True)] + [(False, False)] * DAYS


def test_what_was_pushed_is_as_whole_listings_have_it(story: Story) -> None:
    updated, whole = mapping(story.updated, PUSHED), mapping(story.whole, PUSHED)
    assert len(whole) > 10
    assert {hub_id: updated.get(hub_id) for hub_id in whole} == whole
    # What is gone by now stays until a complete listing.
    gone = {hub_id for (hub_id,) in rows(story.whole, "SELECT hub_id FROM tombstones WHERE cause <> 'renamed'")}
    assert updated.keys() - whole.keys() <= gone


def test_only_a_complete_listing_shows_what_vanished(story: Story) -> None:
    vanished = "SELECT DISTINCT hub_id, cause FROM tombstones WHERE returned_at IS NULL"
    assert rows(story.updated, vanished) == []
    expected = set(rows(story.whole, vanished))
    assert {cause for _, cause in expected} >= {"deleted_or_private", "renamed"}
    assert set(rows(story.ended, vanished)) == expected
    alive = "SELECT hub_id, repo_id FROM models"
    assert mapping(story.ended, alive) == mapping(story.whole, alive)
    # What vanished was seen last by the listing of day 0, unless it was pushed to since.
    first, *_ = rows(story.ended, "SELECT listed_at FROM runs ORDER BY run_id LIMIT 1")
    early = rows(story.ended, "SELECT last_seen FROM tombstones JOIN models_at($1) USING (hub_id)", first[0])
    assert sum(seen == first for seen in early) > len(early) / 2


def test_an_update_observes_what_it_listed_and_no_more(story: Story) -> None:
    reported = rows(
        story.updated,
        "SELECT runs.listed, count(observations.hub_id), count(DISTINCT observations.hub_id) FROM runs "
        "JOIN observations USING (run_id) WHERE updates_since IS NOT NULL GROUP BY run_id, runs.listed",
    )
    assert len(reported) == DAYS
    assert all(listed == observed == different < MODELS / 2 for listed, observed, different in reported)


class Pushes:
    """A shelf whose models are pushed to at stated times."""

    def __init__(self, root: Path, models: int = 8):
        self.shelf, self.now = Shelf(root), START
        for number in range(models):
            self.push(f"org/m{number}", config(64 + number))

    def push(self, repo_id: str, document: dict[str, object]) -> str:
        self.now += 86_400
        return self.shelf.put(repo_id, {"config.json": document}, last_modified=self.now, downloads=100)


@pytest.fixture
def pushes(tmp_path: Path) -> Pushes:
    return Pushes(tmp_path / "shelf")


TWO_ROWS = Settings(listing_cap=2)


def test_what_an_update_did_not_list_was_not_seen_by_it(pushes: Pushes, tmp_path: Path) -> None:
    data, shelf = tmp_path / "data", pushes.shelf
    with serving(shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
    shelf.remove("org/m0")
    shelf.say("org/m1", downloads=5)
    pushes.push("org/m2", config(1_000))
    new = pushes.push("org/new", config(2_000))
    with serving(shelf.world(), settings=TWO_ROWS) as hub:
        before = harvest(hub, data, updates=True)
        assert asked(hub)["/api/models"] == 3
    (first, _), (second, _) = rows(data, "SELECT run_id, listed_at FROM runs ORDER BY run_id")
    times = mapping(data, "SELECT run_id, listed_at FROM runs")
    assert before.run_id == second

    # Three pages of two: the two that were pushed, and what stood before them.
    seen = {"org/new", "org/m2", "org/m7", "org/m6", "org/m5", "org/m4"}
    observed = "SELECT repo_id FROM observations WHERE run_id = $1"
    assert {name for (name,) in rows(data, observed, second)} == seen
    members = "SELECT repo_id FROM selection_members JOIN models USING (hub_id) WHERE run_id = $1"
    assert {name for (name,) in rows(data, members, second)} == seen
    assert len(rows(data, members, first)) == 8

    last = mapping(data, "SELECT repo_id, last_seen FROM models")
    assert {name for name, at in last.items() if at == times[second]} == seen
    assert last["org/m0"] == last["org/m1"] == times[first]
    assert one(data, "SELECT downloads FROM models WHERE repo_id = 'org/m1'") == (100,)
    assert one(data, "SELECT first_seen FROM models WHERE hub_id = $1", new) == (times[second],)
    reported = rows(data, "SELECT repo_id, observed_at, presence FROM models_at($1)", times[second])
    known = {name: rest for name, *rest in reported}
    assert known["org/m0"] == [times[first], "live"]
    assert known["org/m2"] == [times[second], "live"]
    assert len(rows(data, "SELECT * FROM models_at($1)", times[first])) == 8
    assert mapping(data, "SELECT repo_id, last_seen FROM names")["org/m3"] == times[first]
    assert rows(data, "SELECT * FROM tombstones") == []

    with serving(shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
    assert one(data, "SELECT repo_id, last_seen FROM tombstones") == ("org/m0", times[first])
    third = one(data, "SELECT max(listed_at) FROM runs")[0]
    assert set(rows(data, "SELECT last_seen FROM models")) == {(third,)}
    assert one(data, "SELECT presence FROM models_at($1) WHERE repo_id = 'org/m0'", third) == ("gone",)
    assert one(data, "SELECT downloads FROM models WHERE repo_id = 'org/m1'") == (5,)


def test_a_name_given_up_was_seen_last_by_a_listing_that_held_it(pushes: Pushes, tmp_path: Path) -> None:
    data, shelf = tmp_path / "data", pushes.shelf
    with serving(shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
        harvest(hub, data, updates=True)
    shelf.rename("org/m0", "org/moved")
    pushes.push("org/moved", config(3_000))
    with serving(shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data, updates=True)
    first, _, third = (at for (at,) in rows(data, "SELECT listed_at FROM runs ORDER BY run_id"))
    names = {name: seen for name, *seen in rows(data, "SELECT * EXCLUDE (hub_id) FROM names")}
    assert names["org/m0"] == [first, first]
    assert names["org/moved"] == [third, third]
    with serving(shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
    reported = one(data, "SELECT repo_id, last_seen, cause, renamed_to FROM tombstones")
    assert reported == ("org/m0", first, "renamed", "org/moved")


def test_each_update_goes_back_to_the_one_before_it(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
    shas = {}
    for number in range(3):
        for model in range(2):
            pushes.push(f"org/m{2 * number + model}", config(500 + 2 * number + model))
        with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
            record = harvest(hub, data, updates=True).record
            assert asked(hub)["/api/models"] <= 3
            assert record["planned"] == record["fetched"] == 2
            assert record["unchanged"] == record["listed"] - 2
    shas = {f"org/m{n}": pushes.shelf.sha(f"org/m{n}") for n in range(8)}
    assert mapping(data, "SELECT repo_id, config_sha FROM models") == shas
    since = [at for (at,) in rows(data, "SELECT updates_since FROM runs WHERE updates_since IS NOT NULL ORDER BY 1")]
    assert since[1] - since[0] == timedelta(days=2)
    assert since[0] < datetime(2023, 11, 22, 22, 13, 20)


def test_an_update_works_off_what_is_pending(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world()) as hub:
        cut = harvest(hub, data, max_requests=4, workers=1).record
        assert cut["status"] == "cut"
        assert cut["pending"] > 3
    pushes.push("org/m0", config(700))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        record = harvest(hub, data, updates=True).record
    assert record["planned"] == record["fetched"] >= cut["pending"]
    # Listed: m0 and what stood before it. The rest was planned unlisted, or needed nothing.
    assert 0 <= record["unchanged"] < record["listed"]
    assert rows(data, "SELECT * FROM pending") == []
    shas = {f"org/m{n}": pushes.shelf.sha(f"org/m{n}") for n in range(8)}
    assert mapping(data, "SELECT repo_id, config_sha FROM models") == shas


def test_a_pending_model_that_is_gone_is_requested_once(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world()) as hub:
        harvest(hub, data, depths=())
    pushes.shelf.remove("org/m0")
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        assert harvest(hub, data, updates=True).record["fetched"] == 8
        again = len(hub.log)
        assert harvest(hub, data, updates=True).record["planned"] == 0
        assert len(hub.log) - again == 2
    assert rows(data, "SELECT * FROM tombstones") == []


def test_an_update_that_was_cut_in_its_listing_resumes(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
    changed = [f"org/m{n}" for n in range(5)]
    for number, name in enumerate(changed):
        pushes.push(name, config(800 + number))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        cut = harvest(hub, data, updates=True, max_requests=2)
        assert cut.status == "open"
        pushes.push("org/m4", config(900))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        resumed = harvest(hub, data, updates=True)
        assert resumed.run_id == cut.run_id
        assert resumed.resumed
        harvest(hub, data, updates=True)
    assert rows(data, "SELECT run_id, hub_id FROM observations GROUP BY ALL HAVING count(*) > 1") == []
    shas = {f"org/m{n}": pushes.shelf.sha(f"org/m{n}") for n in range(8)}
    assert mapping(data, "SELECT repo_id, config_sha FROM models") == shas


def test_an_unfinished_run_of_the_other_kind_is_closed(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
        pushes.push("org/m1", config(800))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        assert harvest(hub, data, max_requests=1).status == "open"
        update = harvest(hub, data, updates=True)
        assert not update.resumed
        assert update.status == "done"
    status = rows(data, "SELECT status, listed_at IS NULL FROM runs ORDER BY run_id")
    assert status == [("done", False), ("abandoned", True), ("done", False)]
    assert one(data, "SELECT config_sha FROM models WHERE repo_id = 'org/m1'") == (pushes.shelf.sha("org/m1"),)


@pytest.mark.parametrize("selection", [Selection(author="org"), Selection(search="m")])
def test_other_selections_keep_their_filters(pushes: Pushes, tmp_path: Path, selection: Selection) -> None:
    data = tmp_path / "data"
    pushes.push("other/x", config(1))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data, selection)
    pushes.push("org/m3", config(800))
    pushes.push("other/x", config(801))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data, selection, updates=True)
    assert one(data, "SELECT config_sha FROM models WHERE repo_id = 'org/m3'") == (pushes.shelf.sha("org/m3"),)
    assert rows(data, "SELECT * FROM models WHERE repo_id = 'other/x'") == []


def test_without_a_complete_listing_of_the_selection_it_is_wrong_usage(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        with pytest.raises(UsageError, match="without --updates first"):
            harvest(hub, data, updates=True)
        assert not data.exists()
        harvest(hub, data, Selection(author="org"))
        harvest(hub, data, Selection(limit=3))
        assert harvest(hub, data, max_requests=1).status == "open"
        kept = Layout(data).parts_list.read_bytes()
        with pytest.raises(UsageError, match="without --updates first"):
            harvest(hub, data, updates=True)
        assert Layout(data).parts_list.read_bytes() == kept
        # The listing that was begun goes on.
        assert harvest(hub, data).resumed
        assert harvest(hub, data, updates=True).status == "done"


class Unsorted(ShelfWorld):
    """Lists the newest first, whatever is requested."""

    def walk(self, order: Order, after: After | None) -> Iterator[Repo]:
        return super().walk(Order("createdAt", True), None if after is None else After(None, after.hub_id))


def test_a_hub_that_lists_in_another_order_is_not_believed(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        harvest(hub, data)
    for number in range(8):
        pushes.shelf.say(f"org/m{number}", last_modified=START - number)
    with serving(Unsorted(pushes.shelf.root, {}), settings=Settings(listing_cap=4)) as hub:
        with pytest.raises(HubUnavailable, match="run without it"):
            harvest(hub, data, updates=True)
        assert harvest(hub, data).status == "done"


def test_the_command_says_what_is_wrong_and_what_it_would_cost(pushes: Pushes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(pushes.shelf.world()) as hub:
        about = ("harvest", "--hub", hub.url, "--data", data, "--quiet")
        refused = run(*about, "--all", "--updates")
        assert refused.returncode == 2
        assert "without --updates first" in refused.stderr
        names = tmp_path / "names"
        names.write_text("org/m0")
        for more in (("--limit", "3"), ("--sort", "modified", "--limit", "3"), ("--ids", names)):
            wrong = run(*about, *more, "--updates")
            assert wrong.returncode == 2, wrong.stderr
            assert "--updates" in wrong.stderr
        assert not data.exists()
        assert run(*about, "--author", "org").returncode == 0
        pushes.push("org/m3", config(900))
    with serving(pushes.shelf.world(), settings=TWO_ROWS) as hub:
        about = ("harvest", "--hub", hub.url, "--data", data, "--quiet", "--author", "org", "--updates")
        estimate = run(*about, "--dry-run").stdout
        assert "1 to read" in estimate
        assert "2 for the listing" in estimate
        reported = run(*about)
        assert reported.returncode == 0
        assert "1 read" in reported.stdout
        result = harvester.harvest(hub=hub.url, data=data, author="org", updates=True)
        assert result.record["planned"] == 0
        assert result.record["updates_since"] is not None
    with pytest.raises(UsageError, match="--updates"):
        harvester.harvest(hub="sample", data=data, limit=3, updates=True)
