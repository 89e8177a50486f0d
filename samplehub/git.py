"""Serves repos by git: takes requests, returns answers of the system's ``git upload-pack`` (docs/hub-protocol.md 5a).

The objects have the ids that the API shows: they are written as a bare repository into a temporary folder when a repo
is first requested, and served read-only from there, in every protocol version that git supports. Without git on the
machine every such request is refused.
"""

import gzip
import io
import os
import shutil
import subprocess
import tempfile
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from samplehub.access import Caller, Target, locate, open_files, redirect_to_canonical
from samplehub.content import commit_object
from samplehub.messages import Refusal, Reply, Request, page_not_found
from samplehub.settings import Settings
from samplehub.world import Repo, World

SERVICE = "git-upload-pack"
_SERVICES = (SERVICE, "git-receive-pack")
#: our own header, with which a fault requests an answer without filters
UNFILTERED = "x-sample-hub-unfiltered"
#: repositories kept in the folder at once
KEPT = 64
#: most bytes of a decompressed request, and seconds that git may take
MAX_BODY = 8 * 1024 * 1024
TIME_OUT = 60.0
CHALLENGE = 'Basic realm="Authentication required", charset="UTF-8"'


def is_git(request: Request) -> bool:
    """Whether a path is used by git clients."""
    match request.segments:
        case ("api" | "cdn", *_):
            return False
        case (_, "info", "refs") | (_, _, "info", "refs"):
            return True
        case (_, service) | (_, _, service):
            return service in _SERVICES
    return False


def serve(world: World, request: Request, caller: Caller, settings: Settings, store: "GitStore") -> Reply:
    """The answer to a git request.

    Raises ``Refusal`` (307) for a name that moved on.
    """
    try:
        if settings.git_status != 200 or not store.available:
            raise Refusal(settings.git_status if settings.git_status != 200 else 404, "Git is not served here.")
        return _served(world, request, caller, settings, store)
    except Refusal as refusal:
        if refusal.status == 307:
            raise
        reply = refusal.reply(as_json=False)
        if refusal.status == 401:
            # git sends a name and a password only after this challenge
            reply = reply.without("WWW-Authenticate").plus(("WWW-Authenticate", CHALLENGE))
        return reply


def _served(world: World, request: Request, caller: Caller, settings: Settings, store: "GitStore") -> Reply:
    target, rest = _target(world, request, caller)
    if request.one("service") not in (SERVICE, None) or rest == ("git-receive-pack",):
        raise Refusal(403, "This Hub is read-only.")
    advertise = rest == ("info", "refs") and request.method == "GET" and request.one("service") == SERVICE
    if advertise and (moved := redirect_to_canonical(target, request, 0)):
        raise moved
    if not advertise and not (rest == (SERVICE,) and request.method == "POST"):
        raise page_not_found()
    open_files(target.repo, caller)
    version = request.headers.get("git-protocol", "")
    if version.removeprefix("version=") > str(settings.git_protocol):
        version = ""
    with store.repository(target.repo) as folder:
        filters = settings.git_filter and UNFILTERED not in request.headers
        body = store.run(folder, _body(request), advertise, version, filters)
    if advertise and version == "version=2":
        return _reply("advertisement", body)
    if advertise:
        return _reply("advertisement", b"001e# service=git-upload-pack\n0000" + body)
    return _reply("result", body)


def _target(world: World, request: Request, caller: Caller) -> tuple[Target, tuple[str, ...]]:
    """The repo and the part of the path behind its name, which may end in ``.git``."""
    behind = 1 if request.segments[-1] in _SERVICES else 2
    name, rest = list(request.segments[:-behind]), request.segments[-behind:]
    name[-1] = name[-1].removesuffix(".git")
    target = locate(world, name, caller)
    if target.rest:
        raise page_not_found()
    return target, rest


def _body(request: Request) -> bytes:
    if request.headers.get("content-encoding", "") != "gzip":
        return request.body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(request.body)) as unpacked:
            body = unpacked.read(MAX_BODY + 1)
    except (OSError, EOFError, zlib.error):
        raise Refusal(400, "The body is not gzip.") from None
    if len(body) > MAX_BODY:
        raise Refusal(413, "The body is too large.")
    return body


