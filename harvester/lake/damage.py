"""Finds damaged parts, and sets aside those that can be requested again.

Takes a lake, returns a list of damages. A damaged part is dropped with its batch; a part that replaced others is never
dropped without consent: the command ends and says how to restore it.
"""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harvester.errors import DamagedLake
from harvester.lake.files import local_error, write_atomically
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake, Loss, Part

#: Damaged files named in one message.
NAMED = 3
#: Per path, the size and modification time of a file that was found undamaged.
Stamps = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Damage:
    """A damaged part, and what is wrong with it."""

    part: Part
    problem: str

    @property
    def replaced_others(self) -> bool:
        """Whether only a person may decide to lose it."""
        return not self.part.batch


def damages(lake: Lake, *, every_hash: bool = False) -> list[Damage]:
    """Return the parts that are missing or altered: sizes always, hashes of files not read since they were written.

    With ``every_hash`` all files are read, which also finds what a disk altered by itself.
    """
    stamps = _load(lake.layout)
    found: list[Damage] = []
    now: Stamps = {}
    stored = lake.store.sizes()
    for part in lake.all_parts():
        path = lake.layout.lake / part.path
        if stored is not None:
            problem = _examine_stored(lake, part, stored.get(f"lake/{part.path}"), read=every_hash)
            if problem is not None:
                found.append(Damage(part, problem))
            if problem is not None or not path.exists():
                continue
        problem, stamp = _examine(path, part, None if every_hash else stamps.get(part.path))
        if problem is not None and stored is not None:
            # A copy: it is downloaded again when it is needed.
            path.unlink(missing_ok=True)
        elif problem is not None:
            found.append(Damage(part, problem))
        elif stamp is not None:
            now[part.path] = stamp
    if now != stamps:
        _save(lake.layout, now)
    return found


def _examine_stored(lake: Lake, part: Part, size: int | None, *, read: bool) -> str | None:
    """Return what is wrong with a part in an object store; with ``read`` it is downloaded."""
    if size is None:
        return "missing"
    if size != part.bytes:
        return f"{size:,} bytes instead of {part.bytes:,}"
    try:
        if read:
            (lake.layout.lake / part.path).unlink(missing_ok=True)
            lake.paths([part])
    except DamagedLake:
        return "contents changed since it was written"
    return None


def _examine(path: Path, part: Part, known: tuple[int, int] | None) -> tuple[str | None, tuple[int, int] | None]:
    try:
        status = path.stat()
        if status.st_size != part.bytes:
            return f"{status.st_size:,} bytes instead of {part.bytes:,}", None
        stamp = (status.st_size, status.st_mtime_ns)
        if not part.sha256 or stamp == known:
            return None, known
        with path.open("rb") as file:
            whole = hashlib.file_digest(file, "sha256").hexdigest() == part.sha256
        return (None, stamp) if whole else ("contents changed since it was written", None)
    except FileNotFoundError:
        return "missing", None
    except OSError as error:
        return f"unreadable ({error.strerror or error})", None


def _load(layout: Layout) -> Stamps:
    try:
        return msgspec.json.decode(layout.verified.read_bytes(), type=Stamps)
    except (OSError, msgspec.DecodeError):
        return {}


def _save(layout: Layout, stamps: Stamps) -> None:
    try:
        layout.scratch.mkdir(parents=True, exist_ok=True)
        write_atomically(layout.verified, msgspec.json.encode(stamps))
    except OSError:
        # This only saves time: without write access the files are read again.
        return


def require_repairable(lake: Lake, found: list[Damage]) -> None:
    """Raise DamagedLake if a damaged part had replaced others."""
    lasting = [damage for damage in found if damage.replaced_others]
    if lasting:
        raise DamagedLake(explanation(lake, lasting))


def explanation(lake: Lake, found: list[Damage]) -> str:
    """Return the line for damaged parts that no command drops by itself."""
    named = "; ".join(f"{lake.layout.lake / damage.part.path}: {damage.problem}" for damage in found[:NAMED])
    more = f"; and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    what = "a part of the lake is" if len(found) == 1 else f"{len(found):,} parts of the lake are"
    return (
        f"{what} damaged ({named}{more}). It contains rows of several batches, so nothing is dropped: restore the file "
        f"from a backup, or run `harvester repair --accept-loss --data {lake.layout.root}`, which says what would be "
        "lost and asks first"
    )


def with_their_batches(lake: Lake, found: Iterable[Damage]) -> list[Part]:
    """Return the damaged parts, and what else was published with those that belong to a batch."""
    damaged = {damage.part.path for damage in found}
    batches = {damage.part.batch for damage in found if damage.part.batch}
    return [part for part in lake.all_parts() if part.path in damaged or (part.batch and part.batch in batches)]


def set_aside(lake: Lake, parts: list[Part], newest_visit: int) -> None:
    """Take parts out of the list and keep what is left of their files in lake/damaged. Raises LocalError.

    The loss is recorded with the time of the newest visit (microseconds), so that the next run checks again what was
    visited until then. The caller holds the harvest lock.
    """
    # It is not known which runs a part that replaced others contained: any.
    lasting = any(not part.batch for part in parts)
    runs = () if lasting else tuple(sorted({part.run_id for part in parts}))
    tables = tuple(sorted({part.table for part in parts}))
    try:
        lake.layout.damaged.mkdir(exist_ok=True)
        for part in parts:
            source = lake.layout.lake / part.path
            target = lake.layout.damaged / f"{part.table}-{part.run_id}-{source.name}"
            if source.is_file() and not target.exists():
                shutil.copy2(source, target)
        newest = max((part.run_id for part in lake.all_parts()), default="")
        lake.publish([], drop=parts, loss=Loss(newest_visit, runs, tables, newest))
        lake.remove(part.path for part in parts)
    except OSError as error:
        raise local_error(error, lake.layout.damaged) from None
