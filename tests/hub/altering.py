"""Hubs whose answers about models differ from what is known."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from samplehub.messages import Reply, Request
from samplehub.misbehaviour import Fault


@dataclass(kw_only=True)
class AlterModels(Fault):
    """Each model in a listing, and each single one, is what ``change`` makes of it."""

    change: Callable[[dict[str, Any]], dict[str, Any]]
    listing: bool = True
    single: bool = True

    def concerns(self, request: Request) -> bool:
        parts = request.path.removeprefix("/api/models").strip("/").split("/")
        if parts == [""]:
            return self.listing and request.path.startswith("/api/models")
        return self.single and request.path.startswith("/api/models/") and (len(parts) <= 2 or parts[2] == "revision")

    def spoil(self, request: Request, reply: Reply) -> Reply:
        if reply.status != 200:
            return reply
        value = json.loads(reply.body)
        value = [self.change(row) for row in value] if isinstance(value, list) else self.change(value)
        return replace(reply, body=json.dumps(value).encode())
