"""One bad item costs one row: whatever a document holds, and whatever an extractor does with it."""

from datetime import datetime
from pathlib import Path

import pytest

from harvester.crawl.journal import Extract, Journal, OpenRun, Payload
from harvester.extract import rows as extracting
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
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
    assert run("purge", "--data", data, "org/bad").returncode == 0
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
