"""The catalogue of shipped queries: one page per theme, and the list of all."""

from collections.abc import Iterable

import duckdb

from harvester.ask.parameters import Param
from harvester.ask.registry import Query, queries
from tools.docs_sample import answer_of, cell


def query_list() -> str:
    """Return docs/queries/index.md: every query with its question, by theme."""
    lines = [
        "# Queries", "", "`harvester query NAME` runs one, `harvester queries NAME` describes it, and",
        "`catalogue.query(NAME)` gives a DataFrame. Parameters are set with `-p name=value`.", "",
    ]  # fmt: skip
    for theme in themes():
        lines += [f"## {theme.capitalize()}", "", "| query | question |", "|---|---|"]
        lines += [f"| [{q.name}]({theme}.md#{q.name}) | {cell(q.question)} |" for q in of_theme(theme)]
        lines.append("")
    return "\n".join(lines)


def query_page(con: duckdb.DuckDBPyConnection, theme: str, note: str) -> str:
    """Return docs/queries/THEME.md: what each query asks, takes and gives, its traps, and an output."""
    lines = [f"# Queries: {theme}", "", note, ""]
    for query in of_theme(theme):
        lines += [f"## {query.name}", "", query.question, "", "```sh", f"harvester query {query.name}", "```", ""]
        lines += answer_of(con, query.name)
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [f"| {c.name} | {c.type} | {cell(c.comment)} |" for c in query.columns]
        lines.append("")
        if query.params:
            lines += ["| parameter | type | default | meaning |", "|---|---|---|---|"]
            lines += [f"| {p.name} | {p.type} | {_default(p)} | {cell(p.meaning)} |" for p in query.params]
            lines.append("")
        lines += _list("Traps", query.traps) + _list("Sources", query.see)
    return "\n".join(lines)


def themes() -> list[str]:
    """Return the themes in order."""
    return list(dict.fromkeys(query.theme for query in queries()))


def of_theme(theme: str) -> list[Query]:
    """Return the queries of a theme in order."""
    return [query for query in queries() if query.theme == theme]


def _default(param: Param) -> str:
    return "" if param.default is None else cell(str(param.default))


def _list(title: str, entries: Iterable[str]) -> list[str]:
    found = [f"- {cell(entry)}" for entry in entries]
    return [f"{title}:", "", *found, ""] if found else []
