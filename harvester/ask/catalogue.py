"""`harvester.Catalogue`: a harvest's catalogue as one Python object. A directory in, polars frames and pages out."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from html import escape
from importlib.util import find_spec
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import duckdb
import polars as pl
from polars.io.plugins import register_io_source

from harvester.ask.connect import connect
from harvester.ask.diff import diff, rows_of
from harvester.ask.find import FoundRows, find
from harvester.ask.frames import identifier
from harvester.ask.page import Page
from harvester.ask.population import Population, population
from harvester.ask.query_pages import overview
from harvester.ask.rows import Rows
from harvester.ask.run import UnknownTable, frame, public_tables, query, sql, unknown_table
from harvester.ask.show import show
from harvester.defaults import FOUND
from harvester.errors import UsageError
from harvester.lake.layout import newest_harvest
from harvester.terminal import printable

# Where a selection is chosen, two databases have each table; the comments are in the catalogue.
_TABLES = """
SELECT name, any_value(comment) AS comment
FROM (
    SELECT view_name AS name, comment FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal
    UNION ALL
    SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main'
)
GROUP BY name
ORDER BY name
"""
_COLUMNS = """
SELECT column_name AS name, any_value(data_type) AS type, any_value(comment) AS comment
FROM duckdb_columns()
WHERE schema_name = 'main' AND table_name = $table
GROUP BY column_name, column_index
ORDER BY column_index
"""
_SUMMARY = """
SELECT (SELECT count(*) FROM models) AS models, max(run_id) AS run_id, max_by(hub, run_id) AS hub FROM runs
"""


class Catalogue:
    """The catalogue of one harvest directory, read-only.

        with harvester.Catalogue("data/hub") as catalogue:
            catalogue.sql("SELECT repo_id, downloads FROM models ORDER BY downloads DESC LIMIT 5")

    Statements can only access the catalogue. With ``confined=False`` they also read files, and any DataFrame
    (polars, pandas, Arrow) that is a variable where ``sql`` is called can be used as a table.
    """

    def __init__(self, dir: str | Path | None = None, *, confined: bool = True, selection: str | None = None):
        """Open the catalogue; None is the harvest below data/ that was written last. Raises HarvesterError.

        ``selection``, an id or a name, shows only the models of that selection; None or "all" every model.
        """
        self.dir = Path(dir) if dir is not None else newest_harvest()
        self.confined = confined
        self._connection: duckdb.DuckDBPyConnection | None = connect(self.dir, confined=confined, selection=selection)

    @property
    def population(self) -> Population:
        """What results are about: how many models, who selected them, when they were listed, how completely."""
        return population(self._con)

    def sql(self, text: str) -> Rows:
        """Run one SQL statement that reads. Raises UsageError with the place of the mistake."""
        used: dict[str, object] = {}
        while True:
            try:
                return Rows(sql(self._con, text, used))
            except UnknownTable as error:
                found = None if self.confined or error.table in used else _variable(sys._getframe(1), error.table)
                if found is None:
                    raise
                used[error.table] = found

    def query(self, name: str, /, **params: Any) -> Rows:
        """Run a shipped query by name, with its own parameters."""
        return Rows(query(self._con, name, **params))

    def queries(self) -> Rows:
        """List the shipped queries: theme, name, question, parameters."""
        return Rows(overview())

    def find(
        self,
        *,
        task: str | None = None,
        language: str | Sequence[str] | None = None,
        license: str | None = None,
        license_class: str | None = None,
        library: str | None = None,
        architecture: str | None = None,
        weights_format: str | None = None,
        min_params: int | str | None = None,
        max_params: int | str | None = None,
        min_context: int | None = None,
        fits: int | str | None = None,
        evaluated_on: str | None = None,
        updated_since: date | str | None = None,
        gated: bool | None = None,
        safe_only: bool = False,
        adapters: bool = False,
        limit: int = FOUND,
        explain: bool = False,
    ) -> FoundRows:
        """Find models that meet every criterion, highest score first (`harvester find --help` says what it is made of).

        Numbers of parameters may be `7B` or `350M`, memory `24GB`. With ``explain``, a column says why each model was
        found. ``.criteria`` has how many models each criterion excluded (with ``explain``, or if no model was found),
        ``.near_misses`` the models that miss only one (if no model was found). Raises UsageError for a wrong criterion.
        """
        return FoundRows.of(
            find(
                self._con, task=task, language=language, license=license, license_class=license_class, library=library,
                architecture=architecture, weights_format=weights_format, min_params=min_params, max_params=max_params,
                min_context=min_context, fits=fits, evaluated_on=evaluated_on, updated_since=updated_since, gated=gated,
                safe_only=safe_only, adapters=adapters, limit=limit, explain=explain,
            )
        )  # fmt: skip

    def show(self, model: str) -> Page:
        """Return one model's page: its facts, files, config, lineage and history; ``.tables`` has the rows."""
        return show(self._con, model)

    def diff(self, model: str, since: str | None = None, until: str | None = None) -> Rows:
        """Return what changed between two revisions (commits or times), from one to the newest, or last."""
        if since is None and until is not None:
            raise UsageError("diff needs the revision before `until`: give `since` too")
        return Rows(rows_of(diff(self._con, model, tuple(one for one in (since, until) if one is not None))))

    def describe(self, table: str | None = None) -> Rows:
        """List the tables with their descriptions; with a table, its columns with type, unit and source."""
        if table is None:
            return Rows(frame(self._con, _TABLES))
        columns = frame(self._con, _COLUMNS, {"table": table})
        if not columns.height:
            raise unknown_table(self._con, table)
        return Rows(columns)

    def scan(self, table: str) -> pl.LazyFrame:
        """Return a table as a polars LazyFrame, which reads only the columns that a query uses, when it is collected.

        The catalogue must stay open until then. Filters run in polars; use `sql` to run them in DuckDB.
        """
        con = self._con
        if table not in public_tables(con):
            raise unknown_table(con, table)

        def read(
            columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _batch: int | None
        ) -> Iterator[pl.DataFrame]:
            names = ", ".join(identifier(name) for name in (columns if columns is not None else schema))
            # Rows are counted after the filter.
            limit = f" LIMIT {rows}" if rows is not None and predicate is None else ""
            found = frame(con, f"SELECT {names or 'NULL'} FROM {identifier(table)}{limit}")
            if predicate is not None:
                found = found.filter(predicate).head(found.height if rows is None else rows)
            yield found

        schema = frame(con, f"SELECT * FROM {identifier(table)} LIMIT 0").schema
        return register_io_source(read, schema=schema)

    def close(self) -> None:
        """Close the catalogue."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _con(self) -> duckdb.DuckDBPyConnection:
        if self._connection is None:
            raise UsageError("this Catalogue is closed: open another one")
        return self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._connection is None:
            return f"Catalogue({str(self.dir)!r}), closed"
        models, run_id, hub = frame(self._con, _SUMMARY).row(0)
        return (
            f"Catalogue({str(self.dir)!r}): {models:,} models of {printable(hub or 'no Hub')}, newest run {run_id}\n"
            f"{population(self._con)}\n"
            "methods: describe(), describe(table), sql(text), queries(), query(name), find(...), show(model), "
            "diff(model), scan(table)"
        )

    def _repr_html_(self) -> str:
        if self._connection is None:
            return f"<pre>{escape(repr(self))}</pre>"
        rows = "".join(
            f"<tr><td><code>{escape(name)}</code></td><td style='text-align: left'>{escape(comment or '')}</td></tr>"
            for name, comment in self.describe().iter_rows()
        )
        return f"<pre>{escape(repr(self))}</pre><details><summary>tables</summary><table>{rows}</table></details>"


class _Stream:
    """A frame as DuckDB reads it without pyarrow: anything that gives an Arrow stream."""

    def __init__(self, frame: Any):
        self._frame = frame

    def __arrow_c_stream__(self, schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(schema)


def _variable(caller: FrameType, name: str) -> object | None:
    """Return the DataFrame that a name refers to where it is used, or None."""
    found = caller.f_locals.get(name, caller.f_globals.get(name))
    if isinstance(found, pl.LazyFrame):
        found = found.collect()
    if isinstance(found, pl.DataFrame) and duckdb.__version__ < "2" and find_spec("pyarrow"):
        # Where pyarrow is installed, DuckDB 1 filters with it, and it cannot compare the string views of polars.
        plain: object = found.to_arrow(compat_level=pl.CompatLevel.oldest())
        return plain
    return _Stream(found) if hasattr(found, "__arrow_c_stream__") else None
