"""`harvester browse`: serves the report on loopback, made anew from the catalogue at every visit."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harvester.ask.connect import connect
from harvester.errors import HarvesterError, LocalError
from harvester.report.page import page


def server(data: Path, port: int) -> ThreadingHTTPServer:
    """Return a server of the report of one harvest, its port taken. Raises LocalError for a port in use."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                with connect(data) as con:
                    status, text = 200, page(con)
            except HarvesterError as error:
                status, text = 503, f"{error}\n"
            kind = "text/html" if status == 200 else "text/plain"
            body = text.encode("utf-8", "replace")
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
