"""A Hub that knows more than we do, or says it otherwise: nothing breaks, nothing is lost, and it is reported."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from harvester.crawl.progress import Reporter
from tests.hub.altering import AlterModels
from tests.support import SHARED, Shelf, harvest, one, rows, serving, small_shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return small_shelf(tmp_path / "shelf", 3)


def test_fields_that_nobody_knows_yet_are_kept(shelf: Shelf, tmp_path: Path) -> None:
    new = {"carbon": {"grams": 12}, "likes30d": 7, "huge": "x" * 100_000}
    with serving(shelf.world(), faults=[AlterModels(change=lambda row: {**row, **new})]) as hub:
        done = harvest(hub, tmp_path / "d")
    kept = json.loads(one(tmp_path / "d", "SELECT extra FROM models WHERE repo_id = 'org/m0'")[0])
    assert kept["carbon"] == {"grams": 12}
    assert kept["likes30d"] == 7
    assert "100002 characters" in kept["huge"]
    assert done.record["odd_values"] == 0


def test_a_value_the_field_never_had_passes_through(shelf: Shelf, tmp_path: Path) -> None:
    new = {"gated": "waitlist", "pipeline_tag": "smell-to-text", "library_name": "new-lib"}
    with serving(shelf.world(), faults=[AlterModels(change=lambda row: {**row, **new})]) as hub:
        harvest(hub, tmp_path / "d")
    found = rows(tmp_path / "d", "SELECT DISTINCT gated, pipeline_tag, library_name FROM models")
    assert found == [("waitlist", "smell-to-text", "new-lib")]


#: A field, a value of a type it never had, and the column that holds it.
OTHERWISE: list[tuple[str, Any, str]] = [
    ("downloads", "a lot", "downloads"), ("likes", [1], "likes"), ("lastModified", 1700000000, "last_modified"),
    ("private", "no", "private"), ("gated", {"kind": "auto"}, "gated"), ("safetensors", [], "parameters_hub"),
    ("config", "bert", "config_stub"), ("pipeline_tag", ["a"], "pipeline_tag"), ("spaces", {"n": 1}, "spaces"),
    ("inferenceProviderMapping", "groq", "inference_providers"), ("transformersInfo", True, "auto_class"),
    ("trendingScore", "high", "trending_score"), ("createdAt", "yesterday", "created_at"),
]  # fmt: skip


def test_fields_of_another_type_are_null_and_counted(shelf: Shelf, tmp_path: Path) -> None:
    said = io.StringIO()
    fault = AlterModels(change=lambda row: {**row, **{name: value for name, value, _ in OTHERWISE}})
    with serving(shelf.world(), faults=[fault]) as hub:
        done = harvest(hub, tmp_path / "d", reporter=Reporter(quiet=True, stream=said))
    assert done.status == "done"
    assert done.record["odd_values"] >= 3 * len(OTHERWISE)
    assert "downloads (" in said.getvalue()
    columns = ", ".join(column for _, _, column in OTHERWISE)
    for *found, extra in rows(tmp_path / "d", f"SELECT {columns}, extra FROM models"):
        assert found == [None] * len(OTHERWISE)
        assert json.loads(extra) == {name: value for name, value, _ in OTHERWISE if name != "spaces"} | (
            {"spaces": {"n": 1}} if "spaces" in extra else {}
        )


def test_what_the_hub_says_of_one_model_is_shown(shelf: Shelf, tmp_path: Path) -> None:
    more = {
        "inferenceProviderMapping": {"groq": {"status": "live"}, "novita": {"status": "staging"}},
        "transformersInfo": {"auto_model": "AutoModelForMaskedLM", "processor": "AutoTokenizer"},
        "safetensors": {"parameters": {"F8_E4M3": 90, "BF16": 10}, "total": 100},
    }
    alone = {"spaces": ["a/b", "c/d"], "childrenModelCount": {"adapter": 2}}
    faults = [
        AlterModels(change=lambda row: {**row, **more}),
        AlterModels(change=lambda row: {**row, **alone}, listing=False),
    ]
    with serving(shelf.world(), faults=faults) as hub:
        harvest(hub, tmp_path / "d")
    found = one(
        tmp_path / "d",
        "SELECT list_sort(inference_providers), auto_class, auto_processor, parameters_by_dtype_hub, spaces, "
        "children_by_relation, extra FROM models WHERE repo_id = 'org/m0'",
    )
    assert found[:3] == (["groq", "novita"], "AutoModelForMaskedLM", "AutoTokenizer")
    assert json.loads(found[3]) == {"F8_E4M3": 90, "BF16": 10}
    assert (found[4], json.loads(found[5]), found[6]) == (["a/b", "c/d"], {"adapter": 2}, None)


@pytest.mark.parametrize("depths", [("configs",), ("files",)])
def test_a_gguf_header_is_known_with_and_without_a_manifest(
    shelf: Shelf, tmp_path: Path, depths: tuple[str, ...]
) -> None:
    said = {"total": 7, "architecture": "llama", "context_length": 4096, "chat_template": "x" * 9_000}

    with serving(shelf.world(), faults=[AlterModels(change=lambda row: {**row, "gguf": said})]) as hub:
        harvest(hub, tmp_path / "d", depths=depths)
        listed = [served.query for served in hub.log if served.path == "/api/models"]
    assert all(("gguf" in query) == ("files" not in depths) for query in listed)
    found = rows(tmp_path / "d", "SELECT DISTINCT parameters_hub, gguf_architecture, gguf_source FROM models")
    assert found == [(7, "llama", "hub")]


def test_genuine_answers_hold_nothing_unknown_or_odd() -> None:
    from harvester.hub.answers import BadAnswer, ModelInfo, model_info

    found = sorted([*(SHARED / "real").rglob("*.json"), *(SHARED / "recorded").glob("*.json")])
    if not found:
        pytest.skip("genuine answers (../shared/real beside the repository) are not here")
    read: list[ModelInfo] = []
    for path in found:
        try:
            value = json.loads(path.read_bytes())
        except ValueError:
            continue
        value = value.get("body", value) if isinstance(value, dict) else value
        for row in value if isinstance(value, list) else [value]:
            if isinstance(row, dict) and "_id" in row and "id" in row:
                try:
                    read.append(model_info(row))
                except BadAnswer:
                    pytest.fail(f"{path.name} is refused")
    assert len(read) > 50
    assert {info.repo_id: info.odd for info in read if info.odd} == {}
    with_results = [info for info in read if info.eval_results]
    assert sum(len(json.loads(info.eval_results or "[]")) for info in with_results) >= 129
