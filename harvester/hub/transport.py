"""Sends one request: waits for its budget, caps what is read, retries what may pass, counts everything.

Comes in: a URL of the Hub, for a POST its body. Goes out: a `Response` whatever its status, or `RequestFailed` after
the last attempt. Never follows a redirect by itself, and never sends the token to another origin.
"""

import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2
import tenacity

from harvester.clock import Clock
from harvester.hub.answers import BadAnswer
from harvester.hub.breaker import Breaker
from harvester.hub.budget import ELSEWHERE, Budget, Stopped
from harvester.hub.ratelimit import Announcement, announcements, retry_after

#: Attempts at one request before it is given up.
ATTEMPTS = 6
#: Attempts in all, those made while the whole Hub was down included: they do not speak against the one request.
ATTEMPTS_WHILE_DOWN = 24
#: Back-off in seconds: the first pause, and the longest (the Hub's own client: 1 doubling to 8; HUB.md 1.3).
BACKOFF_FIRST, BACKOFF_LAST = 0.5, 16.0
#: Statuses that may pass: the Hub's own client retries the same (HUB.md 1.3).
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
#: Seconds one body may take in all, however steadily it drips.
BODY_DEADLINE = 180.0
#: Bytes of an error body worth reading.
ERROR_CAP = 65_536


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. ``body`` holds at most the cap's bytes; ``whole`` is False when there was more."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    attempts: int
    arrived: datetime
    #: what ``read`` made of it
    value: Any = None
    #: `X-Linked-ETag` of the redirect that led here, unquoted
    linked_etag: str = ""

    @property
    def error_code(self) -> str:
        """`X-Error-Code`, empty when absent."""
        return self.headers.get("x-error-code", "")

    @property
    def message(self) -> str:
        """`X-Error-Message` or the start of the body, at most 300 characters."""
        text = self.headers.get("x-error-message") or self.body[:300].decode("utf-8", "replace")
        return " ".join(text.split())[:300]


class RequestFailed(Exception):
    """A request that did not pass after its last attempt."""

    def __init__(self, error: str, attempts: int, status: int | None, arrived: datetime):
        super().__init__(error)
        self.error, self.attempts, self.status, self.arrived = error, attempts, status, arrived


class _Transient(Exception):
    """This attempt did not pass; another may."""

    def __init__(self, error: str, status: int | None = None, pause: float | None = None):
        super().__init__(error)
        self.error, self.status, self.pause = error, status, pause


@dataclass(slots=True)
class Traffic:
    """Counters of a transport."""

    bytes_read: int = 0
    retries: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


def _as_password(authorization: str) -> str:
    """Return a bearer token as basic authentication."""
    token = authorization.removeprefix("Bearer ")
    return "Basic " + b64encode(f"token:{token}".encode()).decode()


