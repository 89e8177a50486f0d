"""When models were made: index order is creation order is ``_id`` order, worked out from the index alone."""

import math
from bisect import bisect_right
from dataclasses import dataclass

from harvester.samplehub.simulated.chance import Dice

#: 2022-03-02T23:29:04Z, the oldest createdAt of the Hub (HUB.md 2.3), and the morning of day 0, 2026-11-01T00:00:00Z
OLDEST = 1_646_263_744
DAY_0 = 1_793_491_200
#: how much denser creations are at the end than at the beginning (the Hub grew about twelvefold)
GROWTH = 2.5


@dataclass(frozen=True)
class Timeline:
    """The creation times of ``size`` models, spread from the oldest to day 0, ever denser."""

    size: int
    seed: int

    def created(self, index: int) -> int:
        """UTC seconds; never falls with the index."""
        shift = Dice(self.seed, "created", index).unit() if index else 0.0
        part = (index + shift) / self.size
        return OLDEST + int((DAY_0 - OLDEST) * math.log1p(math.expm1(GROWTH) * part) / GROWTH)

    def modified(self, index: int) -> int:
        """UTC seconds of the last commit: before the next model was made, so the order is the same."""
        created = self.created(index)
        return created + int((self.created(index + 1) - created) * Dice(self.seed, "modified", index).unit() ** 2)

    def hub_id(self, index: int) -> str:
        """The ObjectId: seconds, a constant of this world, the index."""
        return f"{self.created(index):08x}{self.seed * 0x9E3779B1 & 0xFFFFFFFFFF:010x}{index:06x}"

    def up_to(self, hub_id: str) -> int:
        """How many models have an ``_id`` up to and including this one, which need not exist."""
        return bisect_right(range(self.size), hub_id, key=self.hub_id)

    def modified_up_to(self, seconds: int) -> int:
        """How many models were last modified at that second or before."""
        return bisect_right(range(self.size), seconds, key=self.modified)
