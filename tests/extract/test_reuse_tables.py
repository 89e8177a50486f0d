"""The rows that extraction makes and the columns that people query go by the same names."""

from dataclasses import fields

import pytest

from harvester.extract.card import Card
from harvester.extract.card_body import PaperRow
from harvester.extract.evaluations import EvaluationRow
from harvester.extract.languages import LanguageRow
from harvester.extract.weights.header import WeightHeader
from harvester.schema.reuse_tables import (
    CARDS,
    EVALUATIONS,
    LANGUAGES,
    PAPERS,
    REUSE_TABLES,
    WEIGHTS,
)
from harvester.schema.table import Table

#: Fields of a card that are tables of their own.
CARD_LISTS = {"licenses", "languages", "datasets", "base_models", "tags", "papers", "evaluations"}


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (Card, CARDS),
        (LanguageRow, LANGUAGES),
        (PaperRow, PAPERS),
        (EvaluationRow, EVALUATIONS),
        (WeightHeader, WEIGHTS),
    ],
)
def test_every_field_of_a_row_is_a_column(row: type, table: Table) -> None:
    # The build compares tensor names and shows none.
    names = {field.name for field in fields(row)} - (CARD_LISTS if row is Card else {"tensor_names"})
    assert names <= set(table.names)


@pytest.mark.parametrize("table", REUSE_TABLES, ids=lambda table: table.name)
def test_every_column_has_a_comment_and_every_key_is_one(table: Table) -> None:
    assert len(set(table.names)) == len(table.names)
    assert set(table.key) <= set(table.names)
    assert all(column.comment.endswith(".") and column.type.isascii() for column in table.columns)
