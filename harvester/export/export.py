"""Exports a catalogue for sharing: Parquet files, a dataset card, Croissant, a citation, a dictionary and checksums.

The same catalogue gives the same bytes. Private repositories, documents of gated ones, authors' names and free text are
left out unless requested (see ``rules``), and secrets are masked in any case (see ``cleaning``); the manifest says what
was left out. Tables that grow with each run have one file per run, so that a daily export only adds files.
"""

import json
import os
import shutil
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from harvester import __version__
from harvester.ask.connect import current_catalogue
from harvester.ask.population import population
from harvester.errors import LocalError, UsageError
from harvester.export.about import citation, facts, write_checksums
from harvester.export.card import card
from harvester.export.cleaning import cleaned, prepare, safe_name, safe_text
from harvester.export.columns import exported_type
from harvester.export.croissant import croissant
from harvester.export.rules import ASKABLE, BY_RUN, RELATED, ROOTS, RULES
from harvester.lake.duck import MemoryNeeded, file_literal, identifier, quoted, with_enough_memory
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.dictionary import dictionary
from harvester.schema.table import Column, Table

#: Version of the layout of an export.
FORMAT = 2
#: Memory for sorting a table, MB: the rest is spilled to disk, or the export retries with more.
MEMORY_MB = 1_000
MANIFEST, DICTIONARY, CARD, CROISSANT, CITATION = (
    "manifest.json", "data-dictionary.md", "README.md", "croissant.json", "CITATION.cff",
)  # fmt: skip
_PARQUET = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
#: Partition of rows that belong to no run.
_NO_RUN = "none"
_RUN = "run of the partition"

