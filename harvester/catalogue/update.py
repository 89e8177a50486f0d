"""Brings a copy of the last catalogue up to the lake: each statement over what new parts touch, as `rules` says.

In goes a copy of a catalogue and the parts it does not know; the copy is changed. Raises Anew where that cannot be
proven to give what a full build gives.
"""

import duckdb

from harvester.catalogue.built import Built
from harvester.catalogue.derive import run_steps, step_tables
from harvester.catalogue.rules import RULES, How, Rule
from harvester.catalogue.scripts import Statement, scripts, statements
from harvester.catalogue.touched import (
    define_lake,
    define_scopes,
    define_states,
    define_touched,
    number_models,
    oldest_state,
)
from harvester.lake.duck import identifier
from harvester.lake.parts import Lake, Part

#: Where more than this part of all models is touched, a full build takes less time.
MOST = 1 / 3
#: Where a statement finds the lake, by its rule.
_SCOPES = {
    How.OF_MODEL: "of_model", How.OF_PAIR: "of_model", How.ADDED: "of_model", How.PASSING: "of_model",
    How.OF_CONTENT: "of_content", How.OF_RUN: "of_run", How.PAST: "states", How.NOW: "states", How.WHOLE: "whole",
}  # fmt: skip
#: Whose rows give way, by the column that says whose a row is.
_WHOSE = {
    "model": "SELECT model FROM memory.touched.model",
    "hub_id": "SELECT hub_id FROM memory.touched.hub",
    "child_hub_id": "SELECT hub_id FROM memory.touched.hub",
    "oid": "SELECT oid FROM memory.touched.content",
    "content": "SELECT oid FROM memory.touched.content",
    "doc": "SELECT doc FROM catalogue.base.doc SEMI JOIN memory.touched.content USING (oid)",
    "card": "SELECT card FROM catalogue.base.card SEMI JOIN memory.touched.content USING (oid)",
    "run_id": "SELECT run_id FROM memory.touched.run",
}


class Anew(Exception):
    """The catalogue must be built anew; the message says why."""


def update(con: duckdb.DuckDBPyConnection, lake: Lake, built: Built, new: list[Part]) -> tuple[int, frozenset[str]]:
    """Update the attached database ``catalogue``; return the models touched and the tables made anew. Raises Anew."""
    define_lake(con, lake, new)
    define_touched(con)
    touched, known = con.execute(
        "SELECT (SELECT count(*) FROM memory.touched.hub), (SELECT count(*) FROM catalogue.base.model_key)"
    ).fetchall()[0]
    if touched > MOST * known:
        raise Anew(f"{touched:,} of {known:,} models are touched")
    define_scopes(con)
    con.execute("ATTACH ':memory:' AS delta")
    con.execute("CREATE SCHEMA delta.base")
    oldest = oldest_state(con)
    work = _Update(con, states_follow=oldest is None or oldest > built.newest_run)
    for file, text in scripts():
        for statement in statements(text):
            work.run(statement)
        for table in step_tables(file):
            rule = work.begin(table)
            run_steps(con, file, lake.layout.scratch, only=table)
            work.settle(table, rule)
    con.execute("USE memory")
    con.execute("DETACH delta")
    return touched, frozenset(work.anew)


