"""Reads a git pack: commits in the order of `git log`, and what each commit of main did to the files.

Bytes in, a `History` out. Objects are inflated one at a time, none above a cap, so that a small pack cannot take a
large memory; what the filter left out is known by its oid alone.
"""

import codecs
import hashlib
import heapq
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Self

from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob, Commit, ObjectID, Tree
from dulwich.pack import MemoryPackIndex, Pack, PackData

from harvester.extract.history.model import History, PastCommit, PastFile, Unreadable, past_commit, pointer_of

#: Most bytes of one object once inflated, of all objects together, and most objects.
OBJECT_CAP, INFLATED_CAP, OBJECTS_CAP = 32_000_000, 2_000_000_000, 1_000_000
#: Longest chain of deltas (git makes none longer than 4,095), and most bytes that are put together along such chains.
CHAIN_CAP, WORK_CAP = 4_095, 50_000_000_000
#: Most file steps of one history, and most bytes of their paths.
STEPS_CAP, PATHS_CAP = 500_000, 50_000_000
#: Most entries that differ, folders included (the same tree may occur in many places), and most that are read.
DIFFERENCES_CAP, ENTRIES_CAP = 2_000_000, 20_000_000
#: Longest path, bytes: no file system takes more.
PATH_CAP = 4_096
#: Most commits and parents of one history, and most characters of its texts.
COMMITS_CAP, PARENTS_CAP, TEXTS_CAP = 200_000, 1_000_000, 50_000_000
#: Encodings of commit messages that are read as named; Python knows others that take minutes.
ENCODINGS = frozenset(
    ["utf-8", "ascii", "utf-16", "utf-32", "gb2312", "gbk", "gb18030", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr",
     "iso2022_jp", "koi8-r", "koi8-u", "cp949", "cp950", "cp866", "cp437", "cp850", "mac-roman", "tis-620"]
    + [f"iso8859-{part}" for part in range(1, 17)] + [f"cp125{part}" for part in range(9)]
)  # fmt: skip
#: Most bytes of a message that are looked at; the API's rows are cut at as many characters.
MESSAGE_BYTES = 65_536
_BY_OFFSET, _BY_ID = 6, 7


#: SHA-256 (of LFS files alone) and size in bytes of a file.
Content = tuple[str | None, int | None]


class OpenPack:
    """A pack, indexed in memory; to be closed. Raises Unreadable if it is invalid, or too large when decompressed."""

    def __init__(self, pack: bytes):
        self._deltas = check_sizes(pack)
        with _explained():
            self._data = PackData.from_file(BytesIO(pack), DEFAULT_OBJECT_FORMAT)
        try:
            with _explained():
                self._pack = Pack.from_objects(self._data, MemoryPackIndex.for_pack(self._data))
        except Unreadable:
            self._data.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pack.close()
        self._data.close()

    def history(self, head: str, known: Mapping[str, Content]) -> History:
        """Return the history that leads to the commit ``head``.

        ``known`` has contents by oid, as a manifest has them: sizes of files that the filter left out, and which
        pointers are plain text. Raises Unreadable.
        """
        with _explained():
            return _read(_Objects(self._pack, self._deltas), ObjectID(head.encode()), dict(known))

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return those of the wanted files that are in the pack, by oid. Raises Unreadable."""
        found: dict[str, bytes] = {}
        with _explained():
            objects = _Objects(self._pack, self._deltas)
            for oid in oids:
                if isinstance(blob := objects.get(ObjectID(oid.encode())), Blob):
                    found[oid] = blob.data
        return found


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what dulwich raises at a broken pack, in a dozen ways, into Unreadable."""
    try:
        yield
    except Unreadable:
        raise
    except KeyError as error:
        raise Unreadable(f"the pack lacks an object: {error}"[:300]) from None
    except Exception as error:
        raise Unreadable(f"not a pack of git: {type(error).__name__}: {error}"[:300]) from None


#: Of a delta, by its place in the pack: how long its chain is (where its base is given by place) and its bytes.
Deltas = dict[int, tuple[int, int]]


class _Objects:
    """The objects of a pack, with a limit to the work of putting them together."""

    def __init__(self, pack: Pack, deltas: Deltas):
        self._pack, self._deltas = pack, deltas
        self._work = 0

    def get(self, oid: ObjectID) -> object | None:
        """Return an object, None where the pack lacks it. Raises Unreadable where that is too much work by now."""
        if oid not in self._pack:
            return None
        chain, size = self._deltas.get(self._pack.index.object_offset(oid), (0, 0))
        self._work += chain * size
        if self._work > WORK_CAP:
            raise Unreadable(f"deltas of more than {WORK_CAP:,} bytes in all")
        return self._pack[oid]


def check_sizes(pack: bytes) -> Deltas:
    """Add up what the entries of a pack inflate to. Raises Unreadable where that is too much, or it is no pack."""
    with _explained():
        return _check_sizes(pack)


