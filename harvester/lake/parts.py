"""Writes batches of rows as Parquet parts, whole or not at all, and tells which parts are live.

A batch's parts are written under names never used again and synced; then the list of live parts is replaced in one
rename: that is the publication. What the list does not name does not exist.
"""

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from harvester.errors import LocalError, UsageError
from harvester.lake.frames import frame
from harvester.lake.layout import Layout
from harvester.schema.lake import LAKE_TABLES, LISTING
from harvester.schema.table import Table

#: Rows of a batch by lake table; each row a tuple in the table's column order without ``run_id``.
Rows = dict[str, list[tuple[Any, ...]]]
TABLES: Mapping[str, Table] = {table.name: table for table in LAKE_TABLES}
ROW_GROUP = 250_000
COMPRESSION_LEVEL = 3
#: Paths that the list remembers of rewritten parts. Whoever knew older ones reads the whole lake anew.
REWRITTEN_PATHS = 4_000


def add_rows(into: Rows, more: Rows) -> None:
    """Append rows table by table."""
    for table, rows in more.items():
        into.setdefault(table, []).extend(rows)


class Part(msgspec.Struct, frozen=True):
    """One Parquet file: its path below ``lake/``, its table, run, rows and bytes."""

    path: str
    table: str
    run_id: str
    rows: int
    bytes: int


class Rewritten(msgspec.Struct, frozen=True):
    """Paths of parts, and of those that took their place: other rows at most, the same catalogue."""

    old: tuple[str, ...]
    new: tuple[str, ...]