class _Update:
    def __init__(self, con: duckdb.DuckDBPyConnection, *, states_follow: bool):
        self._con, self._states_follow, self._states_defined = con, states_follow, False
        self.anew: set[str] = set()
        self._columns: dict[str, list[str]] = {}
        for schema, table, column in con.execute(
            "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE database_name = 'catalogue' "
            "ORDER BY column_index"
        ).fetchall():
            self._columns.setdefault(table if schema == "main" else f"{schema}.{table}", []).append(column)

    def run(self, statement: Statement) -> None:
        """Carry one statement out, and one table forward."""
        # What a full build needs to keep its widest rows out of memory only makes few rows slow.
        if statement.verb in ("COMMENT", "SET", "RESET") or statement.kind in ("MACRO", "SCHEMA"):
            return
        if statement.verb == "DROP":
            rule = self._rule(statement.name)
            self._con.execute(f"DROP TABLE {_in('catalogue' if rule.how is How.WHOLE else 'delta', statement.name)}")
            return
        if statement.kind == "TABLE":
            rule = self.begin(statement.name)
            self._con.execute(statement.text)
            self.settle(statement.name, rule)
            return
        if statement.kind == "VIEW":
            self._look("delta", "whole")
        self._con.execute(statement.text)

    def _rule(self, table: str) -> Rule:
        if table not in RULES:
            raise Anew(f"{table} has no rule to be carried forward by")
        rule = RULES[table]
        if rule.how in (How.PAST, How.NOW):
            if not self._states_follow:
                return Rule(How.WHOLE)
            if not self._states_defined:
                define_states(self._con)
                self._states_defined = True
        return rule

    def begin(self, table: str) -> Rule:
        """Look at the lake as the table's rule says, and make room for it; return the rule."""
        rule = self._rule(table)
        in_place = rule.how is How.WHOLE and rule.key is None
        if in_place:
            self._con.execute(f"DROP TABLE IF EXISTS {_in('catalogue', table)}")
        self._look("catalogue" if in_place else "delta", _SCOPES[rule.how])
        return rule

    def _look(self, database: str, scope: str) -> None:
        self._con.execute(f"SET search_path = '{database}.main,memory.{scope},memory.whole'")

    def settle(self, table: str, rule: Rule) -> None:
        """Put what was made in the place of the old rows, and let later statements see the right part of it."""
        made, kept = _in("delta", table), _in("catalogue", table)
        if rule.how is How.PASSING:
            return
        if rule.how is How.WHOLE and rule.key is None:
            self.anew.add(table)
            self._show(table)
            return
        if rule.key is not None:
            self._number(table, rule)
        self._give_way(table, rule)
        met = f" ANTI JOIN {kept} USING ({_by(rule)})" if rule.how is How.ADDED else ""
        self._con.execute(f"INSERT INTO {kept} BY NAME SELECT * FROM {made}{met}")
        if rule.key is not None or rule.how not in (How.OF_MODEL, How.OF_PAIR, How.ADDED):
            self._con.execute(f"DROP TABLE {made}")
            if rule.key == "model":
                number_models(self._con)
            self._show(table)

    def _give_way(self, table: str, rule: Rule) -> None:
        kept, by = _in("catalogue", table), _by(rule)
        if rule.how is How.WHOLE:
            self._con.execute(f"DELETE FROM {kept}")
        elif rule.how is How.OF_PAIR:
            self._con.execute(f"DELETE FROM {kept} WHERE ({by}) IN (SELECT ({by}) FROM delta.base.doc_pair)")
        elif rule.how is How.NOW:
            stem = table.removesuffix("_now").rpartition(".")[2]
            self._con.execute(
                f"DELETE FROM {kept} WHERE ({_by(rule)}) IN (SELECT ({_by(rule)}) FROM memory.touched.{stem})"
            )
        elif rule.how not in (How.PAST, How.ADDED):
            self._con.execute(f"DELETE FROM {kept} WHERE {identifier(rule.by[0])} IN ({_WHOSE[rule.by[0]]})")

    def _number(self, table: str, rule: Rule) -> None:
        """Give known rows the keys they have, and new rows new ones. Raises Anew where keys would come out of order."""
        assert rule.key is not None
        made, kept, key = _in("delta", table), _in("catalogue", table), identifier(rule.key)
        natural = ", ".join(map(identifier, rule.natural))
        if rule.ordered:
            moved = self._con.execute(
                f"SELECT count(*) FROM {kept} AS old LEFT JOIN {made} AS new USING ({natural}) "
                f"WHERE new.{key} IS DISTINCT FROM old.{key}"
            ).fetchall()
            if moved[0][0]:
                raise Anew(f"a {rule.key} came between older ones")
            return
        others = ", ".join(f"new.{identifier(c)}" for c in self._columns[table] if c not in (rule.key, *rule.natural))
        self._con.execute(f"""
            CREATE TABLE delta.base.numbered AS
            SELECT coalesce(old.{key}, (SELECT coalesce(max({key}), -1) FROM {kept})
                + row_number() OVER (PARTITION BY old.{key} IS NULL ORDER BY {natural}))::INTEGER AS {key}, {natural}
                {"," if others else ""} {others}
            FROM {made} AS new LEFT JOIN {kept} AS old USING ({natural})
        """)
        self._con.execute(f"DROP TABLE {made}")
        self._con.execute(f"ALTER TABLE delta.base.numbered RENAME TO {identifier(table.rpartition('.')[2])}")

    def _show(self, table: str) -> None:
        """Let statements about the touched see a table of the catalogue: of one about models theirs, of keys all."""
        about_models = "model" in self._columns.get(table, ()) and RULES[table].key is None
        where = " WHERE model IN (SELECT model FROM memory.touched.model)" if about_models else ""
        self._con.execute(
            f"CREATE OR REPLACE VIEW {_in('delta', table)} AS SELECT * FROM {_in('catalogue', table)}{where}"
        )


def _in(database: str, table: str) -> str:
    return f"{database}.{table}" if "." in table else f"{database}.main.{table}"


def _by(rule: Rule) -> str:
    return ", ".join(map(identifier, rule.by))
