"""A client that shows every answer as it came: redirects are not followed, nothing is tried again."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from samplehub.world import Order, Repo, World

#: tokens of the shared hub: one may read everything, one nothing, one waits for review everywhere
GOOD, PLAIN, WAITING = "hf_good", "hf_plain", "hf_waiting"


@dataclass(frozen=True)
class Got:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, target: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Got:
    """One request on a connection of its own; header names are written with underscores."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return Got(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def repos_of(world: World) -> list[Repo]:
    return list(world.walk(Order("createdAt", descending=False), None))


def is_open(repo: Repo) -> bool:
    return not (repo.facts.private or repo.facts.gated or repo.facts.disabled)


Get = Callable[..., Got]
Find = Callable[[Callable[[Repo], bool]], Repo]
Recorded = Callable[[str], Any]
