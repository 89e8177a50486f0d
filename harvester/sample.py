"""Starts the sample Hub. No other module of this package imports ``samplehub``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import samplehub
from harvester.errors import UsageError

#: Models of the simulated ecosystem that `--hub sample` serves.
MODELS = 1_000


@contextmanager
def served(day: int = 0, *, quota: str | None = None) -> Iterator[tuple[str, datetime]]:
    """Serve the embedded sample Hub; give its URL, and the time (UTC) at which its day ends.

    ``quota`` names the plan whose quotas are enforced (None: it announces more than a run can use). Raises UsageError
    for an invalid day or plan.
    """
    with _translated():
        world = samplehub.SimulatedWorld(MODELS, day=day)
        hub = samplehub.SampleHub(world, quota=samplehub.quota_of(quota or "boundless"), log_limit=0)
    with hub:
        yield hub.url, datetime.fromtimestamp(world.time, UTC).replace(tzinfo=None)


def serve(options: dict[str, Any]) -> int:
    """Serve a sample Hub until interrupted; returns the exit code. Raises UsageError for what cannot be served."""
    with _translated():
        return samplehub.serve(samplehub.Arguments(**options))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except samplehub.SampleHubError as error:
        raise UsageError(str(error)) from error
