"""The HTTP client: one wall-clock deadline for each exchange, proxies and certificates from the environment.

In goes the environment, out comes a client whose reads and writes all end: a server that sends its headers byte by
byte, or answers 103 for ever, is left when the time of the exchange is over, whatever it still sends.
"""

import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpcore2
import httpx2

from harvester.errors import UsageError
from harvester.hub.addresses import is_loopback

#: Bytes that may arrive before the headers of an answer are complete: real ones have some 3 kB.
HEADER_BYTES = 1_000_000
#: Seconds that what is in flight may still take once the run is to end.
GRACE = 5.0
#: Seconds of one wait on a socket, after which the deadline and the end of the run are looked at.
SLICE = 0.5
#: Variables that name certificates, in order of precedence, and whether they may name a folder.
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(slots=True)
class _Exchange:
    """The limits left for one thread's request: time, and bytes of headers (None: the headers are complete)."""

    until: float
    header_bytes: int | None


class Patience:
    """The deadlines of all exchanges of a client, one per thread. Thread safe."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._stopped_at: float | None = None

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[None]:
        """Give the headers of the exchange inside ``seconds``."""
        self._local.exchange = _Exchange(time.monotonic() + seconds, HEADER_BYTES)
        try:
            yield
        finally:
            self._local.exchange = None

    def headers_arrived(self, seconds: float) -> None:
        """Give the body of this thread's exchange ``seconds``."""
        self._local.exchange = _Exchange(time.monotonic() + seconds, None)

    def extend(self, seconds: float) -> None:
        """Extend this thread's deadline by ``seconds`` that it spent waiting for another thread."""
        exchange: _Exchange | None = getattr(self._local, "exchange", None)
        if exchange is not None:
            exchange.until += seconds

    def stop(self) -> None:
        """End what is in flight within `GRACE`."""
        self._stopped_at = self._stopped_at or time.monotonic()

    def left(self) -> float:
        """Seconds this thread's exchange may still take; infinite outside of one."""
        exchange: _Exchange | None = getattr(self._local, "exchange", None)
        until = float("inf") if exchange is None else exchange.until
        if self._stopped_at is not None:
            until = min(until, self._stopped_at + GRACE)
        return until - time.monotonic()

    def took(self, size: int) -> None:
        """Count bytes that arrived. Raises httpcore2.ReadTimeout if the headers do not end."""
        exchange: _Exchange | None = getattr(self._local, "exchange", None)
        if exchange is not None and exchange.header_bytes is not None:
            exchange.header_bytes -= size
            if exchange.header_bytes < 0:
                raise httpcore2.RemoteProtocolError(f"more than {HEADER_BYTES:,} bytes of headers")


