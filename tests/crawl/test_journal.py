"""The open run's working memory: what was committed survives, what is torn is set aside."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from harvester.crawl.journal import BATCH_BYTES, Extract, Journal, OpenRun, Payload
from harvester.crawl.journal_layout import Layout
from harvester.errors import LocalError
from harvester.lake.parts import Rows


def an_open_run(**more: object) -> OpenRun:
    return OpenRun(
        run_id="20261123T000000Z", selection_id="s", hub="h", with_=("files",), documents=(),
        started_at=datetime(2026, 11, 23), **more,
    )  # type: ignore[arg-type]  # fmt: skip


def a_payload(number: int, size: int = 0) -> Payload:
    return Payload({"fetches": [("x" * size, number, None, b"\0\xff")]})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_an_answer_and_the_state_after_it_are_committed_together(path: Path) -> None:
    first = Journal(path)
    run = an_open_run(cursor="/api/models?cursor=a", listed=7, requests={"api": 3})
    first.add(a_payload(1), run)
    # Not closed: another process finds what a killed one committed.
    second = Journal(path)
    assert second.open_run() == run
    assert [p.rows for p in second.batch("b")] == [{"fetches": [("", 1, None, b"\0\xff")]}]
    first.close()
    second.close()


def test_a_batch_is_taken_once_and_in_order(path: Path) -> None:
    journal = Journal(path)
    for number in range(3):
        journal.add(a_payload(number))
    assert [p.rows["fetches"][0][1] for p in journal.batch("first")] == [0, 1, 2]
    assert journal.batch("second") == []
    journal.close()


def test_a_batch_has_a_bounded_size_and_takes_at_least_one_answer(path: Path) -> None:
    journal = Journal(path)
    for number in range(3):
        journal.add(a_payload(number, BATCH_BYTES + 1))
    assert [len(journal.batch(name)) for name in "abcd"] == [1, 1, 1, 0]
    journal.close()


def test_answers_of_a_published_batch_are_dropped_and_those_of_another_wait_again(path: Path) -> None:
    journal = Journal(path)
    journal.add(a_payload(1))
    journal.batch("published")
    journal.add(a_payload(2))
    journal.batch("torn")
    journal.recover(["published"])
    assert journal.waiting()[0] == 1
    assert [p.rows["fetches"][0][1] for p in journal.batch("again")] == [2]
    journal.close()


def test_a_document_is_known_for_the_way_it_was_read(path: Path) -> None:
    journal = Journal(path)
    journal.add(Payload(extract=(Extract(b"1", "config", "config.json", b"{}"),)))
    journal.add(Payload(extract=(Extract(b"2", "modules", "modules.json", b"[]"),)))
    assert journal.is_known(b"1", "config")
    assert not journal.is_known(b"1", "adapter_config")
    assert journal.known_data(b"1", "config") is None
    assert journal.known_data(b"2", "modules") == b"[]"
    journal.close()


@pytest.mark.parametrize("damage", [b"", b"not a database, but long enough to be taken for one" * 100])
def test_a_torn_journal_is_set_aside_and_a_new_one_started(path: Path, damage: bytes) -> None:
    journal = Journal(path)
    journal.save(an_open_run())
    for number in range(200):
        journal.add(a_payload(number, 1_000))
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(damage or whole[: len(whole) // 2])
    reopened = Journal(path)
    assert reopened.damaged is not None
    assert reopened.damaged.exists()
    assert reopened.open_run() is None
    reopened.add(a_payload(1))
    assert reopened.waiting()[0] == 1
    reopened.close()


def test_a_run_that_ended_is_open_no_more(path: Path) -> None:
    journal = Journal(path)
    journal.save(an_open_run())
    journal.save(None)
    assert journal.open_run() is None
    journal.close()


def test_a_journal_where_none_can_be_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cannot open"):
        Journal(tmp_path / "nowhere" / "journal.sqlite")


def stored(path: Path, layout: Layout, rows: Rows) -> None:
    """A journal with an open run that another version left."""
    journal = Journal(path)
    journal.add(Payload(rows), an_open_run())
    journal.close()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'layout'", (msgspec.msgpack.encode(layout),))


def without(table: str, column: str, *more: str) -> Layout:
    """This version's layout, less a column; ``more`` columns stand at its end."""
    layout = Layout.current()
    kept = (*(name for name in layout.columns[table] if name != column), *more)
    return Layout({**layout.columns, table: kept}, "0.0.9")


@pytest.mark.parametrize("column", Layout.current().columns["visits"])
def test_an_open_run_outlives_an_upgrade_that_adds_a_column(path: Path, column: str) -> None:
    layout = without("visits", column)
    stored(path, layout, {"visits": [tuple(layout.columns["visits"])]})
    with closing(Journal(path)) as journal:
        assert journal.open_run() == an_open_run()
        (answer,) = journal.batch("b")
    names = Layout.current().columns["visits"]
    assert [tuple(row) for row in answer.rows["visits"]] == [tuple(None if n == column else n for n in names)]


def test_a_column_that_this_version_does_not_have_is_left_out(path: Path) -> None:
    layout = without("visits", "sha", "colour")
    stored(path, layout, {"visits": [tuple(layout.columns["visits"])]})
    with closing(Journal(path)) as journal:
        (answer,) = journal.batch("b")
    assert "colour" not in answer.rows["visits"][0]
    assert len(answer.rows["visits"][0]) == len(Layout.current().columns["visits"])


@pytest.mark.parametrize(
    ("layout", "rows", "why"),
    [
        (Layout({"moods": ("hub_id",)}, "0.0.9"), {"moods": [("h",)]}, "no table 'moods'"),
        (without("visits", "sha"), {"visits": [("h", "s")]}, "have not the"),
    ],
)
def test_an_open_run_that_cannot_be_converted_is_named_with_the_fix(
    path: Path, layout: Layout, rows: Rows, why: str
) -> None:
    stored(path, layout, rows)
    for _ in range(2):
        with pytest.raises(LocalError, match=rf"harvester 0\.0\.9.*{why}.*Finish it with the version that began it"):
            Journal(path)


def test_a_journal_of_a_newer_version_is_left_alone(path: Path) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LocalError, match="newer harvester"):
        Journal(path)
