"""Genuine config histories: every field that changed between two versions, held against a reading of its own."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import SHARED, Shelf, harvest, rows, serving

CONFIGS = SHARED / "real" / "configs"
#: Larger documents are tokenizers and weight indices.
LARGEST = 20_000
Leaves = dict[str, tuple[str, str]]
Change = tuple[str, str, str | None, str | None]


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def holds_objects(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(holds_objects, value)))


def leaves(value: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value and field.rpartition(".")[2] not in ("id2label", "label2id"):
        for key, item in value.items():
            name = key if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", key) else written(key)
            yield from leaves(item, f"{field}.{name}" if field else name)
    elif isinstance(value, list) and holds_objects(value):
        for index, item in enumerate(value):
            yield from leaves(item, f"{field}[{index}]")
    else:
        yield field, value


def differing(old: Mapping[str, Any], new: Mapping[str, Any], shown: Any) -> Iterator[Change]:
    for field in old.keys() | new.keys():
        if field not in old:
            yield field, "added", None, shown(new[field])
        elif field not in new:
            yield field, "removed", shown(old[field]), None
        elif shown(old[field]) != shown(new[field]):
            yield field, "changed", shown(old[field]), shown(new[field])


def changed(old: Any, new: Any) -> Iterator[Change]:
    """Fields, and the labels of maps by class; permuted labels are changed ones here."""
    before, after = dict(leaves(old)), dict(leaves(new))
    maps = [{f: v for f, v in side.items() if f.endswith(("id2label", "label2id"))} for side in (before, after)]
    plain = [{f: v for f, v in side.items() if f not in maps[n]} for n, side in enumerate((before, after))]
    yield from differing(plain[0], plain[1], written)
    labels = [
        {
            f"{field.removesuffix('id2label')}{index}": label
            for field, held in side.items()
            if field.endswith("id2label")
            for index, label in held.items()
        }
        for side in maps
    ]
    yield from differing(labels[0], labels[1], str)


def versions() -> dict[str, list[dict[str, bytes]]]:
    """Repositories of which there are several versions, each with its documents."""
    found: dict[str, list[dict[str, bytes]]] = {}
    for folder in sorted(CONFIGS.iterdir()):
        files = {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.json")}
        small = {path: data for path, data in files.items() if len(data) <= LARGEST}
        if small:
            found.setdefault(re.sub("[^A-Za-z0-9]", "-", folder.name.partition("@")[0]), []).append(small)
    return {name: told for name, told in found.items() if len(told) > 1}


@pytest.mark.skipif(not CONFIGS.is_dir(), reason="no genuine configs beside the checkout")
def test_every_field_that_changed_in_a_genuine_history_is_reported_and_no_other(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    expected: Counter[tuple[str, str, str, Change]] = Counter()
    histories = versions()
    for name, told in histories.items():
        last: dict[str, Any] = {}
        for number, documents in enumerate(told):
            shelf.put(f"org/{name}", documents, revision=f"v{number}")
            for path, data in documents.items():
                value = json.loads(data)
                if path in last:
                    expected.update((name, f"v{number}", path, change) for change in changed(last[path], value))
                last[path] = value
    world = shelf.world()
    with serving(world) as hub:
        harvest(hub, tmp_path / "data", depths=("configs", "history"), documents=("*.json",))
    titles = dict(rows(tmp_path / "data", "SELECT \"commit\", regexp_extract(title, '@(v[0-9]+)$', 1) FROM commits"))
    found = Counter(
        (repo_id.removeprefix("org/"), titles[sha], path, (field, "changed" if how == "permuted" else how, old, new))
        for repo_id, sha, path, field, how, old, new in rows(
            tmp_path / "data",
            "SELECT repo_id, to_sha, path, field, change, old, new FROM changes WHERE kind IN ('config', 'label')",
        )
    )
    assert len(histories) > 20
    assert expected.total() > 500
    assert not expected - found
    assert not found - expected
