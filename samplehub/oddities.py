"""Oddities of the real Hub: well-formed wrong answers, refused fields, expiring tokens (docs/hub-protocol.md 2 to 6).

A fault that strikes repos (``RepoFault``) draws them once: asking again does not help. How to add one: see ``faults``.
"""

import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from samplehub.messages import (
    Reply,
    Request,
    bad_request,
    entry_not_found,
    expired_token,
    json_reply,
    repo_not_found,
    text_reply,
    weak_etag,
)
from samplehub.misbehaviour import Fault, RepoFault, gateway_page, named
from samplehub.views import LISTING_OPTIONS, MODEL_OPTIONS, refused_fields, wrong_places

LISTING = "/api/models"
_FILE = re.compile(r"^/(?:api/resolve-cache/models/|[^/]+(?:/[^/]+)?/(?:resolve|raw)/)")
_AT_COMMIT = re.compile(r"/([0-9a-f]{40})/")


def _is_file(request: Request) -> bool:
    return not request.path.startswith(LISTING) and _FILE.match(request.path) is not None


def _is_info(request: Request) -> bool:
    """Whether a request is about one model, at its newest commit or another."""
    match request.segments:
        case ("api", "models", _) | ("api", "models", _, _):
            return True
        case ("api", "models", *_, "revision", _):
            return True
    return False


def _is_one_hop(request: Request) -> bool:
    """Whether a file is requested by the one-hop route directly, not after a redirect (which marks the query)."""
    return request.path.startswith("/api/resolve-cache/") and "etag=" not in request.query


def _edited(reply: Reply, value: Any) -> Reply:
    body = msgspec.json.encode(value)
    headers = tuple((key, weak_etag(body) if key == "ETag" else text) for key, text in reply.headers)
    return Reply(reply.status, headers, body, delay=reply.delay)


@dataclass(kw_only=True)
class SiblingsFault(RepoFault):
    """Spoils the file list of the repos it draws, in the listing or of one model."""

    #: whether listings are spoiled like single models
    listings: bool = True

    def concerns(self, request: Request) -> bool:
        """Only answers that name files."""
        return _is_info(request) or (self.listings and request.path == LISTING)

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same answer with other ``siblings``."""
        if reply.status != 200 or not reply.body:
            return reply
        value = msgspec.json.decode(reply.body)
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row.get("siblings"), list) and self.draws(str(row["id"])):
                row["siblings"] = self.instead_of(row["siblings"])
        return _edited(reply, value)

    def instead_of(self, siblings: list[Any]) -> list[Any]:
        """The reported value in place of these siblings."""
        return siblings


@named
@dataclass(kw_only=True)
class EmptySiblings(SiblingsFault):
    """A cache failed: ``siblings`` is an empty list, in the listing and of one model; the tree has the files."""

    def instead_of(self, siblings: list[Any]) -> list[Any]:
        """Nothing."""
        return []


@named
@dataclass(kw_only=True)
class TruncatedSiblings(SiblingsFault):
    """The file list of one model is cut in the middle; the listing and the tree are complete."""

    listings: bool = False

    def instead_of(self, siblings: list[Any]) -> list[Any]:
        """The first half."""
        return siblings[: math.ceil(len(siblings) / 2)]


@named
@dataclass(kw_only=True)
class IgnoredBlobs(SiblingsFault):
    """``blobs=true`` is ignored: names only, no sizes and no ids."""

    listings: bool = False

    def instead_of(self, siblings: list[Any]) -> list[Any]:
        """The names."""
        return [{"rfilename": sibling["rfilename"]} for sibling in siblings]


@named
@dataclass(kw_only=True)
class StaleCommit(RepoFault):
    """A force push removed the commit that is still listed: its manifest comes, its files are 404 ``EntryNotFound``."""

    def concerns(self, request: Request) -> bool:
        """Only requests for files."""
        return _is_file(request)

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """No such file."""
        if reply.status >= 400:
            return reply
        commit = (("X-Repo-Commit", reply.header("X-Repo-Commit") or ""),)
        limits = tuple(item for item in reply.headers if item[0].startswith("RateLimit"))
        return entry_not_found(commit).reply(as_json=False).plus(*limits)


@named
@dataclass(kw_only=True)
class StaleListing(RepoFault):
    """The listing names a commit that is gone: unknown as a revision, its files 404 ``EntryNotFound``.

    A request by the model's name gives its true commit.
    """

    _given: set[str] = field(default_factory=set, init=False, repr=False)

    def concerns(self, request: Request) -> bool:
        """Listings, and files at a commit that a listing made up."""
        found = _AT_COMMIT.search(request.path)
        return request.path == LISTING or (_is_file(request) and found is not None and found[1] in self._given)

    def instead(self, request: Request) -> Reply | None:
        """No such file at a deleted commit."""
        return entry_not_found().reply(as_json=False) if _is_file(request) else None

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The listing with other commits."""
        if reply.status != 200 or request.path != LISTING:
            return reply
        rows = msgspec.json.decode(reply.body)
        for row in rows:
            if "sha" in row and self.draws(row["id"]):
                row["sha"] = hashlib.sha1(f"gone {row['sha']}".encode(), usedforsecurity=False).hexdigest()
                self._given.add(row["sha"])
        return _edited(reply, rows)


