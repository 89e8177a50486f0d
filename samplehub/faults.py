"""A library of faults: each is a class with a name, and affects a share of the requests.

To add one: (1) write a dataclass here that inherits ``Fault`` and overrides one of ``alter``, ``instead`` or ``spoil``;
(2) say in its docstring what a client sees; (3) put ``@named`` above it. Its name in kebab case is then known to
``harvester sample-hub --fault``.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from samplehub.git import UNFILTERED, is_git
from samplehub.messages import Reply, Request, bad_token, json_reply, revision_not_found, text_reply
from samplehub.misbehaviour import Fault, gateway_page, named

_LIMITS = ("RateLimit", "RateLimit-Policy")


@named
@dataclass(kw_only=True)
class Latency(Fault):
    """The answer comes late by ``seconds``."""

    seconds: float = 0.2

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same answer, later."""
        return replace(reply, delay=reply.delay + self.seconds)


@named
@dataclass(kw_only=True)
class ServerError(Fault):
    """One of ``statuses``, as the Hub or its edge answers in case of problems."""

    statuses: tuple[int, ...] = (500, 502, 503, 504)

    def instead(self, request: Request) -> Reply:
        """A 5xx; 500 is the Hub's own and JSON, the others are a gateway's page."""
        status = self.statuses[int(self.draw(request, -1) * len(self.statuses))]
        if status == 500:
            return json_reply({"error": "Internal Error - We're working hard to fix this as soon as possible!"}, 500)
        return gateway_page(status, "The server is not ready.")


@named
@dataclass(kw_only=True)
class Drop(Fault):
    """The connection is closed without an answer."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Nothing at all."""
        return replace(reply, drop=True)


@named
@dataclass(kw_only=True)
class Hang(Fault):
    """The connection stays open without an answer until the client gives up."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Silence."""
        return replace(reply, hang=True)