class Transport:
    """The one way to the Hub. Thread safe; ``client`` is shared by all workers."""

    def __init__(
        self,
        client: httpx2.Client,
        endpoint: str,
        headers: Mapping[str, str],
        budget: Budget,
        breaker: Breaker,
        clock: Clock,
        *,
        attempts: int = ATTEMPTS,
        read_timeout: float = READ_TIMEOUT,
    ):
        self.endpoint = endpoint.rstrip("/")
        self.budget = budget
        self.traffic = Traffic()
        self._client, self._breaker, self._clock = client, breaker, clock
        self._attempts, self._read_timeout = attempts, read_timeout
        self._headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
        self._authorization = {k: v for k, v in headers.items() if k.lower() == "authorization"}
        self._basic = {k: _as_password(v) for k, v in self._authorization.items()}
        self._origin = origin(self.endpoint)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        #: by bucket, the last URL that was answered. A Hub that seems to be down is asked for this one: some requests
        #: fail for ever, and would hold up all others.
        self._answered: dict[str, str] = {}

    @property
    def authorized(self) -> bool:
        """Whether a token goes with requests to the Hub."""
        return bool(self._authorization)

    def get(
        self,
        url: str,
        bucket: str,
        *,
        cap: int,
        headers: Mapping[str, str] | None = None,
        attempts: int | None = None,
        read: Callable[[Response], Any] | None = None,
        wait: bool = True,
        body: bytes | None = None,
        basic: bool = False,
    ) -> Response:
        """GET a URL (absolute, or a path of the Hub), or POST ``body`` to it, and read at most ``cap`` bytes back.

        Only reading is asked for, so a POST may be sent again like a GET. With ``basic`` the token goes as git sends
        it, as the password of any user. ``read`` makes a 200 into the answer's ``value``; where it raises BadAnswer (a
        cut body, a proxy's page) the attempt has not passed.
        Raises RequestFailed after the last attempt, Stopped when the run ends while waiting, and, where ``wait`` is
        False, NotNow when the first attempt may not be sent at once.
        """
        target = urljoin(self.endpoint + "/", url)
        tried = counted = 0

        def attempt() -> Response:
            nonlocal tried, counted
            looking = self._breaker.wait()
            try:
                if looking and bucket in self._answered:
                    tried += 1
                    self._send(self._answered[bucket], bucket, ERROR_CAP, {}, tried, None, True, None, False)
                tried += 1
                return self._send(target, bucket, cap, headers or {}, tried, read, wait or tried > 1, body, basic)
            except _Transient:
                counted += attempts is not None or not self._breaker.open
                raise

        limit = attempts or self._attempts
        retrying = tenacity.Retrying(
            stop=lambda state: counted >= limit or state.attempt_number >= ATTEMPTS_WHILE_DOWN,
            wait=_pause,
            retry=tenacity.retry_if_exception_type(_Transient),
            sleep=self._sleep,
            before_sleep=self._count_retry,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except _Transient as error:
            raise RequestFailed(error.error, tried, error.status, self._clock.utc()) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def stop(self) -> None:
        """Let everything that waits raise Stopped; what is in flight ends by itself."""
        self._stopping.set()
        self._breaker.close()
        self.budget.close()

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped

    def _count_retry(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        reason = error.error.split(":")[0] if isinstance(error, _Transient) else "other"
        with self._lock:
            self.traffic.retries += 1
            self.traffic.reasons[reason] = self.traffic.reasons.get(reason, 0) + 1

    def _send(
        self,
        url: str,
        bucket: str,
        cap: int,
        extra: Mapping[str, str],
        attempt: int,
        read: Callable[[Response], Any] | None,
        wait: bool,
        data: bytes | None,
        basic: bool,
    ) -> Response:
        ours = origin(url) == self._origin
        if not ours:
            bucket = ELSEWHERE
        authorization = self._basic if basic else self._authorization
        headers = {**self._headers, **(authorization if ours else {}), **extra}
        sent_at = self.budget.acquire(bucket, wait=wait or not ours)
        told = None
        try:
            timeout = httpx2.Timeout(self._read_timeout, connect=CONNECT_TIMEOUT)
            method = "GET" if data is None else "POST"
            with self._client.stream(
                method, url, headers=headers, content=data, timeout=timeout, follow_redirects=False
            ) as answer:
                if ours:
                    told = announcements(answer.headers)
                body, whole = self._read(answer, cap if answer.status_code < 300 else min(cap, ERROR_CAP))
                response = Response(url, answer.status_code, answer.headers, body, whole, attempt, self._clock.utc())
        except httpx2.TimeoutException as error:
            self._breaker.failed()
            raise _Transient(f"timeout: {type(error).__name__}") from None
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            self._breaker.failed()
            raise _Transient(f"connection: {type(error).__name__}: {error}"[:300]) from None
        finally:
            self.budget.release(bucket, sent_at, told)
        self._judge(response, bucket, told or [])
        if ours and data is None and response.status < 400:
            self._answered[bucket] = url
        if read is None or response.status != 200 or not response.whole:
            return response
        try:
            return replace(response, value=read(response))
        except BadAnswer as error:
            start = " ".join(response.body[:80].decode("utf-8", "replace").split())
            raise _Transient(f"{error}: {start!r}"[:300], response.status) from None

    def _judge(self, response: Response, bucket: str, told: list[Announcement]) -> None:
        """Raise _Transient for an answer that may pass when asked again."""
        status = response.status
        asked = retry_after(response.headers, self._clock.utc())
        if status == 429:
            self._breaker.passed()
            spent = any(a.bucket == bucket and a.remaining == 0 for a in told)
            self.budget.hold(bucket, asked if asked is not None else 1.0, window_spent=spent and asked is None)
            raise _Transient(
                f"429: {response.message}"[:300], 429, asked if asked is not None else (0 if spent else None)
            )
        if status in TRANSIENT:
            self._breaker.failed()
            raise _Transient(f"{status}: {response.message}"[:300], status, asked)
        self._breaker.passed()

    def _read(self, answer: httpx2.Response, cap: int) -> tuple[bytes, bool]:
        declared = answer.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:18]) > cap and answer.status_code < 300:
            return b"", False
        deadline = self._clock.monotonic() + BODY_DEADLINE
        chunks, size = [], 0
        for chunk in answer.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > cap:
                chunks[-1] = chunk[: len(chunk) - (size - cap)]
                break
            if self._clock.monotonic() > deadline:
                raise httpx2.ReadTimeout("the body took too long")
        with self._lock:
            self.traffic.bytes_read += size
        return b"".join(chunks), size <= cap


_backoff = tenacity.wait_random_exponential(multiplier=BACKOFF_FIRST, max=BACKOFF_LAST)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Transient) and error.pause is not None:
        return error.pause
    return float(_backoff(state))
