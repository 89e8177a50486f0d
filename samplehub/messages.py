"""One request and one answer, and the Hub's refusals (docs/hub-protocol.md 3.1), as plain values. No sockets here."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import parse_qsl, unquote

import msgspec

from samplehub.content import Content

Headers = tuple[tuple[str, str], ...]


#: digits of the largest number that is read as written (Python itself refuses to convert more than 4,300)
_DIGITS = 18


def whole_number(text: str) -> int | None:
    """ASCII digits as a number; None for anything else. A number of more than 18 digits counts as 10^18."""
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _DIGITS else 10**_DIGITS


@dataclass(frozen=True)
class Request:
    """A request as received: ``target`` raw, header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    client: str
    #: position among all requests of this server, from 1
    number: int = 0

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string, still encoded."""
        return self.target.partition("?")[2]

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The decoded parts of the path: an encoded slash stays inside its part."""
        return tuple(unquote(part) for part in self.path.split("/")[1:])

    @cached_property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The decoded query in order; ``name[]`` is ``name``."""
        return tuple((name.removesuffix("[]"), value) for name, value in parse_qsl(self.query, keep_blank_values=True))

    def one(self, name: str) -> str | None:
        """The last value of a parameter."""
        values = self.all(name)
        return values[-1] if values else None

    def all(self, name: str) -> list[str]:
        """Every value of a parameter, in order."""
        return [value for key, value in self.parameters if key == name]

    def flag(self, name: str) -> bool:
        """Whether a parameter is switched on."""
        return (self.one(name) or "").lower() in ("true", "1")

    def number_of(self, name: str) -> int | None:
        """A parameter as a whole number; None if it is absent or not a number."""
        value = self.one(name)
        return whole_number(value) if value is not None else None

    @property
    def token(self) -> str | None:
        """The bearer token, or the password of any user, as git sends it; None if neither was sent."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
            except ValueError:
                return None
        elif scheme.lower() != "bearer":
            return None
        return value.strip() or None


@dataclass(frozen=True, slots=True)
class Rest:
    """The bytes ``start`` to ``stop`` of a content, too many for memory: they are sent in pieces."""

    content: Content
    start: int
    stop: int

    def pieces(self, size: int) -> Iterator[bytes]:
        """The bytes, ``size`` at a time."""
        for start in range(self.start, self.stop, size):
            yield self.content.read(start, min(start + size, self.stop))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and how it is put on the wire (only faults change that)."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    #: what follows the body
    rest: Rest | None = None
    #: seconds before anything is sent
    delay: float = 0.0
    #: send only so many bytes of the body, then close
    cut: int | None = None
    #: close without an answer
    drop: bool = False
    #: keep the connection open without an answer
    hang: bool = False
    #: the length to announce, when it is not the body's
    announced_length: int | None = None
    #: close the connection afterwards
    close: bool = False

    @property
    def length(self) -> int:
        """The length to announce, in bytes."""
        if self.announced_length is not None:
            return self.announced_length
        return len(self.body) + (self.rest.stop - self.rest.start if self.rest else 0)

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def without(self, *names: str) -> "Reply":
        """The same answer without some headers."""
        dropped = {name.lower() for name in names}
        return replace(self, headers=tuple(item for item in self.headers if item[0].lower() not in dropped))

    def plus(self, *headers: tuple[str, str]) -> "Reply":
        """The same answer with more headers."""
        return replace(self, headers=self.headers + headers)


def weak_etag(body: bytes) -> str:
    """The weak ETag of an API body: its length and its SHA-1."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest())[:27].decode()
    return f'W/"{len(body):x}-{digest}"'


def json_reply(value: object, status: int = 200, headers: Headers = ()) -> Reply:
    """A JSON answer with its weak ETag."""
    try:
        body = msgspec.json.encode(value)
    except (OverflowError, UnicodeEncodeError):
        # integers beyond 64 bits and lone surrogates, which a served repo's files may contain
        body = json.dumps(value, separators=(",", ":")).encode()
    own = (("Content-Type", "application/json; charset=utf-8"), ("ETag", weak_etag(body)))
    return Reply(status, own + headers, body)


def text_reply(text: str, status: int, headers: Headers = ()) -> Reply:
    """A plain text answer."""
    body = text.encode()
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"), ("ETag", weak_etag(body)), *headers), body)


CHALLENGE = ("WWW-Authenticate", 'Bearer realm="Authentication required", charset="UTF-8"')


# not frozen: Python sets an exception's traceback as it passes through a context manager
@dataclass(eq=False)
class Refusal(Exception):
    """Ends a request with an error; as JSON on API routes, as text on file routes."""

    status: int
    message: str
    code: str | None = None
    body: str | None = None
    headers: Headers = field(default=())

    def reply(self, as_json: bool) -> Reply:
        """The error as an answer."""
        sent: list[tuple[str, str]] = []
        if self.code:
            sent.append(("X-Error-Code", self.code))
        sent.append(("X-Error-Message", " ".join(self.message.split()).encode("latin-1", "replace").decode("latin-1")))
        if self.status == 401:
            sent.append(CHALLENGE)
        headers = (*sent, *self.headers)
        if as_json:
            return json_reply({"error": self.body or self.message}, self.status, headers)
        return text_reply(self.body or self.message, self.status, headers)


def repo_not_found(authorized: bool) -> Refusal:
    """Missing, private and deleted look alike; without a token they look like a login page."""
    if authorized:
        return Refusal(404, "Repository not found", "RepoNotFound")
    return Refusal(401, "Invalid username or password.")


def bad_token() -> Refusal:
    """An unknown token."""
    return Refusal(401, "Invalid credentials in Authorization header")


def expired_token(name: str) -> Refusal:
    """A token that was good once."""
    return Refusal(401, f'User Access Token "{name}" is expired')


def bad_request(text: str) -> Refusal:
    """A parameter that the Hub does not take."""
    return Refusal(400, text)


def revision_not_found(revision: str) -> Refusal:
    """An unknown revision."""
    return Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def entry_not_found(headers: Headers = (), message: str = "Entry not found") -> Refusal:
    """An unknown path in a known revision."""
    return Refusal(404, message, "EntryNotFound", headers=headers)


def gated(repo_id: str, authorized: bool, pending: bool) -> Refusal:
    """A gated repo, and why this caller may not read its files."""
    if not authorized:
        text = (
            f"Access to model {repo_id} is restricted. You must have access to it and be authenticated to access it. "
            "Please log in."
        )
        return Refusal(401, text, "GatedRepo")
    if pending:
        text = f"Your request to access model {repo_id} is awaiting a review from the repo authors."
    else:
        text = (
            f"Access to model {repo_id} is restricted and you are not in the authorized list. "
            f"Visit https://huggingface.co/{repo_id} to ask for access."
        )
    return Refusal(403, text, "GatedRepo")


def disabled() -> Refusal:
    """A repo that was taken down."""
    return Refusal(403, "Access to this resource is disabled.")


def method_not_allowed(allowed: str) -> Refusal:
    """A route that knows other methods only."""
    return Refusal(405, "Method Not Allowed", headers=(("Allow", allowed),))


def page_not_found() -> Refusal:
    """A route that does not exist."""
    return Refusal(404, "Sorry, we can't find the page you are looking for.")
