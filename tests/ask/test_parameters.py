"""Parameters: text and Python values become the declared type, or a line that names what is wrong."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from harvester.ask.parameters import Param, assignments, bind
from harvester.errors import UsageError


def param(kind: str) -> Param:
    return Param("p", kind, None, "meaning")


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("BIGINT", "42", 42),
        ("BIGINT", " -1 ", -1),
        ("BIGINT", 2**63 - 1, 2**63 - 1),
        ("INTEGER", "2147483647", 2**31 - 1),
        ("DOUBLE", "1e3", 1000.0),
        ("DOUBLE", 2, 2.0),
        ("VARCHAR", " as written ", " as written "),
        ("VARCHAR", "", ""),
        ("BOOLEAN", "Yes", True),
        ("BOOLEAN", "0", False),
        ("BOOLEAN", False, False),
        ("DATE", "2026-01-31", date(2026, 1, 31)),
        ("DATE", date(2026, 1, 31), date(2026, 1, 31)),
        ("TIMESTAMP", "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12)),
        ("TIMESTAMP", "2026-01-31 12:00", datetime(2026, 1, 31, 12)),
        ("TIMESTAMP", datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 1, 31, 10)),
        ("TIMESTAMP", datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 1, 31)),
        ("BIGINT", None, None),
    ],
)
def test_a_value_becomes_the_declared_type(kind: str, given: object, value: object) -> None:
    converted = param(kind).convert(given)
    assert (converted, type(converted)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("BIGINT", "many"),
        ("BIGINT", "1.5"),
        ("BIGINT", 1.5),
        ("BIGINT", True),
        ("BIGINT", 2**63),
        ("INTEGER", "2147483648"),
        ("DOUBLE", "nan"),
        ("DOUBLE", "inf"),
        ("DOUBLE", "x"),
        ("DOUBLE", True),
        ("VARCHAR", 5),
        ("BOOLEAN", "maybe"),
        ("BOOLEAN", 1),
        ("DATE", "31.1.2026"),
        ("DATE", datetime(2026, 1, 31)),
        ("TIMESTAMP", "noon"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(kind: str, given: object) -> None:
    with pytest.raises(UsageError, match=rf"p must be .+ \({kind}\), got "):
        param(kind).convert(given)


def test_defaults_fill_what_is_not_given() -> None:
    params = (Param("a", "BIGINT", 1, "m"), Param("b", "VARCHAR", None, "m"))
    assert bind("query q", params, {"a": "7"}) == {"a": 7, "b": None}


def test_an_unknown_parameter_is_reported_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"query q has no parameter 'x' \(its parameters: a\)"):
        bind("query q", (Param("a", "BIGINT", 1, "m"),), {"x": 1})
    with pytest.raises(UsageError, match=r"\(its parameters: none\)"):
        bind("query q", (), {"x": 1})


def test_assignments_keep_everything_after_the_first_equals_sign() -> None:
    assert assignments(["a=1", " field = x=y", "empty="]) == {"a": "1", "field": " x=y", "empty": ""}


@pytest.mark.parametrize("pairs", [["a"], ["=1"], ["a=1", "a=2"]])
def test_a_broken_assignment_is_refused(pairs: list[str]) -> None:
    with pytest.raises(UsageError, match="-p "):
        assignments(pairs)
