"""What changed between two harvests of a model. Most histories are of models of one Hub, harvested together."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harvester.crawl.select import Selection
from tests.support import Shelf, catalogue, config, harvest, ids, one, rows, serving

CARD = "---\nlicense: mit\npipeline_tag: text-generation\n---\n# A model\n"
FILES = {"config.json": config(64), "README.md": CARD, "model.safetensors": b"weights"}
DEPTHS = ("files", "configs")


@dataclass(frozen=True)
class Step:
    """A model at one harvest: its files, and what the listing says of it."""

    files: Mapping[str, object]
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class History:
    """A model and how it was at the first, the second, the third harvest; afterwards it stays."""

    repo_id: str
    depths: tuple[str, ...]
    steps: Sequence[Step]


HISTORIES: list[History] = []
Told = Callable[..., list[tuple[Any, ...]]]


def harvested(*steps: Mapping[str, object] | Step, depths: tuple[str, ...] = DEPTHS) -> History:
    """A model with a history, to be harvested with all others of the same depths."""
    made = [step if isinstance(step, Step) else Step(step) for step in steps]
    HISTORIES.append(History(f"org/h{len(HISTORIES)}", depths, made))
    return HISTORIES[-1]


def configs(*documents: object, depths: tuple[str, ...] = DEPTHS) -> History:
    """A model whose config.json alone has a history."""
    return harvested(*({**FILES, "config.json": document} for document in documents), depths=depths)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Asks for the changes of a history; each depth is harvested and built when it is first asked for."""
    built: dict[tuple[str, ...], Path] = {}

    def ask(history: History, kind: str | None, columns: str = "path, field, change, old, new") -> list[Any]:
        if history.depths not in built:
            built[history.depths] = live(history.depths)
        wanted = "repo_id = $1 AND kind = coalesce($2, kind) ORDER BY changed_at, path, field, old"
        return rows(built[history.depths], f"SELECT {columns} FROM changes WHERE {wanted}", history.repo_id, kind)

    def live(depths: tuple[str, ...]) -> Path:
        root = tmp_path_factory.mktemp("histories")
        shelf = Shelf(root / "shelf")
        ours = [history for history in HISTORIES if history.depths == depths]
        for number in range(max(len(history.steps) for history in ours)):
            for history in ours:
                if number < len(history.steps):
                    shelf.put(history.repo_id, history.steps[number].files, **history.steps[number].said)
            visit(shelf, root / "data", depths=depths)
        return catalogue(root / "data")

    return ask


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "shelf")
    shelf.put("org/m", FILES)
    shelf.put("org/still", FILES)
    return shelf


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def visit(shelf: Shelf, data: Path, **options: Any) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, data, Selection(all=True), **options)


STILL = harvested(FILES)


def test_nothing_changed_makes_no_rows(told: Told) -> None:
    assert told(STILL, None) == []


FIELDS = configs(config(64, dropped=True), config(128, rope={"theta": 1e4}))


def test_config_fields_are_reported_with_the_values_they_had_and_have(told: Told) -> None:
    assert told(FIELDS, "config") == [
        ("config.json", "dropped", "removed", "true", None),
        ("config.json", "hidden_size", "changed", "64", "128"),
        ("config.json", "rope.theta", "added", None, "10000.0"),
    ]
    assert told(FIELDS, "file", "path, field, change, noise") == [("config.json", "content", "changed", False)]


SPELLED = configs('{"a": 1, "eps": 1e-5, "s": "x"}', '{"a": 1.0, "eps": 0.00001, "s": "x"}')


def test_a_type_is_a_change_and_a_spelling_is_none(told: Told) -> None:
    assert told(SPELLED, "config") == [("config.json", "a", "changed", "1", "1.0")]


