"""Requests a model's commits from the API, and the last commit of a file (docs/hub-protocol.md 4, 5)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from harvester.hub.answers import CommitEntry, Sibling, commit_entry, sibling
from harvester.hub.endpoints import API_CAP, Hub, follow, list_of, model_path, next_page
from harvester.hub.paging import Pages
from harvester.hub.transport import RequestFailed
from harvester.hub.verdict import judge, missed
from harvester.outcome import Answer, Got, Missed, Outcome

#: Commits per page: the most that the Hub serves.
PAGE = 1_000
#: Most commits of one history, and most characters of their texts (a commit takes some 200).
COMMITS_CAP, TEXTS_CAP = 200_000, 50_000_000
#: Most paths of one question.
PATHS = 2_000


@dataclass(frozen=True, slots=True)
class Commits:
    """The newest commits up to a head, newest first, and the total number."""

    entries: tuple[CommitEntry, ...]
    total: int


def commits(hub: Hub, repo_id: str, sha: str, *, known: str | None = None, wait: bool = True) -> Answer[Commits]:
    """List the commits up to ``sha``, back to the page with the commit ``known``, or all of them.

    Raises NotNow if ``wait`` is False and nothing may be sent, Stopped, HubUnavailable (a refused token).
    """
    path: str | None = f"{model_path(repo_id)}/commits/{quote(sha, safe='')}?limit={PAGE}"
    found: dict[str, CommitEntry] = {}
    pages = Pages("commits", COMMITS_CAP, 50)
    sent, total, taken = 0, 0, 0
    while path is not None:
        try:
            response, attempts = follow(hub, path, "api", cap=API_CAP, read=_commits, wait=wait or sent > 0)
            sent += attempts
            if response.status != 200:
                outcome, error = judge(hub.transport, response, item="history")
                return missed(response, outcome, error, sent)
            if not response.whole:
                return missed(response, Outcome.OVERSIZED, f"a page above {API_CAP} bytes, or of too many values", sent)
            path = next_page(hub, response)
        except RequestFailed as failed:
            return Missed(Outcome.FAILED, sent + failed.attempts, failed.status, failed.error, failed.arrived)
        entries: list[CommitEntry] = response.value
        header = response.headers.get("x-total-count", "")
        total = int(header[:9]) if header.isascii() and header.isdigit() else 0
        if wrong := pages.take((entry.commit for entry in entries), path):
            return missed(response, *wrong, sent)
        found.update((entry.commit, entry) for entry in entries)
        taken += sum(len(entry.title) + len(entry.message) + sum(map(len, entry.authors)) for entry in entries)
        if taken > TEXTS_CAP:
            return missed(response, Outcome.OVERSIZED, f"more than {TEXTS_CAP:,} characters of commits", sent)
        if path is not None and known in found and total:
            return Got(Commits(tuple(found.values()), max(total, len(found))), sent, 200, response.arrived)
    return Got(Commits(tuple(found.values()), len(found)), sent, 200, response.arrived)


_commits = list_of("commits", commit_entry)
_files = list_of("the entries of paths-info", sibling)


def paths_info(hub: Hub, repo_id: str, sha: str, paths: Sequence[str]) -> Answer[tuple[Sibling, ...]]:
    """Request these paths at a commit, and the last commit of each; entries that are not files are left out."""
    found: list[Sibling] = []
    sent = 0
    for start in range(0, len(paths), PATHS):
        body = json.dumps({"paths": list(paths[start : start + PATHS]), "expand": True}).encode()
        try:
            response, attempts = follow(
                hub, f"{model_path(repo_id)}/paths-info/{quote(sha, safe='')}", "api", cap=API_CAP, read=_files,
                headers={"Content-Type": "application/json"}, body=body,
            )  # fmt: skip
        except RequestFailed as error:
            return Missed(Outcome.FAILED, sent + error.attempts, error.status, error.error, error.arrived)
        sent += attempts
        if response.status != 200:
            outcome, error_text = judge(hub.transport, response, item="history")
            return missed(response, outcome, error_text, sent)
        if not response.whole:
            return missed(response, Outcome.OVERSIZED, f"an answer above {API_CAP} bytes", sent)
        found += [entry for entry in response.value if entry is not None]
    return Got(tuple(found), sent, response.status, response.arrived)
