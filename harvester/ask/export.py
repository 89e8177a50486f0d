"""Exports a catalogue for sharing: one Parquet file per table, a dictionary, and a manifest with their hashes.

The same catalogue gives the same bytes. Private repositories, documents of gated ones, authors' names and free text are
left out unless requested (see ``export_rules``); the manifest says what was left out.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from harvester import __version__
from harvester.ask.connect import catalogue_file
from harvester.ask.export_rules import ASKABLE, RELATED, ROOTS, RULES
from harvester.ask.population import population
from harvester.errors import LocalError, UsageError
from harvester.lake.duck import MemoryNeeded, file_literal, identifier, quoted, with_enough_memory
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.dictionary import dictionary
from harvester.schema.table import Table

#: Version of the layout of an export.
FORMAT = 1
#: Memory for sorting a table, MB: the rest is spilled to disk, or the export retries with more.
MEMORY_MB = 1_000
MANIFEST, DICTIONARY = "manifest.json", "data-dictionary.md"
_PARQUET = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"

#: Models last reported as private or gated; those that are gone stay so.
_CLOSED = """
CREATE TEMP TABLE private_model AS
SELECT hub_id FROM models WHERE private
UNION SELECT hub_id FROM observations WHERE private AND hub_id NOT IN (SELECT hub_id FROM models WHERE NOT private);
CREATE TEMP TABLE gated_model AS
SELECT hub_id FROM models WHERE gated <> 'false'
UNION SELECT hub_id FROM observations
WHERE gated <> 'false' AND hub_id NOT IN (SELECT hub_id FROM models WHERE gated = 'false');
CREATE TEMP TABLE private_name AS
SELECT DISTINCT repo_id FROM names WHERE hub_id IN (FROM private_model)
    AND repo_id NOT IN (SELECT repo_id FROM models WHERE hub_id NOT IN (FROM private_model));
"""
#: Documents of a repository whose documents are exported, even if others have them too; prose has other rules.
_OPEN_DOCUMENTS = """
CREATE TEMP TABLE open_document AS
SELECT oid FROM configs WHERE {open}
UNION SELECT oid FROM file_versions WHERE oid IS NOT NULL AND role NOT IN ('card', 'license', 'code') AND {open};
"""
_OPEN_PROSE = """
INSERT INTO open_document
SELECT oid FROM cards WHERE oid IS NOT NULL AND {open}
UNION SELECT oid FROM files WHERE oid IS NOT NULL AND role IN ('card', 'license') AND {open}
UNION SELECT oid FROM file_versions WHERE oid IS NOT NULL AND role IN ('card', 'license') AND {open};
"""


def export(data: Path, output: Path, include: Collection[str] = ()) -> dict[str, Any]:
    """Export the catalogue of a harvest into a directory, completely or not at all; return the manifest.

    ``include``: words of ``ASKABLE``. Raises UsageError (not a harvest, unknown word, a directory that is not
    empty) and LocalError (disk full, unwritable).
    """
    unknown = sorted(set(include) - set(ASKABLE))
    if unknown:
        raise UsageError(f"--include does not know {', '.join(unknown)}; it takes {', '.join(ASKABLE)}")
    source = catalogue_file(data)
    output = Path(os.path.abspath(output))
    draft = output.parent / f".{output.name}.draft"
    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise UsageError(f"{output} exists and is not an empty directory: choose another --output")
        output.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        manifest = _write(source, draft, frozenset(include))
        if output.exists():
            output.rmdir()
        os.replace(draft, output)
    except OSError as error:
        raise LocalError(f"cannot write {output}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _write(source: Path, draft: Path, include: frozenset[str]) -> dict[str, Any]:
    try:
        with closing(duckdb.connect(str(source), read_only=True)) as con:
            con.execute(f"SET temp_directory = {quoted(str(draft / 'tmp'))}")
            _prepare(con, include)
            tables = {table.name: _table(con, table, draft, include) for table in CATALOGUE_TABLES}
            runs = con.execute(
                "SELECT count(*), min(run_id), max(run_id), max(coalesce(finished_at, listed_at, started_at)), "
                "list(DISTINCT hub ORDER BY hub) FROM runs"
            ).fetchall()[0]
            about = population(con)
    except duckdb.OutOfMemoryException as error:
        raise LocalError(f"the export needs more memory or disk: {str(error).splitlines()[0]}") from None
    except duckdb.IOException as error:
        raise LocalError(f"cannot export {source}: {str(error).splitlines()[0]}") from None
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise UsageError(
            f"{source} was built by another version of harvester: rebuild it with `harvester build` "
            f"({str(error).splitlines()[0]})"
        ) from None
    shutil.rmtree(draft / "tmp", ignore_errors=True)
    introduction = ("Tables of this export, one Parquet file each. Times are UTC, sizes are bytes.",)
    (draft / DICTIONARY).write_text(dictionary(CATALOGUE_TABLES, introduction), encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "harvester": __version__,
        "duckdb": duckdb.__version__,
        "as_of": None if runs[3] is None else runs[3].isoformat() + "Z",
        "hubs": runs[4],
        "runs": {"count": runs[0], "first": runs[1], "last": runs[2]},
        "population": {"text": about.text, "models": about.models, "union_of_selections": about.union},
        "included": sorted(include),
        "left_out": {word: meaning for word, meaning in ASKABLE.items() if word not in include},
        "dictionary": {"file": DICTIONARY, **_facts(draft / DICTIONARY)},
        "tables": tables,
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def _open(include: frozenset[str], owner: str = "hub_id") -> str:
    """Return the condition that a repository's documents are exported."""
    closed = [f"{owner} NOT IN (FROM {word}_model)" for word in ("private", "gated") if word not in include]
    return " AND ".join(closed) or "true"


