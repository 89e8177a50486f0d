"""One model's page: facts, files, config, lineage, names and the runs that saw it. Takes a model, returns text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.names import Found, find_model
from harvester.ask.page import Page
from harvester.ask.run import frame
from harvester.ask.show_reuse import conflicts_section, lineage_section, reuse_section, weights_section
from harvester.ask.show_time import downloads_section, timeline_section
from harvester.ask.text import count, fold, size, table
from harvester.extract.roles import FILE_ROLES
from harvester.extract.variants import shard_of
from harvester.schema.config_columns import CONFIG_COLUMNS
from harvester.terminal import printable

#: Files of one role, children and runs shown; the rest is counted.
FILES, CHILDREN, RUNS = 12, 10, 10
#: Characters of one fact shown.
FACT = 400

_FACTS = (
    "hub_id", "author", "sha", "created_at", "last_modified", "downloads", "downloads_all_time", "likes", "gated",
    "private", "disabled", "pipeline_tag", "library_name", "license", "languages", "parameters", "parameters_source",
    "used_storage", "first_seen", "last_seen", "tags",
)  # fmt: skip
_BYTES = ("used_storage", "total_size")

#: Files of the model ``$hub_id``, largest first.
MODEL_FILES = """
SELECT role, path, size, format, unsafe, sha, source
FROM files
WHERE hub_id = $hub_id
ORDER BY size DESC NULLS LAST, path
"""
#: Config documents of the model ``$hub_id``.
MODEL_DOCUMENTS = "SELECT path, status, reason FROM configs WHERE hub_id = $hub_id ORDER BY path"
_CHILDREN = """
SELECT repo_id, base_relation AS relation, downloads, count(*) OVER () AS children
FROM models
WHERE
    hub_id <> $hub_id
    AND list_has_any(base_models, [$repo_id] || (SELECT list(repo_id) FROM names WHERE hub_id = $hub_id))
ORDER BY downloads DESC NULLS LAST, repo_id
LIMIT $limit
"""
# A base model is named as it was called then: it may have another name now.
_PARENTS = """
WITH named AS (
    SELECT unnest($names) AS name, unnest(range(len($names))) AS place
),

holders AS (
    SELECT repo_id AS name, repo_id, license, last_seen FROM models
    UNION ALL
    SELECT names.repo_id, models.repo_id, models.license, names.last_seen
    FROM names INNER JOIN models ON models.hub_id = names.hub_id
)

SELECT named.name, holders.repo_id, holders.license
FROM named LEFT JOIN holders ON holders.name = named.name
QUALIFY row_number() OVER (
    PARTITION BY named.place ORDER BY holders.repo_id = named.name DESC NULLS LAST, holders.last_seen DESC NULLS LAST
) = 1
ORDER BY named.place
"""
_NAMES = "SELECT repo_id, first_seen, last_seen FROM names WHERE hub_id = $hub_id ORDER BY first_seen, repo_id"
_SEEN = """
SELECT
    run_id, date_trunc('second', observed_at) AS observed_at, left(sha, 10) AS commit, downloads, likes, gated,
    count(*) OVER () AS runs
