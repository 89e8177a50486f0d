"""The report to attach to an issue: findings and exchanges, without tokens and names of people."""

import platform
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from harvester import __version__
from harvester.doctor.finding import Finding
from harvester.doctor.machine import installed
from harvester.doctor.recording import Exchange
from harvester.hub.answers import BadAnswer, decode_json

#: Headers that are kept; everything else is left out.
HEADERS = (
    "content-type", "content-length", "content-range", "etag", "link", "location", "ratelimit", "ratelimit-policy",
    "retry-after", "server", "via", "x-cache", "x-error-code", "x-error-message", "x-hub-cache", "x-linked-etag",
    "x-linked-size", "x-powered-by", "x-repo-commit", "x-request-id", "age", "vary",
)  # fmt: skip
_TOKEN = re.compile(r"hf_[A-Za-z0-9_-]{6,}")
_TOKEN_NAME = re.compile(r'(Access Token )(\\?)"[^"\\]*\\?"')
_QUERY = re.compile(r"\?[^>\s\"]*")


def record(
    findings: Sequence[Finding], exchanges: Iterable[Exchange], *, endpoint: str, token: str | None,
    secret: Iterable[str], data: Path, now: datetime,
) -> bytes:  # fmt: skip
    """Return the record as JSON. ``secret`` are names that must not appear in it, ``data`` is shown as DIR."""
    parts = urlsplit(endpoint)
    found = {
        "harvester": __version__,
        "made": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "python": ".".join(map(str, sys.version_info[:3])),
        "platform": f"{platform.system()} {platform.machine()}",
        "libraries": installed(),
        "hub": f"{parts.scheme}://{parts.hostname or ''}{parts.path}",
        "token": token is not None,
        "findings": [
            {"check": one.check, "state": one.state, "expected": one.expected, "found": one.found, "then": one.then}
            for one in findings
        ],
        "exchanges": [_exchange(one) for one in exchanges],
    }
    above = [folder for folder in (data.absolute(), *data.absolute().parents) if folder != folder.parent]
    hidden = {**dict.fromkeys(map(str, (data, *above)), "DIR"), str(Path.home()): "~", **dict.fromkeys(secret, "NAME")}
    if token:
        hidden[token] = "TOKEN"
    return msgspec.json.format(msgspec.json.encode(_without(found, hidden)), indent=2) + b"\n"


def shape(value: Any, depth: int = 4) -> Any:
    """The types of a JSON value without its contents, for a report: objects by key, lists by their first item."""
    if isinstance(value, dict):
        if depth == 0:
            return "object"
        return {str(key)[:60]: shape(item, depth - 1) for key, item in list(value.items())[:60]}
    if isinstance(value, list):
        return ["list"] if not value or depth == 0 else [shape(value[0], depth - 1)]
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    return "text" if isinstance(value, str) else "number"


def _exchange(exchange: Exchange) -> dict[str, Any]:
    kept: dict[str, Any] = {"path": exchange.path, "bucket": exchange.bucket, "status": exchange.status}
    response = exchange.response
    if response is None:
        return {**kept, "error": exchange.error}
    headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
    if "location" in headers:
        # the query string may contain a signature
        headers["location"] = _QUERY.sub("?...", headers["location"])
    kept |= {"headers": headers, "bytes": len(response.body)}
    if response.headers.get("content-type", "").startswith("application/json"):
        try:
            kept["shape"] = shape(decode_json(response.body))
        except BadAnswer as error:
            kept["shape"] = str(error)[:80]
    return kept


def _without(value: Any, hidden: dict[str, str]) -> Any:
    """The same value with hidden texts replaced everywhere."""
    if isinstance(value, dict):
        return {key: _without(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, hidden) for item in value]
    if not isinstance(value, str):
        return value
    for word in sorted(hidden, key=len, reverse=True):
        if len(word) > 2:
            value = value.replace(word, hidden[word])
    return _TOKEN_NAME.sub(r'\1"NAME"', _TOKEN.sub("TOKEN", value))
