"""Reads the stored documents again, without a crawl, where another version of the extractors read them.

Every document counts: those of the past, too, and each as all kinds that it is known to be. The documents are read part
by part, so that memory does not grow with the lake.
"""

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import NamedTuple

import duckdb

from harvester.extract.document import SIZE_CAP
from harvester.extract.failure import EXTRACTOR_ERROR
from harvester.extract.kinds import EVAL_RESULTS, KINDS, OTHER, kind_of
from harvester.extract.rows import CARD_DATA, extracted_rows
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.lake.duck import DEFAULT_MEMORY_MB, connection, quoted
from harvester.lake.parts import Lake, Part, Rows, add_rows

#: Bytes of the documents of one task, and rows after which a part is written.
TASK_BYTES, PART_ROWS = 2_000_000, 200_000
#: Memory of a process that extracts, MB: itself and the most hostile document (``document.SIZE_CAP``).
PROCESS_MB = 400
#: Documents of a vector that DuckDB hands over: a row group of a part holds a few MB, whatever their number.
FETCH = 20

#: Which documents to read again, and as what: by what was read of them, and by every path that they were found at.
_TODO = """
CREATE TEMP TABLE todo AS
WITH read AS (
    SELECT oid, kind, extractor, status, reason, run_id FROM lake_configs
    UNION ALL SELECT oid, kind, extractor, status, reason, run_id FROM lake_cards
    UNION ALL SELECT oid, 'license', extractor, status, reason, run_id FROM lake_license_texts
),
last AS (
    SELECT oid, kind, arg_max(extractor, run_id) AS extractor, arg_max_null(reason, run_id) AS reason
    FROM read GROUP BY oid, kind
),
found AS (
    SELECT oid, kind, path FROM lake_refs
    UNION ALL SELECT oid, NULL, path FROM lake_file_versions SEMI JOIN (SELECT oid FROM lake_documents) USING (oid)
    UNION ALL SELECT oid, kind, NULL FROM last
    UNION ALL SELECT card_data_oid, 'card_data', NULL FROM lake_manifests WHERE card_data_oid IS NOT NULL
),
named AS (
    SELECT oid, kind, CASE WHEN path IS NULL OR NOT contains(path, '/') THEN path
        -- A kind that its folder makes.
        WHEN starts_with(path, '.eval_results/') THEN '.eval_results/' || parse_filename(path)
        ELSE 'x/' || parse_filename(path) END AS path
    FROM found
),
wanted AS (SELECT DISTINCT oid, kind, path FROM named)
SELECT wanted.oid, list({'kind': wanted.kind, 'path': wanted.path}) AS places,
    any_value(done.kinds) AS done
FROM wanted
LEFT JOIN (
    SELECT oid, list(kind) AS kinds FROM last
    WHERE extractor = $extractor OR ($errors AND NOT coalesce(starts_with(reason, $error), false)) GROUP BY oid
) AS done ON done.oid = wanted.oid
GROUP BY wanted.oid
"""
#: A path for documents of which only the kind is known.
_FILE_NAMES = {kind.name: kind.file_name for kind in KINDS} | {EVAL_RESULTS.name: ".eval_results/a.yaml"}
_DOCUMENTS = """
SELECT documents.oid, todo.places, todo.done, documents.bytes FROM read_parquet({part}) AS documents
JOIN todo USING (oid)
"""
_CARD_DATA = """
SELECT manifests.card_data_oid, [{{'kind': 'card_data', 'path': NULL}}], todo.done, encode(manifests.card_data)
FROM read_parquet({part}) AS manifests JOIN todo ON todo.oid = manifests.card_data_oid
"""


class _Document(NamedTuple):
    oid: bytes
    kind: str
    path: str
    data: bytes


