"""How a command ends: what it raised becomes one line on standard error and the contract's exit code."""

import errno
import os
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import click

from harvester.errors import HarvesterError
from harvester.terminal import say

#: Exceptions of DuckDB after a signal, by name, because few commands import it.
_INTERRUPTED = ("InterruptException",)


def guarded(command: Callable[[], Any]) -> int:
    """Run a command and return its exit code. What it prints is written out before this returns."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if sys.stdout is None:
        _say("standard output is closed: send it to a file, or to /dev/null")
        return 2
    code = _run(command)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = code or _unwritable(error)
    return code


def _run(command: Callable[[], Any]) -> int:
    try:
        command()
    except HarvesterError as error:
        _say(str(error))
        return error.exit_code
    except click.ClickException as error:
        # The text may contain harvested strings that a person pasted.
        shown = StringIO()
        error.show(shown)
        say(shown.getvalue().removesuffix("\n"), err=True)
        return error.exit_code
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("interrupted")
        return 130
    except OSError as error:
        return _unwritable(error)
    except Exception as error:
        if type(error).__name__ in _INTERRUPTED or str(error) == "Query interrupted":
            _say("interrupted")
            return 130
        if os.environ.get("HARVESTER_DEBUG"):
            raise
        first = str(error).splitlines()[0] if str(error) else ""
        _say(f"unexpected {type(error).__name__}: {first[:300]} (a bug in harvester; HARVESTER_DEBUG=1 shows where)")
        return 1
    return 0


def _unwritable(error: OSError) -> int:
    """Report an error of the operating system in one line; a closed pipe is not an error."""
    if isinstance(error, BrokenPipeError):
        _forget_stdout()
        return 0
    if error.filename is None and error.errno in (errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG):
        _forget_stdout()
        _say(f"cannot write to stdout: {error.strerror}")
        return 2
    where = f"{error.filename}: " if error.filename else ""
    _say(f"{where}{error.strerror or error}")
    return 2


def _forget_stdout() -> None:
    """Let nothing more be written to a standard output that does not take it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(message: str) -> None:
    try:
        say(f"harvester: {message}", err=True)
    except OSError:
        return
