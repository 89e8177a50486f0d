"""Opens a Hub: whose endpoint, with which token, through which client."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from harvester import __version__
from harvester.clock import Clock
from harvester.errors import UsageError
from harvester.hub.breaker import Breaker
from harvester.hub.budget import Budget
from harvester.hub.endpoints import Hub
from harvester.hub.transport import ATTEMPTS, READ_TIMEOUT, Transport, origin

#: The client asks `/api/agent-harnesses` before anything else unless told not to (DESIGN.md 7).
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class HubSettings:
    """How to reach a Hub. ``token`` None: anonymous; ``name`` is what runs call it (default: the endpoint).

    ``wire`` carries requests in place of the network: a Hub in this process needs no sockets.
    """

    endpoint: str
    name: str = ""
    token: str | None = None
    quota_share: float = 1.0
    max_requests: int | None = None
    workers: int = 8
    attempts: int = ATTEMPTS
    read_timeout: float = READ_TIMEOUT
    wire: httpx2.BaseTransport | None = None


def default_endpoint() -> str:
    """Return the Hub that huggingface_hub would use (HF_ENDPOINT, else huggingface.co)."""
    from huggingface_hub import constants

    return constants.ENDPOINT


def token_for(endpoint: str, *, send_token: bool) -> str | None:
    """Return the token huggingface_hub has for this machine, where this endpoint may see it; else None.

    It may be seen by huggingface.co, by HF_ENDPOINT and on loopback; by another Hub only where ``send_token``.
    """
    from huggingface_hub import get_token

    host = (urlsplit(endpoint).hostname or "").lower()
    trusted = host == "huggingface.co" or host in _LOOPBACK or origin(endpoint) == origin(default_endpoint())
    return get_token() if trusted or send_token else None


def check_endpoint(url: str) -> str:
    """Return the URL of a Hub without a trailing slash. Raises UsageError where it is none."""
    parts = urlsplit(url)
    try:
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        valid = False
    if not valid or parts.username or parts.password:
        raise UsageError(f"--hub takes auto, sample or an http(s) URL without credentials, not {url!r}")
    return url.rstrip("/")


def open_hub(settings: HubSettings, clock: Clock, say: Callable[[str], None]) -> Hub:
    """Return a Hub to ask. Nothing is sent yet; close it with `close_hub`."""
    from huggingface_hub.utils._headers import build_hf_headers

    headers = build_hf_headers(token=settings.token or False, library_name="harvester", library_version=__version__)
    connections = settings.workers + 4
    client = httpx2.Client(
        transport=settings.wire,
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        timeout=httpx2.Timeout(settings.read_timeout),
        follow_redirects=False,
    )
    budget = Budget(clock, share=settings.quota_share, max_requests=settings.max_requests)
    transport = Transport(
        client, settings.endpoint, headers, budget, Breaker(clock, say), clock,
        attempts=settings.attempts, read_timeout=settings.read_timeout,
    )  # fmt: skip
    return Hub(transport)


def close_hub(hub: Hub) -> None:
    """Close the connections."""
    hub.transport.close()


def answers(endpoint: str, *, seconds: float = 5.0) -> bool:
    """Whether a Hub answers at the endpoint (one small listing request)."""
    try:
        with httpx2.Client(timeout=httpx2.Timeout(seconds), follow_redirects=False) as client:
            reply = client.get(endpoint + "/api/models", params={"limit": "1"})
            return reply.status_code in (200, 429) and reply.content[:1] in (b"[", b"{")
    except httpx2.HTTPError:
        return False
