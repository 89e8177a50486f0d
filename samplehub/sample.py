"""``SampleHub``: a world, a hub and a server together, for tests and for the ``sample-hub`` command."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from samplehub.hub import Hub, Served
from samplehub.misbehaviour import Fault
from samplehub.quota import QUOTAS, Quota
from samplehub.server import Server
from samplehub.settings import Settings, Token
from samplehub.world import World

#: the Hub's window in seconds (docs/hub-protocol.md 1.1)
WINDOW = 300.0


class SampleHub:
    """A Hub on 127.0.0.1, in threads of this process.

    ``port`` 0 takes a free one; ``quota`` None announces nothing; ``window`` in seconds; ``tokens`` None takes every
    token for an ordinary user's without grants; ``log_limit`` requests are remembered (0 none, None all); ``clock`` in
    seconds.
    """

    def __init__(
        self,
        world: World,
        port: int = 0,
        *,
        quota: Quota | None = QUOTAS["free"],
        window: float = WINDOW,
        faults: Sequence[Fault] = (),
        settings: Settings | None = None,
        tokens: Sequence[Token] | None = None,
        log_limit: int | None = 200_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hub = Hub(
            world,
            quota=quota or QUOTAS["unlimited"],
            window=window,
            faults=faults,
            settings=settings,
            tokens=tokens,
            log_limit=log_limit,
            clock=clock,
        )
        self._server = Server(self.hub, port)

    @property
    def url(self) -> str:
        """The endpoint, without a slash at the end."""
        return self._server.url

    @property
    def world(self) -> World:
        """The world on its current day."""
        return self.hub.world

    @property
    def log(self) -> list[Served]:
        """The newest requests served, oldest first."""
        return self.hub.log

    def count(
        self,
        *,
        bucket: str | None = None,
        status: int | None = None,
        method: str | None = None,
        path: str | None = None,
    ) -> int:
        """How many remembered requests agree with what is given; ``path`` need only be contained."""
        return self.hub.count(bucket=bucket, status=status, method=method, path=path)

    def move_to(self, day: int) -> None:
        """Move the world to a day, while serving."""
        self.hub.move_to(day)

    def start(self) -> Self:
        """Serve in the background."""
        self._server.start()
        return self

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted or stopped."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Close every connection and free the port."""
        self._server.stop()
        self.hub.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
