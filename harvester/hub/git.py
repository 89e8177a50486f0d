"""Requests a model's history from git: commits, trees and small files in one pack (docs/hub-protocol.md 5a).

Takes a name and the listed commit, returns the bytes of a pack, which `extract.history` reads. One request if the Hub
serves a commit by its id, which protocol 2 allows; else the usual three: capabilities, references, the pack. Nothing is
checked out, no hook runs, nothing is fetched lazily.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any
from urllib.parse import quote

from dulwich.client import AbstractHttpGitClient
from dulwich.errors import GitProtocolError, HangupException
from dulwich.object_store import ObjectStoreGraphWalker
from dulwich.objects import ObjectID
from dulwich.protocol import Protocol, pkt_line
from dulwich.refs import Ref

from harvester.hub.budget import NotNow
from harvester.hub.endpoints import Hub, follow
from harvester.hub.git_route import Limited
from harvester.hub.ratelimit import announcements, retry_after
from harvester.hub.transport import RequestFailed, Response
from harvester.hub.verdict import judge, missed
from harvester.outcome import Answer, Got, Missed, Outcome

#: Larger files, in bytes, are not requested: configs and cards are smaller, weights are pointers.
SMALL_FILES = "blob:limit=64k"
#: If even that is too much: only commits and trees.
NO_FILES = "blob:none"
#: Most bytes of one pack.
PACK_CAP = 64_000_000
#: Attempts per request: fewer than for the Hub, because the API has the same facts.
ATTEMPTS = 3
MAIN = b"refs/heads/main"
_SERVICE = "git-upload-pack"


@dataclass(frozen=True, slots=True)
class Pack:
    """The bytes of a pack, the requested head, and whether it contains small files."""

    data: bytes
    head: str
    with_files: bool


class _Refused(Exception):
    """An answer that does not come from git."""

    def __init__(self, response: Response):
        super().__init__(response.status)
        self.response = response


class _TooLarge(Exception):
    """A pack above the cap."""


class _NotSo(Exception):
    """A commit was not served by its id: ``refused``, or for a transient reason."""

    def __init__(self, *, refused: bool):
        super().__init__(refused)
        self.refused = refused


@dataclass(slots=True)
class _Exchange:
    """The requests of one model: how many were sent, and the last answer."""

    hub: Hub
    repo_id: str
    cap: int
    #: suffix of the repository's name; known for the Hub after its first answer
    suffix: str
    sent: int = 0
    last: Response | None = None
    #: why the first request, for a commit by its id, did not pass
    failed: RequestFailed | None = None

    @property
    def url(self) -> str:
        """The path of the repository's git on the Hub."""
        return f"/{quote(self.repo_id, safe='/')}{self.suffix}/"

    def send(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        wait: bool = True,
        attempts: int | None = None,
    ) -> Response:
        """Send one request within git's budget. Raises RequestFailed, Stopped, NotNow, _Refused, _TooLarge."""
        route, budget = self.hub.git, self.hub.transport.budget
        if route.resting(budget):
            raise NotNow
        if self.failed is not None and not route.served:
            # Git was found not to work while this request waited: it fails too.
            raise RequestFailed(self.failed.error, 0, self.failed.status, self.failed.arrived)
        bucket = route.spends
        try:
            response, sent = follow(
                self.hub, url, bucket, cap=self.cap, read=None, wait=wait, headers=headers, body=body, git=True,
                attempts=attempts,
            )  # fmt: skip
        except RequestFailed as error:
            route.learn(budget, bucket, error.attempts, error.status or 0, error.announced)
            raise
        announced = announcements(response.headers)
        route.learn(budget, bucket, sent, response.status, announced)
        if response.status == 429:
            route.rest(budget, retry_after(response.headers, response.arrived), announced)
            raise Limited(sent)
        # Bodies are large and workers many: none is kept longer than it is needed.
        self.sent, self.last = self.sent + sent, replace(response, body=b"")
        if response.status != 200:
            raise _Refused(response)
        self.hub.git.answered, self.hub.git.suffix = True, self.suffix
        if not response.whole:
            response = self.last
            raise _TooLarge
        return response


