"""The threads of a run: each takes the next step that a budget allows, so that no quota is left unused."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from harvester.crawl.planned import PlannedModel
from harvester.crawl.visit import Visitor
from harvester.crawl.visit_state import Visit
from harvester.hub.budget import NotNow, Room, Stopped
from harvester.hub.endpoints import Hub
from harvester.hub.git_route import Way

#: Visits in memory beside those in progress, so that documents can run ahead of their manifests.
LOOK_AHEAD = 4_000
#: Seconds an idle worker sleeps at most before it looks again.
IDLE = 0.05


class Workers:
    """Works a plan off. ``stop`` ends it after the requests in flight."""

    def __init__(
        self, visitor: Visitor, hub: Hub, planned: Iterator[PlannedModel], count: int,
        failed: Callable[[BaseException], None],
    ):  # fmt: skip
        self._visitor, self._planned, self._failed = visitor, planned, failed
        self._budget, self._git = hub.transport.budget, hub.git
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(count)]
        self._lock = threading.Lock()
        #: waiting visits by the bucket of their next request
        self._waiting: dict[str, deque[Visit]] = {"resolvers": deque(), "git": deque(), "api": deque()}
        #: visits that wait for `api` too, but have a step that may run ahead
        self._ahead: deque[Visit] = deque()
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
                    self._budget.wait_for_any(self._awaited(), IDLE)
                    continue
                self._take(*taken)
            except Stopped:
                self._stopped.set()
                return
            except BaseException as error:
                self._stopped.set()
                self._failed(error)
                return

    def _take(self, visit: Visit, ahead: bool) -> None:
        try:
            self._visitor.advance(visit, ahead=ahead)
        except NotNow:
            pass
        finally:
            with self._lock:
                self._busy -= 1
                self._put_back(visit)

    def _put_back(self, visit: Visit) -> None:
        step = visit.next(ahead=False)
        if step is None:
            return
        runs_ahead = visit.next(ahead=True) is not None
        (self._ahead if runs_ahead else self._waiting[visit.bucket(step)]).append(visit)

    def _open(self) -> list[str]:
        """Return the buckets that have room now, in the order in which they are used."""
        way, api = self._git.way(self._budget), self._budget.ready("api")
        resolvers = self._budget.ready("resolvers")
        # If git's quota is used up, or git is not served, the API is used.
        room = [("resolvers", resolvers), ("git", way is Way.GIT), ("api", api), ("git", api and way is Way.API)]
        return [bucket for bucket, has_room in room if has_room]

    def _awaited(self) -> list[str]:
        """Return the buckets of `Budget` that somebody waits for."""
        by_api, runs_ahead = self._git.way(self._budget) is Way.API, self._runs_ahead()
        with self._lock:
            waiting = self._waiting
            buckets = ["resolvers"] if waiting["resolvers"] or (self._ahead and runs_ahead) else []
            return buckets + (["api"] if waiting["api"] or self._ahead or (waiting["git"] and by_api) else [])

    def _runs_ahead(self) -> bool:
        """Whether documents are read before their manifests, which would show which of them need no request."""
        return self._budget.room("api") is Room.SPENT

    def _done(self) -> bool:
        with self._lock:
            return self._exhausted and not self._held() and self._busy == 0

    def _held(self) -> int:
        return len(self._ahead) + sum(map(len, self._waiting.values()))

    def _next(self) -> tuple[Visit, bool] | None:
        """Return a visit whose next step has room, and whether that step runs ahead."""
        buckets, runs_ahead = self._open(), self._runs_ahead()
        with self._lock:
            visit = self._first(buckets)
            if visit is None:
                self._fill(buckets)
                visit = self._first(buckets)
            ahead = visit is None and runs_ahead and "resolvers" in buckets and bool(self._ahead)
            if ahead:
                visit = self._ahead.popleft()
            if visit is None:
                return None
            self._busy += 1
            return visit, ahead

    def _first(self, buckets: Sequence[str]) -> Visit | None:
        """Take the visit that has waited longest for the first bucket for which one waits."""
        for bucket in buckets:
            waiting = self._waiting[bucket] or (self._ahead if bucket == "api" else None)
            if waiting:
                return waiting.popleft()
        return None

    def _fill(self, buckets: Sequence[str]) -> None:
        """Take planned models up while there is nothing else for a bucket that has room."""
        while buckets and not self._exhausted and self._held() < LOOK_AHEAD:
            if any(self._waiting[bucket] for bucket in buckets) or (self._ahead and buckets != ["git"]):
                return
            planned = next(self._planned, None)
            if planned is None:
                self._exhausted = True
                return
            self._put_back(self._visitor.begin(planned))