@named
@dataclass(kw_only=True)
class Truncate(Fault):
    """Half of the announced body comes, then the connection is closed."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Half an answer."""
        return replace(reply, cut=len(reply.body) // 2) if reply.body else reply


@named
@dataclass(kw_only=True)
class WrongLength(Fault):
    """Content-Length announces half the body: the message ends early, without a transport error."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """An answer that is complete by its own account."""
        half = len(reply.body) // 2
        return replace(reply, announced_length=half, cut=half) if reply.body else reply


@named
@dataclass(kw_only=True)
class WrongBytes(Fault):
    """A file of the right length with one byte changed; API answers are left alone."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Bytes that do not match their id."""
        answers_file = reply.status in (200, 206) and not (reply.header("Content-Type") or "").startswith(
            "application/json"
        )
        if not answers_file or not reply.body:
            return reply
        middle = len(reply.body) // 2
        changed = bytes([reply.body[middle] ^ 1])
        return replace(reply, body=reply.body[:middle] + changed + reply.body[middle + 1 :])


@named
@dataclass(kw_only=True)
class Html(Fault):
    """A proxy's login page with status 200 in place of the answer."""

    outside: bool = field(default=True, init=False)

    def instead(self, request: Request) -> Reply:
        """An unexpected page."""
        return gateway_page(200, "Please log in to use the network")


@named
@dataclass(kw_only=True)
class OtherLimiter429(Fault):
    """A 429 from another limiter: the RateLimit header says that requests remain."""

    def instead(self, request: Request) -> Reply:
        """A 429 that is not the window's."""
        return json_reply({"error": "Too many requests, slow down."}, 429)


@named
@dataclass(kw_only=True)
class Edge429(Fault):
    """A 429 from the edge, without any RateLimit header."""

    outside: bool = field(default=True, init=False)

    def instead(self, request: Request) -> Reply:
        """A 429 that the Hub knows nothing of."""
        blocked = gateway_page(429, "Request blocked")
        return blocked.plus(("X-Cache", "Error from cloudfront"), ("X-Amz-Cf-Id", "sample"))


@named
@dataclass(kw_only=True)
class RetryAfterSeconds(Fault):
    """``status`` with Retry-After as a number of seconds."""

    status: int = 503
    seconds: int = 1

    def instead(self, request: Request) -> Reply:
        """Retry soon."""
        return json_reply({"error": "try again"}, self.status, (("Retry-After", str(self.seconds)),))


@named
@dataclass(kw_only=True)
class RetryAfterDate(Fault):
    """``status`` with Retry-After as a date, ``seconds`` from now on ``clock`` (UTC seconds)."""

    status: int = 503
    seconds: int = 1
    clock: Callable[[], float] = time.time

    def instead(self, request: Request) -> Reply:
        """Retry at that time."""
        when = formatdate(self.clock() + self.seconds, usegmt=True)
        return json_reply({"error": "try again"}, self.status, (("Retry-After", when),))


@named
@dataclass(kw_only=True)
class WindowSkew(Fault):
    """The announced ``t`` is off by ``seconds`` (negative: the window seems to end sooner than it does)."""

    seconds: int = -1

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same answer with another ``t``."""

        def skewed(found: re.Match[str]) -> str:
            return f"t={max(0, int(found[1]) + self.seconds)}"

        headers = tuple(
            (name, re.sub(r"t=(\d+)", skewed, value) if name == "RateLimit" else value) for name, value in reply.headers
        )
        return replace(reply, headers=headers)


@named
@dataclass(kw_only=True)
class NoRateLimitHeaders(Fault):
    """The quota is counted but never announced."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same answer without the two headers."""
        return reply.without(*_LIMITS)


_PINNED = re.compile(
    r"/(?:revision|tree|resolve|raw|paths-info)/([0-9a-f]{40})(?:/|$)|/resolve-cache/models/.*?/([0-9a-f]{40})/"
)


@named
@dataclass(kw_only=True)
class GoneSha(Fault):
    """A listed commit no longer exists: 404 ``RevisionNotFound`` wherever it is named."""

    def concerns(self, request: Request) -> bool:
        """Only requests that name a full commit id."""
        return _PINNED.search(request.path) is not None

    def instead(self, request: Request) -> Reply:
        """No such revision."""
        found = _PINNED.search(request.path)
        assert found is not None
        return revision_not_found(found[1] or found[2]).reply(as_json=request.path.startswith("/api/models/"))


@named
@dataclass(kw_only=True)
class IgnoreDirection(Fault):
    """``direction`` is not read: every listing runs downwards."""

    def concerns(self, request: Request) -> bool:
        """Only the listing."""
        return request.path == "/api/models"

    def alter(self, request: Request) -> Request:
        """The request without its direction."""
        kept = [part for part in request.query.split("&") if not part.startswith("direction=")]
        return replace(request, target=f"{request.path}?{'&'.join(kept)}")


@named
@dataclass(kw_only=True)
class IgnoreRange(Fault):
    """Range is not read: the whole file comes with status 200."""

    def alter(self, request: Request) -> Request:
        """The request without its range."""
        return replace(request, headers={key: value for key, value in request.headers.items() if key != "range"})


@named
@dataclass(kw_only=True)
class RefuseOneHop(Fault):
    """``/api/resolve-cache/`` answers ``status`` unless a redirect led there."""

    status: int = 403

    def concerns(self, request: Request) -> bool:
        """Only direct calls: a redirect leaves its mark in the query."""
        return request.path.startswith("/api/resolve-cache/") and "etag=" not in request.query

    def instead(self, request: Request) -> Reply:
        """Not this way."""
        return text_reply("Forbidden" if self.status == 403 else "Not Found", self.status)


@named
@dataclass(kw_only=True)
class ListingTimeout(Fault):
    """A listing page of more than ``most`` rows takes too long: 504."""

    most: int = 100

    def concerns(self, request: Request) -> bool:
        """Only listing pages that are too large."""
        return request.path == "/api/models" and (request.number_of("limit") or 1000) > self.most

    def instead(self, request: Request) -> Reply:
        """A gateway timeout."""
        return gateway_page(504, "Gateway Time-out")


@named
@dataclass(kw_only=True)
class RedirectElsewhere(Fault):
    """A 302 to another host, to which the token must not be sent."""

    location: str = "http://elsewhere.invalid/"

    def instead(self, request: Request) -> Reply:
        """Go there."""
        return text_reply(f"Found. Redirecting to {self.location}", 302, (("Location", self.location),))


@named
@dataclass(kw_only=True)
class DownFor(Fault):
    """The Hub is down for the first ``times`` requests: 503 to everything."""

    times: int | None = 50
    outside: bool = field(default=True, init=False)

    def instead(self, request: Request) -> Reply:
        """Not found."""
        return gateway_page(503, "Service Unavailable")


@named
@dataclass(kw_only=True)
class GitRefused(Fault):
    """Git is not served: ``status`` for all requests of git clients."""

    status: int = 403

    def concerns(self, request: Request) -> bool:
        """Only git requests."""
        return is_git(request)

    def instead(self, request: Request) -> Reply:
        """Not here."""
        return text_reply("Git is not served here.", self.status)


@named
@dataclass(kw_only=True)
class GitUnfiltered(Fault):
    """Git serves everything: ``filter`` is not offered, and not honoured."""

    def concerns(self, request: Request) -> bool:
        """Only git requests."""
        return is_git(request)

    def alter(self, request: Request) -> Request:
        """The request, marked so that git runs without filters."""
        return replace(request, headers={**request.headers, UNFILTERED: "1"})


@named
@dataclass(kw_only=True)
class RejectToken(Fault):
    """Every token is refused: 401 ``Invalid credentials in Authorization header``."""

    def concerns(self, request: Request) -> bool:
        """Only requests with a token."""
        return request.token is not None

    def instead(self, request: Request) -> Reply:
        """The refusal of the token."""
        return bad_token().reply(as_json=True)
