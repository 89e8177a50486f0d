"""The base of all steps: what defines a depth, and what a visit calls.

To add a depth, write a class here in ``steps/`` and add it to ``DEPTHS`` in crawl/depths.py (docs/extending.md).
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime

from harvester.crawl.context import Context
from harvester.crawl.visit_state import ERRED, OF_THE_WHOLE_REPO, Reading, Visit, fetch_row, leads_out, not_served
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.outcome import FAILURES, Missed, Outcome
from harvester.schema.rows import Row, visits_row

Names = Sequence[str]
#: Items of the fetch log, in the order in which a visit reads them.
ITEMS = ("manifest", "history", "document", "weights")


class Step(ABC):
    """Reads one kind of data of visited models. One object per run, shared by its workers."""

    #: name of the depth, and the scope under which a visit is complete, partial..., for each model
    scope = ""
    #: its item in the fetch log, one of ``ITEMS``
    item = "document"
    #: the bucket of its requests: api, resolvers or git
    bucket = "resolvers"
    #: whether it may read what the listing names while the manifest has to wait for its bucket
    runs_ahead = False
    #: whether only a manifest has what it needs, so that the listing may leave it out
    needs_manifest = False
    #: field of the dry run's estimate for its requests to `api`, if it sends any
    counted_as = ""
    #: SQL for the models and commits that lack something if its version changed (crawl/stale.py has its tables)
    unread = "SELECT hub_id, sha FROM listed"

    def begin(self, context: Context) -> None:
        """Take part in a run; until then only the definition above and the three methods below are usable."""
        self._context = context
        self._hub, self._journal, self._clock = context.hub, context.journal, context.clock
        self._commit = context.commit

    def version(self) -> int:
        """Return a digest of what it reads in this version: if it differs, a complete visit may lack something."""
        return 0

    def paths(self, names: Names) -> Collection[str]:
        """Return those of a model's file names that it requests, one request each."""
        return ()

    def requests(self, names: Names) -> int:
        """Return the least number of requests to `api` for a model with these files."""
        return 0

    def is_blind(self, visit: Visit) -> bool:
        """Whether it cannot begin before a manifest was read."""
        return visit.sha is None

    @abstractmethod
    def run(self, visit: Visit) -> None:
        """Read what is left; call ``visit.done`` at the end, or ``visit.list_again`` if the commit is gone.

        Each answer is committed as it arrives. Raises NotNow (the step is run again when its bucket has room), Stopped.
        """

    def state(self, visit: Visit) -> str | None:
        """Return the state of its scope when the visit ends; None if the answer's rows included it."""
        return None

    def reading(self, visit: Visit) -> Reading:
        """Return how far this step got in a visit."""
        return visit.readings.setdefault(self.scope, Reading())

    def outcomes(self, visit: Visit) -> dict[str, Outcome]:
        """Return the outcomes of its items so far, by path."""
        return self.reading(visit).outcomes

    def hindrance(self, visit: Visit, path: str = "") -> Missed | None:
        """Return why an item is not requested at all, if there is a reason."""
        now = self._clock.utc()
        if visit.refused is not None:
            outcome, error = visit.refused
            return Missed(outcome, 0, None, error, now)
        if leads_out(path):
            return Missed(Outcome.INVALID, 0, None, "the path has a . or .. part: not requested", now)
        return None

    def miss(self, visit: Visit, path: str | None, missed: Missed) -> bool:
        """Commit an item that did not come; False if the model has to be listed again first."""
        if missed.revision_gone and not visit.relisted and not visit.awaits_manifest:
            return False
        if missed.outcome == Outcome.ABSENT and path is not None and visit.names_file(path):
            if not visit.relisted:
                return False
            missed = not_served(missed, again=path in visit.model.prior)
        if missed.outcome in OF_THE_WHOLE_REPO:
            visit.refused = (missed.outcome, missed.error)
        self.outcomes(visit)[path or ""] = missed.outcome
        row = fetch_row(visit, self.item, path, missed.outcome, missed, missed.attempts)
        self._commit({"fetches": [row]}, failed=int(missed.outcome in FAILURES))
        return True

    def visit_row(self, visit: Visit, state: str, at: datetime) -> Row:
        """Return the row of `visits` for its scope."""
        return visits_row(
            hub_id=visit.model.hub_id, sha=visit.sha, scope=self.scope, state=state,
            credentials=self._context.credentials, visited_at=at,
            version=EXTRACTOR_VERSION if state == ERRED else self.version(),
        )  # fmt: skip
