"""Sends one request: waits for its budget, caps what is read, retries what may pass, counts everything.

Comes in: a URL of the Hub, for a POST its body. Goes out: a `Response` whatever its status, or `RequestFailed` after
the last attempt. Never follows a redirect by itself, and never sends the token beyond the Hub's endpoint.
"""

import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import httpx2
import tenacity

from harvester.clock import Clock
from harvester.errors import DOCTOR, HubUnavailable
from harvester.hub.addresses import Endpoint
from harvester.hub.answers import BadAnswer, TooManyValues, WrongShape
from harvester.hub.body import ACCEPTED, BadBody, read_up_to
from harvester.hub.breaker import Breaker
from harvester.hub.budget import ELSEWHERE, Budget, NotNow, Stopped
from harvester.hub.network import Patience
from harvester.hub.ratelimit import Announcement, announcements, retry_after

#: Attempts per request.
ATTEMPTS = 6
#: Attempts in total, including those while the whole Hub was down, which do not count against the request.
ATTEMPTS_WHILE_DOWN = 24
#: Back-off in seconds: the first pause, and the longest (the official client: 1 to 8; docs/hub-protocol.md 1.3).
BACKOFF_FIRST, BACKOFF_LAST = 0.5, 16.0
#: Transient statuses: those that the official client retries (docs/hub-protocol.md 1.3).
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
CONNECT_TIMEOUT = 10.0
#: Seconds until the headers of an answer are complete, and the longest silence in its body.
READ_TIMEOUT = 30.0
#: Seconds that one body may take in total; less if the cap is small, by this many bytes per second.
BODY_DEADLINE, SLOWEST = 180.0, 250_000
#: Until the Hub has answered once: seconds that an exchange may take, and after which a failed one ends the run.
FIRST_ANSWER, REACHED_WITHIN = 10.0, 12.0
#: Bytes of an error body that are read.
ERROR_CAP = 65_536
#: Only one body above this many bytes is held, and decoded, at a time: decoded JSON takes up to 30 times its bytes, and
#: memory must not grow with the number of workers.
LARGE_BODY, LARGE_JSON = 4 << 20, 1 << 20


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. ``body`` is cut at the cap; ``whole`` is False if there was more."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    attempts: int
    arrived: datetime
    #: the result of ``read``, in place of a large body
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
    """A request that failed after its last attempt; ``announced`` is what its last answer announced."""

    def __init__(
        self, error: str, attempts: int, status: int | None, arrived: datetime, announced: Sequence[Announcement] = ()
    ):
        super().__init__(error)
        self.error, self.attempts, self.status, self.arrived, self.announced = (
            error,
            attempts,
            status,
            arrived,
            announced,
        )


class _Transient(Exception):
    """This attempt did not pass; another may."""

    def __init__(
        self, error: str, status: int | None = None, pause: float | None = None, announced: Sequence[Announcement] = ()
    ):
        super().__init__(error)
        self.error, self.status, self.pause, self.announced = error, status, pause, announced


