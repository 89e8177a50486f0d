"""Trees in pages, paths-info, sizes, commits."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from samplehub import SampleHub, Settings, SimulatedWorld
from samplehub.world import Repo

from .helpers import Find, Get, ask
from .test_listing import pages


@pytest.fixture(scope="module")
def huge(find: Find) -> Repo:
    """The repo of more than a thousand files."""
    return find(lambda repo: len(repo.head.tree.files) > 1000)


def test_model_info_names_a_thousand_files_and_the_tree_all(get: Get, huge: Repo) -> None:
    name = huge.facts.repo_id
    assert len(get(f"/api/models/{name}?blobs=true").json["siblings"]) == 1000
    entries = pages(get, f"/api/models/{name}/tree/main?recursive=true")
    files = [entry["path"] for entry in entries if entry["type"] == "file"]
    assert sorted(files) == list(huge.head.tree.files)


def test_a_tree_page_holds_a_thousand_entries_and_folders_count(get: Get, huge: Repo) -> None:
    got = get(f"/api/models/{huge.facts.repo_id}/tree/main?recursive=true&limit=5000")
    assert len(got.json) == 1000
    assert got.json[0] == {
        "type": "directory",
        "oid": huge.head.tree.folders["checkpoints"].oid,
        "size": 0,
        "path": "checkpoints",
    }


@pytest.mark.parametrize(("settings", "size"), [(Settings(), 50), (Settings(tree_expand_page=100), 100)])
def test_an_expanded_page_holds_fewer(world: SimulatedWorld, huge: Repo, settings: Settings, size: int) -> None:
    with SampleHub(world, quota=None, settings=settings) as hub:
        target = f"/api/models/{huge.facts.repo_id}/tree/main?recursive=true&expand=true"
        assert len(ask(hub.url, target).json) == size


def test_a_tree_cursor_has_the_recorded_form(get: Get, huge: Repo) -> None:
    got = get(f"/api/models/{huge.facts.repo_id}/tree/main?recursive=true")
    query = parse_qs(urlsplit(got.headers["link"].split(">")[0]).query)
    assert [query[key] for key in ("expand", "recursive", "limit")] == [["false"], ["true"], ["1000"]]
    inner, _, limit = base64.b64decode(query["cursor"][0]).partition(b":")
    assert limit == b"1000"
    assert json.loads(base64.b64decode(inner)) == {"file_name": got.json[-1]["path"], "tree_oid": huge.head.tree.oid}


def test_a_subfolder_keeps_paths_from_the_root(get: Get, find: Find) -> None:
    repo = find(lambda repo: "1_Pooling" in repo.head.tree.folders)
    (entry,) = get(f"/api/models/{repo.facts.repo_id}/tree/main/1_Pooling").json
    assert entry["path"] == "1_Pooling/config.json"
    assert "1_Pooling/config.json" not in {e["path"] for e in get(f"/api/models/{repo.facts.repo_id}/tree/main").json}


@pytest.mark.parametrize("path", ["config.json", "no/such/folder"])
def test_a_path_that_is_no_folder_is_refused(get: Get, model: Repo, path: str) -> None:
    got = get(f"/api/models/{model.facts.repo_id}/tree/main/{path}")
    assert got.status == 404
    assert got.headers["x-error-code"] == "EntryNotFound"
    assert got.json == {"error": f'{path} does not exist on "main"'}


def test_a_nonsense_cursor_is_a_400(get: Get, model: Repo) -> None:
    assert get(f"/api/models/{model.facts.repo_id}/tree/main?cursor=xx").status == 400


def test_a_path_was_touched_last_by_the_commit_that_made_it_so(get: Get, find: Find) -> None:
    repo = find(lambda repo: len(repo.commits) == 3 and "config.json" in repo.head.tree.files)
    entries = get(f"/api/models/{repo.facts.repo_id}/tree/main?expand=true").json
    touched = {entry["path"]: entry["lastCommit"]["title"] for entry in entries}
    newest, upload, first = (commit.step.title for commit in repo.commits)
    assert (touched["README.md"], touched["config.json"], touched[".gitattributes"]) == (newest, upload, first)


@pytest.mark.parametrize("as_form", [False, True])
def test_paths_info_answers_for_what_exists(get: Get, find: Find, as_form: bool) -> None:
    repo = find(lambda repo: "1_Pooling" in repo.head.tree.folders)
    asked: Any = {"paths": ["1_Pooling", "config.json", "no.txt"], "expand": True}
    body = urlencode({**asked, "expand": "true"}, doseq=True) if as_form else json.dumps(asked)
    kind = "application/x-www-form-urlencoded" if as_form else "application/json"
    target = f"/api/models/{repo.facts.repo_id}/paths-info/main"
    got = get(target, method="POST", body=body.encode(), Content_Type=kind)
    assert [(entry["type"], entry["path"]) for entry in got.json] == [
        ("directory", "1_Pooling"),
        ("file", "config.json"),
    ]
    assert all("lastCommit" in entry for entry in got.json)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"paths": 3}', json.dumps({"paths": ["x"] * 2001}).encode()])
def test_paths_info_refuses_what_names_no_paths_or_too_many(get: Get, model: Repo, body: bytes) -> None:
    target = f"/api/models/{model.facts.repo_id}/paths-info/main"
    assert get(target, method="POST", body=body, Content_Type="application/json").status == 400


def test_treesize_is_the_sum(get: Get, model: Repo) -> None:
    got = get(f"/api/models/{model.facts.repo_id}/treesize/main/")
    assert got.json["size"] == sum(file.size for file in model.head.tree.files.values())


def test_commits_are_numbered_pages_with_a_total(get: Get, find: Find) -> None:
    repo = find(lambda repo: len(repo.commits) == 3)
    target = f"/api/models/{repo.facts.repo_id}/commits/main"
    assert [row["id"] for row in pages(get, f"{target}?limit=1")] == [commit.oid for commit in repo.commits]
    second = get(f"{target}?p=1&limit=2")
    assert [row["id"] for row in second.json] == [repo.commits[2].oid]
    assert second.headers["x-total-count"] == "3"
    assert "link" not in second.headers
    assert get(f"{target}?limit=1&expand[]=formatted").json[0]["formatted"]["title"] == repo.head.step.title


def test_commits_of_an_older_revision_begin_there(get: Get, find: Find) -> None:
    repo = find(lambda repo: len(repo.commits) == 3)
    got = get(f"/api/models/{repo.facts.repo_id}/commits/{repo.commits[1].oid}")
    assert [row["id"] for row in got.json] == [commit.oid for commit in repo.commits[1:]]
