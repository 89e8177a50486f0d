"""Working memory of the open run, in SQLite: its cursor, answers not yet in the lake, and which documents are known.

An answer is committed here when it arrives, so a kill loses only what is in flight. Losing this file loses no published
row: the next run plans again from the lake. It records which columns its answers have, so that an open run survives an
upgrade.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from harvester.crawl.fitted import fitted_rows
from harvester.crawl.journal_layout import VERSION, Layout, Unconvertible, converter
from harvester.errors import LocalError
from harvester.lake.parts import Rows

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, batch TEXT, size INTEGER NOT NULL, payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS known (
    oid BLOB NOT NULL, kind TEXT NOT NULL, data BLOB, PRIMARY KEY (oid, kind)
) WITHOUT ROWID;
"""
#: Bytes of answers in one batch: about ten times as much memory while it becomes Parquet.
BATCH_BYTES = 4_000_000


#: Kinds that name further documents: their bytes are kept here, so that a known one still names them.
INDEX_KINDS = ("model_index", "modules")


def kept_bytes(kind: str, data: bytes | None) -> bytes | None:
    """Return the bytes of a document that are kept at hand: further documents are named in it, or a quantization is."""
    quantized = kind == "config" and data is not None and b'"quantization' in data
    return data if kind in INDEX_KINDS or quantized else None


class Extract(msgspec.Struct, frozen=True, array_like=True):
    """A document to extract when its batch is published; ``data`` is None if it is already stored."""

    oid: bytes
    kind: str
    path: str
    data: bytes | None


class Payload(msgspec.Struct, frozen=True):
    """One answer as rows of lake tables (without run_id), and documents to extract."""

    rows: Rows = {}
    extract: tuple[Extract, ...] = ()


class OpenRun(msgspec.Struct, kw_only=True):
    """The run in progress, as saved with every answer."""

    run_id: str
    selection_id: str
    hub: str
    with_: tuple[str, ...]
    documents: tuple[str, ...]
    started_at: datetime
    #: None in open runs of earlier versions
    quota_share: float | None = None
    #: with --updates: the time of modification back to which it lists
    since: datetime | None = None
    listed_at: datetime | None = None
    cursor: str | None = None
    listed: int = 0
    pages: int = 0
    listing_done: bool = False
    compared: bool = False
    suspicious: bool = False
    planned: int = 0
    #: of these, models that this run did not list
    carried: int = 0
    #: models whose visit ended (its name in open runs of earlier versions is kept)
    visited: int = msgspec.field(default=0, name="settled")
    failed: int = 0
    requests: dict[str, int] = {}
    requests_git: int = 0
    git_bucket: str | None = None
    rate_limited: int = 0
    retries: int = 0
    seconds_waited: float = 0.0
    bytes_read: int = 0
    odd: dict[str, int] = {}
    run_ahead_documents: int = 0
    known_documents: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode_refused = msgspec.msgpack.Decoder(dict[str, dict[str, datetime]]).decode
_decode_payload = msgspec.msgpack.Decoder(Payload).decode
_decode_run = msgspec.msgpack.Decoder(OpenRun).decode
_decode_layout = msgspec.msgpack.Decoder(Layout).decode


def _encoded(rows: Rows, extract: tuple[Extract, ...]) -> bytes:
    """Return one answer in stored form, without values that cannot be stored (such as an integer beyond 64 bits)."""
    try:
        return _encode(Payload(rows, extract))
    except (ValueError, TypeError, OverflowError):
        return _encode(Payload(fitted_rows(rows, None), extract))