@named
@dataclass(kw_only=True)
class NewShape(RepoFault):
    """A Hub with another format: commits are objects, and ``siblings`` is an object of sizes by path.

    ``listings`` and ``models`` say which answers have changed.
    """

    listings: bool = True
    models: bool = True

    def concerns(self, request: Request) -> bool:
        """Only answers about models."""
        return (self.listings and request.path == LISTING) or (self.models and _is_info(request))

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same facts in another shape."""
        if reply.status != 200 or not reply.body:
            return reply
        value = msgspec.json.decode(reply.body)
        for row in value if isinstance(value, list) else [value]:
            if not self.draws(str(row["id"])):
                continue
            if "sha" in row:
                row["sha"] = {"oid": row["sha"]}
            if "siblings" in row:
                row["siblings"] = {one["rfilename"]: one.get("size") for one in row["siblings"]}
        return _edited(reply, value)


@named
@dataclass(kw_only=True)
class PointerText(Fault):
    """The one-hop route gives the pointer text of an LFS file, with status 200, in place of a redirect."""

    def concerns(self, request: Request) -> bool:
        """Only files by the one-hop route."""
        return _is_one_hop(request)

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The text that git stores."""
        if reply.status != 302:
            return reply
        digest, size = (reply.header("X-Linked-ETag") or "").strip('"'), reply.header("X-Linked-Size")
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n".encode()
        oid = hashlib.sha1(b"blob %d\0" % len(pointer) + pointer, usedforsecurity=False).hexdigest()
        kept = reply.without("Location", "X-Linked-ETag", "X-Linked-Size", "X-Xet-Hash", "Link", "Cache-Control")
        return Reply(200, (("ETag", f'"{oid}"'), *kept.headers), pointer)