MASKED = Table(
    "masked",
    "What was masked in this export: how often, where and of which kind, never the text itself.",
    (
        Column("table", "VARCHAR", "Table of the export."),
        Column("column", "VARCHAR", "Its column."),
        Column("hub_id", "VARCHAR", "Model that the rows belong to. NULL: none."),
        Column("kind", "VARCHAR", "Kind of the secret, such as email, url-password or huggingface-token."),
        Column("count", "BIGINT", "Number of occurrences."),
        Column("masked", "BOOLEAN", "False: part of the name of a repository, which is kept: all tables refer to it."),
    ),
    ("table", "column", "hub_id", "kind"),
)  # fmt: skip

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
CREATE TEMP TABLE listed_run AS
SELECT listed_at, min(run_id) AS run_id FROM runs WHERE listed_at IS NOT NULL GROUP BY listed_at;
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
    source = current_catalogue(data)
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
    (draft / "tmp").mkdir()
    try:
        with closing(duckdb.connect(str(source), read_only=True)) as con:
            con.execute(f"SET temp_directory = {quoted(str(draft / 'tmp'))}")
            _prepare(con, include)
            tables = {table.name: _table(con, table, draft, include) for table in CATALOGUE_TABLES}
            tables[MASKED.name] = _masked(con, draft)
            runs = con.execute(
                "SELECT count(*), min(run_id), max(run_id), max(coalesce(finished_at, listed_at, started_at)), "
                "list(DISTINCT hub ORDER BY hub) FROM runs"
            ).fetchall()[0]
            hubs = [safe_name(con, hub) for hub in runs[4] or []]
            about = population(con)
            about_text = safe_text(con, about.text)
            counted = con.execute(
                "SELECT item, outcome, count(*) FROM fetches WHERE item <> 'listing' GROUP BY ALL ORDER BY ALL"
            ).fetchall()
            outcomes = [(safe_name(con, item), safe_name(con, outcome), count) for item, outcome, count in counted]
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
    described = (*CATALOGUE_TABLES, MASKED)
    introduction = (
        "Tables of this export. A table is one Parquet file, or a folder with one file per run. Times are UTC, sizes "
        "are bytes.",
    )
    (draft / DICTIONARY).write_text(dictionary(described, introduction), encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "harvester": __version__,
        "duckdb": duckdb.__version__,
        "as_of": None if runs[3] is None else runs[3].isoformat() + "Z",
        "hubs": hubs,
        "runs": {"count": runs[0], "first": runs[1], "last": runs[2]},
        "population": {"text": about_text, "models": about.models, "union_of_selections": about.union},
        "outcomes": [{"item": item, "outcome": outcome, "count": count} for item, outcome, count in outcomes],
        "included": sorted(include),
        "left_out": {word: meaning for word, meaning in ASKABLE.items() if word not in include},
        "dictionary": {"file": DICTIONARY, **facts(draft / DICTIONARY)},
        "tables": tables,
    }
    (draft / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (draft / CARD).write_text(card(manifest, described), encoding="utf-8")
    (draft / CROISSANT).write_text(croissant(manifest, described), encoding="utf-8")
    (draft / CITATION).write_text(citation(manifest), encoding="utf-8")
    write_checksums(draft)
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
    prepare(con)


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
    """Return a column as it is selected for an export."""
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
    if hidden:
        return f"CASE WHEN NOT coalesce({hidden}, false) THEN {column} END AS {column}"
    return f"CAST({column} AS {_TYPES[table, name]}) AS {column}"


_TYPES = {(table.name, column.name): exported_type(column) for table in CATALOGUE_TABLES for column in table.columns}


def _table(con: duckdb.DuckDBPyConnection, table: Table, draft: Path, include: frozenset[str]) -> dict[str, Any]:
    """Write a table's files and return its entry in the manifest."""
    chosen = draft / "tmp" / f"{table.name}.parquet"
    exported = {name: _column(table.name, name, include) for name in table.names}
    with_enough_memory(lambda memory: _copy(con, _chosen(table, exported, include), chosen, memory), MEMORY_MB)
    clean = cleaned(con, table, chosen, with_text="text" in include)
    files = []
    if table.name in BY_RUN:
        partition = identifier(_RUN)
        found = con.execute(f"SELECT DISTINCT {partition} FROM {file_literal(chosen)} ORDER BY 1").fetchall()
        for run in [run for (run,) in found] or [_NO_RUN]:
            file = draft / table.name / f"run={run}" / "part-0.parquet"
            file.parent.mkdir(parents=True)
            files.append(_file(con, clean(f"{partition} = {quoted(run)}"), draft, file))
    else:
        files.append(_file(con, clean("true"), draft, draft / f"{table.name}.parquet"))
    chosen.unlink()
    ((total,),) = con.execute(f"SELECT count(*) FROM {identifier(table.name)}").fetchall()
    kept = sum(file["rows"] for file in files)
    return {
        **_files(table, files),
        "rows": kept,
        "rows_left_out": total - kept,
        "columns_left_out": [name for name, text in exported.items() if text.startswith("CAST(NULL")],
        "columns_left_out_of_some": [name for name, text in exported.items() if text.startswith("CASE")],
        "columns": {column.name: exported_type(column) for column in table.columns},
    }


def _files(table: Table, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Return where a table is: one file, or the files of its runs."""
    if table.name not in BY_RUN:
        return {"file": files[0]["file"], "bytes": files[0]["bytes"], "sha256": files[0]["sha256"]}
    return {"file": f"{table.name}/*/*.parquet", "bytes": sum(file["bytes"] for file in files), "parts": files}


def _chosen(table: Table, exported: dict[str, str], include: frozenset[str]) -> str:
    """Return the rows and columns of a table that are exported, as they are in the catalogue."""
    conditions = _conditions(table.name, include)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    columns, source = ", ".join(exported.values()), f"{identifier(table.name)} AS source"
    order = [f"source.{identifier(name)} NULLS FIRST" for name in (*table.key, *RULES[table.name].order)]
    if table.name in BY_RUN:
        run = "source.run_id"
        if table.name == "changes":
            # The run that noticed it: the first listing after it.
            run = "coalesce(listed.run_id, (SELECT max(run_id) FROM listed_run))"
            source += " ASOF LEFT JOIN listed_run AS listed ON source.changed_at <= listed.listed_at"
        folder = f"nullif(regexp_replace({run}, '[^0-9A-Za-z_.-]', '', 'g'), '')"
        columns += f", coalesce({folder}, '{_NO_RUN}') AS {identifier(_RUN)}"
    # Sorted by the catalogue's values: values that are left out must not decide ties.
    return f"SELECT {columns} FROM {source}{where} ORDER BY {', '.join(order)}"


def _masked(con: duckdb.DuckDBPyConnection, draft: Path) -> dict[str, Any]:
    """Write the list of what was masked and return its entry in the manifest."""
    file = _file(con, "SELECT * FROM masked ORDER BY ALL", draft, draft / f"{MASKED.name}.parquet")
    columns = {column.name: column.type for column in MASKED.columns}
    nothing: dict[str, Any] = {"rows_left_out": 0, "columns_left_out": [], "columns_left_out_of_some": []}
    return {**_files(MASKED, [file]), "rows": file["rows"], **nothing, "columns": columns}


def _file(con: duckdb.DuckDBPyConnection, rows: str, draft: Path, file: Path) -> dict[str, Any]:
    """Write one Parquet file of rows and return where it is, its rows, bytes and hash."""
    with_enough_memory(lambda memory: _copy(con, rows, file, memory), MEMORY_MB)
    ((count,),) = con.execute(f"SELECT count(*) FROM read_parquet({file_literal(file)})").fetchall()
    return {"file": file.relative_to(draft).as_posix(), "rows": count, **facts(file)}


def _copy(con: duckdb.DuckDBPyConnection, rows: str, file: Path, memory_mb: int) -> None:
    con.execute(f"SET memory_limit = '{memory_mb}MB'")
    try:
        con.execute(f"COPY ({rows}) TO {quoted(str(file))} {_PARQUET}")
    except duckdb.OutOfMemoryException as error:
        message = str(error).splitlines()[0]
        if "temp_directory" in message or "No space" in message:
            raise
        raise MemoryNeeded(f"the export of {file.stem} needs more than {memory_mb} MB ({message})") from None