def _check_sizes(pack: bytes) -> Deltas:
    """Walk the entries of a pack and sum their decompressed sizes, keeping none of them.

    The format is git's `gitformat-pack`: 12 bytes of header, then entries of type and size, deltas with their base,
    deflated. A delta begins with the sizes of its base and of its result.
    """
    count = int.from_bytes(pack[8:12], "big") if pack[:4] == b"PACK" else -1
    if not 0 <= count <= OBJECTS_CAP:
        raise Unreadable(f"a pack of {count} objects" if count > 0 else "not a pack of git")
    place, total = 12, 0
    view = memoryview(pack)
    deltas: Deltas = {}
    for _ in range(count):
        start_of_entry, chain = place, 0
        kind = (pack[place] >> 4) & 7
        size, place = _size(pack, place)
        if kind == _BY_OFFSET:
            back, place = _back(pack, place)
            chain = deltas.get(start_of_entry - back, (0, 0))[0] + 1
            if chain > CHAIN_CAP:
                raise Unreadable(f"a chain of more than {CHAIN_CAP:,} deltas")
        elif kind == _BY_ID:
            place += 20
        inflater, start, inflated = zlib.decompressobj(), b"", 0
        while not inflater.eof:
            chunk = inflater.decompress(inflater.unconsumed_tail or view[place : place + 65_536], 65_536)
            if not inflater.unconsumed_tail and not inflater.eof:
                if place >= len(pack):
                    raise Unreadable("the pack ends too early")
                place += 65_536
            elif inflater.eof:
                place = min(place + 65_536, len(pack)) - len(inflater.unused_data)
            start = start or chunk[:24]
            inflated += len(chunk)
            if inflated > min(size, OBJECT_CAP):
                raise Unreadable(f"an object of more than {min(size, OBJECT_CAP)} bytes")
        result = size
        if kind in (_BY_OFFSET, _BY_ID):
            _, after = _varint(start, 0)
            result, _ = _varint(start, after)
            deltas[start_of_entry] = (max(chain, 1), result)
        total += result
        if result > OBJECT_CAP or total > INFLATED_CAP:
            raise Unreadable(f"objects of more than {OBJECT_CAP if result > OBJECT_CAP else INFLATED_CAP} bytes")
    if pack[place:] != hashlib.sha1(view[:place], usedforsecurity=False).digest():
        raise Unreadable("the pack is cut, or its bytes are not those that were sent")
    return deltas


def _back(pack: bytes, place: int) -> tuple[int, int]:
    """Return how far back the base of a delta begins, and the place behind that number (git's own kind of number)."""
    value = pack[place] & 0x7F
    while pack[place] & 0x80:
        place += 1
        value = ((value + 1) << 7) | (pack[place] & 0x7F)
        if value > len(pack):
            raise Unreadable("a delta whose base is outside the pack")
    return value, place + 1


def _size(pack: bytes, place: int) -> tuple[int, int]:
    size, shift = pack[place] & 15, 4
    while pack[place] & 0x80:
        place += 1
        size |= (pack[place] & 0x7F) << shift
        shift += 7
    return size, place + 1


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[place] & 0x7F) << shift
        shift += 7
        place += 1
        if not data[place - 1] & 0x80:
            return value, place


def _read(objects: _Objects, head: ObjectID, contents: dict[str, Content]) -> History:
    commits = dict(_log(objects, head))
    on_main: set[ObjectID] = set()
    step: ObjectID | None = head
    while step in commits:
        on_main.add(step)
        parents = commits[step].parents
        step = parents[0] if parents else None
    oldest_first = list(reversed(commits))
    history = History(tuple(replace(commits[oid].kept, on_main=oid in on_main) for oid in oldest_first))
    walk = _Walk(objects)
    tree: ObjectID | None = None
    for number, oid in enumerate(oldest_first):
        if oid not in on_main:
            continue
        before, tree = tree, commits[oid].tree
        history.files += sorted(_steps(walk, before, tree, number, contents), key=lambda step: step.path)
    return history


@dataclass(frozen=True, slots=True)
class _Met:
    """What is kept of a commit: itself it may be as large as an object may be."""

    time: int
    parents: tuple[ObjectID, ...]
    tree: ObjectID
    kept: PastCommit


def _log(objects: _Objects, head: ObjectID) -> Iterator[tuple[ObjectID, _Met]]:
    """The commits that lead to ``head``, newest first, in the order of `git log`: by time, then as they were met."""
    first = _met(objects, head)
    if first is None:
        raise Unreadable("the head is no commit")
    waiting: list[tuple[int, int, ObjectID, _Met]] = [(-first.time, 0, head, first)]
    met = {head}
    parents = characters = 0
    while waiting:
        _, _, oid, commit = heapq.heappop(waiting)
        parents += len(commit.parents)
        characters += len(commit.kept.title) + len(commit.kept.message)
        if len(met) > COMMITS_CAP or parents > PARENTS_CAP or characters > TEXTS_CAP:
            raise Unreadable("more commits, parents or text than a history is read of")
        yield oid, commit
        for parent in commit.parents:
            if parent in met:
                continue
            met.add(parent)
            found = _met(objects, parent)
            if found is not None:
                heapq.heappush(waiting, (-found.time, len(met), parent, found))


