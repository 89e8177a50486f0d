"""File contents: ``/resolve/`` and its redirects, ``/api/resolve-cache/``, ``/raw/``, CDN (docs/hub-protocol.md 6)."""

import re
from dataclasses import replace
from urllib.parse import quote

from samplehub import xet
from samplehub.access import Caller, Target, open_files
from samplehub.content import Commit, File, InMemory
from samplehub.messages import (
    Headers,
    Refusal,
    Reply,
    Request,
    entry_not_found,
    revision_not_found,
    text_reply,
)
from samplehub.ranges import bytes_reply
from samplehub.settings import Settings
from samplehub.world import Repo, World

CDN = "cdn"
_FULL_ID = re.compile("[0-9a-f]{40}")


def resolve(target: Target, request: Request, caller: Caller, settings: Settings, origin: str) -> Reply:
    """``/{id}/resolve/{rev}/{path}``: 307 to the cache for a plain file, 302 to the CDN for an LFS file."""
    repo, commit, file = _file(target, caller)
    common = _common(commit, file)
    if file.sha256 is None:
        own = quote(f"/{repo.facts.repo_id}/resolve/{target.rest[1]}/{file.path}", safe="")
        location = f"{cache_path(repo, commit, file)}?{own}=&etag=%22{file.oid}%22"
        headers = (
            ("Location", location),
            *common,
            ("X-Linked-Size", str(file.size)),
            ("X-Linked-ETag", f'"{file.oid}"'),
            ("X-Hub-Cache", "MISS"),
            ("Vary", "Origin, Accept"),
            ("Content-Security-Policy", "default-src 'none'; sandbox"),
        )
        return text_reply(f"Temporary Redirect. Redirecting to {location}", 307, headers).without("ETag")
    name = quote(file.path.rpartition("/")[2], safe="")
    store = store_origin(origin, settings)
    location = (
        f"{store}/{CDN}/{repo.facts.hub_id}/{file.sha256}/{file.xet_hash}"
        f"?response-content-disposition=inline%3B+filename%3D%22{name}%22&user_id=public&Signature=sample"
    )
    links: Headers = ()
    if settings.xet:
        token = f"{origin}/api/models/{repo.facts.repo_id}/xet-read-token/{commit.oid}"
        again = f"{store}/{CDN}/xet/{repo.facts.hub_id}/v1/reconstructions/{file.xet_hash}"
        links = (
            ("X-Xet-Hash", file.xet_hash),
            ("Link", f'<{token}>; rel="xet-auth", <{again}>; rel="xet-reconstruction-info"'),
        )
    headers = (
        ("Location", location),
        *common,
        ("X-Linked-Size", str(file.size)),
        ("X-Linked-ETag", f'"{file.sha256}"'),
        *links,
        ("Cache-Control", "no-store"),
    )
    return text_reply(f"Found. Redirecting to {location}", 302, headers).without("ETag")


def resolve_cache(target: Target, request: Request, caller: Caller, settings: Settings, origin: str) -> Reply:
    """``/api/resolve-cache/models/{id}/{sha}/{path}``: the bytes of a plain file; LFS files according to the settings.

    Raises ``Refusal`` (400) for a revision that is not a full commit id (docs/hub-protocol.md 6).
    """
    if len(target.rest) > 1 and not _FULL_ID.fullmatch(target.rest[0]):
        raise Refusal(400, f"Invalid rev id: {target.rest[0]}")
    inner = replace(target, rest=("resolve", *target.rest))
    _, commit, file = _file(inner, caller)
    if file.sha256 is not None and settings.lfs_in_cache == "redirect":
        return resolve(inner, request, caller, settings, origin)
    return _held_by_git(commit, file, request)


def raw(target: Target, request: Request, caller: Caller) -> Reply:
    """``/{id}/raw/{rev}/{path}``: what git stores, so the pointer of an LFS file."""
    _, commit, file = _file(target, caller)
    return _held_by_git(commit, file, request)


def _held_by_git(commit: Commit, file: File, request: Request) -> Reply:
    content = file.content if file.sha256 is None else InMemory(file.pointer)
    headers = (("ETag", f'"{file.oid}"'), ("Content-Type", "text/plain; charset=utf-8"), *_common(commit, file))
    if request.headers.get("if-none-match", "").strip().removeprefix("W/") == f'"{file.oid}"':
        return Reply(304, headers)
    return bytes_reply(content, request, headers)


def store_origin(origin: str, settings: Settings) -> str:
    """The object store as clients see it: this server under another name than the one they called."""
    host, _, port = origin.removeprefix("http://").rpartition(":")
    return f"http://{'127.0.0.1' if host == settings.store_host else settings.store_host}:{port}"


def cdn(world: World, request: Request, store: str) -> Reply:
    """The object store that the 302 and the Xet service lead to: no token, no quota, the Xet hash as ETag."""
    match request.segments:
        case (_, "xet", hub_id, "v1", "reconstructions", xet_hash):
            return xet.reconstruction(world, hub_id, xet_hash, request, store, CDN)
        case (_, "xet", hub_id, "xorb", xet_hash):
            return xet.xorb(world, hub_id, xet_hash, request)
        case (_, "xet", *_):
            # among others version 2 of the reconstructions, which clients try first
            return Reply(404)
        case (_, hub_id, sha256, xet_hash):
            repo = world.by_hub_id(hub_id)
            for commit in repo.commits if repo else ():
                for file in commit.tree.files.values():
                    if file.sha256 == sha256 and file.xet_hash == xet_hash:
                        kind = ("Content-Type", "application/octet-stream")
                        headers = (kind, ("ETag", f'"{xet_hash}"'), ("Accept-Ranges", "bytes"))
                        return bytes_reply(file.content, request, headers)
    return Reply(403, (("Content-Type", "application/xml"),), b"<Error><Code>AccessDenied</Code></Error>")


def cache_path(repo: Repo, commit: Commit, file: File) -> str:
    """The one-hop path of a file."""
    return f"/api/resolve-cache/models/{repo.facts.repo_id}/{commit.oid}/{quote(file.path)}"


def _file(target: Target, caller: Caller) -> tuple[Repo, Commit, File]:
    """The file behind ``(route, revision, *path)``.

    Raises ``Refusal`` for a closed repo, an unknown revision or path.
    """
    repo = target.repo
    open_files(repo, caller)
    if len(target.rest) < 3:
        raise Refusal(404, "Sorry, we can't find the page you are looking for.")
    commit = repo.at(target.rest[1])
    if commit is None:
        raise revision_not_found(target.rest[1])
    file = commit.tree.files.get("/".join(target.rest[2:]))
    if file is None:
        headers = (("X-Repo-Commit", commit.oid), ("Accept-Ranges", "bytes"), ("X-Hub-Cache", "MISS"))
        raise entry_not_found(headers)
    return repo, commit, file


def _common(commit: Commit, file: File) -> Headers:
    name = file.path.rpartition("/")[2]
    plain = name.encode("ascii", "replace").decode().replace('"', "'")
    disposition = f"inline; filename*=UTF-8''{quote(name, safe='')}; filename=\"{plain}\";"
    return (("X-Repo-Commit", commit.oid), ("Accept-Ranges", "bytes"), ("Content-Disposition", disposition))
