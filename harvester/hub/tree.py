"""Reads the whole tree of a repository, page by page (docs/hub-protocol.md 4)."""

from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import quote, urlencode

from harvester.hub.answers import Sibling, path_of, sibling
from harvester.hub.endpoints import API_CAP, Hub, Manifest, follow, list_of, model_path, next_page
from harvester.hub.paging import Pages
from harvester.hub.transport import RequestFailed, Response
from harvester.hub.verdict import judge, missed
from harvester.outcome import Answer, Got, Missed, Outcome

#: Most entries of one tree: the Hub advises against more than 100,000 files in a repository.
TREE_CAP = 1_000_000
#: Trees with more files than this are held one at a time.
LARGE_TREE = 100_000


def dated(hub: Hub, answer: Got[Manifest]) -> Answer[Manifest]:
    """Read the files of a manifest again from the expanded tree: last commits, scans and Xet hashes come along."""
    manifest = answer.value
    tree = read_tree(hub, manifest.info.repo_id, manifest.sha, expand=True)
    sent = answer.attempts + tree.attempts
    if isinstance(tree, Missed):
        return replace(tree, attempts=sent, error=f"tree with dates: {tree.error}")
    return Got(replace(manifest, files=tree.value, source="tree"), sent, tree.status, tree.at)


def read_tree(hub: Hub, repo_id: str, sha: str, *, expand: bool = False) -> Answer[tuple[Sibling, ...]]:
    """Read the whole recursive tree, page by page (1,000 entries per page, 50 with ``expand``)."""
    path: str | None = f"{model_path(repo_id)}/tree/{quote(sha, safe='')}?" + urlencode(
        [("recursive", "true"), *([("expand", "true")] if expand else [])]
    )
    found: dict[str, Sibling] = {}
    sent, large = 0, False
    pages = Pages("entries of a tree", TREE_CAP, 50)
    with ExitStack() as held:
        while path is not None:
            try:
                response, attempts = follow(hub, path, "api", cap=API_CAP, read=_tree_page)
                sent += attempts
                if response.status != 200:
                    outcome, error = judge(hub.transport, response, item="manifest")
                    return missed(response, outcome, error, sent)
                if not response.whole:
                    return missed(response, Outcome.OVERSIZED, f"a tree page above {API_CAP} bytes", sent)
                path = next_page(hub, response)
            except RequestFailed as failed:
                return Missed(Outcome.FAILED, sent + failed.attempts, failed.status, failed.error, failed.arrived)
            if wrong := pages.take((place for place, _ in response.value), path):
                return missed(response, *wrong, sent)
            found.update((file.path, file) for _, file in response.value if file is not None)
            if len(found) > LARGE_TREE and not large:
                # Memory must not grow with the workers.
                large = True
                held.enter_context(hub.large_tree)
    return Got(tuple(found.values()), sent, 200, response.arrived)


def _tree_page(response: Response) -> list[tuple[str, Sibling | None]]:
    """Read a page of a tree: the path of each entry, and the file if it is one."""
    return list_of("the entries of a tree", lambda entry: (path_of(entry), sibling(entry)))(response)
