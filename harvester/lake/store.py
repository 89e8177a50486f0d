"""Where a lake is stored: the seam between publishing (parts.py) and a directory or an object store.

Names are paths below the harvest directory, such as ``lake/parts.json``. Parts never change once they are added; the
few small files that change (the list of parts, records of runs, what was purged) are replaced whole.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harvester.errors import HarvesterError, LocalError, UsageError
from harvester.lake.files import local_error, write_atomically
from harvester.lake.layout import Layout
from harvester.lake.location import forget_unused

if TYPE_CHECKING:
    from harvester.lake.objects import ObjectStore


class Conflict(LocalError):
    """Another process replaced a file since this one read it. Nothing was written."""


class Store(Protocol):
    """What publishing needs of a place. Every method raises LocalError if the place cannot be used."""

    #: what the names of new parts end with, so that two writers never use the same name
    suffix: str

    def refresh(self) -> None:
        """Bring the local copies of records up to date."""

    def read(self, name: str) -> bytes | None:
        """Return a small file; None if there is none. Raises OSError."""

    def replace(self, name: str, data: bytes) -> None:
        """Replace a small file as a whole; durable when this returns. Raises Conflict."""

    def add(self, names: Iterable[str]) -> None:
        """Store parts that were written locally; durable when this returns."""

    def fetch(self, hashes: Mapping[str, str]) -> None:
        """Make parts local. ``hashes``: their SHA-256 by name, empty where it is not known. Raises DamagedLake."""

    def remove(self, names: Collection[str]) -> None:
        """Remove parts or records that nothing lists any more; a missing one is no error."""

    def sizes(self) -> dict[str, int] | None:
        """Return the bytes of all stored parts by name; None where the local files are the store."""

    def strays(self, live: Collection[str], fence: Callable[[], None]) -> list[str]:
        """Return the stored parts that are not ``live``. ``fence`` is called before they may be removed."""


class LocalStore:
    """A directory."""

    suffix = ""

    def __init__(self, root: Path):
        self._root = root

    def refresh(self) -> None:
        """Do nothing: the files are local."""

    def read(self, name: str) -> bytes | None:
        """Return a small file; None if there is none. Raises OSError."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None

    def replace(self, name: str, data: bytes) -> None:
        """Replace a file by one rename. Raises LocalError."""
        path = self._root / name
        try:
            write_atomically(path, data)
        except OSError as error:
            raise local_error(error, path) from None

    def add(self, names: Iterable[str]) -> None:
        """Do nothing: they are synced when they are written."""

    def fetch(self, hashes: Mapping[str, str]) -> None:
        """Do nothing: they are local."""

    def remove(self, names: Collection[str]) -> None:
        """Remove files."""
        for name in names:
            (self._root / name).unlink(missing_ok=True)

    def sizes(self) -> dict[str, int] | None:
        """Return None: whoever wants to know looks at the files."""
        return None

    def strays(self, live: Collection[str], fence: Callable[[], None]) -> list[str]:
        """Return the files of parts, and drafts of them, that are not live. There is one writer: no fence is needed."""
        found = (path for path in self._root.glob("lake/*/run=*/*") if path.suffix in (".parquet", ".draft"))
        return [name for path in found if (name := path.relative_to(self._root).as_posix()) not in live]


def store_of(layout: Layout) -> Store:
    """Return the store of a harvest directory: the object store whose work directory it is, else the directory."""
    if layout.remote is None:
        return LocalStore(layout.root)
    return object_store(layout)


def require_remote(layout: Layout, *, publish: bool) -> None:
    """Raise UsageError if a catalogue shall be published beside a lake that is not in an object store."""
    if publish and layout.remote is None:
        raise UsageError("--publish-catalogue is for a lake in an object store (--data s3://...)")


def object_store(layout: Layout) -> "ObjectStore":
    """Return the object store whose work directory this is. Raises UsageError if the library is not installed."""
    from harvester.lake.objects import ObjectStore

    try:
        return ObjectStore(layout)
    except HarvesterError:
        forget_unused(layout.root)
        raise
