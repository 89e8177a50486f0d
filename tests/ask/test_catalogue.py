"""`harvester.Catalogue`, as a notebook uses it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest
from small_catalogue import harvest_directory

from harvester import Catalogue, UsageError

STEERS = "\x1b[2J"
MODELS = [
    {
        "hub_id": letter * 24, "repo_id": f"x/{letter}{STEERS if letter == 'c' else ''}", "downloads": downloads,
        "pipeline_tag": "text-generation", "parameters": 7_000_000_000,
    }
    for letter, downloads in (("a", 30), ("b", None), ("c", 10))
]  # fmt: skip
RUN = {"run_id": "20240201T000000Z", "hub": "https://huggingface.co/<b>"}
WEIGHTS = {"hub_id": "a" * 24, "path": "m.gguf", "role": "weights", "format": "gguf"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return harvest_directory(tmp_path_factory.mktemp("d") / "h", models=MODELS, runs=[RUN], files=[WEIGHTS])


@pytest.fixture(scope="module")
def catalogue(folder: Path) -> Iterator[Catalogue]:
    with Catalogue(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def unconfined(folder: Path) -> Iterator[Catalogue]:
    with Catalogue(folder, confined=False) as opened:
        yield opened


MINE = pl.DataFrame({"repo_id": ["x/a", "x/b"], "mine": [1, 2]})


def test_statements_and_queries_give_frames(catalogue: Catalogue) -> None:
    assert catalogue.sql("SELECT repo_id FROM models WHERE downloads = 30").rows() == [("x/a",)]
    assert catalogue.query("license_mix", min_downloads=1)["models"].to_list() == [2]
    assert "license_mix" in catalogue.queries()["name"]
    assert catalogue.find(weights_format="gguf", max_params="8B")["repo_id"].to_list() == ["x/a"]


def test_a_variable_is_a_table_where_nothing_is_confined(catalogue: Catalogue, unconfined: Catalogue) -> None:
    text = "SELECT repo_id, mine + more FROM models JOIN MINE USING (repo_id) JOIN theirs USING (repo_id)"
    theirs = pl.LazyFrame({"repo_id": ["x/a"], "more": [10]})
    assert unconfined.sql(text).rows() == [("x/a", 11)]
    del theirs
    with pytest.raises(UsageError, match="no table is called theirs"):
        unconfined.sql(text)
    with pytest.raises(UsageError, match="no table is called MINE"):
        catalogue.sql("FROM MINE")


def test_files_are_read_only_where_nothing_is_confined(
    catalogue: Catalogue, unconfined: Catalogue, tmp_path: Path
) -> None:
    (tmp_path / "mine.csv").write_text("n\n3\n")
    text = f"SELECT n FROM read_csv('{tmp_path}/mine.csv')"
    assert unconfined.sql(text).rows() == [(3,)]
    with pytest.raises(UsageError, match="disabled by configuration"):
        catalogue.sql(text)
    with pytest.raises(UsageError, match="not run here"):
        unconfined.sql("CREATE TABLE t AS SELECT 1")


def test_a_scan_reads_what_the_query_uses(catalogue: Catalogue) -> None:
    scan = catalogue.scan("models")
    assert isinstance(scan, pl.LazyFrame)
    loved = scan.filter(pl.col("downloads") > 20).select("repo_id")
    assert loved.collect().rows() == [("x/a",)]
    assert scan.select(pl.len()).collect().item() == 3
    assert scan.head(2).collect().height == 2
    assert scan.filter(pl.col("downloads").is_not_null()).head(1).collect().height == 1
    with pytest.raises(UsageError, match="no table is called model: did you mean models"):
        catalogue.scan("model")


def test_tables_and_columns_are_described(catalogue: Catalogue) -> None:
    assert {"models", "files"} <= set(catalogue.describe()["name"])
    assert ("downloads", "BIGINT") in catalogue.describe("models").select("name", "type").rows()
    with pytest.raises(UsageError, match="did you mean models"):
        catalogue.describe("modells")


def test_a_page_is_text_and_tables(catalogue: Catalogue) -> None:
    page = catalogue.show("x/a")
    assert repr(page).startswith("x/a\n")
    assert page.tables["models"]["downloads"].to_list() == [30]
    assert page.tables["files"]["path"].to_list() == ["m.gguf"]


def test_what_a_notebook_shows_helps_and_is_escaped(folder: Path, catalogue: Catalogue) -> None:
    assert repr(catalogue).startswith(f"Catalogue({str(folder)!r}): 3 models of https://huggingface.co/<b>, newest run")
    shown = catalogue._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown
    for text in (
        repr(catalogue.sql("FROM models SELECT repo_id")), str(catalogue.query("download_bands")),
        repr(catalogue.show("c" * 24)), catalogue.show("c" * 24)._repr_html_(),
    ):  # fmt: skip
        assert "\x1b" not in text
    assert "\\x1b[2J" in repr(catalogue.sql("FROM models SELECT repo_id"))


def test_a_closed_catalogue_says_so(folder: Path) -> None:
    with Catalogue(folder) as opened:
        pass
    assert repr(opened).endswith("closed")
    with pytest.raises(UsageError, match="closed"):
        opened.sql("SELECT 1")


def test_a_result_converts_or_says_what_to_install(catalogue: Catalogue) -> None:
    found = catalogue.sql("SELECT 1 AS n")
    assert type(found.pl()) is pl.DataFrame
    if find_spec("pandas") and find_spec("pyarrow"):
        assert found.df()["n"].to_list() == [1]
    else:
        with pytest.raises(UsageError, match=r"hub-harvester\[notebook\]"):
            found.df()