def reextract(lake: Lake, run_id: str, *, memory_mb: int | None = None, errors_only: bool = False) -> int:
    """Extract again what another version read, as parts of ``run_id``; return how many documents that were.

    ``errors_only``: only where an extractor of another version raised. Raises LocalError.
    """
    memory_mb = memory_mb or DEFAULT_MEMORY_MB
    processes = max(1, min(multiprocessing.cpu_count(), memory_mb // PROCESS_MB))
    parts: list[Part] = []
    count = 0
    rows: Rows = {}
    with connection(lake, memory_mb=memory_mb) as con:
        values = {"extractor": EXTRACTOR_VERSION, "errors": errors_only, "error": EXTRACTOR_ERROR}
        con.execute(_TODO, values)
        tasks = _tasks(_documents(con, lake))
        first = next(tasks, None)
        if first is None:
            return 0
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            for number, found in _extracted(pool, first, tasks, 2 * processes):
                count += number
                add_rows(rows, found)
                if sum(map(len, rows.values())) >= PART_ROWS:
                    parts += lake.write(run_id, f"{len(parts):06}", rows)
                    rows = {}
    parts += lake.write(run_id, f"{len(parts):06}", rows)
    lake.publish(parts)
    return count


def failed_before(lake: Lake) -> bool:
    """Whether an extractor of another version raised at any document."""
    tables = " UNION ALL ".join(
        f"SELECT reason FROM {table} WHERE extractor <> $extractor"
        for table in ("lake_configs", "lake_cards", "lake_license_texts")
    )
    with connection(lake) as con:
        found = con.execute(
            f"SELECT 1 FROM ({tables}) WHERE starts_with(reason, $error) LIMIT 1",
            {"extractor": EXTRACTOR_VERSION, "error": EXTRACTOR_ERROR},
        ).fetchall()
    return bool(found)


def _documents(con: duckdb.DuckDBPyConnection, lake: Lake) -> Iterator[_Document]:
    """Every document to read again, once as each of its kinds."""
    seen: set[bytes] = set()
    for table, query in (("documents", _DOCUMENTS), ("manifests", _CARD_DATA)):
        for file in lake.files(table):
            cursor = con.execute(query.format(part=quoted(file)))
            while found := cursor.fetchmany(FETCH):
                for oid, places, done, data in found:
                    if oid in seen or data is None or len(data) > SIZE_CAP:
                        continue
                    seen.add(oid)
                    for kind, path in _kinds(places).items():
                        if kind not in (done or ()) and (kind == CARD_DATA) == (table == "manifests"):
                            yield _Document(oid, kind, path, data)


def _kinds(places: Iterable[dict[str, str | None]]) -> dict[str, str]:
    """The kinds a document is known as, each with a path that makes it one."""
    found: dict[str, str] = {}
    for place in places:
        kind, path = place["kind"], place["path"]
        # What a path makes of a document may have changed since, and is all that is known of the past.
        if path is not None and (here := kind_of(path).name) != OTHER.name:
            found[here] = path
        if kind is not None:
            found.setdefault(kind, path or _FILE_NAMES.get(kind, ""))
    return found


def _tasks(documents: Iterable[_Document]) -> Iterator[list[_Document]]:
    task: list[_Document] = []
    size = 0
    for document in documents:
        task.append(document)
        size += len(document.data)
        if size >= TASK_BYTES:
            yield task
            task, size = [], 0
    if task:
        yield task


def _extracted(
    pool: ProcessPoolExecutor, first: list[_Document], tasks: Iterator[list[_Document]], ahead: int
) -> Iterator[tuple[int, Rows]]:
    """Extract task by task, ``ahead`` of them under way at a time so that memory stays flat."""
    waiting: list[tuple[int, Future[Rows]]] = [(len(first), pool.submit(_extract, first))]
    for task in tasks:
        waiting.append((len(task), pool.submit(_extract, task)))
        if len(waiting) >= ahead:
            number, future = waiting.pop(0)
            yield number, future.result()
    for number, future in waiting:
        yield number, future.result()


def _extract(documents: Iterable[_Document]) -> Rows:
    rows: Rows = {}
    for document in documents:
        add_rows(rows, extracted_rows(*document))
    return rows
