"""A catalogue that is updated day by day says what one says that was built anew: every table, both ways."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from harvester.catalogue import reextract as reextracting
from harvester.catalogue import update
from harvester.catalogue.build import Outcome, bring_up
from harvester.catalogue.built import unread
from harvester.catalogue.derive import STEPS
from harvester.catalogue.rules import RULES
from harvester.catalogue.scripts import scripts, statements
from harvester.commands.build import build_command
from harvester.commands.compact import compact_command
from harvester.commands.purge import purge_command
from harvester.extract import rows as extracting
from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake, Rewritten
from harvester.samplehub import SampleHub, SimulatedWorld
from harvester.schema.catalogue import CATALOGUE_TABLES
from tests.support import AMPLE, Shelf, config, harvest, serving, small_shelf

MODELS = 160
MOMENT = timedelta(microseconds=1)
DEPTHS = ("files", "configs", "cards", "weights")


@pytest.fixture(autouse=True)
def _however_much_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "MOST", 1.0)


def refresh(data: Path) -> Outcome:
    return bring_up(Lake(Layout(data)))


def anew(data: Path) -> Path:
    """Build the catalogue of the same lake elsewhere, from nothing."""
    elsewhere = data.with_name("anew")
    elsewhere.mkdir(exist_ok=True)
    if not (elsewhere / "lake").exists():
        (elsewhere / "lake").symlink_to(data / "lake")
    return bring_up(Lake(Layout(elsewhere)), full=True).path


def differences(data: Path) -> dict[str, tuple[int, int]]:
    """Rows only the updated catalogue holds, and rows only the new one holds, where there are any."""
    found = {}
    with closing(duckdb.connect()) as con:
        con.execute(f"ATTACH '{Layout(data).catalogue}' AS updated (READ_ONLY)")
        con.execute(f"ATTACH '{anew(data)}' AS anew (READ_ONLY)")
        listed = con.execute("SELECT listed_at FROM anew.main.runs WHERE listed_at IS NOT NULL").fetchall()
        sources = [table.name for table in CATALOGUE_TABLES]
        sources += [f"models_at(TIMESTAMP '{at - wait}')" for (at,) in listed for wait in (timedelta(0), MOMENT)]
        for source in sources:
            for name in ("updated", "anew"):
                con.execute(f"USE {name}")
                con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_rows AS FROM {source}")
            only = [
                con.execute(f"SELECT count(*) FROM (FROM {one}_rows EXCEPT ALL FROM {other}_rows)").fetchall()[0][0]
                for one, other in (("updated", "anew"), ("anew", "updated"))
            ]
            if any(only):
                found[source] = (only[0], only[1])
    return found


def test_days_of_an_ecosystem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, kinds = tmp_path / "data", set()
    world = SimulatedWorld(MODELS)
    with SampleHub(world, quota=AMPLE) as hub:
        harvest(hub, data, depths=DEPTHS)
        assert refresh(data).how == "anew"
        assert refresh(data).how == "unchanged"
        for day in (4, 9):
            hub.move_to(day)
            kinds |= {event.kind for n in range(day + 1) if n for event in SimulatedWorld(MODELS, day=day).events(n)}
            harvest(hub, data, depths=DEPTHS)
            assert refresh(data).how == "updated"
        assert {"renamed", "deleted", "gated", "created", "replaced", "returned"} <= kinds
        assert differences(data) == {}
        # Two runs since the last build, of different depths, after a compaction.
        compact_command(data)
        hub.move_to(12)
        harvest(hub, data, depths=())
        hub.move_to(14)
        harvest(hub, data, depths=DEPTHS)
        assert refresh(data).how == "updated"
        assert differences(data) == {}
    compact_command(data)
    assert refresh(data) == Outcome(Layout(data).catalogue, "updated", "0 new parts touch 0 models")
    # A newer extractor reads every document again: keys stay, rows go.
    monkeypatch.setattr(reextracting, "EXTRACTOR_VERSION", extracting.EXTRACTOR_VERSION + 1)
    monkeypatch.setattr(extracting, "EXTRACTOR_VERSION", extracting.EXTRACTOR_VERSION + 1)
    build_command(data, reextract=True, memory_mb=None)
    assert differences(data) == {}
    with closing(duckdb.connect(str(Layout(data).catalogue), read_only=True)) as con:
        (author,) = con.execute("SELECT author FROM models GROUP BY author ORDER BY count(*) DESC, author").fetchall()[
            0
        ]
    purge_command(data, author)
    assert differences(data) == {}


def test_days_of_models_whose_history_is_read(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with SampleHub(SimulatedWorld(25), quota=AMPLE) as hub:
        for day in (0, 8, 16):
            hub.move_to(day)
            harvest(hub, data, depths=("files", "configs", "cards", "history"), history_by="api")
            assert refresh(data).how == ("updated" if day else "anew")
    assert differences(data) == {}
    with closing(duckdb.connect(str(Layout(data).catalogue), read_only=True)) as con:
        told = {source for (source,) in con.execute("SELECT DISTINCT source FROM changes").fetchall()}
    assert "git" in told


def test_a_run_that_was_open_when_the_catalogue_was_built(tmp_path: Path) -> None:
    data, shelf = tmp_path / "data", small_shelf(tmp_path / "shelf", models=8)
    with serving(shelf.world()) as hub:
        harvest(hub, data)
        refresh(data)
        shelf.put("org/late", {"config.json": config(5)})
        shelf.put("org/m1", {"config.json": config(9)}, gated="auto")
        shelf.remove("org/m2")
    with serving(shelf.world()) as hub:
        harvest(hub, data, max_requests=2)
        refresh(data)
        harvest(hub, data)
        refresh(data)
    assert differences(data) == {}


def test_a_document_that_one_repository_hides_and_another_publishes_later(tmp_path: Path) -> None:
    shelf, data = Shelf(tmp_path / "shelf"), tmp_path / "data"
    shelf.put("org/other", {"config.json": config(1)})
    shelf.put("org/closed", {"config.json": config(77)}, gated="manual")
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    refresh(data)
    shelf.put("org/open", {"config.json": config(77)})
    with serving(shelf.world()) as hub:
        harvest(hub, data)
    assert refresh(data).how == "updated"
    assert differences(data) == {}
    with closing(duckdb.connect(str(Layout(data).catalogue), read_only=True)) as con:
        found = con.execute("SELECT repo_id FROM models WHERE hidden_size = 77 ORDER BY 1").fetchall()
    assert found == [("org/closed",), ("org/open",)]


def test_every_table_has_a_rule_and_every_rule_a_table() -> None:
    made = {s.name for _, text in scripts() for s in statements(text) if s.verb == "CREATE" and s.kind == "TABLE"}
    assert made | {step.table for step in STEPS} == RULES.keys()


@pytest.mark.parametrize(
    ("live", "rewritten", "built", "expected"),
    [
        ("ab", [], "ab", ""),
        ("abc", [], "ab", "c"),
        ("b", [], "ab", None),
        ("c", [("ab", "c")], "ab", ""),
        ("cd", [("ab", "c")], "ab", "d"),
        ("e", [("ab", "c"), ("cd", "e")], "ab", "e"),
        ("e", [("ab", "c"), ("cd", "e")], "c", "e"),
        ("e", [("ab", "c"), ("cd", "e")], "cd", ""),
        ("c", [("ab", "c")], "", "c"),
        ("ef", [("ab", "ef")], "ab", ""),
        ("ef", [("ab", "ef")], "a", "ef"),
    ],
)
def test_parts_that_are_not_known_yet(
    live: str, rewritten: list[tuple[str, str]], built: str, expected: str | None
) -> None:
    told = [Rewritten(tuple(old), tuple(new)) for old, new in rewritten]
    assert unread(live, told, built) == (None if expected is None else frozenset(expected))


def test_rows_that_are_no_more_ask_for_a_catalogue_made_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(small_shelf(tmp_path / "shelf").world()) as hub:
        harvest(hub, data)
    refresh(data)
    lake = Lake(Layout(data))
    lake.publish([], drop=lake.parts("fetches"))
    assert refresh(data).why == "parts it was built from are gone"
    assert differences(data) == {}


def test_a_catalogue_that_is_no_catalogue_is_made_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(small_shelf(tmp_path / "shelf").world()) as hub:
        harvest(hub, data)
    refresh(data)
    catalogue = Layout(data).catalogue
    catalogue.write_bytes(b"not a database")
    assert refresh(data).how == "anew"
    whole = catalogue.read_bytes()
    catalogue.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))
    lake = Lake(Layout(data))
    lake.publish(lake.write(lake.run_ids[0], "more", {"fetches": [(None,) * (len(TABLES["fetches"].names) - 1)]}))
    assert refresh(data).how == "anew"
    with closing(duckdb.connect(str(Layout(data).catalogue))) as con:
        con.execute("DROP TABLE base.built")
    assert refresh(data).why == "another version of harvester or DuckDB made it"
    assert refresh(data).how == "unchanged"
