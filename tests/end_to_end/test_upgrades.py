"""What a later version reads reaches what an earlier one left: new kinds of documents, fixed extractors."""

import os
from pathlib import Path

import pytest

from harvester.catalogue.reextract import reextract
from harvester.crawl import stale
from harvester.extract import kinds
from harvester.extract import rows as extracting
from harvester.extract.version import EXTRACTOR_VERSION, sources, version_of
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from tests.support import Shelf, config, harvest, one, rows, run, serving

ADDED = "preprocessor_config"
LATER = "29990101T000000Z"


def version_without(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Act as a version that does not know a kind yet."""
    known = tuple(row for row in kinds.KINDS if row.name != kind)
    for module in (kinds, stale):
        monkeypatch.setattr(module, "KINDS", known)
    monkeypatch.setattr(kinds, "_BY_FILE_NAME", {row.file_name: row for row in known})
    order = {row.file_name: place for place, row in enumerate(known) if row.default}
    monkeypatch.setattr(kinds, "_DEFAULT_ORDER", order)


def test_a_kind_that_is_added_later_reaches_models_that_were_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, data = Shelf(tmp_path / "hub"), tmp_path / "data"
    for n in range(3):
        shelf.put(f"org/plain{n}", {"config.json": config(n + 1)})
    shelf.put("org/image", {"config.json": config(9), f"{ADDED}.json": {"size": 224}})
    with monkeypatch.context() as older, serving(shelf.world()) as hub:
        version_without(ADDED, older)
        assert harvest(hub, data).record["planned"] == 4
        assert harvest(hub, data).record["planned"] == 0
    assert rows(data, "SELECT path FROM configs WHERE path = ?", f"{ADDED}.json") == []
    with serving(shelf.world()) as hub:
        assert harvest(hub, data).record["planned"] == 1, "only the model that has such a document"
        assert hub.count(path="resolve-cache") == 1
        assert harvest(hub, data).record["planned"] == 0
    assert one(data, "SELECT status FROM configs WHERE path = ?", f"{ADDED}.json") == ("ok",)


def test_a_kind_that_is_added_later_reaches_the_past(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, data = Shelf(tmp_path / "hub"), tmp_path / "data"
    for n in range(3):
        shelf.put("org/m", {"config.json": config(1), f"{ADDED}.json": {"size": n}}, revision=str(n))
    shelf.put("org/m", {"config.json": config(1), f"{ADDED}.json": {"size": 9}})
    shelf.put("org/other", {"config.json": config(2)})
    depths = ("files", "configs", "history")
    with monkeypatch.context() as older, serving(shelf.world()) as hub:
        version_without(ADDED, older)
        harvest(hub, data, depths=depths)
    with serving(shelf.world()) as hub:
        assert harvest(hub, data, depths=depths).record["planned"] == 1
        assert harvest(hub, data, depths=depths).record["planned"] == 0
    with connection(Lake(Layout(data))) as con:
        read = con.execute("SELECT count(DISTINCT oid) FROM lake_configs WHERE kind = $kind", {"kind": ADDED})
        assert read.fetchall() == [(4,)]
    assert one(data, "SELECT count(*) FROM commits WHERE repo_id = 'org/m'") == (4,)


def test_a_newer_extractor_reads_every_stored_document_again_those_of_the_past_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, data = Shelf(tmp_path / "hub"), tmp_path / "data"
    for n in range(4):
        shelf.put("org/m", {"config.json": config(n + 1), "README.md": f"---\nlicense: l{n}\n---\n"}, revision=str(n))
    shelf.put("org/m", {"config.json": config(99), "README.md": "---\nlicense: mit\n---\n", "LICENSE": "MIT License"})
    with monkeypatch.context() as older, serving(shelf.world()) as hub:
        older.setattr(extracting, "EXTRACTOR_VERSION", 1)
        options = {"depths": ("files", "configs", "cards", "history"), "documents": ("LICENSE",)}
        harvest(hub, data, **options)  # type: ignore[arg-type]
    # Five configs, five cards, a licence, and the card data of the manifest.
    assert "12 documents extracted again" in run("build", "--data", data, "--reextract").stdout
    assert "0 documents extracted again" in run("build", "--data", data, "--reextract", "--memory", "200").stdout
    with connection(Lake(Layout(data))) as con:
        for table, count in (("lake_configs", 5), ("lake_cards", 6), ("lake_license_texts", 1)):
            read = con.execute(f"SELECT count(*) FROM {table} WHERE extractor = {EXTRACTOR_VERSION}").fetchall()
            assert read == [(count,)], table
    assert one(data, "SELECT hidden_size FROM configs") == (99,)


def test_an_error_of_the_extractor_is_read_again_by_the_next_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, data = Shelf(tmp_path / "hub"), tmp_path / "data"
    shelf.put("org/m", {"config.json": config(5)})
    with serving(shelf.world()) as hub:
        with monkeypatch.context() as older:
            older.setattr(extracting, "EXTRACTOR_VERSION", 1)
            older.setattr(extracting, "extract_document", lambda path, data: 1 / 0)
            harvest(hub, data)
            told = "SELECT item, reason FROM extractor_errors"
            assert one(data, told) == ("document", "extractor error: ZeroDivisionError: division by zero")
        before = hub.count(path="resolve-cache")
        command = run("harvest", "--hub", hub.url, "--data", data, "--all", "--quiet")
        assert command.returncode == 0, command.stderr
        assert hub.count(path="resolve-cache") == before
    assert one(data, "SELECT status, hidden_size FROM configs") == ("ok", 5)
    assert rows(data, told) == []


def test_reading_again_takes_no_more_memory_than_it_is_given(tmp_path: Path) -> None:
    lake = Lake(Layout(tmp_path / "data"))
    lake.create()
    parts = []
    for number in range(12):
        stored = [(os.urandom(20), 1_000_000, os.urandom(1_000_000)) for _ in range(5)]
        refs = [
            (f"{number:024}", "o/m", "a" * 40, f"{n}/config.json", "config", oid, 0)
            for n, (oid, _, _) in enumerate(stored)
        ]
        parts += lake.write("20260101T000000Z", f"{number:06}", {"documents": stored, "refs": refs})
    lake.publish(parts)
    assert reextract(lake, LATER, memory_mb=40) == 60
    with connection(lake) as con:
        assert con.execute("SELECT count(*) FROM lake_configs WHERE status = 'invalid'").fetchall() == [(60,)]


def test_the_version_of_the_extractors_follows_from_their_code() -> None:
    files = sources()
    assert {"extract/card.py", "extract/config/read.py", "schema/config_columns.py"} <= {name for name, _ in files}
    assert version_of(files) == version_of(reversed(files)) == EXTRACTOR_VERSION
    for place, (name, source) in enumerate(files):
        changed = [*files[:place], (name, source + b"\n# "), *files[place + 1 :]]
        assert version_of(changed) != EXTRACTOR_VERSION
