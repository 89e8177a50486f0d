"""Bytes of files: ``/resolve/`` with its redirects, ``/api/resolve-cache/``, ``/raw/`` and the CDN (HUB.md 6)."""

import re
from urllib.parse import quote

from harvester.samplehub.access import Caller, Target, open_files
from harvester.samplehub.content import Commit, Content, File, InMemory
from harvester.samplehub.messages import (
    Headers,
    Refusal,
    Reply,
    Request,
    entry_not_found,
    revision_not_found,
    text_reply,
)
from harvester.samplehub.settings import Settings
from harvester.samplehub.world import Repo, World

CDN = "cdn"


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
    location = (
        f"{origin}/{CDN}/{repo.facts.hub_id}/{file.sha256}/{file.xet_hash}"
        f"?response-content-disposition=inline%3B+filename%3D%22{name}%22&user_id=public&Signature=sample"
    )
    links: Headers = ()
    if settings.xet_links:
        token = f"{origin}/api/models/{repo.facts.repo_id}/xet-read-token/{commit.oid}"
        again = f"{origin}/{CDN}/v1/reconstructions/{file.xet_hash}"
        links = (("Link", f'<{token}>; rel="xet-auth", <{again}>; rel="xet-reconstruction-info"'),)
    headers = (
        ("Location", location),
        *common,
        ("X-Linked-Size", str(file.size)),
        ("X-Linked-ETag", f'"{file.sha256}"'),
        ("X-Xet-Hash", file.xet_hash),
        *links,
        ("Cache-Control", "no-store"),
    )
    return text_reply(f"Found. Redirecting to {location}", 302, headers).without("ETag")


def resolve_cache(target: Target, request: Request, caller: Caller) -> Reply:
    """``/api/resolve-cache/models/{id}/{sha}/{path}``: the bytes of a plain file at a full commit id."""
    _, commit, file = _file(Target(target.repo, ("cache", *target.rest), target.name_parts, target.moved), caller)
    headers = (("ETag", f'"{file.oid}"'), ("Content-Type", "text/plain; charset=utf-8"), *_common(commit, file))
    if request.headers.get("if-none-match", "").strip().removeprefix("W/") == f'"{file.oid}"':
        return Reply(304, headers)
    return _bytes(file.content if file.sha256 is None else InMemory(file.pointer), request, headers)


def raw(target: Target, request: Request, caller: Caller) -> Reply:
    """``/{id}/raw/{rev}/{path}``: what git holds, so the pointer text of an LFS file."""
    _, commit, file = _file(target, caller)
    content = file.content if file.sha256 is None else InMemory(file.pointer)
    headers = (("ETag", f'"{file.oid}"'), ("Content-Type", "text/plain; charset=utf-8"), *_common(commit, file))
    return _bytes(content, request, headers)


def cdn(world: World, request: Request) -> Reply:
    """The object store behind the 302: no token asked, no quota, the Xet hash as ETag."""
    match request.segments:
        case (_, hub_id, sha256, xet_hash):
            repo = world.by_hub_id(hub_id)
            for commit in repo.commits if repo else ():
                for file in commit.tree.files.values():
                    if file.sha256 == sha256 and file.xet_hash == xet_hash:
                        kind = ("Content-Type", "application/octet-stream")
                        headers = (kind, ("ETag", f'"{xet_hash}"'), ("Accept-Ranges", "bytes"))
                        return _bytes(file.content, request, headers)
    return Reply(403, (("Content-Type", "application/xml"),), b"<Error><Code>AccessDenied</Code></Error>")


def cache_path(repo: Repo, commit: Commit, file: File) -> str:
    """The one-hop path of a file's bytes."""
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


_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def _bytes(content: Content, request: Request, headers: Headers) -> Reply:
    """The whole content, or the one range asked for (206), or 416 where it holds none of it."""
    size = content.size
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or match.group(1) == match.group(2) == "":
        if request.method == "HEAD":
            return Reply(200, headers, announced_length=size)
        return Reply(200, headers, content.read(0, size))
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= size or stop <= start:
        return Reply(416, (*headers, ("Content-Range", f"bytes */{size}")))
    headers = (*headers, ("Content-Range", f"bytes {start}-{stop - 1}/{size}"))
    if request.method == "HEAD":
        return Reply(206, headers, announced_length=stop - start)
    return Reply(206, headers, content.read(start, stop))
