"""Reads one file at a commit: which route, and whether the bytes are those that were named (docs/hub-protocol.md 6)."""

import hashlib
from dataclasses import dataclass, replace
from urllib.parse import quote

from harvester.hub.answers import BadAnswer
from harvester.hub.endpoints import Hub, blob_oid, follow, pointer_oid
from harvester.hub.transport import RequestFailed, Response
from harvester.hub.values import sha_of
from harvester.hub.verdict import judge, missed
from harvester.outcome import Answer, Got, Missed, Outcome


@dataclass(frozen=True, slots=True)
class Content:
    """A document: its bytes and the git blob id they have."""

    data: bytes
    oid: str
    sha256: str | None = None


def _no_page(response: Response) -> None:
    if response.headers.get("content-type", "").startswith("text/html"):
        raise BadAnswer("an HTML page instead of the file")


def document(
    hub: Hub,
    repo_id: str,
    sha: str,
    path: str,
    *,
    cap: int,
    oid: str | None = None,
    sha256: str | None = None,
    wait: bool = True,
) -> Answer[Content]:
    """Read one file at a commit and check it against its ids; content that does not match is requested once more.

    ``oid`` (plain git file) or ``sha256`` (LFS file) come from the manifest; without them the `ETag` counts as the oid
    if it has the form of one. Raises NotNow if ``wait`` is False and the budget is used up.
    """
    attempts = 0
    for last in (False, True):
        answer = _document_once(hub, repo_id, sha, path, cap, wait or last, lfs=sha256 is not None)
        attempts += answer.attempts
        if isinstance(answer, Missed):
            return replace(answer, attempts=attempts)
        response = answer.value
        content, error = _checked(hub, response, oid, sha256)
        if not error:
            return Got(content, attempts, response.status, answer.at)
    return Missed(Outcome.MISMATCH, attempts, response.status, error, answer.at)


def _checked(hub: Hub, response: Response, oid: str | None, sha256: str | None) -> tuple[Content, str]:
    """Return the content with the ids it has, and what is wrong with them (empty: they are the expected ones).

    Without ids from a manifest, the ETag of the Hub itself is the oid, and the `X-Linked-ETag` of a redirect to
    the object store the SHA-256 (docs/hub-protocol.md 6); the store's own ETag matches nothing.
    """
    data = response.body
    etag = response.headers.get("etag", "").removeprefix("W/").strip('"')
    elsewhere = not hub.transport.address.counts(response.url)
    if sha256 is None and len(response.linked_etag) == 64:
        sha256 = sha_of(response.linked_etag)
    if sha256 is None and not elsewhere:
        expected = oid or (sha_of(etag) if len(etag) == 40 else None)
        found = blob_oid(data)
        wrong = f"{len(data)} bytes with oid {found}, expected {expected}" if expected not in (None, found) else ""
        return Content(data, found), wrong
    if oid is not None and oid == blob_oid(data) and not elsewhere:
        # A history only has the text of the pointer. If `/resolve/` serves that text too, it is a plain file.
        return Content(data, oid), ""
    digest = hashlib.sha256(data).hexdigest()
    wrong = f"{len(data)} bytes with sha256 {digest}, expected {sha256}" if sha256 not in (None, digest) else ""
    return Content(data, oid or pointer_oid(digest, len(data)), digest), wrong


def is_pointer(data: bytes) -> bool:
    """Whether bytes are an LFS pointer, the text that git stores for an LFS file (LFS specification, version 1)."""
    begins = data.startswith(b"version https://git-lfs.github.com/spec/v1")
    return begins and len(data) <= 1_024 and b"oid sha256:" in data


def route_refused(response: Response) -> bool:
    """Whether a Hub does not serve documents at this URL at all, rather than this one document.

    A mirror without the route may take its first part for a name: RepoNotFound.
    """
    explained = response.error_code not in ("", "RepoNotFound") or response.status == 401
    return response.status >= 400 and not explained and "disabled" not in response.message.lower()


def _document_once(hub: Hub, repo_id: str, sha: str, path: str, cap: int, wait: bool, *, lfs: bool) -> Answer[Response]:
    """Read a file by the shortest route known to serve it; an LFS file only by `/resolve/`."""
    quoted, name = quote(path, safe="/"), quote(repo_id, safe="/")
    routes = [f"/{name}/resolve/{sha}/{quoted}"]
    if hub.one_hop.served and not lfs:
        routes.insert(0, f"/api/resolve-cache/models/{name}/{sha}/{quoted}")
    sent = 0
    refused = False
    for route in routes:
        try:
            response, attempts = follow(hub, route, "resolvers", cap=cap, read=_no_page, wait=wait or sent > 0)
        except RequestFailed as error:
            return Missed(Outcome.FAILED, sent + error.attempts, error.status, error.error, error.arrived)
        sent += attempts
        if route is not routes[-1] and route_refused(response):
            refused = True
        # This may be an LFS file of which this route only has the pointer, or a plain file that contains one.
        elif not (response.status == 200 and response.whole and is_pointer(response.body)):
            break
    if response.status != 200:
        outcome, error_text = judge(hub.transport, response, item="document")
        return missed(response, outcome, error_text, sent)
    if len(routes) > 1 and len(response.linked_etag) != 64 and hub.transport.address.counts(response.url):
        hub.one_hop.learn(works=not refused)
    if not response.whole:
        declared = response.headers.get("content-length", "more than that")
        return missed(response, Outcome.OVERSIZED, f"{declared} bytes, above the limit of {cap}", sent)
    return Got(response, sent, 200, response.arrived)
