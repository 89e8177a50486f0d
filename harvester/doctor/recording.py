"""Records what is sent to the Hub and what it answers, and keeps the requests few."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlsplit

from harvester.clock import Clock
from harvester.hub.answers import BadAnswer
from harvester.hub.budget import Room
from harvester.hub.endpoints import Hub
from harvester.hub.transport import BACKOFF_FIRST, RequestFailed, Response, Transport

#: Most requests that the doctor sends, and attempts per request unless a check sets others.
REQUESTS, ATTEMPTS = 10, 2
#: Most seconds that the doctor waits for a limit, or between two attempts.
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
class RecordingTransport:
    """A transport that records every exchange and never waits long; it replaces ``inner``."""

    inner: Transport
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Requests that were sent in all."""
        return sum(exchange.sent for exchange in self.exchanges)

    def get(
        self, url: str, bucket: str, *, read: Callable[[Response], Any] | None = None, wait: bool = True,
        attempts: int | None = None, **more: Any,
    ) -> Response:  # fmt: skip
        """As ``Transport.get``. Raises RequestFailed also if the quota is used up."""
        path = url if url.startswith("/") else urlsplit(url).path
        try:
            response = self._sent(url, bucket, attempts or ATTEMPTS, more)
        except RequestFailed as error:
            self.exchanges.append(Exchange(path, bucket, None, error.error, error.status, error.attempts))
            raise
        self.exchanges.append(Exchange(path, bucket, response, status=response.status, sent=response.attempts))
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
        # The transport would wait for the next window before its second attempt.
        tried = 0
        while True:
            self._require_room(bucket, tried)
            tried += 1
            try:
                return replace(self.inner.get(url, bucket, attempts=1, **more), attempts=tried)
            except RequestFailed as error:
                error.attempts = tried
                if tried >= attempts:
                    raise
                if error.status != 429:
                    time.sleep(min(BACKOFF_FIRST * 2**tried, PATIENCE))

    def _require_room(self, bucket: str, tried: int) -> None:
        """Wait for a short limit. Raises RequestFailed if it takes longer until a request may be sent."""
        while self.inner.budget.room(bucket) is Room.SPENT:
            pause = self.inner.budget.window(bucket).not_before - self.clock.monotonic()
            if not 0 < pause <= PATIENCE:
                said = f"the {bucket} quota is used up" if pause <= 0 else f"the Hub requests a pause of {pause:.0f} s"
                raise RequestFailed(said, tried, 429, self.clock.utc())
            time.sleep(pause)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def record_exchanges(hub: Hub, clock: Clock) -> RecordingTransport:
    """Let a Hub's transport record its exchanges."""
    recorded = RecordingTransport(hub.transport, clock)
    hub.transport = cast(Transport, recorded)
    return recorded
