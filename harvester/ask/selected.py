"""Opens a catalogue restricted to one selection: every table shows only its models, whatever the query.

The catalogue is attached to a database in memory whose views have the names of its tables. So queries need no clause
for it: they run as they are.
"""

from pathlib import Path
from typing import Any

import duckdb

from harvester.errors import UsageError
from harvester.lake.duck import identifier, quoted
from harvester.terminal import printable

#: `--selection` for all models of the catalogue.
ALL = "all"
#: Tables about the past: they show every model that the selection ever had; the others those that it has now.
_PAST = frozenset(
    {"observations", "selection_members", "names", "tombstones", "commits", "file_versions", "changes", "fetches"}
)
_CHOSEN = """
CREATE SCHEMA chosen;
CREATE TABLE chosen.ever AS
SELECT model, hub_id, bool_or(current) AS current FROM catalogue.base.selected WHERE selection_id = $selection_id
GROUP BY model, hub_id;
CREATE TABLE chosen.now AS SELECT model, hub_id FROM chosen.ever WHERE current
"""
_COLUMNS = """
SELECT schema_name, table_name, list(column_name) FROM duckdb_columns()
WHERE database_name = 'catalogue' AND schema_name IN ('main', 'base') AND NOT internal
GROUP BY schema_name, table_name
"""
_MACROS = """
SELECT function_name, function_type, parameters FROM duckdb_functions()
WHERE database_name = 'catalogue' AND schema_name = 'main' AND NOT internal
"""


def open_selection(path: Path, selection: str, options: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Open a catalogue file that shows only the models of a selection, given by id or name.

    ``options`` are set once the file is attached. Raises UsageError if there is no such selection, and duckdb.Error.
    """
    con = duckdb.connect()
    try:
        con.execute(f"ATTACH {quoted(str(path))} AS catalogue (READ_ONLY)")
        selection_id = _find(con, selection)
        for statement in _CHOSEN.split(";"):
            con.execute(statement, {"selection_id": selection_id} if "$" in statement else None)
        con.execute("; ".join(["BEGIN", "CREATE SCHEMA base", *_views(con, selection_id), "COMMIT"]))
        con.execute("; ".join(f"SET {name} = {quoted(value)}" for name, value in options.items()))
    except BaseException:
        con.close()
        raise
    return con


def _find(con: duckdb.DuckDBPyConnection, selection: str) -> str:
    """Return the id of a selection given by id or name."""
    known = con.execute("SELECT selection_id, name FROM catalogue.main.selections ORDER BY ALL").fetchall()
    for selection_id, name in known:
        if selection in (selection_id, name):
            return str(selection_id)
    listed = ", ".join(printable(name or selection_id) for selection_id, name in known) or "none"
    raise UsageError(f"no selection is called {printable(selection)!r} (selections: {listed}; all: every model)")


def _views(con: duckdb.DuckDBPyConnection, selection_id: str) -> list[str]:
    """Return the statements that give every table and macro of the catalogue a namesake with fewer rows."""
    found = []
    for schema, table, columns in con.execute(_COLUMNS).fetchall():
        if schema == "base":
            # Macros read these: they are about the past, too; only the index of the search is about today.
            members = "now" if table == "search" else "ever"
            conditions = [f"model IN (SELECT model FROM chosen.{members})"] if "model" in columns else []
        else:
            conditions = _conditions(table, columns, selection_id)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        name = f"{schema}.{identifier(table)}"
        found.append(f"CREATE VIEW {name} AS SELECT * FROM catalogue.{name}{where}")
    for name, kind, parameters in con.execute(_MACROS).fetchall():
        given = ", ".join(map(identifier, parameters))
        call = f"catalogue.main.{identifier(name)}({given})"
        body = f"TABLE SELECT * FROM {call}" if kind == "table_macro" else call
        found.append(f"CREATE MACRO {identifier(name)}({given}) AS {body}")
    return found


def _conditions(table: str, columns: list[str], selection_id: str) -> list[str]:
    found = []
    owner = next((name for name in ("hub_id", "child_hub_id") if name in columns), None)
    if owner is not None:
        members = "ever" if table in _PAST else "now"
        nobody = f" OR {_nobody(selection_id)}" if table == "fetches" else ""
        found.append(f"({owner} IN (SELECT hub_id FROM chosen.{members}){nobody})")
    if "selection_id" in columns:
        found.append(f"selection_id = {quoted(selection_id)}")
    return found


def _nobody(selection_id: str) -> str:
    """Return the condition of what the selection's own runs requested and what was never listed as a model."""
    runs = f"SELECT run_id FROM catalogue.main.runs WHERE selection_id = {quoted(selection_id)}"
    listed = "hub_id IN (SELECT hub_id FROM catalogue.base.model_key)"
    return f"(NOT coalesce({listed}, FALSE) AND run_id IN ({runs}))"
