"""A catalogue of several selections, asked about one of them: only its models count, and the answer says which."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

import harvester
from harvester import Catalogue
from harvester.ask.population import in_words
from harvester.crawl.select import Selection
from harvester.errors import UsageError
from harvester.export.export import export
from harvester.extract.license_titles import IDS
from tests.support import catalogue, harvest, ids, run, serving, small_shelf

POPULAR = Selection(sort="downloads", limit=3, name="popular")
OLDEST = Selection(limit=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of six models, `popular` has m0, m1 and m2, later m3 for m2; the oldest two are m0 and m1."""
    root = tmp_path_factory.mktemp("population")
    shelf = small_shelf(root / "hub", 6)
    with serving(shelf.world()) as hub:
        harvest(hub, root / "data", POPULAR)
        with pytest.raises(UsageError, match="--name popular already names another selection"):
            harvest(hub, root / "data", Selection(limit=4, name="popular"))
    shelf.say("org/m3", downloads=500)
    with serving(shelf.world()) as hub:
        harvest(hub, root / "data", OLDEST)
        harvest(hub, root / "data", Selection(sort="downloads", limit=3))
    return catalogue(root / "data")


def test_a_selection_shows_its_present_models_and_the_past_of_all_it_ever_had(data: Path) -> None:
    for selection in ("popular", POPULAR.selection_id):
        with Catalogue(data, selection=selection) as chosen:
            assert set(chosen.sql("SELECT repo_id FROM models")["repo_id"]) == {"org/m0", "org/m1", "org/m3"}
            assert set(chosen.sql("SELECT repo_id FROM configs")["repo_id"]) == {"org/m0", "org/m1", "org/m3"}
            assert set(chosen.sql("SELECT repo_id FROM names")["repo_id"]) == {f"org/m{n}" for n in range(4)}
            assert chosen.sql("SELECT count(*) AS n FROM models_at('2100-01-01')")["n"][0] == 4
            assert chosen.sql("SELECT name FROM selections")["name"].to_list() == ["popular"]
            assert chosen.query("license_mix")["models"].sum() == 3
            assert {*chosen.find()["repo_id"]} == {"org/m0", "org/m1", "org/m3"}
            assert chosen.describe("models").filter(pl.col("name") == "repo_id")["comment"][0]
            with pytest.raises(UsageError, match="did you mean models"):
                chosen.scan("model")
    assert harvester.query("license_mix", data=data, selection="all")["models"].sum() == 4
    assert harvester.query("license_mix", data=data, selection=OLDEST.selection_id)["models"].sum() == 2
    with pytest.raises(UsageError, match=r"no selection is called 'new' \(selections: .*popular"):
        harvester.connect(data, selection="new")


def test_a_selection_is_as_confined_as_all(data: Path, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("a\n1\n")
    with Catalogue(data, selection="popular") as chosen:
        for attempt in (f"FROM '{tmp_path}/own.csv'", "SET enable_external_access = true", "DELETE FROM models"):
            with pytest.raises(UsageError):
                chosen.sql(attempt)


def test_the_population_is_stated(data: Path) -> None:
    with Catalogue(data) as whole, Catalogue(data, selection="popular") as chosen:
        assert whole.population.union
        assert re.fullmatch(
            r"Population: 4 live models: the union of 2 selections \((popular|\w{16}), (popular|\w{16})\), "
            r"last listed .* UTC; shares describe this union, not the Hub \(--selection chooses one\)",
            str(whole.population),
        )
        assert not chosen.population.union
        assert (chosen.population.models, chosen.population.selection_id) == (3, POPULAR.selection_id)
        assert str(chosen.population).startswith(
            "Population: 3 live models: selection popular (the 3 most downloaded models), listed by 2 runs, last 2"
        )


def test_a_table_ends_with_its_population_and_data_for_programs_does_not(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.parquet"
    table = run("query", "license_mix", "--data", data, "--selection", "popular")
    assert table.stdout.splitlines()[-1].startswith("Population: 3 live models: selection popular")
    csv = run("query", "license_mix", "--data", data, "--format", "csv")
    assert "Population" not in csv.stdout
    assert csv.stderr.startswith("Population: 4 live models: the union of 2 selections")
    run("query", "license_mix", "--data", data, "--output", file)
    assert pl.read_parquet_metadata(file)["note"].startswith("Population: 4 live models")
    export(data, tmp_path / "export")
    assert json.loads((tmp_path / "export" / "manifest.json").read_text())["population"]["union_of_selections"] is True


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"all": True}, "the whole Hub"),
        ({"ids": 2, "ids_digest": "0"}, "2 models of an id file"),
        ({"limit": 5}, "the 5 first created models"),
        ({"limit": 5, "sort": "likes", "author": "a", "tags": ["x"]}, "the 5 most liked models by a with tag x"),
        ({"task": "fill-mask", "search": "\x1b["}, r"all models with task fill-mask found by '\x1b['"),
    ],
)
def test_the_flags_of_a_selection_are_said_in_words(flags: dict[str, object], words: str) -> None:
    assert in_words(json.dumps(flags)) == words
    assert in_words(None) == "a selection whose flags are unknown"


