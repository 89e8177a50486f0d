"""The constructors of lake rows agree with the schema of the lake, and nothing else builds a row by position."""

import ast
import inspect
import types
import typing
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harvester.extract.evaluations import EvaluationRow
from harvester.hub.answers import ModelInfo
from harvester.schema import rows
from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.schema.lake import FACTS, LAKE_TABLES, OBSERVED
from harvester.schema.rows import Row, micros
from harvester.schema.table import Column, Table

#: Tables that only SQL writes, by column name (crawl/compare.py).
BY_SQL = {"observations", "members"}
BUILT = [table for table in LAKE_TABLES if table.name not in BY_SQL]
#: Arguments that stand for several columns, in the order of the schema.
SEVERAL: dict[str, tuple[Column, ...]] = {"facts": FACTS, "observed": OBSERVED, "typed": CONFIG_COLUMNS}
PYTHON = {
    "VARCHAR": str, "BIGINT": int, "INTEGER": int, "DOUBLE": float, "BOOLEAN": bool, "BLOB": bytes,
    "TIMESTAMP": datetime, "VARCHAR[]": list,
}  # fmt: skip


def constructor(table: Table) -> Callable[..., Row]:
    found: Callable[..., Row] = getattr(rows, f"{table.name}_row")
    return found


def value_of(column: Column, number: int) -> Any:
    """A value of the column's type that no other column of the row has."""
    made: dict[str, Any] = {
        "VARCHAR": f"text {number}", "BIGINT": number, "INTEGER": number, "DOUBLE": number + 0.5,
        "BOOLEAN": number, "BLOB": b"%d" % number, "TIMESTAMP": datetime(2026, 1, 1, microsecond=number),
        "VARCHAR[]": [f"item {number}"],
    }  # fmt: skip
    return made[column.type]


def stored(value: Any) -> Any:
    return micros(value) if isinstance(value, datetime) else value


def python_types(hint: Any) -> set[Any]:
    """The types that an argument takes, without None."""
    members = (
        typing.get_args(hint)
        if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
        else (hint,)
    )
    return {list if typing.get_origin(one) is not None else one for one in members} - {type(None)}


@pytest.mark.parametrize("table", BUILT, ids=lambda table: table.name)
def test_a_row_has_the_columns_of_its_table_in_their_order(table: Table) -> None:
    columns = [column for column in table.columns if column.name != "run_id"]
    values = {column.name: value_of(column, number) for number, column in enumerate(columns)}
    build = constructor(table)
    arguments: dict[str, Any] = {}
    for name in inspect.signature(build).parameters:
        if table.name == "runs":
            arguments[name] = values
        elif name == "result":
            arguments[name] = types.SimpleNamespace(**values)
        elif name == "typed":
            arguments[name] = values
        elif name in SEVERAL:
            arguments[name] = tuple(stored(values[column.name]) for column in SEVERAL[name])
        else:
            arguments[name] = values[name]
    row = build(**arguments)
    assert row == tuple(stored(value) for value in values.values())


@pytest.mark.parametrize("table", [table for table in BUILT if table.name != "runs"], ids=lambda table: table.name)
def test_an_argument_has_the_type_of_its_column(table: Table) -> None:
    types_of = {column.name: column.type for column in table.columns}
    hints = typing.get_type_hints(constructor(table))
    wrong = {
        name: hint
        for name, hint in hints.items()
        if name in types_of and python_types(hint) != {PYTHON[types_of[name]]}
    }
    assert wrong == {}
    assert {*hints} - {*types_of} <= {*SEVERAL, "result", "return"}


@pytest.mark.parametrize(
    ("source", "columns"),
    [(ModelInfo, (*FACTS, *OBSERVED)), (EvaluationRow, rows.RESULT)],
    ids=["ModelInfo", "EvaluationRow"],
)
def test_an_object_read_by_column_names_has_them_with_their_types(source: type, columns: tuple[Column, ...]) -> None:
    hints = typing.get_type_hints(source)
    properties = {name: one.fget for name, one in vars(source).items() if isinstance(one, property)}
    hints |= {name: typing.get_type_hints(get)["return"] for name, get in properties.items()}
    assert {c.name: python_types(hints[c.name]) for c in columns} == {c.name: {PYTHON[c.type]} for c in columns}


def rows_by_position(source: str) -> list[int]:
    """The lines that give a lake table a literal tuple, as `{"files": [(...)]}` or `rows["files"] = [(...)]`."""
    found = []
    tables = {table.name for table in LAKE_TABLES}
    for node in ast.walk(ast.parse(source)):
        given = list(zip(node.keys, node.values, strict=True)) if isinstance(node, ast.Dict) else []
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            given = [(node.targets[0].slice, node.value)]
        for key, value in given:
            if isinstance(key, ast.Constant) and key.value in tables:
                items = value.elts if isinstance(value, ast.List) else [getattr(value, "elt", None)]
                found += [item.lineno for item in items if isinstance(item, ast.Tuple)]
    return found


def test_only_the_constructors_know_the_order_of_the_columns() -> None:
    known = 'rows = {"files": [(1, 2)], "other": [(1, 2)]}\nrows["visits"] = [(a, 1) for a in b]'
    assert sorted(rows_by_position(known)) == [1, 2]
    package = Path(rows.__file__).parents[1]
    found = {path.name: rows_by_position(path.read_text(encoding="utf-8")) for path in package.rglob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {}