class PartsList(msgspec.Struct, frozen=True):
    """The state of the lake. ``rewritten`` tells the last merges and compactions, oldest first."""

    parts: tuple[Part, ...] = ()
    batches: tuple[str, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    version: int = 1


def sync_directory(path: Path) -> None:
    """Make renames in a directory durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file in one rename, durable when this returns."""
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_directory(path.parent)


def local_error(error: OSError, path: Path) -> LocalError:
    """Turn an I/O error into one line that names the mend."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LocalError(f"no space left at {path}; free some and run the same command again: it resumes")
    return LocalError(f"cannot write {path}: {error.strerror or error}")


class Lake:
    """The parts of one harvest. One writer at a time (the harvest lock); readers take the list."""

    def __init__(self, layout: Layout):
        self.layout = layout
        self._list = self._load()

    def _load(self) -> PartsList:
        path = self.layout.parts_list
        try:
            return msgspec.json.decode(path.read_bytes(), type=PartsList)
        except FileNotFoundError:
            return PartsList()
        except msgspec.DecodeError as error:
            raise UsageError(f"{path} is damaged ({error}); restore it from a backup") from None
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None

    def create(self) -> None:
        """Make the directories and an empty list, where there is none."""
        try:
            for folder in (self.layout.lake, self.layout.runs, self.layout.scratch):
                folder.mkdir(parents=True, exist_ok=True)
            if not self.layout.parts_list.exists():
                write_atomically(self.layout.parts_list, msgspec.json.encode(self._list))
        except OSError as error:
            raise local_error(error, self.layout.root) from None

    @property
    def batches(self) -> frozenset[str]:
        """Published batch ids of runs that have not ended."""
        return frozenset(self._list.batches)

    def parts(self, table: str, run_id: str | None = None) -> list[Part]:
        """Live parts of a table, in order of writing."""
        return [p for p in self._list.parts if p.table == table and (run_id is None or p.run_id == run_id)]

    def all_parts(self) -> tuple[Part, ...]:
        """Live parts of every table."""
        return self._list.parts

    def files(self, table: str, run_id: str | None = None) -> list[str]:
        """Absolute paths of the live parts of a table."""
        return [str(self.layout.lake / p.path) for p in self.parts(table, run_id)]

    def next_batch(self, run_id: str) -> int:
        """Return a batch number of a run that was never published: batches are ``<run_id>-<number>``."""
        numbers = [int(b.rpartition("-")[2]) for b in self._list.batches if b.startswith(f"{run_id}-")]
        return max(numbers, default=-1) + 1

    @property
    def run_ids(self) -> list[str]:
        """Runs that have parts, oldest first."""
        return sorted({p.run_id for p in self._list.parts})

    def write(self, run_id: str, name: str, rows: Rows) -> list[Part]:
        """Write rows as parts named after ``name``; not live before `publish`. Raises LocalError, Unstorable."""
        return self.write_frames(
            run_id, name, {table: frame(TABLES[table], run_id, tuples) for table, tuples in rows.items() if tuples}
        )

    def write_frames(self, run_id: str, name: str, frames: Mapping[str, pl.DataFrame]) -> list[Part]:
        """Write frames by table, as `write` does. Raises LocalError."""
        return [self.write_frame(run_id, name, table, data) for table, data in frames.items()]

    def write_frame(self, run_id: str, name: str, table: str, data: pl.DataFrame) -> Part:
        """Write one frame as one part, synced."""
        path = self.part_path(run_id, name, table)
        if path.exists():
            raise LocalError(f"{path} exists already: a part's name is never used again (another process writes here?)")
        try:
            data.write_parquet(
                path, compression="zstd", compression_level=COMPRESSION_LEVEL, row_group_size=ROW_GROUP, statistics=True
            )
        except OSError as error:
            path.unlink(missing_ok=True)
            raise local_error(error, path) from None
        except pl.exceptions.ComputeError as error:
            path.unlink(missing_ok=True)
            raise LocalError(f"cannot write {path}: {error}") from None
        return self.describe(path, run_id, table, data.height)

    def part_path(self, run_id: str, name: str, table: str) -> Path:
        """Return the path of a new part, its folder made."""
        folder = self.layout.lake / table / f"run={run_id}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise local_error(error, folder) from None
        return folder / f"part-{name}.parquet"

    def describe(self, path: Path, run_id: str, table: str, rows: int) -> Part:
        """Sync a written file and return its entry for the list."""
        try:
            with path.open("rb") as file:
                os.fsync(file.fileno())
            sync_directory(path.parent)
            return Part(str(path.relative_to(self.layout.lake)), table, run_id, rows, path.stat().st_size)
        except OSError as error:
            raise local_error(error, path) from None

    @property
    def rewritten(self) -> tuple[Rewritten, ...]:
        """The last merges and compactions, oldest first."""
        return self._list.rewritten

    def publish(
        self, parts: Iterable[Part], *, batches: Sequence[str] = (), drop: Iterable[Part] = (), forget: bool = False,
        rewritten: bool = False,
    ) -> None:  # fmt: skip
        """Replace the list: add parts and batch ids, drop others (their files go after); ``forget`` all batch ids.

        ``rewritten``: the parts tell of the catalogue exactly what the dropped ones told.
        """
        parts, drop = tuple(parts), tuple(drop)
        gone = {p.path for p in drop}
        kept = tuple(p for p in self._list.parts if p.path not in gone)
        known = () if forget else self._list.batches
        told = self._list.rewritten
        old = tuple(p.path for p in drop if p.table != LISTING.name)
        if rewritten and old:
            told = _newest((*told, Rewritten(old, tuple(p.path for p in parts))))
        new = PartsList((*kept, *parts), (*known, *batches), told)
        try:
            write_atomically(self.layout.parts_list, msgspec.json.encode(new))
        except OSError as error:
            raise local_error(error, self.layout.parts_list) from None
        self._list = new
        for path in gone:
            (self.layout.lake / path).unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove files the list does not name (left by a kill); return how many."""
        live = {p.path for p in self._list.parts}
        count = 0
        for path in self.layout.lake.glob("*/run=*/*"):
            if path.suffix in (".parquet", ".draft") and str(path.relative_to(self.layout.lake)) not in live:
                path.unlink(missing_ok=True)
                count += 1
        return count

    def set_aside_damaged(self) -> list[str]:
        """Take batches with a part that is missing or not whole out of the list; return the damaged paths."""
        wrong = set(self.check())
        if not wrong:
            return []
        names = {(p.run_id, Path(p.path).name) for p in self._list.parts if str(self.layout.lake / p.path) in wrong}
        torn = [p for p in self._list.parts if (p.run_id, Path(p.path).name) in names]
        folder = self.layout.lake / "damaged"
        folder.mkdir(exist_ok=True)
        for part in torn:
            source = self.layout.lake / part.path
            if source.exists():
                source.rename(folder / f"{part.table}-{part.run_id}-{source.name}")
        self.publish([], drop=torn)
        return sorted(wrong)

    def check(self) -> list[str]:
        """Return the paths the list names but the disk has not whole (a wrong size counts)."""
        wrong = []
        for part in self._list.parts:
            path = self.layout.lake / part.path
            try:
                whole = path.stat().st_size == part.bytes
            except OSError:
                whole = False
            if not whole:
                wrong.append(str(path))
        return wrong


def _newest(told: tuple[Rewritten, ...]) -> tuple[Rewritten, ...]:
    paths = 0
    for place in range(len(told) - 1, -1, -1):
        paths += len(told[place].old) + len(told[place].new)
        if paths > REWRITTEN_PATHS:
            return told[place + 1 :]
    return told
