"""What a report says, whatever its format: the harvest, headline numbers, and each plot's rows with a finding.

In: a catalogue. Out: data. Formats nothing.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl

from harvester.ask.run import frame
from harvester.report.findings import finding
from harvester.report.plots import CHANGES, PLOTS, Plot
from harvester.report.words import minute, text

#: Runs that are listed.
RUNS = 10
#: Plots whose findings come first.
MAIN = ("config_status", "license_mix", "model_sizes", "pickle_share", "relation_mix", "download_concentration")
_RUNS = """
SELECT
    run_id, hub, status, listed_at, "with", listed, fetched, unchanged, pending, failed,
    count(*) OVER () AS runs
FROM runs
ORDER BY run_id DESC
LIMIT $runs
"""
_SELECTIONS = """
SELECT selections.flags, count(DISTINCT runs.run_id) AS runs, max(runs.run_id) AS newest
FROM runs
LEFT JOIN selections ON selections.selection_id = runs.selection_id
GROUP BY selections.flags
ORDER BY newest DESC
LIMIT 20
"""
_HARVEST = """
SELECT
    arg_max(hub, run_id) AS hub,
    min(listed_at) AS first_listed,
    max(listed_at) AS last_listed,
    count(*) AS runs,
    coalesce(bool_or(hub = 'sample' OR starts_with(hub, 'sample, day ')), false) AS simulated,
    arg_max(harvester_version, run_id) AS version
FROM runs
"""


@dataclass(frozen=True)
class Headline:
    """One number: its name, how it is written (as words.cell writes a column of that name), and its SQL."""

    name: str
    kind: str
    sql: str
    value: Any = None


HEADLINES = (
    Headline("live models", "models", "SELECT count(*) FROM models"),
    Headline("authors", "authors", "SELECT count(DISTINCT author) FROM models"),
    Headline("downloads in 30 days", "downloads", "SELECT CAST(sum(downloads) AS BIGINT) FROM models"),
    Headline("files listed", "files", "SELECT CAST(sum(file_count) AS BIGINT) FROM models"),
    Headline("in all files of known size", "bytes", "SELECT CAST(sum(total_size) AS BIGINT) FROM models"),
    Headline("median number of parameters", "parameters", "SELECT quantile_disc(parameters, 0.5) FROM models"),
    Headline(
        "declare a licence", "share",
        "SELECT count(license) / nullif(count(*), 0) FROM models",
    ),
    Headline(
        "have a config that could be read", "share",
        "SELECT count(*) FILTER (WHERE config_status IN ('ok', 'lenient')) / nullif(count(*), 0) FROM models",
    ),
    Headline(
        "declare a base model", "share",
        "SELECT count(*) FILTER (WHERE len(base_models) > 0) / nullif(count(*), 0) FROM models",
    ),
    Headline(
        "have weights only in formats that can contain a pickle", "share",
        "SELECT count(*) FILTER (WHERE unsafe_only) / nullif(count(*), 0) FROM reuse",
    ),
    Headline(
        "lack nothing that loading needs", "share",
        # A join, because DuckDB takes seconds to plan a query that reads this column of the view alone.
        "SELECT count(*) FILTER (WHERE reuse.reusable) / nullif(count(reuse.hub_id), 0) "
        "FROM models LEFT JOIN reuse ON reuse.hub_id = models.hub_id",
    ),
    Headline("known changes with a meaning", "changes", CHANGES.sql),
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A plot with its rows, N, and what they say. Without rows there is no finding."""

    plot: Plot
    rows: pl.DataFrame
    size: int
    finding: str


@dataclass(frozen=True)
class Study:
    """All that a report says."""

    hub: str
    simulated: bool
    version: str
    listed: tuple[datetime, datetime] | None
    runs: pl.DataFrame
    run_count: int
    selections: tuple[str, ...]
    headlines: tuple[Headline, ...]
    sections: tuple[tuple[str, tuple[Figure, ...]], ...]
    made: datetime

    @property
    def title(self) -> str:
        """What was harvested, as a title."""
        where = "a simulated Hub" if self.simulated else self.hub.removeprefix("https://")
        count = self.headlines[0].value
        return f"{count:,} {'model' if count == 1 else 'models'} of {where}"

    @property
    def summary(self) -> str:
        """What was harvested, in a few sentences."""
        if self.listed is None:
            return "No run has listed a model yet, so there is nothing to report."
        first, last = map(minute, self.listed)
        when = f"at {last} UTC" if first == last else f"between {first} and {last} UTC"
        runs = "one run" if self.run_count == 1 else f"{self.run_count:,} runs"
        if len(self.selections) == 1:
            chosen = f"The selection was {self.selections[0]}, so shares are shares of that selection, not of the Hub."
            if self.selections[0] == "--all":
                chosen = "The selection was the whole Hub."
        else:
            chosen = (
                f"{len(self.selections)} selections were harvested ({'; '.join(self.selections)}); shares are "
                "shares of all of their models together, not of the Hub."
            )
        return f"This report describes what {runs} found {when}. {chosen} Each figure states what it counts (N)."

    @property
    def main(self) -> list[Figure]:
        """The figures whose findings come first."""
        figures = [figure for _, figures in self.sections for figure in figures]
        return [figure for figure in figures if figure.plot.key in MAIN and figure.finding]


def study(con: duckdb.DuckDBPyConnection) -> Study:
    """Return what a report of a catalogue says. Raises HarvesterError."""
    harvest = frame(con, _HARVEST).row(0, named=True)
    runs = frame(con, _RUNS, {"runs": RUNS})
    sections: dict[str, list[Figure]] = {}
    sizes = {text: int(frame(con, text).item()) for text in {plot.size_sql() for plot in PLOTS}}
    for plot in PLOTS:
        sections.setdefault(plot.section, []).append(_figure(con, plot, sizes[plot.size_sql()]))
    known = harvest["last_listed"] is not None
    return Study(
        hub=text(harvest["hub"] or "no Hub", 100),
        simulated=harvest["simulated"],
        version=text(harvest["version"] or "", 40),
        listed=(harvest["first_listed"], harvest["last_listed"]) if known else None,
        runs=runs.drop("runs"),
        run_count=harvest["runs"],
        selections=tuple(_selection(flags) for flags in frame(con, _SELECTIONS)["flags"]),
        headlines=tuple(
            Headline(one.name, one.kind, one.sql, frame(con, one.sql).item()) for one in HEADLINES
        ),
        sections=tuple((name, tuple(figures)) for name, figures in sections.items()),
        made=datetime.now(UTC).replace(tzinfo=None),
    )  # fmt: skip


def _figure(con: duckdb.DuckDBPyConnection, plot: Plot, size: int) -> Figure:
    rows = plot.answer(con)
    # Queries that list what they look for have rows of zeros for an empty catalogue.
    if not size:
        rows = rows.clear()
    return Figure(plot, rows, size, finding(plot, rows, size) if rows.height else "")


def _selection(flags: str | None) -> str:
    """Return the flags of a selection as on the command line."""
    try:
        chosen = json.loads(flags or "null")
    except ValueError:
        chosen = None
    if not isinstance(chosen, dict) or not chosen:
        return "not recorded"
    words = []
    for name, value in chosen.items():
        for one in value if isinstance(value, list) else [value]:
            words.append(
                f"--{name}" if one is True else f"--{name} {one if isinstance(one, str | int) else json.dumps(one)}"
            )
    return text(" ".join(words), 200)
