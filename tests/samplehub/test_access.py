"""Who may see what: missing, private, gated, disabled and renamed repos, with each kind of token."""

from collections.abc import Iterator
from typing import Any

import pytest

from samplehub import SampleHub, Settings, SimulatedWorld, Token
from samplehub.simulated.plan import Plan
from samplehub.world import Repo

from .helpers import GOOD, PLAIN, WAITING, Get, ask


def bearer(token: str | None) -> dict[str, Any]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def named(repos: list[Repo], test: Any) -> str:
    return next(repo for repo in repos if test(repo)).facts.repo_id


@pytest.fixture(scope="module")
def private(repos: list[Repo]) -> str:
    return named(repos, lambda repo: repo.facts.private)


@pytest.fixture(scope="module")
def gated(repos: list[Repo]) -> str:
    return named(repos, lambda repo: repo.facts.gated and "config.json" in repo.head.tree.files)


@pytest.mark.parametrize("path", ["/api/models/{}", "/api/models/{}/tree/main", "/api/models/{}/refs"])
def test_missing_and_private_look_alike(get: Get, private: str, path: str) -> None:
    for name in ("nobody/nothing", private):
        anonymous = get(path.format(name))
        assert anonymous.status == 401
        assert anonymous.json == {"error": "Invalid username or password."}
        assert anonymous.headers["x-error-message"] == "Invalid username or password."
        assert anonymous.headers["www-authenticate"].startswith("Bearer realm=")
        assert "x-error-code" not in anonymous.headers
        known = get(path.format(name), **bearer(PLAIN))
        assert known.status == 404
        assert known.headers["x-error-code"] == "RepoNotFound"
        assert known.json == {"error": "Repository not found"}


def test_a_granted_token_sees_a_private_repo(get: Get, private: str) -> None:
    assert get(f"/api/models/{private}", **bearer(GOOD)).json["private"] is True


def test_a_bad_token_is_not_a_missing_repo(get: Get, model: Repo) -> None:
    got = get(f"/api/models/{model.facts.repo_id}", **bearer("hf_nobody_issued_this"))
    assert got.status == 401
    assert got.json == {"error": "Invalid credentials in Authorization header"}


@pytest.mark.parametrize(
    "path", ["/{}/resolve/main/config.json", "/api/models/{}/commits/main", "/{}/raw/main/config.json"]
)
def test_files_and_commits_of_a_gated_repo_are_closed(get: Get, gated: str, path: str) -> None:
    target = path.format(gated)
    told = {token: get(target, **bearer(token)) for token in (None, PLAIN, WAITING)}
    assert [got.status for got in told.values()] == [401, 403, 403]
    assert {got.headers["x-error-code"] for got in told.values()} == {"GatedRepo"}
    assert told[None].headers["x-error-message"].endswith("Please log in.")
    assert "not in the authorized list" in told[PLAIN].headers["x-error-message"]
    assert "awaiting a review" in told[WAITING].headers["x-error-message"]
    assert get(target, **bearer(GOOD)).status in (200, 307)


def test_the_rest_of_a_gated_repo_is_public(get: Get, gated: str) -> None:
    assert get(f"/api/models/{gated}").json["gated"] in ("auto", "manual")
    assert get(f"/api/models/{gated}?blobs=true").json["siblings"][0]["blobId"]
    for path in ("tree/main", "refs", "discussions"):
        assert get(f"/api/models/{gated}/{path}").status == 200


def test_an_older_server_closes_the_tree_too(world: SimulatedWorld, gated: str) -> None:
    with SampleHub(world, quota=None, settings=Settings(gated_tree_status=401)) as hub:
        assert ask(hub.url, f"/api/models/{gated}/tree/main").status == 401


def test_a_disabled_repo_shows_itself_and_not_its_files(get: Get, world: SimulatedWorld, repos: list[Repo]) -> None:
    name = named(repos, lambda repo: repo.facts.disabled)
    assert get(f"/api/models/{name}").json["disabled"] is True
    got = get(f"/{name}/resolve/main/config.json")
    assert got.status == 403
    assert got.headers["x-error-message"] == "Access to this resource is disabled."
    assert "x-error-code" not in got.headers
    with SampleHub(world, quota=None, settings=Settings(disabled_info_status=403)) as hub:
        assert ask(hub.url, f"/api/models/{name}").status == 403