FROM observations
WHERE hub_id = $hub_id
ORDER BY run_id DESC
LIMIT $limit
"""


#: Tables of the catalogue with rows of one model, by hub_id.
TABLES = (
    "models", "names", "files", "configs", "config_fields", "labels", "cards", "licenses", "weights", "reuse",
    "conflicts", "commits", "changes", "tombstones", "observations",
)  # fmt: skip


def show(con: DuckDBPyConnection, model: str) -> Page:
    """Return the page of a model, given by name, former name, hub_id or URL, and its rows in each table.

    Raises UsageError with similar names if there is none.
    """
    found = find_model(con, model)

    def rows() -> dict[str, pl.DataFrame]:
        params = {"hub_id": found.hub_id}
        tables = {name: frame(con, f"SELECT * FROM {name} WHERE hub_id = $hub_id", params) for name in TABLES}
        tables["lineage"] = frame(con, "SELECT * FROM lineage WHERE $hub_id IN (child_hub_id, parent_hub_id)", params)
        return tables

    return Page(lambda width: _text(con, found, model, width), rows)


def _text(con: DuckDBPyConnection, found: Found, model: str, width: int | None) -> str:
    sections = [_title(found, model)]
    if found.live:
        columns = ", ".join(f'"{name}"' for name in (*_MODEL_COLUMNS, *(column.name for column in CONFIG_COLUMNS)))
        row = frame(con, f"SELECT {columns} FROM models WHERE hub_id = $hub_id", {"hub_id": found.hub_id}).row(
            0, named=True
        )
        sections += [_facts(row, width), _files(con, found, row), _config(con, found, row, width)]
        sections += [weights_section(con, found.hub_id, width), _lineage(con, found, row, width)]
        sections += [
            section(con, found.hub_id, width) for section in (lineage_section, reuse_section, conflicts_section)
        ]
    sections += [timeline_section(con, found.hub_id, width), _names(con, found, width)]
    sections += [downloads_section(con, found.hub_id), _seen(con, found, width)]
    return "\n".join(section for section in sections if section)


_MODEL_COLUMNS = (
    *_FACTS, "manifest_sha", "config_sha", "file_count", "total_size", "base_models", "base_relation", "config_stub",
    "config_status", "config_path",
)  # fmt: skip


def _title(found: Found, looked_up: str) -> str:
    lines = [printable(found.repo_id)]
    if looked_up.strip() != found.repo_id:
        lines.append(f"(looked up as {printable(looked_up.strip())})")
    if not found.live:
        lines.append(f"hub_id {found.hub_id}: not in the current catalogue; this is what is still known")
    return "\n".join(lines) + "\n"


def _pairs(title: str, pairs: Iterable[tuple[str, str]], width: int | None) -> str:
    shown = list(pairs)
    label = max((len(name) for name, _ in shown), default=0)
    lines = [title]
    for name, value in shown:
        first, *more = fold(value, width - label - 4) if width is not None and width > label + 24 else [value]
        lines.append(f"  {name.ljust(label)}  {first}".rstrip())
        lines += [" " * (label + 4) + rest for rest in more]
    return "\n".join(lines) + "\n"


def _value(name: str, value: object) -> str:
    if name in _BYTES and isinstance(value, int):
        return f"{value:,} bytes" + (f" ({size(value)})" if value >= 1000 else "")
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return count(value)
        case float():
            return repr(value)
        case datetime():
            return value.isoformat(timespec="seconds") + "Z"
        case list():
            text = ", ".join(printable(str(item)) for item in value)
        case _:
            text = printable(str(value))
    return text if len(text) <= FACT else f"{text[:FACT]}... ({len(text):,} characters)"


def _facts(row: dict[str, Any], width: int | None) -> str:
    set_ones = ((name, row[name]) for name in _FACTS if row[name] is not None and row[name] != [])
    return _pairs("Facts", ((name, _value(name, value)) for name, value in set_ones), width)


def _files(con: DuckDBPyConnection, found: Found, row: dict[str, Any]) -> str:
    files = frame(con, MODEL_FILES, {"hub_id": found.hub_id})
    if files.height == 0:
        known = row["file_count"] == 0
        return "Files: the repository is empty\n" if known else "Files: not read yet\n"
    if files["source"][0] == "listing":
        title = f"Files ({count(files.height)}, names only, no manifest was read)"
    else:
        title = f"Files ({count(files.height)}, {size(row['total_size'])}, at {_commit(files['sha'][0], row)})"
    lines = [title]
    present = files["role"].unique(maintain_order=True).to_list()
    for role in dict.fromkeys([*(role for role in FILE_ROLES if role in present), *present]):
        group = files.filter(pl.col("role").eq_missing(role))
        held = int(group["size"].sum()) if group["size"].count() else None
        lines.append(f"  {role or 'unknown'}: {count(group.height)}" + (f", {size(held)}" if held is not None else ""))
        sets = file_sets(group)
        for path, shards in sets[:FILES]:
            known = [file["size"] for file in shards if file["size"] is not None]
            facts = [shards[0]["format"] or "?", *([f"{count(len(shards))} files"] if len(shards) > 1 else [])]
            facts += [size(sum(known))] if known else []
            warning = "  ! can carry a pickle" if shards[0]["unsafe"] else ""
            lines.append(f"    {printable(path)}  ({', '.join(facts)}){warning}")
        if len(sets) > FILES:
            lines.append(f"    ... and {count(sum(len(shards) for _, shards in sets[FILES:]))} more")
    return "\n".join(lines) + "\n"


def file_sets(files: pl.DataFrame) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the files of one role, largest first; those of one sharded set together, under one path."""
    sets: dict[str, list[dict[str, Any]]] = {}
    for file in files.iter_rows(named=True):
        shard = shard_of(file["path"]) if file["role"] in ("weights", "framework_export") else None
        sets.setdefault(shard.group if shard else file["path"], []).append(file)
    named = [(files[0]["path"] if len(files) == 1 else path, files) for path, files in sets.items()]
    return sorted(named, key=lambda one: -sum(file["size"] or 0 for file in one[1]))


