"""Asks the API for a model's past: its commits, and which commit last touched a file (HUB.md 4, 5)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from harvester.hub.answers import (
    JSON_CAP,
    LIST_CAP,
    BadAnswer,
    Sibling,
    moment,
    next_link,
    object_of,
    sha_of,
    sibling,
    text,
)
from harvester.hub.endpoints import API_CAP, Hub, as_json, follow, judge, missed, model_path
from harvester.hub.transport import RequestFailed
from harvester.outcome import Answer, Got, Missed, Outcome

#: Commits of a page: the most the Hub gives.
PAGE = 1_000
#: Most commits of one history, and most bytes of their pages (a commit takes some 400).
COMMITS_CAP, BYTES_CAP = 200_000, 200_000_000
#: Most paths of one question.
PATHS = 2_000


class CommitEntry(msgspec.Struct, frozen=True):
    """A commit as the API lists it; ``authors`` are user names, or names where the Hub knows no user."""

    commit: str
    title: str
    message: str
    authors: tuple[str, ...]
    date: datetime | None


def commit_entry(value: object) -> CommitEntry:
    """Read one row of a list of commits. Raises BadAnswer where it has no id."""
    row = object_of(value)
    commit = sha_of(row.get("id"))
    if commit is None:
        raise BadAnswer(f"a commit without id: {str(value)[:80]}")
    listed = row.get("authors")
    people = [object_of(one) for one in listed[:LIST_CAP]] if isinstance(listed, list) else []
    names = [text(one.get("user")) or text(one.get("name")) for one in people]
    return CommitEntry(
        commit, text(row.get("title")) or "", text(row.get("message"), JSON_CAP) or "",
        tuple(name for name in names if name), moment(row.get("date")),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commits:
    """The newest commits that lead to a head, newest first, and how many there are in all."""

    entries: tuple[CommitEntry, ...]
    total: int


def commits(hub: Hub, repo_id: str, sha: str, *, known: str | None = None, wait: bool = True) -> Answer[Commits]:
    """List the commits up to ``sha``, to the page that holds the commit ``known``, or all of them.

    Raises NotNow where ``wait`` is False and nothing may be sent, Stopped, HubUnavailable (a refused token).
    """
    path = f"{model_path(repo_id)}/commits/{quote(sha, safe='')}?limit={PAGE}"
    found: dict[str, CommitEntry] = {}
    seen: set[str] = set()
    sent, total, taken = 0, 0, 0
    while True:
        seen.add(path)
        try:
            response, attempts = follow(hub, path, "api", cap=API_CAP, read=as_json, wait=wait or sent > 0)
            sent += attempts
            if response.status != 200:
                outcome, error = judge(response, authorized=hub.transport.authorized, item="history")
                return missed(response, outcome, error, sent)
            if not response.whole:
                return missed(response, Outcome.OVERSIZED, f"a page above {API_CAP} bytes", sent)
            if not isinstance(response.value, list):
                raise BadAnswer("commits are a list, not " + type(response.value).__name__)
            found.update((entry.commit, entry) for entry in map(commit_entry, response.value))
        except RequestFailed as error:
            return Missed(Outcome.FAILED, sent + error.attempts, error.status, error.error, error.arrived)
        except BadAnswer as error:
            return missed(response, Outcome.FAILED, str(error), sent)
        told = response.headers.get("x-total-count", "")
        total = int(told[:9]) if told.isascii() and told.isdigit() else 0
        taken += len(response.body)
        if len(found) > COMMITS_CAP or taken > BYTES_CAP:
            most = f"{COMMITS_CAP} commits" if len(found) > COMMITS_CAP else f"{BYTES_CAP} bytes"
            return missed(response, Outcome.OVERSIZED, f"more than {most}", sent)
        following = next_link(response.headers)
        if following is None:
            total = len(found)
            break
        if known in found and total:
            break
        parts = urlsplit(urljoin(response.url, following))
        path = f"{parts.path}?{parts.query}"
        if path in seen:
            return missed(response, Outcome.FAILED, "the pages of commits go in a circle", sent)
    return Got(Commits(tuple(found.values()), max(total, len(found))), sent, 200, response.arrived)


def paths_info(hub: Hub, repo_id: str, sha: str, paths: Sequence[str]) -> Answer[tuple[Sibling, ...]]:
    """Ask what these paths are at a commit, and which commit last touched each; what is no file is left out."""
    found: list[Sibling] = []
    sent = 0
    for start in range(0, len(paths), PATHS):
        body = json.dumps({"paths": list(paths[start : start + PATHS]), "expand": True}).encode()
        try:
            response, attempts = follow(
                hub, f"{model_path(repo_id)}/paths-info/{quote(sha, safe='')}", "api", cap=API_CAP, read=as_json,
                headers={"Content-Type": "application/json"}, body=body,
            )  # fmt: skip
        except RequestFailed as error:
            return Missed(Outcome.FAILED, sent + error.attempts, error.status, error.error, error.arrived)
        sent += attempts
        if response.status != 200:
            outcome, error_text = judge(response, authorized=hub.transport.authorized, item="history")
            return missed(response, outcome, error_text, sent)
        if not response.whole:
            return missed(response, Outcome.OVERSIZED, f"an answer above {API_CAP} bytes", sent)
        if not isinstance(response.value, list):
            return missed(response, Outcome.FAILED, "paths-info is a list, not " + type(response.value).__name__, sent)
        found += [entry for entry in map(sibling, response.value) if entry is not None]
    return Got(tuple(found), sent, response.status, response.arrived)
