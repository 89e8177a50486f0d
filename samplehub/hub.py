"""The Hub itself: one request in, one answer out; quotas counted, faults applied, a log kept. No sockets."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from samplehub.access import Caller, identify
from samplehub.git import GitStore
from samplehub.messages import Headers, Refusal, Reply, Request, json_reply, text_reply
from samplehub.misbehaviour import Fault
from samplehub.quota import Bucket, Quota, Windows
from samplehub.routes import bucket_of, expects_json, is_cdn, is_second_hop, route
from samplehub.settings import Settings, Token
from samplehub.world import World
from samplehub.writing import Writing

EXPOSED = (
    "X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,Content-Range,"
    "X-Linked-Size,X-Linked-ETag,X-Xet-Hash"
)
CONSTANT = (
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Access-Control-Max-Age", "86400"),
    ("Access-Control-Allow-Origin", "https://huggingface.co"),
    ("Access-Control-Expose-Headers", EXPOSED),
)
WARNING = (
    "unauthenticated; Warning: You are sending unauthenticated requests to the HF Hub. "
    "Please set a HF_TOKEN to enable higher rate limits and faster downloads."
)


@dataclass(frozen=True, slots=True)
class Served:
    """One request that was answered. ``at`` is seconds on the Hub's clock; ``bucket`` is empty for the CDN's part."""

    bucket: str
    method: str
    path: str
    query: str
    status: int
    authorized: bool
    at: float


class Hub:
    """Answers requests over a world; the world may be replaced while it runs (``move_to``)."""

    def __init__(
        self,
        world: World,
        *,
        quota: Quota,
        window: float,
        faults: Sequence[Fault] = (),
        settings: Settings | None = None,
        tokens: Sequence[Token] | None = None,
        log_limit: int | None = 200_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.world = world
        self.quota = quota
        self.faults = tuple(faults)
        self.settings = settings or Settings()
        self.origin = ""
        self._tokens: Mapping[str, Token] | None = None if tokens is None else {token.value: token for token in tokens}
        self._windows = Windows(window, clock)
        self._clock = clock
        self._log: deque[Served] = deque(maxlen=log_limit)
        self._lock = threading.Lock()
        self._number = 0
        self._git = GitStore()
        #: data sets that clients wrote
        self.writing = Writing()

    @property
    def log(self) -> list[Served]:
        """The newest requests served, oldest first (at most ``log_limit``)."""
        with self._lock:
            return list(self._log)

    def count(
        self,
        *,
        bucket: str | None = None,
        status: int | None = None,
        method: str | None = None,
        path: str | None = None,
    ) -> int:
        """How many remembered requests agree with what is given; ``path`` need only be contained."""
        return sum(
            (bucket is None or served.bucket == bucket)
            and (status is None or served.status == status)
            and (method is None or served.method == method)
            and (path is None or path in served.path)
            for served in self.log
        )

    def move_to(self, day: int) -> None:
        """Move the world to a day, while serving."""
        self.world = self.world.at(day)

    def close(self) -> None:
        """Remove what was written for git."""
        self._git.close()

    def answer(self, request: Request) -> Reply:
        """The answer to one request, ready for the wire."""
        with self._lock:
            self._number += 1
            number = self._number
        received = replace(request, number=number)
        faults = [fault for fault in self.faults if fault.strikes(received)]
        understood = received
        for fault in faults:
            understood = fault.alter(understood)
        reply, authorized = self._answer(understood, faults)
        for fault in faults:
            reply = fault.spoil(received, reply)
        bucket = bucket_of(received, self.settings) or ""
        served = Served(bucket, received.method, received.path, received.query, reply.status, authorized, self._clock())
        with self._lock:
            self._log.append(served)
        return reply

    def _answer(self, request: Request, faults: Sequence[Fault]) -> tuple[Reply, bool]:
        """The answer before it is spoiled, and whether the caller is known by a token."""
        instead: Reply | None = None
        for fault in faults:
            instead = fault.instead(request)
            if instead is not None and fault.outside:
                return instead, False
            if instead is not None:
                break
        bucket = bucket_of(request, self.settings)
        try:
            # the object store has its own credentials, which are not checked here
            caller = Caller("object store", None) if is_cdn(request) else identify(request, self._tokens)
        except Refusal as refusal:
            # a request with an unknown token counts for the address, like an anonymous one
            unknown = Caller(f"address {request.client}", None)
            return self._spend(request, unknown, bucket, instead or refusal.reply(expects_json(request))), False
        return self._spend(request, caller, bucket, instead), caller.authorized

    def _spend(self, request: Request, caller: Caller, bucket: Bucket | None, ready: Reply | None) -> Reply:
        """Count the request, then answer it: with ``ready``, with a 429, or by its route."""
        headers: Headers = ()
        quota = (
            (caller.token.quota if caller.token and caller.token.quota else self.quota).of(bucket) if bucket else None
        )
        if bucket and quota is not None:
            units = self.settings.second_hop_units if is_second_hop(request) else 1
            spent = self._windows.spend(caller.key, bucket, quota, units)
            headers = tuple(spent.headers())
            if spent.refused:
                late = (("Retry-After", str(spent.reset)),) if self.settings.retry_after else ()
                ready = Refusal(429, spent.refusal, headers=late).reply(expects_json(request))
        if ready is None:
            ready = self._routed(request, caller)
        if bucket and ready.header("Vary") is None:
            headers += (("Vary", "Origin"),)
        return ready.plus(*headers, *self._always(request, caller, bucket))

    def _routed(self, request: Request, caller: Caller) -> Reply:
        try:
            if self.writing.concerns(request):
                return self.writing.answer(request, caller, self._origin_for(request))
            reply = route(self.world, request, caller, self.settings, self._origin_for(request), self._git)
        except Refusal as refusal:
            if refusal.status == 307:
                return text_reply(refusal.message, 307, refusal.headers).without("ETag")
            return refusal.reply(expects_json(request))
        except Exception as error:
            # a served repo may contain what no answer can: only this answer fails, not the connection
            return json_reply({"error": f"Internal Error: {type(error).__name__}"}, 500)
        known = request.headers.get("if-none-match")
        if known and self.settings.api_not_modified and reply.status == 200 and known == reply.header("ETag"):
            return replace(reply, status=304, body=b"")
        return reply

    def _origin_for(self, request: Request) -> str:
        """This server as the client called it, so that links stay on the origin it trusts."""
        port = self.origin.rpartition(":")[2]
        return f"http://localhost:{port}" if request.headers.get("host") == f"localhost:{port}" else self.origin

    def _always(self, request: Request, caller: Caller, bucket: str | None) -> Headers:
        if bucket is None:
            return ()
        identity = hashlib.blake2b(f"{request.number} {request.target}".encode(), digest_size=12).hexdigest()
        # a client's own id is given back (official client's tests)
        named = request.headers.get("x-request-id") or request.headers.get("x-amzn-trace-id")
        headers: Headers = (
            ("X-Powered-By", "sample-hub"),
            ("X-Request-Id", named[:200] if named else f"Root=1-{request.number:08x}-{identity}"),
            *CONSTANT,
        )
        if caller.token is None and self.settings.warn_anonymous:
            headers += (("X-HF-Warning", WARNING),)
        return headers


def not_ready(message: str) -> Reply:
    """An answer for an unreadable request."""
    return json_reply({"error": message}, 400)