def _reply(what: str, body: bytes) -> Reply:
    headers = (("Content-Type", f"application/x-{SERVICE}-{what}"), ("Cache-Control", "no-cache"))
    return Reply(200, headers, body)


@dataclass(slots=True)
class _Kept:
    """A repository in the folder, and how many requests read it."""

    path: Path
    readers: int = 0


class GitStore:
    """Bare repositories in a temporary folder, the least used ones are removed, and all of them when closed."""

    def __init__(self, kept: int = KEPT) -> None:
        self._git = shutil.which("git")
        self._limit = kept
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._number = 0

    @property
    def available(self) -> bool:
        """Whether there is a git to serve with."""
        return self._git is not None

    def close(self) -> None:
        """Remove the folder; nothing is served any more."""
        with self._lock:
            self._git = None
            folder, self._folder = self._folder, None
            self._kept.clear()
        if folder:
            folder.cleanup()

    @contextmanager
    def repository(self, repo: Repo) -> Iterator[Path]:
        """The bare repository of a repo as it is now, kept while it is read."""
        key = (repo.facts.hub_id, repo.head.oid, *repo.git_tags)
        with self._lock:
            if self._git is None:
                raise Refusal(503, "This Hub is closing.")
            kept = self._kept.get(key) or self._kept.setdefault(key, _Kept(self._write(repo)))
            self._kept.move_to_end(key)
            kept.readers += 1
            idle = [name for name, one in self._kept.items() if not one.readers]
            for old in idle[: max(0, len(self._kept) - self._limit)]:
                shutil.rmtree(self._kept.pop(old).path)
        try:
            yield kept.path
        finally:
            with self._lock:
                kept.readers -= 1

    def _write(self, repo: Repo) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="sample-hub-git-", ignore_cleanup_errors=True)
        self._number += 1
        path = Path(self._folder.name) / f"{self._number}.git"
        write_bare(repo, path)
        return path

    def run(self, path: Path, body: bytes, advertise: bool, version: str, filters: bool) -> bytes:
        """The answer of ``git upload-pack`` to ``body``.

        Raises ``Refusal`` (500) when it fails.
        """
        wanted = "true" if filters else "false"
        command = [
            self._git or "git",
            "-c",
            f"uploadpack.allowFilter={wanted}",
            "upload-pack",
            "--strict",
            "--stateless-rpc",
        ]
        command += ["--advertise-refs"] if advertise else []
        # nothing of the user's own settings, which could name programs to run
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(path)}
        environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
        if version in ("version=1", "version=2"):
            environment["GIT_PROTOCOL"] = version
        try:
            done = subprocess.run(
                [*command, str(path)], input=body, capture_output=True, env=environment, timeout=TIME_OUT, check=True
            )
        except (subprocess.SubprocessError, OSError):
            raise Refusal(500, "Git failed.") from None
        return done.stdout


def write_bare(repo: Repo, path: Path) -> None:
    """Write a repo's objects, loose, and its refs as a bare git repository."""
    (path / "objects").mkdir(parents=True)
    (path / "refs" / "heads").mkdir(parents=True)
    (path / "refs" / "tags").mkdir()
    (path / "HEAD").write_text("ref: refs/heads/main\n")
    (path / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    (path / "refs" / "heads" / "main").write_text(f"{repo.head.oid}\n")
    packed = "".join(f"{oid} refs/tags/{name}\n" for name, oid in sorted(repo.git_tags.items()))
    (path / "packed-refs").write_text(packed)
    written: set[str] = set()

    def write(kind: bytes, oid: str, body: bytes) -> None:
        written.add(oid)
        file = path / "objects" / oid[:2] / oid[2:]
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(zlib.compress(kind + b" %d\0" % len(body) + body, 1))

    for commit in repo.commits:
        write(b"commit", commit.oid, commit_object(commit.step, commit.parent))
        for _, oid, body in commit.tree.objects():
            if oid not in written:
                write(b"tree", oid, body)
        for file in commit.tree.files.values():
            if file.oid not in written:
                write(b"blob", file.oid, file.read() if file.sha256 is None else file.pointer)
