"""A world made of folders: ``org__name/`` or ``org/name/`` is a repo, ``org__name@x`` an older revision of it.

Everything is derived from names and contents, so the same folders are the same Hub on every machine. Revisions are in
the natural order of their ``@`` names, the plain folder last; each is a commit with a tag of that name. A ``hub.json``
beside the files overrides listing facts (``OVERRIDABLE``) and is not served. Names are served as they are, including
those that the Hub would not allow.
"""

import hashlib
import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from samplehub.content import Commit, File, Step, Tree, chain, lfs_file, plain_file, sha256_of
from samplehub.errors import SampleHubError
from samplehub.reading import front_matter, library_of, listed, read_commit, relation_of, tags_of
from samplehub.world import After, BaseModels, Facts, Moved, Order, Reading, Repo, Words, World, sort_value

#: what the Hub's .gitattributes sends to LFS, and the size above which it must go there
LFS_ENDINGS = (
    ".safetensors",
    ".bin",
    ".gguf",
    ".onnx",
    ".pt",
    ".pth",
    ".ckpt",
    ".h5",
    ".msgpack",
    ".ot",
    ".pkl",
    ".npz",
    ".zip",
    ".model",
)
LFS_SIZE = 10 * 1024 * 1024
OVERRIDES = "hub.json"
OVERRIDABLE = (*(field.name for field in fields(Facts) if field.name != "base_models"), "library_name", "tags")
#: fields by which repos are sorted
_NUMBERS = {"created_at", "last_modified", "downloads", "downloads_all_time", "likes", "trending_score"}
#: the Hub's oldest createdAt, and the span over which names are spread from there
OLDEST = 1_646_263_744
DAY = 86_400
SPAN = 4 * 365 * DAY


@dataclass(frozen=True, slots=True)
class OnDisk:
    """The bytes of a file on disk."""

    path: Path
    size: int

    def read(self, start: int, stop: int) -> bytes:
        """The bytes ``start`` to ``stop``."""
        with self.path.open("rb") as stream:
            stream.seek(start)
            return stream.read(max(0, stop - start))


class FolderWorld:
    """Every repo of a folder. Files are read and hashed when first requested."""

    def __init__(self, root: Path) -> None:
        self.root = root
        if not root.is_dir():
            raise SampleHubError(f"{root} is not a folder of repos")
        self._orders: dict[Order, tuple[list[Any], list[Repo]]] = {}

    @property
    def name(self) -> str:
        """What is served."""
        return f"{len(self._repos)} repos of {self.root}"

    def at(self, day: int) -> World:
        """The same: folders do not change."""
        return self

    @cached_property
    def _repos(self) -> dict[str, Repo]:
        return _load(self.root)

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {name.lower(): name for name in self._repos}

    @cached_property
    def _by_hub_id(self) -> dict[str, Repo]:
        return {repo.facts.hub_id: repo for repo in self._repos.values()}

    def find(self, repo_id: str) -> Repo | Moved | None:
        """The repo of that name; another spelling redirects to it."""
        if found := self._repos.get(repo_id):
            return found
        spelled = self._spellings.get(repo_id.lower())
        return Moved(spelled) if spelled else None

    def by_hub_id(self, hub_id: str) -> Repo | None:
        """The repo of that ``_id``."""
        return self._by_hub_id.get(hub_id)

    def walk(self, order: Order, after: After | None) -> Iterator[Repo]:
        """Every repo in order, from the row after ``after``."""
        if order not in self._orders:
            # two stable sorts: ties are in ascending _id in both directions of the key
            repos = sorted(self._repos.values(), key=lambda repo: repo.facts.hub_id)
            repos.sort(key=lambda repo: sort_value(repo, order.key), reverse=order.descending)
            self._orders[order] = ([_Key(order, repo) for repo in repos], repos)
        keys, repos = self._orders[order]
        start = bisect_right(keys, _Key(order, None, after)) if after else 0
        yield from repos[start:]


class _Key:
    """A place in an order, comparable as the Hub's keyset predicate compares."""

    def __init__(self, order: Order, repo: Repo | None, after: After | None = None) -> None:
        self.descending = order.descending
        if repo is not None:
            after = After(sort_value(repo, order.key), repo.facts.hub_id)
        assert after is not None
        self.value = after.hub_id if order.key == "createdAt" else after.value
        self.hub_id = after.hub_id

    def __lt__(self, other: "_Key") -> bool:
        mine, theirs = self.value, other.value
        if mine == theirs:
            return self.hub_id < other.hub_id
        return bool(mine > theirs if self.descending else mine < theirs)  # type: ignore[operator]


