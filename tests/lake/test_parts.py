"""Parts are published whole or not at all, and what the list does not name does not exist."""

from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from harvester.errors import DamagedLake, HarvesterError, LocalError, UsageError
from harvester.lake.duck import connection
from harvester.lake.frames import Unstorable, fitted, frame
from harvester.lake.layout import Layout, newest_harvest
from harvester.lake.parts import TABLES, Lake
from harvester.schema.rows import Row, selections_row

RUN = "20261123T000000Z"


def selections(*names: str) -> dict[str, list[Row]]:
    return {"selections": [selections_row(selection_id=name, flags="{}", name=None) for name in names]}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(Layout(tmp_path / "data"))
    lake.create()
    return lake


def names(lake: Lake) -> list[str]:
    with connection(Lake(lake.layout)) as con:
        return [name for (name,) in con.execute("SELECT selection_id FROM lake_selections ORDER BY 1").fetchall()]


def test_written_rows_are_there_once_they_are_published(lake: Lake) -> None:
    parts = lake.write(RUN, "000001", selections("a", "b"))
    assert names(lake) == []
    lake.publish(parts, batches=["first"])
    assert names(lake) == ["a", "b"]
    assert Lake(lake.layout).batches == {"first"}


def test_a_part_that_was_not_published_is_swept_away(lake: Lake) -> None:
    lake.publish(lake.write(RUN, "000001", selections("kept")))
    (part,) = lake.write(RUN, "000002", selections("left by a kill"))
    again = Lake(lake.layout)
    assert again.sweep() == 1
    assert not (lake.layout.lake / part.path).exists()
    assert names(lake) == ["kept"]


def test_replacing_parts_is_one_step(lake: Lake) -> None:
    old = lake.write(RUN, "000001", selections("a"))
    lake.publish(old, batches=["first"])
    lake.publish(lake.write(RUN, "merged", selections("b")), drop=old, forget=True)
    assert names(lake) == ["b"]
    assert Lake(lake.layout).batches == frozenset()
    assert not (lake.layout.lake / old[0].path).exists()


def test_a_damaged_list_is_not_taken_for_an_empty_lake(lake: Lake) -> None:
    lake.layout.parts_list.write_bytes(b'{"parts": [')
    with pytest.raises(DamagedLake, match="is damaged"):
        Lake(lake.layout)


def test_a_value_that_does_not_fit_costs_itself_and_one_in_the_key_its_row() -> None:
    seen = ("h", 1, 2, 3, 0.5, "false", False, False)
    for place, value in ((1, 2**70), (1, float("nan")), (1, "many"), (4, 10**400), (5, "\ud800"), (6, "yes")):
        row = (*seen[:place], value, *seen[place + 1 :])
        with pytest.raises(Unstorable, match=r"^observations\."):
            frame(TABLES["observations"], RUN, [seen, row])
        kept, wrong = fitted("observations", row)
        assert kept == (*seen[:place], None, *seen[place + 1 :])
        assert wrong.startswith("observations.")
    assert fitted("observations", ("\ud800", *seen[1:]))[0] is None
    assert fitted("observations", seen[1:])[0] is None
    assert fitted("observations", seen) == (seen, "")
    assert frame(TABLES["observations"], RUN, [seen])["run_id"].to_list() == [RUN]


@pytest.mark.parametrize("list_of_parts", [None, b"", b"{}", b'{"parts": 1}'])
def test_a_list_that_is_lost_sweeps_nothing(lake: Lake, list_of_parts: bytes | None) -> None:
    (part,) = lake.write(RUN, "000001", selections("a"))
    lake.publish([part])
    if list_of_parts is None:
        lake.layout.parts_list.unlink()
    else:
        lake.layout.parts_list.write_bytes(list_of_parts)
    lake.layout.require()
    with pytest.raises(DamagedLake, match=r"parts\.json is (missing|damaged).*repair --accept-loss"):
        Lake(lake.layout)
    assert (lake.layout.lake / part.path).exists()


def test_times_go_through_parquet_as_utc_microseconds(lake: Lake) -> None:
    row = ("h", "r", None, None, "manifest", None, "ok", 200, 1, None, 1_700_000_000_123_456)
    lake.publish(lake.write(RUN, "000001", {"fetches": [row]}))
    with connection(lake) as con:
        assert con.execute("SELECT fetched_at, run_id FROM lake_fetches").fetchall() == [
            (datetime(2023, 11, 14, 22, 13, 20, 123456), RUN)
        ]


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_lake_table_can_be_empty(lake: Lake, table: object) -> None:
    with connection(lake) as con:
        described = con.execute(f"DESCRIBE lake_{table.name}").fetchall()  # type: ignore[attr-defined]
    assert [(row[0], row[1]) for row in described] == [(c.name, c.type) for c in table.columns]  # type: ignore[attr-defined]


def test_a_column_that_older_parts_do_not_have_is_null(lake: Lake) -> None:
    path = lake.part_path(RUN, "old", "selections")
    pl.DataFrame({"selection_id": ["a"], "run_id": [RUN]}).write_parquet(path)
    lake.publish([lake.describe(path, RUN, "selections", 1)])
    lake.publish(lake.write(RUN, "new", selections("b")))
    with connection(lake) as con:
        told = con.execute("SELECT selection_id, flags FROM lake_selections ORDER BY 1").fetchall()
    assert told == [("a", None), ("b", "{}")]


def test_a_folder_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarvesterError, match="Not a directory"):
        Lake(Layout(tmp_path / "file" / "data")).create()


def test_what_is_no_harvest_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        Layout(tmp_path / "none").require()
    with pytest.raises(UsageError, match="is not a harvest"):
        Layout(tmp_path).require()
    with pytest.raises(UsageError, match="there is no harvest in"):
        newest_harvest(tmp_path)


def test_the_newest_harvest_is_the_one_published_last(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Lake(Layout(tmp_path / name)).create()
    lake = Lake(Layout(tmp_path / "one"))
    lake.publish(lake.write(RUN, "000001", selections("a")))
    assert newest_harvest(tmp_path) == tmp_path / "one"


@pytest.mark.parametrize("error", [duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException])
def test_a_full_disk_is_reported_as_such_whatever_duckdb_calls_it(lake: Lake, error: type[duckdb.Error]) -> None:
    with pytest.raises(LocalError, match="no space left below"), connection(lake):
        raise error("Detached database 'catalogue', but CHECKPOINT failed.\nCould not write: No space left on device")