class _Stream(httpcore2.NetworkStream):
    """A connection whose reads and writes end with the exchange they belong to."""

    def __init__(self, inner: httpcore2.NetworkStream, patience: Patience):
        self._inner, self._patience = inner, patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        silent_until = time.monotonic() + (float("inf") if timeout is None else timeout)
        while True:
            left = min(self._patience.left(), silent_until - time.monotonic())
            if left <= 0:
                raise httpcore2.ReadTimeout("the answer took too long")
            try:
                data = self._inner.read(max_bytes, timeout=min(left, SLICE))
            except httpcore2.ReadTimeout:
                continue
            self._patience.took(len(data))
            return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = self._patience.left()
        if left <= 0:
            raise httpcore2.WriteTimeout("the request took too long")
        self._inner.write(buffer, timeout=left if timeout is None else min(left, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = max(self._patience.left(), 0.001)
        wait = left if timeout is None else min(left, timeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, wait), self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    """Opens such connections."""

    def __init__(self, patience: Patience):
        self._inner, self._patience = httpcore2.SyncBackend(), patience

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host}: {getattr(error, 'strerror', None) or error}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        until = time.monotonic() + min(self._patience.left(), float("inf") if timeout is None else timeout)
        for place, address in enumerate(addresses):
            # A host that is silent at its first address may answer at the next.
            wait = max((until - time.monotonic()) / (len(addresses) - place), 0.001)
            try:
                inner = self._inner.connect_tcp(address, port, wait, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if place + 1 == len(addresses):
                    raise
                continue
            return _Stream(inner, self._patience)
        raise httpcore2.ConnectError(f"{host} has no address")


class _Routes(httpx2.BaseTransport):
    """Sends each request directly or through the proxy that the environment names for it."""

    def __init__(self, limits: httpx2.Limits, patience: Patience, context: ssl.SSLContext | bool):
        self._limits, self._patience, self._context = limits, patience, context
        self._environment = getproxies()
        self._open: dict[str | None, httpx2.HTTPTransport] = {}
        self._lock = threading.Lock()
        for scheme in ("http", "https"):
            # Open what the environment names now, to report an unusable proxy first.
            self._transport(proxy_for(f"{scheme}://huggingface.co", self._environment))

    def _transport(self, proxy: str | None) -> httpx2.HTTPTransport:
        with self._lock:
            if proxy not in self._open:
                transport = httpx2.HTTPTransport(
                    verify=self._context, limits=self._limits, proxy=proxy, trust_env=False
                )
                # The pool takes a backend, but httpx2 has no way to hand it one.
                transport._pool._network_backend = _Backend(self._patience)
                self._open[proxy] = transport
            return self._open[proxy]

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._transport(proxy_for(str(request.url), self._environment)).handle_request(request)

    def close(self) -> None:
        for transport in self._open.values():
            transport.close()


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """Return the proxy for a URL, from what `urllib.request.getproxies` found; None: no proxy.

    Never for loopback. `NO_PROXY` contains domains (with their subdomains), addresses, networks and `*`. Raises
    UsageError for a proxy that cannot be used.
    """
    parts = urlsplit(url)
    name = environment.get(parts.scheme) or environment.get("all")
    if not name or is_loopback(url) or _excepted((parts.hostname or "").lower(), parts.port, environment.get("no", "")):
        return None
    name = name if "://" in name else f"http://{name}"
    variable = f"{parts.scheme.upper()}_PROXY" if environment.get(parts.scheme) else "ALL_PROXY"
    try:
        proxy = httpx2.URL(name)
        usable = bool(proxy.host) and proxy.port != 0 and not re.search(r"[\s%]", urlsplit(name).hostname or " ")
    except (ValueError, httpx2.InvalidURL):
        usable = False
    if not usable or proxy.scheme not in ("http", "https", "socks5", "socks5h"):
        raise UsageError(f"{variable} is not a valid proxy URL (http, https, socks5 or socks5h)")
    if proxy.scheme.startswith("socks") and find_spec("socksio") is None:
        raise UsageError(f"{variable} names a SOCKS proxy, which needs a library: pip install 'httpx2[socks]'")
    return name


def _excepted(host: str, port: int | None, exceptions: str) -> bool:
    for entry in exceptions.lower().replace(",", " ").split():
        name, _, of_port = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if of_port and of_port != str(port):
            continue
        name = name.removeprefix("*").strip("[]")
        if entry == "*" or (name and (host == name.removeprefix(".") or host.endswith("." + name.removeprefix(".")))):
            return True
        try:
            if ipaddress.ip_address(host) in ipaddress.ip_network(name, strict=False):
                return True
        except ValueError:
            continue
    return False


def certificates(environment: Mapping[str, str]) -> ssl.SSLContext | bool:
    """Return the certificates that `SSL_CERT_FILE` and its like name, else True (those of the system).

    Raises UsageError that names a variable whose file cannot be read.
    """
    for variable in CERTIFICATES:
        if not (path := environment.get(variable)):
            continue
        folder = Path(path).is_dir()
        if not folder and (variable == "SSL_CERT_DIR" or not Path(path).is_file()):
            raise UsageError(f"{variable} names {path}, which is not a {'folder' if 'DIR' in variable else 'file'}")
        try:
            return ssl.create_default_context(capath=path) if folder else ssl.create_default_context(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise UsageError(f"{variable} names {path}, which contains no certificates: {error}") from None
    return True


def new_client(
    connections: int, patience: Patience, *, timeout: float, wire: httpx2.BaseTransport | None = None
) -> httpx2.Client:
    """Return a client that follows no redirect and keeps no cookie; ``wire`` carries requests instead of the network.

    Raises UsageError if the environment names an unusable proxy or certificates.
    """
    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx2.Client(
        transport=wire or _Routes(limits, patience, certificates(os.environ)),
        timeout=httpx2.Timeout(timeout),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        trust_env=False,
    )
