"""A client of ours on a sample Hub."""

from collections.abc import Iterator
from contextlib import contextmanager

from harvester.clock import SystemClock
from harvester.hub.connect import HubSettings, close_hub, open_hub
from harvester.hub.endpoints import Hub
from samplehub import SampleHub


@contextmanager
def opened(
    sample: SampleHub | str,
    *,
    token: str | None = None,
    attempts: int = 2,
    read_timeout: float = 10.0,
    max_requests: int | None = None,
) -> Iterator[Hub]:
    endpoint = sample if isinstance(sample, str) else sample.url
    settings = HubSettings(
        endpoint, token=token, attempts=attempts, read_timeout=read_timeout, max_requests=max_requests
    )
    hub = open_hub(settings, SystemClock(), lambda _: None)
    try:
        yield hub
    finally:
        close_hub(hub)
