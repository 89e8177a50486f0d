"""Runs the parts of a page at once: they wait for the database, each on a cursor of its own."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

#: Parts at once, over all pages.
WORKERS = 6
_pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="section")


def together(parts: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return the value of each part, all of them started at once. Raises what the first failing part raises."""
    running = {name: _pool.submit(part) for name, part in parts.items()}
    return {name: future.result() for name, future in running.items()}
