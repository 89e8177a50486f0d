"""Runs the application until it is interrupted."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

import uvicorn

from harvester.browse import search
from harvester.browse.app import application
from harvester.browse.security import LOOPBACK
from harvester.browse.store import Store
from harvester.errors import HarvesterError, LocalError
from harvester.terminal import say


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens there. Raises LocalError for a port in use, and for an unknown address."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise LocalError(f"port {port} of {host} cannot be used: {error.strerror or error}") from None


def _count(store: Store) -> None:
    # The page that needs the counts says what is wrong.
    with suppress(HarvesterError):
        search.counted(store, search.State())


def serve(data: Path, host: str, port: int, selection: str | None = None) -> None:
    """Serve a harvest's catalogue. Raises LocalError for a port in use, HarvesterError if there is no catalogue.

    ``selection``, an id or a name, shows only its models.
    """
    # What is wrong with the catalogue is said here, not on each page.
    store = Store(data, selection)
    _ = store.con
    local = host in LOOPBACK
    listener = listening(host, port)
    if not local:
        say(
            f"warning: {host} is not this machine alone: everyone who reaches it can read the whole catalogue and use "
            "its CPU; without --host only this machine can",
            err=True,
        )
    # The counts of the first page take as long as it may: they are ready when a person has opened it.
    threading.Thread(target=_count, args=(store,), daemon=True).start()
    with listener:
        shown = f"[{host}]" if ":" in host else host
        say(f"serving {data} at http://{shown}:{listener.getsockname()[1]} (stop with Ctrl-C)")
        config = uvicorn.Config(
            application(store, LOOPBACK if local else None), log_level="warning", server_header=False, access_log=False
        )
        uvicorn.Server(config).run(sockets=[listener])