@pytest.fixture(scope="module")
def moved(world: SimulatedWorld) -> tuple[str, str]:
    """An older name and the present one."""
    plan = Plan(world.seed, world.models)
    sketches = (plan.sketch(index) for index in range(world.models))
    return next((sketch.old_name, sketch.repo_id) for sketch in sketches if sketch.old_name)


@pytest.mark.parametrize("rest", ["", "/revision/main", "/tree/main/some%2Fpath", "/commits/main", "/refs"])
def test_an_older_name_leads_on_with_path_and_query(get: Get, moved: tuple[str, str], rest: str) -> None:
    old, new = moved
    got = get(f"/api/models/{old}{rest}?blobs=true&expand%5B%5D=sha")
    assert got.status == 307
    assert got.headers["location"] == f"/api/models/{new}{rest}?blobs=true&expand%5B%5D=sha"
    assert got.body.decode() == f"Temporary Redirect. Redirecting to {got.headers['location']}"


def test_files_of_an_older_name_are_served_at_once(get: Get, moved: tuple[str, str]) -> None:
    old, new = moved
    got = get(f"/{old}/resolve/main/config.json")
    assert got.status == 307
    assert got.headers["location"].startswith(f"/api/resolve-cache/models/{new}/")


def test_an_unknown_revision_is_named(get: Get, model: Repo) -> None:
    for path in ("/api/models/{}/revision/nope", "/api/models/{}/tree/nope", "/{}/resolve/nope/config.json"):
        got = get(path.format(model.facts.repo_id))
        assert got.status == 404
        assert got.headers["x-error-code"] == "RevisionNotFound"
        assert got.headers["x-error-message"] == "Invalid rev id: nope"


@pytest.mark.parametrize("cut", [40, 12, 7])
def test_a_commit_is_found_by_its_full_or_short_id(get: Get, model: Repo, cut: int) -> None:
    oldest = model.commits[-1]
    got = get(f"/api/models/{model.facts.repo_id}/revision/{oldest.oid[:cut]}")
    assert got.json["sha"] == oldest.oid
    assert [entry["rfilename"] for entry in got.json["siblings"]] == list(oldest.tree.files)


def test_a_revision_in_the_query_is_ignored(get: Get, model: Repo) -> None:
    got = get(f"/api/models/{model.facts.repo_id}?revision={model.commits[-1].oid}")
    assert got.json["sha"] == model.head.oid


def test_a_tag_is_a_revision(get: Get, repos: list[Repo]) -> None:
    repo = next(repo for repo in repos if repo.git_tags and not repo.facts.gated)
    assert get(f"/api/models/{repo.facts.repo_id}/revision/v1.0").json["sha"] == repo.git_tags["v1.0"]
    tags = get(f"/api/models/{repo.facts.repo_id}/refs").json["tags"]
    assert tags == [{"name": "v1.0", "ref": "refs/tags/v1.0", "targetCommit": repo.head.oid}]


@pytest.fixture
def trusting() -> Iterator[SampleHub]:
    with SampleHub(SimulatedWorld(5), quota=None) as hub:
        yield hub


def test_without_a_list_any_token_is_somebody_without_grants(trusting: SampleHub) -> None:
    got = ask(trusting.url, "/api/models/nobody/nothing", **bearer("hf_whatever"))
    assert got.headers["x-error-code"] == "RepoNotFound"
    assert ask(trusting.url, "/api/whoami-v2", **bearer("hf_whatever")).json["name"] == Token("").user
    assert ask(trusting.url, "/api/whoami-v2").status == 401


def test_an_unknown_route_is_not_a_repo(get: Get) -> None:
    for target in ("/api/organizations/x/overview", "/api/nothing"):
        got = get(target)
        assert (got.status, got.json["error"]) == (404, "Sorry, we can't find the page you are looking for.")
