"""`harvester browse`: serves the report on loopback, made again when the catalogue was built again."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from harvester.ask.connect import catalogue_file, connect
from harvester.errors import HarvesterError, LocalError
from harvester.report.page import page

#: Host names of this machine. Other names are refused, because a foreign page may resolve here (DNS rebinding).
HOSTS = ("127.0.0.1", "localhost", "::1")


class _Report:
    """The page of one catalogue, made once per build."""

    def __init__(self, data: Path):
        self._data = data
        self._lock = threading.Lock()
        self._made: tuple[tuple[int, int], bytes] | None = None

    def body(self) -> bytes:
        """Return the page. Raises HarvesterError."""
        with self._lock:
            status = catalogue_file(self._data).stat()
            built = (status.st_ino, status.st_mtime_ns)
            if self._made is None or self._made[0] != built:
                with connect(self._data) as con:
                    self._made = (built, page(con).encode("utf-8", "replace"))
            return self._made[1]


def _host(header: str) -> str | None:
    """Return the name in a Host header, without its port."""
    try:
        return urlsplit(f"//{header}").hostname if "@" not in header else None
    except ValueError:
        return None


def server(data: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the report of one harvest, its port taken. Raises LocalError for a port in use."""
    report = _Report(data)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if _host(self.headers.get("Host") or "") not in HOSTS:
                return self.answer(403, "text/plain", b"this page is served to this machine alone\n")
            if urlsplit(self.path).path not in ("/", "/index.html"):
                return self.answer(404, "text/plain", b"there is one page: /\n")
            try:
                self.answer(200, "text/html", report.body())
            except HarvesterError as error:
                self.answer(503, "text/plain", f"{error}\n".encode("utf-8", "replace"))

        def answer(self, status: int, kind: str, body: bytes) -> None:
            """Send one answer."""
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise LocalError(f"port {port} of 127.0.0.1 cannot be used: {error.strerror}") from None
