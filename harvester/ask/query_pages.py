"""The list of the shipped queries, and the page of one: ``Query`` rows in, pages out."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from harvester.ask.page import Page
from harvester.ask.parameters import Param
from harvester.ask.registry import Query, queries
from harvester.ask.text import fold


def overview(directory: Path | None = None) -> pl.DataFrame:
    """Return one row per query: theme, name, question, parameters (``name TYPE = default``)."""
    rows = [
        (query.theme, query.name, query.question, ", ".join(map(_declared, query.params)))
        for query in queries(directory)
    ]
    return _texts(("theme", "name", "question", "parameters"), rows)


def overview_page(directory: Path | None = None) -> Page:
    """Return the list of all queries: by theme for people, the overview for programs."""
    rows = overview(directory)
    return Page(lambda width: _overview_text(rows, width), lambda: {"queries": rows})


def _overview_text(rows: pl.DataFrame, width: int | None) -> str:
    label = max(len(name) for name in rows["name"])
    lines: list[str] = []
    theme = None
    for row in rows.iter_rows(named=True):
        if row["theme"] != theme:
            theme = row["theme"]
            lines += ["", theme]
        room = None if width is None else max(width - label - 4, 20)
        first, *more = [row["question"]] if room is None else fold(row["question"], room)
        lines += [f"  {row['name']:{label}}  {first}", *(" " * (label + 4) + rest for rest in more)]
    return "\n".join([*lines[1:], "", "`harvester queries NAME` shows a query's parameters, columns and traps."]) + "\n"


def describe(query: Query) -> Page:
    """Return a query's page: question, parameters, columns, traps and sources."""

    def tables() -> dict[str, pl.DataFrame]:
        params = [(p.name, p.type, None if p.default is None else str(p.default), p.meaning) for p in query.params]
        columns = [(column.name, column.type, column.comment) for column in query.columns]
        facts = (query.name, query.theme, query.title, query.question, query.sql)
        return {
            "query": _texts(("name", "theme", "title", "question", "sql"), [facts]),
            "parameters": _texts(("name", "type", "default", "meaning"), params),
            "columns": _texts(("name", "type", "meaning"), columns),
            "traps": _texts(("trap",), [(text,) for text in query.traps]),
            "sources": _texts(("source",), [(text,) for text in query.see]),
        }

    return Page(lambda width: _describe_text(query, width), tables)


def _describe_text(query: Query, width: int | None) -> str:
    params = [f"{_declared(param)}: {param.meaning}" for param in query.params] or ["none"]
    columns = [f"{column.name} {column.type}: {column.comment}" for column in query.columns]
    sections = {"Parameters": params, "Columns": columns, "Traps": query.traps, "Sources": query.see}
    lines = [f"{query.name} ({query.theme}): {query.title}", *_folded(query.question, width)]
    for title, entries in sections.items():
        if entries:
            lines += ["", title]
        for entry in entries:
            first, *more = _folded(entry, None if width is None else width - 6)
            lines += [f"  {first}", *(f"      {rest}" for rest in more)]
    return "\n".join(lines) + "\n"


def _folded(text: str, width: int | None) -> list[str]:
    return [text] if width is None else fold(text, max(width, 20))


def _texts(names: tuple[str, ...], rows: Sequence[tuple[str | None, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _declared(param: Param) -> str:
    return f"{param.name} {param.type} = {'NULL' if param.default is None else param.default}"
