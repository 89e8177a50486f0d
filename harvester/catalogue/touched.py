"""Which models, contents and runs new parts of the lake tell of: sets in the schema ``touched`` of DuckDB's memory."""

import duckdb

from harvester.lake.duck import identifier, parts_select
from harvester.lake.parts import TABLES, Lake, Part
from harvester.schema.table import Table

#: Tables about models whose rows touch no model: every listing adds to them, and they have rules of their own.
COUNTS = frozenset({"listing", "observations", "members"})


def content_column(table: Table) -> str | None:
    """Return the column that names the content a row is about; None where rows are about models or runs."""
    if "hub_id" in table.names:
        return None
    return next((name for name in ("oid", "content") if name in table.names), None)


def define_lake(con: duckdb.DuckDBPyConnection, lake: Lake, new: list[Part]) -> None:
    """Make the views ``lake_<table>`` in the schemas ``whole`` (all live parts) and ``fresh`` (the new ones)."""
    for schema in ("whole", "fresh", "touched"):
        con.execute(f"CREATE SCHEMA memory.{schema}")
    for name, table in TABLES.items():
        con.execute(f"CREATE VIEW memory.whole.lake_{name} AS {parts_select(table, lake.files(name))}")
        fresh = [str(lake.layout.lake / part.path) for part in new if part.table == name]
        con.execute(f"CREATE VIEW memory.fresh.lake_{name} AS {parts_select(table, fresh)}")


def define_touched(con: duckdb.DuckDBPyConnection) -> None:
    """Make the sets ``touched.content`` (oid), ``touched.run`` (run_id) and ``touched.model`` (hub_id, model)."""
    contents = [
        f"SELECT {identifier(column)} AS oid FROM memory.fresh.lake_{name}"
        for name, table in TABLES.items()
        if (column := content_column(table))
    ]
    con.execute(f"CREATE TABLE memory.touched.content AS SELECT DISTINCT oid FROM ({' UNION ALL '.join(contents)})")
    con.execute(
        "CREATE TABLE memory.touched.run AS SELECT DISTINCT run_id FROM "
        "(SELECT run_id FROM memory.fresh.lake_fetches UNION ALL SELECT run_id FROM memory.fresh.lake_refs)"
    )
    models = [
        f"SELECT hub_id FROM memory.fresh.lake_{name}"
        for name, table in TABLES.items()
        if "hub_id" in table.names and name not in COUNTS
    ]
    # Whoever holds a content that is read now, or read anew, however long ago it was seen there.
    models += [
        f"SELECT held.hub_id FROM memory.whole.lake_{name} AS held "
        f"SEMI JOIN memory.touched.content AS content ON content.oid = held.{identifier(column.name)}"
        for name, table in TABLES.items()
        if "hub_id" in table.names
        for column in table.columns
        if column.type == "BLOB"
    ]
    # Of what listings count, gating alone is compared run by run.
    models.append(
        "SELECT told.hub_id FROM memory.fresh.lake_observations AS told "
        "JOIN catalogue.base.model_key AS key USING (hub_id) JOIN catalogue.base.observed_now AS known USING (model) "
        "WHERE told.gated IS NOT NULL AND told.gated IS DISTINCT FROM known.gated"
    )
    con.execute(
        "CREATE TABLE memory.touched.hub AS SELECT DISTINCT hub_id "
        f"FROM ({' UNION ALL '.join(models)}) WHERE hub_id IS NOT NULL"
    )
    number_models(con)


def number_models(con: duckdb.DuckDBPyConnection) -> None:
    """Give the touched models the keys they have in the catalogue now; NULL for those it does not know yet."""
    con.execute(
        "CREATE OR REPLACE TABLE memory.touched.model AS SELECT hub_id, key.model "
        "FROM memory.touched.hub LEFT JOIN catalogue.base.model_key AS key USING (hub_id)"
    )


def define_scopes(con: duckdb.DuckDBPyConnection) -> None:
    """Make the schemas in which ``lake_<table>`` shows the touched models, contents or runs alone.

    What is known of the touched models is read once and kept: many statements ask for it.
    """
    for scope in ("of_model", "of_content", "of_run", "states"):
        con.execute(f"CREATE SCHEMA memory.{scope}")
    for name, table in TABLES.items():
        whole = f"SELECT * FROM memory.whole.lake_{name} AS held SEMI JOIN memory.touched"
        column = content_column(table)
        if "hub_id" in table.names:
            kind = "VIEW" if name in COUNTS else "TABLE"
            con.execute(f"CREATE {kind} memory.of_model.lake_{name} AS {whole}.hub USING (hub_id)")
        elif column:
            con.execute(
                f"CREATE VIEW memory.of_content.lake_{name} AS {whole}.content AS content "
                f"ON content.oid = held.{identifier(column)}"
            )
        if "hub_id" in table.names and "run_id" in table.names:
            con.execute(f"CREATE VIEW memory.of_run.lake_{name} AS {whole}.run USING (run_id)")


#: The states a new run may end, beside those it tells of, as rows of the lake; and whose states it tells of.
_STATES = {
    "observations": (
        "SELECT run.run_id, key.hub_id, {columns} FROM catalogue.base.observed_now AS now "
        "JOIN catalogue.base.model_key AS key USING (model) JOIN catalogue.base.run AS run ON run.run = now.from_run "
        "SEMI JOIN memory.fresh.lake_observations AS told ON told.hub_id = key.hub_id",
        "SELECT DISTINCT key.model FROM memory.fresh.lake_observations "
        "JOIN catalogue.base.model_key AS key USING (hub_id)",
        "observed",
    ),
    "members": (
        "SELECT selection.selection_id, run.run_id, key.hub_id, true AS present, {columns} "
        "FROM catalogue.base.member_now AS now "
        "JOIN catalogue.base.selection AS selection USING (selection) "
        "JOIN catalogue.base.model_key AS key USING (model) JOIN catalogue.base.run AS run ON run.run = now.from_run "
        "SEMI JOIN memory.fresh.lake_members AS told "
        "ON told.hub_id = key.hub_id AND told.selection_id = selection.selection_id",
        "SELECT DISTINCT selection.selection, key.model FROM memory.fresh.lake_members "
        "JOIN catalogue.base.model_key AS key USING (hub_id) "
        "JOIN catalogue.base.selection AS selection USING (selection_id)",
        "member",
    ),
}
_NOT_STATES = frozenset({"run_id", "hub_id", "selection_id", "present"})


def define_states(con: duckdb.DuckDBPyConnection) -> None:
    """Make the schema ``states``, and ``touched.<stem>``: whose state the new parts tell of. Keys must be there."""
    for name, (ended, told, stem) in _STATES.items():
        columns = ", ".join(f"now.{identifier(c)}" for c in TABLES[name].names if c not in _NOT_STATES)
        con.execute(
            f"CREATE VIEW memory.states.lake_{name} AS SELECT * FROM memory.fresh.lake_{name} "
            f"UNION ALL BY NAME {ended.replace('{columns}', columns)}"
        )
        con.execute(f"CREATE TABLE memory.touched.{stem} AS {told}")


def oldest_state(con: duckdb.DuckDBPyConnection) -> str | None:
    """Return the oldest run whose states the new parts tell; None where they tell of none."""
    told = " UNION ALL ".join(f"SELECT run_id FROM memory.fresh.lake_{name}" for name in _STATES)
    oldest: str | None = con.execute(f"SELECT min(run_id) FROM ({told})").fetchall()[0][0]
    return oldest
