"""What all who send requests in a run share, and how they commit answers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harvester.clock import Clock
from harvester.crawl.journal import Extract, Journal, OpenRun, Payload
from harvester.hub.endpoints import Hub
from harvester.lake.parts import Rows


@dataclass(frozen=True, slots=True)
class Context:
    """A run's Hub, journal and settings. ``count`` adds the traffic to the run before it is saved."""

    hub: Hub
    journal: Journal
    run: OpenRun
    clock: Clock
    #: what the run reads: names of `--with`, and globs of `--documents`
    depths: tuple[str, ...]
    globs: tuple[str, ...]
    credentials: str
    count: Callable[[OpenRun], None]
    #: whether a model was purged, by its id or its name
    hides: Callable[[str | None, str | None], bool]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _busy: set[bytes] = field(default_factory=set)

    @contextmanager
    def alone(self, oid: bytes | None, *kinds: str) -> Iterator[bool]:
        """Hold a content, so that no other worker fetches it; the value is whether it is known as these kinds."""
        if oid is None:
            yield False
            return
        with self._changed:
            while oid in self._busy:
                self._changed.wait()
            self._busy.add(oid)
        try:
            yield all(self.journal.is_known(oid, kind) for kind in kinds)
        finally:
            with self._changed:
                self._busy.discard(oid)
                self._changed.notify_all()

    def commit(
        self, rows: Rows, extract: tuple[Extract, ...] = (), *, failed: int = 0, listed: int = 0, visited: int = 0,
        known: int = 0, ahead: int = 0,
    ) -> None:  # fmt: skip
        """Commit the rows of one answer and the documents in it, with the run's counters after it."""
        with self._lock:
            self.run.failed += failed
            self.run.listed += listed
            self.run.visited += visited
            self.run.known_documents += known
            self.run.run_ahead_documents += ahead
            self.count(self.run)
            self.journal.add(Payload(rows, extract), self.run)
