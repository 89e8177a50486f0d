"""The shipped questions answered on one HTML page, without scripts and without anything fetched from elsewhere.

In goes the catalogue, out comes text. Everything harvested is escaped.
"""

from datetime import UTC, datetime
from html import escape

import duckdb
import polars as pl

from harvester.ask.registry import Query, queries
from harvester.ask.run import frame, query

#: Rows shown of an answer.
ROWS = 25
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;font-size:13px}td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;"
    "text-align:left;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}.null{color:#999}"
    "nav li{display:inline-block;margin-right:1rem}section{margin-top:2.5rem;overflow-x:auto}"
)


def page(con: duckdb.DuckDBPyConnection) -> str:
    """Return the page: when and what was harvested, then every question that needs no parameter, with its answer."""
    shipped = queries()
    runs = frame(
        con, "SELECT run_id, hub, status, listed, fetched, pending, failed FROM runs ORDER BY run_id DESC LIMIT 10"
    )
    links = "".join(f'<li><a href="#{escape(q.name, quote=True)}">{escape(q.title)}</a></li>' for q in shipped)
    sections = "".join(_section(con, q) for q in shipped)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>harvester report</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>Open models: the shipped questions</h1>"
        f"<p>Made {made}.</p>{_table(runs)}<nav><ul>{links}</ul></nav>{sections}</body></html>\n"
    )


def _section(con: duckdb.DuckDBPyConnection, asked: Query) -> str:
    answer = query(con, asked.name)
    more = f"<p>{answer.height - ROWS:,} rows more: <code>harvester query {escape(asked.name)}</code></p>"
    return (
        f'<section id="{escape(asked.name, quote=True)}"><h2>{escape(asked.title)}</h2><p>{escape(asked.question)}</p>'
        f"{_table(answer.head(ROWS))}{more if answer.height > ROWS else ''}</section>"
    )


def _table(answer: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in answer.columns)
    rows = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in answer.iter_rows())
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cell(value: object) -> str:
    if value is None:
        return '<td class="null">NULL</td>'
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="n">{value:,}</td>'
    return f"<td>{escape(str(value)[:500])}</td>"
