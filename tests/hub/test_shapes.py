"""Which answers rows can be made of: those that were recorded, and none whose essential fields have changed."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from harvester.hub.shapes import STRIKES, Understood, unknown_listing, unknown_manifest

SHARED = Path(__file__).parents[2] / "../shared"
SHA, SHA256 = "a" * 40, "b" * 64
ROW = {"_id": "6" * 24, "id": "org/name", "sha": SHA, "siblings": [{"rfilename": "config.json"}]}
MANIFEST = {
    **ROW,
    "siblings": [
        {"rfilename": "config.json", "size": 10, "blobId": SHA},
        {"rfilename": "a.bin", "size": 20, "blobId": SHA, "lfs": {"sha256": SHA256, "size": 20, "pointerSize": 99}},
    ],
}


def test_what_is_known_is_known() -> None:
    assert unknown_listing([ROW, {"_id": "x", "id": "b"}]) is None
    assert unknown_listing([]) is None
    assert unknown_manifest(MANIFEST) is None
    assert unknown_manifest({**MANIFEST, "siblings": []}) is None
    assert unknown_manifest({"_id": "x", "id": "b"}) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha": {"oid": SHA}}, "sha of a row must be a commit id of 40 hex digits, not an object"),
        ({"sha": "main"}, "not text such as 'main'"),
        ({"sha": 7}, "not a number"),
        ({"siblings": {"config.json": 1}}, "siblings of a row must be a list of objects with rfilename, not an object"),
        ({"siblings": ["config.json"]}, "not a list"),
        ({"siblings": [{"name": "config.json"}]}, "rfilename"),
        ({"_id": 5}, "_id"),
        ({"_id": None}, "no row has the field _id"),
        ({"id": ["org", "name"]}, "the field id"),
    ],
)
def test_an_essential_field_of_another_shape_is_named(change: dict[str, Any], said: str) -> None:
    problem = unknown_listing([{**ROW, **change}] * 3)
    assert problem is not None
    assert said in problem


@pytest.mark.parametrize("value", [{"models": [ROW]}, "text", None, 5])
def test_a_page_that_is_no_list_is_unknown(value: Any) -> None:
    assert "a listing page (a list), got" in (unknown_listing(value) or "")


@pytest.mark.parametrize("change", [{"sha": {"oid": SHA}}, {"siblings": "none"}, {"sha": None}, {"siblings": None}])
def test_one_odd_row_is_no_odd_hub(change: dict[str, Any]) -> None:
    assert unknown_listing([ROW, {**ROW, **change}, "no model"]) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", "12 kB"), ("size", -1), ("size", True), ("blobId", "short"), ("lfs", True), ("lfs", {"hash": SHA256})],
)
def test_a_files_field_of_another_shape_is_named(field: str, value: Any) -> None:
    odd = copy.deepcopy(MANIFEST)
    for sibling in odd["siblings"]:  # type: ignore[attr-defined]
        sibling[field] = value
    assert f"the field {field} of a file" in (unknown_manifest(odd) or "")


def test_only_several_odd_manifests_and_none_other_speak_against_the_hub() -> None:
    all_odd, one_good = Understood(), Understood()
    assert [all_odd.add("odd") for _ in range(STRIKES)] == [False] * (STRIKES - 1) + [True]
    one_good.add(None)
    assert not any(one_good.add("odd") for _ in range(100))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded answers (../shared beside the repository) are not here")
def test_every_recorded_answer_is_known() -> None:
    known = 0
    folders = ("recorded", "real/api", "real/2026-10/*")
    for path in (path for folder in folders for path in SHARED.glob(f"{folder}/*.json")):
        value = json.loads(path.read_bytes())
        if isinstance(value, dict) and isinstance(value.get("body"), dict | list):
            value = value["body"]
        if isinstance(value, list) and value and isinstance(value[0], dict) and "_id" in value[0] and "id" in value[0]:
            assert unknown_listing(value) is None, path
        elif isinstance(value, dict) and "_id" in value and "id" in value:
            assert unknown_manifest(value) is None, path
        else:
            continue
        known += 1
    assert known > 20
