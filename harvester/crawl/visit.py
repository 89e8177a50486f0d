"""One model's visit: its manifest, then its documents, each answer committed to the journal as it arrives.

A visit is resumable: a step that may not send now leaves the visit as it is and is called again.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from harvester.clock import Clock
from harvester.crawl.depths import GLOB, depths_of, of_documents, scope_version
from harvester.crawl.history import HistoryReader
from harvester.crawl.journal import INDEX_KINDS, Extract, Journal, OpenRun, Payload
from harvester.crawl.listing import new_facts_row
from harvester.crawl.visit_state import (
    ERRED,
    LEADS_OUT,
    OF_THE_WHOLE_REPO,
    OidGate,
    Visit,
    card_data_of,
    fetch_row,
    known_files,
    leads_out,
    manifest_rows,
    matches,
    not_served,
    oid_of,
    ref_row,
    state_of,
)
from harvester.crawl.weights import WeightReader
from harvester.extract.document import SIZE_CAP
from harvester.extract.failure import extractor_error
from harvester.extract.kinds import component_paths, kind_of
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.hub.answers import ModelInfo
from harvester.hub.documents import document
from harvester.hub.endpoints import SIBLINGS_LIMIT, Hub, Manifest, model
from harvester.hub.fields import MANIFEST_FIELDS, SINGLE_FIELDS
from harvester.hub.git_route import Way
from harvester.hub.tree import dated
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Answer, Got, Missed, Outcome
from harvester.schema.rows import Row, visits_row


class Visitor:
    """Takes the steps of visits; shared by all workers."""

    def __init__(
        self,
        hub: Hub,
        journal: Journal,
        run: OpenRun,
        clock: Clock,
        *,
        globs: Sequence[str],
        credentials: str,
        count: Callable[[OpenRun], None],
        by_git: bool = True,
        whole_history: bool = True,
        hides: Callable[[str, str], bool] = lambda hub_id, repo_id: False,
    ):
        self._hub, self._journal, self._run, self._clock = hub, journal, run, clock
        self._globs, self._credentials, self._count = tuple(globs), credentials, count
        self._hides = hides
        self._gate = OidGate()
        self._lock = threading.Lock()
        self._weights = WeightReader(hub, journal, clock, self.commit)
        self._history = HistoryReader(
            hub, journal, clock, self.commit, by_git=by_git, whole=whole_history, globs=self._globs
        )

    def commit(
        self, rows: Rows, extract: tuple[Extract, ...] = (), *, failed: int = 0, settled: int = 0, known: int = 0,
        ahead: int = 0,
    ) -> None:  # fmt: skip
        """Commit one answer, with the run's counters after it."""
        with self._lock:
            self._run.failed += failed
            self._run.settled += settled
            self._run.known_documents += known
            self._run.run_ahead_documents += ahead
            self._count(self._run)
            self._journal.add(Payload(rows, extract), self._run)

    def manifest(self, visit: Visit) -> None:
        """Read the manifest (again without a pinned commit if that is gone, or if the name led to another model).

        After it the dates, then the history, which contains most documents. Raises NotNow, Stopped.
        """
        if not visit.manifest_wanted:
            return self._dates(visit) if visit.dates_wanted else self._past(visit)
        answer, before = self._ask(visit, relist=visit.unpinned), 0
        moved = isinstance(answer, Got) and answer.value.renamed_to is not None
        if not visit.relisted and (moved or (isinstance(answer, Missed) and answer.revision_gone)):
            if isinstance(answer, Got) and answer.value.info.hub_id != visit.model.hub_id:
                answer = _replaced(visit, answer)
            else:
                before = answer.attempts
                answer = self._ask(visit, relist=True)
        self._take_manifest(visit, answer, before + answer.attempts)

    def _ask(self, visit: Visit, *, relist: bool) -> Answer[Manifest]:
        # If dates are wanted, the expanded tree has the files: they are not requested twice.
        fields: tuple[str, ...] = MANIFEST_FIELDS
        sha, wait, blobs = visit.sha, False, not visit.dates_wanted
        if relist:
            fields = SINGLE_FIELDS
            # A revision that was requested by name stays the one that is read.
            sha, wait = visit.model.requested_id.partition("@")[2] or None, not visit.unpinned
        if not blobs:
            fields = tuple(f for f in fields if f != "siblings")
        listed = () if relist else visit.names or ()
        answer = model(self._hub, visit.repo_id, sha, fields, blobs=blobs, wait=wait, listed=listed)
        if isinstance(answer, Got) and self._hides(answer.value.info.hub_id, answer.value.info.repo_id):
            error = "the name belongs to a model that was purged"
            return Missed(Outcome.REPLACED, answer.attempts, answer.status, error, answer.at)
        visit.relisted = visit.relisted or relist
        if blobs or isinstance(answer, Missed) or answer.value.info.hub_id != visit.model.hub_id:
            return answer
        if not answer.value.sha:
            return Missed(Outcome.FAILED, answer.attempts, 200, "the answer contains no commit", answer.at)
        return dated(self._hub, answer)

    def _dates(self, visit: Visit) -> None:
        """Read only the expanded tree, if the manifest is known or not wanted."""
        assert visit.sha is not None
        info = ModelInfo(hub_id=visit.model.hub_id, repo_id=visit.repo_id)
        answer = dated(self._hub, Got(Manifest(info, visit.sha, (), "tree"), 0, 200, self._clock.utc()))
        if isinstance(answer, Missed) and answer.revision_gone and not visit.relisted:
            visit.manifest_wanted = visit.unpinned = True
            return
        self._take_manifest(visit, answer, answer.attempts)

    def way_of_history(self) -> Way:
        """Return how a history would be read now."""
        return self._history.way()

    def _past(self, visit: Visit) -> None:
        if self._history.read(visit):
            visit.history_wanted = False
        else:
            visit.manifest_wanted = visit.unpinned = True
        self._finish_if_done(visit)

    def _take_manifest(self, visit: Visit, answer: Answer[Manifest], sent: int) -> None:
        visit.manifest_wanted = visit.unpinned = False
        if isinstance(answer, Got) and answer.value.info.hub_id != visit.model.hub_id:
            answer = _replaced(visit, answer)
        if isinstance(answer, Missed):
            rows: Rows = {"fetches": [fetch_row(visit, "manifest", None, answer.outcome, answer, sent)]}
            if "files" in visit.model.scopes:
                rows["visits"] = [self._visit_row(visit, "files", "partial", answer.at)]
            lost = [*(["dates"] if visit.dates_wanted else []), *(["weights"] if visit.weights_wanted else [])]
            lost = [scope for scope in lost if scope == "dates" or visit.files is None]
            rows.setdefault("visits", []).extend(self._visit_row(visit, scope, "partial", answer.at) for scope in lost)
            visit.dates_wanted, visit.weights_wanted = False, visit.weights_wanted and "weights" not in lost
            if answer.outcome in (Outcome.PRIVATE_OR_DELETED, Outcome.REPLACED, Outcome.DISABLED):
                visit.refused = (answer.outcome, answer.error)
            blind = visit.sha is None or (visit.names is None and visit.files is None)
            if visit.history_wanted and visit.sha is None:
                visit.history_wanted, visit.history_outcome = False, answer.outcome
            if visit.documents_wanted and blind:
                visit.documents_wanted = False
                rows.setdefault("visits", []).extend(
                    self._visit_row(visit, scope, "partial", answer.at)
                    for scope in visit.model.scopes if of_documents(scope)
                )  # fmt: skip
            self.commit(rows, failed=int(answer.outcome in FAILURES))
            self._finish_if_done(visit)
            return
        manifest = answer.value
        rows = {}
        outcome = Outcome.OK
        files = known_files(manifest)
        # A model that is listed again may have the same commit: its files are not stored twice.
        stored = visit.relisted and manifest.sha == visit.sha and files == visit.files and not visit.dates_wanted
        if visit.relisted:
            rows["facts"] = [new_facts_row(manifest.info, answer.at)]
            if manifest.info.repo_id != visit.repo_id:
                outcome = Outcome.RENAMED
                visit.repo_id = manifest.info.repo_id
            if manifest.sha != visit.sha:
                visit.move()
            visit.sha = manifest.sha
        if not stored:
            rows |= manifest_rows(visit.model.hub_id, manifest, answer.at)
        rows["fetches"] = [fetch_row(visit, "manifest", None, outcome, answer, sent)]
        if "files" in visit.model.scopes:
            rows["visits"] = [self._visit_row(visit, "files", "complete", answer.at)]
        if visit.dates_wanted:
            rows.setdefault("visits", []).append(self._visit_row(visit, "dates", "complete", answer.at))
            visit.dates_wanted = False
        visit.files = files
        visit.names = tuple(f.path for f in manifest.files)
        self.commit(rows, card_data_of(manifest, self._journal))
        self._finish_if_done(visit)

    def documents(self, visit: Visit) -> None:
        """Read the documents still queued, then the weights. Raises NotNow (call again), Stopped."""
        if visit.documents_wanted:
            self._documents(visit)
        if visit.weights_wanted and not (visit.documents_wanted or visit.manifest_wanted or visit.dates_wanted):
            if self._weights.read(visit):
                visit.weights_wanted = False
            else:
                visit.manifest_wanted = visit.unpinned = True
        self._finish_if_done(visit)

    def _documents(self, visit: Visit) -> None:
        if not visit.started:
            visit.queue.extend(self._wanted(visit))
            visit.started = True
        while visit.queue:
            path = visit.queue[0]
            if path not in visit.outcomes and not self._document(visit, path):
                return
            visit.queue.popleft()
        if visit.manifest_wanted:
            return
        # What was read ahead by listed names is completed by what only the manifest names.
        if visit.ahead and any(p not in visit.outcomes for p in self._wanted(visit)):
            visit.queue.extend(p for p in self._wanted(visit) if p not in visit.outcomes)
            visit.ahead = False
            return self._documents(visit)
        visit.documents_wanted = False

    def _wanted(self, visit: Visit) -> list[str]:
        names = visit.names or ()
        # A listing may cut the names there (docs/hub-protocol.md 3): request the most important document anyway.
        may_be_cut = visit.files is None and len(names) >= SIBLINGS_LIMIT
        found: dict[str, None] = {}
        for depth in depths_of(visit.model.scopes):
            found |= dict.fromkeys(depth.documents(names))
            if may_be_cut and depth.main_document:
                found[depth.main_document] = None
        globs = [glob for glob in self._globs if GLOB + glob in visit.model.scopes]
        found |= dict.fromkeys(name for name in names if any(matches(name, glob) for glob in globs))
        return list(found)

    def _document(self, visit: Visit, path: str) -> bool:
        """Read one document; False if the visit moved to another commit and starts again."""
        assert visit.sha is not None
        kind = kind_of(path).name
        prior = visit.model.prior.get(path)
        file = visit.files.get(path) if visit.files is not None else None
        oid = None if file is None else oid_of(file)
        # What was read by listed name must be what the manifest names.
        final = prior is not None and prior.outcome != Outcome.MISMATCH
        if prior is not None and final and (prior.oid is None or oid is None or prior.oid == oid):
            visit.outcomes[path] = Outcome(prior.outcome)
            if prior.oid is not None and prior.kind in INDEX_KINDS:
                self._enqueue_components(visit, path, self._journal.known_data(prior.oid, prior.kind))
            return True
        now = self._clock.utc()
        if visit.refused is not None:
            outcome, error = visit.refused
            self._record(visit, path, Missed(outcome, 0, None, error, now))
            return True
        if file is not None and file.size is not None and file.size > SIZE_CAP:
            error = f"{file.size} bytes, above the limit of {SIZE_CAP}"
            self._record(visit, path, Missed(Outcome.OVERSIZED, 0, None, error, now))
            return True
        if leads_out(path):
            self._record(visit, path, Missed(Outcome.INVALID, 0, None, LEADS_OUT, now))
            return True
        while oid is not None:
            if self._journal.is_known(oid, kind):
                visit.outcomes[path] = Outcome.OK
                self.commit({"refs": [ref_row(visit, path, kind, oid, now)]}, known=1)
                if kind in INDEX_KINDS:
                    self._enqueue_components(visit, path, self._journal.known_data(oid, kind))
                return True
            if self._gate.enter(oid):
                break
        try:
            answer = document(
                self._hub, visit.repo_id, visit.sha, path, cap=SIZE_CAP, wait=False,
                oid=None if file is None or file.oid is None else file.oid.hex(),
                sha256=None if file is None or file.sha256 is None else file.sha256.hex(),
            )  # fmt: skip
            if isinstance(answer, Missed):
                if answer.revision_gone and not visit.relisted and not visit.manifest_wanted:
                    visit.manifest_wanted = visit.unpinned = True
                    return False
                if answer.outcome == Outcome.ABSENT and visit.names_file(path):
                    if not visit.relisted:
                        visit.manifest_wanted = visit.unpinned = True
                        return False
                    answer = not_served(answer, again=prior is not None)
                if answer.outcome in OF_THE_WHOLE_REPO:
                    visit.refused = (answer.outcome, answer.error)
                self._record(visit, path, answer)
                return True
            content = answer.value
            found = bytes.fromhex(content.oid)
            new = not self._journal.is_known(found, kind)
            visit.outcomes[path] = Outcome.OK
            self.commit(
                {
                    "refs": [ref_row(visit, path, kind, found, answer.at)],
                    "fetches": [fetch_row(visit, "document", path, Outcome.OK, answer, answer.attempts)],
                },
                (Extract(found, kind, path, content.data),) if new else (),
                ahead=int(visit.manifest_wanted),
            )
            self._enqueue_components(visit, path, content.data)
            return True
        finally:
            if oid is not None:
                self._gate.leave(oid)

    def _enqueue_components(self, visit: Visit, path: str, data: bytes | None) -> None:
        if data is None or "configs" not in visit.model.scopes or kind_of(path).name not in INDEX_KINDS:
            return
        components = component_paths(path, data, set(visit.names or ()))
        visit.queue.extend(c for c in components if c not in visit.outcomes and c not in visit.queue)

    def _record(self, visit: Visit, path: str, missed: Missed) -> None:
        visit.outcomes[path] = missed.outcome
        row = fetch_row(visit, "document", path, missed.outcome, missed, missed.attempts)
        self.commit({"fetches": [row]}, failed=int(missed.outcome in FAILURES))

    def _finish_if_done(self, visit: Visit) -> None:
        wanted = visit.manifest_wanted or visit.documents_wanted or visit.weights_wanted or visit.dates_wanted
        if visit.closed or wanted or visit.history_wanted:
            return
        visit.closed = True
        state = state_of(visit, visit.outcomes.values())
        rows: Rows = {}
        if visit.started and visit.sha is not None:
            now = self._clock.utc()
            rows["visits"] = [
                self._visit_row(visit, scope, state, now) for scope in sorted(visit.model.scopes) if of_documents(scope)
            ]
        if visit.weights is not None:
            weights = state_of(visit, visit.weight_outcomes.values())
            weights = ERRED if visit.erred and weights == "complete" else weights
            rows.setdefault("visits", []).append(self._visit_row(visit, "weights", weights, self._clock.utc()))
        if visit.history_outcome is not None:
            past = state_of(visit, [visit.history_outcome])
            rows.setdefault("visits", []).append(self._visit_row(visit, "history", past, self._clock.utc()))
        self.commit(rows, settled=1)

    def give_up(self, visit: Visit, error: Exception) -> None:
        """End a visit in which code of ours raised: one `invalid` row; another version visits the model again."""
        now = self._clock.utc()
        item, path = _at_work(visit)
        missed = Missed(Outcome.INVALID, 0, None, extractor_error(error), now)
        visit.closed = True
        rows: Rows = {
            "fetches": [fetch_row(visit, item, path, missed.outcome, missed, 0)],
            "visits": [self._visit_row(visit, scope, ERRED, now) for scope in sorted(visit.model.scopes)],
        }
        self.commit(rows, settled=1)

    def _visit_row(self, visit: Visit, scope: str, state: str, at: datetime) -> Row:
        version = EXTRACTOR_VERSION if state == ERRED else scope_version(scope)
        return visits_row(
            hub_id=visit.model.hub_id, sha=visit.sha, scope=scope, state=state, credentials=self._credentials,
            visited_at=at, version=version,
        )  # fmt: skip


def _at_work(visit: Visit) -> tuple[str, str | None]:
    """The item of the fetch log that a visit is at, and its path."""
    if visit.manifest_wanted or visit.dates_wanted:
        return "manifest", None
    if visit.history_wanted:
        return "history", None
    if visit.documents_wanted:
        return "document", visit.queue[0] if visit.queue else None
    return "weights", visit.weights[0] if visit.weights else None


def _replaced(visit: Visit, answer: Got[Manifest]) -> Missed:
    info = answer.value.info
    error = f"{visit.repo_id} is now {info.repo_id} with another _id ({info.hub_id})"
    return Missed(Outcome.REPLACED, answer.attempts, answer.status, error, answer.at)
