"""The base of steps that read documents, each content once; and the step for `--documents`."""

from collections import deque

from harvester.crawl.journal import INDEX_KINDS, Extract
from harvester.crawl.steps.step import Names, Step
from harvester.crawl.visit_state import Visit, fetch_row, matches, oid_of, ref_row, state_of
from harvester.extract.document import SIZE_CAP
from harvester.extract.kinds import component_paths, kind_of
from harvester.hub.documents import document
from harvester.hub.endpoints import SIBLINGS_LIMIT
from harvester.outcome import Missed, Outcome

#: Begins the scopes that `--documents` adds.
GLOB = "documents:"


class Documents(Step):
    """Reads the documents that ``paths`` chooses by name."""

    runs_ahead = True
    #: the document that is requested even if a listing cut its name off
    main_document = ""

    def is_blind(self, visit: Visit) -> bool:
        """Without a commit or names, only a manifest has them."""
        return visit.sha is None or visit.names is None

    def run(self, visit: Visit) -> None:
        """Read the documents still queued."""
        reading = self.reading(visit)
        if reading.queue is None:
            reading.queue = deque(self._wanted(visit))
        reading.ahead |= visit.awaits_manifest
        while True:
            while reading.queue:
                path = reading.queue[0]
                if path not in visit.outcomes and not self._document(visit, path):
                    return visit.list_again()
                reading.queue.popleft()
            if visit.awaits_manifest:
                return
            if not reading.ahead:
                return visit.done(self)
            # What was read ahead by listed names is completed by what only the manifest names.
            reading.queue.extend(path for path in self._wanted(visit) if path not in visit.outcomes)
            reading.ahead = False

    def outcomes(self, visit: Visit) -> dict[str, Outcome]:
        """Those of all documents: a path may be chosen by several steps."""
        return visit.outcomes

    def state(self, visit: Visit) -> str | None:
        """All documents of a visit count: those of one step may name those of another."""
        return None if self.reading(visit).queue is None else state_of(visit, visit.outcomes.values())

    def _wanted(self, visit: Visit) -> list[str]:
        names = visit.names or ()
        found = dict.fromkeys(self.paths(names))
        # A listing may cut the names there (docs/hub-protocol.md 3): request the most important document anyway.
        if self.main_document and visit.files is None and len(names) >= SIBLINGS_LIMIT:
            found[self.main_document] = None
        return list(found)

    def _document(self, visit: Visit, path: str) -> bool:
        """Read one document; False if the model has to be listed again first."""
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
                self._queue_components(visit, path, self._journal.known_data(prior.oid, prior.kind))
            return True
        hindrance = self.hindrance(visit, path)
        if hindrance is None and file is not None and file.size is not None and file.size > SIZE_CAP:
            error = f"{file.size} bytes, above the limit of {SIZE_CAP}"
            hindrance = Missed(Outcome.OVERSIZED, 0, None, error, self._clock.utc())
        if hindrance is not None:
            return self.miss(visit, path, hindrance)
        with self._context.alone(oid, kind) as is_known:
            if is_known and oid is not None:
                visit.outcomes[path] = Outcome.OK
                self._commit({"refs": [ref_row(visit, path, kind, oid, self._clock.utc())]}, known=1)
                if kind in INDEX_KINDS:
                    self._queue_components(visit, path, self._journal.known_data(oid, kind))
                return True
            answer = document(
                self._hub, visit.repo_id, visit.sha, path, cap=SIZE_CAP, wait=False,
                oid=None if file is None or file.oid is None else file.oid.hex(),
                sha256=None if file is None or file.sha256 is None else file.sha256.hex(),
            )  # fmt: skip
            if isinstance(answer, Missed):
                return self.miss(visit, path, answer)
            content = answer.value
            found = bytes.fromhex(content.oid)
            new = not self._journal.is_known(found, kind)
            visit.outcomes[path] = Outcome.OK
            self._commit(
                {
                    "refs": [ref_row(visit, path, kind, found, answer.at)],
                    "fetches": [fetch_row(visit, "document", path, Outcome.OK, answer, answer.attempts)],
                },
                (Extract(found, kind, path, content.data),) if new else (),
                ahead=int(visit.awaits_manifest),
            )
        self._queue_components(visit, path, content.data)
        return True

    def _queue_components(self, visit: Visit, path: str, data: bytes | None) -> None:
        """Add the configs of the components that an index document names, if configs are read."""
        if data is None or "configs" not in visit.model.scopes or kind_of(path).name not in INDEX_KINDS:
            return
        queue = self.reading(visit).queue
        assert queue is not None
        components = component_paths(path, data, set(visit.names or ()))
        queue.extend(c for c in components if c not in visit.outcomes and c not in queue)


class Matching(Documents):
    """Reads the documents that match a glob of `--documents`."""

    def __init__(self, glob: str) -> None:
        self.scope, self._glob = GLOB + glob, glob

    def paths(self, names: Names) -> list[str]:
        """Return the names that match the glob."""
        return [name for name in names if matches(name, self._glob)]
