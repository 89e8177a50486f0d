"""Removes everything harvested for a model or an author from the lake, and keeps only digests to exclude it.

Documents that other models have too are kept: they are stored by content. Tombstones are kept.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from harvester.errors import UsageError
from harvester.lake.compaction import write_select
from harvester.lake.duck import connection, quoted, with_enough_memory
from harvester.lake.parts import TABLES, Lake, Part
from harvester.lake.suppress import Suppressions

MEMORY_MB = 256
_KEPT_TABLES = frozenset({"tombstones", "runs", "selections"})
_OF_MODEL = "hub_id IN (SELECT hub_id FROM purged)"
_OF_DOCUMENT = "oid IN (SELECT oid FROM purged_document)"
_WHERE = {
    "fetches": f"{_OF_MODEL} OR (hub_id IS NULL AND lower(split_part(requested_id, '@', 1)) IN "
    "(SELECT name FROM purged_name))",
    "listing": f"{_OF_MODEL} OR lower(repo_id) IN (SELECT name FROM purged_name)",
    "weights": "content IN (SELECT oid FROM purged_document)",
}  # fmt: skip

_PURGED = """
CREATE TEMP TABLE purged AS
WITH newest AS (
    SELECT hub_id, arg_max(repo_id, (run_id, observed_at)) AS repo_id,
        arg_max(author, (run_id, observed_at)) AS author
    FROM lake_facts GROUP BY hub_id
)
SELECT DISTINCT hub_id FROM newest
WHERE CASE WHEN $by_author THEN lower(author) = lower($target) ELSE
    hub_id = lower($target) OR lower(repo_id) = lower($target)
    OR (hub_id IN (SELECT hub_id FROM lake_facts WHERE lower(repo_id) = lower($target))
        AND NOT EXISTS (FROM newest AS holder WHERE lower(holder.repo_id) = lower($target))) END
"""
_NAMES = """
CREATE TEMP TABLE purged_name AS
WITH newest AS (
    SELECT hub_id, arg_max(repo_id, (run_id, observed_at)) AS repo_id FROM lake_facts GROUP BY hub_id
)
SELECT DISTINCT lower(newest.repo_id) AS name FROM newest SEMI JOIN purged USING (hub_id)
"""
# Contents that only purged models have.
_DOCUMENTS = """
CREATE TEMP TABLE purged_document AS
WITH held AS (
    SELECT hub_id, oid FROM lake_refs
    UNION ALL SELECT hub_id, oid FROM lake_file_versions
    UNION ALL SELECT hub_id, card_data_oid FROM lake_manifests WHERE card_data_oid IS NOT NULL
    UNION ALL SELECT hub_id, coalesce(sha256, oid) FROM lake_files WHERE role = 'weights' AND source <> 'listing'
)
SELECT DISTINCT held.oid FROM held SEMI JOIN purged USING (hub_id)
WHERE held.oid IS NOT NULL
EXCEPT
SELECT held.oid FROM held ANTI JOIN purged USING (hub_id)
"""


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed."""

    models: int
    rows: int
    documents: int


def is_author(lake: Lake, target: str) -> bool:
    """Whether an argument without a slash means an author. Raises UsageError if it matches nothing, or both."""
    with connection(lake, memory_mb=MEMORY_MB) as con:
        names, ids, authors = con.execute(
            "SELECT count(*) FILTER (lower(repo_id) = lower($target)), count(*) FILTER (hub_id = lower($target)), "
            "count(*) FILTER (lower(author) = lower($target)) FROM lake_facts", {"target": target},
        ).fetchall()[0]  # fmt: skip
    if names and authors and "/" not in target:
        raise UsageError(
            f"{target!r} is both a model and an author; give the hub_id of the model, or purge the author's models one "
            "by one"
        )
    if not names and not ids and not authors:
        raise UsageError(f"nothing was harvested for {target!r}: give a repo_id, a hub_id or an author")
    return bool(authors) and not names and not ids


def names_of(lake: Lake, target: str, *, by_author: bool) -> list[str]:
    """Return the names of the models that ``purge`` would remove."""
    with connection(lake, memory_mb=MEMORY_MB) as con:
        con.execute(_PURGED, {"target": target, "by_author": by_author})
        con.execute(_NAMES)
        return [row[0] for row in con.execute("SELECT name FROM purged_name ORDER BY name").fetchall()]


def purge(lake: Lake, target: str, *, by_author: bool) -> Purged:
    """Exclude a model or author in future, and remove it from every part. Raises UsageError, LocalError."""
    return with_enough_memory(lambda memory_mb: _purge(lake, target, by_author, memory_mb), MEMORY_MB)


def _purge(lake: Lake, target: str, by_author: bool, memory_mb: int) -> Purged:
    with connection(lake, memory_mb=memory_mb) as con:
        con.execute(_PURGED, {"target": target, "by_author": by_author})
        con.execute(_NAMES)
        con.execute(_DOCUMENTS)
        hub_ids = [row[0] for row in con.execute("SELECT hub_id FROM purged").fetchall()]
        names = [row[0] for row in con.execute("SELECT name FROM purged_name").fetchall()]
        documents = int(con.execute("SELECT count(*) FROM purged_document").fetchall()[0][0])
        # Exclude it first, so that after a kill no later run harvests it again.
        Suppressions.load(lake.store).add(hub_ids, names, [target] if by_author else [])
        new: list[Part] = []
        dropped: list[Part] = []
        for part in [part for table in TABLES for part in lake.parts(table)]:
            replaced = _without(con, lake, part)
            if replaced is not None:
                dropped.append(part)
                new += replaced
    lake.publish(new, drop=dropped)
    removed = sum(part.rows for part in dropped) - sum(part.rows for part in new)
    return Purged(len(hub_ids), removed, documents)


def _without(con: duckdb.DuckDBPyConnection, lake: Lake, part: Part) -> list[Part] | None:
    """Return the part without purged rows (an empty list: all rows were purged); None if it has none."""
    table = TABLES[part.table]
    if part.table in _KEPT_TABLES:
        return None
    where = _WHERE.get(part.table, _OF_MODEL if "hub_id" in table.names else _OF_DOCUMENT)
    source = f"read_parquet({quoted(lake.paths([part])[0])}, hive_partitioning = false)"
    if not con.execute(f"SELECT 1 FROM {source} WHERE {where} LIMIT 1").fetchall():
        return None
    select = f"SELECT * FROM {source} WHERE NOT coalesce(({where}), false)"
    stem = Path(part.path).stem.removeprefix("part-")
    kept = write_select(con, lake, select, table=part.table, run_id=part.run_id, name=f"{stem}-purged")
    return [] if kept is None else [kept]
