"""The base of faults: when one occurs, and which requests it can affect; and the faults by name.

The faults themselves are in ``faults`` (connections, limits, routes) and ``oddities`` (wrong answers).
"""

import hashlib
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from samplehub.errors import SampleHubError
from samplehub.messages import Reply, Request


@dataclass(kw_only=True)
class Fault:
    """A fault that affects requests at random.

    The draw is a hash of the seed, the request and its number of repetitions: the same in every run, whatever the
    threads do, and a different one when a client repeats a request.
    """

    #: share of the requests that are struck, 0 to 1
    rate: float = 1.0
    #: only requests whose target contains this
    path: str = ""
    #: strikes at most; None for no end
    times: int | None = None
    seed: int = 0
    #: an outside fault never reaches the Hub: nothing is counted, no RateLimit is announced
    outside: bool = field(default=False, init=False)
    _repeated: Counter[bytes] = field(default_factory=Counter, init=False, repr=False)
    _struck: int = field(default=0, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def strikes(self, request: Request) -> bool:
        """Whether this request is affected; call it once per request."""
        if self.path not in request.target or not self.concerns(request):
            return False
        name = f"{self.seed} {type(self).__name__} {request.method} {request.target}"
        key = hashlib.blake2b(name.encode(), digest_size=8).digest()
        with self._lock:
            if self.times is not None and self._struck >= self.times:
                return False
            self._repeated[key] += 1
            struck = self.rate >= 1 or self.draw(request, self._repeated[key]) < self.rate
            self._struck += struck
        return struck

    def draw(self, request: Request, turn: int) -> float:
        """A number in [0, 1) that depends on the request and how often it was made."""
        name = f"{self.seed} {type(self).__name__} {request.method} {request.target} {turn}"
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest(), "big") / 2**48

    def concerns(self, request: Request) -> bool:
        """Whether the fault can affect such a request."""
        return True

    def alter(self, request: Request) -> Request:
        """The request as the Hub understands it."""
        return request

    def instead(self, request: Request) -> Reply | None:
        """An answer in the Hub's place."""
        return None

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """What becomes of the Hub's answer."""
        return reply


@dataclass(kw_only=True)
class RepoFault(Fault):
    """A fault of a share of the repos, drawn by name: every request about them is affected."""

    def strikes(self, request: Request) -> bool:
        """Whether this request concerns a struck repo; a listing always may."""
        if self.path not in request.target or not self.concerns(request):
            return False
        name = repo_of(request)
        return name is None or self.draws(name)

    def draws(self, repo_id: str) -> bool:
        """Whether a repo is among the struck ones."""
        digest = hashlib.blake2b(f"{self.seed} {type(self).__name__} {repo_id.lower()}".encode(), digest_size=6)
        return int.from_bytes(digest.digest(), "big") / 2**48 < self.rate


def repo_of(request: Request) -> str | None:
    """The ``owner/name`` in a path; None for a listing."""
    match request.segments:
        case ("api", "models") | ("api", "models", ""):
            return None
        case ("api", "models", owner, name, *_) | ("api", "resolve-cache", "models", owner, name, *_):
            return f"{owner}/{name}"
        case (owner, name, *_):
            return f"{owner}/{name}"
    return None


def gateway_page(status: int, text: str) -> Reply:
    """A page from the edge between a client and the Hub."""
    body = f"<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{text}</h1></body></html>"
    return Reply(status, (("Content-Type", "text/html"),), body.encode())


FAULTS: dict[str, type[Fault]] = {}
F = TypeVar("F", bound=type[Fault])


def named(kind: F) -> F:
    """Make a fault known by its name in kebab case."""
    FAULTS[re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Z])", "-", kind.__name__).lower()] = kind
    return kind


def parse_fault(text: str) -> Fault:
    """The fault of ``name`` or ``name=rate``.

    Raises ``SampleHubError`` with the valid names or rates.
    """
    name, given, rate = text.partition("=")
    if name not in FAULTS:
        raise SampleHubError(f"unknown fault {name!r}; known are {', '.join(sorted(FAULTS))}")
    try:
        share = float(rate) if given else 1.0
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise SampleHubError(f"the rate of a fault is a number from 0 to 1, not {rate!r}")
    return FAULTS[name](rate=share)
