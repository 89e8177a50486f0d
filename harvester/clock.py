"""The two clocks, passed to the code that needs them, so that nothing reads the time implicitly."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock for waiting and the UTC time for rows."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def utc(self) -> datetime:
        """Now in UTC, without tzinfo: the lake stores TIMESTAMP in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def utc(self) -> datetime:
        """Now in UTC, without tzinfo."""
        return datetime.now(UTC).replace(tzinfo=None)


class SimulatedClock:
    """A clock whose UTC time began at ``start``, for the sample Hub: its days have dates of their own."""

    def __init__(self, start: datetime):
        self._start, self._began = start, time.monotonic()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def utc(self) -> datetime:
        """The simulated time in UTC, without tzinfo."""
        return self._start + timedelta(seconds=time.monotonic() - self._began)
