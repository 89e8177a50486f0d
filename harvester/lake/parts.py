"""Writes batches of rows as Parquet parts, completely or not at all, and decides which parts are live.

The parts of a batch are written under names that are never reused, and stored durably. Then the list of live parts is
replaced at once: this publishes the batch. A part that is not in the list does not count. store.py says where all this
is stored.
"""

import hashlib
import os
import secrets
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import polars as pl

from harvester.errors import DamagedLake, LocalError, UsageError
from harvester.lake.files import local_error, sync_directory
from harvester.lake.frames import frame
from harvester.lake.layout import Layout
from harvester.lake.store import Conflict, store_of
from harvester.lake.types import polars_schema
from harvester.schema.lake import LAKE_TABLES
from harvester.schema.rows import Row
from harvester.schema.table import Table

#: Rows of a batch by lake table; each row a tuple in the table's column order without ``run_id``.
Rows = dict[str, list[Row]]
TABLES: Mapping[str, Table] = {table.name: table for table in LAKE_TABLES}
#: The list of live parts, as the store names it.
LIST = "lake/parts.json"
ROW_GROUP = 250_000
COMPRESSION_LEVEL = 3
#: Tables whose rows depend on each other: their parts of one run are merged together, and lost together.
GROUPS: Mapping[str, str] = {
    **dict.fromkeys(("manifests", "files"), "manifest"),
    **dict.fromkeys(("documents", "configs", "fields", "labels", "cards", "evaluations", "license_texts"), "document"),
    **dict.fromkeys(("histories", "commits", "file_versions"), "history"),
}


def add_rows(into: Rows, more: Rows) -> None:
    """Append rows table by table."""
    for table, rows in more.items():
        into.setdefault(table, []).extend(rows)


class Part(msgspec.Struct, frozen=True):
    """One Parquet file: its path below ``lake/``, its table, run, rows, bytes and SHA-256.

    ``batch`` is the publication that it can be lost with: its rows are then requested again. It is empty for a part
    that replaced others, which is never dropped without consent. ``columns`` is a digest of their names and types. All
    three are empty in lists of older versions.
    """

    path: str
    table: str
    run_id: str
    rows: int
    bytes: int
    batch: str = ""
    sha256: str = ""
    columns: str = ""


def columns_digest(schema: Mapping[str, pl.DataType]) -> str:
    """Return a digest of the names and types of columns, in any order."""
    return f"{zlib.crc32(str(sorted(schema.items())).encode()):08x}"


#: The digest of each table's columns in this version.
_COLUMNS = {name: columns_digest(polars_schema(table)) for name, table in TABLES.items()}
#: Tables of what runs listed, as changes since the run before.
LISTED = {"observations", "members"}


class Loss(msgspec.Struct, frozen=True):
    """Parts that were set aside: when (microseconds since 1970, UTC), of which runs, and of which tables.

    ``newest`` is the newest run of that time.
    """

    at: int
    run_ids: tuple[str, ...]
    tables: tuple[str, ...]
    newest: str = ""


class PartsList(msgspec.Struct, frozen=True):
    """The state of the lake. ``hub`` is the one it belongs to, empty before its first harvest.

    ``revision`` is another one in every list, so that a writer recognises the one that it wrote.
    """

    parts: tuple[Part, ...]
    batches: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    hub: str = ""
    version: int = 1
    revision: str = ""


def hub_identity(name: str) -> str:
    """Return one spelling for a Hub, from what runs call it: `sample` on all its days, a URL as it is compared."""
    if "://" not in name:
        return name.partition(",")[0]
    parts = urlsplit(name)
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    port = f":{parts.port}" if parts.port not in (None, default) else ""
    host = parts.hostname or ""
    return f"{parts.scheme.lower()}://{f'[{host}]' if ':' in host else host}{port}{parts.path.rstrip('/')}"