def _met(objects: _Objects, oid: ObjectID) -> _Met | None:
    commit = objects.get(oid)
    if not isinstance(commit, Commit):
        return None
    text = _decoded(commit.message[:MESSAGE_BYTES], commit.encoding)
    title, _, rest = text.lstrip("\n").partition("\n")
    author = commit.author.partition(b"<")[0]
    kept = past_commit(oid.decode(), title, rest, [_decoded(author, commit.encoding)], _moment(commit.commit_time))
    return _Met(commit.commit_time, tuple(dict.fromkeys(commit.parents)), commit.tree, kept)


def _decoded(data: bytes, encoding: bytes | None) -> str:
    """Return a text in the encoding that its commit names, in UTF-8 if it names none or an unknown one."""
    try:
        name = codecs.lookup((encoding or b"utf-8")[:40].decode("ascii")).name
    except (LookupError, ValueError):
        name = "utf-8"
    return data.decode(name if name in ENCODINGS else "utf-8", "replace")


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of a tree: a file, a folder, or another repository's commit."""

    mode: int
    oid: ObjectID


class _Walk:
    """Compares trees, skipping what is equal; counts what it looks at over a whole history. Raises Unreadable."""

    def __init__(self, objects: _Objects):
        self.objects = objects
        self._differ = self._entries = self._steps = self._path_bytes = self._held = 0
        #: the trees read last: those of one commit are compared with the next
        self._read: dict[ObjectID, dict[bytes, _Entry]] = {}

    def differences(
        self, before: ObjectID | None, after: ObjectID | None
    ) -> Iterator[tuple[bytes, _Entry | None, _Entry | None]]:
        """Yield each path that differs between two trees, with the old and the new entry."""
        waiting: list[tuple[bytes, ObjectID | None, ObjectID | None]] = [(b"", before, after)]
        while waiting:
            folder, old, new = waiting.pop()
            left, right = self._tree(old), self._tree(new)
            for name in dict(left.items() ^ right.items()):
                path = folder + b"/" + name if folder else name
                self._count(path)
                was, now = left.get(name), right.get(name)
                folders = [e.oid if e is not None and stat.S_ISDIR(e.mode) else None for e in (was, now)]
                if folders != [None, None]:
                    waiting.append((path, folders[0], folders[1]))
                if any(e is not None and _is_file(e.mode) for e in (was, now)):
                    self._steps += 1
                    self._path_bytes += len(path)
                    yield path, was, now

    def _count(self, path: bytes) -> None:
        self._differ += 1
        if len(path) > PATH_CAP:
            raise Unreadable(f"a path of more than {PATH_CAP:,} bytes")
        if self._differ > DIFFERENCES_CAP or self._entries > ENTRIES_CAP:
            raise Unreadable(f"trees of more than {DIFFERENCES_CAP:,} entries that differ, or {ENTRIES_CAP:,} in all")
        if self._steps > STEPS_CAP or self._path_bytes > PATHS_CAP:
            raise Unreadable(f"more than {STEPS_CAP:,} changes of files, or {PATHS_CAP:,} bytes of their paths")

    def _tree(self, oid: ObjectID | None) -> dict[bytes, _Entry]:
        if oid is None:
            return {}
        found = self._read.get(oid)
        if found is None:
            tree = self.objects.get(oid)
            if not isinstance(tree, Tree):
                raise Unreadable(f"the pack lacks the tree {oid.decode()}")
            found = {entry.path: _Entry(entry.mode, entry.sha) for entry in tree.iteritems()}
            self._entries += len(found)
            self._held += len(found)
            if self._held > 100_000 or len(self._read) > 1_000:
                self._read.clear()
                self._held = len(found)
            self._read[oid] = found
        return found


def _steps(
    walk: _Walk, before: ObjectID | None, after: ObjectID, number: int, known: dict[str, Content]
) -> Iterator[PastFile]:
    """What differs between two trees; files alone, submodules left out."""
    for where, old, new in walk.differences(before, after):
        old_oid = old.oid if old is not None and _is_file(old.mode) else None
        new_oid = new.oid if new is not None and _is_file(new.mode) else None
        if old_oid == new_oid:
            continue
        path = where.decode("utf-8", "replace")
        if new_oid is None:
            yield PastFile(number, path, None)
            continue
        oid = new_oid.decode()
        if oid not in known:
            known[oid] = _blob_content(walk.objects, new_oid)
        sha256, size = known[oid]
        yield PastFile(number, path, oid, size, sha256)


def _is_file(mode: int | None) -> bool:
    return mode is not None and (stat.S_ISREG(mode) or stat.S_ISLNK(mode))


def _blob_content(objects: _Objects, oid: ObjectID) -> Content:
    """The content of a file's bytes: for an LFS pointer the content it refers to; nothing if the filter left it out."""
    found = objects.get(oid)
    if found is None:
        return None, None
    data = found.data if isinstance(found, Blob) else b""
    return pointer_of(data) or (None, len(data))
