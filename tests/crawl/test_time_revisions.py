"""A revision that an id file names is kept beside what is current, and never becomes it."""

import shutil
from pathlib import Path

import pytest

from harvester.crawl.select import Selection
from tests.support import EVERYTHING, Shelf, config, harvest, ids, mapping, one, rows, serving

CURRENT = (
    "SELECT models.hidden_size, models.sha, models.config_sha, models.manifest_sha, "
    "(SELECT string_agg(path, ' ' ORDER BY path) FROM files WHERE files.hub_id = models.hub_id) FROM models"
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("revisions") / "hub")
    made.put("org/m", {"config.json": config(1), "old.txt": "1"}, revision="old")
    made.put("org/m", {"config.json": config(2), "README.md": "# New\n"})
    return made


def read(shelf: Shelf, data: Path, *selections: Selection, **options: object) -> None:
    with serving(shelf.world()) as hub:
        for selection in selections:
            harvest(hub, data, selection, **options)


def test_a_named_revision_does_not_become_the_current_one(shelf: Shelf, tmp_path: Path) -> None:
    data = tmp_path / "data"
    read(shelf, data, EVERYTHING)
    before = one(data, CURRENT)
    assert before[0] == 2
    read(shelf, data, ids("org/m@old"))
    assert one(data, CURRENT) == before
    assert one(data, "SELECT count(*) FROM pending") == (0,)
    # What was read at the revision is there.
    assert one(data, "SELECT count(*) FROM base.pinned_sha") == (1,)
    assert one(data, "SELECT count(*) FROM base.doc") == (2,)
    read(shelf, data, EVERYTHING)
    assert one(data, CURRENT) == before
    assert rows(data, "SELECT * FROM changes") == []


def test_a_model_known_by_a_revision_alone_shows_it_until_its_head_is_listed(shelf: Shelf, tmp_path: Path) -> None:
    data = tmp_path / "data"
    read(shelf, data, ids("org/m@old"))
    assert one(data, "SELECT hidden_size, config_sha = sha, manifest_sha = sha FROM models") == (1, True, True)
    read(shelf, data, EVERYTHING, depths=())
    listed = one(data, "SELECT sha, hidden_size, config_status, manifest_sha, file_count FROM models")
    assert listed == (shelf.sha("org/m"), None, "pending", None, 2)
    assert one(data, "SELECT count(*) FROM observations") == (2,)
    read(shelf, data, ids("org/m@old"), EVERYTHING)
    assert one(data, "SELECT hidden_size FROM models") == (2,)


@pytest.mark.parametrize("lines", [("org/m", "org/m@old"), ("org/m@old", "org/m"), ("org/m@old", "org/m@main")])
def test_the_head_speaks_for_a_model_whatever_the_order_of_the_lines(
    shelf: Shelf, tmp_path: Path, lines: tuple[str, ...]
) -> None:
    data = tmp_path / "data"
    read(shelf, data, ids(*lines))
    assert one(data, "SELECT hidden_size, sha FROM models") == (2, shelf.sha("org/m"))
    read(shelf, data, ids(*lines))
    assert mapping(data, "SELECT path, count(*) FROM files GROUP BY path") == {"README.md": 1, "config.json": 1}


def test_a_new_head_is_current_after_a_named_revision(shelf: Shelf, tmp_path: Path) -> None:
    data, moving = tmp_path / "data", Shelf(shutil.copytree(shelf.root, tmp_path / "hub"))
    moving._said = dict(shelf._said)
    read(moving, data, EVERYTHING, ids("org/m@old"))
    moving.put("org/m", {"config.json": config(3)})
    # Its head is listed and not read yet: what is shown is the newest that was read of a head.
    read(moving, data, EVERYTHING, depths=())
    assert one(data, "SELECT hidden_size, sha = config_sha FROM models") == (2, False)
    read(moving, data, EVERYTHING)
    assert one(data, "SELECT hidden_size, sha = config_sha FROM models") == (3, True)


def test_each_request_for_a_manifest_is_counted_once(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", ids("org/m", "org/m@old"), depths=("files", "dates"))
        sent = len(hub.log)
    assert one(tmp_path / "d", "SELECT sum(attempts) FROM fetches") == (sent,)