@pytest.mark.parametrize("name", ["all", "0123456789abcdef", "abcdef0123456789", "two words", "", "1st"])
def test_a_name_that_could_mean_something_else_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--name takes"):
        Selection(limit=1, name=name).check()


def test_groupings_are_macros_of_the_catalogue(data: Path) -> None:
    classes = {
        "open": ["apache-2.0", "mit", "gpl-3.0", "cc-by-sa-4.0", "bsd-3-clause-clear", "openmdw-1.0", "Apache-2.0"],
        "restricted": ["llama3.1", "gemma", "openrail++", "bigscience-bloom-rail-1.0", "cc-by-nd-4.0", "apple-ascl"],
        "non-commercial": ["cc-by-nc-4.0", "cc-by-nc-nd-3.0", "intel-research", "fair-noncommercial-research-license"],
        "none": ["", "none"],
        "unknown": ["other", "unknown", "mitigated"],
    }
    for selection in (None, "popular"):
        with Catalogue(data, selection=selection) as chosen:
            for name, licenses in classes.items():
                listed = ", ".join(f"'{one}'" for one in licenses)
                found = chosen.sql(f"SELECT DISTINCT license_class(id) FROM (SELECT unnest([{listed}]) AS id)")
                assert found.rows() == [(name,)], name
            every = ", ".join(f"'{one}'" for one in IDS - {"cc"})
            unknown = chosen.sql(f"SELECT id FROM (SELECT unnest([{every}]) AS id) WHERE license_class(id) = 'unknown'")
            assert unknown.height == 0, unknown
            sizes = chosen.sql("SELECT size_class(unnest([99999999, 100000000, 7000000000, NULL]))")
            assert [size for (size,) in sizes.rows()] == ["below 100M", "100M-1B", "3B-10B", "unknown"]
            assert chosen.sql("FROM root_of('org/m0')").height == chosen.sql("FROM family_of('org/m0')").height == 0


def test_a_selection_of_everything_shows_the_same_outcomes(tmp_path: Path) -> None:
    shelf = small_shelf(tmp_path / "hub", 2)
    shelf.say("org/m1", gated="manual")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "data", ids("org/m0", "org/m1", "org/nobody"))
    with Catalogue(catalogue(tmp_path / "data")) as whole:
        (selection,) = whole.sql("SELECT selection_id FROM selections")["selection_id"]
        assert str(whole.population).endswith("of its models 1 gated")
        assert whole.sql("FROM pending").height == 0
        for name in ("fetch_outcomes", "items_not_read"):
            with Catalogue(tmp_path / "data", selection=selection) as chosen:
                answer = whole.query(name)
                assert "org/nobody" in answer["example"].to_list()
                assert chosen.query(name).equals(answer)