def read_pack(
    hub: Hub, repo_id: str, sha: str, *, filter_spec: str = SMALL_FILES, cap: int = PACK_CAP, wait: bool = True,
    suffix: str | None = None,
) -> Answer[Pack]:  # fmt: skip
    """Fetch the history of a commit of main. FAILED or ABSENT: git cannot be used here, and the API must be.

    The pack's head is another commit if main has new commits or was rewritten. ``suffix`` of the name: by default the
    one that was answered before. Raises NotNow if nothing may be sent now (``wait`` is False, or git's window is used
    up) and Limited after a 429. Raises Stopped, HubUnavailable (a refused token).
    """
    with hub.git.turn(wait=wait):
        return _read_pack(hub, repo_id, sha, filter_spec, cap, wait, suffix)


def _read_pack(
    hub: Hub, repo_id: str, sha: str, filter_spec: str, cap: int, wait: bool, suffix: str | None
) -> Answer[Pack]:
    exchange = _Exchange(hub, repo_id, cap, hub.git.suffix if suffix is None else suffix)
    try:
        refused = False
        if hub.git.by_id:
            try:
                return _got(exchange, _by_id(exchange, sha, filter_spec, wait), sha, filter_spec)
            except _NotSo as reason:
                refused, wait = reason.refused, True
        head, data = _by_main(exchange, filter_spec, wait)
        if refused and head == sha:
            # This server has the commit, but does not hand it out so.
            hub.git.by_id = False
        return _got(exchange, data, head, filter_spec)
    except _TooLarge:
        assert exchange.last is not None
        if filter_spec == SMALL_FILES:
            return _again(exchange, sha, NO_FILES, suffix)
        return missed(exchange.last, Outcome.OVERSIZED, f"a pack above {cap} bytes", exchange.sent)
    except _Refused as refused:
        if refused.response.status in (404, 405) and not (hub.git.answered or exchange.suffix):
            # Some servers only know repositories by this name.
            return _again(exchange, sha, filter_spec, ".git")
        outcome, error = judge(hub.transport, refused.response, item="history")
        return missed(refused.response, outcome, f"git: {error}", exchange.sent)
    except NotNow as later:
        later.sent += exchange.sent
        raise
    except RequestFailed as error:
        sent = exchange.sent + error.attempts
        return Missed(Outcome.FAILED, sent, error.status, f"git: {error.error}", error.arrived)
    except (GitProtocolError, HangupException, ValueError, KeyError, AssertionError) as error:
        assert exchange.last is not None
        return missed(exchange.last, Outcome.FAILED, f"git: {type(error).__name__}: {error}"[:300], exchange.sent)


def _again(before: _Exchange, sha: str, filter_spec: str, suffix: str | None) -> Answer[Pack]:
    """Try again, for less or under another name; earlier requests are counted too."""
    try:
        answer = _read_pack(before.hub, before.repo_id, sha, filter_spec, before.cap, True, suffix)
    except NotNow as later:
        later.sent += before.sent
        raise
    return replace(answer, attempts=answer.attempts + before.sent)


def _got(exchange: _Exchange, data: bytes, head: str, filter_spec: str) -> Got[Pack]:
    assert exchange.last is not None
    return Got(Pack(data, head, filter_spec != NO_FILES), exchange.sent, 200, exchange.last.arrived)


