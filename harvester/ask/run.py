"""Runs a shipped query, or one SQL statement of a user, and returns a polars frame. Prints nothing."""

import difflib
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import duckdb
import polars as pl
from duckdb import DuckDBPyConnection, StatementType

from harvester.ask.frames import to_polars
from harvester.ask.registry import find_query
from harvester.errors import LocalError, UsageError
from harvester.terminal import printable

#: DESCRIBE, SHOW, SUMMARIZE, FROM and VALUES are parsed as SELECT.
_READING = (StatementType.SELECT, StatementType.EXPLAIN)
#: PIVOT without an IN list becomes several statements, as it first queries the values: one of type MULTI in DuckDB 2,
#: several without text of their own in DuckDB 1.
_PIVOT = re.compile(r"\bPIVOT", re.IGNORECASE)
_UNKNOWN = re.compile(r'^Catalog Error: Table with name "?(.+?)"? does not exist.*?(?=\n+LINE|\Z)', re.DOTALL)
_PUBLIC = """
SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND database_name = current_database() AND NOT internal
UNION ALL
SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = current_database()
"""
_POSITION = re.compile(r"\n+LINE (\d+): (.*)\n( *)(\^+)\s*$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a statement may run, and how many of its rows are read."""

    seconds: float
    rows: int | None = None


class UnknownName(UsageError):
    """A statement names a table, a column or a function that the catalogue does not have."""


class UnknownTable(UnknownName):
    """A statement names a table that the catalogue does not have."""

    def __init__(self, table: str, message: str):
        super().__init__(message)
        self.table = table


def query(con: DuckDBPyConnection, name: str, /, **params: object) -> pl.DataFrame:
    """Run a shipped query (see ``registry.queries``) with its parameters bound.

    A parameter is given as its Python type or as text; one left out has the default of the query's header.
    Raises UsageError for an unknown query or parameter, and for a value of another type.
    """
    query = find_query(name)
    return frame(con, query.sql, query.bind(params))


def sql(
    con: DuckDBPyConnection, text: str, tables: Mapping[str, object] | None = None, *, limits: Limits | None = None
) -> pl.DataFrame:
    """Run one statement that only reads: SELECT, WITH, FROM, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN, PIVOT or VALUES.

    ``con`` comes from ``connect``, which ensures that a statement can neither change anything nor access another file.
    ``tables`` are further tables by name, as Arrow streams. Raises UsageError with DuckDB's message if the statement is
    wrong, or if it takes longer than ``limits`` allow.
    """
    try:
        statements = con.extract_statements(text)
    except duckdb.Error as error:
        raise UsageError(sql_message(str(error))) from None
    if not statements:
        raise UsageError("no SQL statement given: write one as an argument, in a file (-f FILE) or on standard input")
    if _PIVOT.search(text) and (statements[0].type == StatementType.MULTI or not any(s.query for s in statements)):
        return frame(con, text, tables=tables, limits=limits)
    if len(statements) > 1:
        raise UsageError(f"expected one SQL statement, got {len(statements)}: run them one by one")
    kind = statements[0].type
    if kind not in _READING:
        raise UsageError(
            f"{kind.name.replace('_', ' ')} statements are not run here: the catalogue is only read "
            "(SELECT, WITH, FROM, DESCRIBE, SHOW, SUMMARIZE, EXPLAIN)"
        )
    answer = frame(con, text, tables=tables, limits=limits)
    if kind == StatementType.EXPLAIN:
        # A plan has many lines: one per row.
        return answer.select(pl.col("explain_value").str.strip_chars_end("\n").str.split("\n").alias("plan")).explode(
            "plan", empty_as_null=True
        )
    return answer


def frame(
    con: DuckDBPyConnection,
    text: str,
    params: Mapping[str, object] | None = None,
    tables: Mapping[str, object] | None = None,
    *,
    limits: Limits | None = None,
) -> pl.DataFrame:
    """Run our own SQL with bound values, on its own cursor; raises UsageError with DuckDB's message, and LocalError."""
    # A cursor of its own: a result that was not fetched to its end blocks the next statement of its connection.
    with closing(con.cursor()) as cursor, _in_time(cursor, limits):
        for name, table in (tables or {}).items():
            cursor.register(name, table)
        try:
            relation = cursor.sql(text, params=params) if params else cursor.sql(text)
            return to_polars(relation if limits is None or limits.rows is None else relation.limit(limits.rows))
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except RuntimeError as error:
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from None
            raise
        except duckdb.OutOfMemoryException as error:
            raise LocalError(f"the query needs more memory or disk: {sql_message(str(error))}") from None
        except (duckdb.Error, pl.exceptions.ComputeError) as error:
            # What fails after the first rows reaches us through polars.
            raise _wrong(con, str(error).removeprefix("got external error: ")) from None


@contextmanager
def _in_time(cursor: DuckDBPyConnection, limits: Limits | None) -> Iterator[None]:
    """Interrupt what runs longer than the limit. Raises UsageError for it."""
    if limits is None:
        yield
        return
    over = threading.Event()

    def stop() -> None:
        over.set()
        cursor.interrupt()

    timer = threading.Timer(limits.seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if not over.is_set():
            raise
        raise UsageError(f"stopped after {limits.seconds:g} seconds: ask for less, or use `harvester sql`") from None
    finally:
        timer.cancel()


def public_tables(con: DuckDBPyConnection) -> list[str]:
    """Return the tables and views that people query."""
    with closing(con.cursor()) as cursor:
        return [name for (name,) in cursor.execute(_PUBLIC).fetchall()]


def unknown_table(con: DuckDBPyConnection, name: str) -> UnknownTable:
    """Return the error that a table does not exist, with the public table of the most similar name."""
    near = difflib.get_close_matches(name.lower().rpartition(".")[2], public_tables(con), n=1)
    hint = f"did you mean {near[0]}?" if near else "SHOW TABLES lists the tables"
    return UnknownTable(name, f"no table is called {printable(name)}: {hint}")


def _wrong(con: DuckDBPyConnection, message: str) -> UsageError:
    unknown = _UNKNOWN.match(message)
    if unknown is None:
        kind = UnknownName if message.startswith(("Binder Error", "Catalog Error")) else UsageError
        return kind(sql_message(message))
    error = unknown_table(con, unknown[1])
    return UnknownTable(error.table, sql_message(str(error) + message[unknown.end() :]))


def sql_message(message: str) -> str:
    """Return DuckDB's error in one line, with the position as ``(line 1, near "selec")``."""
    place = _POSITION.search(message)
    if place is None:
        return " ".join(message.split())
    number, shown, indent, carets = place[1], place[2].splitlines()[-1], place[3], place[4]
    start = len(indent) - len(f"LINE {number}: ")
    width = len(carets) if len(carets) > 1 else 20
    near = " ".join(shown[start : start + width].split())
    words = " ".join(message[: place.start()].split())
    return f'{words} (line {number}, near "{near}")' if near else f"{words} (line {number})"
