"""Listens to what is sent to the Hub and what comes back, and keeps the requests few."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlsplit

from harvester.clock import Clock
from harvester.hub.answers import BadAnswer
from harvester.hub.budget import NotNow
from harvester.hub.endpoints import Hub
from harvester.hub.transport import RequestFailed, Response, Transport

#: Most requests that the doctor sends, and attempts per request.
REQUESTS, ATTEMPTS = 10, 2
#: Most seconds that the doctor waits before a request (requests are slow if the Hub announces no limits).
PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and its answer or the reason for having none."""

    path: str
    bucket: str
    response: Response | None
    error: str = ""
    status: int | None = None
    #: how often it was sent
    sent: int = 1


@dataclass(slots=True)
class Hearing:
    """A transport that records every exchange and never waits long; it replaces ``inner``."""

    inner: Transport
    clock: Clock
    heard: list[Exchange] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Requests that were sent in all."""
        return sum(exchange.sent for exchange in self.heard)

    def get(
        self, url: str, bucket: str, *, read: Callable[[Response], Any] | None = None, wait: bool = True,
        attempts: int | None = None, **more: Any,
    ) -> Response:  # fmt: skip
        """As ``Transport.get``. Raises RequestFailed also if the quota is used up."""
        path = url if url.startswith("/") else urlsplit(url).path
        try:
            response = self._sent(url, bucket, min(attempts or ATTEMPTS, ATTEMPTS), more)
        except RequestFailed as error:
            self.heard.append(Exchange(path, bucket, None, error.error, error.status, error.attempts))
            raise
        self.heard.append(Exchange(path, bucket, response, status=response.status, sent=response.attempts))
        if read is None or response.status != 200 or not response.whole:
            return response
        try:
            return replace(response, value=read(response))
        except BadAnswer as error:
            start = " ".join(response.body[:80].decode("utf-8", "replace").split())
            raise RequestFailed(
                f"{error}: {start!r}"[:300], response.attempts, response.status, response.arrived
            ) from None

    def _sent(self, url: str, bucket: str, attempts: int, more: dict[str, Any]) -> Response:
        try:
            return self.inner.get(url, bucket, attempts=attempts, wait=False, **more)
        except NotNow:
            window, now = self.inner.budget.window(bucket), self.clock.monotonic()
            if window.announced or window.not_before - now > PATIENCE:
                raise RequestFailed(
                    f"the {bucket} quota is used up: nothing was sent", 0, 429, self.clock.utc()
                ) from None
            return self.inner.get(url, bucket, attempts=attempts, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def listen(hub: Hub, clock: Clock) -> Hearing:
    """Put a hearing in the place of a Hub's transport."""
    hearing = Hearing(hub.transport, clock)
    hub.transport = cast(Transport, hearing)
    return hearing
