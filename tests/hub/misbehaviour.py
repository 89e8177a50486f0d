"""A server of answers that no honest Hub gives. Each is a class of its name; a test serves one and looks at our side.

An answer is what `serve` puts on the connection after a request was read; the connection is closed behind it, unless it
says `Connection: keep-alive` by a length. Nothing here sleeps: what drips waits for the socket to be closed.
"""

import gzip
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote

SHA = "a" * 40
#: A quota no test uses up.
AMPLE = {
    "RateLimit": '"api";r=99999;t=100, "resolvers";r=99999;t=100',
    "RateLimit-Policy": '"fixed window";"api";q=100000;w=300, "fixed window";"resolvers";q=100000;w=300',
}


@dataclass
class Seen:
    """One request as it came in."""

    target: str
    headers: dict[str, str]


@dataclass
class Server:
    """Where it listens, and what it was asked."""

    url: str
    log: list[Seen] = field(default_factory=list)

    @property
    def authorized(self) -> list[str]:
        """The targets that were given a token."""
        return [seen.target for seen in self.log if "authorization" in seen.headers]


class Answer:
    """An honest one: JSON under status 200."""

    status = 200

    def __init__(self, value: object = None, **headers: str):
        self.value, self.headers = value, {k.replace("_", "-"): v for k, v in headers.items()}

    def head(self, more: Mapping[str, str]) -> bytes:
        lines = {"Content-Type": "application/json", "Connection": "close", **AMPLE, **more, **self.headers}
        text = f"HTTP/1.1 {self.status} X\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return text.encode("utf-8", "surrogateescape") + b"\r\n"

    def serve(self, put: Callable[[bytes], None], stopped: threading.Event) -> None:
        body = self.value if isinstance(self.value, bytes) else json.dumps(self.value).encode()
        put(self.head({"Content-Length": str(len(body))}) + body)


class Redirect(Answer):
    """To wherever it says."""

    status = 302

    def __init__(self, location: str):
        super().__init__(b"", Location=location)


class NotFound(Answer):
    """A 404 with a reason."""

    status = 404

    def __init__(self, code: str = "EntryNotFound"):
        super().__init__({"error": "Not found"}, X_Error_Code=code)


class Chunked(Answer):
    """A body of pieces without a length."""

    def pieces(self) -> Iterable[bytes]:
        return []

    def serve(self, put: Callable[[bytes], None], stopped: threading.Event) -> None:
        put(self.head({"Transfer-Encoding": "chunked"}))
        for piece in filter(None, self.pieces()):
            put(b"%x\r\n%s\r\n" % (len(piece), piece))
        put(b"0\r\n\r\n")


class EndlessBody(Chunked):
    """White space for ever."""

    def pieces(self) -> Iterator[bytes]:
        yield b"["
        while True:
            yield b" " * 65_536


class EmptyBlocks(Chunked):
    """Compressed blocks with nothing in them, for ever."""

    def __init__(self) -> None:
        super().__init__(Content_Encoding="gzip")

    def pieces(self) -> Iterator[bytes]:
        yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
        while True:
            yield b"\x00\x00\x00\xff\xff" * 10_000


class Bomb(Chunked):
    """Few bytes that become many: ``encoding`` gzip, deflate (of either kind), or several in a row."""

    def __init__(self, encoding: str, size: int, *, bare: bool = False):
        super().__init__(Content_Encoding=encoding)
        self.encoding, self.size, self.bare = encoding, size, bare

    def pieces(self) -> Iterator[bytes]:
        window = -15 if self.bare else 15 if self.encoding.startswith("deflate") else 31
        packer = zlib.compressobj(9, zlib.DEFLATED, window)
        yield packer.compress(b"[")
        for _ in range(self.size >> 20):
            if piece := packer.compress(b" " * (1 << 20)):
                yield piece
        yield packer.flush()


class Nested(Answer):
    """Compressed again and again."""

    def __init__(self, value: object, times: int):
        body = json.dumps(value).encode()
        for _ in range(times):
            body = gzip.compress(body)
        super().__init__(body, Content_Encoding=", ".join(["gzip"] * times))


class EndlessHints(Answer):
    """103 for ever, never an answer."""

    def serve(self, put: Callable[[bytes], None], stopped: threading.Event) -> None:
        while not stopped.is_set():
            put(b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" * 100)


class Dripping(Answer):
    """``first`` at once, then a byte a tenth of a second, for ever."""

    def __init__(self, first: bytes):
        super().__init__()
        self.first = first

    def serve(self, put: Callable[[bytes], None], stopped: threading.Event) -> None:
        put(self.first)
        while not stopped.wait(0.1):
            put(b"a")


DRIPPING_STATUS = Dripping(b"HTTP/1.1 2")
DRIPPING_HEADERS = Dripping(b"HTTP/1.1 200 OK\r\nX-A: ")
DRIPPING_BODY = Dripping(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n[")


class Raw(Answer):
    """Just these bytes."""

    def __init__(self, data: bytes):
        super().__init__()
        self.data = data

    def serve(self, put: Callable[[bytes], None], stopped: threading.Event) -> None:
        put(self.data)


def model(number: int = 0, **more: object) -> dict[str, object]:
    """A listed model."""
    return {
        "_id": f"{number:024x}", "id": f"org/m{number}", "sha": SHA, "createdAt": "2024-01-01T00:00:00.000Z",
        "siblings": [], **more,
    }  # fmt: skip


@contextmanager
def misbehaving(answer: Callable[[str], Answer]) -> Iterator[Server]:
    """Serve on loopback; ``answer`` gets the decoded target of each request."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    server = Server(f"http://127.0.0.1:{listening.getsockname()[1]}")
    stopped = threading.Event()
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reading, suppress(OSError):
            line = reading.readline().decode("latin-1").split(" ")
            headers = {}
            while (row := reading.readline()) not in (b"\r\n", b""):
                name, _, value = row.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            if len(line) == 3:
                reading.read(int(headers.get("content-length", 0)))
                server.log.append(Seen(line[1], headers))
                answer(unquote(line[1])).serve(connection.sendall, stopped)

    def accept() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.settimeout(20)
            thread = threading.Thread(target=handle, args=(connection,), daemon=True)
            thread.start()
            threads.append(thread)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        stopped.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(5)
        for thread in threads:
            thread.join(25)
