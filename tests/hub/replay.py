"""A Hub that gives recorded answers, under the addresses they were recorded at."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "../shared"
#: what the Hub announces on every answer, where a recording left it out
LIMITS = {"ratelimit": '"api";r=400;t=200', "ratelimit-policy": '"fixed window";"api";q=500;w=300'}


@dataclass(frozen=True)
class Recorded:
    """One answer: its status, headers in lower case, body."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def shared(name: str) -> Path:
    """A file of the recordings; the test is skipped where they are not at hand."""
    path = SHARED / name
    if not path.exists():
        pytest.skip("the recorded answers (../shared beside the repository) are not here")
    return path


def exchange(name: str) -> tuple[str, Recorded]:
    """A recorded exchange: the address without its query, and the answer."""
    found = json.loads(shared(f"recorded/{name}").read_bytes())
    body = b"" if found["body"] is None else json.dumps(found["body"]).encode()
    headers = {key.lower(): value for key, value in found["headers"].items()}
    return found["request"].partition("?")[0], Recorded(found["status"], headers, body)


def as_json(value: Any) -> Recorded:
    """An answer with a JSON body."""
    return Recorded(200, {"content-type": "application/json; charset=utf-8"}, json.dumps(value).encode())


@contextmanager
def replaying(answers: Mapping[str, Recorded]) -> Iterator[str]:
    """Give the recorded answers over a socket; a path that was not recorded is a 418."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0], Recorded(418))
            body, status = found.body, found.status
            span = self.headers.get("range")
            headers = {**LIMITS, **found.headers}
            if span and "content-range" in headers:
                first, last = span.removeprefix("bytes=").split("-")
                body = body[int(first) : int(last) + 1]
            headers["content-length"] = str(len(body))
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
