import shutil
from pathlib import Path

import pytest

from harvester.crawl.compare import suspicious
from harvester.crawl.select import Selection
from tests.support import Shelf, ShelfWorld, harvest, mapping, one, rows, serving, small_shelf

CAUSES = "SELECT repo_id, cause FROM tombstones"
CONFIRMATIONS = "SELECT requested_id, outcome FROM fetches WHERE item = 'confirmation'"


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shelf, Path]:
    root = tmp_path_factory.mktemp("tombstones")
    shelf = small_shelf(root / "shelf", models=12)
    visit(shelf, root / "data")
    return shelf, root / "data"


@pytest.fixture
def shelf(one_run: tuple[Shelf, Path], tmp_path: Path) -> Shelf:
    return one_run[0].copy(tmp_path / "shelf")


@pytest.fixture
def data(one_run: tuple[Shelf, Path], tmp_path: Path) -> Path:
    """Where the whole shelf was harvested once."""
    return shutil.copytree(one_run[1], tmp_path / "data")


def visit(shelf: Shelf, data: Path, selection: Selection | None = None, **options: object) -> int:
    """Harvest what the shelf holds now; how many requests it took."""
    with serving(shelf.world()) as hub:
        harvest(hub, data, selection or Selection(all=True), **options)
        return len(hub.log)


def test_a_deleted_model_becomes_a_tombstone_after_one_request(shelf: Shelf, data: Path) -> None:
    shelf.remove("org/m3")
    assert visit(shelf, data) == 2
    hub_id, last_seen, noticed_at, returned_at = one(
        data, "SELECT hub_id, last_seen, noticed_at, returned_at FROM tombstones WHERE cause = 'deleted_or_private'"
    )
    assert last_seen < noticed_at
    assert returned_at is None
    assert one(data, "SELECT count(*) FROM models WHERE hub_id = ?", hub_id) == (0,)
    assert mapping(data, CONFIRMATIONS) == {"org/m3": "private_or_deleted"}
    assert visit(shelf, data) == 1
    assert mapping(data, CAUSES) == {"org/m3": "deleted_or_private"}


def test_a_model_that_comes_back_has_returned(shelf: Shelf, data: Path, tmp_path: Path) -> None:
    shutil.move(shelf.root / "org/m3", tmp_path / "aside")
    visit(shelf, data)
    shutil.move(tmp_path / "aside", shelf.root / "org/m3")
    visit(shelf, data)
    noticed_at, returned_at = one(data, "SELECT noticed_at, returned_at FROM tombstones")
    assert returned_at > noticed_at
    assert one(data, "SELECT count(*) FROM models WHERE repo_id = 'org/m3'") == (1,)


def test_a_rename_needs_no_request_and_the_model_lives_on(shelf: Shelf, data: Path) -> None:
    shelf.rename("org/m3", "other/new")
    visit(shelf, data)
    assert mapping(data, CONFIRMATIONS) == {}
    assert rows(data, "SELECT repo_id, cause, renamed_to FROM tombstones") == [("org/m3", "renamed", "other/new")]
    assert one(data, "SELECT count(*) FROM models WHERE repo_id = 'other/new'") == (1,)


def test_a_name_taken_back_has_returned(shelf: Shelf, data: Path) -> None:
    shelf.rename("org/m3", "other/new")
    visit(shelf, data)
    shelf.moved.clear()
    shelf.rename("other/new", "org/m3")
    shelf.moved.clear()
    visit(shelf, data)
    found = rows(data, "SELECT repo_id, renamed_to, returned_at IS NOT NULL FROM tombstones ORDER BY noticed_at")
    assert found == [("org/m3", "other/new", True), ("other/new", "org/m3", False)]


def test_a_model_transferred_out_of_the_selection_is_renamed_and_known_by_its_new_name(
    shelf: Shelf, tmp_path: Path
) -> None:
    data, of_org = tmp_path / "d", Selection(author="org")
    visit(shelf, data, of_org)
    shelf.rename("org/m3", "other/new")
    visit(shelf, data, of_org)
    assert rows(data, "SELECT repo_id, cause, renamed_to FROM tombstones") == [("org/m3", "renamed", "other/new")]
    assert one(data, "SELECT count(*) FROM models WHERE repo_id = 'other/new'") == (1,)
    visit(shelf, data)
    assert one(data, "SELECT count(*) FROM tombstones") == (1,)


def test_a_name_that_belongs_to_another_model_now_is_replaced(shelf: Shelf, data: Path) -> None:
    old = one(data, "SELECT hub_id FROM models WHERE repo_id = 'org/m3'")[0]
    shelf.remove("org/m3")
    shelf._said.pop("org/m3")
    new = shelf.put("org/m3", {"README.md": "# Another\n"}, hub_id="64ffffff" + "0" * 16)
    visit(shelf, data)
    assert rows(data, "SELECT hub_id, repo_id, cause FROM tombstones") == [(old, "org/m3", "replaced")]
    assert rows(data, "SELECT hub_id FROM models WHERE repo_id = 'org/m3'") == [(new,)]
    assert rows(data, "SELECT outcome, attempts FROM fetches WHERE item = 'confirmation'") == [("replaced", 0)]


