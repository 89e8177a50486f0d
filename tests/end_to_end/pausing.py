"""A Hub that stops answering at a chosen request, so that whoever asked can be killed just then."""

import threading
from dataclasses import dataclass, field

from samplehub import Fault
from samplehub.messages import Reply, Request


@dataclass(kw_only=True)
class Pause(Fault):
    """From the ``after``-th request for ``path`` on, nobody is answered until `let_go`."""

    after: int
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    counted: int = 0
    held: int = 0

    def instead(self, request: Request) -> Reply | None:
        with self._lock:
            self.counted += 1
            hold = self.counted > self.after and not self.released.is_set()
            self.held += hold
        if hold:
            self.reached.set()
            self.released.wait(30)
        return None

    def let_go(self) -> None:
        self.released.set()
