"""Cards, lineage, licenses and conflicts as the catalogue shows them."""

from pathlib import Path

import pytest

from harvester.catalogue.build import build
from harvester.catalogue.reextract import reextract
from harvester.extract.card import read_card
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from samplehub import FolderWorld
from tests.extract.headers import Gguf, safetensors
from tests.support import SHARED, Shelf, config, harvest, one, rows, serving


def card(**fields: str) -> str:
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in fields.items()) + "---\n# Card\n"


def genuine(folder: str) -> FolderWorld:
    path = SHARED / "real" / folder
    if not path.is_dir():
        pytest.skip(f"{path} is absent: genuine repositories are not shipped")
    return FolderWorld(path)


def test_parents_are_found_under_the_names_they_had(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    parent = shelf.put("org/old", {"config.json": config()})
    shelf.put("org/child", {"README.md": card(base_model="https://huggingface.co/org/Old/tree/main")})
    shelf.put("org/orphan", {"README.md": card(base_model="nobody/knows")})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("cards",))
    shelf.rename("org/old", "org/new")
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("cards",))
    found = rows(
        tmp_path / "d", "SELECT child, parent, parent_hub_id FROM lineage WHERE source = 'card' ORDER BY child"
    )
    assert found == [("org/child", "org/Old", parent), ("org/orphan", "nobody/knows", None)]
    roots = rows(tmp_path / "d", "SELECT child, root, root_hub_id, depth FROM lineage_roots ORDER BY child")
    assert roots == [("org/child", "org/new", parent, 1), ("org/orphan", "nobody/knows", None, 1)]


def test_cycles_and_self_parents_are_reported_and_not_followed_for_ever(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for name, base in (
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("self", "self"),
        ("below", "a"),
        ("d1", "d0"),
        ("d2", "d1"),
    ):
        shelf.put(f"org/{name}", {"README.md": card(base_model=f"org/{base}")})
    shelf.put("org/d0", {"README.md": "# Root\n"})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "cards"))
    told = "SELECT child, self_parent, in_cycle FROM lineage WHERE source = 'card'"
    assert rows(tmp_path / "d", f"{told} AND (self_parent OR in_cycle) ORDER BY ALL") == [
        ("org/a", False, True), ("org/b", False, True), ("org/c", False, True), ("org/self", True, False),
    ]  # fmt: skip
    roots = rows(tmp_path / "d", "SELECT child, root, depth FROM lineage_roots ORDER BY child")
    assert roots == [("org/d1", "org/d0", 1), ("org/d2", "org/d0", 2)]


def test_genuine_cards_say_in_the_catalogue_what_their_reader_says(tmp_path: Path) -> None:
    world = genuine("cards")
    with serving(world) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "cards"))
    found = rows(
        tmp_path / "d",
        """
        SELECT cards.hub_id, document.bytes, cards.status, cards.body_length, cards.sections, cards.license
        FROM cards JOIN documents AS document ON document.oid = cards.oid
        """,
    )
    assert len(found) > 20
    for hub_id, data, *shown in found:
        said = read_card(data)
        assert shown == [said.status, said.body_length, list(said.sections or ()), said.license]
        languages = rows(
            tmp_path / "d", "SELECT language, code FROM languages WHERE hub_id = ? AND source = 'card'", hub_id
        )
        assert sorted(languages, key=str) == sorted(((one.language, one.code) for one in said.languages), key=str)
        datasets = rows(tmp_path / "d", "SELECT dataset FROM datasets WHERE hub_id = ? AND source = 'card'", hub_id)
        assert sorted(datasets) == sorted((name,) for name in said.datasets)
        results = one(tmp_path / "d", "SELECT count(*) FROM evaluations WHERE hub_id = ? AND source = 'card'", hub_id)
        assert results == (len(said.evaluations),)


