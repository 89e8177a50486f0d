"""Lists the models of an id file: one request per model, which includes its manifest if files are wanted."""

import sqlite3
import threading
from collections import deque
from collections.abc import Iterable

from harvester.crawl.context import Context
from harvester.crawl.listing import listed_row
from harvester.crawl.select import RequestedModel
from harvester.crawl.steps.files import Files
from harvester.crawl.visit_state import card_data_of, manifest_rows
from harvester.errors import HarvesterError
from harvester.extract.failure import extractor_error
from harvester.hub.budget import Stopped
from harvester.hub.endpoints import model
from harvester.hub.fields import LISTING_FIELDS, SINGLE_FIELDS
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Missed, Outcome
from harvester.schema.rows import Row, fetches_row, visits_row


class IdLister:
    """Requests each model of the file that this run has not requested yet."""

    def __init__(
        self, context: Context, *, with_files: bool, known_names: dict[str, str], kept: Iterable[tuple[str, str]] = ()
    ):  # fmt: skip
        self._context, self._with_files, self._known = context, with_files, known_names
        #: models left out because they were purged
        self.hidden = 0
        self._lock = threading.Lock()
        self._errors: list[BaseException] = []
        #: models and commits whose manifest was stored: a file may name a commit by several revisions
        self._kept = set(kept)

    def read(self, requested: Iterable[tuple[int, RequestedModel]], workers: int) -> None:
        """Request all; ``requested`` has each model with its position in the file. Raises HubUnavailable, Stopped."""
        queue = deque(requested)

        def work() -> None:
            while True:
                with self._lock:
                    if not queue or self._errors:
                        return
                    place, wanted = queue.popleft()
                try:
                    self._guarded(place, wanted)
                except BaseException as error:
                    self._errors.append(error)
                    return

        threads = [threading.Thread(target=work, name=f"id-{n}", daemon=True) for n in range(workers)]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.2)
        except BaseException:
            self._context.hub.transport.stop()
            for thread in threads:
                thread.join()
            raise
        for error in sorted(self._errors, key=lambda e: isinstance(e, Stopped)):
            raise error

    def _guarded(self, place: int, wanted: RequestedModel) -> None:
        try:
            self._one(place, wanted)
        except (Stopped, HarvesterError, sqlite3.Error, OSError):
            raise
        except Exception as error:
            now = self._context.clock.utc()
            row = self._fetch(wanted, Missed(Outcome.INVALID, 0, None, extractor_error(error), now))
            self._context.commit({"fetches": [row]})

    def _one(self, place: int, wanted: RequestedModel) -> None:
        if self._context.hides(None, wanted.repo_id):
            return self._hide()
        fields = SINGLE_FIELDS if self._with_files else (*LISTING_FIELDS, "gguf", "usedStorage")
        answer = model(self._context.hub, wanted.repo_id, wanted.revision, fields, blobs=self._with_files)
        requested = str(wanted)
        if isinstance(answer, Missed):
            outcome = answer.outcome
            rows: Rows = {"fetches": [self._fetch(wanted, answer)]}
            self._context.commit(rows, failed=int(outcome in FAILURES))
            return
        found = answer.value
        info = found.info
        if self._context.hides(info.hub_id, info.repo_id):
            return self._hide()
        outcome = Outcome.OK
        if found.renamed_to is not None:
            before = self._known.get(wanted.repo_id)
            outcome = Outcome.REPLACED if before not in (None, info.hub_id) else Outcome.RENAMED
        rows = {
            "listing": [listed_row(info, place, answer.at, requested)],
            "fetches": [fetches_row(
                hub_id=info.hub_id, requested_id=requested, repo_id=info.repo_id, sha=found.sha, item="manifest",
                path=None, outcome=outcome, http_status=answer.status, attempts=answer.attempts, error=None,
                fetched_at=answer.at,
            )],
        }  # fmt: skip
        with self._lock:
            first = (info.hub_id, found.sha) not in self._kept
            self._kept.add((info.hub_id, found.sha))
        if self._with_files and found.sha and first:
            rows |= manifest_rows(info.hub_id, found, answer.at)
            rows["visits"] = [visits_row(
                hub_id=info.hub_id, sha=found.sha, scope=Files.scope, state="complete",
                credentials=self._context.credentials, visited_at=answer.at, version=Files().version(),
            )]  # fmt: skip
        extract = card_data_of(found, self._context.journal) if self._with_files and found.sha else ()
        self._context.commit(rows, extract, listed=1)

    def _fetch(self, wanted: RequestedModel, missed: Missed) -> Row:
        return fetches_row(
            hub_id=self._known.get(wanted.repo_id), requested_id=str(wanted), repo_id=None, sha=None, item="manifest",
            path=None, outcome=missed.outcome, http_status=missed.status, attempts=missed.attempts,
            error=missed.error, fetched_at=missed.at,
        )  # fmt: skip

    def _hide(self) -> None:
        with self._lock:
            self.hidden += 1
