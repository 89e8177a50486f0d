"""A bucket of a real S3 server on loopback (moto's), whose answers can be held up, refused or lost."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

#: What happens to a request: it is done and answered; it is refused; it is done, and the answer is lost.
DONE, REFUSED, LOST = "done", "refused", "lost"


class Bucket:
    """The server. ``rule`` gets the method and the path below the bucket of each request, and returns its fate."""

    def __init__(self) -> None:
        moto = pytest.importorskip("moto.server", reason="moto[server] is not installed")
        pytest.importorskip("obstore", reason="the extra [s3] is not installed")
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            def log(self, *_: Any) -> None:
                return

        self._app = moto.DomainDispatcherApplication(moto.create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=Quiet)
        self._lock = threading.RLock()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.rule: Callable[[str, str], str] = lambda method, path: DONE
        self.requests: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def variables(self) -> dict[str, str]:
        """The environment of whoever uses it."""
        return {
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
        }  # fmt: skip

    def _serve(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix("/lake/")
        self.requests.append((method, path))
        fate = self.rule(method, path)
        if fate == DONE:
            return self._do(environ, start)
        if fate == LOST:
            list(self._do(environ, lambda *_: None))
        start("503 Slow Down", [("Content-Length", "0")])
        return []

    def _do(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        # moto compares and replaces in two steps; S3 does it in one.
        with self._lock:
            return list(self._app(environ, start))

    def writes(self) -> list[str]:
        """Paths of the objects that were put so far."""
        return [path for method, path in self.requests if method == "PUT"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def bucket() -> Iterator[Bucket]:
    """Serve one that is called ``lake``, and let this process use it."""
    import urllib.request

    served = Bucket()
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in served.variables.items():
                patch.setenv(name, value)
            urllib.request.urlopen(urllib.request.Request(f"{served.url}/lake", method="PUT", data=b"")).close()
            yield served
    finally:
        served.close()
