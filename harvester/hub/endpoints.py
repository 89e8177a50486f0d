"""The requests to the Hub, each a function `(...) -> Answer`: what is missing is a value.

`listing_page` raises if a listing cannot continue; for a single model or file, every failure is a `Missed`.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from harvester.errors import DOCTOR, HubUnavailable
from harvester.hub.addresses import BadAddress
from harvester.hub.answers import (
    BadAnswer,
    ModelInfo,
    Sibling,
    WrongShape,
    decode_json,
    model_info,
    model_page,
    next_link,
)
from harvester.hub.budget import NotNow
from harvester.hub.fields import INSTEAD_OF_MANIFEST, LISTING_FIELDS, Refusals, send_legal
from harvester.hub.git_route import GitRoute
from harvester.hub.shapes import ADVICE, Understood, unknown_manifest
from harvester.hub.transport import RequestFailed, Response, Transport
from harvester.hub.values import sha_of
from harvester.hub.verdict import judge, missed
from harvester.outcome import Answer, Got, Missed, Outcome

T = TypeVar("T")
#: Most bytes of one listing page, manifest or tree page: about twice 1,000 rows of 34 kB, the largest seen.
API_CAP = 80_000_000
#: Entries above which `siblings` may be cut, so that the tree is read (docs/hub-protocol.md 3).
SIBLINGS_LIMIT = 1_000
REDIRECTS = 5
#: Next step after a refused listing.
LISTS_NOTHING = "check the address (--hub, HF_ENDPOINT); if a mirror lists no models, name them in a file (--ids)"


@dataclass(frozen=True, slots=True)
class Page:
    """A listing page: its models, rows that are not models, and the path of the next page (None: the last)."""

    models: list[ModelInfo]
    wrong: list[str]
    next: str | None
    response: Response


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of a model at one commit.

    ``info`` came with the same answer; ``renamed_to`` is the name in the answer.
    """

    info: ModelInfo
    sha: str
    files: tuple[Sibling, ...]
    source: str
    renamed_to: str | None = None


#: Consecutive plain files that `/api/resolve-cache/` must refuse before it is no longer used.
ONE_HOP_REFUSALS = 3


@dataclass(slots=True)
class OneHop:
    """Whether `/api/resolve-cache/` works when requested directly (one hop; `/resolve/` takes two)."""

    refused: int = 0

    @property
    def served(self) -> bool:
        """Whether it is still used."""
        return self.refused < ONE_HOP_REFUSALS

    def learn(self, *, works: bool) -> None:
        """Count an answer for a plain file: one that came, or one that only `/resolve/` gave."""
        if self.served:
            self.refused = 0 if works else self.refused + 1


@dataclass(slots=True)
class Hub:
    """A Hub, and what was learned about it from its answers."""

    transport: Transport
    one_hop: OneHop = field(default_factory=OneHop)
    git: GitRoute = field(default_factory=GitRoute)
    refused: Refusals = field(default_factory=Refusals)
    understood: Understood = field(default_factory=Understood)
    #: held while a large tree is read
    large_tree: threading.Lock = field(default_factory=threading.Lock)
    #: values of an unexpected type, counted by field
    odd: Counter[str] = field(default_factory=Counter)


def blob_oid(data: bytes) -> str:
    """Return the git blob id of a content, 40 hex digits."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def pointer_oid(sha256: str, size: int) -> str:
    """Return the git blob id of the LFS pointer to a content (text fixed by the LFS specification, version 1)."""
    return blob_oid(f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode())


def model_path(repo_id: str) -> str:
    """Return the API's path of a model."""
    return "/api/models/" + quote(repo_id, safe="/")


def as_json(response: Response) -> Any:
    """Return the decoded body. Raises BadAnswer."""
    return decode_json(response.body)


def list_of(what: str, row: Callable[[Any], T]) -> Callable[[Response], list[T]]:
    """Return a reader of answers that are lists; the resulting rows take less memory than the JSON."""

    def read(response: Response) -> list[T]:
        rows = decode_json(response.body)
        if not isinstance(rows, list):
            raise WrongShape(f"{what} must be a list, not {type(rows).__name__}")
        return list(map(row, rows))

    return read


