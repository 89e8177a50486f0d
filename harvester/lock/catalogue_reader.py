"""Reads locked models from the catalogue of a harvest: no request is sent.

What a harvest did not read is an answer of its own (failed), never "unchanged".
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from harvester.ask.connect import connect
from harvester.clock import SystemClock
from harvester.extract.card import Card, read_card_data
from harvester.hub.answers import Sibling
from harvester.lock.classes import CommitBetween
from harvester.lock.entry import Locked, Model
from harvester.lock.snapshot import DOCUMENT_CAP, Head, Snapshot, by_path
from harvester.outcome import Missed, Outcome

_MODELS = """
SELECT models.hub_id, models.repo_id, models.sha, models.manifest_sha, models.gated, coalesce(models.disabled, false),
    models.license, models.tags, models.pipeline_tag, models.library_name, models.last_seen
FROM models WHERE {condition}
"""
_GONE = """
SELECT cause FROM tombstones
WHERE hub_id = ? AND returned_at IS NULL AND cause <> 'renamed' ORDER BY noticed_at DESC LIMIT 1
"""
_FILES = "SELECT path, size, oid, sha256 FROM files WHERE hub_id = ? AND sha = ? AND oid IS NOT NULL"
_CARD = "SELECT front_matter::VARCHAR FROM cards WHERE hub_id = ? AND sha = ? AND status IN ('ok', 'lenient')"
_COMMITS = "SELECT commit, title, committed_at, position FROM commits WHERE hub_id = ? ORDER BY position"
_CAUSES = {"deleted_or_private": Outcome.PRIVATE_OR_DELETED, "disabled": Outcome.DISABLED}


@contextmanager
def opened_catalogue(data: Path) -> Iterator["CatalogueReader"]:
    """Open the catalogue of a harvest. Raises UsageError, LocalError."""
    with closing(connect(data)) as con:
        yield CatalogueReader(con, data)


class CatalogueReader:
    """The catalogue of a harvest. Thread safe."""

    def __init__(self, con: duckdb.DuckDBPyConnection, data: Path):
        self._con, self._data = con, data
        self._lock = threading.Lock()
        #: ids by name
        self._ids: dict[str, str] = {}

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._con.execute(query, list(values)).fetchall()

    def heads(self, models: Sequence[Model]) -> Mapping[str, Head]:
        """Return the models under their locked names whose commit is the locked one."""
        found = {}
        for model in models:
            if model.locked.revision or self._rows(_GONE, model.locked.hub_id):
                continue
            for row in self._rows(_MODELS.format(condition="hub_id = ?"), model.locked.hub_id):
                hub_id, name, sha, _, gated, disabled = row[:6]
                if name == model.name and sha is not None:
                    found[name] = Head(name, hub_id, sha, _gated(gated), disabled)
        return found

    def snapshot(self, model: str, revision: str, locked: Locked | None) -> Snapshot | Missed:
        """Read a model: by its id, else whatever has its name."""
        if revision:
            return self._missed(f"a harvest has only the head of main, not {revision}")
        hub_id = locked.hub_id if locked else None
        gone = self._rows(_GONE, hub_id)
        if gone and gone[0][0] in _CAUSES:
            return self._missed(f"tombstone: {gone[0][0]}", _CAUSES[gone[0][0]])
        rows = [] if gone else self._rows(_MODELS.format(condition="hub_id = ?"), hub_id)
        rows = rows or self._rows(_MODELS.format(condition="repo_id = ?"), model)
        if not rows:
            if gone:
                return self._missed(f"tombstone: {gone[0][0]}", Outcome.PRIVATE_OR_DELETED)
            return self._missed("the harvest has no such model; harvest it, or check against the Hub")
        return self._snapshot(rows[0], locked)

    def _snapshot(self, row: tuple[Any, ...], locked: Locked | None) -> Snapshot | Missed:
        found_id, name, sha, manifest_sha, gated, disabled, license, tags, task, library, last_seen = row
        commit = locked.commit if locked else None
        at = locked.locked_at.astimezone(UTC).replace(tzinfo=None) if locked else last_seen
        if sha != commit and last_seen < at:
            return self._missed(f"it was last harvested at {last_seen:%Y-%m-%d %H:%M} UTC, before it was locked")
        if sha != commit and (sha is None or manifest_sha != sha):
            return self._missed(f"the harvest has no manifest of commit {sha}: harvest it --with files,configs")
        card, complete = self._card(found_id, sha, license)
        self._ids[name] = found_id
        files = [Sibling(path, size, oid, sha256) for path, size, oid, sha256 in self._rows(_FILES, found_id, sha)]
        return Snapshot(
            name=name, hub_id=found_id, commit=sha, gated=_gated(gated), disabled=disabled, files=by_path(files),
            card=card, card_complete=complete, tags=tuple(tags or ()), task=task, library=library,
        )  # fmt: skip

    def _card(self, hub_id: str, sha: str, license: str | None) -> tuple[Card, bool]:
        """Return the card, and whether more than the licence tag is known of it."""
        for (front_matter,) in self._rows(_CARD, hub_id, sha):
            value = json.loads(front_matter) if front_matter else None
            if isinstance(value, dict):
                return read_card_data(value), True
        return Card(status="ok", license=license), False

    def content(self, model: str, commit: str, file: Sibling) -> bytes | Missed:
        """Return a document that was harvested, whichever model it came from: its id is that of its content."""
        oid = file.oid or next(
            (found for (found,) in self._rows("SELECT oid FROM files WHERE sha256 = ? LIMIT 1", file.sha256)), None
        )
        rows = self._rows("SELECT bytes, size FROM documents WHERE oid = ?", oid)
        if not rows or rows[0][0] is None or rows[0][1] > DOCUMENT_CAP:
            return self._missed("it was not harvested", Outcome.ABSENT)
        return bytes(rows[0][0])

    def commits(self, model: str, head: str, since: str) -> tuple[Sequence[CommitBetween], bool] | None:
        """Return the commits that the history of a model has between two of them."""
        rows = self._rows(_COMMITS, self._ids.get(model))
        places = {row[0]: row[3] for row in rows}
        if head not in places or since not in places:
            return None
        return [
            CommitBetween(commit, title, at)
            for commit, title, at, place in rows
            if places[head] <= place < places[since]
        ], True

    def moves(self, model: str, revision: str) -> bool | Missed:
        """A harvest has no branches."""
        return self._missed("a harvest has only the head of main")

    def now(self) -> datetime:
        """Return the time in UTC."""
        return SystemClock().utc()

    def _missed(self, why: str, outcome: Outcome = Outcome.FAILED) -> Missed:
        return Missed(outcome, 0, None, f"{self._data}: {why}", self.now())


def _gated(value: str | None) -> str:
    return "no" if value in (None, "false") else value
