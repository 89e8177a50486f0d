"""Opens a catalogue to read: a harvest directory or its DuckDB file in, a confined connection out. Writes nothing."""

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from harvester.ask.selected import ALL, open_selection
from harvester.errors import HarvesterError, LocalError, UsageError
from harvester.lake.layout import Layout, located
from harvester.lake.store import object_store

#: A query reads only the catalogue: no other file, no extension from the network, no Python variable of the caller as a
#: table; and the query cannot change that.
CONFINED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "lock_configuration": "true",
}

_PID = re.compile(r"\(PID (\d+)\)")


#: For people who join the catalogue with files of their own. Variables are looked up by ``Catalogue``, not by DuckDB,
#: which would look among ours.
OPEN = {"python_enable_replacements": "false"}


def connect(data: str | Path, *, confined: bool = True, selection: str | None = None) -> duckdb.DuckDBPyConnection:
    """Open a harvest's catalogue read-only; ``data`` is the harvest directory, its URL in an object store, or its
    ``catalogue.duckdb``.

    The connection cannot access any file but the catalogue, unless ``confined`` is False. ``selection``, an id or a
    name, shows only the models of that selection; None or ``all`` every model.
    A connection keeps seeing the catalogue it opened; the next one sees what a later build has made.

    Raises UsageError (not a harvest, not built yet, not a DuckDB file, unknown selection) and
    LocalError (in use by another process, unreadable, damaged, written by a newer DuckDB).
    """
    path = current_catalogue(located(data))
    try:
        if selection not in (None, ALL):
            return open_selection(path, selection, CONFINED if confined else OPEN)
        # DuckDB refuses one name with two settings: what is not confined opens a name of its own.
        with _current(path) if confined else _another_name(path) as name:
            return duckdb.connect(str(name), read_only=True, config=dict(CONFINED if confined else OPEN))
    except (duckdb.CatalogException, duckdb.BinderException):
        raise UsageError(
            f"{path} was built by another version of harvester: rebuild it with `harvester build`"
        ) from None
    except duckdb.Error as error:
        raise _explained(path, str(error)) from None


#: By real path, the file that this process opened first under it.
_opened: dict[str, tuple[int, int]] = {}
_opening = threading.Lock()


@contextmanager
def _current(path: Path) -> Iterator[Path]:
    """Give a name under which DuckDB opens the current file.

    DuckDB opens a name once per process: while an older connection is open, the same name means the older file, even if
    a build has replaced it. The new file then gets its own name, which is removed once it is open.
    """
    with _opening:
        status = path.stat()
        identity = (status.st_ino, status.st_mtime_ns)
        if _opened.setdefault(os.path.realpath(path), identity) == identity:
            yield path
            return
        with _another_name(path) as link:
            yield link


@contextmanager
def _another_name(path: Path) -> Iterator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=".open-", dir=path.parent))
        link = folder / path.name
        os.link(path, link)
    except OSError as error:
        raise LocalError(
            f"{path} is already open in this process with other settings or was replaced, and cannot be opened under a "
            f"second name ({error.strerror}):  start a new process to read it"
        ) from None
    try:
        yield link
    finally:
        link.unlink(missing_ok=True)
        folder.rmdir()


def current_catalogue(data: Path) -> Path:
    """Return the DuckDB file of a harvest, as `catalogue_file`; of a lake in an object store the newest one."""
    layout = Layout(data)
    if layout.remote is not None:
        object_store(layout).fetch_catalogue()
    return catalogue_file(data)


def catalogue_file(data: Path) -> Path:
    """Return the DuckDB file of a harvest directory, or the file itself; raise UsageError if there is none."""
    if data.is_file():
        return data
    if not data.exists() and data.suffix == ".duckdb":
        raise UsageError(f"no catalogue at {data}: `harvester build --data {data.parent}` builds it from the lake")
    layout = Layout(data)
    if layout.catalogue.is_file():
        return layout.catalogue
    layout.require()
    where = layout.remote or data
    raise UsageError(f"{where} has no catalogue yet: run `harvester build --data {where}`")


def _explained(path: Path, message: str) -> HarvesterError:
    line = message.splitlines()[0]
    if "Could not set lock" in message:
        pid = _PID.search(message)
        holder = f"process {pid[1]}" if pid else "another process"
        return LocalError(f"{path} is open for writing in {holder}: wait until that is done, or stop it")
    if "not a valid DuckDB database" in message:
        return UsageError(f"{path} is not a DuckDB database: rebuild it with `harvester build`")
    if "different configuration" in message:
        return UsageError(f"{path} is already open in this process with other settings: close that connection first")
    if "version number" in message or "newer version" in message:
        return LocalError(
            f"{path} was written by a newer DuckDB than {duckdb.__version__}: update the Python package duckdb"
        )
    if "Permission denied" in message:
        return LocalError(f"{path} cannot be read: permission denied; run as a user who may read it")
    return LocalError(f"{path} cannot be opened; rebuild it with `harvester build --data {path.parent}`: {line}")
