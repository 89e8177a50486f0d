"""What a plot is: a shipped query, what its rows count, and how they are drawn. Draws nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from harvester.ask.registry import find_query
from harvester.ask.run import frame
from harvester.report.encodings import Encoding


@dataclass(frozen=True)
class Population:
    """What a plot counts: the words after N, and the SQL of N, where ``{answer}`` is the SQL of the plot."""

    words: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One plot: the question it answers, where the numbers come from, and how they are drawn.

    ``query`` is a shipped query, run with ``params``. ``over`` is a SELECT over its rows, as the table ``answer``.
    ``empty`` says why there are no rows, and what to do about it.
    """

    query: str
    section: str
    question: str
    population: Population
    encoding: Encoding
    caveat: str
    empty: str = "The catalogue contains no live model."
    name: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    over: str = ""

    @property
    def key(self) -> str:
        """The name of the plot in links and file names."""
        return self.name or self.query

    def sql(self) -> str:
        """Return the statement with the values of its parameters, as `harvester sql` runs it."""
        query = find_query(self.query)
        bound = query.bind(self.params)
        text = re.sub(r"\$([a-z][a-z0-9_]*)", lambda used: _literal(bound[used[1]]), query.sql).strip()
        return f"WITH answer AS (\n{text}\n)\n\n{self.over}" if self.over else text

    def size_sql(self) -> str:
        """Return the statement that returns N."""
        return self.population.sql.replace("{answer}", self.sql())

    def size(self, con: duckdb.DuckDBPyConnection) -> int:
        """Return N, the size of the population. Raises HarvesterError."""
        return int(frame(con, self.size_sql()).item())

    def answer(self, con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
        """Return the rows. Raises HarvesterError."""
        return frame(con, self.sql())


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case int() | float():
            return repr(value)
        case date():
            return f"'{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"
