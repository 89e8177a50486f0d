"""One writer at a time: a lock on the harvest that a dead process does not hold."""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from harvester.errors import LocalError, UsageError
from harvester.lake.parts import local_error


class HarvestLock:
    """An advisory lock on a file that holds the pid of its owner. Raises LocalError where another process has it."""

    def __init__(self, path: Path):
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> "HarvestLock":
        if self._path.parent.exists() and not self._path.parent.is_dir():
            raise UsageError(f"--data takes a directory; {self._path.parent} is a file")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise local_error(error, self._path) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            raise LocalError(
                f"another process (pid {owner}) is writing {self._path.parent}; wait for it or choose another --data"
            ) from None
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
