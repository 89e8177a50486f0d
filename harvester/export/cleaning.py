r"""Makes the texts of a table safe to publish, in SQL: secrets masked, prose withheld or neutralised.

In comes a table as a Parquet file; out go an expression for each column and the list of what was masked. A value that
does not look like a name is withheld as ``text:`` and 16 hex digits of the SHA-256 of its masked form, so that equal
values stay equal. With `--include text` it is kept, capped, without control characters, and with markup escaped.
"""

import re
from collections.abc import Callable
from pathlib import Path

import duckdb

from harvester.export.columns import Kind, exported_type, kind_of
from harvester.export.rules import RULES
from harvester.export.secrets import SENSITIVE_FIELD, TRIGGER, detected, masked
from harvester.lake.duck import file_literal, identifier, quoted
from harvester.schema.table import Column, Table

#: Characters of a text, of a document and of a name that are kept at most.
TEXT_MOST, DOCUMENT_MOST, NAME_MOST = 10_000, 100_000, 1_000
#: Values that are looked at together; documents may have 1 MiB each.
_BATCH, _BATCH_OF_DOCUMENTS = 50_000, 200
_MASKED = "[masked:named-secret]"
#: What the values of enumerations are made of: no spaces, brackets of markup, quotes, or characters that are not seen.
#: As what is excluded: `\p{L}` takes RE2 18 ms to compile, in every expression.
_EXCLUDED = (
    r"\x00-\x20\x7f-\x{a0}<>'`&|;!$(){}\\^*?%,\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}"
    r"\x{2000}-\x{200f}\x{2028}-\x{202f}\x{205f}-\x{206f}\x{3000}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}"
    r"\x{fff0}-\x{ffff}\x{e000}-\x{f8ff}\x{e0000}-\x{10ffff}"
)
_CHARACTERS = rf"[^{_EXCLUDED}\"]*"
#: Config fields have quotes around unusual keys. A leading =, +, - or @ would make a formula.
_NAME = rf"[^{_EXCLUDED}=+@-][^{_EXCLUDED}]*"
#: JSON of such names and of numbers.
_SCALARS = r"true|false|null|NaN|-?Infinity"
_JSON = rf'-?[0-9][0-9.eE+-]*|{_SCALARS}|"{_CHARACTERS}"|[\[{{](?:[\[\]{{}}:, .0-9eE+-]|{_SCALARS}|"{_CHARACTERS}")*'
_REPOSITORY = r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)?"
_IS_REPOSITORY = re.compile(_REPOSITORY)
_ID = r"[0-9A-Za-z][0-9A-Za-z_.:-]*"
_MACROS = rf"""
CREATE TEMP MACRO withheld(x) AS 'text:' || substr(sha256(x), 1, 16);
CREATE TEMP MACRO as_name(x) AS CASE
    WHEN length(x) <= 400 AND regexp_full_match(x, {quoted(_NAME)}) THEN x
    WHEN length(x) <= 20000 AND regexp_full_match(x, {quoted(_JSON)}) THEN x
    WHEN x = '' THEN x
    WHEN x IS NOT NULL THEN withheld(x) END;
CREATE TEMP MACRO as_id(x) AS CASE
    WHEN length(x) <= 80 AND regexp_full_match(x, {quoted(_ID)}) THEN x WHEN x IS NOT NULL THEN withheld(x) END;
CREATE TEMP MACRO as_repository(x) AS CASE
    WHEN length(x) <= 200 AND regexp_full_match(x, {quoted(_REPOSITORY)}) THEN x ELSE as_name(x) END;
CREATE TEMP MACRO harmless(x) AS
    regexp_replace(regexp_replace(replace(replace(replace(regexp_replace(regexp_replace(x,
        '\x1b\[[0-9;?]*[ -/]*[@-~]', '', 'g'),
        '[\x00-\x08\x0b-\x1f\x7f-\x{{9f}}\p{{Cf}}\p{{Co}}]', '', 'g'),
        '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
        '(?i)(javascript|vbscript|data)(\s*):', '\1[:]', 'g'),
        '\]\(', '] (', 'g');
CREATE TEMP MACRO no_formula(x) AS CASE
    WHEN regexp_matches(x, '^\s*[=+@-]') AND NOT regexp_full_match(x, '[+-]?[0-9.][0-9.eE+-]*|-Infinity') THEN '''' || x
    ELSE x END;
CREATE TEMP MACRO as_text(x, most) AS no_formula(harmless(
    CASE WHEN length(x) > most THEN left(x, most) || ' [cut]' ELSE x END));
CREATE TEMP TABLE secret (value VARCHAR, masked VARCHAR, kinds VARCHAR[]);
CREATE TEMP TABLE masked (
    "table" VARCHAR, "column" VARCHAR, hub_id VARCHAR, kind VARCHAR, count BIGINT, masked BOOLEAN
);
"""


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create what the expressions need: macros, and the list of what was masked."""
    con.execute(_MACROS)


def safe_name(con: duckdb.DuckDBPyConnection, text: str | None) -> str:
    """Return a name as it is exported."""
    ((name,),) = con.execute("SELECT as_name(?)", [masked(text or "")[0]]).fetchall()
    return str(name)


def safe_text(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """Return prose as it is exported: on one line, masked and without markup."""
    ((clean,),) = con.execute("SELECT as_text(?, ?)", [masked(" ".join(text.split()))[0], NAME_MOST]).fetchall()
    return str(clean)


def cleaned(con: duckdb.DuckDBPyConnection, table: Table, rows: Path, *, with_text: bool) -> Callable[[str], str]:
    """Look for secrets in the rows of a table (Parquet) and record them.

    Return a function from a condition on these rows to the SELECT of the clean ones, in the same order.
    """
    con.execute("DELETE FROM secret")
    source = f"read_parquet({file_literal(rows)}, file_row_number = true)"
    ((count,),) = con.execute(f"SELECT count(*) FROM {source}").fetchall()
    found = [column for column in table.columns if count and _look(con, table, column, source)]
    con.execute("SET VARIABLE secrets = (SELECT coalesce(map(list(value), list(masked)), MAP {}) FROM secret)")
    con.execute("SET VARIABLE secret_values = (SELECT coalesce(list(value), []) FROM secret)")
    columns = ", ".join(
        f"{_expression(table.name, column, with_text=with_text)} AS {identifier(column.name)}"
        for column in table.columns
    )
    if not count:
        # Planning hundreds of expressions takes longer than an empty file.
        columns = ", ".join(map(identifier, table.names))
    if not found:
        return lambda condition: f"SELECT {columns} FROM {source} AS source WHERE {condition}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE without_secrets AS SELECT * FROM {source}")
    for column in found:
        con.execute(_masking(table, column))
    # An update keeps no order.
    return lambda condition: (
        f"SELECT {columns} FROM without_secrets AS source WHERE {condition} ORDER BY source.file_row_number"
    )


def _masking(table: Table, column: Column) -> str:
    """Return the statement that masks a column's secrets. One join each: 60 in one statement took 15 s to plan."""
    name = identifier(column.name)
    if column.type.endswith("[]"):
        unmasked = f"list_transform({name}, lambda x: coalesce(getvariable('secrets')[x], x))"
        where = f"list_has_any({name}, getvariable('secret_values'))"
        return f"UPDATE without_secrets SET {name} = {unmasked} WHERE {where}"
    unmasked = (
        f"CAST({'encode(secret.masked)' if column.type == 'BLOB' else 'secret.masked'} AS {exported_type(column)})"
    )
    value = _value(column, f"without_secrets.{name}")
    return f"UPDATE without_secrets SET {name} = {unmasked} FROM secret WHERE secret.value = {value}" + (
        f" AND NOT regexp_full_match({value}, {quoted(_REPOSITORY)})"
        if kind_of(table.name, column) is Kind.REPOSITORY
        else ""
    )


