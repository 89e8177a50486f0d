"""Counts with a heavy tail, and every order by them, without a table: counts fall with ranks, ranks permute models."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from samplehub.simulated.chance import Permutation

#: a class of equal counts larger than this part of all models is walked by scanning, not sorted in memory
SCANNED_SHARE = 50


class Ranking(Protocol):
    """A permutation of the models."""

    def forward(self, value: int) -> int:
        """The rank of a model."""

    def backward(self, place: int) -> int:
        """The model of a rank."""


@dataclass(frozen=True)
class Favoured:
    """A ranking that puts some places of each cycle of models first, with noise, so that others have a chance."""

    size: int
    cycle: int
    order: tuple[int, ...]
    seed: int

    def _whole(self) -> Permutation:
        return Permutation(-(-self.size // self.cycle), self.seed)

    def _window(self) -> int:
        # wide enough to mix three or four places of the cycle
        return max(4, self.size // 7)

    def _blur(self, place: int, back: bool) -> int:
        number, inside = divmod(place, self._window())
        size = min(self._window(), self.size - number * self._window())
        mix = Permutation(size, self.seed * 1009 + number)
        return number * self._window() + (mix.backward(inside) if back else mix.forward(inside))

    def forward(self, value: int) -> int:
        """The rank of a model."""
        whole = self._whole()
        while True:
            cycle, place = divmod(value, self.cycle)
            value = self.order.index(place) * whole.size + whole.forward(cycle)
            if value < self.size:
                return self._blur(value, back=False)

    def backward(self, place: int) -> int:
        """The model of a rank."""
        whole = self._whole()
        value = self._blur(place, back=True)
        while True:
            order, cycle = divmod(value, whole.size)
            value = whole.backward(cycle) * self.cycle + self.order[order]
            if value < self.size:
                return value


@dataclass(frozen=True)
class Popularity:
    """One kind of count over models 0..size-1: ``value`` falls with the rank (it never rises)."""

    size: int
    permutation: Ranking
    value: Callable[[int], int]

    def rank(self, index: int) -> int:
        """The place of a model, 0 the most popular."""
        return self.permutation.forward(index)

    def of(self, index: int) -> int:
        """The count of a model."""
        return self.value(self.rank(index))

    def bounds(self, value: int) -> tuple[int, int]:
        """The ranks [first, end) whose count is ``value``."""
        return self._first_at_most(value), self._first_at_most(value - 1)

    def _first_at_most(self, value: int) -> int:
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            if self.value(middle) <= value:
                high = middle
            else:
                low = middle + 1
        return low

    def walk(self, descending: bool, value: int | None, after: int) -> Iterator[tuple[int, int]]:
        """(count, index) by count, ties by ascending index, from the one after (``value``, ``after``); all for None."""
        current: int | None
        if value is None:
            current, after = self.value(0 if descending else self.size - 1), -1
        else:
            current = value
        while current is not None:
            first, end = self.bounds(current)
            yield from ((current, index) for index in self._ties(first, end, after))
            after = -1
            if descending:
                current = self.value(end) if end < self.size else None
            else:
                current = self.value(first - 1) if first > 0 else None

    def _ties(self, first: int, end: int, after: int) -> Iterator[int]:
        """The models of ranks [first, end) by ascending index, those up to ``after`` left out."""
        if (end - first) * SCANNED_SHARE > self.size:
            for index in range(after + 1, self.size):
                if first <= self.permutation.forward(index) < end:
                    yield index
            return
        members = sorted(self.permutation.backward(rank) for rank in range(first, end))
        yield from (index for index in members if index > after)


def tail(size: int, share: float, top: int, power: float) -> Callable[[int], int]:
    """A falling count: ``top`` for rank 0, heavy-tailed, 0 for all but the first ``share`` of the ranks."""
    alive = max(1, int(size * share))

    def value(rank: int) -> int:
        if rank >= alive:
            return 0
        return max(1, int(top * (1 - rank / alive) ** 3 * (rank + 1) ** -power))

    return value
