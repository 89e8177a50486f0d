"""A report as Markdown, for a README: the findings and their tables, without pictures. In: a study. Out: text."""

from collections.abc import Iterable, Iterator

import polars as pl

from harvester.ask.output import markdown_cell
from harvester.report.study import Figure, Study
from harvester.report.words import LABEL, cell, headline, minute, text

#: Rows of a table.
SHOWN = 12


def markdown(found: Study) -> str:
    """Return a study as Markdown."""
    return "\n\n".join(_parts(found)) + "\n"


def _parts(found: Study) -> Iterator[str]:
    yield f"# {markdown_cell(found.title)}"
    if found.simulated:
        yield (
            "> **Simulated data.** This catalogue was harvested from the embedded sample Hub. Its models do not exist, "
            "and no figure says anything about the real Hub."
        )
    yield markdown_cell(found.summary)
    yield _table(["number", "value"], [(one.name, headline(one.value, one.kind)) for one in found.headlines])
    for name, figures in found.sections:
        yield f"## {name}"
        for figure in figures:
            yield from _figure(figure)
    yield f"Made {minute(found.made)} UTC by harvester {markdown_cell(found.version)}."


def _figure(figure: Figure) -> Iterator[str]:
    plot, rows = figure.plot, figure.rows
    yield f"### {plot.question}"
    if not rows.height:
        yield plot.empty
        return
    yield markdown_cell(figure.finding)
    yield _table(rows.columns, _cells(rows.head(SHOWN)))
    more = f" The first {SHOWN} of {rows.height:,} rows: `{figure.command}`." if rows.height > SHOWN else ""
    yield f"*N = {figure.size:,} {plot.population.words}. {plot.caveat}*{more}"


def _cells(rows: pl.DataFrame) -> list[tuple[str, ...]]:
    return [
        tuple(text(cell(value, column), LABEL) for column, value in zip(rows.columns, row, strict=True))
        for row in rows.iter_rows()
    ]


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(columns)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(
        "| " + " | ".join(value if value == "---" else markdown_cell(value) for value in line) + " |" for line in lines
    )
