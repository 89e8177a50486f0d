"""What is known of a model's past, whichever way it was read: its commits, and what each did to the files."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

#: Longest title, message and author that are kept, characters.
TITLE_CAP, MESSAGE_CAP, AUTHOR_CAP = 1_000, 20_000, 200
AUTHORS_CAP = 100
# Each begins where a run of its characters begins, and gives nothing back: a message of spaces is read once.
_TRAILER = re.compile(r"^co-authored-by:\s*+([^<\n]*+)", re.IGNORECASE | re.MULTILINE)
_IN_BRACKETS = re.compile(r"(?<!\s)\s*+<[^<>\s@]{0,200}+@[^<>\s]{1,300}+>")
_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]++@(?:[\w-]++\.){1,10}[^\W\d_]{2,30}")
#: Machines write addresses without a domain: root@localhost, me@[10.0.0.1]. In place of a name, root@5f3c is one too.
_MACHINE = re.compile(r"(?<![\w.+%-])[\w.+%-]++@(?:localhost\b|\[?\d{1,3}(?:\.\d{1,3}){3}\]?(?![.\d]))")
_AS_A_NAME = re.compile(r"(?<![^\s<>@])[^\s<>@]++@[^\s<>@]{1,300}+")
POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]+\n)*oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,18})\n?"
)


@dataclass(frozen=True, slots=True)
class PastCommit:
    """One commit. ``on_main`` is False for one that came in by a merge: its tree was never main's."""

    commit: str
    title: str
    message: str
    authors: tuple[str, ...]
    committed_at: datetime | None
    on_main: bool = True


@dataclass(frozen=True, slots=True)
class PastFile:
    """What a commit did to a file: the content it has from there on, or (``oid`` None) its end.

    ``number`` is the commit's place, counted from the oldest. ``size`` in bytes, None where it is not known.
    """

    number: int
    path: str
    oid: str | None
    size: int | None = None
    sha256: str | None = None


@dataclass(slots=True)
class History:
    """Commits from the oldest, and what those on main did to the files, in order of ``number`` and path."""

    commits: tuple[PastCommit, ...]
    files: list[PastFile] = field(default_factory=list)


class Unreadable(Exception):
    """A history that cannot be read; the message says why."""


def without_addresses(text: str) -> str:
    """Return a text without e-mail addresses: those in angle brackets are removed, others are replaced."""
    return _MACHINE.sub("[e-mail]", _ADDRESS.sub("[e-mail]", _IN_BRACKETS.sub("", text)))


def past_commit(
    commit: str, title: str, message: str, authors: Iterable[str], at: datetime | None, *, on_main: bool = True
) -> PastCommit:
    """Return a commit as it is kept: cut to size, co-authors among the authors, no e-mail address anywhere."""
    names = [*authors, *_TRAILER.findall(message)]
    cleaned = (_AS_A_NAME.sub("[e-mail]", _clean(name))[:AUTHOR_CAP].strip() for name in names[:AUTHORS_CAP])
    kept = dict.fromkeys(name for name in cleaned if name)
    title, message = _clean(title)[:TITLE_CAP].strip(), _clean(message)[:MESSAGE_CAP].strip()
    return PastCommit(commit, title, message, tuple(kept), at, on_main)


def _clean(text: str) -> str:
    return without_addresses(text[: 2 * MESSAGE_CAP].encode("utf-8", "replace").decode().replace("\0", "�"))


def pointer_of(data: bytes) -> tuple[str, int] | None:
    """Return the SHA-256 and the size in bytes that an LFS pointer names; None for any other content."""
    found = POINTER.fullmatch(data) if len(data) < 1_024 else None
    return (found[1].decode(), int(found[2])) if found else None