def _prepare(con: duckdb.DuckDBPyConnection, include: frozenset[str]) -> None:
    con.execute(_CLOSED)
    con.execute(_OPEN_DOCUMENTS.format(open=_open(include)))
    if "text" in include:
        con.execute(_OPEN_PROSE.format(open=_open(include)))


def _conditions(name: str, include: frozenset[str]) -> list[str]:
    """Return the condition that exported rows meet."""
    rule = RULES[name]
    found = ["oid IN (FROM open_document)"] if name == "documents" else []
    if rule.owner and "private" not in include:
        found.append(f"({rule.owner} IS NULL OR {rule.owner} NOT IN (FROM private_model))")
        if name in ROOTS:
            found.append(f"({ROOTS[name]} IS NULL OR {ROOTS[name]} NOT IN (FROM private_model))")
        if name == "fetches":
            found.append("requested_id NOT IN (FROM private_name)")
    if rule.gated and "gated" not in include:
        found.append(f"NOT ({rule.gated} AND {rule.owner} IN (FROM gated_model))")
    return found


def _column(table: str, name: str, include: frozenset[str]) -> str:
    """Return a column as it is exported."""
    rule, column = RULES[table], identifier(name)
    if (name in rule.text and "text" not in include) or (name in rule.authors and "authors" not in include):
        return f"CAST(NULL AS {_TYPES[table, name]}) AS {column}"
    hidden = ""
    if name in rule.gated_columns and "gated" not in include:
        hidden = f"{rule.owner} IN (FROM gated_model)"
    elif name in RELATED.get(table, ()) and "private" not in include:
        hidden = f"{column} IN (FROM private_model)"
    elif (table, name) == ("selections", "flags") and "private" not in include:
        # An id file names repositories.
        hidden = "EXISTS (FROM private_name WHERE contains(CAST(flags AS VARCHAR), private_name.repo_id))"
    return f"CASE WHEN NOT coalesce({hidden}, false) THEN {column} END AS {column}" if hidden else column


_TYPES = {(table.name, column.name): column.type for table in CATALOGUE_TABLES for column in table.columns}


def _table(con: duckdb.DuckDBPyConnection, table: Table, draft: Path, include: frozenset[str]) -> dict[str, Any]:
    """Write a table's file and return its entry in the manifest."""
    file = draft / f"{table.name}.parquet"
    conditions = _conditions(table.name, include)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    columns = ", ".join(_column(table.name, name, include) for name in table.names)
    # Sorted by the catalogue's values: values that are left out must not decide ties.
    order = ", ".join(f"source.{identifier(name)} NULLS FIRST" for name in (*table.key, *RULES[table.name].order))
    rows = f"SELECT {columns} FROM {identifier(table.name)} AS source{where} ORDER BY {order}"
    with_enough_memory(lambda memory: _copy(con, rows, file, memory), MEMORY_MB)
    (total,), (kept,) = (
        con.execute(f"SELECT count(*) FROM {source}").fetchall()[0]
        for source in (identifier(table.name), f"read_parquet({file_literal(file)})")
    )
    exported = {name: _column(table.name, name, include) for name in table.names}
    return {
        "file": file.name,
        "rows": kept,
        "rows_left_out": total - kept,
        "columns_left_out": [name for name, text in exported.items() if text.startswith("CAST(NULL")],
        "columns_left_out_of_some": [name for name, text in exported.items() if text.startswith("CASE")],
        **_facts(file),
        "columns": {column.name: column.type for column in table.columns},
    }


def _copy(con: duckdb.DuckDBPyConnection, rows: str, file: Path, memory_mb: int) -> None:
    con.execute(f"SET memory_limit = '{memory_mb}MB'")
    try:
        con.execute(f"COPY ({rows}) TO {quoted(str(file))} {_PARQUET}")
    except duckdb.OutOfMemoryException as error:
        message = str(error).splitlines()[0]
        if "temp_directory" in message or "No space" in message:
            raise
        raise MemoryNeeded(f"the export of {file.stem} needs more than {memory_mb} MB ({message})") from None


def _facts(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
