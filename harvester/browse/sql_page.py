"""The SQL page: a statement in, its rows or its error with its place out, within limits; and the tables to query."""

import re
import time
from dataclasses import dataclass
from typing import Any

import polars as pl

from harvester.ask.run import Limits, sql
from harvester.browse.store import Store
from harvester.errors import HarvesterError

#: Seconds that a statement may take, rows shown and rows of a download, characters of a statement.
SECONDS, ROWS, DOWNLOAD, LENGTH = 20.0, 500, 100_000, 20_000
#: What an error quotes of the statement: where it is, or the name that is wrong.
_QUOTED = re.compile(
    r', near "(.+?)"\)$|(?:column|near) "([^"]+)"|Function with name (\S+)|no table is called (\S+):', re.DOTALL
)
_TABLES = """
SELECT name, max(comment) AS comment FROM (
    SELECT view_name AS name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal
    UNION ALL
    SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main'
)
GROUP BY name ORDER BY name
"""
_COLUMNS = """
SELECT table_name, column_name AS name, any_value(data_type) AS type, max(comment) AS comment
FROM duckdb_columns() WHERE schema_name = 'main'
GROUP BY table_name, column_name ORDER BY table_name, min(column_index)
"""
#: Shown before the first query.
EXAMPLES = (
    "SELECT license, count(*) AS models FROM models GROUP BY license ORDER BY models DESC",
    "SELECT repo_id, parameters, context_length FROM models WHERE parameters > 1e9 ORDER BY downloads DESC",
    "SELECT field, count(*) AS documents FROM config_fields GROUP BY field ORDER BY documents DESC LIMIT 50",
    "SELECT parent, count(*) AS children FROM lineage_edges GROUP BY parent ORDER BY children DESC LIMIT 20",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a statement, or why there are none and in which line."""

    text: str
    frame: pl.DataFrame | None = None
    seconds: float = 0.0
    more: bool = False
    error: str = ""
    line: int | None = None

    @property
    def marked(self) -> list[tuple[int, str, bool]]:
        """Number, text and whether it is wrong of each line of the statement."""
        return [(number, line, number == self.line) for number, line in enumerate(self.text.splitlines(), 1)]


def answered(store: Store, text: str, rows: int = ROWS) -> Answer:
    """Run a statement that only reads; return its first rows, or its error."""
    if len(text) > LENGTH:
        return Answer(text[:LENGTH], error=f"a statement may have at most {LENGTH:,} characters")
    started = time.monotonic()
    try:
        frame = sql(store.con, text, limits=Limits(SECONDS, rows + 1))
    except HarvesterError as error:
        return Answer(text, error=str(error), line=_line(str(error), text))
    return Answer(text, frame.head(rows), time.monotonic() - started, frame.height > rows)


def _line(error: str, text: str) -> int | None:
    """Return the line that an error quotes. DuckDB's own number counts the lines put around a statement too."""
    quoted = _QUOTED.search(error)
    if quoted is None:
        return None
    word = next(group for group in quoted.groups() if group is not None).lower()
    lines = [number for number, line in enumerate(text.lower().splitlines(), 1) if word in line]
    return lines[0] if lines else None


def tables(store: Store) -> list[dict[str, Any]]:
    """Return the public tables with their descriptions and columns."""
    columns: dict[str, list[dict[str, Any]]] = {}
    for column in store.once(_COLUMNS):
        columns.setdefault(column["table_name"], []).append(column)
    return [table | {"columns": columns.get(table["name"], [])} for table in store.once(_TABLES)]
