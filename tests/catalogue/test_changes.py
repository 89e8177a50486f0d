import json
from pathlib import Path

import pytest

from harvester.crawl.select import Selection
from tests.support import Shelf, config, harvest, one, rows, serving

CARD = "---\nlicense: mit\npipeline_tag: text-generation\n---\n# A model\n"
FILES = {"config.json": config(64), "README.md": CARD, "model.safetensors": b"weights"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "shelf")
    shelf.put("org/m", FILES)
    shelf.put("org/still", FILES)
    return shelf


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def visit(shelf: Shelf, data: Path, **options: object) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, data, Selection(all=True), **options)


def changes(data: Path, kind: str, columns: str = "path, field, change, old, new") -> list[tuple[object, ...]]:
    return rows(data, f"SELECT {columns} FROM changes WHERE kind = ? ORDER BY changed_at, path, field, old", kind)


def step(shelf: Shelf, data: Path, before: dict[str, object], after: dict[str, object], **options: object) -> None:
    """Harvest a model, change its config, and harvest it again."""
    shelf.put("org/m", {**FILES, "config.json": before})
    visit(shelf, data, **options)
    shelf.put("org/m", {**FILES, "config.json": after})
    visit(shelf, data, **options)


def test_nothing_changed_makes_no_rows(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    visit(shelf, data)
    assert rows(data, "FROM changes") == []


def test_config_fields_are_told_with_the_values_they_had_and_have(shelf: Shelf, data: Path) -> None:
    step(shelf, data, config(64, dropped=True), config(128, rope={"theta": 1e4}))
    assert changes(data, "config") == [
        ("config.json", "dropped", "removed", "true", None),
        ("config.json", "hidden_size", "changed", "64", "128"),
        ("config.json", "rope.theta", "added", None, "10000.0"),
    ]
    assert changes(data, "file", "path, field, change, noise") == [("config.json", "content", "changed", False)]


def test_a_type_is_a_change_and_a_spelling_is_none(shelf: Shelf, data: Path) -> None:
    text = '{"a": %s, "eps": %s, "s": "x"}'
    shelf.put("org/m", {**FILES, "config.json": text % ("1", "1e-5")})
    visit(shelf, data)
    shelf.put("org/m", {**FILES, "config.json": text % ("1.0", "0.00001")})
    visit(shelf, data)
    assert changes(data, "config") == [("config.json", "a", "changed", "1", "1.0")]


def test_the_commits_are_those_that_touched_the_field(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    first = shelf.sha("org/m")
    shelf.put("org/m", {**FILES, "notes.txt": "x"})
    visit(shelf, data)
    shelf.put("org/m", {**FILES, "notes.txt": "x", "config.json": config(128)})
    visit(shelf, data)
    assert changes(data, "config", "from_sha, to_sha") == [(first, shelf.sha("org/m"))]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (["NEG", "POS", "MIX"], [("0", "changed", "BAD", "NEG"), ("1", "changed", "GOOD", "POS")]),
        (["GOOD", "BAD", "MIX"], [("0", "permuted", "BAD", "GOOD"), ("1", "permuted", "GOOD", "BAD")]),
        (["BAD", "GOOD"], [("2", "removed", "MIX", None)]),
        (["BAD", "GOOD", "MIX", "NEW"], [("3", "added", None, "NEW")]),
    ],
)
def test_a_changed_label_map_is_told_label_by_label(
    shelf: Shelf, data: Path, after: list[str], expected: list[tuple[str | None, ...]]
) -> None:
    def labelled(names: list[str]) -> dict[str, object]:
        forward = {str(n): name for n, name in enumerate(names)}
        return config(64, id2label=forward, label2id={name: n for n, name in enumerate(names)})

    step(shelf, data, labelled(["BAD", "GOOD", "MIX"]), labelled(after))
    assert changes(data, "label") == [("config.json", *row) for row in expected]
    assert changes(data, "config") == []


@pytest.mark.parametrize(
    ("before", "after", "noise"),
    [
        ({"transformers_version": "4.1"}, {"transformers_version": "5.0"}, [True]),
        ({"transformers_version": "4.1", "x": 1}, {"transformers_version": "5.0", "x": 2}, [False, False]),
    ],
)
def test_a_version_alone_is_noise(
    shelf: Shelf, data: Path, before: dict[str, object], after: dict[str, object], noise: list[bool]
) -> None:
    step(shelf, data, config(64, **before), config(64, **after))
    assert changes(data, "config", "noise") == [(value,) for value in noise]
    assert changes(data, "file", "noise") == [(noise[0],)]


