"""Paths to answers: everything below ``/api/models/`` of one repo, and the bucket of each path."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from samplehub import files, git, history, listing, tree, xet
from samplehub.access import Caller, Target, check_gate, locate, redirect_to_canonical
from samplehub.content import Commit
from samplehub.messages import (
    Refusal,
    Reply,
    Request,
    json_reply,
    method_not_allowed,
    page_not_found,
    revision_not_found,
)
from samplehub.quota import Bucket
from samplehub.settings import Settings
from samplehub.views import INFO, MODEL_OPTIONS, Seen, expanded, view
from samplehub.world import Repo, World

#: methods that every route knows
READING = ("GET", "HEAD")


def bucket_of(request: Request, settings: Settings) -> Bucket | None:
    """The bucket of a request; None for the CDN, which is another host in reality."""
    if is_cdn(request):
        return None
    if git.is_git(request):
        return settings.git_bucket
    if "/resolve/" in request.path and "%2f" in request.path.lower():
        # with an encoded slash, the Hub does not count the request as a file (docs/hub-protocol.md 1.1)
        return "pages"
    return _bucket_of_path(request.path)


def _bucket_of_path(path: str) -> Bucket:
    if path.startswith("/api/resolve-cache/") or "/resolve/" in path or "/raw/" in path:
        return "resolvers"
    return "api" if path.startswith("/api/") else "pages"


def is_cdn(request: Request) -> bool:
    """Whether this is for the object store, which has its own credentials."""
    return request.path.startswith(f"/{files.CDN}/")


def is_second_hop(request: Request) -> bool:
    """Whether this is the redirect's target rather than a direct call: the redirect leaves its mark in the query."""
    return request.path.startswith("/api/resolve-cache/") and "etag" in (name for name, _ in request.parameters)


def expects_json(request: Request) -> bool:
    """Whether errors on this path are JSON (the API) or plain text (files)."""
    return not is_cdn(request) and _bucket_of_path(request.path) == "api"


def route(
    world: World, request: Request, caller: Caller, settings: Settings, origin: str, store: git.GitStore
) -> Reply:
    """The answer to a request.

    Raises ``Refusal`` for everything that the Hub refuses.
    """
    if git.is_git(request):
        return git.serve(world, request, caller, settings, store)
    if request.method not in READING and "paths-info" not in request.segments[3:5]:
        # whatever is refused to a reader is refused so; a route that exists then knows reading only
        _read(world, replace(request, method="GET"), caller, settings, origin)
        raise method_not_allowed("GET, HEAD")
    return _read(world, request, caller, settings, origin)


def _read(world: World, request: Request, caller: Caller, settings: Settings, origin: str) -> Reply:
    match request.segments:
        case (files.CDN, *_):
            return files.cdn(world, request, files.store_origin(origin, settings))
        case ("api", "models") | ("api", "models", ""):
            return listing.list_models(world, request, settings, origin)
        case ("api", "resolve-cache", "models", *parts):
            return files.resolve_cache(locate(world, parts, caller), request, caller, settings, origin)
        case ("api", "models", *parts):
            _check_slashes(parts)
            target = locate(world, parts, caller)
            if redirect := redirect_to_canonical(target, request, 2):
                raise redirect
            return _of_repo(target, request, caller, settings, origin)
        case ("api", "whoami-v2"):
            return _whoami(caller)
        case ("api", *_):
            raise page_not_found()
        case (_, *_) as parts:
            _check_slashes(parts)
            target = locate(world, parts, caller)
            match target.rest:
                case ("resolve", _, *_):
                    return files.resolve(target, request, caller, settings, origin)
                case ("raw", _, *_):
                    return files.raw(target, request, caller)
                case ():
                    page = f"<!doctype html><title>{escape(target.repo.facts.repo_id)}</title>"
                    return Reply(200, (("Content-Type", "text/html; charset=utf-8"),), page.encode())
    raise page_not_found()


def _of_repo(target: Target, request: Request, caller: Caller, settings: Settings, origin: str) -> Reply:
    repo = target.repo
    match target.rest:
        case ():
            return _info(target, request, settings, None)
        case ("revision", revision):
            return _info(target, request, settings, revision)
        case ("tree", revision, *path):
            if settings.gated_tree_status != 200 and not caller.authorized:
                check_gate(repo, caller)
            inside = "/".join(path).strip("/")
            return tree.tree_page(repo, _commit(repo, revision), revision, inside, request, settings, origin)
        case ("treesize", revision, *path):
            return tree.tree_size(_commit(repo, revision), revision, "/".join(path).strip("/"))
        case ("paths-info", revision):
            if request.method != "POST":
                raise method_not_allowed("POST")
            return tree.paths_info(repo, _commit(repo, revision), request, settings)
        case ("commits", revision):
            check_gate(repo, caller)
            return history.commits_page(repo, _commit(repo, revision), request, settings, origin)
        case ("refs",):
            return history.refs(repo, request)
        case ("discussions",):
            return history.discussions()
        case ("xet-read-token", revision) if settings.xet:
            check_gate(repo, caller)
            _commit(repo, revision)
            return xet.read_token(repo, files.store_origin(origin, settings), files.CDN)
        case ("auth-check",):
            check_gate(repo, caller)
            return json_reply({})
    raise page_not_found()


def _check_slashes(parts: Sequence[str]) -> None:
    """Raises ``Refusal`` (400) for files requested with an encoded slash in the name (docs/hub-protocol.md 1.1)."""
    if "/" in parts[0] and parts[1:2] and parts[1] in ("tree", "resolve", "raw"):
        raise Refusal(400, f"Invalid repository id: {parts[0]}")


def _commit(repo: Repo, revision: str) -> Commit:
    commit = repo.at(revision)
    if commit is None:
        raise revision_not_found(revision)
    return commit


def _info(target: Target, request: Request, settings: Settings, revision: str | None) -> Reply:
    repo = target.repo
    if repo.facts.disabled and settings.disabled_info_status != 200:
        raise Refusal(settings.disabled_info_status, "Access to this resource is disabled.")
    commit = repo.head if revision is None else _commit(repo, revision)
    expand = request.all("expand")
    names = expanded(expand, MODEL_OPTIONS) if expand else INFO
    seen = Seen(repo, commit, blobs=request.flag("blobs"), siblings_cap=settings.siblings_cap)
    body = view(seen, names)
    if request.flag("securityStatus"):
        issues = [{"path": path, "level": level} for path, level in repo.facts.unsafe_files]
        body["securityRepoStatus"] = {"scansDone": True, "filesWithIssues": issues}
    return json_reply(body)


def _whoami(caller: Caller) -> Reply:
    if caller.token is None:
        raise Refusal(401, "Invalid username or password.")
    return json_reply(
        {"type": "user", "id": "0" * 24, "name": caller.token.user, "orgs": [], "auth": {"type": "access_token"}}
    )
