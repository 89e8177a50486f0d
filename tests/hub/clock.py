"""A clock that stands still until it is told to move."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class HandClock:
    now: float = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime(2026, 11, 23) + timedelta(seconds=self.now)

    def move(self, seconds: float) -> None:
        self.now += seconds