def test_a_name_that_leads_to_another_model_is_replaced(shelf: Shelf, data: Path) -> None:
    shelf.remove("org/m3")
    shelf.moved["org/m3"] = "org/m4"
    visit(shelf, data)
    assert mapping(data, CAUSES) == {"org/m3": "replaced"}


def test_a_model_that_only_left_a_filter_is_no_tombstone_and_not_requested_again(shelf: Shelf, tmp_path: Path) -> None:
    data, tagged = tmp_path / "d", Selection(tags=("good",))
    for n in range(12):
        shelf.say(f"org/m{n}", tags=["good"])
    visit(shelf, data, tagged)
    shelf.say("org/m3", tags=["bad"])
    visit(shelf, data, tagged)
    assert mapping(data, CONFIRMATIONS) == {"org/m3": "ok"}
    assert one(data, "SELECT count(*) FROM tombstones") == (0,)
    assert visit(shelf, data, tagged) == 1


def test_a_short_listing_makes_none_until_a_full_one_confirms(shelf: Shelf, data: Path, tmp_path: Path) -> None:
    for n in range(6):
        shutil.move(shelf.root / f"org/m{n}", tmp_path / f"aside{n}")
    assert visit(shelf, data) == 1
    assert one(data, "SELECT count(*) FROM tombstones") == (0,)
    assert one(data, "SELECT count(*) FROM models") == (12,)
    for n in range(5):
        shutil.move(tmp_path / f"aside{n}", shelf.root / f"org/m{n}")
    visit(shelf, data)
    assert mapping(data, CAUSES) == {"org/m5": "deleted_or_private"}


def test_a_second_listing_as_short_is_believed(shelf: Shelf, data: Path) -> None:
    for n in range(6):
        shelf.remove(f"org/m{n}")
    assert visit(shelf, data) == 1
    assert visit(shelf, data) == 7
    assert mapping(data, CAUSES) == {f"org/m{n}": "deleted_or_private" for n in range(6)}


@pytest.mark.parametrize(
    ("seen", "previous", "short"),
    [(0, 0, False), (5, 0, False), (4, 5, False), (1, 4, False), (0, 1, True), (6, 12, True), (900, 1000, False),
     (899, 1000, True), (1000, 900, False)],
)  # fmt: skip
def test_a_listing_that_lacks_many_is_suspicious(seen: int, previous: int, short: bool) -> None:
    assert suspicious(seen, previous) is short


@pytest.mark.parametrize(
    "selection", [Selection(limit=12), Selection(sort="downloads", limit=12)], ids=["limit", "top"]
)
def test_a_part_of_the_hub_makes_none(shelf: Shelf, tmp_path: Path, selection: Selection) -> None:
    data = tmp_path / "d"
    visit(shelf, data, selection)
    shelf.remove("org/m3")
    shelf.rename("org/m4", "org/renamed")
    visit(shelf, data, selection)
    assert mapping(data, CONFIRMATIONS) == {}
    assert one(data, "SELECT count(*) FROM tombstones") == (0,)


def test_what_a_cut_run_left_is_confirmed_by_the_next(shelf: Shelf, data: Path) -> None:
    shelf.remove("org/m3")
    visit(shelf, data, max_requests=1)
    assert one(data, "SELECT count(*) FROM tombstones") == (0,)
    visit(shelf, data)
    assert mapping(data, CAUSES) == {"org/m3": "deleted_or_private"}


def test_a_disabled_model_that_is_not_listed_any_more_is_reported_as_disabled(shelf: Shelf, tmp_path: Path) -> None:
    class Unlisting(ShelfWorld):
        def walk(self, order, after):  # type: ignore[no-untyped-def]
            return (repo for repo in super().walk(order, after) if not repo.facts.disabled)

    data = tmp_path / "d"
    visit(shelf, data)
    shelf.say("org/m3", disabled=True)
    with serving(Unlisting(shelf.root, {})) as hub:
        harvest(hub, data)
    assert mapping(data, CAUSES) == {"org/m3": "disabled"}
    assert one(data, "SELECT count(*) FROM models WHERE repo_id = 'org/m3'") == (0,)


def test_a_disabled_model_that_stays_listed_is_reported_as_disabled_and_stays_in_models(
    shelf: Shelf, data: Path
) -> None:
    shelf.say("org/m3", disabled=True)
    shelf.put("org/closed", {"README.md": "# Closed when first seen\n"}, disabled=True)
    visit(shelf, data)
    shelf.say("org/m3", downloads=7)
    visit(shelf, data)
    reported = "SELECT repo_id, cause, last_seen < noticed_at, returned_at > noticed_at FROM tombstones"
    assert rows(data, reported) == [("org/m3", "disabled", True, None)]
    assert mapping(data, CONFIRMATIONS) == {}
    assert one(data, "SELECT disabled FROM models WHERE repo_id = 'org/m3'") == (True,)
    noticed_at = one(data, "SELECT noticed_at FROM tombstones")[0]
    at = "SELECT presence, disabled FROM models_at(?) WHERE repo_id = 'org/m3'"
    assert rows(data, at, noticed_at) == [("live", True)]
    shelf.say("org/m3", disabled=False)
    visit(shelf, data)
    assert rows(data, reported) == [("org/m3", "disabled", True, True)]
