"""Keeps the memory of a long run flat: few heaps, and what is free in them given back to the system between phases."""

import ctypes
import gc

#: glibc's M_ARENA_MAX (malloc.h): heaps that threads spread over; each keeps what its threads freed.
_M_ARENA_MAX, _ARENAS = -8, 2


def keep_few_heaps() -> None:
    """Let all threads share two heaps (glibc only), because each thread of a crawl allocates little."""
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    except (AttributeError, OSError):
        return


def give_back() -> None:
    """Collect garbage, and trim the C heap if the C library can (glibc)."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return