@named
@dataclass(kw_only=True)
class LfsNotCached(Fault):
    """The one-hop route does not know LFS files: ``status`` without an error code."""

    status: int = 404

    def concerns(self, request: Request) -> bool:
        """Only files by the one-hop route."""
        return _is_one_hop(request)

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Not by this route."""
        limits = tuple(item for item in reply.headers if item[0].startswith("RateLimit"))
        return text_reply("Not Found", self.status, limits) if reply.status == 302 else reply


@named
@dataclass(kw_only=True)
class OneHopUnknownRepo(Fault):
    """A mirror without the one-hop route, which answers 404 ``RepoNotFound`` there; ``/resolve/`` works (as olah)."""

    def concerns(self, request: Request) -> bool:
        """Only files by the one-hop route."""
        return _is_one_hop(request)

    def instead(self, request: Request) -> Reply:
        """No such repo."""
        return repo_not_found(authorized=True).reply(as_json=True)


@named
@dataclass(kw_only=True)
class ExpiredToken(Fault):
    """The token expires at the first lot, or ``after`` that many requests that carry it, and stays so: 401."""

    after: int | None = None
    _carried: int = field(default=0, init=False, repr=False)
    _expired: bool = field(default=False, init=False, repr=False)

    def strikes(self, request: Request) -> bool:
        """Whether the token has expired by now."""
        if request.token is None or self.path not in request.target:
            return False
        with self._lock:
            self._carried += 1
            if self.after is not None:
                return self._carried > self.after
            self._expired = self._expired or self.rate >= 1 or self.draw(request, self._carried) < self.rate
            return self._expired

    def instead(self, request: Request) -> Reply:
        """Renew it."""
        return expired_token("census").reply(as_json=True)


@named
@dataclass(kw_only=True)
class EdgeError(Fault):
    """A 5xx from the edge: HTML, no RateLimit, nothing counted."""

    statuses: tuple[int, ...] = (502, 503, 504)
    outside: bool = field(default=True, init=False)

    def instead(self, request: Request) -> Reply:
        """A page of the edge."""
        status = self.statuses[int(self.draw(request, -1) * len(self.statuses))]
        return gateway_page(status, "The request could not be satisfied.").plus(("X-Cache", "Error from cloudfront"))


@named
@dataclass(kw_only=True)
class CachedLimits(Fault):
    """An answer out of the edge's cache: ``Age``, and a RateLimit header of another moment."""

    remaining: int = 0
    reset: int = 299

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same answer with old limits."""
        header = reply.header("RateLimit")
        if header is None:
            return reply
        bucket = header.partition(";")[0]
        old = (("RateLimit", f"{bucket};r={self.remaining};t={self.reset}"), ("Age", "29"), ("X-Cache", "Hit"))
        return reply.without("RateLimit").plus(*old)


@named
@dataclass(kw_only=True)
class LateRefusal(Fault):
    """What would be refused with a 400 times out first: 504, ``times`` times."""

    times: int | None = 3
    _late: int = field(default=0, init=False, repr=False)

    def strikes(self, request: Request) -> bool:
        """Every request: whether it is refused shows later."""
        return self.path in request.target

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """Nothing yet."""
        with self._lock:
            late = reply.status == 400 and (self.times is None or self._late < self.times)
            self._late += late
        return gateway_page(504, "Gateway Time-out") if late else reply


@dataclass(kw_only=True)
class RefusalFault(Fault):
    """A refusal of ``expand`` with another text."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same refusal with another text."""
        if reply.status != 400 or b"expected one of" not in reply.body:
            return reply
        names, options = request.all("expand"), expand_options(request)
        text = self.words(options, [names[place] for place in wrong_places(names, options)])
        limits = tuple(item for item in reply.headers if item[0].startswith("RateLimit"))
        return json_reply({"error": text}, 400, (("X-Error-Message", text), *limits))

    def words(self, options: Sequence[str], refused: Sequence[str]) -> str:
        """The text of the refusal."""
        raise NotImplementedError


def expand_options(request: Request) -> tuple[str, ...]:
    """What ``expand`` may name at this endpoint."""
    return LISTING_OPTIONS if request.path == LISTING else MODEL_OPTIONS


@named
@dataclass(kw_only=True)
class OlderRefusal(RefusalFault):
    """A refused field with the Hub's earlier text: ``"expand" must be one of [a, b]``."""

    def words(self, options: Sequence[str], refused: Sequence[str]) -> str:
        """Only the list."""
        return f'"expand" must be one of [{", ".join(options)}]'


@named
@dataclass(kw_only=True)
class EchoedRefusal(RefusalFault):
    """A refusal that repeats the refused name behind the legal ones."""

    def words(self, options: Sequence[str], refused: Sequence[str]) -> str:
        """The list and the name."""
        return f'"expand" must be one of [{", ".join(options)}], got "{refused[0]}"'


@named
@dataclass(kw_only=True)
class BareRefusal(RefusalFault):
    """A refusal that names neither what is legal nor what was refused."""

    def words(self, options: Sequence[str], refused: Sequence[str]) -> str:
        """No help."""
        return "Invalid expand parameter"


@named
@dataclass(kw_only=True)
class RefuseBaseModels(Fault):
    """``expand=baseModels`` is a 400, as it was in June 2025 (docs/hub-protocol.md 2.1)."""

    refused: str = "baseModels"

    def concerns(self, request: Request) -> bool:
        """Only requests that name the field."""
        return (request.path == LISTING or _is_info(request)) and self.refused in request.all("expand")

    def instead(self, request: Request) -> Reply:
        """The options without it."""
        options = tuple(name for name in expand_options(request) if name != self.refused)
        return bad_request(refused_fields(options, wrong_places(request.all("expand"), options))).reply(as_json=True)