class Lake:
    """The parts of one harvest. There is one writer (the harvest lock); readers use the list."""

    def __init__(self, layout: Layout, state: PartsList | None = None):
        self.layout = layout
        self.store = store_of(layout)
        self._list = self._load() if state is None else state

    def _load(self) -> PartsList:
        path = self.layout.parts_list
        fix = "restore it from a backup, or run `harvester repair --accept-loss` to rebuild it from the parts on disk"
        try:
            data = self.store.read(LIST)
            self._exists = data is not None
            # Unlisted files are removed at start: a missing list must not empty a lake.
            if data is None and (self.layout.holds_parts or self.store.sizes()):
                raise DamagedLake(f"{path} is missing, but parts of the lake exist; {fix}")
            found = PartsList(()) if data is None else msgspec.json.decode(data, type=PartsList)
        except msgspec.DecodeError as error:
            raise DamagedLake(f"{path} is damaged ({error}); {fix}") from None
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        return found

    def create(self) -> None:
        """Make the directories, and an empty list if there is none."""
        try:
            for folder in (self.layout.lake, self.layout.runs, self.layout.scratch):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise local_error(error, self.layout.root) from None
        if not self._exists:
            try:
                self.replace(self._list)
            except Conflict:
                # Another process created it at the same time.
                self._list = self._load()

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
        return self.paths(self.parts(table, run_id))

    def paths(self, parts: Iterable[Part]) -> list[str]:
        """Absolute paths of parts, made local. Raises DamagedLake."""
        chosen = list(parts)
        self.store.fetch({f"lake/{part.path}": part.sha256 for part in chosen})
        return [str(self.layout.lake / part.path) for part in chosen]

    def has_all_columns(self, table: str) -> bool:
        """Whether every live part of a table has exactly the columns of this version."""
        return all(part.columns == _COLUMNS[table] for part in self.parts(table))

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
        """Write frames by table as one batch, as `write` does. Raises LocalError."""
        batch = f"{run_id}-{name}"
        return [self.write_frame(run_id, name, table, data, batch=batch) for table, data in frames.items()]

    def write_frame(self, run_id: str, name: str, table: str, data: pl.DataFrame, *, batch: str = "") -> Part:
        """Write one frame as one part of a batch, synced; without a batch it takes the place of others."""
        path = self.part_path(run_id, name, table)
        if path.exists():
            raise LocalError(f"{path} exists already: part names are never reused (is another process writing here?)")
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
        return self.describe(path, run_id, table, data.height, batch=batch)

    def part_path(self, run_id: str, name: str, table: str) -> Path:
        """Return the path of a new part, its folder made."""
        folder = self.layout.lake / table / f"run={run_id}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise local_error(error, folder) from None
        return folder / f"part-{name}{self.store.suffix}.parquet"

    def describe(self, path: Path, run_id: str, table: str, rows: int, *, batch: str = "") -> Part:
        """Sync a written file and return its entry for the list."""
        try:
            with path.open("rb") as file:
                os.fsync(file.fileno())
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            sync_directory(path.parent)
            name = str(path.relative_to(self.layout.lake))
            columns = columns_digest(pl.read_parquet_schema(path))
            return Part(name, table, run_id, rows, path.stat().st_size, batch, digest, columns)
        except OSError as error:
            raise local_error(error, path) from None

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What was set aside so far, oldest first."""
        return self._list.losses

    def lost_listings(self) -> list[tuple[str, str]]:
        """Return the first and the last run (inclusive) of which it is not known any more what they listed.

        A run stores what changed since the one before, so what is lost of one is missing in all until the next.
        """
        compared = {part.run_id for table in LISTED for part in self.parts(table)}
        lost = ((min(loss.run_ids), loss.newest) for loss in self.losses if loss.run_ids and LISTED & {*loss.tables})
        return [(first, max(first, newest)) for first, newest in lost if first not in compared]

    def publish(
        self, parts: Iterable[Part], *, batches: Sequence[str] = (), drop: Iterable[Part] = (), forget: bool = False,
        loss: Loss | None = None,
    ) -> None:  # fmt: skip
        """Replace the list: add parts and batch ids, drop others (their files go after); ``forget`` all batch ids.

        If other parts took the place of a part, the rest of its batch and group cannot be lost with the batch alone.
        With a ``loss`` nothing took the place of what is dropped, and the caller moves its files.
        """
        drop = tuple(drop)
        gone = {p.path for p in drop}
        split = {(p.batch, GROUPS.get(p.table, p.table)) for p in drop if p.batch and loss is None}
        kept = tuple(
            msgspec.structs.replace(p, batch="") if (p.batch, GROUPS.get(p.table, p.table)) in split else p
            for p in self._list.parts
            if p.path not in gone
        )
        known = () if forget else self._list.batches
        losses = (*self._list.losses, *([] if loss is None else [loss]))
        self.replace(
            msgspec.structs.replace(self._list, parts=(*kept, *parts), batches=(*known, *batches), losses=losses)
        )
        if loss is None:
            self.remove(gone)

    def remove(self, paths: Iterable[str]) -> None:
        """Remove the files of parts that are not listed any more."""
        self.store.remove([f"lake/{path}" for path in paths])

    def claim(self, hub: str) -> None:
        """Record the Hub this lake belongs to. Raises UsageError if it belongs to another."""
        self.require_hub(hub)
        if self._list.hub != hub:
            self.replace(msgspec.structs.replace(self._list, hub=hub))

    def release(self) -> None:
        """Forget the Hub of an empty lake."""
        self.replace(msgspec.structs.replace(self._list, hub=""))

    def is_unused(self, run_id: str) -> bool:
        """Whether nothing was ever published, and no run but this one began."""
        lists = self._list.parts, self._list.batches, self._list.losses
        return not any(lists) and all(path.stem == run_id for path in self.layout.runs.glob("*.json"))

    def require_hub(self, hub: str) -> None:
        """Raise UsageError if this lake belongs to another Hub."""
        known = self._list.hub or self._hub_of_runs()
        if known not in ("", hub):
            raise UsageError(
                f"{self.layout.root} holds a harvest of {known}, not of {hub}: choose another directory with --data"
            )

    def _hub_of_runs(self) -> str:
        """Return the Hub that the records of runs name: lists of older versions do not."""
        for path in sorted(self.layout.runs.glob("*.json"), reverse=True):
            try:
                record = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
            except (OSError, msgspec.DecodeError):
                continue
            if record.get("hub"):
                return hub_identity(str(record["hub"]))
        return ""

    def replace(self, new: PartsList) -> None:
        """Store the parts that are new in a list, then replace the list as a whole. Raises LocalError, Conflict."""
        stored = {part.path for part in self._list.parts}
        self.store.add(f"lake/{part.path}" for part in new.parts if part.path not in stored)
        new = msgspec.structs.replace(new, revision=secrets.token_hex(8))
        self.store.replace(LIST, msgspec.json.encode(new))
        self._list, self._exists = new, True

    def sweep(self) -> int:
        """Remove files the list does not name (left by a kill); return how many. Raises LocalError, Conflict."""
        live = {f"lake/{part.path}" for part in self._list.parts}
        strays = self.store.strays(live, lambda: self.replace(self._list))
        self.store.remove(strays)
        return len(strays)
