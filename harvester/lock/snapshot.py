"""A model at one commit as a Hub or a catalogue reports it, and the protocol of who reports it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from harvester.extract.card import Card
from harvester.hub.answers import Sibling
from harvester.lock.classes import CommitBetween
from harvester.lock.entry import Locked, Model
from harvester.outcome import Missed

#: Largest document that is read, bytes; a larger one that changed counts as changed.
DOCUMENT_CAP = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Head:
    """What a listing says of a model: enough to see that nothing changed."""

    name: str
    hub_id: str
    commit: str
    gated: str
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A model at a commit. ``issues`` are what scans flag, as `level path` (None: unknown)."""

    name: str
    hub_id: str
    commit: str
    gated: str
    disabled: bool
    files: Mapping[str, Sibling]
    card: Card | None = None
    #: False: of the card only the licence is known
    card_complete: bool = True
    tags: Sequence[str] = ()
    library: str | None = None
    task: str | None = None
    parameters: int | None = None
    #: parameters by dtype, as reported by the Hub
    dtypes: Mapping[str, object] = field(default_factory=dict)
    gguf_context: int | None = None
    config_stub: str | None = None
    issues: tuple[str, ...] | None = None


class Reader(Protocol):
    """A Hub, or a catalogue that was harvested from one."""

    def heads(self, models: Sequence[Model]) -> Mapping[str, Head]:
        """Return what one listing for many says, by locked name; models that it lacks must be read one by one."""

    def snapshot(self, model: str, revision: str, locked: Locked | None) -> Snapshot | Missed:
        """Read a model at a branch, tag or commit (empty: its head); at its locked commit the files may be left out."""

    def content(self, model: str, commit: str, file: Sibling) -> bytes | Missed:
        """Read a file of at most ``DOCUMENT_CAP`` bytes; its id is checked."""

    def commits(self, model: str, head: str, since: str) -> tuple[Sequence[CommitBetween], bool] | None:
        """Return the commits after ``since`` up to ``head``, newest first, and whether ``since`` is among them.

        None: the history is not known.
        """

    def moves(self, model: str, revision: str) -> bool | Missed:
        """Whether a revision is a branch, which moves, rather than a tag."""

    def now(self) -> datetime:
        """Return the time in UTC."""


def digest(file: Sibling) -> str:
    """Return the digest of a file as the lock file has it; empty where the Hub reports none."""
    if file.sha256 is not None:
        return f"sha256:{file.sha256}"
    return f"git:{file.oid}" if file.oid is not None else ""


def sibling(path: str, known: str) -> Sibling:
    """Return a file from its digest in the lock file."""
    kind, _, value = known.partition(":")
    return Sibling(path, sha256=value) if kind == "sha256" else Sibling(path, oid=value)


def by_path(files: Iterable[Sibling]) -> dict[str, Sibling]:
    """Return files by path."""
    return {file.path: file for file in files}
