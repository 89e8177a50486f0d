"""What a run keeps of a listing: changes alone, which the catalogue expands to what every run saw."""

from contextlib import closing
from pathlib import Path

import pytest

from harvester.clock import SystemClock
from harvester.crawl.journal import Journal
from harvester.crawl.progress import Reporter
from harvester.crawl.run import Harvest, HarvestResult, harvest_into
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from tests.support import harvest, rows, serving, settings, small_shelf

Reported = tuple[Path, list[HarvestResult]]


def stored(data: Path, table: str, run_id: str) -> int:
    with connection(Lake(Layout(data))) as con:
        return int(con.execute(f"SELECT count(*) FROM lake_{table} WHERE run_id = ?", [run_id]).fetchall()[0][0])


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """Four runs: the first, one that sees the same, one that sees one download more and one model less, its return."""
    root = tmp_path_factory.mktemp("compare")
    shelf = small_shelf(root / "hub", 3)
    with serving(shelf.world()) as hub:
        results = [harvest(hub, root / "data", depths=()) for _ in range(2)]
        shelf.say("org/m0", downloads=101)
        (root / "hub/org/m2").rename(root / "away")
        hub.world = shelf.world()
        results.append(harvest(hub, root / "data", depths=()))
        (root / "away").rename(root / "hub/org/m2")
        hub.world = shelf.world()
        results.append(harvest(hub, root / "data", depths=()))
    return root / "data", results


@pytest.mark.parametrize(
    ("table", "counts"),
    [("facts", [3, 0, 0, 0]), ("observations", [3, 0, 1, 0]), ("members", [3, 0, 1, 1]), ("files", [12, 0, 0, 0])],
)
def test_only_what_changed_is_stored(reported: Reported, table: str, counts: list[int]) -> None:
    data, results = reported
    assert [stored(data, table, result.run_id) for result in results] == counts


class StopsAtThePlan(Reporter):
    """Interrupts its harvest once the listing was compared."""

    harvest: Harvest

    def say(self, text: str) -> None:
        if "need requests" in text:
            self.harvest.stop("interrupted")


def test_a_kill_after_the_comparison_was_published_doubles_nothing(tmp_path: Path) -> None:
    data, shelf = tmp_path / "data", small_shelf(tmp_path / "hub", 3)
    tables = ("selections", "facts", "observations", "members", "files")
    reporter = StopsAtThePlan(quiet=True)
    with serving(shelf.world()) as hub:
        ended = harvest_into(
            settings(hub, data, depths=("configs",)), SystemClock(), reporter,
            lambda started: setattr(reporter, "harvest", started),
        )  # fmt: skip
        assert ended.status == "interrupted"
        counts = [stored(data, table, ended.run_id) for table in tables]
        with closing(Journal(Layout(data).journal)) as journal:
            run = journal.open_run()
            assert run is not None
            run.compared = False
            journal.save(run)
        assert harvest(hub, data, depths=("configs",)).run_id == ended.run_id
    assert counts == [1, 3, 3, 3, 12]
    assert [stored(data, table, ended.run_id) for table in tables] == counts


def test_every_run_shows_what_it_saw(reported: Reported) -> None:
    data, results = reported
    saw = rows(data, "SELECT run_id, repo_id, downloads FROM observations ORDER BY ALL")
    expected = [
        [("org/m0", 100), ("org/m1", 99), ("org/m2", 98)],
        [("org/m0", 100), ("org/m1", 99), ("org/m2", 98)],
        [("org/m0", 101), ("org/m1", 99)],
        [("org/m0", 101), ("org/m1", 99), ("org/m2", 98)],
    ]
    assert saw == [(result.run_id, *seen) for result, of_run in zip(results, expected, strict=True) for seen in of_run]


def test_not_seen_is_not_the_same_as_unchanged(reported: Reported) -> None:
    data, results = reported
    members = "SELECT run_id, count(*) FROM selection_members GROUP BY ALL ORDER BY ALL"
    assert rows(data, members) == [(r.run_id, n) for r, n in zip(results, (3, 3, 2, 3), strict=True)]


def test_the_staged_listing_is_gone_when_a_run_has_ended(reported: Reported) -> None:
    data, _ = reported
    assert Lake(Layout(data)).parts("listing") == []
    assert not list((data / "lake/listing").rglob("*.parquet"))


def test_a_run_ends_with_one_part_a_table(reported: Reported) -> None:
    data, results = reported
    lake = Lake(Layout(data))
    for table in ("facts", "files", "members", "fetches", "runs"):
        for result in results:
            assert len(lake.parts(table, result.run_id)) <= 1, table
