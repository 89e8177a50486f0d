"""Every version of every document of a history is read, by git and through the API, in whatever order."""

from pathlib import Path

import pytest

from samplehub import SampleHub
from tests.support import Shelf, config, harvest, rows, serving

WHOLE, ALONE = ("files", "configs", "history"), ("configs", "history")
CHANGES = "SELECT repo_id, path, field, change, old, new FROM changes WHERE kind = 'config' ORDER BY ALL"


def pipeline(**folders: str) -> dict[str, object]:
    return {"_class_name": "Pipe", **{name: ["diffusers", what] for name, what in folders.items()}}


def unet(size: int) -> dict[str, object]:
    return {"_class_name": "UNet2DConditionModel", "sample_size": size}


def pipelines(root: Path) -> Shelf:
    """Three pipelines: equal indices and components among them, one component left by the head."""
    shelf = Shelf(root)
    both = pipeline(unet="UNet2DConditionModel", vae="AutoencoderKL")
    for n in range(3):
        name = f"org/p{n}"
        for version in range(3):
            files: dict[str, object] = {
                "model_index.json": both if version < 2 else pipeline(unet="UNet2DConditionModel"),
                "unet/config.json": unet(n // 2 * 10 + version),
            }
            if version < 2:
                files["vae/config.json"] = {"_class_name": "AutoencoderKL", "latent_channels": 4 + version}
            shelf.put(name, files, revision=f"v{version}" if version < 2 else "", downloads=n)
    return shelf


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("way", ["git", "api"])
def test_components_that_only_old_commits_name_are_read(tmp_path: Path, way: str, workers: int) -> None:
    with serving(pipelines(tmp_path / "hub").world()) as hub:
        harvest(hub, tmp_path / way, depths=WHOLE, history_by=way, workers=workers)
    expected = [
        (f"org/p{n}", path, field, "changed", str(old), str(old + 1))
        for n in range(3)
        for path, field, versions in (
            ("unet/config.json", "sample_size", [n // 2 * 10, n // 2 * 10 + 1]),
            ("vae/config.json", "latent_channels", [4]),
        )
        for old in versions
    ]
    found = [row for row in rows(tmp_path / way, CHANGES) if row[1] != "model_index.json"]
    assert sorted(found) == sorted(expected)


def test_documents_that_are_followed_alone_include_components(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    index = pipeline(unet="UNet2DConditionModel")
    for version in range(3):
        files = {"model_index.json": index, "unet/config.json": unet(version)}
        shelf.put("org/p", files, revision=f"v{version}" if version < 2 else "")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=ALONE, history_by="api")
    assert [row[-2:] for row in rows(tmp_path / "d", CHANGES)] == [("0", "1"), ("1", "2")]


@pytest.mark.parametrize("way", ["git", "api"])
def test_a_later_run_reads_the_versions_between_though_the_index_is_old(tmp_path: Path, way: str) -> None:
    shelf, index = Shelf(tmp_path / "hub"), pipeline(unet="UNet2DConditionModel")
    for version in range(5):
        shelf.put("org/p", {"model_index.json": index, "unet/config.json": unet(version)}, revision=f"{version}")
        if version in (0, 4):
            with serving(shelf.world()) as hub:
                harvest(hub, tmp_path / "d", depths=WHOLE, history_by=way)
    found = [row[-2:] for row in rows(tmp_path / "d", CHANGES)]
    assert found == [("0", "1"), ("1", "2"), ("2", "3"), ("3", "4")]


@pytest.mark.parametrize("depths", [WHOLE, ALONE], ids=["whole", "alone"])
@pytest.mark.parametrize("way", ["git", "api"])
def test_equal_bytes_under_two_kinds_keep_both_histories(tmp_path: Path, way: str, depths: tuple[str, ...]) -> None:
    shelf, same = Shelf(tmp_path / "hub"), {"model_type": "bert", "temperature": 0.5}
    names = ("config.json", "generation_config.json", "adapter_config.json")
    for version in ("1", "2", ""):
        content = {**same, "max_length": len(version) and int(version)}
        shelf.put("org/m", dict.fromkeys(names, content), revision=version)
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=depths, history_by=way)
        # One content, one request: the bytes are the same. Without a manifest the head's are not known by their id.
        assert depths is ALONE or most_asked(hub) <= 1
    found = rows(tmp_path / "d", "SELECT path, old, new FROM changes WHERE kind = 'config' ORDER BY ALL")
    assert found == [(name, old, new) for name in sorted(names) for old, new in (("1", "2"), ("2", "0"))]


def most_asked(hub: SampleHub) -> int:
    """How often the content that was requested most often was: all versions here are read at commits of their own."""
    commits = [served.path.split("/")[-2] for served in hub.log if "/resolve" in served.path]
    return max((commits.count(commit) for commit in commits), default=0)


def test_a_pack_holds_a_document_once_for_each_kind(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"config.json": config(1), "params.json": config(1)}, revision="1")
    shelf.put("org/m", {"config.json": config(2), "params.json": config(2)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=WHOLE)
        assert not any("/resolve" in served.path for served in hub.log)
    assert rows(tmp_path / "d", "SELECT kind, count(*) FROM base.doc GROUP BY kind ORDER BY kind") == [
        ("config", 2), ("params", 2),
    ]  # fmt: skip
