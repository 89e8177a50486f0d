"""A shipped query as a page: its parameters as a form, its rows, and its plot where it has one."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from markupsafe import Markup

from harvester.ask.registry import Query, find_query, queries
from harvester.ask.run import Limits, frame
from harvester.browse.store import Store
from harvester.errors import HarvesterError, UsageError

#: Seconds that a query may take, and rows shown.
SECONDS, ROWS = 60.0, 200


def themes() -> dict[str, list[Query]]:
    """Return the shipped queries by theme."""
    found: dict[str, list[Query]] = {}
    for query in queries():
        found.setdefault(query.theme, []).append(query)
    return found


def given(query: Query, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the parameters that a form sent; an empty field is the default. Raises UsageError for an unknown one."""
    query.bind({name: None for name, _ in pairs})
    return {name: value for name, value in pairs if value.strip()}


def answer(store: Store, name: str, pairs: Sequence[tuple[str, str]], rows: int | None = None) -> pl.DataFrame:
    """Return the rows of a query. Raises UsageError for an unknown query or parameter, and for a wrong value."""
    query = find_query(name)
    return frame(store.con, query.sql, query.bind(given(query, pairs)), limits=Limits(SECONDS, rows))


def query_page(store: Store, name: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return what the page of a query needs; a wrong value is explained there."""
    query = find_query(name)
    page: dict[str, Any] = {
        "query": query, "given": dict(pairs), "rows": ROWS, "frame": None, "error": "", "plot": None, "params": pairs,
        "comments": {column.name: column.comment for column in query.columns},
    }  # fmt: skip
    try:
        page["frame"] = answer(store, name, pairs)
    except HarvesterError as error:
        page["error"] = str(error)
        return page
    page["plot"] = _plot(query, page["frame"])
    return page


def _plot(query: Query, rows: pl.DataFrame) -> Mapping[str, Any] | None:
    """Draw the query's plot; None if it has none, there are no rows, or the extra for plots is not installed."""
    from harvester.report.draw import svg
    from harvester.report.plots import find_plot

    plot = find_plot(query.name)
    if plot is None or not rows.height:
        return None
    try:
        # The drawing escapes what it shows; nothing harvested is in it but text.
        return {"svg": Markup(svg(plot.encoding, rows, plot.question)), "title": plot.question, "caveat": plot.caveat}
    except (UsageError, ValueError):
        # No extra for plots, or rows without a value that could be drawn: the table says it all.
        return None
