"""Genuine config documents, served by a sample Hub and harvested: every leaf of every one, told twice independently."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samplehub import FolderWorld
from samplehub.world import Order
from tests.support import SHARED, catalogue, harvest, rows, serving

CONFIGS = SHARED / "real/configs"
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
Leaf = tuple[str, str, Any]


def leaves(value: Any, field: str = "") -> Iterator[Leaf]:
    """The leaves of a value by the catalogue's contract, written for this test alone."""
    last = field.rpartition(".")[2]
    if isinstance(value, dict) and value and last not in ("id2label", "label2id"):
        for key, inner in value.items():
            name = key if PLAIN.match(key) else json.dumps(key, ensure_ascii=False)
            yield from leaves(inner, f"{field}.{name}" if field else name)
    elif isinstance(value, list) and holds_an_object(value):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{field}[{place}]")
    else:
        yield field, type_of(value), value


def holds_an_object(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(holds_an_object(inner) for inner in value))


def type_of(value: object) -> str:
    words = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return "null" if value is None else words[type(value)]


def told(kind: str, value: str | None) -> Any:
    """A value of `config_fields` read back; a word for what JSON has none for."""
    return value if value is None or (kind == "number" and value[-1] in "Ny") else json.loads(value)


def as_told(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return None if len(json.dumps(value, ensure_ascii=False).encode()) > 64 * 1024 else value


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not CONFIGS.is_dir():
        pytest.skip("the genuine configs (../shared/real/configs beside the repository) are not here")
    data = tmp_path_factory.mktemp("genuine") / "data"
    with serving(FolderWorld(CONFIGS)) as hub:
        result = harvest(hub, data, workers=8, documents=("*.json",))
        assert hub.count(status=429) == 0
    assert (result.status, result.record["failed"]) == ("done", 0)
    return catalogue(data)


@pytest.fixture(scope="module")
def served() -> dict[tuple[str, str], bytes]:
    """Every document of every newest commit, by repository and path."""
    found = {}
    for repo in FolderWorld(CONFIGS).walk(Order("createdAt", descending=False), None):
        for file in repo.head.tree.files.values():
            if file.path.endswith(".json"):
                found[repo.facts.repo_id, file.path] = file.read()
    return found


def test_no_document_is_lost(data: Path, served: dict[tuple[str, str], bytes]) -> None:
    statuses = {(repo, path): status for repo, path, status in rows(data, "SELECT repo_id, path, status FROM configs")}
    assert statuses.keys() == served.keys()
    assert len(statuses) > 100


def test_what_is_strict_json_is_ok_and_what_is_not_says_why(data: Path, served: dict[tuple[str, str], bytes]) -> None:
    for repo, path, status, reason in rows(data, "SELECT repo_id, path, status, reason FROM configs"):
        try:
            value = json.loads(served[repo, path].decode("utf-8"), parse_constant=refuse)
        except (ValueError, UnicodeDecodeError):
            assert status in ("lenient", "invalid"), (repo, path)
            assert reason, (repo, path)
        else:
            allowed = ("ok", "lenient") if isinstance(value, dict) else ("ok", "not_object")
            assert status in allowed, (repo, path)
            assert (reason is None) == (status == "ok"), (repo, path)


def refuse(word: str) -> None:
    raise ValueError(word)


def test_every_leaf_of_every_document_is_there_with_its_type_and_value(
    data: Path, served: dict[tuple[str, str], bytes]
) -> None:
    found: dict[tuple[str, str], dict[str, tuple[str, Any]]] = {}
    for repo, path, field, kind, value in rows(data, "SELECT repo_id, path, field, type, value FROM config_fields"):
        fields = found.setdefault((repo, path), {})
        assert field not in fields, (repo, path, field)
        fields[field] = (kind, told(kind, value))
    compared = 0
    statuses = rows(data, "SELECT repo_id, path, status FROM configs WHERE status IN ('ok', 'lenient')")
    for repo, path, status in statuses:
        try:
            value = json.loads(served[repo, path].decode("utf-8-sig"))
        except ValueError:
            assert status == "lenient", (repo, path)
            assert found[repo, path], (repo, path)
            continue
        expected = {field: (kind, as_told(leaf)) for field, kind, leaf in leaves(value)}
        assert found.get((repo, path), {}) == expected, (repo, path)
        compared += len(expected)
    assert compared > 10_000


def test_documents_are_kept_byte_by_byte(data: Path, served: dict[tuple[str, str], bytes]) -> None:
    told = rows(
        data, "SELECT c.repo_id, c.path, d.size, d.bytes FROM configs c JOIN documents d USING (oid) ORDER BY ALL"
    )
    assert len(told) == len(served)
    for repo, path, size, data_kept in told:
        assert size == len(served[repo, path])
        assert data_kept == (served[repo, path] if size <= 1024 * 1024 else None)
