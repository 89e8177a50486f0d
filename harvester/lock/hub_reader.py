"""Reads locked models from a Hub: one listing page for many models of one author, else one request per model."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from harvester.clock import Clock
from harvester.extract.card import Card, read_card_data
from harvester.hub.answers import BadAnswer, ModelInfo, Sibling
from harvester.hub.commits import commits
from harvester.hub.documents import document
from harvester.hub.endpoints import Hub, Manifest, listing_page, model
from harvester.hub.refs import tags
from harvester.hub.transport import RequestFailed
from harvester.lock.classes import CommitBetween
from harvester.lock.entry import Locked, Model
from harvester.lock.snapshot import DOCUMENT_CAP, Head, Snapshot, by_path
from harvester.lock.threads import in_threads
from harvester.outcome import Missed

#: Locked models of one author from which on a listing page costs fewer requests than asking for each.
MANY = 2
#: Models of a listing page.
PAGE = 1_000
#: All that is needed to see that nothing changed.
FIELDS = ("sha", "gated", "disabled")


class HubReader:
    """A Hub. Thread safe; raises HubUnavailable where it cannot be reached or refuses the token."""

    def __init__(self, hub: Hub, clock: Clock, workers: int):
        self._hub, self._clock, self._workers = hub, clock, workers

    def heads(self, models: Sequence[Model]) -> Mapping[str, Head]:
        """List the models of each author of whom several are locked: one page, the most downloaded first."""
        by_author: dict[str, list[str]] = {}
        for one in models:
            author, slash, _ = one.name.partition("/")
            if slash and not one.locked.revision:
                by_author.setdefault(author, []).append(one.name)
        authors = [author for author, names in by_author.items() if len(names) >= MANY]
        pages = in_threads(self._workers, self._page, authors)
        wanted = {one.name for one in models}
        return {head.name: head for page in pages for head in page if head.name in wanted}

    def _page(self, author: str) -> list[Head]:
        fields = [("expand[]", name) for name in FIELDS]
        order = [("sort", "downloads"), ("direction", "-1")]
        path = "/api/models?" + urlencode([("author", author), *order, ("limit", str(PAGE)), *fields])
        try:
            listed = listing_page(self._hub, path).models
        except (RequestFailed, BadAnswer):
            # Each is then requested itself, and finds out what is wrong.
            return []
        return [
            Head(info.repo_id, info.hub_id, info.sha, gated_of(info), bool(info.disabled))
            for info in listed
            if info.sha is not None
        ]

    def snapshot(self, model_name: str, revision: str, locked: Locked | None) -> Snapshot | Missed:
        """Read a model: its files, card data and scans, in one request."""
        known = locked.commit if locked else None
        answer = model(self._hub, model_name, revision or None, (), blobs=True, scans=True, known=known)
        return answer if isinstance(answer, Missed) else snapshot_of(answer.value)

    def content(self, model_name: str, commit: str, file: Sibling) -> bytes | Missed:
        """Read a file at a commit."""
        answer = document(
            self._hub, model_name, commit, file.path, cap=DOCUMENT_CAP, oid=file.oid if file.sha256 is None else None,
            sha256=file.sha256,
        )  # fmt: skip
        return answer if isinstance(answer, Missed) else answer.value.data

    def commits(self, model_name: str, head: str, since: str) -> tuple[Sequence[CommitBetween], bool] | None:
        """List commits, newest first; gated repositories do not show theirs without access."""
        answer = commits(self._hub, model_name, head, known=since)
        if isinstance(answer, Missed):
            return None
        between: list[CommitBetween] = []
        for entry in answer.value.entries:
            if entry.commit == since:
                return between, True
            between.append(CommitBetween(entry.commit, entry.title, entry.date))
        return between, False

    def moves(self, model_name: str, revision: str) -> bool | Missed:
        """Read the tags of the model: what is none of them is a branch, or a pull request."""
        answer = tags(self._hub, model_name)
        return answer if isinstance(answer, Missed) else revision not in answer.value

    def now(self) -> datetime:
        """Return the time in UTC."""
        return self._clock.utc()


def gated_of(info: ModelInfo) -> str:
    """Return how a model is gated, in the words of the lock file: no, auto, manual, or an unknown word."""
    return "no" if info.gated in (None, "false") else info.gated


def snapshot_of(manifest: Manifest) -> Snapshot:
    """Return a model as read from its manifest."""
    info = manifest.info
    return Snapshot(
        name=info.repo_id,
        hub_id=info.hub_id,
        commit=manifest.sha,
        gated=gated_of(info),
        disabled=bool(info.disabled),
        files=by_path(manifest.files),
        card=card_of(info.card_data),
        tags=info.tags or (),
        library=info.library_name,
        task=info.pipeline_tag,
        parameters=info.parameters_hub or _integer(_object(info.gguf).get("total")),
        dtypes=_object(info.parameters_by_dtype_hub),
        gguf_context=_integer(_object(info.gguf).get("context_length")),
        config_stub=info.config_stub,
        issues=info.scan_issues,
    )


def card_of(card_data: str | None) -> Card | None:
    """Return the card from the Hub's card data, JSON text."""
    value = _object(card_data)
    return read_card_data(value) if value else None


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