@dataclass(slots=True)
class Traffic:
    """Counters of a transport."""

    bytes_read: int = 0
    retries: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


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
        patience: Patience,
        *,
        attempts: int = ATTEMPTS,
        read_timeout: float = READ_TIMEOUT,
    ):
        self.address = Endpoint(endpoint)
        self.endpoint = self.address.url
        self.budget = budget
        self.traffic = Traffic()
        self._client, self._breaker, self._clock, self._patience = client, breaker, clock, patience
        self._attempts, self._read_timeout = attempts, read_timeout
        self._headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
        self._authorization = {k: v for k, v in headers.items() if k.lower() == "authorization"}
        self._basic = {k: _as_password(v) for k, v in self._authorization.items()}
        self._stopping = threading.Event()
        self._reached = False
        self._began: float | None = None
        #: held while a large answer is in memory; its holder waits for nothing else
        self._large = threading.RLock()
        self._lock = threading.Lock()
        #: by bucket, the last URL that was answered. If the Hub seems to be down, this one is tried: other requests may
        #: fail for ever, and would block all others.
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
        git: bool = False,
        anonymous: bool = False,
    ) -> Response:
        """GET a URL (absolute, or a path of the Hub), or POST ``body`` to it, and read at most ``cap`` bytes back.

        Requests only read, so a POST may be repeated like a GET. To ``git`` the token is sent as a password, a used-up
        window is not waited for, and a 429 is returned like any other answer; with ``anonymous`` no token is sent.
        ``read`` turns a 200 into the answer's ``value``. If it raises BadAnswer (a cut body, a proxy's page), the
        attempt failed; after WrongShape no further attempt is made; after TooManyValues the answer is not ``whole``.
        Raises RequestFailed after the last attempt, Stopped when the run ends while waiting, and NotNow if ``wait`` is
        False and the first attempt may not be sent at once, or if git's window is used up.
        """
        target = self.address.at(url)
        sends = {} if anonymous else self._basic if git else self._authorization
        tried = counted = 0

        def attempt() -> Response:
            nonlocal tried, counted
            looking = self._breaker.wait()
            try:
                if looking and bucket in self._answered:
                    tried += 1
                    known = self._answered[bucket]
                    self._send(known, bucket, ERROR_CAP, {}, tried, None, True, None, self._authorization)
                tried += 1
                return self._send(
                    target, bucket, cap, headers or {}, tried, read, wait or tried > 1, body, sends, git=git
                )
            except NotNow:
                raise NotNow(tried - 1) from None
            except _Transient as error:
                self._require_reached(error)
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
            raise RequestFailed(error.error, tried, error.status, self._clock.utc(), error.announced) from None

    @property
    def answered(self) -> str | None:
        """A URL of the Hub that was answered before with the same credentials; None if there is none."""
        return next(iter(self._answered.values()), None)

    def redacted(self, text: str) -> str:
        """Return a text of the Hub without the token, should it repeat it."""
        for value in self._authorization.values():
            text = text.replace(value.removeprefix("Bearer "), "***")
        return text

    def _require_reached(self, error: _Transient) -> None:
        """Raise HubUnavailable if there was no answer yet and trying has taken long enough."""
        if not self._reached and self._began is not None:
            seconds = self._clock.monotonic() - self._began
            if seconds > REACHED_WITHIN:
                said = f"cannot reach the Hub at {self.endpoint}: {error.error} (no answer within {seconds:.0f} s)"
                raise HubUnavailable(f"{said}; {DOCTOR}") from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def stop(self) -> None:
        """Let everything that waits raise Stopped; what is in flight ends by itself."""
        self._stopping.set()
        self._patience.stop()
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
        authorization: Mapping[str, str],
        *,
        git: bool = False,
    ) -> Response:
        ours, counts = self.address.holds(url), self.address.counts(url)
        if not counts:
            bucket = ELSEWHERE
        headers = {"Accept-Encoding": ACCEPTED, **self._headers, **(authorization if ours else {}), **extra}
        sent_at = self.budget.acquire(bucket, wait=wait or not counts, git=git)
        announced = None
        with ExitStack() as held:
            try:
                seconds = CONNECT_TIMEOUT + self._read_timeout
                if not self._reached:
                    seconds = min(seconds, FIRST_ANSWER)
                    self._began = sent_at if self._began is None else self._began
                timeout = httpx2.Timeout(min(self._read_timeout, seconds), connect=CONNECT_TIMEOUT)
                method = "GET" if data is None else "POST"
                with (
                    self._patience.exchange(seconds),
                    self._client.stream(
                        method, url, headers=headers, content=data, timeout=timeout, follow_redirects=False
                    ) as answer,
                ):
                    self._reached = True
                    if counts:
                        announced = announcements(answer.headers)
                    limit = cap if answer.status_code < 300 else min(cap, ERROR_CAP)
                    body, whole = self._read(answer, limit, held)
                    response = Response(
                        url, answer.status_code, answer.headers, body, whole, attempt, self._clock.utc()
                    )
                    del body
            except httpx2.TimeoutException as error:
                self._breaker.failed()
                raise _Transient(f"timeout: {type(error).__name__}") from None
            except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, BadBody, ValueError) as error:
                self._breaker.failed()
                raise _Transient(f"connection: {type(error).__name__}: {error}"[:300]) from None
            finally:
                self.budget.release(bucket, sent_at, announced)
            if git and response.status == 429:
                self._breaker.passed()
                self.budget.limited(bucket)
                return response
            self._judge(response, bucket, announced or [])
            if ours and data is None and response.status < 400:
                self._answered[bucket] = url
            if read is None or response.status != 200 or not response.whole:
                return response
            return self._made(response, read, held)

    def _made(self, response: Response, read: Callable[[Response], Any], held: ExitStack) -> Response:
        """Return the response with the result of ``read``; a large body is then dropped."""
        if len(response.body) > LARGE_JSON:
            held.enter_context(self._large)
        try:
            value = read(response)
        except TooManyValues:
            return replace(response, body=b"", whole=False)
        except WrongShape as error:
            raise RequestFailed(str(error)[:300], response.attempts, response.status, response.arrived) from None
        except BadAnswer as error:
            start = " ".join(response.body[:80].decode("utf-8", "replace").split())
            raise _Transient(f"{error}: {start!r}"[:300], response.status) from None
        large = value is not None and len(response.body) > LARGE_JSON
        return replace(response, value=value, body=b"" if large else response.body)

    def _judge(self, response: Response, bucket: str, announced: list[Announcement]) -> None:
        """Raise _Transient for an answer that may succeed when the request is repeated."""
        status = response.status
        pause = retry_after(response.headers, self._clock.utc())
        if status == 429:
            self._breaker.passed()
            spent = any(a.bucket == bucket and a.remaining == 0 for a in announced)
            self.budget.hold(bucket, pause if pause is not None else 1.0, window_spent=spent and pause is None)
            raise _Transient(
                f"429: {response.message}"[:300], 429, pause if pause is not None else (0 if spent else None)
            )
        if status in TRANSIENT:
            self._breaker.failed()
            raise _Transient(f"{status}: {response.message}"[:300], status, pause, announced)
        self._breaker.passed()

    def _read(self, answer: httpx2.Response, cap: int, held: ExitStack) -> tuple[bytes, bool]:
        declared = answer.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:18]) > cap and answer.status_code < 300:
            return b"", False
        self._patience.headers_arrived(min(BODY_DEADLINE, self._read_timeout + cap / SLOWEST))

        waited = False

        def grown(size: int) -> None:
            nonlocal waited
            if size > LARGE_BODY and not waited:
                waited = True
                self._wait_for_room(held)

        encoding = answer.headers.get("content-encoding", "")
        body, whole = read_up_to(cap, answer.iter_raw(), encoding, grown)
        with self._lock:
            self.traffic.bytes_read += len(body)
        return body, whole

    def _wait_for_room(self, held: ExitStack) -> None:
        """Wait until no other large answer is in memory; the wait does not count against the deadline."""
        before = self._clock.monotonic()
        held.enter_context(self._large)
        self._patience.extend(self._clock.monotonic() - before)


_backoff = tenacity.wait_random_exponential(multiplier=BACKOFF_FIRST, max=BACKOFF_LAST)


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Transient) and error.pause is not None:
        return error.pause
    return float(_backoff(state))
