"""Statements and shipped queries: what comes back, and what is refused in one line."""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal

import duckdb
import polars as pl
import pytest
from small_catalogue import in_memory

from harvester.ask.run import query, sql
from harvester.errors import UsageError


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    rows = [{"hub_id": h, "repo_id": f"x/{h}", "downloads": n, "tags": ["t"]} for n, h in enumerate("abc")]
    with in_memory(models=rows) as con:
        yield con


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT repo_id FROM models",
        "with m as (from models) select repo_id from m;",
        "FROM models SELECT repo_id",
        "(SELECT repo_id FROM models)",
        "-- a comment\nSELECT repo_id FROM models -- another",
        "PIVOT (SELECT repo_id, downloads FROM models) ON downloads USING count(*)",
        "SUMMARIZE SELECT hub_id, repo_id, downloads FROM models",
    ],
)
def test_statements_that_read_are_run(statement: str, con: duckdb.DuckDBPyConnection) -> None:
    assert sql(con, statement).height == 3


@pytest.mark.parametrize(
    "statement", ["DESCRIBE models", "SHOW TABLES", "EXPLAIN SELECT 1", "VALUES (1)", "SHOW models"]
)
def test_statements_that_explain_are_run(statement: str, con: duckdb.DuckDBPyConnection) -> None:
    assert sql(con, statement).height > 0


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("", "no SQL statement given"),
        ("-- nothing", "no SQL statement given"),
        ("SELECT 1; SELECT 2", "expected one SQL statement, got 2"),
        ("DELETE FROM models", "DELETE statements are not run here"),
        ("INSERT INTO models (hub_id) VALUES ('z')", "INSERT statements are not run here"),
        ("CREATE TABLE t AS SELECT 1", "CREATE statements are not run here"),
        ("COPY models TO 'x.csv'", "COPY statements are not run here"),
        ("ATTACH 'x.duckdb'", "ATTACH statements are not run here"),
        ("SET threads = 1", "SET statements are not run here"),
        ("INSTALL httpfs", "LOAD statements are not run here"),
        ("selec 1", r'syntax error at or near "selec" \(line 1, near "selec'),
        ("SELECT\n  1 + + FROM", r"syntax error .* \(line 2, near"),
        ("SELECT * FROM model", "no table is called model: did you mean models"),
        ("SELECT download FROM models", 'column "download" not found .* Candidate bindings: .*"downloads"'),
        ("SELECT CAST(repo_id AS INTEGER) FROM models", r"Could not convert string 'x/a' .* \(line 1, near"),
        ("SELECT $a", "parameter"),
        ("SELECT CASE WHEN i > 250000 THEN error('late') END AS x FROM range(300000) AS t(i)", "Error: late"),
    ],
)
def test_what_is_not_run_is_reported_in_one_line(statement: str, told: str, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=told) as raised:
        sql(con, statement)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        ("INTERVAL 1 DAY", pl.String, "1 day"),
        ("[INTERVAL 1 DAY]", pl.String, '["1 day"]'),
        ("{'a': INTERVAL 1 DAY}", pl.String, '{"a":"1 day"}'),
        ("5::HUGEINT", pl.Int64, 5),
        ("(2::HUGEINT ** 100)::HUGEINT", pl.Decimal(38, 0), Decimal(2**100)),
        ("170141183460469231731687303715884105727::HUGEINT", pl.String, "170141183460469231731687303715884105727"),
        ("18446744073709551615::UBIGINT", pl.UInt64, 2**64 - 1),
        ("340282366920938463463374607431768211455::UHUGEINT", pl.String, "340282366920938463463374607431768211455"),
        ("'12345678901234567890123456789012345678901'::BIGNUM", pl.String, "12345678901234567890123456789012345678901"),
        ("1.25::DECIMAL(10, 2)", pl.Decimal(10, 2), Decimal("1.25")),
        ("TIMESTAMPTZ '2024-01-01 02:00:00+02'", pl.Datetime("us"), datetime(2024, 1, 1)),
        ("TIMESTAMP '2024-01-01'", pl.Datetime("us"), datetime(2024, 1, 1)),
        ("TIMESTAMP_NS '2024-01-01'", pl.Datetime("ns"), datetime(2024, 1, 1)),
        ("DATE '0001-01-01'", pl.Date, date(1, 1, 1)),
        ("TIME '01:02:03'", pl.Time, time(1, 2, 3)),
        ("'01:02:03+01'::TIMETZ", pl.String, "01:02:03+01"),
        ("'1010'::BIT", pl.String, "1010"),
        ("union_value(k := 1)", pl.String, "1"),
        ("'a'::ENUM('a', 'b')", pl.String, "a"),
        ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", pl.String, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("'\\xFF'::BLOB", pl.Binary, b"\xff"),
        ("'{\"a\": 1}'::JSON", pl.String, '{"a": 1}'),
        ("NULL::VARCHAR", pl.String, None),
    ],
)
def test_every_duckdb_type_arrives(
    expression: str, kind: pl.DataType, value: object, con: duckdb.DuckDBPyConnection
) -> None:
    frame = sql(con, f"SELECT {expression} AS x")
    assert frame.schema["x"] == kind
    assert frame.item() == value


