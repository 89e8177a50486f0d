"""docs/published-figures.md: published values, their bands and sources, beside what the sample Hub gives."""

import duckdb

from harvester.ask.run import query
from tools.docs_queries import of_theme
from tools.docs_sample import cell

INTRODUCTION = (
    "What others published about the Hub, with date and source, beside the same arithmetic on a catalogue:",
    "`harvester query published_licenses` and the other queries of the [theme published](queries/published.md).",
    "",
    "A verdict (`within`, `below` or `above` the band) needs a catalogue of all models of huggingface.co: `harvester harvest",
    "--all`. Anything else, also a selection of such a catalogue, is `not comparable`. The band goes from four fifths to six",
    "fifths of the published value. It is a choice, not a confidence interval: the Hub grows, and a value outside is a reason to",
    "look at both sides. Counts are compared as ratios, because those of another day cannot agree.",
    "",
    "Figures that were read only in somebody else's summary are left out.",
)


def published_figures(con: duckdb.DuckDBPyConnection, note: str) -> str:
    """Return docs/published-figures.md."""
    lines = ["# Published figures", "", *INTRODUCTION, "", note, ""]
    for one in of_theme("published"):
        lines += [f"## {one.title.removesuffix(', published')}", "", one.question, ""]
        lines += [
            "| figure | published | band | month | source | the sample Hub | verdict |",
            "|---|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {cell(row['figure'])} | {_number(row['published'])} | {_number(row['low'])} to {_number(row['high'])} "
            f"| {row['published_on']} | {cell(row['source'])} | {_number(row['ours'])} | {row['verdict']} |"
            for row in query(con, one.name).rows(named=True)
        ]
        lines += ["", *(f"- {cell(source)}" for source in one.see), ""]
        lines += [f"Trap: {cell(trap)}." for trap in one.traps[2:]]
        lines.append("")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4f}"
