"""Calls a function for many items in a few threads, in order; the first exception ends it without waiting."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_threads(workers: int, function: Callable[[A], B], items: Sequence[A]) -> list[B]:
    """Return the results in the order of ``items``; after an exception nothing more is started or waited for."""
    pool = ThreadPoolExecutor(workers)
    futures = [pool.submit(function, item) for item in items]
    done = False
    try:
        finished, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in finished:
            future.result()
        done = True
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=done, cancel_futures=True)