def _value(column: Column, name: str) -> str:
    """Return the text of a column's cell."""
    return f"TRY(decode({name}))" if column.type == "BLOB" else f"CAST({name} AS VARCHAR)"


def _look(con: duckdb.DuckDBPyConnection, table: Table, column: Column, source: str) -> bool:
    """Record the secrets in a column, and return whether there are any that are masked."""
    kind = kind_of(table.name, column)
    if kind in (Kind.PLAIN, Kind.ID):
        return False
    value = (
        f"unnest({identifier(column.name)})" if column.type.endswith("[]") else _value(column, identifier(column.name))
    )
    # A cursor of its own: the connection is needed while it is read.
    cursor = con.cursor().execute(
        f"SELECT value, regexp_matches(value, {quoted(TRIGGER)}) FROM (SELECT DISTINCT {value} AS value FROM {source}) "
        "WHERE value <> ''"
    )

    def is_kept(text: str) -> bool:
        return kind is Kind.REPOSITORY and _IS_REPOSITORY.fullmatch(text) is not None

    secrets = []
    while batch := cursor.fetchmany(_BATCH_OF_DOCUMENTS if kind is Kind.DOCUMENT else _BATCH):
        suspects = {value for value, suspected in batch if suspected}
        suspects.update(detected([value for value, _ in batch]))
        for text in suspects:
            without, kinds = masked(text)
            if kinds:
                secrets.append((text, without, kinds))
    known = {text for (text,) in con.execute("SELECT value FROM secret").fetchall()} if secrets else set()
    con.execute("CREATE OR REPLACE TEMP TABLE in_column (value VARCHAR, kinds VARCHAR[], masked BOOLEAN)")
    for text, without, kinds in secrets:
        con.execute("INSERT INTO in_column VALUES (?, ?, ?)", [text, kinds, not is_kept(text)])
        if text not in known:
            con.execute("INSERT INTO secret VALUES (?, ?, ?)", [text, without, kinds])
    owner = RULES[table.name].owner
    hub_id = f"CAST({identifier(owner)} AS VARCHAR)" if owner else "CAST(NULL AS VARCHAR)"
    if secrets:
        con.execute(
            f"INSERT INTO masked SELECT {quoted(table.name)}, {quoted(column.name)}, hub_id, kind, count(*), masked "
            f"FROM (SELECT cell.hub_id, unnest(in_column.kinds) AS kind, in_column.masked "
            f"FROM (SELECT {hub_id} AS hub_id, {value} AS value FROM {source}) AS cell JOIN in_column USING (value)) "
            "GROUP BY hub_id, kind, masked"
        )
    by_name = _named_secret(table.name, column.name)
    if by_name:
        con.execute(
            f"INSERT INTO masked SELECT {quoted(table.name)}, {quoted(column.name)}, {hub_id}, 'named-secret', "
            f"count(*), true FROM {source} WHERE {by_name} GROUP BY ALL"
        )
    return not all(is_kept(text) for text, _, _ in secrets)


