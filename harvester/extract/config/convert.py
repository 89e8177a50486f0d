"""A harvested JSON value to the value of a column of a given type, or None where it is none."""

import re
from collections.abc import Callable

from harvester.extract.values import Value

#: Longest string a typed column holds, characters; longer ones are cut (the leaf has it whole).
TEXT_CAP = 2000
#: Longest list a typed column holds, items.
LIST_CAP = 1000
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?\Z")


def integer(value: Value) -> int | None:
    """A 64-bit integer: as such, as a whole float, or as a string of digits."""
    kind = type(value)
    if kind is int:
        return value if -(2**63) <= value < 2**63 else None
    if kind is float:
        return int(value) if -(2.0**63) <= value < 2.0**63 and value == int(value) else None
    if kind is str and _INTEGER.match(value):
        return int(value)
    return None


def double(value: Value) -> float | None:
    """A finite number: as such, or as a string that is one."""
    kind = type(value)
    if kind is float:
        return value if value * 0.0 == 0.0 else None
    if kind is int:
        return float(value) if -(2**1023) <= value < 2**1023 else None
    if kind is str and _NUMBER.match(value):
        return double(float(value))
    return None


def text(value: Value) -> str | None:
    """A string that is not empty, as valid UTF-8."""
    if type(value) is not str or not value:
        return None
    if not value.isascii() or len(value) > TEXT_CAP:
        return value[:TEXT_CAP].encode("utf-8", "backslashreplace").decode()
    return value


def boolean(value: Value) -> bool | None:
    """TRUE or FALSE as such."""
    return value if type(value) is bool else None


def texts(value: Value) -> list[str] | None:
    """The strings of a list, or of one string; None where there is none."""
    if type(value) is str:
        value = [value]
    if type(value) is not list:
        return None
    return [item for item in map(text, value[:LIST_CAP]) if item is not None] or None


CONVERTERS: dict[str, Callable[[Value], object]] = {
    "BIGINT": integer,
    "DOUBLE": double,
    "VARCHAR": text,
    "BOOLEAN": boolean,
    "VARCHAR[]": texts,
}