def _folders(root: Path) -> dict[str, list[Path]]:
    """Repo name to its folders, oldest revision first."""
    found: dict[str, list[Path]] = {}
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        plain, _, _ = folder.name.partition("@")
        if "__" in plain.strip("_"):
            # the first double underscore behind the owner's first letter
            cut = plain.index("__", re.match("_*", plain).end())  # type: ignore[union-attr]
            found.setdefault(f"{plain[:cut]}/{plain[cut + 2 :]}", []).append(folder)
        else:
            for inner in sorted(path for path in folder.iterdir() if path.is_dir()):
                found.setdefault(f"{folder.name}/{inner.name.partition('@')[0]}", []).append(inner)
    for folders in found.values():
        folders.sort(key=lambda folder: ("@" not in folder.name, _natural(folder.name.partition("@")[2])))
    return found


def _natural(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.findall(r"\d+|\D+", text)]


def _load(root: Path) -> dict[str, Repo]:
    """Every repo of a folder, read and hashed; base models and their children joined by name."""
    drafts = {name: _draft(name, folders) for name, folders in sorted(_folders(root).items())}
    children: dict[str, Counter[str]] = {name: Counter() for name in drafts}
    bases: dict[str, BaseModels] = {}
    for name, draft in drafts.items():
        tree = draft.commits[0].tree
        card = front_matter(tree)
        known = [base for base in listed(card.get("base_model")) if base in drafts and base != name]
        relation = relation_of(tree, card)
        if relation and known:
            bases[name] = BaseModels(relation, tuple((drafts[base].facts.hub_id, base) for base in known))
            for base in known:
                children[base][relation] += 1
    for name, parents in bases.items():
        drafts[name] = replace(drafts[name], facts=replace(drafts[name].facts, base_models=parents))
    return {name: Repo(draft.facts, replace(draft, made=children[name])) for name, draft in drafts.items()}


@dataclass(frozen=True, slots=True)
class _Draft:
    """A repo from its folders; also the source of parts that are requested later."""

    facts: Facts
    commits: tuple[Commit, ...]
    named: Mapping[str, str]
    called: Words
    made: Mapping[str, int]

    def history(self) -> tuple[Commit, ...]:
        """The folders as commits."""
        return self.commits

    def reading(self, commit: Commit) -> Reading:
        """What the Hub reads at a commit."""
        return read_commit(commit)

    def words(self) -> Words:
        """Library and tags, from card and files or as overridden."""
        return self.called

    def children(self) -> Mapping[str, int]:
        """The models of the same folder that name this one as their base."""
        return self.made

    def git_tags(self) -> Mapping[str, str]:
        """The ``@`` names."""
        return self.named


def _draft(name: str, folders: list[Path]) -> _Draft:
    digest = hashlib.sha256(name.encode()).digest()
    created = OLDEST + int.from_bytes(digest[:4], "big") % SPAN
    author = name.partition("/")[0]
    commits = chain(_step(folder, author, created + DAY * place) for place, folder in enumerate(folders))
    named = {folder.name.partition("@")[2]: commit for folder, commit in zip(reversed(folders), commits, strict=True)}
    tree = commits[0].tree
    card = front_matter(tree)
    library = library_of(tree, card)
    task = card.get("pipeline_tag")
    task = task if isinstance(task, str) else None
    facts = Facts(
        hub_id=f"{created:08x}{digest[4:12].hex()}",
        repo_id=name,
        created_at=created,
        last_modified=commits[0].step.at,
        downloads=1_000_000 // (1 + int.from_bytes(digest[12:14], "big")),
        likes=digest[14] // 8,
        pipeline_tag=task,
    )
    said = _overrides(folders[-1])
    words = Words(said.pop("library_name", library), said.pop("tags", tags_of(tree, card, library, task)))
    tags = {tag: commit.oid for tag, commit in named.items() if tag}
    return _Draft(replace(facts, **said), commits, tags, words, {})


def _step(folder: Path, author: str, at: int) -> Step:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [_file(path, path.relative_to(folder).as_posix()) for path in paths]
    tree = Tree(file for file in files if file.path != OVERRIDES)
    return Step(title=f"Upload {folder.name}", message="", author=author, at=at, tree=tree)


def _file(path: Path, name: str) -> File:
    size = path.stat().st_size
    if size > LFS_SIZE or name.lower().endswith(LFS_ENDINGS):
        content = OnDisk(path, size)
        return lfs_file(name, content, sha256_of(content))
    return plain_file(name, path.read_bytes())


def _overrides(folder: Path) -> dict[str, Any]:
    path = folder / OVERRIDES
    if not path.is_file():
        return {}
    try:
        said = json.loads(path.read_bytes())
        unknown = said.keys() - set(OVERRIDABLE)
    except (ValueError, AttributeError, RecursionError):
        raise SampleHubError(f"{path} is not a JSON object") from None
    if unknown:
        raise SampleHubError(f"{path}: unknown field {min(unknown)}; valid are {', '.join(OVERRIDABLE)}")
    for key in _NUMBERS & said.keys():
        if isinstance(said[key], bool) or not isinstance(said[key], int | float) or abs(said[key]) > 2**53:
            raise SampleHubError(f"{path}: {key} is a number, not {str(said[key])[:40]}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
