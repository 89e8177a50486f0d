"""The files of one commit: ``tree``, ``paths-info``, ``treesize``, last commit of a path (docs/hub-protocol.md 4)."""

import base64
import binascii
import json
from collections.abc import Sequence
from urllib.parse import parse_qs, quote

from samplehub.content import Commit, File, Folder, Tree
from samplehub.messages import Headers, Refusal, Reply, Request, entry_not_found, json_reply
from samplehub.settings import Settings
from samplehub.world import Json, Repo, iso

Entry = File | Folder


def tree_page(
    repo: Repo, commit: Commit, revision: str, path: str, request: Request, settings: Settings, origin: str
) -> Reply:
    """One page of the entries below ``path``.

    Raises ``Refusal`` for a path that is not a folder, or an invalid cursor.
    """
    expand, recursive = request.flag("expand"), request.flag("recursive")
    tree = commit.tree
    if path not in tree.folders:
        raise entry_not_found(message=f'{path} does not exist on "{revision}"')
    most = settings.tree_expand_page if expand else settings.tree_page
    limit = min(max(1, request.number_of("limit") or most), most)
    entries = entries_below(tree, path, recursive)
    start = 0
    if cursor := request.one("cursor"):
        name = decode_cursor(cursor)
        start = next((place + 1 for place, entry in enumerate(entries) if entry.path == name), len(entries))
    page = entries[start : start + limit]
    headers: Headers = ()
    if start + limit < len(entries):
        onward = encode_cursor(page[-1].path, tree.folders[path].oid, limit)
        query = f"expand={_word(expand)}&recursive={_word(recursive)}&limit={limit}&cursor={quote(onward, safe='')}"
        headers = (("Link", f'<{origin}{request.path}?{query}>; rel="next"'),)
    return json_reply([entry_json(repo, commit, entry, expand, settings.xet) for entry in page], headers=headers)


def entries_below(tree: Tree, path: str, recursive: bool) -> list[Entry]:
    """Folders, then files, in the order of their paths; with ``recursive`` those of every depth."""
    prefix = f"{path}/" if path else ""

    def within(candidate: str) -> bool:
        rest = candidate.removeprefix(prefix)
        return bool(candidate) and candidate.startswith(prefix) and rest != "" and (recursive or "/" not in rest)

    folders = sorted((folder for name, folder in tree.folders.items() if within(name)), key=lambda folder: folder.path)
    return [*folders, *(file for name, file in tree.files.items() if within(name))]


def paths_info(repo: Repo, commit: Commit, request: Request, settings: Settings) -> Reply:
    """The entries of the paths named in a JSON or form body; paths that do not exist are left out.

    Raises ``Refusal`` (400) for a body that names none, or too many.
    """
    paths, expand = _requested(request)
    if len(paths) > settings.paths_info_cap:
        raise Refusal(400, f'"paths" must contain less than or equal to {settings.paths_info_cap} items')
    found: list[Json] = []
    for path in dict.fromkeys(paths):
        entry = commit.tree.files.get(path) or (commit.tree.folders.get(path) if path else None)
        if entry is not None:
            found.append(entry_json(repo, commit, entry, expand, settings.xet))
    return json_reply(found)


def _requested(request: Request) -> tuple[list[str], bool]:
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(request.body)
            paths = [body["paths"]] if isinstance(body["paths"], str) else [str(path) for path in body["paths"]]
            return paths, bool(body.get("expand", False))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Refusal(400, '"paths" is required') from None
    form = parse_qs(request.body.decode("utf-8", "replace"))
    if "paths" not in form:
        raise Refusal(400, '"paths" is required')
    return form["paths"], form.get("expand", ["false"])[-1].lower() == "true"


def tree_size(commit: Commit, revision: str, path: str) -> Reply:
    """The bytes of all files below ``path``.

    Raises ``Refusal`` for a path that is not a folder.
    """
    if path not in commit.tree.folders:
        raise entry_not_found(message=f'{path} does not exist on "{revision}"')
    files = entries_below(commit.tree, path, recursive=True)
    return json_reply({"path": f"/{path}", "size": sum(file.size for file in files if isinstance(file, File))})


def entry_json(repo: Repo, commit: Commit, entry: Entry, expand: bool, xet: bool) -> Json:
    """A file or folder as an entry of the tree."""
    if isinstance(entry, Folder):
        shown: Json = {"type": "directory", "oid": entry.oid, "size": 0, "path": entry.path}
    else:
        shown = {"type": "file", "oid": entry.oid, "size": entry.size}
        if entry.sha256 is not None:
            shown["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": len(entry.pointer)}
            if xet:
                shown["xetHash"] = entry.xet_hash
        shown["path"] = entry.path
    if expand:
        touched = last_commit(repo.commits, commit, entry)
        shown["lastCommit"] = {"id": touched.oid, "title": touched.step.title, "date": iso(touched.step.at)}
        if isinstance(entry, File):
            shown["securityFileStatus"] = security_status(repo, entry)
    return shown


def last_commit(commits: Sequence[Commit], commit: Commit, entry: Entry) -> Commit:
    """The newest commit, up to ``commit``, that made the entry what it is."""
    touched = commit
    for earlier in commits[commits.index(commit) + 1 :]:
        same = earlier.tree.files.get(entry.path) if isinstance(entry, File) else earlier.tree.folders.get(entry.path)
        if same is None or same.oid != entry.oid:
            break
        touched = earlier
    return touched


#: endings of files that can carry a pickle, which the Hub's scanner opens
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib")
_ORDERED = {"module": "collections", "name": "OrderedDict", "safety": "innocuous"}
_STORAGE = {"module": "torch", "name": "FloatStorage", "safety": "innocuous"}


def security_status(repo: Repo, file: File) -> Json:
    """The result of the Hub's scanners for a file; the world names the suspects."""
    level = dict(repo.facts.unsafe_files).get(file.path, "safe")
    pickle: Json = {"status": "unscanned", "pickleImports": [], "version": "0.0.0"}
    if file.path.endswith(PICKLED):
        pickle = {"status": level, "pickleImports": [_ORDERED, _STORAGE], "version": "0.0.32"}
    lfs = file.sha256 is not None
    return {
        "status": level,
        "protectAiScan": {"status": "safe", "message": "This file has no security findings."},
        "avScan": {"status": level, "message": "No security issues detected"},
        "pickleImportScan": pickle,
        "virusTotalScan": {"status": "safe", "message": "0/75 engines detect it as malicious."}
        if lfs
        else {"status": "unscanned"},
        "jFrogScan": {"status": "safe", "message": "Safe model"}
        if lfs
        else {"status": "unscanned", "message": "Not a machine-learning model"},
    }


def encode_cursor(name: str, tree_oid: str, limit: int) -> str:
    """The cursor behind an entry: base64 of (base64 of JSON, colon, limit)."""
    inner = base64.b64encode(json.dumps({"file_name": name, "tree_oid": tree_oid}, separators=(",", ":")).encode())
    return base64.b64encode(inner + f":{limit}".encode()).decode()


def decode_cursor(cursor: str) -> str:
    """The entry before a cursor's position.

    Raises ``Refusal`` (400) if it is not a cursor.
    """
    try:
        inner = base64.b64decode(cursor, validate=True).rpartition(b":")[0]
        return str(json.loads(base64.b64decode(inner, validate=True))["file_name"])
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        raise Refusal(400, "Invalid cursor") from None


def _word(flag: bool) -> str:
    return "true" if flag else "false"