def test_sums_of_integers_are_bigint_and_of_nothing_null(con: duckdb.DuckDBPyConnection) -> None:
    assert sql(con, "SELECT sum(downloads) AS s FROM models").schema["s"] == pl.Int64
    assert sql(con, "SELECT sum(downloads) AS s FROM models WHERE FALSE").item() is None


def test_a_name_that_occurs_twice_is_numbered(con: duckdb.DuckDBPyConnection) -> None:
    assert sql(con, "SELECT 1 AS a, 2 AS a, 3 AS a_2").rows(named=True) == [{"a": 1, "a_3": 2, "a_2": 3}]


@pytest.mark.parametrize("expression", ["TIMESTAMP 'infinity'", "DATE '-infinity'", "'0044-03-15 (BC)'::DATE"])
def test_dates_that_no_calendar_holds_are_refused(expression: str, con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match="column x holds a date outside the years 1 to 9999"):
        sql(con, f"SELECT {expression} AS x")


def test_a_plan_has_a_row_for_each_of_its_lines(con: duckdb.DuckDBPyConnection) -> None:
    plan = sql(con, "EXPLAIN SELECT repo_id FROM models ORDER BY downloads")
    assert plan.columns == ["plan"]
    assert plan.height > 3
    assert not plan["plan"].str.contains("\n").any()


def test_order_is_kept(con: duckdb.DuckDBPyConnection) -> None:
    frame = sql(con, "SELECT i, INTERVAL (i) DAY AS d FROM range(300000) AS t(i) ORDER BY i DESC")
    assert frame["i"].is_sorted(descending=True)


def test_a_query_takes_text_and_python_values_alike(con: duckdb.DuckDBPyConnection) -> None:
    as_text = query(con, "license_mix", min_downloads="1")
    assert as_text.equals(query(con, "license-mix", min_downloads=1))
    assert as_text.rows() == [(None, 2, 1.0, 3, 1.0)]


def test_a_value_is_bound_and_never_part_of_the_statement(con: duckdb.DuckDBPyConnection) -> None:
    assert query(con, "growth_by_month", library_name="x' OR '1' = '1").height == 0
    with pytest.raises(UsageError, match=r"min_downloads must be a whole number \(BIGINT\), got '0 OR TRUE'"):
        query(con, "license_mix", min_downloads="0 OR TRUE")


def test_a_statement_leaves_its_connection_free_for_the_next(con: duckdb.DuckDBPyConnection) -> None:
    for _ in range(3):
        assert sql(con, "FROM range(10000)").height == 10_000
        with pytest.raises(UsageError):
            sql(con, "SELECT CASE WHEN i > 9000 THEN error('late') END FROM range(10000) AS t(i)")