def test_the_commits_are_those_that_touched_the_field(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    first = shelf.sha("org/m")
    shelf.put("org/m", {**FILES, "notes.txt": "x"})
    visit(shelf, data)
    shelf.put("org/m", {**FILES, "notes.txt": "x", "config.json": config(128)})
    visit(shelf, data)
    assert rows(data, "SELECT from_sha, to_sha FROM changes WHERE kind = 'config'") == [(first, shelf.sha("org/m"))]


def labelled(*names: str) -> dict[str, object]:
    forward = {str(n): name for n, name in enumerate(names)}
    return config(64, id2label=forward, label2id={name: n for n, name in enumerate(names)})


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (
            configs(labelled("BAD", "GOOD", "MIX"), labelled("NEG", "POS", "MIX")),
            [("0", "changed", "BAD", "NEG"), ("1", "changed", "GOOD", "POS")],
        ),
        (
            configs(labelled("BAD", "GOOD", "MIX"), labelled("GOOD", "BAD", "MIX")),
            [("0", "permuted", "BAD", "GOOD"), ("1", "permuted", "GOOD", "BAD")],
        ),
        (configs(labelled("BAD", "GOOD", "MIX"), labelled("BAD", "GOOD")), [("2", "removed", "MIX", None)]),
        (configs(labelled("BAD", "GOOD"), labelled("BAD", "GOOD", "NEW")), [("2", "added", None, "NEW")]),
    ],
    ids=["renamed", "permuted", "removed", "added"],
)
def test_a_changed_label_map_is_reported_label_by_label(
    told: Told, history: History, expected: list[tuple[str | None, ...]]
) -> None:
    assert told(history, "label") == [("config.json", *row) for row in expected]
    assert told(history, "config") == []


@pytest.mark.parametrize(
    ("history", "noise"),
    [
        (configs(config(64, transformers_version="4.1"), config(64, transformers_version="5.0")), [True]),
        (
            configs(config(64, transformers_version="4.1", x=1), config(64, transformers_version="5.0", x=2)),
            [False, False],
        ),
    ],
    ids=["alone", "with another"],
)
def test_a_version_alone_is_noise(told: Told, history: History, noise: list[bool]) -> None:
    assert told(history, "config", "noise") == [(value,) for value in noise]
    assert told(history, "file", "noise") == [(noise[0],)]


SHUFFLED = configs(config(64), json.dumps(dict(reversed(config(64).items())), indent=4))


def test_formatting_and_key_order_are_noise(told: Told) -> None:
    assert told(SHUFFLED, None, "kind, path, change, noise") == [("file", "config.json", "changed", True)]


UNREADABLE = configs(config(64), "<html>")
UNREADABLE_BETWEEN = configs(config(64), "<html>", config(65))


def test_a_config_that_was_unreadable_in_between_is_compared_with_the_one_before(told: Told) -> None:
    assert told(UNREADABLE, "config") == []
    assert told(UNREADABLE_BETWEEN, "config") == [("config.json", "hidden_size", "changed", "64", "65")]


def _with_large_values(word: str) -> dict[str, object]:
    many = {str(n): f"{word}{n}" if n == 7 else f"class number {n}" for n in range(4000)}
    return config(64, text_config={"id2label": {"0": "A", "1": word}}, id2label=many, long=word * 70_000)


LARGE_VALUES = configs(_with_large_values("B"), _with_large_values("C"))


def test_labels_of_a_sub_model_and_values_too_large_to_show_are_compared_too(told: Told) -> None:
    assert told(LARGE_VALUES, "label", "field, change, old, new") == [
        ("7", "changed", "B7", "C7"),
        ("text_config.1", "changed", "B", "C"),
    ]
    assert told(LARGE_VALUES, "config", "field, change, old, new") == [("long", "changed", None, None)]


