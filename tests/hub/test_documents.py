"""Documents kept in LFS, pointer texts, and a one-hop route that does not serve everything."""

import hashlib
import json
from pathlib import Path

import pytest

from harvester.hub.documents import document
from harvester.hub.endpoints import ONE_HOP_REFUSALS, pointer_oid
from harvester.outcome import Got
from samplehub import FAULTS
from samplehub.misbehaviour import Fault
from tests.support import Shelf, config, harvest, one, rows, serving

from .opened import opened

LARGE = json.dumps({"model_type": "bert", "vocab": ["word"] * 20_000}).encode()
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


def faults() -> dict[str, list[Fault]]:
    return {
        "redirect": [],
        "pointer": [FAULTS["pointer-text"]()],
        "unknown": [FAULTS["lfs-not-cached"]()],
        "invalid": [FAULTS["lfs-not-cached"](status=400)],  # type: ignore[call-arg]
    }


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "shelf")
    shelf.put("org/lfs", {"config.json": LARGE, "generation_config.json": {"max_length": 9}})
    shelf.put("org/pointer", {"config.json": POINTER, "generation_config.json": {"max_length": 8}})
    shelf.put("org/plain", {"config.json": config(7)})
    return shelf


@pytest.fixture
def lfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samplehub.folder.LFS_SIZE", 10_000)


@pytest.mark.usefixtures("lfs")
@pytest.mark.parametrize("mode", ["redirect", "pointer", "unknown", "invalid"])
@pytest.mark.parametrize("depths", [("configs",), ("files", "configs")])
def test_a_config_in_lfs_is_read_whatever_the_one_hop_route_makes_of_it(
    shelf: Shelf, tmp_path: Path, mode: str, depths: tuple[str, ...]
) -> None:
    with serving(shelf.world(), faults=faults()[mode]) as hub:
        done = harvest(hub, tmp_path / "d", depths=depths)
        one_hop = [s for s in hub.log if "/resolve-cache/" in s.path and s.path.endswith("org/lfs")]
    assert (done.status, done.record["failed"], one_hop) == ("done", 0, [])
    oid = pointer_oid(hashlib.sha256(LARGE).hexdigest(), len(LARGE))
    found = one(tmp_path / "d", "SELECT oid, status, model_type FROM configs WHERE repo_id = 'org/lfs' "
                "AND path = 'config.json'")  # fmt: skip
    assert found == (oid, "ok", "bert")
    assert one(tmp_path / "d", "SELECT bytes FROM documents WHERE oid = ?", oid)[0] == LARGE


def test_a_plain_file_that_holds_pointer_text_is_stored_as_it_is_and_invalid(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d")
        asked = [served for served in hub.log if "org/pointer" in served.path and served.path.endswith("/config.json")]
    assert len(asked) <= 3
    found = rows(tmp_path / "d", "SELECT status, reason FROM configs WHERE repo_id = 'org/pointer' "
                 "AND path = 'config.json'")  # fmt: skip
    assert found == [("invalid", "line 1: a Git LFS pointer instead of the document")]


@pytest.mark.usefixtures("lfs")
def test_lfs_files_do_not_speak_against_the_one_hop_route(shelf: Shelf) -> None:
    for n in range(ONE_HOP_REFUSALS + 1):
        shelf.put(f"org/large{n}", {"config.json": LARGE + b" " * n})
    with serving(shelf.world(), faults=faults()["unknown"]) as hub, opened(hub) as client:
        for n in range(ONE_HOP_REFUSALS + 1):
            answer = document(client, f"org/large{n}", shelf.sha(f"org/large{n}"), "config.json", cap=10**6)
            assert isinstance(answer, Got)
        assert client.one_hop.served
        before = len(hub.log)
        assert isinstance(document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10**6), Got)
        assert len(hub.log) == before + 1


def test_a_mirror_that_takes_the_one_hop_route_for_a_name_still_gives_its_documents(
    shelf: Shelf, tmp_path: Path
) -> None:
    with serving(shelf.world(), faults=[FAULTS["one-hop-unknown-repo"]()]) as hub:
        done = harvest(hub, tmp_path / "d", workers=1)
        refused = [served for served in hub.log if "/resolve-cache/" in served.path and served.status == 404]
    assert done.record["failed"] == 0
    assert len(refused) == ONE_HOP_REFUSALS
    assert rows(tmp_path / "d", "SELECT DISTINCT outcome FROM fetches WHERE item = 'document'") == [("ok",)]