def test_conflicts_are_one_row_a_disagreement_with_both_sources(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/base", {"config.json": config()})
    shelf.put(
        "org/a",
        {
            "README.md": card(license="mit", base_model="org/base"),
            "LICENSE": "Apache License Version 2.0, January 2004\n",
            "config.json": {"model_type": "bert", "architectures": ["BertModel"]},
            "model.safetensors": safetensors({"w": ("F32", (3, 5))}),
        },
    )
    shelf.put(
        "org/tags",
        {
            "README.md": card(license_name="mine"),
            "model.safetensors": safetensors({"w": ("F32", (3, 5))}, {"license": "MIT", "license.link": "https://x"}),
        },
        tags=[
            "license:MIT",
            "dataset:squad",
            "dataset:squad",
            "arxiv:2309.00071",
            "doi:10.57967/hf/0003",
            "sv",
            "region:us",
        ],
    )
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "configs", "cards", "weights"), documents=("LICENSE",))
    licenses = rows(tmp_path / "d", "SELECT source, license FROM licenses WHERE repo_id = 'org/a' ORDER BY ALL")
    assert licenses == [("card", "mit"), ("file", "apache-2.0"), ("tag", "mit")]
    found = rows(
        tmp_path / "d",
        """
        SELECT left_value, left_source, right_value, right_source FROM conflicts
        WHERE kind = 'license' AND repo_id = 'org/a' ORDER BY ALL
        """,
    )
    assert found == [("mit", "card", "apache-2.0", "file"), ("mit", "tag", "apache-2.0", "file")]
    assert rows(tmp_path / "d", "SELECT path FROM configs WHERE repo_id = 'org/a'") == [("config.json",)]
    by_source = "SELECT source, license, name, link FROM licenses WHERE repo_id = 'org/tags' ORDER BY ALL"
    assert rows(tmp_path / "d", by_source) == [
        ("card", "other", "mine", None), ("tag", "mit", None, None), ("weights", "mit", None, "https://x"),
    ]  # fmt: skip
    for query, said in (
        ("SELECT dataset, source FROM datasets", [("squad", "tag")]),
        ("SELECT kind || ' ' || paper, source FROM papers ORDER BY ALL",
         [("arxiv 2309.00071", "tag"), ("doi 10.57967/hf/0003", "tag")]),
        # The card, which was read, does not say so.
        ("SELECT language, source FROM languages", []),
    ):  # fmt: skip
        assert rows(tmp_path / "d", query) == said


def test_a_card_too_large_to_be_read_has_a_row_that_says_so(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"README.md": b"x" * (10 * 1024 * 1024 + 1)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "cards"))
    status, reason, length = one(tmp_path / "d", "SELECT status, reason, body_length FROM cards")
    assert (status, length) == ("oversized", None)
    assert "10485761 bytes" in reason


def test_the_card_shows_which_tags_are_languages(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"README.md": card(language="[no, kab]", tags="[trl, ml]")})
    told = "SELECT language, source FROM languages ORDER BY ALL"
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=())
        assert rows(tmp_path / "d", told) == [("kab", "tag"), ("ml", "tag"), ("no", "tag")]
        harvest(hub, tmp_path / "d", depths=("files",))
    assert rows(tmp_path / "d", told) == [("kab", "hub"), ("kab", "tag"), ("no", "hub"), ("no", "tag")]


