"""The sockets of the sample Hub: HTTP/1.1 with keep-alive on loopback, one thread per connection."""

import contextlib
import socket
import threading
import time
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO

from samplehub.hub import Hub, not_ready
from samplehub.messages import Reply, Request, whole_number

#: bounds of what is read from a client
MAX_LINE = 64 * 1024
MAX_HEADERS = 200
MAX_BODY = 64 * 1024 * 1024
#: bytes of a large file that are generated and sent at a time
PIECE = 1 << 20
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Server:
    """Serves one hub on 127.0.0.1; ``port`` 0 takes a free one."""

    def __init__(self, hub: Hub, port: int = 0) -> None:
        self.hub = hub
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256, reuse_port=False)
        self.port: int = self._listener.getsockname()[1]
        hub.origin = self.url
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve in the background."""
        self._thread = threading.Thread(target=self.serve_forever, name="sample-hub", daemon=True)
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve until ``stop`` is called from another thread."""
        while not self._stopped.is_set():
            try:
                connection, address = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._stopped.is_set():
                    connection.close()
                    return
                self._open.add(connection)
            threading.Thread(target=self._converse, args=(connection, address[0]), daemon=True).start()

    def stop(self) -> None:
        """Close the listener and every open connection."""
        self._stopped.set()
        with contextlib.suppress(OSError):
            # wakes the thread that waits in accept
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            waiting = list(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._thread:
            self._thread.join(5)

    def _converse(self, connection: socket.socket, address: str) -> None:
        """Answer the requests of one connection until either side closes it."""
        # that a client goes away is no error: nothing is printed
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while self._exchange(connection, stream, address):
                    pass
        with self._lock:
            self._open.discard(connection)

    def _exchange(self, connection: socket.socket, stream: BinaryIO, address: str) -> bool:
        """Read one request and answer it; False when the connection is done."""
        try:
            request = read_request(stream, address)
        except ValueError as error:
            connection.sendall(to_wire(not_ready(str(error)), "GET"))
            return False
        if request is None:
            return False
        reply = self.hub.answer(request)
        if reply.delay:
            time.sleep(reply.delay)
        if reply.hang:
            # until the client gives up or the server stops; both end the read
            stream.read(1)
            return False
        if reply.drop:
            return False
        connection.sendall(to_wire(reply, request.method))
        if reply.rest and reply.cut is None and request.method != "HEAD":
            for piece in reply.rest.pieces(PIECE):
                connection.sendall(piece)
        closing = request.headers.get("connection", "").lower() == "close"
        return not (closing or reply.close or reply.cut is not None)


def read_request(stream: BinaryIO, address: str) -> Request | None:
    """The next request of a connection; None at its end.

    Raises ``ValueError`` for anything that is not HTTP within bounds.
    """
    line = stream.readline(MAX_LINE)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[1].startswith("/"):
        raise ValueError("not an HTTP request")
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE)
        if line in (b"\r\n", b"\n", b""):
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    else:
        raise ValueError("too many headers")
    length = whole_number(headers.get("content-length", "0"))
    if length is None or length > MAX_BODY or "transfer-encoding" in headers:
        raise ValueError("a body needs a Content-Length within bounds")
    body = stream.read(length) if length else b""
    return Request(parts[0].upper(), parts[1], headers, body, address)


def to_wire(reply: Reply, method: str) -> bytes:
    """The bytes of an answer, head and body together."""
    lines = [f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    if reply.status != 304:
        lines.append(f"Content-Length: {reply.length}")
    if reply.close or reply.cut is not None:
        lines.append("Connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
    if method == "HEAD" or reply.status == 304:
        return head
    return head + (reply.body if reply.cut is None else reply.body[: reply.cut])
