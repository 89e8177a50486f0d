"""Turns waiting answers into parts of the lake: documents extracted, batches published whole, parts merged."""

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import duckdb

from harvester.crawl.batch import Batch
from harvester.crawl.journal import INDEX_KINDS, Journal, OpenRun
from harvester.crawl.visit_state import HEADER
from harvester.extract.failure import EXTRACTOR_ERROR
from harvester.extract.kinds import LICENSE
from harvester.extract.rows import CARD_DATA
from harvester.lake.duck import (
    DEFAULT_MEMORY_MB,
    PARQUET_OPTIONS,
    connection,
    identifier,
    parts_select,
    quoted,
    with_enough_memory,
)
from harvester.lake.parts import GROUPS, TABLES, Lake, Part

#: Seconds after which waiting answers are published however few they are.
INTERVAL = 60.0
#: Bytes of waiting answers that are published at once.
ENOUGH_BYTES = 4_000_000
#: DuckDB's memory while merging, MB: it sorts, and spills what does not fit.
MERGE_MEMORY_MB = 96
#: Sort keys of merged parts, by table.
_ORDER = {
    "documents": "oid",
    "configs": "oid",
    "fields": "oid",
    "labels": "oid",
    "cards": "oid",
    "evaluations": "oid",
    "license_texts": "oid",
    "weights": "content",
    "runs": "run_id",
    "selections": "selection_id",
}


class Publisher:
    """Publishes the answers in the journal, in its own thread or on request.

    It never changes the state of the run, which belongs to the lister and the workers: the list of parts shows how far
    it got.
    """

    def __init__(self, lake: Lake, journal: Journal, run: OpenRun, failed: Callable[[BaseException], None]):
        self._lake, self._journal, self._failed = lake, journal, failed
        self._run_id, self._started_at = run.run_id, run.started_at
        self._number = lake.next_batch(run.run_id)
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Publish from now on whenever enough waits, or a minute has passed."""
        self._stopping.clear()
        self._wake.clear()
        self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; what waits is left for `flush`."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        idle = 0.0
        while not self._stopping.is_set():
            self._wake.wait(1.0)
            idle += 1.0
            try:
                _, size = self._journal.waiting()
                if size >= ENOUGH_BYTES or idle >= INTERVAL:
                    idle = 0.0
                    self.publish_one()
            except BaseException as error:
                self._failed(error)
                return

    def flush(self) -> None:
        """Publish everything that waits."""
        while self.publish_one():
            pass

    def publish_one(self) -> bool:
        """Publish one batch; False when nothing waited."""
        with self._lock:
            name = f"{self._run_id}-{self._number:06}"
            payloads = self._journal.batch(name)
            if not payloads:
                return False
            batch = Batch(self._run_id, self._started_at)
            for payload in payloads:
                batch.answer(payload.rows)
                for wanted in payload.extract:
                    batch.document(wanted)
            del payloads
            parts = self._lake.write_frames(self._run_id, f"{self._number:06}", batch.frames())
            self._lake.publish(parts, batches=[name])
            self._number += 1
            self._journal.drop_batch(name)
            self._journal.set_known(known_digest(self._lake))
            return True


#: Tables that determine which documents are known.
_KNOWN_IN = ("documents", "configs", "cards", "license_texts", "weights")


def known_digest(lake: Lake) -> str:
    """Return a digest of the parts that determine which documents are known."""
    paths = "\n".join(sorted(p.path for table in _KNOWN_IN for p in lake.parts(table)))
    return hashlib.sha256(paths.encode()).hexdigest()[:16]


def sync_known(lake: Lake, journal: Journal) -> None:
    """Set the journal's known documents to those of the lake if they may differ (a lost or damaged journal)."""
    digest = known_digest(lake)
    if journal.known_digest() == digest:
        return
    kinds = ", ".join(quoted(kind) for kind in INDEX_KINDS)
    with connection(lake, memory_mb=4 * DEFAULT_MEMORY_MB, views=_KNOWN_IN) as con:
        rows = con.execute(f"""
            WITH held AS (
                SELECT oid, kind, kind IN ({kinds}) OR bool_or(
                    kind = 'config' AND (quant_method IS NOT NULL OR quant_bits IS NOT NULL)) AS is_kept
                FROM lake_configs GROUP BY oid, kind
                UNION ALL SELECT DISTINCT oid, kind, false FROM lake_cards WHERE kind <> {quoted(CARD_DATA)}
                UNION ALL SELECT DISTINCT oid, {quoted(LICENSE.name)}, false FROM lake_license_texts
            )
            SELECT held.oid, held.kind, any_value(documents.bytes) FILTER (held.is_kept)
            FROM held JOIN lake_documents AS documents USING (oid) GROUP BY held.oid, held.kind
            UNION ALL SELECT DISTINCT oid, kind, NULL FROM lake_cards WHERE kind = {quoted(CARD_DATA)}
            UNION ALL SELECT DISTINCT content, {quoted(HEADER)}, NULL FROM lake_weights
                WHERE NOT coalesce(starts_with(reason, {quoted(EXTRACTOR_ERROR)}), false)
        """)
        journal.set_known(digest, _fetched(rows))


def _fetched(cursor: duckdb.DuckDBPyConnection) -> Any:
    while rows := cursor.fetchmany(2_000):
        yield from rows


def merge_run(lake: Lake, run_id: str) -> None:
    """Merge the parts of one run into one sorted part per table, and drop its staged listing; rows stay the same."""
    new, drop = with_enough_memory(lambda memory_mb: _merged(lake, run_id, memory_mb), MERGE_MEMORY_MB)
    lake.publish(new, drop=drop, forget=True)


def _merged(lake: Lake, run_id: str, memory_mb: int) -> tuple[list[Part], list[Part]]:
    drop: list[Part] = lake.parts("listing", run_id)
    new: list[Part] = []
    # Groups of tables stay together: if one of them is merged, all are.
    many = {GROUPS.get(table, table) for table in TABLES if len(lake.parts(table, run_id)) > 1}
    if not many:
        return new, drop
    with connection(lake, memory_mb=memory_mb, views=()) as con:
        for table in TABLES:
            parts = lake.parts(table, run_id)
            if table == "listing" or not parts or GROUPS.get(table, table) not in many:
                continue
            path = lake.part_path(run_id, "merged", table)
            select = parts_select(TABLES[table], lake.paths(parts))
            if table == "files":
                select = f"WITH named AS ({select}) {_WITHOUT_SUPERSEDED_NAMES}"
            order = ", ".join(identifier(c) for c in _ORDER.get(table, "hub_id").split(", "))
            con.execute(f"COPY (SELECT * FROM ({select}) ORDER BY {order}) TO {quoted(str(path))} {PARQUET_OPTIONS}")
            count = con.sql(f"SELECT count(*) FROM read_parquet({quoted(str(path))})").fetchall()
            new.append(lake.describe(path, run_id, table, int(count[0][0])))
            drop += parts
    return new, drop


#: Listed names are dropped if a manifest of the same commit has them.
_WITHOUT_SUPERSEDED_NAMES = """
SELECT * FROM named WHERE source <> 'listing'
UNION ALL
SELECT named.* FROM named
ANTI JOIN (SELECT DISTINCT hub_id, sha FROM named WHERE source <> 'listing') AS read USING (hub_id, sha)
WHERE named.source = 'listing'
"""
