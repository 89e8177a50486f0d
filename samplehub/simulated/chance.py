"""Deterministic chance: numbers from a seed and a name, and permutations that need no table."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A stream of numbers that depends only on ``seed`` and ``name``."""

    __slots__ = ("_at", "_block", "_key")

    def __init__(self, seed: int, *name: object) -> None:
        self._key = hashlib.blake2b(repr((seed, *name)).encode(), digest_size=16).digest()
        self._block = self._key
        self._at = 0

    def _draw(self) -> int:
        if self._at == 16:
            self._block = hashlib.blake2b(self._block, key=self._key, digest_size=16).digest()
            self._at = 0
        self._at += 4
        return int.from_bytes(self._block[self._at - 4 : self._at], "big")

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound`` - 1; ``bound`` at most 2**32."""
        return self._draw() * bound >> 32

    def unit(self) -> float:
        """A number in [0, 1)."""
        return self._draw() / 4294967296

    def pick(self, values: Sequence[T]) -> T:
        """One of ``values``, with equal probability."""
        return values[self.below(len(values))]

    def lean(self, values: Sequence[T], power: float = 2.0) -> T:
        """One of ``values``, the first ones with much higher probability."""
        return values[int(len(values) * self.unit() ** power)]

    def some(self, values: Sequence[T], count: int) -> tuple[T, ...]:
        """``count`` different ones in the order given."""
        places = list(range(len(values)))
        chosen = sorted(places.pop(self.below(len(places))) for _ in range(min(count, len(places))))
        return tuple(values[place] for place in chosen)


@dataclass(frozen=True, slots=True)
class Permutation:
    """A permutation of 0..size-1 without a table: a Feistel network on a power of four, walked until inside."""

    size: int
    seed: int
    rounds: int = 4

    def _half(self) -> int:
        return max(1, ((self.size - 1).bit_length() + 1) // 2)

    def _mix(self, value: int, turn: int) -> int:
        # a 64-bit multiplicative hash (odd constants of SplitMix64)
        mixed = (value + turn * 0x9E3779B97F4A7C15 + self.seed * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        return mixed ^ (mixed >> 31)

    def forward(self, value: int) -> int:
        """The place of ``value``."""
        half = self._half()
        mask = (1 << half) - 1
        while True:
            left, right = value >> half, value & mask
            for turn in range(self.rounds):
                left, right = right, left ^ (self._mix(right, turn) & mask)
            value = left << half | right
            if value < self.size:
                return value

    def backward(self, place: int) -> int:
        """The value at ``place``."""
        half = self._half()
        mask = (1 << half) - 1
        while True:
            left, right = place >> half, place & mask
            for turn in reversed(range(self.rounds)):
                left, right = right ^ (self._mix(left, turn) & mask), left
            place = left << half | right
            if place < self.size:
                return place
