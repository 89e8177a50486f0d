"""The contents of a Hub: repositories on one day. A world is anything with ``find``, ``walk`` and ``at``."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, Protocol

from samplehub.content import Commit

Json = Any
SortKey = Literal["createdAt", "lastModified", "downloads", "likes", "trendingScore"]
SORT_KEYS: tuple[SortKey, ...] = ("createdAt", "lastModified", "downloads", "likes", "trendingScore")
Value = float | str


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the listing: by ``key``, ties always by ascending ``_id``."""

    key: SortKey
    descending: bool


@dataclass(frozen=True, slots=True)
class After:
    """A keyset position: the row after (``value``, ``hub_id``) in an order. By creation only ``hub_id`` counts."""

    value: Value | None
    hub_id: str


@dataclass(frozen=True, slots=True)
class BaseModels:
    """The parents of a model that the Hub knows: (hub_id, repo_id) each."""

    relation: str
    models: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Listing facts of a repo that git does not have. Times are UTC seconds, sizes bytes."""

    hub_id: str
    repo_id: str
    created_at: int
    last_modified: int
    downloads: int = 0
    downloads_all_time: int = 0
    likes: int = 0
    trending_score: float = 0
    private: bool = False
    gated: Literal[False, "auto", "manual"] = False
    disabled: bool = False
    pipeline_tag: str | None = None
    base_models: BaseModels | None = None
    spaces: tuple[str, ...] = ()
    unsafe_files: tuple[tuple[str, str], ...] = ()
    #: inference providers that serve it
    providers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the Hub extracted from the files of one commit. ``None``: nothing, and the field is omitted."""

    config: Json = None
    card_data: Json = None
    safetensors: Json = None
    gguf: Json = None
    mask_token: str | None = None
    widget_data: Json = None
    model_index: Json = None
    eval_results: Json = None
    transformers_info: Json = None


@dataclass(frozen=True, slots=True)
class Words:
    """What the Hub calls a repo after reading its newest files."""

    library_name: str | None
    tags: tuple[str, ...]


class Source(Protocol):
    """The source of a repo's slower parts; each method is called once per repo (``reading`` once per commit)."""

    def history(self) -> tuple[Commit, ...]:
        """The commits of main, newest first; never empty."""

    def reading(self, commit: Commit) -> Reading:
        """What the Hub read at ``commit``."""

    def words(self) -> Words:
        """Library and tags."""

    def children(self) -> Mapping[str, int]:
        """How many models were made of this one, by relation."""

    def git_tags(self) -> Mapping[str, str]:
        """Tag name to commit id."""


class Repo:
    """One repository on one day: facts at once, the rest computed by its source when requested."""

    def __init__(self, facts: Facts, source: Source) -> None:
        self.facts = facts
        self._source = source
        self._readings: dict[str, Reading] = {}

    @cached_property
    def commits(self) -> tuple[Commit, ...]:
        """The commits of main, newest first; never empty."""
        return self._source.history()

    @property
    def head(self) -> Commit:
        """The newest commit of main."""
        return self.commits[0]

    @cached_property
    def words(self) -> Words:
        """Library and tags."""
        return self._source.words()

    @cached_property
    def children(self) -> Mapping[str, int]:
        """How many models were made of this one, by relation."""
        return self._source.children()

    @cached_property
    def git_tags(self) -> Mapping[str, str]:
        """Tag name to commit id."""
        return self._source.git_tags()

    @property
    def author(self) -> str:
        """The first part of the name."""
        return self.facts.repo_id.partition("/")[0]

    def reading(self, commit: Commit) -> Reading:
        """What the Hub read at ``commit``."""
        if commit.oid not in self._readings:
            self._readings[commit.oid] = self._source.reading(commit)
        return self._readings[commit.oid]

    def at(self, revision: str) -> Commit | None:
        """The commit a branch, tag, full id or unambiguous short id (7 digits or more) names."""
        if revision in ("main", "refs/heads/main", "HEAD"):
            return self.head
        wanted = self.git_tags.get(revision.removeprefix("refs/tags/"), revision)
        if len(wanted) < 7:
            return None
        found = [commit for commit in self.commits if commit.oid.startswith(wanted)]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Moved:
    """A name that redirects to another one: a rename, another spelling, or another user's repo."""

    repo_id: str


class World(Protocol):
    """An ecosystem of repositories at one day, immutable."""

    @property
    def name(self) -> str:
        """A line about its contents."""

    def at(self, day: int) -> "World":
        """The same ecosystem ``day`` days after its first; a world that does not change returns itself."""

    def find(self, repo_id: str) -> Repo | Moved | None:
        """The repo of that exact name, the name it redirects to, or None if there is none."""

    def by_hub_id(self, hub_id: str) -> Repo | None:
        """The repo of that ``_id``."""

    def walk(self, order: Order, after: After | None) -> Iterator[Repo]:
        """Every repo, private ones too, in ``order``, from the row after ``after``."""


def sort_value(repo: Repo, key: SortKey) -> Value:
    """The value a repo is sorted by."""
    facts = repo.facts
    match key:
        case "createdAt":
            return facts.hub_id
        case "lastModified":
            return iso(facts.last_modified)
        case "downloads":
            return facts.downloads
        case "likes":
            return facts.likes
        case "trendingScore":
            return facts.trending_score


def iso(seconds: int) -> str:
    """UTC seconds as the Hub writes a time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
