"""A page that people read as text and programs as tables: one model, a harvest's state, a query's description."""

from collections.abc import Callable, Mapping
from functools import cached_property
from html import escape

import polars as pl

from harvester.terminal import printable_lines


class Page:
    """A text for people, and the tables behind it by name. Either is made when it is first used."""

    def __init__(self, text: Callable[[int | None], str], tables: Callable[[], Mapping[str, pl.DataFrame]]):
        self._text, self._tables = text, tables

    def text(self, width: int | None = None) -> str:
        """Return the page for a terminal of ``width`` columns; None does not wrap."""
        return self._text(width)

    @cached_property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """The tables behind the page."""
        return self._tables()

    def __repr__(self) -> str:
        return printable_lines(self.text()).rstrip("\n")

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"
