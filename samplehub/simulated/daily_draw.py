"""Which models something happens to on a day: exact shares, drawn without a table, in both directions.

A day's draw gives every model that existed the evening before a place; the first places are the bands of ``BANDS``. To
add another event, add a band, and its effect in ``lifecycle``.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd
from typing import Literal

from samplehub.simulated.chance import Dice
from samplehub.simulated.timeline import DAY, Timeline

Band = Literal["deleted", "replaced", "renamed", "gate", "disabled", "hidden", "commit"]
#: one in this many models per day
BANDS: tuple[tuple[Band, int], ...] = (
    ("deleted", 400),
    ("replaced", 2000),
    ("renamed", 200),
    ("gate", 250),
    ("disabled", 4000),
    ("hidden", 2000),
    ("commit", 20),
)
#: in a world of at least so many models something of every band happens every day
LIVELY = 150


@dataclass(frozen=True)
class DailyDraw:
    """The draw of one day among models 0 to ``size`` - 1: a permutation by multiplication, and the bands' ends."""

    day: int
    size: int
    step: int
    shift: int
    ends: tuple[int, ...]
    morning: int

    @property
    def drawn(self) -> int:
        """How many places have something happen to them."""
        return self.ends[-1]

    def place(self, index: int) -> int:
        """The place of a model."""
        return (index * self.step + self.shift) % self.size

    @cached_property
    def _back(self) -> int:
        return pow(self.step, -1, self.size)

    def index(self, place: int) -> int:
        """The model that drew a place."""
        return (place - self.shift) * self._back % self.size

    def band(self, place: int) -> Band | None:
        """What happens to a place."""
        return next((name for (name, _), end in zip(BANDS, self.ends, strict=True) if place < end), None)

    def start(self, band: Band) -> int:
        """The first place of a band."""
        number = [name for name, _ in BANDS].index(band)
        return self.ends[number - 1] if number else 0

    def count(self, band: Band) -> int:
        """How many places a band has."""
        return self.ends[[name for name, _ in BANDS].index(band)] - self.start(band)

    def at(self, place: int) -> int:
        """UTC seconds at which it happens: later places later, five minutes from either end of the day."""
        return self.morning + 300 + place * (DAY - 600) // self.drawn


@lru_cache(maxsize=4096)
def daily_draw(timeline: Timeline, day: int) -> DailyDraw:
    """The draw of ``day`` (1 or later)."""
    size = timeline.size_on(day - 1)
    dice = Dice(timeline.seed, "lot", day)
    step = 1 + dice.below(size)
    while gcd(step, size) != 1:
        step += 1
    ends: list[int] = []
    for name, share in BANDS:
        count = max(size // share, 1 if size >= LIVELY else 0)
        if name == "replaced":
            count = min(count, timeline.births)
        if name == "renamed" and size >= LIVELY:
            count = max(count, 2)
        ends.append(min(size, (ends[-1] if ends else 0) + count))
    return DailyDraw(day, size, step, dice.below(size), tuple(ends), timeline.morning(day))
