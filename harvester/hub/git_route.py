"""What a Hub's answers say about its git, and whether a request may go there now.

Which bucket git requests count in is not documented (docs/hub-protocol.md 5a): until an answer names one, `api` is
assumed and one model at a time is requested. A 429 does not mean that git is unusable: git pauses, and the API is used
meanwhile.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum

from harvester.hub.budget import Budget, NotNow, Room
from harvester.hub.ratelimit import Announcement

#: Assumed bucket of git requests if their answers name none; it also has the pauses after a 429.
UNNAMED = "git"
#: Seconds of the pause after a 429 that names neither a used-up window nor a time: the first, and the longest.
PAUSE_FIRST, PAUSE_LAST = 1.0, 60.0


class Way(Enum):
    """How a history is best read at the moment."""

    GIT = "git"
    #: by git, in a moment
    SOON = "soon"
    #: git has nothing to give for now, or is not served
    API = "api"


class Limited(NotNow):
    """Git answered 429, which does not mean that git is unusable: the API is used meanwhile."""


@dataclass(slots=True)
class GitRoute:
    """What was learned of a Hub's git."""

    #: whether git is used at all
    served: bool = True
    #: whether a commit is served by its id (one request; the usual exchange takes three)
    by_id: bool = True
    #: suffix of a repository's name: none, or `.git`; and whether it was ever answered
    suffix: str = ""
    answered: bool = False
    #: the bucket that answers name; None while none has named one
    bucket: str | None = None
    #: whether git has answered without naming one
    silent: bool = False
    _alone: threading.Lock = field(default_factory=threading.Lock)
    _pause: float = PAUSE_FIRST

    @property
    def spends(self) -> str:
        """The bucket that requests are counted in."""
        return self.bucket or (UNNAMED if self.silent else "api")

    def way(self, budget: Budget) -> Way:
        """Return how to read a history now."""
        if not self.served or self.resting(budget):
            return Way.API
        if self.bucket is None and self._alone.locked():
            return Way.SOON
        return {Room.NOW: Way.GIT, Room.SOON: Way.SOON, Room.SPENT: Way.API}[budget.room(self.spends)]

    def resting(self, budget: Budget) -> bool:
        """Whether a pause after a 429 lasts."""
        return budget.room(UNNAMED) is Room.SPENT

    @contextmanager
    def turn(self, *, wait: bool) -> Iterator[None]:
        """Allow one model at a time while no answer has named a bucket. Raises NotNow."""
        if self.bucket is not None:
            yield
            return
        if not self._alone.acquire(blocking=wait):
            raise NotNow
        try:
            yield
        finally:
            self._alone.release()

    def learn(self, budget: Budget, sent_in: str, sent: int, status: int, announced: Sequence[Announcement]) -> None:
        """Take an answer to requests that were counted in ``sent_in``: they are counted in the bucket it names."""
        named = [one.bucket for one in announced if one.remaining == 0 and status == 429] or [
            one.bucket for one in announced
        ]
        if named and self.bucket not in named:
            self.bucket = named[0]
        elif self.bucket is None and status == 200:
            self.silent = True
        if status == 200:
            self._pause = PAUSE_FIRST
        if sent_in in ("api", UNNAMED) and sent_in != self.spends:
            budget.recount(sent_in, self.spends, sent)

    def rest(self, budget: Budget, seconds: float | None, announced: Sequence[Announcement]) -> None:
        """Handle a 429: pause git for ``seconds`` (Retry-After), or until the named window resets."""
        if seconds is None and any(one.remaining == 0 for one in announced):
            return
        budget.pause(UNNAMED, seconds if seconds is not None else self._pause)
        self._pause = min(self._pause * 2, PAUSE_LAST)
