"""What is exported, what is left out unless asked for, and that the same catalogue gives the same bytes."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from harvester.errors import LocalError, UsageError
from harvester.export.export import export
from harvester.export.rules import RULES
from harvester.schema.catalogue import CATALOGUE_TABLES
from tests.ask.small_catalogue import harvest_directory

SECRET = "words-of-somebody"
#: A name that the Hub would refuse: it is withheld like any text.
HOSTILE = "x/'); DROP TABLE models; --\x1b[2J\u202e../../etc"
WITHHELD = f"text:{hashlib.sha256(HOSTILE.encode()).hexdigest()[:16]}"
OPEN, GATED, PRIVATE, GONE = "aa", "bb", "cc", "dd"


def of_all(**values: object) -> list[dict[str, Any]]:
    """A row of each of the four models."""
    names = {OPEN: HOSTILE, GATED: "x/gated", PRIVATE: "x/private", GONE: "x/gone"}
    return [{"hub_id": hub_id, "repo_id": name, **values} for hub_id, name in names.items()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = of_all(gated="false", private=False, model_type="bert", downloads=5)[:3]
    models[1]["gated"], models[2]["private"] = "auto", True
    configs = of_all(path="config.json", oid="0" * 40, model_type="bert")
    for row, oid in zip(configs, ("10", "20", "30", "40"), strict=True):
        row["oid"] = oid
    return harvest_directory(
        tmp_path_factory.mktemp("export") / "data",
        models=models,
        names=of_all(),
        observations=[*of_all(run_id="r", gated="false", private=False)[:1],
                      {"run_id": "r", "hub_id": GONE, "private": True, "gated": "false"}],
        configs=configs,
        config_fields=of_all(path="config.json", field="x", value=f'"{SECRET}"'),
        documents=[{"oid": oid, "size": 1} for oid in ("10", "20", "30", "40", "ca4d")],
        cards=of_all(sha="s", oid="ca4d", front_matter=json.dumps({"x": SECRET}), sections=[SECRET]),
        commits=of_all(commit="c", title=SECRET, message=SECRET, authors=[SECRET]),
        licenses=of_all(source="card", license="mit", name=SECRET),
        changes=[*of_all(kind="config", field="x", old=SECRET), *of_all(kind="license", field="license", new="mit")],
        lineage=[{"child_hub_id": OPEN, "child": HOSTILE, "parent": "x/private", "parent_hub_id": PRIVATE,
                  "source": "hub"}],
        fetches=[{"run_id": "r", "requested_id": name} for name in (HOSTILE, "x/private", "x/gone")],
        selections=[{"selection_id": "1", "flags": '{"ids": ["x/private"]}'},
                    {"selection_id": "2", "flags": '{"all": true}'}],
        runs=[{"run_id": "r", "hub": "sample", "listed_at": "2026-01-01"}],
    )  # fmt: skip


def read(folder: Path, table: str) -> pl.DataFrame:
    files = sorted((folder / table).rglob("*.parquet")) or [folder / f"{table}.parquet"]
    return pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files])


def owners(folder: Path, table: str, **where: object) -> list[str]:
    frame = read(folder, table).filter(**where) if where else read(folder, table)
    return frame["hub_id"].to_list()


@pytest.fixture(scope="module")
def plain(data: Path) -> Path:
    export(data, data.parent / "plain")
    return data.parent / "plain"


def test_every_table_of_the_catalogue_has_a_rule_and_its_columns_exist() -> None:
    tables = {table.name: set(table.names) for table in CATALOGUE_TABLES}
    assert RULES.keys() == tables.keys()
    for name, rule in RULES.items():
        used = {*rule.gated_columns, *rule.text, *rule.authors, *rule.order, *filter(None, [rule.owner])}
        assert used <= tables[name], name


def test_what_is_private_is_left_out_everywhere(plain: Path) -> None:
    for table in ("models", "names", "configs", "config_fields", "cards", "commits", "licenses", "changes"):
        assert not {PRIVATE, GONE} & set(owners(plain, table)), table
    assert read(plain, "lineage")["parent_hub_id"].to_list() == [None]
    assert read(plain, "fetches")["requested_id"].to_list() == [WITHHELD]
    assert read(plain, "selections")["flags"].to_list() == [None, '{"all": true}']


def test_of_gated_models_the_facts_are_reported_and_no_document(plain: Path) -> None:
    assert sorted(owners(plain, "models")) == [OPEN, GATED]
    assert owners(plain, "models", model_type="bert") == [OPEN]
    for table in ("configs", "config_fields", "cards", "licenses"):
        assert owners(plain, table) == [OPEN], table
    assert owners(plain, "changes", kind="config") == [OPEN]
    assert sorted(owners(plain, "changes", kind="license")) == [OPEN, GATED]
    assert read(plain, "documents")["oid"].to_list() == ["10"]


def test_nobody_is_named_and_nobody_is_quoted(plain: Path) -> None:
    commits = read(plain, "commits")
    assert commits.columns[-4:] == ["title", "message", "authors", "committed_at"]
    assert commits.select("title", "message", "authors").null_count().row(0) == (2, 2, 2)
    for table in ("commits", "cards", "licenses"):
        assert SECRET not in str(read(plain, table).rows()), table


@pytest.mark.parametrize(
    ("word", "table", "column", "values"),
    [
        ("private", "models", "repo_id", [WITHHELD, "x/gated", "x/private"]),
        ("gated", "configs", "hub_id", [OPEN, GATED]),
        ("gated", "documents", "oid", ["10", "20"]),
        ("authors", "commits", "authors", [[SECRET], [SECRET]]),
        ("text", "commits", "title", [SECRET, SECRET]),
        ("text", "documents", "oid", ["10", "ca4d"]),
    ],
)
def test_what_is_requested_is_there(data: Path, word: str, table: str, column: str, values: list[object]) -> None:
    output = data.parent / f"with-{word}"
    if not output.exists():
        export(data, output, [word])
    manifest = json.loads((output / "manifest.json").read_text())
    assert read(output, table)[column].to_list() == values
    assert manifest["included"] == [word]
    assert word not in manifest["left_out"]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_manifest_gives_versions_rows_and_hashes(plain: Path) -> None:
    manifest = json.loads((plain / "manifest.json").read_text())
    assert (manifest["format"], manifest["hubs"], manifest["as_of"]) == (2, ["sample"], "2026-01-01T00:00:00Z")
    assert manifest["tables"].keys() == {*(table.name for table in CATALOGUE_TABLES), "masked"}
    found = contents(plain)
    stated: list[Mapping[str, Any]] = [manifest["dictionary"]]
    for entry in manifest["tables"].values():
        stated += entry.get("parts", [entry])
    for one in stated:
        content = found.pop(one["file"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
    assert found.keys() == {"manifest.json", "README.md", "croissant.json", "CITATION.cff", "SHA256SUMS"}
    models = manifest["tables"]["models"]
    assert (models["rows"], models["rows_left_out"]) == (2, 1)
    assert read(plain, "models").columns == list(models["columns"])
    assert manifest["tables"]["commits"]["columns_left_out"] == ["title", "message", "authors"]


def test_the_checksums_are_those_of_all_files(plain: Path) -> None:
    found = contents(plain)
    lines = found.pop("SHA256SUMS").decode().splitlines()
    assert {name: digest for digest, name in (line.split("  ") for line in lines)} == {
        name: hashlib.sha256(content).hexdigest() for name, content in found.items()
    }


def test_the_same_catalogue_gives_the_same_bytes(data: Path, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    export(data, tmp_path / "empty")
    assert contents(plain) == contents(tmp_path / "empty")


def test_what_is_there_is_never_written_over(data: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    for output in (tmp_path, tmp_path / "kept", Path("/")):
        with pytest.raises(UsageError, match="not an empty directory"):
            export(data, output)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    with pytest.raises(LocalError, match="cannot write"):
        export(data, tmp_path / "kept" / "below")
    with pytest.raises(UsageError, match="--include does not know everything; it takes private, gated, authors, text"):
        export(data, tmp_path / "out", ["everything"])
