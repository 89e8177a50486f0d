"""The URL of a Hub, and checks of URLs in its answers. Pure.

A URL from an answer (`Location`, `Link`) is hostile until `checked` accepts it. The token goes only to URLs that
`Endpoint.holds`: those of the Hub's own origin and, if it has one, below its path.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

import httpx2

#: Longest URL that is followed, characters. Signed URLs of the object store have some 2,000.
LONGEST = 8_192
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_WRONG = re.compile(r'[\x00-\x20\x7f"<>\\^`{|}]')
_PORTS = {"http": 80, "https": 443}


class BadAddress(ValueError):
    """A URL that is not followed; the message says what is wrong with it and never repeats credentials."""


def checked(url: str) -> str:
    """Return an http(s) URL without its fragment, characters beyond ASCII percent-encoded. Raises BadAddress."""
    if len(url) > LONGEST:
        raise BadAddress(f"a URL of {len(url):,} characters")
    if _WRONG.search(url):
        raise BadAddress("a URL with invalid characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        # What the client could not send would otherwise fail at every attempt.
        httpx2.URL(url)
    except (ValueError, httpx2.InvalidURL):
        raise BadAddress("an invalid URL") from None
    if not parts.scheme:
        raise BadAddress("an address without https:// or http:// in front")
    if parts.scheme not in _PORTS:
        raise BadAddress(f"a URL that is neither http nor https ({parts.scheme[:20]!r})")
    if "@" in parts.netloc:
        raise BadAddress("a URL with credentials")
    if not host or not parts.netloc.isascii() or "%" in host or port == 0:
        raise BadAddress("a URL without a valid host and port")
    return quote(parts._replace(fragment="").geturl(), safe=_PRINTABLE)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)


def is_loopback(url: str) -> bool:
    """Whether a URL stays on this machine."""
    host = (urlsplit(url).hostname or "").lower().rstrip(".")
    return host in ("localhost", "::1") or host.endswith(".localhost") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A Hub's address; ``path`` is what a mirror puts before every path of the Hub (``/hf-mirror``), mostly empty."""

    url: str
    path: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the path out of the URL."""
        object.__setattr__(self, "url", self.url.rstrip("/"))
        object.__setattr__(self, "path", urlsplit(self.url).path)

    def at(self, target: str) -> str:
        """Return the URL of a path of the Hub; a whole URL stays what it is."""
        return self.url + target if target.startswith("/") else target

    def holds(self, url: str) -> bool:
        """Whether a URL belongs to the Hub, so that the token may be sent there."""
        if origin(url) != origin(self.url):
            return False
        path = urlsplit(url).path
        return not self.path or (self._below(path) and not _climbs(path))

    def counts(self, url: str) -> bool:
        """Whether a request to a URL counts in this Hub's quota: its own URLs, also over https if it is http."""
        scheme, host, port = origin(self.url)
        return self.holds(url) or ((scheme, port) == ("http", 80) and origin(url) == ("https", host, 443))

    def _below(self, path: str) -> bool:
        return path == self.path or path.startswith(self.path + "/")

    def follow(self, at: str, location: str) -> str:
        """Return the URL that a redirect from ``at`` leads to. Raises BadAddress.

        A mirror below a path may pass on the Hub's relative redirects, so these are resolved against its path.
        """
        if len(location) > LONGEST:
            raise BadAddress(f"a URL of {len(location):,} characters")
        if _WRONG.search(location):
            raise BadAddress("a URL with invalid characters")
        if location.startswith("/") and not location.startswith("//") and self.holds(at):
            absolute = urlsplit(urljoin(at, location)).path
            if not self._below(absolute):
                location = self.path + location
        try:
            return checked(urljoin(at, location))
        except BadAddress:
            raise
        except ValueError:
            raise BadAddress("an invalid URL") from None

    def page(self, at: str, link: str) -> str:
        """Return the path of the Hub that `Link: rel="next"` names in an answer from ``at``. Raises BadAddress.

        Only path and query are used: a mirror may pass on the Hub's absolute links.
        """
        parts = urlsplit(self.follow(at, link))
        path = parts.path.removeprefix(self.path) if self._below(parts.path) else parts.path
        return (path or "/") + ("?" + parts.query if parts.query else "")


def _climbs(path: str) -> bool:
    """Whether a path contains `..` after decoding, also if a careless server decodes it several times."""
    for _ in range(3):
        if any(step in (".", "..") for step in path.replace("\\", "/").split("/")):
            return True
        path = unquote(path)
    return False
