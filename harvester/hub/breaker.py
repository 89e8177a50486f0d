"""Notices a Hub that is down and lets the whole run wait for it, instead of burning through the models."""

import threading
from collections.abc import Callable

from harvester.clock import Clock
from harvester.errors import HubUnavailable
from harvester.hub.budget import Stopped

#: Consecutive failures, over all workers and without an answer between, after which the Hub counts as down.
FAILURES_IN_A_ROW = 12
#: Seconds between two tries while it is down: the first, and the longest.
PROBE_FIRST, PROBE_LAST = 1.0, 60.0


class Breaker:
    """Circuit breaker: open after ``FAILURES_IN_A_ROW`` (requests wait, one probes); the next answer closes it."""

    def __init__(
        self,
        clock: Clock,
        say: Callable[[str], None],
        *,
        limit: int = FAILURES_IN_A_ROW,
        longest: float = float("inf"),
    ):
        self._clock, self._say, self._limit, self._longest = clock, say, limit, longest
        self._changed = threading.Condition()
        self._failures = 0
        self._next_probe = 0.0
        self._pause = PROBE_FIRST
        self._opened_at: float | None = None
        self._stopped = False

    @property
    def open(self) -> bool:
        """Whether the Hub counts as down."""
        return self._opened_at is not None

    def wait(self) -> bool:
        """Wait until a request may be tried; True if it probes whether the Hub is back.

        Raises Stopped when the run ends, HubUnavailable after ``longest`` seconds.
        """
        with self._changed:
            while True:
                if self._stopped:
                    raise Stopped
                now = self._clock.monotonic()
                if self._opened_at is None:
                    return False
                if now - self._opened_at > self._longest:
                    raise HubUnavailable(f"the Hub has not answered for {now - self._opened_at:.0f} s; try again later")
                if now >= self._next_probe:
                    self._next_probe = now + self._pause
                    self._pause = min(self._pause * 2, PROBE_LAST)
                    return True
                self._changed.wait(min(self._next_probe, self._opened_at + self._longest + 0.1) - now)

    def failed(self) -> None:
        """Count a request without an answer, or with a server error."""
        with self._changed:
            self._failures += 1
            if self._failures >= self._limit and self._opened_at is None:
                self._opened_at = self._clock.monotonic()
                self._pause = PROBE_FIRST
                self._next_probe = self._opened_at + PROBE_FIRST
                self._say("the Hub does not answer; waiting for it (Ctrl-C stops; the run can be resumed)")

    def passed(self) -> None:
        """Count an answer."""
        with self._changed:
            self._failures = 0
            if self._opened_at is not None:
                seconds = self._clock.monotonic() - self._opened_at
                self._opened_at = None
                self._say(f"the Hub answers again after {seconds:.0f} s")
                self._changed.notify_all()

    def close(self) -> None:
        """Let everything that waits raise Stopped."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