class Journal:
    """One SQLite file, shared by all workers through one lock."""

    def __init__(self, path: Path):
        self._path = path
        self._lock = threading.RLock()
        self.damaged: Path | None = None
        try:
            self._db = self._open()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
                if "full" in str(error) or "I/O" in str(error):
                    raise LocalError(
                        f"no space left for {path}, or it cannot be read ({error}); free some space and run the same "
                        "command again: it resumes"
                    ) from None
                raise LocalError(f"cannot open {path}: {error}") from None
            self.damaged = path.with_name(f"{path.name}.damaged")
            for suffix in ("", "-wal", "-shm"):
                source = path.with_name(path.name + suffix)
                if source.exists():
                    source.replace(self.damaged.with_name(self.damaged.name + suffix))
            self._db = self._open()
        try:
            self._upgrade()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_SCHEMA)
            if db.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                raise sqlite3.DatabaseError("malformed")
        except BaseException:
            db.close()
            raise
        return db

    def _upgrade(self) -> None:
        """Convert an open run of another version of harvester to this version.

        Raises LocalError if that is impossible.
        """
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise LocalError(
                f"{self._path} was written by a newer harvester (journal version {version}, this one reads {VERSION}); "
                "use the newer one"
            )
        row = self._db.execute("SELECT value FROM meta WHERE key = 'layout'").fetchone()
        after = Layout.current()
        before = after if row is None else _decode_layout(row[0])
        if row is not None and before.columns == after.columns:
            return
        convert = converter(before.columns, after.columns)
        with self._transaction() as db:
            try:
                if self.open_run() is None:
                    db.execute("DELETE FROM answers")
                for (key,) in db.execute("SELECT id FROM answers ORDER BY id").fetchall():
                    ((data,),) = db.execute("SELECT payload FROM answers WHERE id = ?", (key,)).fetchall()
                    answer = _decode_payload(data)
                    data = _encode(Payload(convert(answer.rows), answer.extract))
                    db.execute("UPDATE answers SET size = ?, payload = ? WHERE id = ?", (len(data), data, key))
            except (Unconvertible, msgspec.MsgspecError) as error:
                raise LocalError(
                    f"{self._path} holds an open run of harvester {before.harvester_version} that this version "
                    f"({after.harvester_version}) cannot go on with: {error}. Finish it with the version that began "
                    "it; or remove the file: what was published stays, and the next harvest reads the rest"
                ) from None
            db.execute("INSERT OR REPLACE INTO meta VALUES ('layout', ?)", (_encode(after),))
            db.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if "full" in str(error) or "I/O" in str(error):
                    raise LocalError(
                        f"no space left for {self._path}; free some space and run the same command again: it resumes"
                    ) from None
                raise LocalError(f"cannot write {self._path}: {error}") from None

    @contextmanager
    def _synchronous(self) -> Iterator[None]:
        self._db.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            self._db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def open_run(self) -> OpenRun | None:
        """Return the run that has not ended, if there is one."""
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = 'open'").fetchone()
        return None if row is None else _decode_run(row[0])

    def save(self, run: OpenRun | None) -> None:
        """Save the state of the open run; None ends it."""
        with self._transaction() as db:
            self._save(db, run)

    @staticmethod
    def _save(db: sqlite3.Connection, run: OpenRun | None) -> None:
        if run is None:
            db.execute("DELETE FROM meta WHERE key = 'open'")
        else:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('open', ?)", (_encode(run),))

    def add(self, payload: Payload, run: OpenRun | None = None) -> None:
        """Commit one answer with its documents and, if given, the state of the run after it."""
        with self._transaction() as db:
            # Two workers may have fetched one content under two names at once: the first makes it known.
            new = tuple(
                e
                for e in payload.extract
                if db.execute(
                    "INSERT OR IGNORE INTO known VALUES (?, ?, ?)",
                    (e.oid, e.kind, kept_bytes(e.kind, e.data)),
                ).rowcount
            )
            data = _encoded(payload.rows, new)
            db.execute("INSERT INTO answers (size, payload) VALUES (?, ?)", (len(data), data))
            if run is not None:
                self._save(db, run)

    def waiting(self) -> tuple[int, int]:
        """Return how many answers wait for publication, and their bytes."""
        with self._lock:
            row = self._db.execute("SELECT count(*), coalesce(sum(size), 0) FROM answers").fetchone()
        return int(row[0]), int(row[1])

    def batch(self, name: str) -> list[Payload]:
        """Take the oldest waiting answers, up to ``BATCH_BYTES``, into a batch and return them.

        Durable when it returns: after a power cut too, the answers of a batch that was published are known as such.
        """
        with self._lock, self._synchronous(), self._transaction() as db:
            taken: list[int] = []
            size = 0
            for key, length in db.execute("SELECT id, size FROM answers WHERE batch IS NULL ORDER BY id"):
                if taken and size + length > BATCH_BYTES:
                    break
                taken.append(key)
                size += length
            if not taken:
                return []
            db.execute("UPDATE answers SET batch = ? WHERE batch IS NULL AND id <= ?", (name, taken[-1]))
            rows = db.execute("SELECT payload FROM answers WHERE batch = ? ORDER BY id", (name,)).fetchall()
        return [_decode_payload(row[0]) for row in rows]

    def drop_batch(self, name: str) -> None:
        """Forget the answers of a published batch."""
        with self._transaction() as db:
            db.execute("DELETE FROM answers WHERE batch = ?", (name,))

    def recover(self, published: Iterable[str]) -> None:
        """Drop the answers of published batches; those of unpublished ones wait again."""
        with self._transaction() as db:
            db.executemany("DELETE FROM answers WHERE batch = ?", [(name,) for name in published])
            db.execute("UPDATE answers SET batch = NULL")

    def drop_answers(self) -> None:
        """Forget all waiting answers."""
        with self._transaction() as db:
            db.execute("DELETE FROM answers")

    def is_known(self, oid: bytes, kind: str) -> bool:
        """Whether the document was read and extracted as this kind."""
        with self._lock:
            return (
                self._db.execute("SELECT 1 FROM known WHERE oid = ? AND kind = ?", (oid, kind)).fetchone() is not None
            )

    def known_data(self, oid: bytes, kind: str) -> bytes | None:
        """Return the bytes of a known document, if they are kept (``kept_bytes``)."""
        with self._lock:
            row = self._db.execute("SELECT data FROM known WHERE oid = ? AND kind = ?", (oid, kind)).fetchone()
        return None if row is None else row[0]

    def known_digest(self) -> str:
        """Return the digest of the lake state that `known` was made from."""
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = 'known'").fetchone()
        return "" if row is None else str(row[0])

    def refused_fields(self) -> dict[str, dict[str, datetime]]:
        """Return the fields that the Hub refuses, by endpoint, with the time each was learned."""
        with self._lock:
            row = self._db.execute("SELECT value FROM meta WHERE key = 'refused'").fetchone()
        return {} if row is None else _decode_refused(row[0])

    def set_refused_fields(self, refused: dict[str, dict[str, datetime]]) -> None:
        """Record the fields that the Hub refuses."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('refused', ?)", (_encode(refused),))

    def set_known(self, digest: str, documents: Iterable[Sequence[Any]] | None = None) -> None:
        """Record the lake state that `known` belongs to; with ``documents`` (oid, kind, data) replace `known`."""
        with self._transaction() as db:
            if documents is not None:
                db.execute("DELETE FROM known")
                db.executemany("INSERT OR IGNORE INTO known VALUES (?, ?, ?)", documents)
            db.execute("INSERT OR REPLACE INTO meta VALUES ('known', ?)", (digest,))