def test_formatting_and_key_order_are_noise(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    shuffled = dict(reversed(config(64).items()))
    shelf.put("org/m", {**FILES, "config.json": json.dumps(shuffled, indent=4)})
    visit(shelf, data)
    assert rows(data, "SELECT kind, path, change, noise FROM changes") == [("file", "config.json", "changed", True)]


def test_a_config_that_was_unreadable_in_between_is_compared_with_the_one_before(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    shelf.put("org/m", {**FILES, "config.json": "<html>"})
    visit(shelf, data)
    assert changes(data, "config") == []
    shelf.put("org/m", {**FILES, "config.json": config(65)})
    visit(shelf, data)
    assert changes(data, "config") == [("config.json", "hidden_size", "changed", "64", "65")]


def test_license_task_and_base_model(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    card = "---\nlicense: apache-2.0\nbase_model: org/still\n---\n# A model\n"
    shelf.put("org/m", {**FILES, "README.md": card})
    visit(shelf, data)
    assert changes(data, "license") == [(None, "license", "changed", "mit", "apache-2.0")]
    assert (None, "base_model", "added", None, "org/still") in changes(data, "lineage")
    assert changes(data, "card") == [(None, "pipeline_tag", "removed", "text-generation", None)]


def test_gating_is_a_change_at_the_same_commit(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    shelf.say("org/m", gated="manual")
    visit(shelf, data)
    sha = shelf.sha("org/m")
    assert changes(data, "gating", "field, old, new, from_sha, to_sha") == [("gated", "false", "manual", sha, sha)]


def test_files_added_removed_and_changed_and_the_move_to_safetensors(shelf: Shelf, data: Path) -> None:
    shelf.put("org/m", {"config.json": config(64), "pytorch_model.bin": b"a", "notes.txt": "1"})
    visit(shelf, data)
    shelf.put("org/m", {"config.json": config(64), "model.safetensors": b"b", "notes.txt": "2"})
    visit(shelf, data)
    assert changes(data, "file", "path, field, change") == [
        ("model.safetensors", None, "added"),
        ("notes.txt", "content", "changed"),
        ("pytorch_model.bin", None, "removed"),
        (None, "weight_format", "changed"),
    ]
    assert one(data, "SELECT old, new FROM changes WHERE field = 'weight_format'") == ("pickle", "safetensors")


def test_a_file_that_comes_back_is_added_again(shelf: Shelf, data: Path) -> None:
    for notes in ({"notes.txt": "1"}, {}, {"notes.txt": "1"}):
        shelf.put("org/m", {**FILES, **notes})
        visit(shelf, data)
    assert changes(data, "file", "path, change") == [("notes.txt", "removed"), ("notes.txt", "added")]


def test_without_manifests_names_tell_what_came_and_went(shelf: Shelf, data: Path) -> None:
    visit(shelf, data, depths=("configs",))
    shelf.put("org/m", {**FILES, "config.json": config(65), "notes.txt": "1"})
    visit(shelf, data, depths=("configs",))
    assert changes(data, "file", "path, change") == [("notes.txt", "added")]
    assert changes(data, "config", "field") == [("hidden_size",)]


@pytest.mark.parametrize("depths", [("files", "configs"), ("files", "configs", "cards")])
@pytest.mark.parametrize(
    ("said", "files", "announced"),
    [
        ({}, {}, []),
        ({}, {"README.md": CARD + "The context is longer now.\n"}, ["card_body"]),
        ({"tags": ["license:mit", "v2"]}, {}, ["tag"]),
    ],
    ids=["silent", "card", "tag"],
)
def test_what_announced_a_change(
    shelf: Shelf, data: Path, depths: tuple[str, ...], said: dict[str, object], files: dict[str, object],
    announced: list[str],
) -> None:  # fmt: skip
    shelf.put("org/m", FILES, tags=["license:mit"])
    visit(shelf, data, depths=depths)
    shelf.put("org/m", {**FILES, **files, "config.json": config(128)}, **said)
    visit(shelf, data, depths=depths)
    assert changes(data, "config", "announced_by") == [(announced,)]


def test_a_license_that_changes_alone_in_a_card_that_was_read_is_silent(shelf: Shelf, data: Path) -> None:
    visit(shelf, data, depths=("files", "cards"))
    shelf.put("org/m", {**FILES, "README.md": CARD.replace("mit", "apache-2.0")})
    visit(shelf, data, depths=("files", "cards"))
    assert changes(data, "license", "announced_by") == [([],)]


def test_a_new_name_and_a_successor_announce(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    shelf.rename("org/m", "org/m-old")
    card = CARD.replace("license", "new_version: org/still\nlicense")
    shelf.put("org/m-old", {**FILES, "README.md": card, "config.json": config(128)})
    visit(shelf, data)
    (found,) = one(data, "SELECT announced_by FROM changes WHERE kind = 'config'")
    assert {"name", "new_version"} <= set(found)


def test_models_at_a_time_tells_what_was_known_then(shelf: Shelf, data: Path) -> None:
    for n in range(20):
        shelf.put(f"org/other{n}", {"README.md": "#"})
    shelf.say("org/m", downloads=5)
    visit(shelf, data)
    shelf.say("org/m", downloads=7)
    shelf.remove("org/still")
    visit(shelf, data)
    first, second = (row[0] for row in rows(data, "SELECT listed_at FROM runs ORDER BY run_id"))
    query = "SELECT repo_id, presence, downloads FROM models_at(?) WHERE repo_id IN ('org/m', 'org/still') ORDER BY 1"
    stills = one(data, "SELECT downloads FROM observations WHERE repo_id = 'org/still'")[0]
    assert rows(data, query, first) == [("org/m", "live", 5), ("org/still", "live", stills)]
    assert rows(data, query, second) == [("org/m", "live", 7), ("org/still", "gone", stills)]
    assert rows(data, query, "2000-01-01") == []


def test_a_model_that_dropped_out_of_a_top_n_is_unknown(shelf: Shelf, data: Path) -> None:
    top = Selection(sort="downloads", limit=1)
    for leader, other in (("org/m", "org/still"), ("org/still", "org/m")):
        shelf.say(leader, downloads=100)
        shelf.say(other, downloads=1)
        with serving(shelf.world()) as hub:
            harvest(hub, data, top)
    query = "SELECT repo_id, presence FROM models_at('2100-01-01') ORDER BY 1"
    assert rows(data, query) == [("org/m", "unknown"), ("org/still", "live")]


def test_a_day_without_a_listing_is_a_gap(shelf: Shelf, data: Path) -> None:
    shelf.say("org/m", downloads=5)
    visit(shelf, data)
    series = rows(data, "SELECT downloads FROM downloads_series('org/m')")
    assert series == [(5,)]
