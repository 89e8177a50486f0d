"""Runs the command line in a forked process and ends it, as kill -9 does, just before its n-th lasting write.

A lasting write is a commit of the journal, a rename or a removal of a file; with the argument ``objects``, a put or a
removal of objects instead. Reads lines of JSON, ``[n, arguments]`` (0: never), and answers each with ``[exit status or
minus the signal, writes that were counted]``.
"""

import contextlib
import itertools
import json
import os
import signal
import sqlite3
import sys
from typing import Any


def end_before(number: int) -> "itertools.count[int]":
    """End this process before its ``number``-th lasting write; 0: only count them."""
    writes = itertools.count(1)

    def write() -> None:
        if next(writes) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(statement: str) -> None:
        if statement == "COMMIT":
            write()

    def hook(event: str, _: tuple[Any, ...]) -> None:
        if event in ("os.rename", "os.remove"):
            write()

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(traced)
        return connection

    if sys.argv[1:] == ["objects"]:
        import obstore

        def counted(action: Any) -> Any:
            def wrapped(*arguments: Any, **options: Any) -> Any:
                write()
                return action(*arguments, **options)

            return wrapped

        obstore.put, obstore.delete = counted(obstore.put), counted(obstore.delete)
        return writes
    connect, sqlite3.connect = sqlite3.connect, connected  # type: ignore[assignment]
    sys.addaudithook(hook)
    return writes


def _run(number: int, arguments: list[str], count: int) -> int:
    from harvester.cli import main

    writes = end_before(number)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.argv = ["harvester", *arguments]
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code
    os.write(count, str(next(writes) - 1).encode())
    return code if isinstance(code, int) else 0


def serve() -> None:
    """Answer until the input ends."""
    with contextlib.suppress(ImportError):
        import harvester.cli
        import harvester.commands.harvest  # noqa: F401
    for line in sys.stdin:
        number, arguments = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = _run(number, arguments, writing)
            finally:
                sys.stderr.flush()
                os._exit(code)
        os.close(writing)
        told = os.read(reading, 20)
        _, status = os.waitpid(child, 0)
        os.close(reading)
        print(json.dumps([os.waitstatus_to_exitcode(status), int(told or 0)]), flush=True)


if __name__ == "__main__":
    serve()
