"""Top-N runs and filters see parts of the Hub; a complete listing of all of it finds what left in between."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from harvester.crawl.select import Selection
from tests.support import EVERYTHING, Shelf, harvest, mapping, one, rows, serving, small_shelf

TOP = Selection(sort="downloads", limit=4)
OF_ORG = Selection(author="org")
TOLD = "SELECT repo_id, cause FROM tombstones"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return small_shelf(tmp_path / "hub", models=6)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def see(shelf: Shelf, data: Path, *selections: Selection) -> int:
    """Harvest what the shelf holds now, names alone; the requests it took."""
    with serving(shelf.world()) as hub:
        for selection in selections:
            harvest(hub, data, selection, depths=())
        return len(hub.log)


def replace(shelf: Shelf, name: str, *, serial: int = 1) -> str:
    """Delete a model and create another under its name."""
    shelf.remove(name)
    shelf._said.pop(name)
    return shelf.put(name, {"README.md": f"# Another {serial}\n"}, hub_id=f"64ff{serial:04x}" + "0" * 16, downloads=500)


def swap(shelf: Shelf, one_name: str, other: str) -> None:
    shelf.rename(one_name, "org/aside")
    shelf.rename(other, one_name)
    shelf.rename("org/aside", other)
    shelf.moved.clear()


def names(data: Path) -> Counter[str]:
    return Counter(name for (name,) in rows(data, "SELECT repo_id FROM models"))


def test_a_model_that_left_between_two_top_lists_is_found_by_a_listing_of_the_whole_hub(
    shelf: Shelf, data: Path
) -> None:
    see(shelf, data, TOP)
    shelf.remove("org/m1")
    shelf.remove("org/m5")
    see(shelf, data, TOP)
    assert rows(data, TOLD) == []
    assert see(shelf, data, EVERYTHING) == 2
    assert mapping(data, TOLD) == {"org/m1": "deleted_or_private"}
    last_seen, noticed_at = one(data, "SELECT last_seen, noticed_at FROM tombstones")
    assert last_seen == one(data, "SELECT min(listed_at) FROM runs")[0] < noticed_at
    assert names(data) == Counter(["org/m0", "org/m2", "org/m3", "org/m4"])
    # It is gone: it is not requested again.
    assert see(shelf, data, EVERYTHING) == 1
    assert one(data, "SELECT count(*) FROM tombstones") == (1,)


def test_an_author_who_was_harvested_once_is_compared_with_the_whole_hub_too(shelf: Shelf, data: Path) -> None:
    see(shelf, data, OF_ORG)
    shelf.rename("org/m1", "other/m1")
    see(shelf, data, OF_ORG)
    assert mapping(data, TOLD) == {"org/m1": "renamed"}
    shelf.remove("other/m1")
    shelf.moved.clear()
    see(shelf, data, EVERYTHING)
    assert mapping(data, TOLD) == {"org/m1": "renamed", "other/m1": "deleted_or_private"}
    assert "other/m1" not in names(data)


@pytest.mark.parametrize("last", [TOP, EVERYTHING], ids=["top", "whole"])
def test_a_name_that_was_created_again_appears_once(shelf: Shelf, data: Path, last: Selection) -> None:
    see(shelf, data, TOP)
    old = one(data, "SELECT hub_id FROM models WHERE repo_id = 'org/m1'")[0]
    new = replace(shelf, "org/m1")
    see(shelf, data, last)
    assert rows(data, "SELECT hub_id FROM models WHERE repo_id = 'org/m1'") == [(new,)]
    assert max(names(data).values()) == 1
    expected = [] if last is TOP else [(old, "replaced")]
    assert rows(data, "SELECT hub_id, cause FROM tombstones") == expected
    see(shelf, data, EVERYTHING)
    assert rows(data, "SELECT hub_id, cause FROM tombstones") == [(old, "replaced")]


@pytest.mark.parametrize("selections", [[TOP], [EVERYTHING], [TOP, EVERYTHING]], ids=["top", "whole", "both"])
def test_two_models_that_swap_their_names_keep_both(shelf: Shelf, data: Path, selections: list[Selection]) -> None:
    see(shelf, data, TOP, EVERYTHING)
    before = mapping(data, "SELECT repo_id, hub_id FROM models")
    swap(shelf, "org/m0", "org/m5")
    see(shelf, data, *selections)
    after = mapping(data, "SELECT repo_id, hub_id FROM models")
    assert max(names(data).values()) == 1
    if EVERYTHING in selections:
        assert after == {**before, "org/m0": before["org/m5"], "org/m5": before["org/m0"]}
        reported = mapping(data, "SELECT repo_id, renamed_to FROM tombstones WHERE cause = 'renamed'")
        assert reported == {"org/m0": "org/m5", "org/m5": "org/m0"}


def test_a_chain_of_renames_leaves_one_name(shelf: Shelf, data: Path) -> None:
    see(shelf, data, TOP)
    shelf.rename("org/m1", "org/b")
    shelf.rename("org/m2", "org/m1")
    shelf.rename("org/b", "other/c")
    shelf.moved.pop("org/m1")
    see(shelf, data, TOP)
    see(shelf, data, EVERYTHING)
    assert max(names(data).values()) == 1
    assert {"other/c", "org/m1"} <= set(names(data))
    reported = mapping(data, "SELECT repo_id, renamed_to FROM tombstones")
    assert reported == {"org/m1": "other/c", "org/m2": "org/m1"}


def test_a_model_that_left_its_filter_and_whose_name_was_taken_is_known_by_its_new_one(
    shelf: Shelf, data: Path
) -> None:
    see(shelf, data, OF_ORG)
    kept = one(data, "SELECT hub_id FROM models WHERE repo_id = 'org/m1'")[0]
    shelf.rename("org/m1", "other/m1")
    shelf.moved.clear()
    new = shelf.put("org/m1", {"README.md": "# Another\n"}, hub_id="64ffffff" + "0" * 16)
    see(shelf, data, OF_ORG)
    # The author's listing cannot know that the old one lives elsewhere.
    assert rows(data, "SELECT hub_id, cause FROM tombstones") == [(kept, "replaced")]
    see(shelf, data, EVERYTHING)
    assert mapping(data, "SELECT hub_id, repo_id FROM models WHERE repo_id LIKE '%/m1'") == {
        kept: "other/m1", new: "org/m1",
    }  # fmt: skip
    assert rows(data, "SELECT hub_id, repo_id, cause, renamed_to FROM tombstones") == [
        (kept, "org/m1", "renamed", "other/m1")
    ]


def test_a_renamed_model_keeps_its_files_once(shelf: Shelf, data: Path) -> None:
    see(shelf, data, OF_ORG)
    shelf.rename("org/m1", "other/m1")
    see(shelf, data, OF_ORG)
    see(shelf, data, EVERYTHING)
    found = mapping(data, "SELECT path, count(*) FROM files WHERE repo_id = 'other/m1' GROUP BY path")
    assert set(found) == {"README.md", "config.json", "generation_config.json", "model.safetensors"}
    assert set(found.values()) == {1}
    assert one(data, "SELECT file_count FROM models WHERE repo_id = 'other/m1'") == (4,)


def test_a_model_that_lives_on_unlisted_gets_no_tombstone(shelf: Shelf, data: Path, tmp_path: Path) -> None:
    see(shelf, data, EVERYTHING)
    hidden = shelf.copy(tmp_path / "hidden")
    shutil.rmtree(hidden.root / "org/m1")

    class Unlisting:
        """Lists less than it serves."""

        def __init__(self) -> None:
            self._all, self._listed = shelf.world(), hidden.world()

        def __getattr__(self, name: str) -> object:
            return getattr(self._listed if name == "walk" else self._all, name)

    with serving(Unlisting()) as hub:  # type: ignore[arg-type]
        for _ in range(2):
            harvest(hub, data, EVERYTHING, depths=())
    assert rows(data, TOLD) == []
    assert len(names(data)) == 6
