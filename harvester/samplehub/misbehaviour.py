"""What a fault is: when it strikes, and where it may take hold. The faults themselves are in ``faults``."""

import hashlib
import threading
from collections import Counter
from dataclasses import dataclass, field

from harvester.samplehub.messages import Reply, Request


@dataclass(kw_only=True)
class Fault:
    """A misbehaviour that strikes by lot.

    The lot is a hash of the seed, the request and how often it came before: the same on every run, whatever the threads
    do, and another one when a client asks again.
    """

    #: share of the requests that are struck, 0 to 1
    rate: float = 1.0
    #: only requests whose target contains this
    path: str = ""
    #: strikes at most; None for no end
    times: int | None = None
    seed: int = 0
    #: an outside fault never reaches the Hub: nothing is counted, no RateLimit is told
    outside: bool = field(default=False, init=False)
    _asked: Counter[bytes] = field(default_factory=Counter, init=False, repr=False)
    _struck: int = field(default=0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def strikes(self, request: Request) -> bool:
        """Whether this request is struck; to be asked once a request."""
        if self.path not in request.target or not self.concerns(request):
            return False
        name = f"{self.seed} {type(self).__name__} {request.method} {request.target}"
        key = hashlib.blake2b(name.encode(), digest_size=8).digest()
        with self._lock:
            if self.times is not None and self._struck >= self.times:
                return False
            self._asked[key] += 1
            struck = self.rate >= 1 or self.lot(request, self._asked[key]) < self.rate
            self._struck += struck
        return struck

    def lot(self, request: Request, turn: int) -> float:
        """A number in [0, 1) that depends on the request and how often it was made."""
        name = f"{self.seed} {type(self).__name__} {request.method} {request.target} {turn}"
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48

    def concerns(self, request: Request) -> bool:
        """Whether the fault has anything to do with such a request."""
        return True

    def alter(self, request: Request) -> Request:
        """The request as the Hub shall understand it."""
        return request

    def instead(self, request: Request) -> Reply | None:
        """An answer in the Hub's place."""
        return None

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """What becomes of the Hub's answer."""
        return reply