def _named_secret(table: str, column: str) -> str:
    """Return the condition that a cell is the text of a config field whose name says that it is a secret."""
    if (table, column) not in {("config_fields", "value"), ("changes", "old"), ("changes", "new")}:
        return ""
    is_text = "type = 'string'" if table == "config_fields" else "kind = 'config'"
    is_string = f"length({column}) > 4 AND starts_with({column}, '\"')"
    return f"({is_text} AND {is_string} AND regexp_matches(field, {quoted(SENSITIVE_FIELD)}))"


def _expression(table: str, column: Column, *, with_text: bool) -> str:
    kind, name = kind_of(table, column), f"source.{identifier(column.name)}"
    if kind is Kind.PLAIN:
        return name
    if column.type.endswith("[]"):
        return f"list_transform({name}, lambda x: {_safe('x', kind, with_text)})"
    clean = _safe(_value(column, name), kind, with_text)
    if by_name := _named_secret(table, column.name):
        clean = f"CASE WHEN {by_name} THEN '\"{_MASKED}\"' ELSE {clean} END"
    return f"encode({clean})" if kind is Kind.DOCUMENT else clean


def _safe(value: str, kind: Kind, with_text: bool) -> str:
    """Return the expression of a text without what is dangerous in it."""
    if kind is Kind.ID:
        return f"as_id({value})"
    if kind is Kind.REPOSITORY:
        return f"as_repository({value})"
    if kind is Kind.NAME and not with_text:
        return f"as_name({value})"
    most = {Kind.TEXT: TEXT_MOST, Kind.DOCUMENT: DOCUMENT_MOST}.get(kind, NAME_MOST)
    return f"as_text({value}, {most})"
