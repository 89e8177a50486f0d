"""The types of query parameters, and how text becomes a value."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from harvester.errors import UsageError

Value = int | float | str | bool | date | None


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a query: name, DuckDB type, default, and what it does."""

    name: str
    type: str
    default: Value
    meaning: str

    def convert(self, given: object) -> Value:
        """Return a value of the parameter's type from text or from a Python value; None stays None.

        Raises UsageError that names the parameter, its type and what was given.
        """
        if given is None:
            return None
        kind = KINDS[self.type]
        try:
            return kind.read(given.strip() if isinstance(given, str) and self.type != "VARCHAR" else given)
        except (ValueError, TypeError, OverflowError):
            raise UsageError(f"{self.name} must be {kind.words} ({self.type}), got {given!r}") from None


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of parameters: its description, and how to read a value."""

    words: str
    read: Callable[[object], Value]


def _whole(given: object, bits: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError
    value = int(given)
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        raise OverflowError
    return value


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise ValueError
    value = float(given)
    if not math.isfinite(value):
        raise ValueError
    return value


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError
    return given


def _truth(given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = _text(given).lower()
    if word not in ("true", "yes", "1", "false", "no", "0"):
        raise ValueError
    return word in ("true", "yes", "1")


def _day(given: object) -> date:
    if isinstance(given, datetime):
        raise ValueError
    return given if isinstance(given, date) else date.fromisoformat(_text(given))


def _instant(given: object) -> datetime:
    value = given if isinstance(given, datetime) else datetime.fromisoformat(_text(given))
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


#: All types of parameters. To add one, add a row.
KINDS: Mapping[str, Kind] = {
    "INTEGER": Kind("a whole number", lambda given: _whole(given, 32)),
    "BIGINT": Kind("a whole number", lambda given: _whole(given, 64)),
    "DOUBLE": Kind("a number", _number),
    "VARCHAR": Kind("text", _text),
    "BOOLEAN": Kind("true or false", _truth),
    "DATE": Kind("a date as 2026-01-31", _day),
    "TIMESTAMP": Kind("a UTC time as 2026-01-31T12:00:00Z", _instant),
}


def bind(owner: str, params: tuple[Param, ...], given: Mapping[str, object]) -> dict[str, Value]:
    """Return a value for every parameter: the given one, converted, else the default.

    Raises UsageError for a parameter that ``owner`` does not have.
    """
    known = {param.name: param for param in params}
    for name in given:
        if name not in known:
            has = ", ".join(known) if known else "none"
            raise UsageError(f"{owner} has no parameter {name!r} (its parameters: {has})")
    return {name: param.convert(given[name]) if name in given else param.default for name, param in known.items()}


def assignments(pairs: list[str]) -> dict[str, str]:
    """Read the ``key=value`` of ``-p``; raises UsageError for a pair without ``=`` and for a key given twice."""
    given: dict[str, str] = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        key = key.strip()
        if not separator or not key:
            raise UsageError(f"-p takes key=value, got {pair!r}")
        if key in given:
            raise UsageError(f"-p {key} is given twice: leave one out")
        given[key] = value
    return given
