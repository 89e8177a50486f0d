"""One writer at a time: a lock on the harvest that a dead process does not hold."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from harvester.errors import LocalError, UsageError
from harvester.lake.files import local_error


class HarvestLock:
    """A lock on a file that holds the pid of its owner. Raises LocalError if another process has it."""

    def __init__(self, path: Path):
        self._path = path
        self._lock = FileLock(path, timeout=0, on_acquired=_sign)

    def __enter__(self) -> "HarvestLock":
        folder = self._path.parent
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"--data takes a directory; {folder} is a file")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise LocalError(
                f"another process (pid {self._owner()}) is writing to {folder}; wait for it or choose another --data"
            ) from None
        except OSError as error:
            raise local_error(error, self._path) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _owner(self) -> str:
        with suppress(OSError):  # Windows lets nobody read a locked file
            return self._path.read_text("ascii", "replace").strip() or "unknown"
        return "unknown"


def _sign(handle: int) -> None:
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
