"""Calls a function for many items in a few threads, in order; the first exception ends it without waiting."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_threads(workers: int, function: Callable[[A], B], items: Sequence[A]) -> list[B]:
    """Return the results in the order of ``items``; after an exception nothing more is started."""
    pool = ThreadPoolExecutor(workers)
    done = False
    try:
        found = list(pool.map(function, items))
        done = True
        return found
    finally:
        pool.shutdown(wait=done, cancel_futures=True)
