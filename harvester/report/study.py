"""What a report says, whatever its format: the harvest, headline numbers, and each plot's rows with a finding.

In: a catalogue. Out: data. Formats nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import polars as pl

from harvester.ask.population import Population, population
from harvester.ask.run import frame
from harvester.report.findings import finding
from harvester.report.plot import Plot
from harvester.report.plots import CHANGES, PLOTS
from harvester.report.words import text

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
_HARVEST = """
SELECT
    arg_max(hub, run_id) AS hub,
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
    """A plot with its rows, N, what they say (nothing without rows), and the command that prints them."""

    plot: Plot
    rows: pl.DataFrame
    size: int
    finding: str
    command: str


@dataclass(frozen=True)
class Study:
    """All that a report says."""

    hub: str
    simulated: bool
    version: str
    population: Population
    runs: pl.DataFrame
    run_count: int
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
        """Which models the report is about, and what shares of them mean."""
        said = f"This report is about {self.population.text}."
        if "the whole Hub" not in self.population.text and not self.population.union:
            said += " Shares are shares of these models, not of the Hub."
        return f"{said} Each figure states what it counts (N)."

    @property
    def main(self) -> list[Figure]:
        """The figures whose findings come first."""
        figures = [figure for _, figures in self.sections for figure in figures]
        return [figure for figure in figures if figure.plot.key in MAIN and figure.finding]


def study(con: duckdb.DuckDBPyConnection) -> Study:
    """Return what a report of a catalogue says. Raises HarvesterError."""
    harvest = frame(con, _HARVEST).row(0, named=True)
    runs = frame(con, _RUNS, {"runs": RUNS})
    about = population(con)
    chosen = f" --selection {about.selection_id}" if about.selection_id else ""
    sections: dict[str, list[Figure]] = {}
    sizes = {text: int(frame(con, text).item()) for text in {plot.size_sql() for plot in PLOTS}}
    for plot in PLOTS:
        sections.setdefault(plot.section, []).append(_figure(con, plot, sizes[plot.size_sql()], chosen))
    return Study(
        hub=text(harvest["hub"] or "no Hub", 100),
        simulated=harvest["simulated"],
        version=text(harvest["version"] or "", 40),
        population=about,
        runs=runs.drop("runs"),
        run_count=harvest["runs"],
        headlines=tuple(
            Headline(one.name, one.kind, one.sql, frame(con, one.sql).item()) for one in HEADLINES
        ),
        sections=tuple((name, tuple(figures)) for name, figures in sections.items()),
        made=datetime.now(UTC).replace(tzinfo=None),
    )  # fmt: skip


def _figure(con: duckdb.DuckDBPyConnection, plot: Plot, size: int, chosen: str) -> Figure:
    rows = plot.answer(con)
    # Queries that list what they look for have rows of zeros for an empty catalogue.
    if not size:
        rows = rows.clear()
    said = finding(plot, rows, size) if rows.height else ""
    return Figure(plot, rows, size, said, f"harvester query {plot.query}{chosen}")
