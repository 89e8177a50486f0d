"""Keeps the memory of a long run flat: few heaps, and what is free in them given back to the system between phases."""

import ctypes
import gc
import os
from collections.abc import Iterator
from pathlib import Path

#: glibc's M_ARENA_MAX (malloc.h): heaps that threads spread over; each keeps what its threads freed.
_M_ARENA_MAX, _ARENAS = -8, 2
#: Where cgroups (version 2, then 1) are mounted, and the file with the limit of each in bytes.
_CGROUPS = (("sys/fs/cgroup", "memory.max"), ("sys/fs/cgroup/memory", "memory.limit_in_bytes"))
#: Taken to be there where the system does not say.
_UNKNOWN_MB = 4_000


def keep_few_heaps() -> None:
    """Let all threads share two heaps (glibc only), because each thread of a crawl allocates little."""
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    except (AttributeError, OSError):
        return


def give_back() -> None:
    """Collect recent garbage, and trim the C heap if the C library can (glibc).

    A full collection visits every object of the process: in a notebook that is long, and frees hardly more.
    """
    gc.collect(1)
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        return


def available_mb(root: Path = Path("/")) -> int:
    """Return the MB of memory that a process can use now: what the system has left, at most what its cgroups allow."""
    found = [value for value in (_left(root), *_limits(root)) if value is not None]
    return min(found) // 2**20 if found else _UNKNOWN_MB


def _left(root: Path) -> int | None:
    """Bytes that Linux could give without swapping; elsewhere all that is installed."""
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _limits(root: Path) -> Iterator[int]:
    """Yield the limits of the cgroups that the process is in, from its own to the outermost."""
    try:
        groups = {line.split(":", 2)[2].strip("/") for line in (root / "proc/self/cgroup").read_text().splitlines()}
    except (OSError, IndexError):
        groups = set()
    for mount, name in _CGROUPS:
        folders = {folder for group in groups for folder in (Path(group), *Path(group).parents)}
        for folder in folders or {Path()}:
            try:
                yield int((root / mount / folder / name).read_text())
            except (OSError, ValueError):
                continue
