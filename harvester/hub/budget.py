"""The announced windows: when the next request may be sent. `decide` is arithmetic; `Budget` is the lock around it.

The Hub counts each bucket in fixed windows and announces what remains (r), the seconds to the reset rounded up (t), the
quota (q) and the window (w). We use r minus what is in flight, wait for the reset, and send one probe into a new
window. Other clients of the same quota show in r falling faster than we send.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from random import Random

from harvester.clock import Clock
from harvester.hub.ratelimit import Announcement

#: Seconds per request while the Hub announces nothing: the anonymous quotas (500 and 3,000 in 300 s,
#: docs/hub-protocol.md 1).
UNANNOUNCED_PACE = {"api": 0.6, "resolvers": 0.1}
UNANNOUNCED_DEFAULT = 0.6
#: Bucket of requests to other hosts (the object store), which announce nothing and are not paced.
ELSEWHERE = "elsewhere"
#: Requests in flight of one process while others use the same quota.
CONTENDED_IN_FLIGHT = 4
#: Requests that must be left for each that is in flight.
TAPER = 4
#: An answer older than this many seconds says little about a quota that others use too.
STALE_AFTER = 0.5
#: After this many own answers in a window, its other clients are estimated from this window, not the previous one.
SETTLED_AFTER = 20
#: Seconds to wait for the probe into a new window before another is sent.
PROBE_PATIENCE = 5.0


class Stopped(Exception):
    """The run is ending: waiting requests are not sent."""


class OutOfRequests(Stopped):
    """`--max-requests` is used up."""


class NotNow(Exception):
    """No request may be sent in this bucket now, and the caller has other work to do.

    ``sent``: requests sent before that.
    """

    def __init__(self, sent: int = 0):
        super().__init__(sent)
        self.sent = sent


class Room(Enum):
    """Whether a bucket has room for a request: now, soon, or not before its window or a pause ends."""

    NOW = "now"
    SOON = "soon"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Window:
    """What is known of one bucket. Times are monotonic seconds; ``reset_by`` is the latest moment of the reset."""

    quota: int = 0
    length: float = 0.0
    remaining: int = 0
    reset_after: float = float("-inf")
    reset_by: float = float("-inf")
    announced: bool = False
    answers: int = 0
    answered_at: float = float("-inf")
    sent_at: float = float("-inf")
    not_before: float = float("-inf")
    own: int = 0
    others: int = 0
    #: other clients in the previous window
    neighbours: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Send now (``wait_until`` None), or not before ``wait_until`` (infinity: when an answer arrives).

    ``spent``: at that time the window, or a pause after a 429, ends.
    """

    wait_until: float | None = None
    spent: bool = field(default=False, compare=False)


SEND = Decision()
UNTIL_AN_ANSWER = Decision(float("inf"))


def usable(quota: int, share: float) -> int:
    """Return how much of a window's quota this process may use: at least one request."""
    return max(1, int(quota * share))


def other_processes(window: Window, in_flight: int) -> int:
    """Estimate how many other clients use this window, from their share of requests and ours.

    The Hub may have counted our requests in flight already, so these are not attributed to others.
    """
    taken = window.others - in_flight
    found = 0 if taken <= 2 else max(1, min(16, round(taken / max(window.own, 1))))
    return max(found, window.neighbours) if window.own < SETTLED_AFTER else found