def test_a_manifest_shows_which_commit_brought_a_document_that_was_read_later(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    first = shelf.sha("org/m")
    shelf.put("org/m", {**FILES, "config.json": config(128)})
    visit(shelf, data, depths=("files",))
    second = shelf.sha("org/m")
    shelf.put("org/m", {**FILES, "config.json": config(128), "notes.txt": "x"})
    visit(shelf, data)
    found = rows(data, "SELECT field, from_sha, to_sha FROM changes WHERE kind = 'config'")
    assert found == [("hidden_size", first, second)]


RELICENSED = harvested(
    FILES, {**FILES, "README.md": f"---\nlicense: apache-2.0\nbase_model: {STILL.repo_id}\n---\n# A model\n"}
)


def test_a_revision_that_an_id_file_requested_is_no_step_of_the_model(shelf: Shelf, data: Path) -> None:
    shelf.put("org/m", FILES, revision="v1")
    shelf.put("org/m", {**FILES, "config.json": config(128)})
    for selection in (Selection(all=True), ids("org/m@v1"), Selection(all=True)):
        with serving(shelf.world()) as hub:
            harvest(hub, data, selection)
    assert rows(data, "FROM changes") == []
    assert one(data, "SELECT hidden_size, sha = config_sha FROM models WHERE repo_id = 'org/m'") == (128, True)


def test_a_model_that_went_back_to_a_commit_is_shown_as_it_is_there(shelf: Shelf, data: Path) -> None:
    for size in (64, 128, 64):
        shelf.put("org/m", {**FILES, "config.json": config(size)})
        visit(shelf, data)
    found = one(data, "SELECT hidden_size, sha = config_sha, sha = manifest_sha FROM models WHERE repo_id = 'org/m'")
    assert found == (64, True, True)
    assert rows(data, "SELECT old, new FROM changes WHERE kind = 'config' ORDER BY changed_at") == [
        ("64", "128"),
        ("128", "64"),
    ]


def test_license_task_and_base_model(told: Told) -> None:
    assert told(RELICENSED, "license") == [(None, "license", "changed", "mit", "apache-2.0")]
    assert (None, "base_model", "added", None, STILL.repo_id) in told(RELICENSED, "lineage")
    assert told(RELICENSED, "card") == [(None, "pipeline_tag", "removed", "text-generation", None)]


GATED = harvested(FILES, Step(FILES, {"gated": "manual"}))


def test_gating_is_a_change_at_the_same_commit(told: Told) -> None:
    ((field, old, new, from_sha, to_sha),) = told(GATED, "gating", "field, old, new, from_sha, to_sha")
    assert (field, old, new) == ("gated", "false", "manual")
    assert from_sha == to_sha is not None


MIGRATED = harvested(
    {"config.json": config(64), "pytorch_model.bin": b"a", "notes.txt": "1"},
    {"config.json": config(64), "model.safetensors": b"b", "notes.txt": "2"},
)


def test_files_added_removed_and_changed_and_the_move_to_safetensors(told: Told) -> None:
    assert told(MIGRATED, "file", "path, field, change") == [
        ("model.safetensors", None, "added"),
        ("notes.txt", "content", "changed"),
        ("pytorch_model.bin", None, "removed"),
        (None, "weight_format", "changed"),
    ]
    moved = [row[1:] for row in told(MIGRATED, "file", "field, old, new") if row[0] == "weight_format"]
    assert moved == [("pickle", "safetensors")]


BACK = harvested({**FILES, "notes.txt": "1"}, FILES, {**FILES, "notes.txt": "1"})


def test_a_file_that_comes_back_is_added_again(told: Told) -> None:
    assert told(BACK, "file", "path, change") == [("notes.txt", "removed"), ("notes.txt", "added")]


NAMED_ONLY = harvested(FILES, {**FILES, "config.json": config(65), "notes.txt": "1"}, depths=("configs",))


def test_without_manifests_names_show_what_came_and_went(told: Told) -> None:
    assert told(NAMED_ONLY, "file", "path, change") == [("notes.txt", "added")]
    assert told(NAMED_ONLY, "config", "field") == [("hidden_size",)]


def announcing(depths: tuple[str, ...], files: Mapping[str, object], tags: Sequence[str] = ()) -> History:
    """A model whose config changes, and something else with it."""
    before = Step(FILES, {"tags": ["license:mit"]})
    after = Step({**FILES, **files, "config.json": config(128)}, {"tags": ["license:mit", *tags]})
    return harvested(before, after, depths=depths)


LONGER = {"README.md": CARD + "The context is longer now.\n"}


@pytest.mark.parametrize(
    ("history", "announced"),
    [
        (announcing(depths, files, tags), announced)
        for depths in (DEPTHS, ("files", "configs", "cards"))
        for files, tags, announced in (({}, (), []), (LONGER, (), ["card_body"]), ({}, ("v2",), ["tag"]))
    ],
    ids=["silent", "card", "tag", "silent, cards read", "card, cards read", "tag, cards read"],
)
def test_what_announced_a_change(told: Told, history: History, announced: list[str]) -> None:
    assert told(history, "config", "announced_by") == [(announced,)]


RELICENSED_ALONE = harvested(
    FILES, {**FILES, "README.md": CARD.replace("mit", "apache-2.0")}, depths=("files", "cards")
)


def test_a_license_that_changes_alone_in_a_card_that_was_read_is_silent(told: Told) -> None:
    assert told(RELICENSED_ALONE, "license", "announced_by") == [([],)]


def test_a_new_name_and_a_successor_announce(shelf: Shelf, data: Path) -> None:
    visit(shelf, data)
    shelf.rename("org/m", "org/m-old")
    card = CARD.replace("license", "new_version: org/still\nlicense")
    shelf.put("org/m-old", {**FILES, "README.md": card, "config.json": config(128)})
    visit(shelf, data)
    (found,) = one(data, "SELECT announced_by FROM changes WHERE kind = 'config'")
    assert {"name", "new_version"} <= set(found)


def test_models_at_a_time_shows_what_was_known_then(shelf: Shelf, data: Path) -> None:
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
