"""A harvested JSON value to the value of a column of a given type, or None if it is not valid."""

import re
from collections.abc import Callable, Mapping

from harvester.extract.values import Value

#: Longest string of a typed column, characters; longer ones are cut (the leaf has all of it).
TEXT_CAP = 2000
#: Longest list of a typed column, items.
LIST_CAP = 1000
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}\Z")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?\Z")


def integer(value: Value) -> int | None:
    """A 64-bit integer: as such, as a whole float, as a string of digits, or a list with only one value."""
    kind = type(value)
    if kind is int:
        return value if -(2**63) <= value < 2**63 else None
    if kind is float:
        return int(value) if -(2.0**63) <= value < 2.0**63 and value == int(value) else None
    if kind is str:
        return int(value) if _INTEGER.match(value) else None
    return integer(value[0]) if kind is list and uniform(value) else None


def double(value: Value) -> float | None:
    """A finite number: as such, as a string that is one, or a list with only one value."""
    kind = type(value)
    if kind is float:
        return value if value * 0.0 == 0.0 else None
    if kind is int:
        return float(value) if -(2**1023) <= value < 2**1023 else None
    if kind is str:
        return double(float(value)) if _NUMBER.match(value) else None
    return double(value[0]) if kind is list and uniform(value) else None


def uniform(values: list[Value]) -> bool:
    """Whether a list by layer says the same for every layer, in scalars."""
    return bool(values) and type(values[0]) in (int, float, str) and values.count(values[0]) == len(values)


def text(value: Value) -> str | None:
    """A string that is not empty, as valid UTF-8."""
    if type(value) is not str or not value:
        return None
    return value if value.isascii() and len(value) <= TEXT_CAP else cut(value, TEXT_CAP)


def cut(value: str, cap: int) -> str:
    """At most ``cap`` characters of a harvested string, lone surrogates written as escapes."""
    return value[:cap].encode("utf-8", "backslashreplace").decode()


def boolean(value: Value) -> bool | None:
    """TRUE or FALSE as such."""
    return value if type(value) is bool else None


def texts(value: Value) -> list[str] | None:
    """The strings of a list, or of one string; None if there is none."""
    if type(value) is str:
        value = [value]
    if type(value) is not list:
        return None
    return [item for item in map(text, value[:LIST_CAP]) if item is not None] or None


def distinct_texts(value: Value) -> list[str] | None:
    """The different strings of a list in order of first occurrence; None if there is none."""
    if type(value) is not list:
        return None
    return [item for item in map(text, {v: None for v in value if type(v) is str}) if item is not None][:100] or None


def first(scope: Mapping[str, Value], keys: tuple[str, ...], convert: Callable[[Value], object]) -> object:
    """What the first of ``keys`` that says anything says."""
    for key in keys:
        if key in scope:
            value = convert(scope[key])
            if value is not None:
                return value
    return None


def mapping(value: Value) -> Mapping[str, Value]:
    """The value if it is an object, else an empty one."""
    return value if type(value) is dict else {}


CONVERTERS: dict[str, Callable[[Value], object]] = {
    "BIGINT": integer,
    "DOUBLE": double,
    "VARCHAR": text,
    "BOOLEAN": boolean,
    "VARCHAR[]": texts,
}