def _as_model(response: Response) -> tuple[str | None, ModelInfo | None]:
    """Read one model: what is unknown about its shape, else the model."""
    value = decode_json(response.body)
    problem = unknown_manifest(value)
    return problem, None if problem else model_info(value)


def follow(
    hub: Hub, url: str, bucket: str, *, cap: int, read: Callable[[Response], Any] | None, wait: bool = True, **more: Any
) -> tuple[Response, int]:
    """Send a GET, following redirects one by one, each within the budget; return the answer and the number of requests.

    ``more`` is passed to each `Transport.get`. Raises RequestFailed, Stopped, NotNow.
    """
    sent = 0
    if read is not None:
        read = _with_next_page(hub, read)
    response = hub.transport.get(url, bucket, cap=cap, read=read, wait=wait, **more)
    sent += response.attempts
    for _ in range(REDIRECTS):
        target = response.headers.get("location")
        if response.status not in (301, 302, 303, 307, 308) or not target:
            return response, sent
        try:
            where = hub.transport.address.follow(response.url, target)
        except BadAddress as error:
            raise RequestFailed(f"a redirect to {error}", sent, response.status, response.arrived) from None
        linked = response.headers.get("x-linked-etag", "").strip('"')
        try:
            response = replace(hub.transport.get(where, bucket, cap=cap, read=read, **more), linked_etag=linked)
        except RequestFailed as error:
            error.attempts += sent
            raise
        except NotNow as later:
            later.sent += sent
            raise
        sent += response.attempts
    return response, sent


def first_page_path(flags: Sequence[tuple[str, str]], limit: int, *, manifests: bool = True) -> str:
    """Return the path of a listing's first page: the flags as query parameters, the light fields expanded.

    Without ``manifests`` to come the listing is the only source of some fields more.
    """
    names = LISTING_FIELDS if manifests else (*LISTING_FIELDS, *INSTEAD_OF_MANIFEST)
    return "/api/models?" + urlencode([*flags, ("limit", str(limit)), *(("expand[]", name) for name in names)])


def with_limit(path: str, limit: int) -> str:
    """Return a listing path with another page size."""
    parts = urlsplit(path)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != "limit"]
    return parts.path + "?" + urlencode([*query, ("limit", str(limit))])


def listing_page(hub: Hub, path: str, *, attempts: int | None = None) -> Page:
    """Read one listing page, without the fields that the Hub refuses in a listing.

    Raises RequestFailed, TokenRefused, HubUnavailable (no listing), BadAnswer.
    """

    def send(url: str, first: bool) -> tuple[Response, int]:
        return follow(hub, url, "api", cap=API_CAP, read=as_json, attempts=attempts)

    response, _ = send_legal(hub.refused, "listing", path, send)
    if response.status != 200:
        judge(hub.transport, response, item="listing")
        said = f"the Hub at {hub.transport.endpoint} refuses the listing: {response.status} {response.message}".rstrip()
        raise HubUnavailable(f"{said}; {LISTS_NOTHING if response.status in (401, 404) else DOCTOR}")
    if not response.whole:
        raise RequestFailed("a listing page above the size cap", response.attempts, 200, response.arrived)
    models, wrong = model_page(response.value)
    for info in models:
        hub.odd.update(info.odd)
    return Page(models, wrong, next_page(hub, response), response)


def _with_next_page(hub: Hub, read: Callable[[Response], Any]) -> Callable[[Response], Any]:
    """Return a reader that refuses an answer whose next page cannot be found: another attempt may name it rightly."""

    def reading(response: Response) -> Any:
        following = next_link(response.headers)
        try:
            if following is not None:
                hub.transport.address.page(response.url, following)
        except BadAddress as error:
            raise BadAnswer(f"the next page is at {error}") from None
        return read(response)

    return reading


