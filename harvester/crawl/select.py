"""Which models a run is about: the flags, what they mean to the Hub, and the id they are known by."""

import hashlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import UsageError
from harvester.hub.answers import is_repo_id

#: Values of `--sort` and the Hub's names (docs/hub-protocol.md 2.1).
SORTS = {"downloads": "downloads", "likes": "likes", "created": "createdAt", "modified": "lastModified"}
_REVISION = re.compile(r"(?!\.{1,2}$)[^\s@\x00-\x1f\x7f]{1,250}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_SELECTION_ID = re.compile(r"[0-9a-f]{16}")
_URL = re.compile(r"https?://[^/]+/")


@dataclass(frozen=True, slots=True)
class RequestedModel:
    """A line of an id file: a name, and the revision to read it at (None: the newest)."""

    repo_id: str
    revision: str | None = None

    def __str__(self) -> str:
        return self.repo_id if self.revision is None else f"{self.repo_id}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Selection:
    """The which-models flags, normalised."""

    author: str | None = None
    task: str | None = None
    library: str | None = None
    tags: tuple[str, ...] = ()
    search: str | None = None
    sort: str | None = None
    limit: int | None = None
    ids: tuple[RequestedModel, ...] | None = None
    all: bool = False
    #: draw so many of the models that the other flags select
    sample: int | None = None
    stratify: str | None = None
    seed: int = 0
    #: What people call it; it changes nothing about which models it selects.
    name: str | None = None

    def check(self) -> None:
        """Raise UsageError if the flags select nothing or contradict each other."""
        if self.name is not None and (not _NAME.fullmatch(self.name) or _reserved(self.name)):
            raise UsageError(
                f"--name takes up to 64 letters, digits, '_', '.' and '-', beginning with a letter, and neither 'all' "
                f"nor an id, not {self.name[:80]!r}"
            )
        filters = any((self.author, self.task, self.library, self.tags, self.search))
        alone = [name for name, given in (("--ids", self.ids is not None), ("--all", self.all)) if given]
        others = filters or self.sort is not None or self.limit is not None or len(alone) > 1
        if alone and others:
            names = "lists the models itself" if alone[0] == "--ids" else "selects the whole Hub"
            raise UsageError(f"{alone[0]} {names}; it cannot be combined with other selection flags")
        if self.sample is not None and (self.ids is not None or self.limit is not None):
            raise UsageError("--sample draws from a complete listing; it cannot be combined with --ids or --limit")
        if self.sample is not None and self.sample < 2:
            raise UsageError("--sample needs a number of at least 2")
        if self.sample is None and (self.stratify is not None or self.seed):
            raise UsageError("--stratify and --seed need --sample N")
        if self.ids is not None:
            if not self.ids:
                raise UsageError("the id file is empty: write one owner/name per line")
            return
        if not filters and not self.all and self.limit is None and self.sample is None:
            raise UsageError(
                "no models selected: give --author, --task, --library, --tag, --search, --ids, --limit N, --sample N, "
                "or --all"
            )
        if self.sort is not None and self.limit is None:
            raise UsageError(
                "--sort needs --limit N: such an order changes during a long listing "
                "(without --sort, models are listed in the stable order of creation)"
            )
        if self.limit is not None and self.limit < 1:
            raise UsageError("--limit needs a number of at least 1")
        if self.author is not None and "/" in self.author:
            raise UsageError(
                f"--author takes a user or organisation, not {self.author!r}: use --ids to select a single model"
            )

    @property
    def flags(self) -> dict[str, object]:
        """The flags that were given, as JSON-able values."""
        values: dict[str, object] = {
            "author": self.author,
            "task": self.task,
            "library": self.library,
            "tags": sorted(set(self.tags)) or None,
            "search": self.search,
            "sort": self.sort,
            "limit": self.limit,
            "sample": self.sample,
            "stratify": self.stratify,
            "seed": None if self.sample is None else self.seed,
        }
        if self.ids is not None:
            lines = "\n".join(sorted({str(i) for i in self.ids}))
            values["ids"] = len(set(self.ids))
            values["ids_digest"] = hashlib.sha256(lines.encode()).hexdigest()[:16]
        return {k: v for k, v in values.items() if v is not None} or {"all": True}

    @property
    def selection_id(self) -> str:
        """Sixteen hex digits of the SHA-256 of the flags."""
        return hashlib.sha256(json.dumps(self.flags, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def whole(self) -> bool:
        """Whether a finished listing has seen everything that matches the filters (a top-N or a sample has not)."""
        return self.ids is None and self.limit is None and self.sample is None

    @property
    def everything(self) -> bool:
        """Whether a finished listing has seen every model of the Hub: what it lacks is no longer on the Hub."""
        return self.whole and not any((self.author, self.task, self.library, self.tags, self.search))

    @property
    def ordered(self) -> bool:
        """Whether the place in the selection means something."""
        return self.ids is not None or self.sort is not None

    def parameters(self, *, updates: bool = False) -> list[tuple[str, str]]:
        """Return the listing's query parameters.

        The Hub ignores ``library=`` (docs/hub-protocol.md 2.1), so the library is sent as a filter. ``updates``: the
        most recently modified first.
        """
        found = [("author", self.author), ("pipeline_tag", self.task), ("filter", self.library)]
        found += [("filter", tag) for tag in self.tags]
        found += [("search", self.search)]
        sort = "modified" if updates else self.sort
        order = [("sort", SORTS[sort]), ("direction", "-1")] if sort else [("sort", "createdAt"), ("direction", "1")]
        return [(k, v) for k, v in found if v] + order


def _reserved(name: str) -> bool:
    """Whether `--selection` would understand the name otherwise."""
    return name == "all" or _SELECTION_ID.fullmatch(name) is not None


def read_ids(source: str) -> tuple[RequestedModel, ...]:
    """Read an id file (``-``: standard input): one `repo` or `repo@revision` per line; `#` starts a comment.

    Raises UsageError with the file and line of an invalid model id.
    """
    if source == "-" and sys.stdin is None:
        raise UsageError("cannot read the id file -: standard input is closed")
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read the id file {source}: {getattr(error, 'strerror', None) or error}") from None
    return parse_ids(text.splitlines(), "standard input" if source == "-" else source)


def parse_ids(lines: Iterable[str], source: str) -> tuple[RequestedModel, ...]:
    """Parse the lines of an id file; duplicates are dropped. Raises UsageError."""
    found: dict[RequestedModel, None] = {}
    for number, line in enumerate(lines, 1):
        entry = _URL.sub("", line.split("#", 1)[0].strip())
        if not entry:
            continue
        name, at, revision = entry.partition("@")
        if not is_repo_id(name) or (at and not _REVISION.fullmatch(revision)):
            raise UsageError(
                f"{source}, line {number}: {line.strip()[:80]!r} is not a model id (owner/name or owner/name@revision)"
            )
        found[RequestedModel(name, revision or None)] = None
    return tuple(found)
