"""huggingface_hub itself against the sample Hub, over a socket."""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"

from huggingface_hub import HfApi, get_session, hf_hub_download, snapshot_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import ExpandModelProperty_T

from samplehub import SampleHub
from samplehub.world import Repo

from .helpers import GOOD, PLAIN, Find, is_open


@pytest.fixture(scope="module")
def api(hub: SampleHub) -> Iterator[HfApi]:
    return HfApi(endpoint=hub.url, token=PLAIN)


def test_list_models_lists_every_public_model(api: HfApi, repos: list[Repo]) -> None:
    listed = list(api.list_models(sort="created_at", expand=["sha", "siblings", "downloads"]))
    public = {repo.facts.repo_id: repo for repo in repos if not repo.facts.private}
    assert [model.id for model in listed] == [name for name in reversed(public)]
    for model in listed:
        repo = public[model.id]
        assert (model.sha, model.downloads) == (repo.head.oid, repo.facts.downloads)
        assert [file.rfilename for file in model.siblings or []] == list(repo.head.tree.files)[:1000]


def test_list_models_filters(api: HfApi, repos: list[Repo]) -> None:
    wanted = {repo.facts.repo_id for repo in repos if "gguf" in repo.words.tags and not repo.facts.private}
    assert {model.id for model in api.list_models(filter="gguf", full=True)} == wanted
    assert len(list(api.list_models(limit=7, sort="downloads"))) == 7


def test_list_models_by_app_and_by_provider(api: HfApi) -> None:
    by_app = list(api.list_models(apps="ollama", full=True))
    assert by_app
    assert all(any(one.rfilename.endswith(".gguf") for one in model.siblings or []) for model in by_app)
    served = list(api.list_models(inference_provider="hf-inference", expand=["inferenceProviderMapping"]))
    assert served
    for model in served:
        mapping = model.inference_provider_mapping or []
        assert "hf-inference" in {one.provider for one in mapping}
        assert {one.hf_model_id for one in mapping} == {model.id}


def test_the_expand_options_are_those_that_the_client_knows(api: HfApi, model: Repo) -> None:
    with pytest.raises(HfHubHTTPError) as refused:
        api.model_info(model.facts.repo_id, expand=["does_not_exist"])  # type: ignore[list-item]
    assert refused.value.response.status_code == 400
    listed = refused.value.response.json()["error"].split("expected one of ", 1)[1]
    assert set(re.findall(r'"([^"]+)"', listed)) - {"xetEnabled"} == set(get_args(ExpandModelProperty_T))


def test_the_clients_request_id_is_used(hub: SampleHub) -> None:
    response = get_session().get(f"{hub.url}/api/tasks")
    assert response.request.headers["X-Amzn-Trace-Id"] == response.headers["x-request-id"]
    mine = get_session().get(f"{hub.url}/api/tasks", headers={"x-request-id": "custom-id"})
    assert mine.headers["x-request-id"] == "custom-id"


def test_model_info_with_files_metadata(api: HfApi, model: Repo) -> None:
    info = api.model_info(model.facts.repo_id, files_metadata=True)
    told = {
        file.rfilename: (file.size, file.blob_id, file.lfs.sha256 if file.lfs else None) for file in info.siblings or []
    }
    assert told == {file.path: (file.size, file.oid, file.sha256) for file in model.head.tree.files.values()}
    assert info.card_data is not None


def test_hf_hub_download(hub: SampleHub, find: Find, tmp_path: Path) -> None:
    repo = find(lambda repo: "tokenizer.model" in repo.head.tree.files)
    for name in ("config.json", "tokenizer.model"):
        path = Path(hf_hub_download(repo.facts.repo_id, name, endpoint=hub.url, cache_dir=tmp_path, token=PLAIN))
        assert path.read_bytes() == repo.head.tree.files[name].read()
        assert repo.head.oid in path.parts


def test_snapshot_download_downloads_every_file_as_it_is(hub: SampleHub, find: Find, tmp_path: Path) -> None:
    repo = find(lambda repo: "results.json" in repo.head.tree.files)
    root = Path(snapshot_download(repo.facts.repo_id, endpoint=hub.url, cache_dir=tmp_path, token=PLAIN))
    for file in repo.head.tree.files.values():
        data = (root / file.path).read_bytes()
        assert data == file.read()
        assert file.sha256 in (None, hashlib.sha256(data).hexdigest())


def test_list_repo_tree_follows_pages(api: HfApi, find: Find) -> None:
    repo = find(lambda repo: len(repo.head.tree.files) > 1000)
    entries = list(api.list_repo_tree(repo.facts.repo_id, recursive=True))
    assert sorted(entry.path for entry in entries) == sorted(
        [*repo.head.tree.files, *filter(None, repo.head.tree.folders)]
    )
    expanded = list(api.list_repo_tree(repo.facts.repo_id, expand=True))
    assert all(entry.last_commit for entry in expanded)


def test_commits_refs_and_paths_info(api: HfApi, find: Find) -> None:
    repo = find(lambda repo: len(repo.commits) == 3 and "config.json" in repo.head.tree.files)
    name = repo.facts.repo_id
    assert [commit.commit_id for commit in api.list_repo_commits(name)] == [commit.oid for commit in repo.commits]
    assert api.list_repo_refs(name, include_pull_requests=True).branches[0].target_commit == repo.head.oid
    (info,) = api.get_paths_info(name, ["config.json", "nothing"], expand=True)
    assert info.path == "config.json"


@pytest.mark.parametrize("name", ["model.safetensors", "model.safetensors.index.json"])
def test_get_safetensors_metadata_reads_true_headers(api: HfApi, find: Find, name: str) -> None:
    repo = find(lambda repo: name in repo.head.tree.files)
    metadata = api.get_safetensors_metadata(repo.facts.repo_id)
    assert metadata.parameter_count == repo.reading(repo.head).safetensors["parameters"]
    assert metadata.sharded is name.endswith("index.json")


def test_refusals_are_the_errors_the_client_knows(
    api: HfApi, repos: list[Repo], model: Repo, hub: SampleHub, tmp_path: Path
) -> None:
    gated = next(repo for repo in repos if repo.facts.gated and "config.json" in repo.head.tree.files).facts.repo_id
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("nobody/nothing")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(model.facts.repo_id, revision="nope")
    with pytest.raises(GatedRepoError):
        hf_hub_download(gated, "config.json", endpoint=hub.url, cache_dir=tmp_path, token=PLAIN)
    assert hf_hub_download(gated, "config.json", endpoint=hub.url, cache_dir=tmp_path, token=GOOD)
    api.auth_check(model.facts.repo_id)
    with pytest.raises(GatedRepoError):
        api.auth_check(gated)


def test_the_client_finds_models_by_any_spelling(api: HfApi, repos: list[Repo]) -> None:
    repo = next(repo for repo in repos if is_open(repo))
    assert api.model_info(repo.facts.repo_id.upper()).id == repo.facts.repo_id


def test_no_request_of_the_client_was_refused_for_want_of_quota(hub: SampleHub) -> None:
    assert hub.count(status=429) == 0
