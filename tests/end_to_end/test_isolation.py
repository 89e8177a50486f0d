"""One bad item costs one row: whatever a document holds, and whatever an extractor does with it."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harvester.catalogue import lineage_steps
from harvester.crawl import listing, plan
from harvester.crawl.journal import Extract, Journal, OpenRun, Payload
from harvester.crawl.steps import files
from harvester.extract import rows as extracting
from harvester.hub.answers import ModelInfo
from harvester.hub.endpoints import Manifest
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake, Rows
from tests.support import EVERYTHING, Shelf, catalogue, config, harvest, mapping, one, rows, run, serving, small_shelf

POISON = b"poison"


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Extractors of every kind that raise where a document holds a word, as an unknown fault of ours would."""

    def wrapped(read):  # type: ignore[no-untyped-def]
        def reader(oid: bytes, kind: str, path: str, data: bytes) -> extracting.Extracted:
            if POISON in data:
                raise RuntimeError("a fault of ours\n\x1b[31m\ud800")
            return read(oid, kind, path, data)  # type: ignore[no-any-return]

        return reader

    monkeypatch.setattr(extracting, "_READERS", {k: wrapped(r) for k, r in extracting._READERS.items()})
    monkeypatch.setattr(extracting, "_config_rows", wrapped(extracting._config_rows))
    return monkeypatch


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = small_shelf(tmp_path / "hub", 3)
    shelf.put(
        "org/bad",
        {
            "config.json": {**config(), "name": "poison"},
            "README.md": b"---\nlicense: mit\nname: poison\n---\n",
            "LICENSE": b"poison",
        },
        downloads=7,
    )
    return shelf


def test_an_extractor_that_raises_costs_the_document_and_nothing_else(
    shelf: Shelf, tmp_path: Path, poisoned: pytest.MonkeyPatch
) -> None:
    data, options = tmp_path / "data", {"depths": ("files", "configs", "cards"), "documents": ("LICENSE",)}
    with serving(shelf.world()) as hub:
        assert harvest(hub, data, **options).status == "done"
        before = len(hub.log)
        assert harvest(hub, data, **options).record["planned"] == 0, "an error is final for this version"
        assert all("config.json" not in served.path for served in hub.log[before:])
        assert harvest(hub, data, fresh=True, **options).status == "done"
    found = mapping(data, "SELECT repo_id, status FROM configs WHERE path = 'config.json'")
    assert found == {"org/m0": "ok", "org/m1": "ok", "org/m2": "ok", "org/bad": "invalid"}
    for table in ("configs", "cards"):
        (reason,) = one(data, f"SELECT reason FROM {table} WHERE repo_id = 'org/bad'")
        assert reason.startswith("extractor error: RuntimeError: a fault of ours")
        assert reason.isprintable()
    shown = run("status", "--data", data).stdout
    assert "Extractor errors" in shown
    assert all(word in shown for word in ("document", "card", "license", "RuntimeError"))

    poisoned.undo()
    # The version that wrote it is the one that runs: only what it does not know is read again.
    with connection(Lake(Layout(data))) as con:
        assert con.execute("SELECT count(*) FROM lake_license_texts WHERE status = 'invalid'").fetchall() == [(1,)]
    assert run("purge", "--yes", "--data", data, "org/bad").returncode == 0
    assert rows(data, "SELECT 1 FROM configs WHERE repo_id = 'org/bad'") == []


