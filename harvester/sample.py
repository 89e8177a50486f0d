"""Starts the sample Hub. No other module of this package imports ``samplehub``."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import samplehub
from harvester.errors import UsageError

#: Models of the simulated ecosystem that `--hub sample` serves.
MODELS = 1_000


@contextmanager
def served(day: int = 0) -> Iterator[str]:
    """Serve the embedded sample Hub and give its URL. Raises UsageError for an invalid day."""
    with _translated():
        hub = samplehub.SampleHub(
            samplehub.SimulatedWorld(MODELS, day=day), quota=samplehub.QUOTAS["free"], log_limit=0
        )
    with hub:
        yield hub.url


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
