"""``SampleHub``: a world, a hub and a server together, for tests and for the ``sample-hub`` command."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from samplehub.hub import Hub
from samplehub.misbehaviour import Fault
from samplehub.quota import QUOTAS, Quota
from samplehub.server import Server
from samplehub.settings import Settings, Token
from samplehub.world import World

#: the Hub's window in seconds (docs/hub-protocol.md 1.1)
WINDOW = 300.0


class SampleHub(Hub):
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
        super().__init__(
            world,
            quota=quota or QUOTAS["unlimited"],
            window=window,
            faults=faults,
            settings=settings,
            tokens=tokens,
            log_limit=log_limit,
            clock=clock,
        )
        self._server = Server(self, port)

    @property
    def url(self) -> str:
        """The endpoint, without a slash at the end."""
        return self._server.url

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
        self.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
