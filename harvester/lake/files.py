"""Writes local files whole or not at all, and turns an I/O error into one line."""

import errno
import os
from pathlib import Path

from harvester.errors import LocalError


def sync_directory(path: Path) -> None:
    """Make renames in a directory durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file by one rename; it is durable when this returns."""
    draft = path.with_name(path.name + ".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_directory(path.parent)


def local_error(error: OSError, path: Path) -> LocalError:
    """Turn an I/O error into one line that says how to fix it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LocalError(f"no space left at {path}; free some space and run the same command again: it resumes")
    return LocalError(f"cannot write {path}: {error.strerror or error}")
