"""Rewrites the parts of many runs into few, sorted by model or document. The catalogue stays the same.

Dropped: extractions that a later one supersedes, second copies of a document, and listed file names of a commit whose
manifest was read.
"""

from dataclasses import dataclass
from itertools import pairwise

import duckdb

from harvester.lake.duck import connection, identifier, parquet_options, parts_select, quoted, with_enough_memory
from harvester.lake.parts import TABLES, Lake, Part

#: Rows of a compacted part at most.
BUCKET = 3_000_000
#: DuckDB's memory to begin with, MB: it sorts, and spills what does not fit.
MEMORY_MB = 128
OBSERVATIONS = "observations"
#: Merge observations only when there are this many small parts, so that not every run rewrites them.
AT_LEAST = 8

_NEWEST = """(
    SELECT oid, kind, max(run_id) AS run_id FROM old_{table} GROUP BY oid, kind
)"""
#: The rows of a table that are kept, if not all.
_KEPT = {
    "configs": "SELECT rows.* FROM old_configs AS rows SEMI JOIN " + _NEWEST.format(table="configs")
    + " AS newest USING (oid, kind, run_id)",
    "cards": "SELECT rows.* FROM old_cards AS rows SEMI JOIN " + _NEWEST.format(table="cards")
    + " AS newest USING (oid, kind, run_id)",
    "fields": "SELECT rows.* FROM old_fields AS rows SEMI JOIN " + _NEWEST.format(table="configs")
    + " AS newest USING (oid, kind, run_id)",
    "labels": "SELECT rows.* FROM old_labels AS rows SEMI JOIN " + _NEWEST.format(table="configs")
    + " AS newest USING (oid, kind, run_id)",
    "evaluations": "SELECT rows.* FROM old_evaluations AS rows SEMI JOIN " + _NEWEST.format(table="cards")
    + " AS newest USING (oid, kind, run_id)",
    "documents": "SELECT rows.* FROM old_documents AS rows SEMI JOIN "
    "(SELECT oid, min(run_id) AS run_id FROM old_documents GROUP BY oid) AS first USING (oid, run_id)",
    "files": "SELECT * FROM old_files WHERE source <> 'listing' UNION ALL SELECT named.* FROM old_files AS named "
    "ANTI JOIN (SELECT DISTINCT hub_id, sha FROM old_files WHERE source <> 'listing') AS read USING (hub_id, sha) "
    "WHERE named.source = 'listing'",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compacted:
    """Parts and bytes before and after."""

    parts_before: int
    parts_after: int
    bytes_before: int
    bytes_after: int


def compact(lake: Lake, *, open_run: str | None = None) -> Compacted:
    """Compact all parts but those of the open run, and publish the result at once. Raises LocalError, UsageError."""
    old = [part for table in TABLES for part in lake.parts(table) if part.run_id != open_run and table != "listing"]
    many = {table for table in TABLES if _is_scattered([part for part in old if part.table == table])}
    dropped = [part for part in old if part.table in many]
    new: list[Part] = []
    if dropped:
        run_id = max(part.run_id for part in old)
        new = with_enough_memory(lambda memory_mb: _rewritten(lake, old, many, run_id, memory_mb), MEMORY_MB)
        lake.publish(new, drop=dropped)
    kept = [part for part in old if part.table not in many]
    return Compacted(len(old), len(kept) + len(new), _bytes(old), _bytes([*kept, *new]))


def _is_scattered(parts: list[Part]) -> bool:
    return len(parts) > max(1, -(-sum(part.rows for part in parts) // BUCKET))


def _bytes(parts: list[Part]) -> int:
    return sum(part.bytes for part in parts)


def _rewritten(lake: Lake, old: list[Part], tables: set[str], run_id: str, memory_mb: int) -> list[Part]:
    new: list[Part] = []
    with connection(lake, memory_mb=memory_mb) as con:
        for name, table in TABLES.items():
            files = lake.paths(part for part in old if part.table == name)
            con.execute(f"CREATE OR REPLACE TEMP VIEW {identifier('old_' + name)} AS {parts_select(table, files)}")
        for name in sorted(tables):
            select = _KEPT.get(name, f"SELECT * FROM {identifier('old_' + name)}")
            rows = sum(part.rows for part in old if part.table == name)
            for number, where in enumerate(_buckets(con, name, rows)):
                bucket = f"SELECT * FROM ({select}) {where}"
                part = write_select(con, lake, bucket, table=name, run_id=run_id, name=f"compacted-{number:04}")
                if part is not None:
                    new.append(part)
    return new


def _buckets(con: duckdb.DuckDBPyConnection, table: str, rows: int) -> list[str]:
    """Return WHERE clauses that divide a table into ranges of its first sort column, about ``BUCKET`` rows each."""
    count = -(-rows // BUCKET)
    if count < 2:
        return [""]
    column = identifier(order_of(table)[0])
    places = ", ".join(str(n / count) for n in range(1, count))
    found = con.sql(f"SELECT quantile_disc({column}, [{places}]) FROM {identifier('old_' + table)}").fetchall()[0][0]
    bounds = [_literal(bound) for bound in dict.fromkeys(found)]
    # Rows about no model (of the fetch log) go with the last.
    wheres = [f"WHERE {column} <= {bounds[0]}"]
    wheres += [f"WHERE {column} > {low} AND {column} <= {high}" for low, high in pairwise(bounds)]
    return [*wheres, f"WHERE {column} > {bounds[-1]} OR {column} IS NULL"]


def _literal(bound: object) -> str:
    return f"unhex({quoted(bound.hex())})" if isinstance(bound, bytes) else quoted(str(bound))


def merge_observations(lake: Lake, run_id: str, *, at_least: int = AT_LEAST) -> int:
    """Merge the small parts of observations that daily runs leave; return how many were merged. Raises LocalError.

    A row is small compared with the id of its model, and an id costs almost nothing if its rows are stored together: of
    5,000 models whose counts all change every day, a day takes 12.6 bytes per model in a part of its own, and 5.6 in a
    part of eight days. The part of ``run_id``, the newest run, is left alone: the catalogue does not contain it yet.
    """
    small = sorted(
        (part for part in lake.parts(OBSERVATIONS) if part.run_id != run_id and part.rows < BUCKET // 2),
        key=lambda part: part.rows,
    )
    if len(small) < at_least:
        return 0
    chosen: list[Part] = []
    for part in small:
        if sum(p.rows for p in chosen) + part.rows <= BUCKET:
            chosen.append(part)
    new = with_enough_memory(lambda memory_mb: _merged(lake, chosen, memory_mb), MEMORY_MB)
    lake.publish(new, drop=chosen)
    return len(chosen)


def _merged(lake: Lake, chosen: list[Part], memory_mb: int) -> list[Part]:
    files = lake.paths(chosen)
    newest = max(part.run_id for part in chosen)
    with connection(lake, memory_mb=memory_mb, views=()) as con:
        select = parts_select(TABLES[OBSERVATIONS], files)
        part = write_select(con, lake, select, table=OBSERVATIONS, run_id=newest, name="gathered")
    return [] if part is None else [part]


def order_of(table: str) -> tuple[str, ...]:
    """Return the sort columns: the model or document first, then the run, then the rest of the key."""
    names, key = TABLES[table].names, TABLES[table].key
    first = "hub_id" if "hub_id" in names else key[0]
    found = (first, *(["run_id"] if "run_id" in names else []), *key)
    return tuple(dict.fromkeys(found))


def write_select(
    con: duckdb.DuckDBPyConnection, lake: Lake, select: str, *, table: str, run_id: str, name: str
) -> Part | None:
    """Write a SELECT of a lake table as one part named after ``name``; None if it has no rows.

    A used name gets a number: part names are never reused.
    """
    path = lake.part_path(run_id, name, table)
    number = 1
    while path.exists():
        number += 1
        path = lake.part_path(run_id, f"{name}-{number}", table)
    order = ", ".join(identifier(column) for column in order_of(table))
    con.execute(f"COPY (SELECT * FROM ({select}) ORDER BY {order}) TO {quoted(str(path))} {parquet_options(table)}")
    rows = int(con.sql(f"SELECT count(*) FROM read_parquet({quoted(str(path))})").fetchall()[0][0])
    if rows == 0:
        path.unlink()
        return None
    return lake.describe(path, run_id, table, rows)
