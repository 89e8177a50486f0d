"""Files as git and the Hub name them: bytes in, true blob, tree and commit ids out. Knows nothing of HTTP."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol


class Content(Protocol):
    """The bytes of one file, read by offset so that a file need not be in memory."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, start: int, stop: int) -> bytes:
        """The bytes ``start`` (inclusive) to ``stop`` (exclusive); shorter at the end of the file."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Content that is small enough for memory."""

    data: bytes

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes ``start`` to ``stop``."""
        return self.data[start:stop]


@dataclass(frozen=True, slots=True)
class Padded:
    """A head, zeros, and a tail: weights with a genuine header whose data is never in memory."""

    head: bytes
    zeros: int
    tail: bytes

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.head) + self.zeros + len(self.tail)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes ``start`` to ``stop``, synthesised."""
        stop = min(stop, self.size)
        end_of_zeros = len(self.head) + self.zeros
        zeros = max(0, min(stop, end_of_zeros) - max(start, len(self.head)))
        return (
            self.head[start:stop] + bytes(zeros) + self.tail[max(0, start - end_of_zeros) : max(0, stop - end_of_zeros)]
        )


@dataclass(frozen=True, slots=True)
class File:
    """One file at one commit. ``oid`` is the git blob id; an LFS file has ``sha256`` too, and its pointer's ``oid``."""

    path: str
    size: int
    oid: str
    sha256: str | None
    content: Content

    @property
    def pointer(self) -> bytes:
        """The pointer that git stores for an LFS file."""
        assert self.sha256 is not None
        return lfs_pointer(self.sha256, self.size)

    @property
    def xet_hash(self) -> str:
        """A stable stand-in for the Xet hash (the genuine one, a Merkle hash over chunks, nothing here checks)."""
        return hashlib.sha256(b"xet:" + (self.sha256 or "").encode()).hexdigest()

    def read(self) -> bytes:
        """The whole file."""
        return self.content.read(0, self.size)


def blob_oid(data: bytes) -> str:
    """The git blob id of ``data``."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def lfs_pointer(sha256: str, size: int) -> bytes:
    """The pointer text of git-lfs for content of ``size`` bytes."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()


def plain_file(path: str, data: bytes, oid: str | None = None) -> File:
    """A plain git file; ``oid`` if it is known already."""
    return File(path, len(data), oid or blob_oid(data), None, InMemory(data))


def lfs_file(path: str, content: Content, sha256: str) -> File:
    """A file that git stores as a pointer (LFS)."""
    return File(path, content.size, blob_oid(lfs_pointer(sha256, content.size)), sha256, content)


def sha256_of(content: Content, step: int = 1 << 20) -> str:
    """The SHA-256 of ``content``, read in steps."""
    digest = hashlib.sha256()
    for start in range(0, content.size, step):
        digest.update(content.read(start, start + step))
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Folder:
    """One directory of a tree: its git tree id and its path from the root."""

    path: str
    oid: str


class Tree:
    """All files of one commit, with the git tree ids of the root and of every folder."""

    def __init__(self, files: Iterable[File]) -> None:
        self.files: dict[str, File] = {file.path: file for file in sorted(files, key=lambda file: file.path)}

    @cached_property
    def folders(self) -> dict[str, Folder]:
        """Every folder by path; the root is ``""``."""
        return {path: Folder(path, oid) for path, oid, _ in self.objects()}

    def objects(self) -> Iterator[tuple[str, str, bytes]]:
        """(path, id, body) of the git tree object of every folder, the root last."""
        entries: dict[str, list[tuple[bytes, bytes]]] = {"": []}
        for path, file in self.files.items():
            parent, _, name = path.rpartition("/")
            ancestor = parent
            while ancestor not in entries:
                entries[ancestor] = []
                ancestor = ancestor.rpartition("/")[0]
            raw = name.encode()
            entries[parent].append((raw, b"100644 " + raw + b"\0" + bytes.fromhex(file.oid)))
        for path in sorted(entries, key=lambda folder: folder.count("/") + bool(folder), reverse=True):
            # git sorts a directory as if its name ended with a slash
            body = b"".join(entry for _, entry in sorted(entries[path]))
            oid = hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
            yield path, oid, body
            if path:
                parent, _, name = path.rpartition("/")
                raw = name.encode()
                entries[parent].append((raw + b"/", b"40000 " + raw + b"\0" + bytes.fromhex(oid)))

    @property
    def oid(self) -> str:
        """The git tree id of the root."""
        return self.folders[""].oid


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The contents and message of a commit, before it has an id; ``at`` in whole UTC seconds."""

    title: str
    message: str
    author: str
    at: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: ``oid`` is the true git commit id of ``step`` on top of ``parent``."""

    oid: str
    parent: str | None
    step: Step

    @property
    def tree(self) -> Tree:
        """The files at this commit."""
        return self.step.tree


def commit_object(step: Step, parent: str | None) -> bytes:
    """The body of the git commit object; the e-mail address is the Hub's no-reply form."""
    who = f"{step.author} <{step.author}@users.noreply.hub.invalid> {step.at} +0000"
    lines = [f"tree {step.tree.oid}"]
    if parent:
        lines.append(f"parent {parent}")
    lines += [f"author {who}", f"committer {who}", "", step.title + step.message]
    return "\n".join(lines).encode()


def chain(steps: Iterable[Step]) -> tuple[Commit, ...]:
    """Commits of ``steps`` (oldest first), newest first, each on top of the one before."""
    commits: list[Commit] = []
    parent: str | None = None
    for step in steps:
        body = commit_object(step, parent)
        parent_of_this, parent = (
            parent,
            hashlib.sha1(b"commit %d\0" % len(body) + body, usedforsecurity=False).hexdigest(),
        )
        commits.append(Commit(parent, parent_of_this, step))
    return tuple(reversed(commits))
