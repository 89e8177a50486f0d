"""Every shipped query against its own proof: ``tests/queries/<name>/<case>/`` holds rows in, parameters, rows out.

A new case is data: one JSON file of rows a table, ``params.json`` where parameters differ from their defaults, and
``expected.csv`` (NULL is an empty cell, an empty string is "").
"""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from small_catalogue import TYPES, in_memory, insert, read_case

from harvester.ask.encode import csv_chunks
from harvester.ask.registry import Query, queries
from harvester.ask.run import query

CASES = Path(__file__).resolve().parents[1] / "queries"
QUERIES = {asked.name: asked for asked in queries()}


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory() as con:
        yield con


@pytest.fixture
def catalogue(empty: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty catalogue, whose rows go when the test ends."""
    yield empty
    for table in TYPES:
        empty.execute(f"DELETE FROM {table}")


def cases() -> list[Path]:
    return sorted(file.parent for file in CASES.glob("*/*/expected.csv"))


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_query_returns_the_rows_that_its_case_expects(case: Path, catalogue: duckdb.DuckDBPyConnection) -> None:
    params = case / "params.json"
    given = json.loads(params.read_text()) if params.exists() else {}
    insert(catalogue, read_case(case))
    answer = query(catalogue, case.parent.name, **given)
    assert "".join(csv_chunks(answer)) == (case / "expected.csv").read_text()


@pytest.mark.parametrize("asked", QUERIES.values(), ids=lambda asked: asked.name)
def test_a_query_answers_an_empty_catalogue_with_no_rows_and_its_declared_columns(
    asked: Query, empty: duckdb.DuckDBPyConnection
) -> None:
    relation = empty.sql(asked.sql, params=asked.bind({}))
    declared = [(column.name, column.type) for column in asked.columns]
    assert list(zip(relation.columns, map(str, relation.types), strict=True)) == declared
    frame = query(empty, asked.name)
    assert frame.columns == [column.name for column in asked.columns]
    assert frame.height == 0


@pytest.mark.parametrize("asked", QUERIES.values(), ids=lambda asked: asked.name)
def test_a_query_has_at_least_two_cases(asked: Query) -> None:
    assert len(list((CASES / asked.name).glob("*/expected.csv"))) >= 2


def test_every_case_belongs_to_a_query() -> None:
    assert {case.parent.name for case in cases()} == set(QUERIES)
