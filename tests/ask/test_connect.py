"""Opening a catalogue: what goes wrong is told in one line, and an open one reads nothing but itself."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from small_catalogue import harvest_directory

from harvester.ask.connect import connect
from harvester.ask.run import sql
from harvester.errors import LocalError, UsageError


def test_a_directory_and_its_file_open_the_same_catalogue(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h", models=[{"hub_id": "a"}])
    for place in (data, str(data), data / "catalogue.duckdb"):
        with connect(place) as con:
            assert con.sql("SELECT hub_id FROM models").fetchall() == [("a",)]


def test_two_connections_at_once_and_a_second_process_read_the_same_file(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h", models=[{"hub_id": "a"}])
    read = "import sys, harvester; print(harvester.connect(sys.argv[1]).sql('SELECT hub_id FROM models').fetchall())"
    with connect(data) as one, connect(data) as other:
        elsewhere = subprocess.run([sys.executable, "-c", read, data], capture_output=True, text=True, check=True)
        assert elsewhere.stdout == "[('a',)]\n"
        assert one.sql("FROM models").fetchall() == other.sql("FROM models").fetchall()


def test_a_catalogue_that_was_replaced_is_read_while_an_old_connection_is_open(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h", models=[{"hub_id": "a"}])
    with connect(data) as old:
        for name in ("b", "c"):
            newer = harvest_directory(tmp_path / name, models=[{"hub_id": name}])
            os.replace(newer / "catalogue.duckdb", data / "catalogue.duckdb")
            with connect(data) as new, connect(data) as again:
                assert new.sql("SELECT hub_id FROM models").fetchall() == [(name,)]
                assert again.cursor().sql("SELECT hub_id FROM models").fetchall() == [(name,)]
        assert old.sql("SELECT hub_id FROM models").fetchall() == [("a",)]
    assert sorted(path.name for path in data.iterdir()) == ["catalogue.duckdb", "lake"]


def test_what_is_no_harvest_is_reported_with_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"does not exist \(run `harvester harvest` first\)"):
        connect(tmp_path / "nothing")
    with pytest.raises(UsageError, match="is not a harvest"):
        connect(tmp_path)
    with pytest.raises(UsageError, match=f"`harvester build --data {tmp_path}` builds it"):
        connect(tmp_path / "catalogue.duckdb")


def test_a_harvest_without_catalogue_says_build(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h")
    (data / "catalogue.duckdb").unlink()
    with pytest.raises(UsageError, match=f"has no catalogue yet: run `harvester build --data {data}`"):
        connect(data)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h")
    for content in (b"", b"repo_id,downloads\n" * 500):
        (data / "catalogue.duckdb").write_bytes(content)
        with pytest.raises(UsageError, match="is not a DuckDB database"):
            connect(data)


def test_a_damaged_file_is_reported_with_its_fix(tmp_path: Path) -> None:
    file = harvest_directory(tmp_path / "h", models=[{"hub_id": "a"}]) / "catalogue.duckdb"
    file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(LocalError, match=r"cannot be opened; rebuild it with `harvester build --data .*`: "):
        connect(file)


def test_a_catalogue_that_another_process_writes_is_reported_with_its_pid(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h")
    hold = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, data / "catalogue.duckdb"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        with pytest.raises(LocalError, match=f"is open for writing in process {writer.pid}") as told:
            connect(data)
        assert "\n" not in str(told.value)
        writer.communicate("")


def test_a_catalogue_open_in_this_process_with_other_settings_is_reported(tmp_path: Path) -> None:
    data = harvest_directory(tmp_path / "h")
    with (
        duckdb.connect(str(data / "catalogue.duckdb"), read_only=True),
        pytest.raises(UsageError, match="already open in this process"),
    ):
        connect(data)


@pytest.mark.parametrize(
    "attempt",
    [
        "SELECT content FROM read_text('{outside}')",
        "SELECT column0 FROM read_csv('{outside}')",
        "SELECT column0 FROM '{outside}'",
        "SELECT file FROM glob('{outside}')",
        "EXPLAIN ANALYZE COPY models TO '{outside}'",
        "WITH gone AS (DELETE FROM models RETURNING hub_id) SELECT hub_id FROM gone",
        "SELECT secret FROM outside_frame",
    ],
)
def test_a_statement_reaches_nothing_outside_the_catalogue(attempt: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("secret\n")
    outside_frame = {"secret": [1]}
    with connect(harvest_directory(tmp_path / "h", models=[{"hub_id": "a"}])) as con:
        with pytest.raises(UsageError):
            sql(con, attempt.format(outside=outside))
        assert con.sql("SELECT count(*) FROM models").fetchall() == [(1,)]
    assert outside.read_text() == "secret\n"
    assert outside_frame


def test_the_confinement_cannot_be_switched_off(tmp_path: Path) -> None:
    with connect(harvest_directory(tmp_path / "h")) as con, pytest.raises(duckdb.Error, match="locked"):
        con.execute("SET enable_external_access = true")
