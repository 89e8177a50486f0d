"""The files beside the tables: readers open what the card and Croissant describe."""

import json
import subprocess
from pathlib import Path

import duckdb
import mlcroissant
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from harvester.export.export import export
from tests.ask.small_catalogue import harvest_directory

#: mlcroissant calls its libraries in ways that they want replaced.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),
    pytest.mark.filterwarnings("ignore:The inplace keyword"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("described")
    names = [{"hub_id": f"{n:02}", "repo_id": f"x/{n}", "gated": "false"} for n in (2, 1, 3)]
    data = harvest_directory(
        root / "data",
        models=[{**name, "tags": ["a", "b"], "downloads": None if name["hub_id"] == "02" else 7} for name in names],
        observations=[{**names[0], "run_id": run, "observed_at": "2026-01-01"} for run in ("r1", "r2")],
        documents=[{"oid": "1", "size": 3, "bytes": b"abc"}],
        configs=[{"hub_id": "02", "path": "config.json", "oid": "1"}],
        runs=[{"run_id": run, "selection_id": "1", "listed_at": f"2026-01-0{day}", "hub": "https://hub.example"}
              for day, run in enumerate(("r1", "r2"), 1)],
        selections=[{"selection_id": "1", "flags": '{"all": true}'}, {"selection_id": "2", "flags": '{"limit": 3}'}],
    )  # fmt: skip
    export(data, root / "export")
    return root / "export"


def test_any_reader_opens_the_tables_sorted_and_with_plain_types(folder: Path) -> None:
    file, parts = folder / "models.parquet", folder / "observations"
    assert pl.read_parquet(file)["hub_id"].to_list() == ["01", "02", "03"]
    assert pd.read_parquet(file)["downloads"].isna().tolist() == [False, True, False]
    assert duckdb.sql(f"SELECT run_id FROM '{parts}/*/*.parquet' ORDER BY ALL").fetchall() == [("r1",), ("r2",)]
    assert pq.read_table(parts).num_rows == 2
    for path in folder.rglob("*.parquet"):
        for field in pq.read_schema(path):
            plain = field.type.value_type if field.type.num_fields else field.type
            assert str(plain) in {
                "string",
                "int32",
                "int64",
                "double",
                "bool",
                "timestamp[us]",
                "date32[day]",
                "binary",
            }


def test_croissant_is_valid_and_yields_the_records_of_every_table(folder: Path) -> None:
    described = mlcroissant.Dataset(jsonld=folder / "croissant.json")
    assert not described.metadata.issues.errors
    rows = {
        table: entry["rows"] for table, entry in json.loads((folder / "manifest.json").read_text())["tables"].items()
    }
    assert {table: len(list(described.records(table))) for table in rows} == rows
    first = next(iter(described.records("models")))
    assert (first["models/repo_id"], list(first["models/tags"])) == (b"x/1", [b"a", b"b"])


def test_the_card_has_front_matter_for_the_viewer_and_the_population(folder: Path) -> None:
    _, front_matter, text = (folder / "README.md").read_text().split("---\n", 2)
    fields = yaml.safe_load(front_matter)
    for config in fields["configs"]:
        assert list(folder.glob(config["data_files"][0]["path"])), config["config_name"]
    assert fields["configs"][0] == {
        "config_name": "models", "data_files": [{"split": "train", "path": "models.parquet"}], "default": True,
    }  # fmt: skip
    assert fields["license"] == "other"
    assert fields["size_categories"] == ["n<1K"]
    assert "Population: 3 live models" in text
    for heading in ("Coverage", "Tables", "Licence", "Ethics and removal", "How to cite", "Known limits"):
        assert f"\n## {heading}\n" in text


def test_the_citation_names_the_population_and_the_date(folder: Path) -> None:
    cited = yaml.safe_load((folder / "CITATION.cff").read_text())
    assert (cited["cff-version"], cited["type"], str(cited["date-released"])) == ("1.2.0", "dataset", "2026-01-02")
    assert "3 live models" in cited["abstract"]


def test_sha256sum_accepts_the_checksums(folder: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, timeout=30
    )
    assert done.returncode == 0
