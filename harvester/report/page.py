"""A report as one HTML page: no script, nothing requested, and everything harvested escaped.

In: a study. Out: text.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote

import polars as pl

from harvester.ask.encode import csv_chunks
from harvester.report.draw import NARROW, WIDE, svg
from harvester.report.encodings import Bars, Columns, Dots, Families, Matrix, Ranges, Trend
from harvester.report.study import Figure, Study
from harvester.report.words import LONGEST, cell, headline, minute, text

#: Rows of a table on the page, and of its CSV.
SHOWN, DOWNLOADED = 100, 1_000
#: Characters of a cell that are not wrapped.
LONG = 60
_STYLE = "".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("colours.css", "style.css"))
_TIME, _UNBROKEN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), r'<span class="when">\g<0></span>'
#: Nothing is loaded, and no other style than ours counts.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)


def page(found: Study) -> str:
    """Return a study as a page. Raises UsageError without the extra [report]."""
    title = escape(found.title)
    contents = "".join(f'<li><a href="#{_anchor(name)}">{escape(name)}</a></li>' for name, _ in found.sections)
    sections = "".join(_section(name, figures) for name, figures in found.sections)
    version = f"harvester {escape(found.version)}, " if found.version else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}: a harvest report</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<header>\n<p class="kicker">Harvest report</p>\n<h1>{title}</h1>\n{_banner(found)}'
        f'<p class="lead">{_TIME.sub(_UNBROKEN, escape(found.summary))}</p>\n{_short(found)}</header>\n'
        f'<nav aria-label="Sections">\n<p>Sections</p>\n<ul><li><a href="#harvest">The harvest</a></li>{contents}</ul>'
        f"\n</nav>\n<main>\n{_harvest(found)}{sections}</main>\n"
        f"<footer><p>Made {minute(found.made)} UTC by {version}from a catalogue of model metadata. Shares are of the "
        "population that each figure states as N. NULL means that nothing is known or stated; it is never counted as "
        "a category.</p></footer>\n</body>\n</html>\n"
    )


def _banner(found: Study) -> str:
    if not found.simulated:
        return ""
    return (
        '<p class="banner" role="note"><strong>Simulated data.</strong> This catalogue was harvested from the embedded '
        "sample Hub. Its models do not exist, and no figure says anything about the real Hub.</p>\n"
    )


def _short(found: Study) -> str:
    """The main findings, each with a link to its figure."""
    items = "".join(
        f'<li><a href="#{one.plot.key}">{escape(one.plot.section)}</a>: {escape(one.finding)}</li>\n'
        for one in found.main
    )
    return f'<ul class="short">\n{items}</ul>\n' if items else ""


def _harvest(found: Study) -> str:
    numbers = [(escape(one.name), escape(headline(one.value, one.kind)), one.sql) for one in found.headlines]
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value, _ in numbers)
    sources = "".join(
        f"<tr><td>{name}</td><td>{value}</td><td><code>{escape(sql)}</code></td></tr>" for name, value, sql in numbers
    )
    computed = _scroll("SQL of the headline numbers", _grid(("number", "value", "SQL"), sources))
    more = found.run_count - found.runs.height
    hidden = f'<p class="note">{more:,} earlier runs: <code>harvester status</code></p>' if more > 0 else ""
    return (
        f'<section id="harvest">\n<h2>The harvest</h2>\n<dl class="tiles">{tiles}</dl>\n'
        f"<details><summary>How these numbers are computed</summary>{computed}</details>\n"
        f"<h3>Runs, newest first</h3>\n{_table(found.runs, 'Runs')}{hidden}</section>\n"
    )  # fmt: skip


def _section(name: str, figures: Iterable[Figure]) -> str:
    return f'<section id="{_anchor(name)}">\n<h2>{escape(name)}</h2>\n{"".join(map(_figure, figures))}</section>\n'


def _figure(figure: Figure) -> str:
    plot = figure.plot
    heading = f"<h3>{escape(plot.question)}</h3>\n"
    if not figure.rows.height:
        return f'<div class="figure" id="{plot.key}">\n{heading}<p class="empty">{_words(plot.empty)}</p>\n</div>\n'
    alternative = f"{_KINDS[type(plot.encoding)]}. {plot.question} {figure.finding}"
    wide = svg(plot.encoding, figure.rows, alternative, WIDE)
    narrow = svg(plot.encoding, figure.rows, alternative, NARROW)
    return (
        f'<figure id="{plot.key}">\n{heading}<p class="finding">{escape(figure.finding)}</p>\n'
        f'<div class="wide">{wide}</div>\n<div class="narrow">{narrow}</div>\n{_legend(figure)}'
        f"<figcaption><b>N = {figure.size:,}</b> {escape(plot.population.words)}. {_words(plot.caveat)}</figcaption>\n"
        f"{_data(figure)}</figure>\n"
    )


def _words(text: str) -> str:
    """Return a text of ours, in which backticks enclose code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _data(figure: Figure) -> str:
    """The rows as a table, as CSV, and the SQL that returns them."""
    plot, rows = figure.plot, figure.rows
    csv = "".join(csv_chunks(rows.head(DOWNLOADED), safe=True))
    more = ""
    if rows.height > SHOWN:
        kept = f"the CSV has the first {DOWNLOADED:,}" if rows.height > DOWNLOADED else "the CSV has them all"
        more = f'<p class="note">The first {SHOWN} of {rows.height:,} rows; {kept}.</p>'
    return (
        f"<details><summary>Data and SQL</summary>\n{_table(rows.head(SHOWN), plot.question)}{more}"
        f'<p><a download="{plot.key}.csv" href="data:text/csv;charset=utf-8,{quote(csv)}">Download {plot.key}.csv</a>. '
        f"The query behind it is <code>{escape(figure.command)}</code>; with its parameters:</p>\n"
        f'<pre tabindex="0" role="region" aria-label="SQL of {plot.key}"><code>{escape(plot.sql())}</code></pre>\n'
        "</details>\n"
    )


