"""Compares a complete listing with what the lake knew before, and keeps only what changed.

In goes the staged table `listing` of the run; out come parts of `facts`, `observations`, `members`, and the names of
commits never listed before as `files`.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from harvester.crawl.sample import draw
from harvester.crawl.select import Selection
from harvester.extract.files import classify_all
from harvester.lake.duck import identifier, parquet_options, quoted
from harvester.lake.frames import frame
from harvester.lake.parts import TABLES, Lake, Part
from harvester.schema.lake import FACTS_TABLE, OBSERVATIONS, OBSERVED
from harvester.schema.rows import Row, files_row

#: A listing with less than this share of the models of the previous one is suspicious, unless only a few are missing:
#: each of those is requested anyway, and a small author may have deleted every second model.
SUSPICIOUS_BELOW, A_FEW = 0.9, 5
#: Files classified and written in one batch.
FILES_CHUNK = 40_000

_OBSERVED = ", ".join(column.name for column in OBSERVED)

#: Whether a row describes a revision from an id file, not the head.
_PINNED = "(contains(coalesce(requested_id, ''), '@') AND NOT ends_with(requested_id, '@main'))"
#: An id file may name one model by several revisions: its head speaks for it, else the first line.
_SEEN = f"""
CREATE OR REPLACE TEMP TABLE seen AS
WITH rows_of_run AS (
    SELECT hub_id, position, {_PINNED} AS pinned FROM lake_listing WHERE run_id = $run
)
SELECT hub_id, coalesce(min(position) FILTER (NOT pinned), min(position)) AS position, bool_and(pinned) AS pinned,
    row_number() OVER (ORDER BY min(position)) AS rank, 1.0::DOUBLE AS weight
FROM rows_of_run GROUP BY hub_id
"""
_SAMPLED = """
CREATE OR REPLACE TEMP TABLE seen AS
SELECT seen.* REPLACE (sampled.weight AS weight) FROM seen JOIN sampled USING (hub_id)
"""
#: First the positions of changed rows, then the wide rows themselves, streamed.
_CHANGED = """
CREATE OR REPLACE TEMP TABLE changed AS
WITH before AS (
    SELECT hub_id, arg_max(facts_hash, (run_id, observed_at)) AS newest,
        arg_max(facts_hash, (run_id, observed_at)) FILTER (pinned IS NOT TRUE) AS of_head
    FROM lake_facts GROUP BY hub_id
)
SELECT listed.position FROM lake_listing AS listed
JOIN seen USING (position)
LEFT JOIN before ON before.hub_id = listed.hub_id
WHERE listed.run_id = $run
    AND listed.facts_hash IS DISTINCT FROM CASE WHEN seen.pinned THEN before.newest ELSE before.of_head END
"""
_FACTS = """
SELECT {columns} FROM lake_listing AS listed SEMI JOIN changed USING (position) WHERE listed.run_id = $run
"""
_OBSERVATIONS = f"""
WITH before AS (
    SELECT hub_id, arg_max(({_OBSERVED}), run_id) AS observed FROM lake_observations GROUP BY hub_id
)
SELECT {{columns}} FROM lake_listing AS listed
JOIN seen USING (position)
LEFT JOIN before ON before.hub_id = listed.hub_id
WHERE listed.run_id = $run AND before.observed IS DISTINCT FROM row({", ".join("listed." + c.name for c in OBSERVED)})
ORDER BY listed.hub_id
"""
_MEMBERS = """
WITH before AS (
    SELECT hub_id, arg_max((present, rank, weight), run_id) AS state FROM lake_members
    WHERE selection_id = $selection GROUP BY hub_id
),
now AS (SELECT hub_id, CASE WHEN $ordered THEN rank END AS rank, weight FROM seen)
SELECT $selection AS selection_id, $run AS run_id, hub_id, now.hub_id IS NOT NULL AS present, now.rank AS rank,
    coalesce(now.weight, 1.0::DOUBLE) AS weight
FROM now FULL JOIN before USING (hub_id)
WHERE CASE WHEN now.hub_id IS NULL THEN before.state[1]
    ELSE before.state IS NULL OR NOT before.state[1] OR before.state[2] IS DISTINCT FROM now.rank
        OR before.state[3] IS DISTINCT FROM now.weight END