def _by_id(exchange: _Exchange, sha: str, filter_spec: str, wait: bool) -> bytes:
    """Request the commit directly, without listing references first. Raises _NotSo, else as `_Exchange.send`."""
    lines = (
        "command=fetch",
        "object-format=sha1",
        "",
        "no-progress",
        "ofs-delta",
        f"filter {filter_spec}",
        f"want {sha}",
    )
    body = b"".join(pkt_line(f"{line}\n".encode()) if line else b"0001" for line in (*lines, "done")) + b"0000"
    headers = {
        "Content-Type": f"application/x-{_SERVICE}-request",
        "Accept": f"application/x-{_SERVICE}-result",
        "Git-Protocol": "version=2",
    }
    try:
        response = exchange.send(exchange.url + _SERVICE, headers, body, wait=wait, attempts=1)
        return _packed(response.body)
    except _Refused as refused:
        if refused.response.status in (400, 406, 415, 422):
            raise _NotSo(refused=True) from None
        raise
    except RequestFailed as error:
        exchange.sent, exchange.failed = exchange.sent + error.attempts, error
        raise _NotSo(refused=error.status == 500) from None
    except (GitProtocolError, HangupException):
        raise _NotSo(refused=True) from None


def _packed(answer: bytes) -> bytes:
    """Return the pack in the answer to a fetch of protocol 2. Raises GitProtocolError, HangupException."""
    data = bytearray()
    lines = iter(Protocol(BytesIO(answer).read, lambda _: None).read_pkt_seq())
    for line in lines:
        if line.startswith(b"ERR "):
            raise GitProtocolError(line[4:304].decode("utf-8", "replace"))
        if line.rstrip(b"\n") == b"packfile":
            break
    for line in lines:
        if line[0] == 3:
            raise GitProtocolError(line[1:301].decode("utf-8", "replace"))
        if line[0] == 1:
            data += line[1:]
    if not data:
        raise GitProtocolError("no pack")
    return bytes(data)


def _by_main(exchange: _Exchange, filter_spec: str, wait: bool) -> tuple[str, bytes]:
    """Request the server's capabilities and the head of main, then main; return its head and the pack."""
    data = bytearray()
    head = ""

    def wanted(refs: Mapping[Ref, ObjectID], depth: int | None = None) -> list[ObjectID]:
        nonlocal head
        tip = refs.get(Ref(MAIN)) or refs.get(Ref(b"HEAD"))
        if tip is None:
            raise GitProtocolError("there is no branch main")
        head = tip.decode()
        return [tip]

    def take(chunk: bytes) -> int:
        data.extend(chunk)
        return len(chunk)

    client = _Client(exchange, wait)
    client.fetch_pack(
        exchange.repo_id, wanted, ObjectStoreGraphWalker([], lambda _: []), take,
        ref_prefix=[MAIN], filter_spec=filter_spec.encode(),
    )  # fmt: skip
    return head, bytes(data)


@dataclass(slots=True)
class _Reply:
    """An answer as dulwich's client looks at it."""

    content_type: str | None
    redirect_location: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def close(self) -> None:
        """Nothing is left open: the body was read whole."""


class _Client(AbstractHttpGitClient):
    """dulwich's side of the exchange, over our transport."""

    def __init__(self, exchange: _Exchange, wait: bool):
        # Some servers require this word. Without `have` lines no pack is thin.
        super().__init__(exchange.hub.transport.endpoint, thin_packs=True)
        self._exchange, self._wait = exchange, wait

    def _get_url(self, path: str | bytes) -> str:
        return self._exchange.hub.transport.address.at(self._exchange.url)

    @staticmethod
    def _warn_filter_objects() -> None:
        """Ignored: a server without filters sends all files, and the size cap applies."""

    def _http_request(  # type: ignore[override]
        self, url: str, headers: dict[str, str] | None = None, data: Any = None, raise_for_status: bool = True
    ) -> tuple[_Reply, Callable[[int], bytes]]:
        body = data if data is None or isinstance(data, bytes) else b"".join(data)
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "content-length"}
        response = self._exchange.send(url, kept, body, wait=self._wait, attempts=ATTEMPTS)
        self._wait = True
        moved = response.url if response.url != url else ""
        return _Reply(response.headers.get("content-type"), moved), BytesIO(response.body).read