_KINDS = {
    Bars: "Bar chart", Dots: "Dot plot", Ranges: "Range plot", Trend: "Range plot over time", Columns: "Column chart",
    Matrix: "Bubble chart over time", Families: "Trees",
}  # fmt: skip


def _legend(figure: Figure) -> str:
    """What the marks mean, as text with samples of their colours."""
    match figure.plot.encoding:
        case Bars() as bars:
            if bars.part is not None:
                marks = [("part", f"silent {bars.count}"), ("bar", f"all {bars.count}")]
            elif bars.marker is not None and figure.rows[bars.marker].count():
                marks = [("bar", "share of models"), ("marker", "share of downloads in 30 days")]
            else:
                marks = []
        case Dots() as dots:
            marks = (
                [(f"series{n}", words) for n, words in enumerate(dots.shares.values())] if len(dots.shares) > 1 else []
            )
        case Ranges():
            marks = [("middle", "median"), ("range", "from the shortest to the longest")]
        case Trend() as trend:
            marks = [("middle", f"{trend.words[0]}, larger for more models"), ("range", trend.words[1])]
        case Matrix() as matrix:
            marks = [("dot", f"area: number of {matrix.count}")]
        case Families():
            marks = [
                ("series0", "finetune"),
                ("series1", "quantized"),
                ("series2", "adapter"),
                ("middle", "merge"),
                ("unknown", "relation unknown"),
            ]
        case Columns():
            marks = []
    items = "".join(f'<li><span class="mark {role}"></span>{escape(words)}</li>' for role, words in marks)
    return f'<ul class="legend" aria-hidden="true">{items}</ul>\n' if items else ""  # fmt: skip


def _table(rows: pl.DataFrame, name: str) -> str:
    numeric = {column for column, kind in zip(rows.columns, rows.dtypes, strict=True) if kind.is_numeric()}
    body = "".join(
        "<tr>"
        + "".join(_cell(value, column, column in numeric) for column, value in zip(rows.columns, row, strict=True))
        + "</tr>\n"
        for row in rows.iter_rows()
    )
    return _scroll(name, _grid(rows.columns, body, numeric))


def _grid(columns: Iterable[str], body: str, numeric: Iterable[str] = ()) -> str:
    head = "".join(
        f'<th scope="col"{" class=n" if name in numeric else ""}>{escape(text(name, LONGEST))}</th>' for name in columns
    )
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"


def _scroll(name: str, table: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}">{table}</div>\n'


def _cell(value: object, column: str, numeric: bool) -> str:
    if value is None:
        return f'<td class="null{" n" if numeric else ""}">NULL</td>'
    shown = cell(value, column)
    kind = " class=n" if numeric else " class=long" if len(shown) > LONG else ""
    return f"<td{kind}>{escape(shown)}</td>"


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")