ORDER BY hub_id
"""
# Every model that an update saw has a row, changed or not: it shows nothing of the others.
_UPDATED_MEMBERS = """
SELECT $selection AS selection_id, $run AS run_id, hub_id, true AS present, NULL::BIGINT AS rank, 1.0::DOUBLE AS weight
FROM seen ORDER BY hub_id
"""
_NEW_COMMITS = """
CREATE OR REPLACE TEMP TABLE new_commits AS
WITH before AS (SELECT DISTINCT hub_id, sha FROM {known})
SELECT min(position) AS position FROM lake_listing SEMI JOIN seen USING (hub_id)
ANTI JOIN before USING (hub_id, sha)
WHERE run_id = $run AND sha IS NOT NULL GROUP BY hub_id, sha
"""
_NEW_NAMES = """
SELECT hub_id, sha, names FROM lake_listing SEMI JOIN new_commits USING (position)
WHERE run_id = $run AND names IS NOT NULL
"""
# Counted from the known members, so that models purged since do not count as missing.
_PREVIOUS_COUNT = """
SELECT count(*) FROM (
    SELECT hub_id FROM lake_members WHERE selection_id = $selection AND run_id < $run
    GROUP BY hub_id HAVING arg_max(present, run_id)
)
"""


# The first listing of the whole Hub has all that is known to measure itself against.
_KNOWN_COUNT = """
SELECT count(*) FROM (
    SELECT DISTINCT hub_id FROM lake_facts
    ANTI JOIN (SELECT hub_id FROM lake_tombstones WHERE renamed_to IS NULL) AS gone USING (hub_id)
)
"""
_IS_FIRST = "SELECT count(*) = 0 FROM lake_members WHERE selection_id = $selection"


def _copy(con: duckdb.DuckDBPyConnection, query: str, values: dict[str, object], path: Path, table: str) -> int:
    """COPY a query into a Parquet file; the rows written. Parameters become literals: COPY takes none."""
    for name, value in sorted(values.items(), key=lambda item: -len(item[0])):
        literal = str(value).lower() if isinstance(value, bool) else quoted(str(value))
        query = query.replace(f"${name}", literal)
    con.execute(f"COPY ({query}) TO {quoted(str(path))} {parquet_options(table)}")
    count = con.sql(f"SELECT count(*) FROM read_parquet({quoted(str(path))})").fetchall()
    return int(count[0][0])


def compare(
    con: duckdb.DuckDBPyConnection, lake: Lake, run_id: str, selection: Selection, *, updates: bool = False
) -> tuple[list[Part], int, bool]:
    """Write the changes as parts that are not live yet; return them, the number of models, and whether it is too low.

    A listing of ``updates`` is never too short, and no model leaves the selection by it.
    """
    values: dict[str, object] = {"run": run_id, "selection": selection.selection_id, "ordered": selection.ordered}
    con.execute(_SEEN, {"run": run_id})
    if selection.sample is not None:
        draw(con, run_id, selection)
        con.execute(_SAMPLED)
    con.execute(_CHANGED, {"run": run_id})
    seen = int(con.sql("SELECT count(*) FROM seen").fetchall()[0][0])
    parts = []
    members = _UPDATED_MEMBERS if updates else _MEMBERS
    for table, query in (("facts", _FACTS), ("observations", _OBSERVATIONS), ("members", members)):
        names = {"facts": FACTS_TABLE.names, "observations": OBSERVATIONS.names}.get(table, ())
        columns = ", ".join(
            f"CASE WHEN {_PINNED} THEN true END AS pinned" if name == "pinned" else "listed." + identifier(name)
            for name in names
        )
        path = lake.part_path(run_id, "compared", table)
        count = _copy(con, query.replace("{columns}", columns), values, path, table)
        if count:
            parts.append(lake.describe(path, run_id, table, count, batch=f"{run_id}-compared"))
        else:
            path.unlink()
    parts += _write_names(con, lake, run_id)
    if updates:
        return parts, seen, False
    previous = con.execute(_PREVIOUS_COUNT, {"selection": selection.selection_id, "run": run_id}).fetchall()[0][0]
    if selection.everything and con.execute(_IS_FIRST, {"selection": selection.selection_id}).fetchall()[0][0]:
        previous = con.sql(_KNOWN_COUNT).fetchall()[0][0]
    return parts, seen, suspicious(seen, previous)


def suspicious(seen: int, previous: int) -> bool:
    """Whether a listing of ``seen`` models after one of ``previous`` is too short to conclude deletions.

    A second listing as short as a suspicious one is not suspicious.
    """
    return (seen == 0 < previous) or (seen < SUSPICIOUS_BELOW * previous and previous - seen >= A_FEW)


def _write_names(con: duckdb.DuckDBPyConnection, lake: Lake, run_id: str) -> list[Part]:
    parts = []
    # A commit that was listed has its names, unless files were lost since.
    known = "lake_files" if any("files" in loss.tables for loss in lake.losses) else "lake_facts"
    con.execute(_NEW_COMMITS.replace("{known}", known), {"run": run_id})
    cursor = con.execute(_NEW_NAMES, {"run": run_id})
    for number, rows in enumerate(_chunks(cursor)):
        data = frame(TABLES["files"], run_id, rows)
        parts.append(lake.write_frame(run_id, f"names-{number:05}", "files", data, batch=f"{run_id}-compared"))
    return parts


def _chunks(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[Row]]:
    rows: list[Row] = []
    while fetched := cursor.fetchmany(500):
        for hub_id, sha, names in fetched:
            rows.extend(listed_files(hub_id, sha, names))
        if len(rows) >= FILES_CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


def listed_files(hub_id: str, sha: str, names: list[str]) -> Iterator[Row]:
    """Return the rows of `files` for the file names that a listing has for one model."""
    return (
        files_row(
            hub_id=hub_id, sha=sha, source="listing", path=name, role=kind.role, format=kind.format,
            framework=kind.framework, unsafe=kind.unsafe,
        )
        for name, kind in zip(names, classify_all(names), strict=True)
    )  # fmt: skip
