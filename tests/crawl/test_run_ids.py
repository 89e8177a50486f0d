from datetime import datetime, timedelta
from pathlib import Path

import pytest

from harvester.clock import SystemClock
from harvester.crawl.progress import Reporter
from harvester.crawl.run import harvest_into
from harvester.crawl.run_ids import newest_id, next_id
from tests.support import harvest, mapping, one, rows, serving, settings, small_shelf


@pytest.mark.parametrize(
    ("now", "known", "expected"),
    [
        ("2026-01-02T03:04:05.9", [], "20260102T030405Z"),
        ("2026-01-02T03:04:05", ["20260102T030404Z"], "20260102T030405Z"),
        ("2026-01-02T03:04:05.9", ["20260102T030405Z"], "20260102T030406Z"),
        ("2026-01-02T03:04:05", ["20280101T235959Z", "20260102T030404Z"], "20280102T000000Z"),
        ("2026-01-02T03:04:05", ["notes", "99999999T999999Z"], "20260102T030405Z"),
    ],
)
def test_run_ids_only_increase(now: str, known: list[str], expected: str) -> None:
    found = next_id(datetime.fromisoformat(now), known)
    assert found == expected
    assert newest_id([*known, found]) == found


class Shifted(SystemClock):
    """A clock that is wrong by some days."""

    __slots__ = ()
    days = 0

    def utc(self) -> datetime:
        return super().utc() + timedelta(days=self.days)


class Ahead(Shifted):
    __slots__ = ()
    days = 400


class Heard(Reporter):
    """Keeps what is warned of."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def test_one_run_with_a_wrong_clock_hides_no_later_one_and_is_reported_once(tmp_path: Path) -> None:
    shelf, data, heard = small_shelf(tmp_path / "hub", 3), tmp_path / "data", Heard()
    with serving(shelf.world()) as hub:
        harvest_into(settings(hub, data, depths=("files", "configs")), Ahead(), heard)
        shelf.put("org/m0", {"config.json": {"model_type": "bert", "hidden_size": 7}}, downloads=5_000_000)
        shelf.rename("org/m1", "org/renamed")
        shelf.remove("org/m2")
        hub.world = shelf.world()
        harvest(hub, data, reporter=heard)
        assert len(heard.warnings) == 1
        assert "the clock says" in heard.warnings[0]
        harvest(hub, data, reporter=heard)
        assert len(heard.warnings) == 1
    assert rows(data, "SELECT repo_id, downloads, hidden_size FROM models ORDER BY repo_id") == [
        ("org/m0", 5_000_000, 7), ("org/renamed", 99, 65),
    ]  # fmt: skip
    assert mapping(data, "SELECT repo_id, cause FROM tombstones") == {
        "org/m2": "deleted_or_private", "org/m1": "renamed",
    }  # fmt: skip
    assert mapping(data, "SELECT path, count(*) FROM files WHERE repo_id = 'org/m0' GROUP BY path") == {
        "config.json": 1
    }
    assert one(data, "SELECT count(DISTINCT run_id) FROM runs") == (3,)
    assert one(data, "SELECT count(*) FROM pending") == (0,)