def next_page(hub: Hub, response: Response) -> str | None:
    """Return the path of the next page (None: this is the last). Raises RequestFailed for an invalid one."""
    following = next_link(response.headers)
    try:
        return None if following is None else hub.transport.address.page(response.url, following)
    except BadAddress as error:
        raise RequestFailed(
            f"the next page is at {error}", response.attempts, response.status, response.arrived
        ) from None


def model(
    hub: Hub, repo_id: str, revision: str | None, fields: Sequence[str], *, blobs: bool, wait: bool = True,
    listed: Collection[str] = (), scans: bool = False, known: str | None = None,
) -> Answer[Manifest]:  # fmt: skip
    """Read one model, with file sizes and ids if ``blobs``; pinned to ``revision`` if given.

    ``scans``: also what the Hub's security scans say (with all default ``fields``, as the official client requests it).
    ``known``: the commit whose files are known; at that commit they are returned as they came.

    The tree is read if ``siblings`` contradict themselves, or lack names that were ``listed`` for the same commit.
    Raises NotNow if ``wait`` is False and the budget is used up.
    """
    path = model_path(repo_id) + (f"/revision/{quote(revision, safe='')}" if revision else "")
    flags = [(flag, "true") for flag, wanted in (("blobs", blobs), ("securityStatus", scans)) if wanted]
    query = urlencode([*flags, *(("expand[]", name) for name in fields)])

    def send(url: str, first: bool) -> tuple[Response, int]:
        return follow(hub, url, "api", cap=API_CAP, read=_as_model, wait=wait or not first)

    try:
        response, sent = send_legal(hub.refused, "model", f"{path}?{query}", send)
        if response.status != 200:
            outcome, error = judge(hub.transport, response, item="manifest")
            return missed(response, outcome, error, sent)
        if not response.whole:
            return missed(response, Outcome.OVERSIZED, f"answer above {API_CAP} bytes, or of too many values", sent)
        problem, info = response.value
        if hub.understood.add(problem):
            raise HubUnavailable(f"{hub.transport.endpoint} answers in an unknown format: {problem}; {ADVICE}")
        if problem is not None:
            return missed(response, Outcome.FAILED, f"unknown format: {problem}", sent)
        hub.odd.update(info.odd)
    except RequestFailed as error:
        return Missed(Outcome.FAILED, error.attempts, error.status, error.error, error.arrived)
    sha = info.sha or sha_of(revision)
    if sha is None:
        if blobs:
            return missed(response, Outcome.FAILED, "the answer contains no commit", sent)
        sha = ""
    files = info.siblings or ()
    renamed = info.repo_id if info.repo_id != repo_id else None
    at = response.arrived
    if not blobs:
        return Got(Manifest(info, sha, files, "listing", renamed), sent, 200, at)
    if sha == known:
        return Got(Manifest(info, sha, files, "manifest", renamed), sent, 200, at)
    if contradicts_itself(files) or not {file.path for file in files}.issuperset(listed):
        # The tree is read by means of what is here.
        from harvester.hub.tree import read_tree

        tree = read_tree(hub, info.repo_id, sha)
        if isinstance(tree, Missed):
            return Missed(tree.outcome, tree.attempts + sent, tree.status, tree.error, tree.at)
        if not tree.value and (named := len(files) or len(listed)):
            why = f"the tree is empty, although {named} files were listed"
            return Missed(Outcome.MISMATCH, tree.attempts + sent, tree.status, why, tree.at)
        return Got(Manifest(info, sha, tree.value, "tree", renamed), sent + tree.attempts, 200, tree.at)
    return Got(Manifest(info, sha, files, "manifest", renamed), sent, 200, at)


def contradicts_itself(files: Sequence[Sibling]) -> bool:
    """Whether ``siblings`` are not all files of a commit: empty, cut, or names only (docs/hub-protocol.md 3)."""
    return not files or len(files) >= SIBLINGS_LIMIT or any(f.size is None or f.oid is None for f in files)
