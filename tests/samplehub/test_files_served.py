"""Bytes: ranges, the two hops, pointers, and the names that files may have."""

import hashlib
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from samplehub import FolderWorld, SampleHub, Settings
from samplehub.content import blob_oid
from samplehub.world import Repo, World

from .helpers import Find, Get, ask


@pytest.fixture(scope="module")
def one_hop(model: Repo) -> str:
    return f"/api/resolve-cache/models/{model.facts.repo_id}/{model.head.oid}/config.json"


def local(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_one_hop_gives_the_bytes_of_the_listed_blob(get: Get, model: Repo, one_hop: str) -> None:
    got = get(one_hop)
    assert got.status == 200
    assert blob_oid(got.body) == model.head.tree.files["config.json"].oid
    assert got.headers["etag"] == f'"{blob_oid(got.body)}"'


def test_two_hops_give_the_same(get: Get, model: Repo, one_hop: str) -> None:
    first = get(f"/{model.facts.repo_id}/resolve/{model.head.oid}/config.json")
    assert get(first.headers["location"]).body == get(one_hop).body


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=5-9999999", 206, slice(5, None)),
        ("lines=1-2", 200, slice(0, None)),
        ("bytes=-", 200, slice(0, None)),
    ],
)
def test_a_range_gives_its_part(get: Get, one_hop: str, asked: str, status: int, span: slice) -> None:
    whole = get(one_hop).body
    got = get(one_hop, Range=asked)
    assert got.status == status
    assert got.body == whole[span]
    if status == 206:
        start, stop, _ = span.indices(len(whole))
        assert got.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(whole)}"


def test_a_range_behind_the_end_is_a_416(get: Get, one_hop: str) -> None:
    size = len(get(one_hop).body)
    got = get(one_hop, Range=f"bytes={size}-")
    assert (got.status, got.body, got.headers["content-range"]) == (416, b"", f"bytes */{size}")


def test_head_gives_the_length_and_sends_nothing(get: Get, one_hop: str) -> None:
    got = get(one_hop, method="HEAD")
    assert (got.status, got.body) == (200, b"")
    assert int(got.headers["content-length"]) == len(get(one_hop).body)


def test_an_lfs_file_comes_whole_from_elsewhere_and_is_what_its_sha256_says(get: Get, find: Find) -> None:
    repo = find(lambda repo: "tokenizer.model" in repo.head.tree.files)
    file = repo.head.tree.files["tokenizer.model"]
    first = get(f"/{repo.facts.repo_id}/resolve/main/tokenizer.model")
    assert first.status == 302
    body = get(local(first.headers["location"])).body
    assert len(body) == file.size == int(first.headers["x-linked-size"])
    assert hashlib.sha256(body).hexdigest() == file.sha256 == first.headers["x-linked-etag"].strip('"')


def test_the_object_store_gives_nothing_without_a_signed_path(get: Get, model: Repo) -> None:
    assert get(f"/cdn/{model.facts.hub_id}/{'0' * 64}/{'0' * 64}").status == 403


def test_raw_gives_the_pointer_of_an_lfs_file(get: Get, model: Repo) -> None:
    file = model.head.tree.files["model.safetensors"]
    got = get(f"/{model.facts.repo_id}/raw/main/model.safetensors")
    head = "version https://git-lfs.github.com/spec/v1\n"
    assert got.body == f"{head}oid sha256:{file.sha256}\nsize {file.size}\n".encode()
    assert blob_oid(got.body) == file.oid


def test_the_cache_redirects_to_an_lfs_file_or_gives_its_pointer(get: Get, world: World, model: Repo) -> None:
    target = f"/api/resolve-cache/models/{model.facts.repo_id}/{model.head.oid}/model.safetensors"
    assert (
        get(target).headers["location"]
        == get(f"/{model.facts.repo_id}/resolve/main/model.safetensors").headers["location"]
    )
    with SampleHub(world, quota=None, settings=Settings(lfs_in_cache="pointer")) as hub:
        assert ask(hub.url, target).body == model.head.tree.files["model.safetensors"].pointer


def test_raw_gives_a_plain_file_in_one_hop(get: Get, model: Repo, one_hop: str) -> None:
    assert get(f"/{model.facts.repo_id}/raw/main/config.json").body == get(one_hop).body


@pytest.mark.parametrize(
    "path", ["a b.json", "ünï/cödé.json", "100%.json", 'q"uote.json', "plus+and&.json", "x=1;y.json"]
)
def test_any_file_name_is_served_under_its_escaped_form(tmp_path: Path, path: str) -> None:
    target = tmp_path / "org__name" / path
    target.parent.mkdir(parents=True)
    target.write_bytes(b"{}")
    with SampleHub(FolderWorld(tmp_path), quota=None) as hub:
        first = ask(hub.url, f"/org/name/resolve/main/{quote(path)}")
        assert first.status == 307
        assert ask(hub.url, first.headers["location"]).body == b"{}"
        (entry,) = ask(hub.url, "/api/models/org/name?blobs=true").json["siblings"]
        assert entry["rfilename"] == path


def test_an_empty_file_has_no_range(tmp_path: Path) -> None:
    (tmp_path / "org__name").mkdir()
    (tmp_path / "org__name" / "config.json").write_bytes(b"")
    with SampleHub(FolderWorld(tmp_path), quota=None) as hub:
        sha = ask(hub.url, "/api/models/org/name").json["sha"]
        target = f"/api/resolve-cache/models/org/name/{sha}/config.json"
        assert (ask(hub.url, target).status, ask(hub.url, target).body) == (200, b"")
        got = ask(hub.url, target, Range="bytes=0-9")
        assert (got.status, got.headers["content-range"]) == (416, "bytes */0")


def test_a_hub_without_xet_gives_no_hashes(world: World, model: Repo) -> None:
    with SampleHub(world, quota=None, settings=Settings(xet=False)) as hub:
        got = ask(hub.url, f"/{model.facts.repo_id}/resolve/main/model.safetensors")
        assert not {"link", "x-xet-hash"} & got.headers.keys()
        entries = ask(hub.url, f"/api/models/{model.facts.repo_id}/tree/main").json
        assert all("xetHash" not in entry for entry in entries)