def decide(
    window: Window, in_flight: int, now: float, *, share: float = 1.0, pace: float = UNANNOUNCED_DEFAULT
) -> Decision:
    """Decide whether one more request may be sent at ``now``.

    ``share`` is the part of the quota this process may use; ``pace`` the seconds per request while nothing is
    announced.
    """
    if now < window.not_before:
        return Decision(window.not_before, spent=True)
    if not window.announced:
        if window.answers == 0:
            return SEND if in_flight == 0 else UNTIL_AN_ANSWER
        ready = window.sent_at + pace
        return SEND if now >= ready else Decision(ready)
    if now >= window.reset_by:
        probed = window.sent_at >= window.reset_by
        if not probed or in_flight == 0:
            return SEND
        return SEND if now - window.sent_at > PROBE_PATIENCE else Decision(window.sent_at + PROBE_PATIENCE + 0.01)
    left = window.remaining - in_flight - (window.quota - usable(window.quota, share))
    processes = other_processes(window, in_flight)
    left -= processes
    # Near the end of the quota few are in flight: there may be other clients that were not noticed yet.
    allowed = left // TAPER
    if processes:
        fresh = now - window.answered_at <= STALE_AFTER
        allowed = min(CONTENDED_IN_FLIGHT, allowed // (processes + 1)) if fresh else 1
    if left > 0 and in_flight >= max(1, allowed):
        return UNTIL_AN_ANSWER
    return SEND if left > 0 else Decision(window.reset_by, spent=True)


def learn(window: Window, announced: Announcement, sent_at: float, now: float) -> Window:
    """Return what is known after an answer to a request sent at ``sent_at`` arrived at ``now``.

    ``t`` is whole seconds rounded up, so the reset is in (sent_at + t - 1, now + t]; the bounds of all answers of a
    window narrow it down. An answer whose bounds are after the known reset belongs to a new window, one before it to an
    old one.
    """
    length = float(announced.window or window.length or announced.reset_in or 1)
    quota = announced.quota or window.quota or announced.remaining
    after, by = sent_at + announced.reset_in - 1, now + announced.reset_in
    window_now = replace(window, quota=quota, length=length, announced=True)
    if not window.announced or after >= window.reset_by or now >= window.reset_by + length:
        return replace(
            window_now, remaining=announced.remaining, reset_after=after, reset_by=by, own=1, others=0,
            neighbours=other_processes(window, 0),
        )  # fmt: skip
    if by <= window.reset_after:
        return window
    spent = window.remaining - announced.remaining
    return replace(
        window_now,
        remaining=min(window.remaining, announced.remaining),
        reset_after=max(window.reset_after, after),
        reset_by=min(window.reset_by, by),
        own=window.own + 1,
        others=max(0, window.others + max(spent, 0) - 1) if spent > 0 else max(0, window.others - 1),
    )


@dataclass(slots=True)
class Spent:
    """What one bucket cost so far."""

    requests: int = 0
    #: of these, requests to git
    of_git: int = 0
    rate_limited: int = 0
    seconds_waited: float = 0.0


@dataclass(slots=True)
class _Bucket:
    window: Window = field(default_factory=Window)
    in_flight: int = 0
    spent: Spent = field(default_factory=Spent)


class Budget:
    """The shared windows of all workers of a process. Thread safe."""

    def __init__(self, clock: Clock, *, share: float = 1.0, max_requests: int | None = None, seed: int | None = None):
        self._clock = clock
        self._share = share
        self._left = max_requests
        self._changed = threading.Condition()
        self._buckets: dict[str, _Bucket] = {}
        self._closed = False
        self._idle = 0.0
        self._random = Random(seed)

    def _bucket(self, name: str) -> _Bucket:
        return self._buckets.setdefault(name, _Bucket())

    def _decide(self, name: str, bucket: _Bucket) -> Decision:
        if name == ELSEWHERE:
            paused = self._clock.monotonic() < bucket.window.not_before
            return Decision(bucket.window.not_before) if paused else SEND
        return decide(
            bucket.window, bucket.in_flight, self._clock.monotonic(),
            share=self._share, pace=UNANNOUNCED_PACE.get(name, UNANNOUNCED_DEFAULT),
        )  # fmt: skip

    def acquire(self, name: str, *, wait: bool = True, git: bool = False) -> float:
        """Wait until one request of the bucket may be sent, count it, and return the time it is sent at.

        A request to ``git`` does not wait for a bucket that is used up. Raises NotNow instead of waiting if ``wait`` is
        False or the bucket is used up, Stopped when the budget is closed while waiting, OutOfRequests when
        `--max-requests` is used up.
        """
        started = self._clock.monotonic()
        with self._changed:
            bucket = self._bucket(name)
            while True:
                if self._closed:
                    raise Stopped
                if self._left is not None and self._left <= 0:
                    raise OutOfRequests
                decision = self._decide(name, bucket)
                now = self._clock.monotonic()
                if decision.wait_until is None:
                    break
                if not wait or (git and decision.spent):
                    raise NotNow
                self._sleep_until(decision.wait_until, now)
            if self._left is not None:
                self._left -= 1
            bucket.in_flight += 1
            bucket.spent.requests += 1
            bucket.spent.of_git += git
            bucket.spent.seconds_waited += now - started
            bucket.window = replace(bucket.window, sent_at=now)
            return now

    def release(self, name: str, sent_at: float, announced: Iterable[Announcement] | None) -> None:
        """Count an answer (``announced``: what it announces) or a lost request (``announced`` None)."""
        with self._changed:
            now = self._clock.monotonic()
            bucket = self._bucket(name)
            bucket.in_flight -= 1
            if announced is not None:
                bucket.window = replace(bucket.window, answers=bucket.window.answers + 1, answered_at=now)
                for announcement in announced:
                    other = self._bucket(announcement.bucket)
                    other.window = learn(other.window, announcement, sent_at, now)
            self._changed.notify_all()

    def hold(self, name: str, seconds: float, *, window_spent: bool) -> None:
        """Take a 429: of the window (nothing remains until the reset), or of another limiter (a short pause)."""
        with self._changed:
            bucket = self._bucket(name)
            bucket.spent.rate_limited += 1
            if window_spent and bucket.window.announced:
                bucket.window = replace(bucket.window, remaining=0)
            else:
                until = self._clock.monotonic() + seconds * (1 + self._random.random() / 4)
                bucket.window = replace(bucket.window, not_before=max(bucket.window.not_before, until))
            self._changed.notify_all()

    def limited(self, name: str) -> None:
        """Count a 429 whose sender takes care of the pause itself."""
        with self._changed:
            self._bucket(name).spent.rate_limited += 1

    def pause(self, name: str, seconds: float) -> None:
        """Send nothing in a bucket for some seconds."""
        with self._changed:
            bucket = self._bucket(name)
            until = self._clock.monotonic() + seconds
            bucket.window = replace(bucket.window, not_before=max(bucket.window.not_before, until))

    def recount(self, name: str, spent_in: str, requests: int) -> None:
        """Count requests to git, sent in one bucket, in the one that their answers name."""
        with self._changed:
            for bucket, change in ((self._bucket(name), -requests), (self._bucket(spent_in), requests)):
                bucket.spent.requests += change
                bucket.spent.of_git += change

    def _sleep_until(self, when: float, now: float) -> None:
        self._changed.wait(None if when == float("inf") else max(when - now, 0.001))

    def ready(self, name: str) -> bool:
        """Whether a request of the bucket may be sent now."""
        return self.room(name) is Room.NOW

    def room(self, name: str) -> Room:
        """Return whether a request of the bucket may be sent now, and if not, what it waits for."""
        with self._changed:
            decision = self._decide(name, self._bucket(name))
        if decision.wait_until is None:
            return Room.NOW
        return Room.SPENT if decision.spent else Room.SOON

    def wait_for_any(self, names: Iterable[str], seconds: float) -> None:
        """Wait until a request of one of the buckets may be sent, an answer arrives, or ``seconds`` have passed."""
        with self._changed:
            if self._closed:
                return
            now = self._clock.monotonic()
            decisions = [self._decide(name, self._bucket(name)).wait_until for name in names]
            if any(until is None for until in decisions):
                return
            self._sleep_until(min([now + seconds, *(until for until in decisions if until is not None)]), now)
            if decisions:
                self._idle += self._clock.monotonic() - now

    def window(self, name: str) -> Window:
        """Return what is known of a bucket."""
        with self._changed:
            return self._bucket(name).window

    def seconds_waited(self) -> float:
        """Seconds spent waiting for a window, sum over all workers."""
        with self._changed:
            return self._idle + sum(bucket.spent.seconds_waited for bucket in self._buckets.values())

    def spent(self) -> dict[str, Spent]:
        """Return what every bucket cost so far."""
        with self._changed:
            return {name: replace(bucket.spent) for name, bucket in self._buckets.items()}

    def close(self) -> None:
        """Let everything that waits raise Stopped."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
