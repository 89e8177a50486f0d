"""Reads the stored documents again, without a crawl, where an older extractor read them; on all cores."""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import Any

import duckdb

from harvester.extract.rows import extracted_rows
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.lake.duck import connection
from harvester.lake.parts import Lake, Part, Rows, add_rows

#: Documents of one task, and bytes after which a part is written.
CHUNK, PART_BYTES = 200, 8_000_000

_OLD = """
WITH placed AS (SELECT oid, kind, any_value(path) AS path FROM lake_refs GROUP BY oid, kind),
done AS (
    SELECT DISTINCT oid, kind FROM lake_configs WHERE extractor = $extractor
    UNION ALL SELECT DISTINCT oid, kind FROM lake_cards WHERE extractor = $extractor
    UNION ALL SELECT DISTINCT oid, 'license' FROM lake_license_texts WHERE extractor = $extractor
)
SELECT placed.oid, placed.kind, placed.path, any_value(documents.bytes)
FROM placed JOIN lake_documents AS documents USING (oid)
ANTI JOIN done ON done.oid = placed.oid AND done.kind = placed.kind
GROUP BY placed.oid, placed.kind, placed.path
UNION ALL
SELECT manifests.card_data_oid, 'card_data', '', any_value(encode(manifests.card_data))
FROM lake_manifests AS manifests
ANTI JOIN done ON done.oid = manifests.card_data_oid AND done.kind = 'card_data'
WHERE manifests.card_data_oid IS NOT NULL
GROUP BY manifests.card_data_oid
"""
_Document = tuple[bytes, str, str, bytes]


def reextract(lake: Lake) -> int:
    """Extract again what an older extractor read; return how many documents that were. Raises LocalError."""
    run_id = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ") + "-reextract"
    parts: list[Part] = []
    count = 0
    with connection(lake) as con:
        chunks = _chunks(con.execute(_OLD, {"extractor": EXTRACTOR_VERSION}))
        first = next(chunks, None)
        if first is None:
            return 0
        rows: Rows = {}
        size = 0
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(mp_context=context) as pool:
            for documents, found in _extracted(pool, first, chunks):
                count += len(documents)
                size += sum(len(document[3]) for document in documents)
                add_rows(rows, found)
                if size >= PART_BYTES:
                    parts += lake.write(run_id, f"{len(parts):06}", rows)
                    rows, size = {}, 0
        parts += lake.write(run_id, f"{len(parts):06}", rows)
    lake.publish(parts)
    return count


def _extracted(
    pool: ProcessPoolExecutor, first: list[_Document], chunks: Iterator[list[_Document]]
) -> Iterator[tuple[list[_Document], Rows]]:
    """Extract chunk by chunk, with a few chunks under way at a time so that memory stays flat."""
    waiting = [(first, pool.submit(_extract, first))]
    for chunk in chunks:
        waiting.append((chunk, pool.submit(_extract, chunk)))
        if len(waiting) >= 8:
            documents, future = waiting.pop(0)
            yield documents, future.result()
    for documents, future in waiting:
        yield documents, future.result()


def _extract(documents: Iterable[_Document]) -> Rows:
    rows: Rows = {}
    for oid, kind, path, data in documents:
        add_rows(rows, extracted_rows(oid, kind, path, data))
    return rows


def _chunks(cursor: duckdb.DuckDBPyConnection) -> Iterator[list[Any]]:
    while rows := cursor.fetchmany(CHUNK):
        yield rows
