"""The commits and refs of a repo (docs/hub-protocol.md 5)."""

from samplehub.content import Commit
from samplehub.messages import Headers, Reply, Request, json_reply
from samplehub.settings import Settings
from samplehub.world import Json, Repo, iso


def commits_page(repo: Repo, commit: Commit, request: Request, settings: Settings, origin: str) -> Reply:
    """One numbered page of the commits up to ``commit``, newest first, with the total in ``X-Total-Count``."""
    commits = repo.commits[repo.commits.index(commit) :]
    limit = min(max(1, request.number_of("limit") or settings.commits_page), settings.commits_cap)
    page = request.number_of("p") or 0
    formatted = "formatted" in request.all("expand")
    rows = [commit_json(commit, formatted) for commit in commits[page * limit : (page + 1) * limit]]
    headers: Headers = (("X-Total-Count", str(len(commits))),)
    if (page + 1) * limit < len(commits):
        headers += (("Link", f'<{origin}{request.path}?p={page + 1}&limit={limit}>; rel="next"'),)
    return json_reply(rows, headers=headers)


def commit_json(commit: Commit, formatted: bool) -> Json:
    """A commit as the Hub shows it: no files, no e-mail address."""
    step = commit.step
    row: Json = {
        "id": commit.oid,
        "title": step.title,
        "message": step.message,
        "authors": [{"user": step.author, "avatar": f"/avatars/{step.author}.svg"}],
        "date": iso(step.at),
    }
    if formatted:
        row["formatted"] = {"title": step.title, "message": step.message}
    return row


def refs(repo: Repo, request: Request) -> Reply:
    """Branches and tags."""
    body: Json = {
        "tags": [
            {"name": name, "ref": f"refs/tags/{name}", "targetCommit": oid} for name, oid in repo.git_tags.items()
        ],
        "branches": [{"name": "main", "ref": "refs/heads/main", "targetCommit": repo.head.oid}],
        "converts": [],
    }
    if request.flag("include_prs"):
        body["pullRequests"] = []
    return json_reply(body)


def discussions() -> Reply:
    """There are no discussions."""
    return json_reply({"discussions": [], "count": 0, "start": 0, "numClosedDiscussions": 0})
