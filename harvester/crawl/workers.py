"""The threads of a run: each takes the next step that a budget allows, so that no quota is left unused."""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum

from harvester.crawl.planned import PlannedModel
from harvester.crawl.visit import Visitor
from harvester.crawl.visit_state import Visit
from harvester.errors import HarvesterError
from harvester.hub.budget import Budget, NotNow, Room, Stopped
from harvester.hub.git_route import Way

#: Visits in memory beside those in progress, so that documents can run ahead of their manifests.
LOOK_AHEAD = 4_000
#: Seconds an idle worker sleeps at most before it looks again.
IDLE = 0.05


class Step(Enum):
    """What a worker does next."""

    MANIFEST = "manifest"
    DOCUMENTS = "documents"


class Workers:
    """Works a plan off. ``stop`` ends it after the requests in flight."""

    def __init__(
        self, visitor: Visitor, budget: Budget, planned: Iterator[PlannedModel], count: int,
        failed: Callable[[BaseException], None],
    ):  # fmt: skip
        self._visitor, self._budget, self._planned, self._failed = visitor, budget, planned, failed
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(count)]
        self._lock = threading.Lock()
        self._documents: deque[Visit] = deque()
        self._manifests: deque[Visit] = deque()
        self._ahead: deque[Visit] = deque()
        #: visits of which only the history is left, to be read through git
        self._pasts: deque[Visit] = deque()
        self._busy = 0
        self._exhausted = False
        self._stopped = threading.Event()

    def run(self, tick: Callable[[], None]) -> None:
        """Work until the plan is done or stopped; ``tick`` is called a few times per second."""
        for thread in self._threads:
            thread.start()
        self.join(tick)

    def join(self, tick: Callable[[], None] = lambda: None) -> None:
        """Wait for the threads."""
        for thread in self._threads:
            while thread.is_alive():
                thread.join(0.2)
                tick()

    def stop(self) -> None:
        """Take no further step."""
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.is_set():
            try:
                taken = self._next()
                if taken is None:
                    if self._done():
                        return
                    self._budget.wait_for_any(self._buckets(), IDLE)
                    continue
                self._take(*taken)
            except Stopped:
                self._stopped.set()
                return
            except BaseException as error:
                self._stopped.set()
                self._failed(error)
                return

    def _take(self, step: Step, visit: Visit) -> None:
        try:
            if step is Step.MANIFEST:
                self._visitor.manifest(visit)
            else:
                self._visitor.documents(visit)
        except (NotNow, Stopped, HarvesterError, sqlite3.Error, OSError) as error:
            # The budget is used up, the run is ending, or this machine has a problem: not the model's fault.
            if not isinstance(error, NotNow):
                raise
        except Exception as error:
            self._visitor.give_up(visit, error)
        finally:
            with self._lock:
                self._busy -= 1
                self._put_back(visit)

    def _put_back(self, visit: Visit) -> None:
        if visit.closed:
            return
        if visit.manifest_wanted:
            # Its documents may still run ahead, unless they did so already or the model must be listed again first.
            # A history contains the documents.
            runs_ahead = visit.documents_wanted and not (visit.unpinned or visit.history_wanted or visit.names is None)
            unfinished = runs_ahead and (not visit.started or bool(visit.queue))
            (self._ahead if unfinished else self._manifests).append(visit)
        elif visit.dates_wanted or (visit.history_wanted and visit.past_by_api):
            self._manifests.append(visit)
        elif visit.history_wanted:
            self._pasts.append(visit)
        elif visit.documents_wanted or visit.weights_wanted:
            self._documents.append(visit)

    def _buckets(self) -> list[str]:
        way, runs_ahead = self._visitor.way_of_history(), self._runs_ahead()
        with self._lock:
            buckets = []
            if self._documents or (self._ahead and runs_ahead):
                buckets.append("resolvers")
            if self._manifests or self._ahead or (self._pasts and way is Way.API):
                buckets.append("api")
            return buckets

    def _runs_ahead(self) -> bool:
        """Whether documents are read before their manifests: a manifest would tell which of them need no request."""
        return self._budget.room("api") is Room.SPENT

    def _done(self) -> bool:
        with self._lock:
            waiting = self._documents or self._manifests or self._ahead or self._pasts
            return self._exhausted and not waiting and self._busy == 0

    def _next(self) -> tuple[Step, Visit] | None:
        api, resolvers = self._budget.ready("api"), self._budget.ready("resolvers")
        way, runs_ahead = self._visitor.way_of_history(), self._runs_ahead()
        with self._lock:
            if resolvers and self._documents:
                return self._give(Step.DOCUMENTS, self._documents.popleft())
            if way is Way.GIT and self._pasts:
                return self._give(Step.MANIFEST, self._pasts.popleft())
            # If git's quota is used up, or git is not served, the API is used.
            past = way is Way.GIT or (api and way is Way.API)
            self._fill(api, resolvers, past)
            if api and (self._manifests or self._ahead):
                return self._give(Step.MANIFEST, (self._manifests or self._ahead).popleft())
            if past and self._pasts:
                return self._give(Step.MANIFEST, self._pasts.popleft())
            if resolvers and self._documents:
                return self._give(Step.DOCUMENTS, self._documents.popleft())
            if resolvers and self._ahead and runs_ahead:
                visit = self._ahead.popleft()
                visit.ahead = True
                return self._give(Step.DOCUMENTS, visit)
            return None

    def _give(self, step: Step, visit: Visit) -> tuple[Step, Visit]:
        self._busy += 1
        return step, visit

    def _fill(self, api: bool, resolvers: bool, past: bool) -> None:
        """Take planned models up while there is nothing else for a bucket that has room."""
        held = len(self._documents) + len(self._manifests) + len(self._ahead) + len(self._pasts)
        while not self._exhausted and held < LOOK_AHEAD:
            if (api and (self._manifests or self._ahead)) or (resolvers and (self._documents or self._ahead)):
                return
            if (past and self._pasts) or not (api or resolvers or past):
                return
            planned = next(self._planned, None)
            if planned is None:
                self._exhausted = True
                return
            self._put_back(Visit.of(planned))
            held += 1
