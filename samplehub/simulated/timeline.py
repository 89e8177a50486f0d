"""When models were made: index order is creation order is ``_id`` order, computed from the index alone."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from samplehub.simulated.chance import Dice

#: 2022-03-02T23:29:04Z, the oldest createdAt of the Hub (docs/hub-protocol.md 2.3), and the start of day 0,
#: 2026-01-01T00:00:00Z
OLDEST = 1_646_263_744
DAY_0 = 1_767_225_600
#: how much denser creations are at the end than at the beginning (the Hub grew about twelvefold)
GROWTH = 2.5
DAY = 86_400
YEAR = 365.2425 * DAY
#: a day adds one model, and one more for each NEWBORN_SHARE founders (840 on the Hub, docs/hub-protocol.md 10)
NEWBORN_SHARE = 250


@dataclass(frozen=True)
class Timeline:
    """The creation times of ``founders`` models, spread from the oldest to day 0, ever denser; then some a day."""

    founders: int
    seed: int
    days: int = 0

    @property
    def births(self) -> int:
        """The number of models created every day."""
        return 1 + self.founders // NEWBORN_SHARE

    @property
    def size(self) -> int:
        """How many models were ever made."""
        return self.size_on(self.days)

    def size_on(self, day: int) -> int:
        """How many models were ever made by the end of a day."""
        return self.founders + self.births * day

    def born(self, index: int) -> int:
        """The day a model was made on; 0 for the founders."""
        return 0 if index < self.founders else (index - self.founders) // self.births + 1

    @cached_property
    def _first_morning(self) -> int:
        # the last founder may have been at work until after midnight
        return max(DAY_0, self.modified(self.founders - 1))

    def morning(self, day: int) -> int:
        """The start of a day (1 or later), UTC seconds."""
        return self._first_morning + (day - 1) * DAY

    def day_of(self, seconds: int) -> int:
        """The day on which something happened; 0 for all that the founders did first."""
        return max(0, (seconds - self._first_morning - 1) // DAY + 1)

    def created(self, index: int) -> int:
        """UTC seconds; never falls with the index."""
        shift = Dice(self.seed, "created", index).unit() if index else 0.0
        if index < self.founders:
            return self._founded(index + shift)
        day, place = divmod(index - self.founders, self.births)
        return self.morning(day + 1) + 1 + int((place + shift) / self.births * (DAY - 2))

    def _founded(self, place: float) -> int:
        return OLDEST + int((DAY_0 - OLDEST) * math.log1p(math.expm1(GROWTH) * place / self.founders) / GROWTH)

    def year(self, index: int) -> float:
        """When a model is made, without chance, as a year with its fraction; day 0 for those of later days."""
        return 1970 + self._founded(min(index, self.founders)) / YEAR

    def modified(self, index: int) -> int:
        """UTC seconds of the last commit its maker meant at first: before the next model, so the order is the same."""
        created = self.created(index)
        if index + 1 == self.founders:
            following = self._founded(self.founders + Dice(self.seed, "created", self.founders).unit())
        elif self.born(index) == self.born(index + 1):
            following = self.created(index + 1)
        else:
            following = self.morning(self.born(index) + 1)
        return created + int((following - created) * Dice(self.seed, "modified", index).unit() ** 2)

    def hub_id(self, index: int) -> str:
        """The ObjectId: seconds, a constant of this world, the index."""
        return f"{self.created(index):08x}{self.seed * 0x9E3779B1 & 0xFFFFFFFFFF:010x}{index:06x}"

    def up_to(self, hub_id: str) -> int:
        """How many models have an ``_id`` up to and including this one, which need not exist."""
        return bisect_right(range(self.size), hub_id, key=self.hub_id)

    def founders_modified_up_to(self, seconds: int) -> int:
        """The number of founders last modified at that second or before."""
        return bisect_right(range(self.founders), seconds, key=self.modified)
