"""The types of a decoded JSON document, which all extractors of configs use."""

from typing import Any, NamedTuple

#: A decoded JSON value: dict, list, str, int, ``LongInt``, float, bool or None. Harvested, so look before you use.
Value = Any
#: Field path, JSON type, JSON text (None above ``flatten.VALUE_CAP``), number of one leaf. The number is the value of
#: an integer or number as the nearest double (NaN and infinities as such, an integer beyond double as an infinity),
#: None for all other types. Plain tuples: they come by the million.
Leaf = tuple[str, str, str | None, float | None]


class LongInt:
    """An integer literal of more digits than Python converts (4,300), kept as its text."""

    __slots__ = ("digits",)

    def __init__(self, digits: str) -> None:
        self.digits = digits


class Flattened(NamedTuple):
    """The leaves of a document in its order; ``keep_bytes`` when one was too large to be kept as text."""

    leaves: list[Leaf]
    keep_bytes: bool
