"""The tables people query: all there, every column explained, the same whenever they are built."""

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

import harvester
from harvester.catalogue.build import build
from harvester.catalogue.reextract import reextract
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.table import Table
from samplehub import SimulatedWorld
from tests.support import Shelf, catalogue, config, content, harvest, rows, serving

#: The public columns, written out here so that a renamed column is noticed.
CONTRACT = {
    "models": "hub_id repo_id author sha manifest_sha created_at last_modified downloads downloads_all_time likes "
    "trending_score gated private disabled pipeline_tag library_name license languages tags base_models file_count "
    "total_size parameters parameters_source config_status config_path first_seen last_seen",
    "files": "hub_id repo_id sha path size oid sha256 xet_hash role format framework unsafe last_commit "
    "last_commit_at scan_status source",
    "documents": "oid size bytes",
    "configs": "hub_id repo_id sha path oid status reason",
    "config_fields": "hub_id repo_id sha path field type value number",
    "labels": "hub_id repo_id sha label_id label",
    "observations": "run_id observed_at hub_id repo_id sha downloads downloads_all_time likes trending_score gated "
    "private disabled",
    "selections": "selection_id flags",
    "selection_members": "selection_id run_id hub_id rank weight",
    "names": "hub_id repo_id first_seen last_seen",
    "runs": "run_id",
    "fetches": "run_id hub_id requested_id repo_id item path outcome http_status attempts error fetched_at",
}
TYPED = (
    "model_type architecture architectures hidden_size intermediate_size num_hidden_layers num_attention_heads "
    "num_key_value_heads head_dim vocab_size context_length rope_theta rope_type rope_factor sliding_window "
    "num_experts num_experts_per_token hidden_act norm_eps tie_word_embeddings dtype quant_method quant_bits "
    "remote_code num_labels transformers_version name_or_path base_model_name_or_path lora_rank pipeline_class "
    "vision_hidden_size vision_num_hidden_layers audio_hidden_size moe_intermediate_size"
)
CONTRACT["models"] += " " + TYPED
CONTRACT["configs"] += " " + TYPED


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("contract") / "data"
    with serving(SimulatedWorld(120)) as hub:
        harvest(hub, data, workers=8)
    return catalogue(data)


@pytest.mark.parametrize("table", CONTRACT)
def test_every_column_of_the_contract_is_there(data: Path, table: str) -> None:
    columns = {name for (name,) in rows(data, "SELECT column_name FROM (DESCRIBE " + table + ")")}
    assert set(CONTRACT[table].split()) <= columns


@pytest.mark.parametrize("table", CATALOGUE_TABLES, ids=lambda table: table.name)
def test_every_table_is_as_its_schema_says_and_explained(data: Path, table: Table) -> None:
    columns = rows(
        data,
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = ? "
        "ORDER BY column_index",
        table.name,
    )
    assert [(name, kind) for name, kind, _ in columns] == [(c.name, c.type) for c in table.columns]
    assert [comment for _, _, comment in columns] == [c.comment for c in table.columns]
    assert all(comment for _, _, comment in columns)
    told = rows(
        data,
        "SELECT comment FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = $1 UNION ALL "
        "SELECT comment FROM duckdb_views() WHERE schema_name = 'main' AND view_name = $1",
        table.name,
    )
    assert told == [(table.comment,)]


def test_nothing_in_sight_is_unexplained(data: Path) -> None:
    seen = rows(
        data,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1",
    )
    assert {name for (name,) in seen} == {table.name for table in CATALOGUE_TABLES}


@pytest.mark.parametrize("table", CATALOGUE_TABLES, ids=lambda table: table.name)
def test_no_two_rows_have_the_same_key(data: Path, table: Table) -> None:
    keys = ", ".join(f'"{key}"' for key in table.key)
    assert rows(data, f'SELECT {keys} FROM "{table.name}" GROUP BY ALL HAVING count(*) > 1') == []


@pytest.mark.parametrize("table", ["files", "configs", "config_fields", "labels", "tags", "observations", "names"])
def test_every_row_belongs_to_a_model(data: Path, table: str) -> None:
    assert rows(data, f"SELECT hub_id FROM {table} ANTI JOIN models USING (hub_id)") == []


def test_building_again_gives_the_same_content(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [table.name for table in CATALOGUE_TABLES]
    before = content(data, tables)
    build(Lake(Layout(data)))
    assert content(data, tables) == before
    (data / "catalogue.duckdb").unlink()
    # As a large lake is built: optimized.
    monkeypatch.setattr("harvester.catalogue.build.TINY_LAKE", 0)
    build(Lake(Layout(data)))
    assert content(data, tables) == before
    assert not list((data / "tmp").glob("catalogue*"))


def test_the_lake_alone_makes_the_catalogue(data: Path, tmp_path: Path) -> None:
    copy = Layout(tmp_path / "copy")
    Lake(copy).create()
    for path in (path for path in (data / "lake").rglob("*") if path.is_file()):
        target = copy.lake / path.relative_to(data / "lake")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    build(Lake(copy))
    assert content(copy.root) == content(data)


def test_reading_the_documents_again_changes_nothing_where_the_extractor_is_the_same(data: Path) -> None:
    before = content(data)
    assert reextract(Lake(Layout(data)), "29990101T000000Z") == 0
    assert content(data) == before


def test_whoever_has_the_old_catalogue_open_keeps_it(data: Path) -> None:
    with closing(harvester.connect(data)) as con:
        count = con.execute("SELECT count(*) FROM models").fetchall()
        build(Lake(Layout(data)))
        assert con.execute("SELECT count(*) FROM models").fetchall() == count


def test_readers_cannot_write(data: Path) -> None:
    with closing(harvester.connect(data)) as con, pytest.raises(duckdb.Error):
        con.execute("DELETE FROM models")


def test_hostile_names_are_data(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    nasty = "it's; DROP TABLE models; --"
    shelf.put("org/m", {"config.json": config(), f"{nasty}.json": {nasty: nasty}}, tags=[nasty, 'q"uote', "new\nline"])
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "data", documents=("*.json",))
    assert rows(tmp_path / "data", "SELECT tag FROM tags ORDER BY 1") == sorted([(nasty,), ('q"uote',), ("new\nline",)])
    assert rows(tmp_path / "data", "SELECT path, field, value FROM config_fields WHERE path <> 'config.json'") == [
        (f"{nasty}.json", f'"{nasty}"', f'"{nasty}"')
    ]


def test_missing_zero_and_false_are_three_things(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/zero", {"config.json": {"model_type": "x", "num_labels": 0, "tie_word_embeddings": False}}, likes=0)
    shelf.put("org/silent", {"config.json": {"model_type": "x"}})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "data")
    told = "SELECT repo_id, likes, tie_word_embeddings, hidden_size, license FROM models ORDER BY repo_id DESC"
    zero, silent = rows(tmp_path / "data", told)
    assert zero == ("org/zero", 0, False, None, None)
    assert silent[2:] == (None, None, None)
