"""Folders of repos: names, revisions, LFS, overrides; and the genuine configs, file by file."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from samplehub import FolderWorld, SampleHub
from samplehub.errors import SampleHubError
from samplehub.world import Moved, Repo

from .helpers import ask, repos_of

GENUINE = Path(__file__).parents[2] / "../shared/real/configs"


def write(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return root


def repo(world: FolderWorld, name: str) -> Repo:
    found = world.find(name)
    assert isinstance(found, Repo)
    return found


def test_both_layouts_are_repos(tmp_path: Path) -> None:
    world = FolderWorld(write(tmp_path, {"org__one/config.json": "{}", "team/two/a/b.txt": "x", "_gh_x__y__z/c": ""}))
    assert sorted(r.facts.repo_id for r in repos_of(world)) == ["_gh_x/y__z", "org/one", "team/two"]
    assert list(repo(world, "team/two").head.tree.files) == ["a/b.txt"]


def test_revisions_are_commits_in_natural_order_with_the_plain_folder_last(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {f"o__r@{n}/config.json": str(n) for n in (10, 2, 1)}
    world = FolderWorld(write(tmp_path, {**files, "o__r/config.json": "now", "p/q@v1/f": "old"}))
    commits = repo(world, "o/r").commits
    assert [commit.tree.files["config.json"].read() for commit in commits] == [b"now", b"10", b"2", b"1"]
    assert [commit.parent for commit in commits] == [*(commit.oid for commit in commits[1:]), None]
    assert repo(world, "o/r").git_tags == {"10": commits[1].oid, "2": commits[2].oid, "1": commits[3].oid}
    assert repo(world, "p/q").head.tree.files["f"].read() == b"old"


def test_the_same_folders_are_the_same_hub(tmp_path: Path) -> None:
    layout: dict[str, bytes | str] = {"o__r/config.json": '{"model_type": "bert"}', "o__r@1/config.json": "{}"}
    worlds = [FolderWorld(write(tmp_path / place, layout)) for place in ("here", "there")]
    first, second = (repo(world, "o/r") for world in worlds)
    assert (first.facts, first.head.oid, first.words) == (second.facts, second.head.oid, second.words)


def test_weights_are_lfs_and_pointer_text_in_a_plain_file_stays_text(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n"
    world = FolderWorld(write(tmp_path, {"o__r/model.safetensors": b"w" * 100, "o__r/config.json": pointer}))
    files = repo(world, "o/r").head.tree.files
    assert files["model.safetensors"].sha256 is not None
    assert files["model.safetensors"].read() == b"w" * 100
    assert files["config.json"].sha256 is None
    assert files["config.json"].read() == pointer


def test_a_large_file_is_lfs_whatever_its_name(tmp_path: Path) -> None:
    path = write(tmp_path, {"o__r/notes.txt": ""}) / "o__r/notes.txt"
    with path.open("r+b") as stream:
        stream.truncate(10 * 1024 * 1024 + 1)
    assert repo(FolderWorld(tmp_path), "o/r").head.tree.files["notes.txt"].sha256 is not None


def test_hub_json_overrides_the_listing_and_is_not_served(tmp_path: Path) -> None:
    said = {"downloads": 12, "gated": "manual", "tags": ["a", "b"], "pipeline_tag": "fill-mask", "library_name": "x"}
    world = FolderWorld(write(tmp_path, {"o__r/hub.json": json.dumps(said), "o__r/config.json": "{}"}))
    found = repo(world, "o/r")
    assert (found.facts.downloads, found.facts.gated, found.facts.pipeline_tag) == (12, "manual", "fill-mask")
    assert (found.words.tags, found.words.library_name) == (("a", "b"), "x")
    assert list(found.head.tree.files) == ["config.json"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "not a JSON object"),
        ("{", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"size": 1}', "valid are"),
        ('{"downloads": "many"}', "downloads is a number"),
        ('{"likes": true}', "likes is a number"),
        ('{"created_at": 1' + "0" * 400 + "}", "created_at is a number"),
    ],
)
def test_a_wrong_hub_json_is_wrong_usage(tmp_path: Path, text: str, told: str) -> None:
    world = FolderWorld(write(tmp_path, {"o__r/hub.json": text}))
    with pytest.raises(SampleHubError, match=told):
        world.find("o/r")


def test_scores_may_be_fractional(tmp_path: Path) -> None:
    files = {"o__a/hub.json": '{"trending_score": 7.5}', "o__b/hub.json": '{"trending_score": 7}'}
    with SampleHub(FolderWorld(write(tmp_path, files)), quota=None) as hub:
        rows = ask(hub.url, "/api/models?limit=1").json
        assert [row["trendingScore"] for row in rows] == [7.5]
        onward = ask(hub.url, "/api/models?limit=1").headers["link"].partition(hub.url)[2].partition(">")[0]
        assert [row["id"] for row in ask(hub.url, onward).json] == ["o/b"]


def test_a_folder_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(SampleHubError, match="not a folder"):
        FolderWorld(tmp_path / "nothing")


def test_tags_library_and_base_models_come_from_card_and_files(tmp_path: Path) -> None:
    card = (
        "---\nlicense: mit\nlanguage: [en, fr]\nbase_model: o/base\npipeline_tag: text-generation\ndatasets: d\n---\nhi"
    )
    files = {
        "o__lora/README.md": card,
        "o__lora/adapter_config.json": "{}",
        "o__base/config.json": '{"model_type": "gpt2"}',
    }
    world = FolderWorld(write(tmp_path, files))
    lora = repo(world, "o/lora")
    assert lora.words.library_name == "peft"
    assert lora.words.tags == (
        "peft", "text-generation", "en", "fr", "dataset:d", "base_model:o/base", "base_model:adapter:o/base",
        "license:mit", "region:us",
    )  # fmt: skip
    assert lora.facts.base_models is not None
    assert lora.facts.base_models.models == ((repo(world, "o/base").facts.hub_id, "o/base"),)
    assert repo(world, "o/base").children == {"adapter": 1}
    assert world.find("O/Base") == Moved("o/base")


def test_genuine_configs_are_served_byte_for_byte() -> None:
    if not GENUINE.is_dir():
        pytest.skip("the genuine configs (../shared/real beside the repository) are not here")
    world = FolderWorld(GENUINE)
    paths = [path.relative_to(GENUINE) for path in GENUINE.rglob("*") if path.is_file()]
    served = 0
    with SampleHub(world, quota=None) as hub:
        names = {row["id"] for row in ask(hub.url, "/api/models").json}
        assert len(names) == len({path.parts[0].partition("@")[0] for path in paths})
        for found in repos_of(world):
            for commit in found.commits:
                served += len(commit.tree.files)
            path, file = next(iter(found.head.tree.files.items()))
            target = f"/api/resolve-cache/models/{found.facts.repo_id}/{found.head.oid}/{quote(path)}"
            assert ask(hub.url, target).body == file.read()
    assert served == len(paths)
