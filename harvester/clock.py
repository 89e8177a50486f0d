"""The two clocks, passed to the code that needs them, so that nothing reads the time implicitly."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
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