def test_what_is_no_disagreement_makes_no_conflict(tmp_path: Path) -> None:
    def gguf(architecture: str) -> bytes:
        return Gguf().string("general.architecture", architecture).bytes()

    shelf = Shelf(tmp_path / "hub")
    for base in ("a", "b"):
        shelf.put(f"org/{base}", {"config.json": config()})
    apache = "Apache License Version 2.0, January 2004\n"
    agreeing: dict[str, dict[str, object]] = {
        "mistral": {"config.json": {"model_type": "mistral"}, "m.gguf": gguf("llama")},
        "own": {"config.json": {"model_type": "mine"}, "m.gguf": gguf("llama")},
        "other": {"README.md": card(license="other"), "LICENSE": apache},
        "family": {"README.md": card(license="apache"), "LICENSE": apache},
        "several": {"README.md": card(license="[mit, apache-2.0]"), "LICENSE": apache},
        "merge": {"README.md": card(base_model="[org/a, org/b]"), "config.json": config(_name_or_path="org/a")},
        "text": {"m.safetensors": safetensors({"w": ("F32", (1,))}, {"license": "Apache License, Version 2.0"}),
                 "README.md": card(license="apache-2.0")},
        # The Hub counts packed values as they are stored.
        "packed": {"model.safetensors": safetensors({"x.qweight": ("I32", (8, 8)), "x.qzeros": ("I32", (1, 1)),
                   "x.scales": ("F16", (1, 8)), "x.g_idx": ("I32", (64,))}),
                   "config.json": {"model_type": "llama", "quantization_config": {"quant_method": "gptq", "bits": 4}}},
    }  # fmt: skip
    for name, files in agreeing.items():
        shelf.put(f"org/{name}", files)
    shelf.put("org/x-gguf", {"config.json": {"model_type": "bert"}, "m.gguf": gguf("llama")})
    shelf.put("org/x-base", {"README.md": card(base_model="org/b"), "config.json": config(_name_or_path="org/a")})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "configs", "cards", "weights"), documents=("LICENSE",))
    packed = one(tmp_path / "d", "SELECT parameters_header, parameters_hub FROM models WHERE repo_id = 'org/packed'")
    assert packed[0] != packed[1]
    found = rows(
        tmp_path / "d", "SELECT repo_id, kind, left_value, right_value, right_source FROM conflicts ORDER BY ALL"
    )
    assert [row for row in found if not row[0].startswith("org/x-")] == []
    assert ("org/x-gguf", "architecture", "bert", "llama", "weights") in found
    assert ("org/x-base", "base_model", "org/b", "org/a", "name_or_path") in found


def test_missing_shards_are_reported(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"model-00001-of-00003.safetensors": b"x", "model-00003-of-00003.safetensors": b"y"})
    shelf.put("org/quants", {"m-Q4_K_M.gguf": b"1", **{f"Q8_0/m-0000{n}-of-00002.gguf": b"%d" % n for n in (1, 2)}})
    shelf.put("org/whole", {f"model-0000{n}-of-00002.safetensors": b"%d" % n for n in (1, 2)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files",))
    assert rows(tmp_path / "d", "SELECT repo_id, missing_shards FROM reuse ORDER BY ALL") == [
        ("org/a", 1), ("org/quants", 0), ("org/whole", 0),
    ]  # fmt: skip
    sets = "SELECT path, variant, files, shards, missing_shards, size FROM weight_sets ORDER BY repo_id, path"
    assert rows(tmp_path / "d", sets) == [
        ("model-*-of-00003.safetensors", None, 2, 3, 1, 2),
        ("Q8_0/m-*-of-00002.gguf", "Q8_0", 2, 2, 0, 2),
        ("m-Q4_K_M.gguf", "Q4_K_M", 1, None, None, 1),
        ("model-*-of-00002.safetensors", None, 2, 2, 0, 2),
    ]


def test_neighbours_show_what_a_file_is_in_the_catalogue_too(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/ct2", {"model.bin": b"x", "vocabulary.json": "{}"})
    shelf.put("org/ov", {"net.xml": "<net/>", "net.bin": b"x"})
    asked = "SELECT path, framework, unsafe FROM files WHERE path LIKE '%.bin' OR path LIKE '%.xml' ORDER BY path"
    told = [("model.bin", "ctranslate2", False), ("net.bin", "openvino", False), ("net.xml", "openvino", False)]
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("configs",))
        assert rows(tmp_path / "d", asked) == told
        harvest(hub, tmp_path / "d", depths=("files",))
    assert rows(tmp_path / "d", asked) == told


def test_cards_can_be_extracted_again_without_a_crawl(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"README.md": card(license="mit")})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "cards"))
    lake = Lake(Layout(tmp_path / "d"))
    assert reextract(lake, "29990101T000000Z") == 0
    lake.publish([], drop=lake.parts("cards"))
    # README.md and the card data that came with the manifest.
    assert reextract(lake, "29990101T000000Z") == 2
    build(lake)
    assert one(tmp_path / "d", "SELECT license, body_length FROM cards") == ("mit", len("# Card"))
