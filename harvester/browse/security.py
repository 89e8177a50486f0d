"""What every request passes: only reading, only this machine's names; and what every answer says to the browser."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Host names of this machine. Other names are refused, because a foreign page may resolve here (DNS rebinding).
LOOPBACK = ("127.0.0.1", "localhost", "::1")

#: Nothing is loaded from elsewhere, no inline script or style runs, and no page may frame these.
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses foreign hosts and methods that write, and adds the headers to every answer."""

    def __init__(self, app: ASGIApp, hosts: Collection[str] | None):
        """``hosts`` are the names under which the pages may be requested; None accepts any."""
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in given),
                ]
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("the catalogue is only read\n", 405, {"allow": "GET, HEAD"})
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if self._hosts is not None and (len(hosts) != 1 or host_of(hosts[0]) not in self._hosts):
            return PlainTextResponse("these pages are served to this machine alone\n", 403)
        return None


def host_of(header: str) -> str | None:
    """Return the name in a Host header, in lower case and without its port; None if it is malformed."""
    try:
        return urlsplit(f"//{header}").hostname if "@" not in header and "/" not in header else None
    except ValueError:
        return None
