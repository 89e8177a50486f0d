"""Reads a git pack: commits in the order of `git log`, and what each commit of main did to the files.

Bytes in, a `History` out. Objects are inflated one at a time, none above a cap, so that a small pack cannot take a
large memory; what the filter left out is known by its oid alone.
"""

import hashlib
import heapq
import stat
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Self, cast

from dulwich.diff_tree import walk_trees
from dulwich.object_format import DEFAULT_OBJECT_FORMAT
from dulwich.objects import Blob, Commit, ObjectID
from dulwich.pack import MemoryPackIndex, Pack, PackData

from harvester.extract.history.told import History, PastCommit, PastFile, Unreadable, past_commit, pointer_of

if TYPE_CHECKING:
    from dulwich.object_store import BaseObjectStore

#: Most bytes of one object once inflated, of all objects together, and most objects.
OBJECT_CAP, INFLATED_CAP, OBJECTS_CAP = 32_000_000, 2_000_000_000, 2_000_000
#: Most file steps of one history.
STEPS_CAP = 1_000_000
#: Most bytes of a message that are looked at; the API's rows are cut at as many characters.
MESSAGE_BYTES = 65_536
_BY_OFFSET, _BY_ID = 6, 7


#: SHA-256 (of LFS files alone) and size in bytes of a file.
Content = tuple[str | None, int | None]


class OpenPack:
    """A pack, indexed in memory; to be closed. Raises Unreadable where it is none, or too large once inflated."""

    def __init__(self, pack: bytes):
        check_sizes(pack)
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

        ``known`` tells contents by oid, as a manifest has them: sizes of files that the filter left out, and which
        pointers are plain text. Raises Unreadable.
        """
        with _explained():
            return _read(self._pack, ObjectID(head.encode()), dict(known))

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return those of the wanted files that are in the pack, by oid. Raises Unreadable."""
        found: dict[str, bytes] = {}
        with _explained():
            for oid in oids:
                name = ObjectID(oid.encode())
                if name in self._pack and isinstance(blob := self._pack[name], Blob):
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


def check_sizes(pack: bytes) -> None:
    """Add up what the entries of a pack inflate to. Raises Unreadable where that is too much, or it is no pack."""
    with _explained():
        _check_sizes(pack)


def _check_sizes(pack: bytes) -> None:
    """Walk the entries of a pack and add up what they inflate to, holding none of it.

    The format is git's `gitformat-pack`: 12 bytes of header, then entries of type and size, deltas told by their base,
    deflated. A delta begins with the sizes of its base and of its result.
    """
    count = int.from_bytes(pack[8:12], "big") if pack[:4] == b"PACK" else -1
    if not 0 <= count <= OBJECTS_CAP:
        raise Unreadable(f"a pack of {count} objects" if count > 0 else "not a pack of git")
    place, total = 12, 0
    view = memoryview(pack)
    for _ in range(count):
        kind = (pack[place] >> 4) & 7
        size, place = _size(pack, place)
        if kind == _BY_OFFSET:
            while pack[place] & 0x80:
                place += 1
            place += 1
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
        total += result
        if result > OBJECT_CAP or total > INFLATED_CAP:
            raise Unreadable(f"objects of more than {OBJECT_CAP if result > OBJECT_CAP else INFLATED_CAP} bytes")
    if pack[place:] != hashlib.sha1(view[:place], usedforsecurity=False).digest():
        raise Unreadable("the pack is cut, or its bytes are not those that were sent")


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


def _read(pack: Pack, head: ObjectID, contents: dict[str, Content]) -> History:
    commits = dict(_log(pack, head))
    on_main: set[ObjectID] = set()
    step: ObjectID | None = head
    while step in commits:
        on_main.add(step)
        parents = commits[step].parents
        step = parents[0] if parents else None
    oldest_first = list(reversed(commits))
    history = History(tuple(replace(commits[oid].told, on_main=oid in on_main) for oid in oldest_first))
    tree: ObjectID | None = None
    for number, oid in enumerate(oldest_first):
        if oid not in on_main:
            continue
        before, tree = tree, commits[oid].tree
        history.files += sorted(_steps(pack, before, tree, number, contents), key=lambda step: step.path)
        if len(history.files) > STEPS_CAP:
            raise Unreadable(f"more than {STEPS_CAP} changes of files")
    return history


@dataclass(frozen=True, slots=True)
class _Met:
    """What is kept of a commit: itself it may be as large as an object may be."""

    time: int
    parents: tuple[ObjectID, ...]
    tree: ObjectID
    told: PastCommit


def _log(pack: Pack, head: ObjectID) -> Iterator[tuple[ObjectID, _Met]]:
    """The commits that lead to ``head``, newest first, in the order of `git log`: by time, then as they were met."""
    first = _met(pack, head)
    if first is None:
        raise Unreadable("the head is no commit")
    waiting: list[tuple[int, int, ObjectID, _Met]] = [(-first.time, 0, head, first)]
    met = {head}
    while waiting:
        _, _, oid, commit = heapq.heappop(waiting)
        yield oid, commit
        for parent in commit.parents:
            if parent in met or parent not in pack:
                continue
            met.add(parent)
            found = _met(pack, parent)
            if found is not None:
                heapq.heappush(waiting, (-found.time, len(met), parent, found))


def _met(pack: Pack, oid: ObjectID) -> _Met | None:
    commit = pack[oid]
    if not isinstance(commit, Commit):
        return None
    text = _decoded(commit.message[:MESSAGE_BYTES], commit.encoding)
    title, _, rest = text.lstrip("\n").partition("\n")
    author = commit.author.partition(b"<")[0]
    told = past_commit(oid.decode(), title, rest, [_decoded(author, commit.encoding)], _moment(commit.commit_time))
    return _Met(commit.commit_time, tuple(dict.fromkeys(commit.parents)), commit.tree, told)


def _decoded(data: bytes, encoding: bytes | None) -> str:
    """Return a text in the encoding that its commit names, in UTF-8 where it names none or one that is none."""
    try:
        return data.decode((encoding or b"utf-8").decode("ascii"), "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError):
        return None


def _steps(
    pack: Pack, before: ObjectID | None, after: ObjectID, number: int, known: dict[str, Content]
) -> Iterator[PastFile]:
    """What differs between two trees; files alone, submodules left out."""
    for old, new in walk_trees(cast("BaseObjectStore", pack), before, after, prune_identical=True):
        old_oid = old.sha if old is not None and _is_file(old.mode) else None
        new_oid = new.sha if new is not None and _is_file(new.mode) else None
        if old_oid == new_oid:
            continue
        entry = new if new_oid is not None else old
        assert entry is not None
        path = (entry.path or b"").decode("utf-8", "replace")
        if new_oid is None:
            yield PastFile(number, path, None)
            continue
        oid = new_oid.decode()
        if oid not in known:
            known[oid] = _told_by_blob(pack, new_oid)
        sha256, size = known[oid]
        yield PastFile(number, path, oid, size, sha256)


def _is_file(mode: int | None) -> bool:
    return mode is not None and (stat.S_ISREG(mode) or stat.S_ISLNK(mode))


def _told_by_blob(pack: Pack, oid: ObjectID) -> Content:
    """What a file's bytes tell: of an LFS pointer the content it stands for; nothing where the filter left it out."""
    if oid not in pack:
        return None, None
    found = pack[oid]
    data = found.data if isinstance(found, Blob) else b""
    return pointer_of(data) or (None, len(data))
