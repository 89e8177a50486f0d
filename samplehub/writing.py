"""Data sets that clients write: create, preupload, LFS batch, upload and verification, commit, tree and download.

What the routes take and answer is what the official client sends and reads (huggingface_hub 2.4, `_commit_api.py`,
`lfs.py`, `hf_api.py`). Everything is kept in memory. Xet is not served: a client uploads through LFS.
"""

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import Any

from samplehub.access import Caller
from samplehub.messages import Refusal, Reply, Request, json_reply, method_not_allowed, page_not_found, repo_not_found

#: Files of this size are LFS files, and all with these endings, as .gitattributes of a new data set says.
_LFS_SIZE = 10 * 1024 * 1024
_LFS_ENDINGS = (".parquet", ".zip", ".gz", ".zst", ".bin", ".arrow")
#: First part of the paths to which the content of LFS files is sent; in reality another host.
UPLOADS = "sample-uploads"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a commit. ``oid`` is its git blob id, for LFS files that of the pointer; ``sha256`` empty if plain."""

    content: bytes
    sha256: str = ""

    @property
    def oid(self) -> str:
        """The git blob id."""
        body = self.content
        if self.sha256:
            pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(body)}\n"
            body = pointer.encode()
        return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Written:
    """A data set: its files now, and its commits, oldest first."""

    repo_id: str
    private: bool
    files: dict[str, Stored] = field(default_factory=dict)
    commits: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sha(self) -> str:
        """The newest commit."""
        return self.commits[-1][0]

    def commit(self, title: str) -> None:
        """Record the files as a commit."""
        listed = "".join(f"{path} {stored.oid}\n" for path, stored in sorted(self.files.items()))
        text = f"{self.repo_id}\n{len(self.commits)}\n{title}\n{listed}"
        self.commits.append((hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), title))


class Writing:
    """The data sets of a Hub, and the LFS objects that were uploaded to it."""

    def __init__(self) -> None:
        self.datasets: dict[str, Written] = {}
        self.objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def concerns(self, request: Request) -> bool:
        """Whether a request is about writing, or about a data set."""
        match request.segments:
            case ("api", "repos", "create") | ("api", "validate-yaml"):
                return True
            case ("api", "datasets", _, _, *_) | ("datasets", _, _, *_):
                return True
        return request.segments[0] == UPLOADS

    def answer(self, request: Request, caller: Caller, origin: str) -> Reply:
        """Return the answer to such a request. Raises ``Refusal``."""
        with self._lock:
            return self._answer(request, caller, origin)

    def _answer(self, request: Request, caller: Caller, origin: str) -> Reply:
        match request.segments:
            case ("sample-uploads", oid):
                return self._upload(request, oid)
            case ("api", "validate-yaml"):
                return json_reply({"errors": [], "warnings": []})
            case ("api", "repos", "create"):
                _require_token(caller)
                return self._create(request, caller, origin)
            case ("api", "datasets", owner, name, *rest):
                found = self._find(f"{owner}/{name}", caller)
                return self._of_api(found, rest, request, caller, origin)
            case ("datasets", owner, name, "info", "lfs", "objects", word) if name.endswith(".git"):
                _require_token(caller)
                found = self._find(f"{owner}/{name.removesuffix('.git')}", caller)
                return self._verify(request) if word == "verify" else self._batch(found, request, origin)
            case ("datasets", owner, name, "resolve", _, *path):
                stored = self._find(f"{owner}/{name}", caller).files.get("/".join(path))
                if stored is None:
                    raise Refusal(404, "Entry not found", "EntryNotFound")
                return Reply(200, (("ETag", f'"{stored.sha256 or stored.oid}"'),), stored.content)
        raise page_not_found()

    def _find(self, repo_id: str, caller: Caller) -> Written:
        found = self.datasets.get(repo_id.lower())
        if found is None or (found.private and not caller.authorized):
            raise repo_not_found(caller.authorized)
        return found

    def _of_api(self, found: Written, rest: list[str], request: Request, caller: Caller, origin: str) -> Reply:
        match rest:
            case [] | ["revision", _]:
                siblings = [{"rfilename": path} for path in sorted(found.files)]
                about = {"_id": "0" * 24, "id": found.repo_id, "sha": found.sha, "private": found.private}
                return json_reply({**about, "disabled": False, "gated": False, "tags": [], "siblings": siblings})
            case ["tree", _, *_]:
                return json_reply([_entry(path, stored) for path, stored in sorted(found.files.items())])
            case ["preupload", _]:
                _require_token(caller)
                files = _json(request).get("files", [])
                return json_reply({"files": [self._mode(found, file) for file in files]})
            case ["commit", _]:
                _require_token(caller)
                return self._commit(found, request, origin)
        raise page_not_found()

    def _create(self, request: Request, caller: Caller, origin: str) -> Reply:
        wanted = _json(request)
        assert caller.token is not None
        repo_id = f"{wanted.get('organization') or caller.token.user}/{wanted.get('name')}"
        if wanted.get("type") != "dataset":
            raise Refusal(400, "the sample Hub creates data sets only")
        url = f"{origin}/datasets/{repo_id}"
        if repo_id.lower() in self.datasets:
            return json_reply({"error": "You already created this dataset repo", "url": url}, 409)
        found = Written(repo_id, private=wanted.get("visibility") == "private" or bool(wanted.get("private")))
        attributes = "".join(f"*{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in _LFS_ENDINGS)
        found.files[".gitattributes"] = Stored(attributes.encode())
        found.commit("initial commit")
        self.datasets[repo_id.lower()] = found
        return json_reply({"url": url, "name": repo_id, "id": "0" * 24, "private": found.private})

    def _mode(self, found: Written, file: dict[str, Any]) -> dict[str, Any]:
        path, size = str(file.get("path")), int(file.get("size", 0))
        large = size > _LFS_SIZE or path.endswith(_LFS_ENDINGS)
        known = found.files.get(path)
        oid = None if known is None else known.sha256 or known.oid
        return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid}

    def _batch(self, found: Written, request: Request, origin: str) -> Reply:
        answers = []
        for wanted in _json(request).get("objects", []):
            answer: dict[str, Any] = {"oid": wanted["oid"], "size": wanted["size"], "authenticated": True}
            if wanted["oid"] not in self.objects:
                verify = f"{origin}/datasets/{found.repo_id}.git/info/lfs/objects/verify"
                answer["actions"] = {
                    "upload": {"href": f"{origin}/{UPLOADS}/{wanted['oid']}"},
                    "verify": {"href": verify},
                }
            answers.append(answer)
        return json_reply({"transfer": "basic", "objects": answers})

    def _upload(self, request: Request, oid: str) -> Reply:
        if request.method != "PUT":
            raise method_not_allowed("PUT")
        if hashlib.sha256(request.body).hexdigest() != oid:
            raise Refusal(400, "BadDigest: the content does not match its name")
        self.objects[oid] = request.body
        return Reply(200, (("ETag", f'"{oid[:32]}"'),))

    def _verify(self, request: Request) -> Reply:
        wanted = _json(request)
        stored = self.objects.get(str(wanted.get("oid")))
        if stored is None or len(stored) != wanted.get("size"):
            raise Refusal(404, "Object not found")
        return json_reply({})

    def _commit(self, found: Written, request: Request, origin: str) -> Reply:
        items = [json.loads(line) for line in request.body.splitlines() if line.strip()]
        header: dict[str, Any] = next((item["value"] for item in items if item["key"] == "header"), {})
        if header.get("parentCommit") not in (None, found.sha):
            raise Refusal(412, "A commit has happened since. Please refresh and try again.")
        files = dict(found.files)
        for item in items:
            value = item["value"]
            match item["key"]:
                case "file":
                    files[value["path"]] = Stored(base64.b64decode(value["content"]))
                case "lfsFile":
                    content = self.objects.get(value["oid"])
                    if content is None:
                        raise Refusal(400, f"LFS pointer pointed to a file that does not exist: {value['path']}")
                    files[value["path"]] = Stored(content, value["oid"])
                case "deletedFile":
                    if files.pop(value["path"], None) is None:
                        raise Refusal(404, "A file with this name doesn't exist", "EntryNotFound")
        found.files = files
        found.commit(str(header.get("summary")))
        url = f"{origin}/datasets/{found.repo_id}/commit/{found.sha}"
        return json_reply({"success": True, "commitOid": found.sha, "commitUrl": url, "hookOutput": ""})


def _entry(path: str, stored: Stored) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(stored.content), "oid": stored.oid}
    if stored.sha256:
        entry["lfs"] = {"oid": stored.sha256, "size": len(stored.content), "pointerSize": 134}
    return entry


def _json(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        raise Refusal(400, "the body is not JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "the body is not an object")
    return found


def _require_token(caller: Caller) -> None:
    if not caller.authorized:
        raise Refusal(401, "Invalid username or password.")