def _commit(sha: str | None, row: dict[str, Any]) -> str:
    stale = "" if sha == row["sha"] else ", which is older than the listed commit"
    return f"commit {(sha or 'unknown')[:10]}{stale}"


def _config(con: DuckDBPyConnection, found: Found, row: dict[str, Any], width: int | None) -> str:
    documents = frame(con, MODEL_DOCUMENTS, {"hub_id": found.hub_id})
    status = row["config_status"] or "pending"
    set_ones = [
        (column.name, row[column.name])
        for column in CONFIG_COLUMNS
        if row[column.name] not in (None, []) and documents.height
    ]
    title = f"Config: {status}" if row["config_path"] is None else f"Config: {printable(row['config_path'])}, {status}"
    if row["config_sha"] is not None:
        title += f", at {_commit(row['config_sha'], row)}"
    pairs = [(name, _value(name, value)) for name, value in set_ones]
    if not pairs and row["config_stub"] is not None:
        pairs = [("the Hub's excerpt", _value("config_stub", row["config_stub"]))]
    for path, state, reason in documents.iter_rows():
        if path != row["config_path"] or state != "ok":
            pairs.append((printable(path), state if reason is None else f"{state}: {_value('reason', reason)}"))
    return _pairs(title, pairs, width)


def _lineage(con: DuckDBPyConnection, found: Found, row: dict[str, Any], width: int | None) -> str:
    lines = ["Lineage"]
    names: Sequence[str] = row["base_models"] or []
    if names:
        lines.append(f"  base models ({row['base_relation'] or 'relation unknown'}):")
        for parent in frame(con, _PARENTS, {"names": list(names)}).iter_rows(named=True):
            known = f"license {parent['license'] or 'none'}" if parent["repo_id"] else "not in this catalogue"
            if parent["repo_id"] not in (None, parent["name"]):
                known = f"now {parent['repo_id']}, {known}"
            lines.append(f"    {printable(parent['name'])}  ({printable(known)})")
    else:
        lines.append("  base models: none reported by the Hub")
    children = frame(con, _CHILDREN, {"hub_id": found.hub_id, "repo_id": found.repo_id, "limit": CHILDREN})
    if children.height == 0:
        return "\n".join([*lines, "  children: none in this catalogue"]) + "\n"
    lines.append(f"  children in this catalogue: {count(children['children'][0])}; most downloaded:")
    body = table(children.drop("children"), None if width is None else width - 4)
    return "\n".join([*lines, *("    " + line for line in body.splitlines())]) + "\n"


def _names(con: DuckDBPyConnection, found: Found, width: int | None) -> str:
    names = frame(con, _NAMES, {"hub_id": found.hub_id})
    return f"Names\n{table(names, width)}" if names.height > 1 or not found.live else ""


def _seen(con: DuckDBPyConnection, found: Found, width: int | None) -> str:
    seen = frame(con, _SEEN, {"hub_id": found.hub_id, "limit": RUNS})
    if seen.height == 0:
        return "Not seen by any run\n"
    runs = seen["runs"][0]
    shown = f"the newest {seen.height} of " if runs > seen.height else ""
    return f"Seen by ({shown}{count(runs)} {'run' if runs == 1 else 'runs'})\n{table(seen.drop('runs'), width)}"
