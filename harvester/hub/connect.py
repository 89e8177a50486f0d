"""Opens a Hub: whose endpoint, with which token, through which client."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from harvester import __version__, defaults
from harvester.clock import Clock
from harvester.errors import UsageError
from harvester.hub.addresses import BadAddress, Endpoint, checked, is_loopback
from harvester.hub.breaker import Breaker
from harvester.hub.budget import Budget
from harvester.hub.endpoints import Hub
from harvester.hub.network import Patience, new_client
from harvester.hub.transport import ATTEMPTS, READ_TIMEOUT, Transport

#: Without this, huggingface_hub requests `/api/agent-harnesses` before anything else.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


@dataclass(frozen=True, slots=True)
class HubSettings:
    """How to reach a Hub. ``token`` None: anonymous; ``name`` is what runs call it (default: the endpoint).

    ``wire`` carries requests in place of the network: a Hub in this process needs no sockets.
    """

    endpoint: str
    name: str = ""
    token: str | None = None
    quota_share: float = defaults.QUOTA_SHARE
    max_requests: int | None = None
    #: None: as many as the announced quota needs
    workers: int | None = None
    attempts: int = ATTEMPTS
    read_timeout: float = READ_TIMEOUT
    wire: httpx2.BaseTransport | None = None
    #: seconds after which a Hub that went down is given up
    longest_outage: float = float("inf")


def default_endpoint() -> str:
    """Return the Hub that huggingface_hub would use (HF_ENDPOINT, else huggingface.co). Raises UsageError."""
    from huggingface_hub import constants

    return check_endpoint(constants.ENDPOINT, "HF_ENDPOINT")


def token_for(endpoint: str, *, send_token: bool) -> str | None:
    """Return the token that huggingface_hub has for this machine, if this endpoint may receive it; else None.

    huggingface.co, HF_ENDPOINT and loopback addresses may; another Hub only with ``send_token``. Raises UsageError if
    it cannot be a token, without repeating it.
    """
    from huggingface_hub import get_token

    known = (Endpoint("https://huggingface.co"), Endpoint(default_endpoint()))
    trusted = is_loopback(endpoint) or any(hub.holds(endpoint) for hub in known)
    token = get_token() if trusted or send_token else None
    if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
        raise UsageError("the token (HF_TOKEN, or the saved one) contains invalid characters; set it again")
    return token


def check_endpoint(url: str, source: str = "--hub") -> str:
    """Return the URL of a Hub without a trailing slash. Raises UsageError that names its source."""
    try:
        found = checked(url)
        if urlsplit(url).query or found != url:
            raise BadAddress("a URL with more than a host and a path")
    except BadAddress as error:
        accepted = "auto, sample or an http(s) URL" if source == "--hub" else "an http(s) URL"
        raise UsageError(f"{source} takes {accepted} without credentials; this is {error}") from None
    return found.rstrip("/")


def open_hub(settings: HubSettings, clock: Clock, say: Callable[[str], None]) -> Hub:
    """Return an open Hub. Nothing is sent yet; close it with `close_hub`."""
    from huggingface_hub.utils._headers import build_hf_headers

    headers = build_hf_headers(token=settings.token or False, library_name="harvester", library_version=__version__)
    patience = Patience()
    client = new_client(
        (settings.workers or defaults.WORKERS_MOST) + 4, patience, timeout=settings.read_timeout, wire=settings.wire
    )
    budget = Budget(clock, share=settings.quota_share, max_requests=settings.max_requests)
    breaker = Breaker(clock, say, longest=settings.longest_outage)
    transport = Transport(
        client, settings.endpoint, headers, budget, breaker, clock, patience,
        attempts=settings.attempts, read_timeout=settings.read_timeout,
    )  # fmt: skip
    return Hub(transport)


def close_hub(hub: Hub) -> None:
    """Close the connections."""
    hub.transport.close()


def answers(endpoint: str, *, seconds: float = 10.0) -> bool:
    """Whether any HTTP answer comes from the endpoint, whatever its status (one small listing request)."""
    patience = Patience()
    try:
        with (
            new_client(1, patience, timeout=seconds) as client,
            patience.exchange(2 * seconds),
            client.stream("GET", endpoint + "/api/models", params={"limit": "1"}),
        ):
            return True
    except (httpx2.TransportError, httpx2.InvalidURL):
        return False