def test_a_hostile_answer_that_an_older_version_left_in_the_journal_is_published(
    shelf: Shelf, tmp_path: Path, poisoned: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    with serving(shelf.world()) as hub:
        layout = Layout(data)
        lake = Lake(layout)
        lake.create()
        journal = Journal(layout.journal)
        held = OpenRun(
            run_id="20260101T000000Z", selection_id=EVERYTHING.selection_id, hub=hub.url, with_=("files", "configs"),
            documents=(), started_at=datetime(2026, 1, 1),
        )  # fmt: skip
        journal.save(held)
        hostile = (None, "org/m0", None, None, "document", "config.json", "ok", "two hundred", 1.5, None, None)
        fields = ("0" * 24, "org/m0", "0" * 40, "config.json", "config", b"x" * 20, 2**64 - 1)
        journal.add(
            Payload({"fetches": [hostile], "refs": [fields]}, (Extract(b"x" * 20, "config", "config.json", POISON),))
        )
        journal.close()
        assert harvest(hub, data).resumed
    with connection(Lake(layout)) as con:
        told = con.execute("SELECT status, reason FROM lake_configs WHERE oid = $oid", {"oid": b"x" * 20}).fetchall()
        assert [(s, r[:15]) for s, r in told] == [("invalid", "extractor error")]
        asked = con.execute("SELECT item, outcome, error FROM lake_fetches WHERE requested_id = $id", {"id": "0" * 24})
        assert [(i, o, e.partition(" cannot")[0]) for i, o, e in asked.fetchall()] == [
            ("document", "invalid", "extractor error: refs.fetched_at")
        ]
        kept = con.execute(
            "SELECT http_status, attempts, outcome FROM lake_fetches WHERE path = 'config.json' AND hub_id IS NULL"
        ).fetchall()
        assert kept == [(None, None, "ok")]
    assert one(catalogue(data), "SELECT count(*) FROM models") == (4,)


def test_a_row_at_which_the_build_raises_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf, data = Shelf(tmp_path / "hub"), tmp_path / "data"
    for n in range(3):
        shelf.put(f"org/m{n}", {"config.json": config(n + 1)}, tags=["license:mit", f"base_model:org/b{n}"])
    plain = lineage_steps.references

    def references(text: str) -> Any:
        return 1 / 0 if text == "org/b1" else plain(text)

    monkeypatch.setattr(lineage_steps, "references", references)
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    assert {child for (child,) in rows(data, "SELECT child FROM lineage")} == {"org/m0", "org/m2"}
    item, reason = one(data, "SELECT item, reason FROM extractor_errors")
    assert (item, reason[:33]) == ("reference", "extractor error: ZeroDivisionErro")


def test_a_visit_in_which_we_raise_ends_as_invalid_and_the_next_version_visits_the_model_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, data = small_shelf(tmp_path / "hub", 3), tmp_path / "data"
    plain = files.manifest_rows

    def manifest_rows(hub_id: str, manifest: Manifest, at: datetime) -> Rows:
        if manifest.info.repo_id == "org/m1":
            raise TypeError("a fault of ours")
        return plain(hub_id, manifest, at)

    with monkeypatch.context() as faulty, serving(shelf.world()) as hub:
        faulty.setattr(files, "manifest_rows", manifest_rows)
        assert harvest(hub, data).status == "done"
        assert harvest(hub, data).record["planned"] == 0, "final for this version"
    found = mapping(data, "SELECT repo_id, error FROM fetches WHERE outcome = 'invalid'")
    assert found == {"org/m1": "extractor error: TypeError: a fault of ours"}
    assert one(data, "SELECT count(*) FROM files WHERE repo_id <> 'org/m1'")[0] >= 8
    with monkeypatch.context() as later, serving(shelf.world()) as hub:
        later.setattr(plan, "EXTRACTOR_VERSION", 1)
        assert harvest(hub, data).record["planned"] == 1


def test_a_listed_row_that_is_no_model_is_a_row_of_the_fetch_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, data = small_shelf(tmp_path / "hub", 3), tmp_path / "data"
    plain = listing.listed_row

    def listed_row(info: ModelInfo, *more: Any) -> tuple[Any, ...]:
        return plain(info, *more) if info.repo_id != "org/m1" else (1 / 0,)  # type: ignore[return-value]

    monkeypatch.setattr(listing, "listed_row", listed_row)
    with serving(shelf.world()) as hub:
        assert harvest(hub, data).status == "done"
    assert one(data, "SELECT count(*) FROM models") == (2,)
    (error,) = one(data, "SELECT error FROM fetches WHERE item = 'listing' AND outcome = 'invalid'")
    assert error == "extractor error: ZeroDivisionError: division by zero"
