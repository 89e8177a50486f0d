"""Downloads, likes and trending scores as the days move them: founders ranked together, each day's newborn apart."""

import heapq
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from samplehub.simulated.chance import Permutation
from samplehub.simulated.popularity import Favoured, Popularity, Ranking, tail
from samplehub.simulated.themes import FAMILY
from samplehub.simulated.timeline import Timeline

#: places of a family from the most downloaded on: the base, its instruct version and what runs at home come first
_FAVOURED = (0, 1, 2, 3, 4, 5, 20, 8, 10, 14, 6, 12, 21, 17, 9, 11, 13, 7, 15, 16, 18, 19, 22, 23, 24)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a count is distributed and changes.

    ``share`` of the founders have any; the first has ``top``; it falls by ``power``. A day adds ``growth`` to the top
    and ``spread`` to the share, and lets a model change places with those whose rank is within ``reach`` times its own
    (1 for counts that never fall). The first of a day's newborn gains ``debut`` a day.
    """

    salt: int
    share: float
    top: int
    power: float
    growth: float
    spread: float
    reach: float
    debut: int


#: a third of all models was downloaded last month, fewer are liked, very few talked about
SHAPES = {
    "downloads": Shape(1, 0.38, 42_000_000, 1.1, 0.004, 0.0004, 1.15, 900),
    "likes": Shape(1, 0.45, 4_500, 0.8, 0.003, 0.0004, 1.0, 7),
    "trendingScore": Shape(2, 0.12, 320, 0.9, 0.0, 0.0, 1.6, 12),
}


@dataclass(frozen=True)
class Reordered:
    """A ranking in which neighbours change places: again every day, within windows that widen with the rank."""

    ranking: Ranking
    size: int
    reach: float
    seed: int

    @cached_property
    def _bounds(self) -> tuple[int, ...]:
        bounds = [0]
        while bounds[-1] < self.size:
            bounds.append(min(self.size, max(bounds[-1] + 1, int(bounds[-1] * self.reach))))
        return tuple(bounds)

    def _window(self, rank: int) -> tuple[int, Permutation]:
        number = bisect_right(self._bounds, rank) - 1
        start = self._bounds[number]
        return start, Permutation(self._bounds[number + 1] - start, self.seed * 4099 + number)

    def forward(self, value: int) -> int:
        """The rank of a model."""
        rank = self.ranking.forward(value)
        start, order = self._window(rank)
        return start + order.forward(rank - start)

    def backward(self, place: int) -> int:
        """The model of a rank."""
        start, order = self._window(place)
        return self.ranking.backward(start + order.backward(place - start))


class Counts:
    """One kind of count over all models on a day."""

    def __init__(self, shape: Shape, timeline: Timeline) -> None:
        self._shape = shape
        self._timeline = timeline
        self._newborn = lru_cache(maxsize=128)(self._newborn_of)
        models, day, seed = timeline.founders, timeline.days, timeline.seed * 31 + shape.salt
        ranking: Ranking = Favoured(models, FAMILY, _FAVOURED, seed)
        if day and shape.reach > 1:
            ranking = Reordered(ranking, models, shape.reach, seed * 8191 + day)
        top = int(shape.top * (1 + shape.growth * day))
        value = tail(models, min(1.0, shape.share + shape.spread * day), top, shape.power)
        self._founders = Popularity(models, ranking, value)

    def _newborn_of(self, born: int) -> Popularity:
        births, age = self._timeline.births, self._timeline.days - born + 1
        ranking = Permutation(births, self._timeline.seed * 127 + born * 8 + self._shape.salt)
        return Popularity(births, ranking, tail(births, 0.7, self._shape.debut * age, self._shape.power))

    def of(self, index: int) -> int:
        """The count of a model."""
        born = self._timeline.born(index)
        if not born:
            return self._founders.of(index)
        return self._newborn(born).of(index - self._timeline.size_on(born - 1))

    def walk(self, descending: bool, value: int | None, after: int) -> Iterator[int]:
        """Indices by count, ties by ascending index, from the one after (``value``, index ``after``); all for None."""
        ranked = [self._ranked(self._founders, 0, descending, value, after)]
        for born in range(1, self._timeline.days + 1):
            start = self._timeline.size_on(born - 1)
            ranked.append(self._ranked(self._newborn(born), start, descending, value, after))
        return (index for _, index in heapq.merge(*ranked))

    def _ranked(
        self, cohort: Popularity, start: int, descending: bool, value: int | None, after: int
    ) -> Iterator[tuple[int, int]]:
        sign = -1 if descending else 1
        for count, index in cohort.walk(descending, value, max(-1, after - start)):
            yield sign * count, start + index
