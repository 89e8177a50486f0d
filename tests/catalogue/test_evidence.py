"""What files and texts tell of a model beside what it declares: parents, results, templates, code."""

from pathlib import Path

from harvester.catalogue.build import build
from harvester.catalogue.reextract import reextract
from harvester.crawl.select import Selection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from tests.extract.headers import Gguf, safetensors
from tests.support import Shelf, config, harvest, rows, serving

RECIPE = "merge_method: ties\nmodels:\n- model: org/base\n- model: gpt2\n"
SENTENCE = "This model is a fine-tuned version of [org/base](https://huggingface.co/org/base) on x.\n"


def test_one_parent_is_one_edge_whatever_says_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/base", {"config.json": config()})
    gpt2 = shelf.put("openai-community/gpt2", {"config.json": config()})
    shelf.put("org/merge", {"mergekit_config.yml": RECIPE, "config.json": config(_name_or_path="org/base")})
    shelf.put("org/tuned", {"README.md": f"---\nbase_model: org/base\n---\n{SENTENCE}"})
    shelf.put("org/old", {"README.md": "---\nbase_model: bert-base-uncased\n---\n", "config.json": config()})
    header = Gguf().string("general.source.repo_url", "https://huggingface.co/org/tuned").bytes()
    shelf.put("org/quant", {"q-Q4_K_M.gguf": header})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "configs", "cards", "weights"))
    found = rows(tmp_path / "d", "SELECT child, parent, relation, sources FROM lineage_edges ORDER BY child, parent")
    assert found == [
        ("org/merge", "openai-community/gpt2", "merge", ["mergekit"]),
        ("org/merge", "org/base", "merge", ["mergekit", "name_or_path"]),
        ("org/old", "google-bert/bert-base-uncased", "finetune", ["tag", "card"]),
        ("org/quant", "org/tuned", "quantized", ["weights"]),
        ("org/tuned", "org/base", "finetune", ["hub", "tag", "card", "card_body"]),
    ]
    known = rows(tmp_path / "d", "SELECT parent_hub_id FROM lineage WHERE child = 'org/merge' AND parent = 'gpt2'")
    assert known == [(gpt2,)]
    assert rows(tmp_path / "d", "SELECT repo_id, kind FROM conflicts WHERE kind IN ('base_model', 'relation')") == []


def test_results_templates_and_code_are_read_wherever_they_stand(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    result = "- dataset: {id: cais/hle, task_id: hle}\n  value: 20.9\n  date: '2026-01-15'\n"
    shelf.put("org/a", {
        "config.json": config(), "README.md": "# A\n", ".eval_results/hle.yaml": result, "chat_template.jinja": "{{x}}",
        "processor_config.json": '{"auto_map": {"AutoProcessor": "processing_x.X"}}',
    })  # fmt: skip
    shelf.put("org/b", {"config.json": config(), "tokenizer_config.json": "{}", "chat_template.json": "{}"})
    shelf.put("org/c", {
        "model_index.json": '{"_class_name": "X", "unet": ["diffusers", "U"]}',
        "unet/config.json": '{"auto_map": {"AutoModel": "modeling_x.X"}}',
    })  # fmt: skip
    template = Gguf().string("general.architecture", "llama").string("tokenizer.chat_template", "{{x}}").bytes()
    shelf.put("org/d", {"d-Q4_K_M.gguf": template})
    shelf.put("org/e", {"e-Q4_K_M.gguf": Gguf().string("general.architecture", "llama").bytes()})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "configs", "cards", "weights"))
    found = rows(tmp_path / "d", "SELECT repo_id, dataset, task, number, date::VARCHAR, source, path FROM evaluations")
    # The Hub reports what the file says: one row.
    assert found == [("org/a", "cais/hle", "hle", 20.9, "2026-01-15", "hub", ".eval_results/hle.yaml")]
    models = "SELECT repo_id, has_chat_template, needs_remote_code FROM models JOIN reuse USING (hub_id, repo_id)"
    assert rows(tmp_path / "d", f"{models} ORDER BY repo_id") == [
        ("org/a", True, True), ("org/b", False, False), ("org/c", None, True), ("org/d", True, False),
        ("org/e", None, False),
    ]  # fmt: skip


def test_a_parent_outside_of_the_catalogue_is_no_conflict_with_itself(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    parent = shelf.put("other/base", {"config.json": config()})
    shelf.put("org/a", {"README.md": "---\nbase_model: other/base\n---\n", "config.json": config()})
    shelf.put("org/b", {"config.json": config(_name_or_path="other/base")})
    # The Hub follows a renamed parent, the card still has its old name.
    moved = shelf.put("other/old", {"config.json": config()})
    shelf.put("org/c", {"README.md": "---\nbase_model: other/old\n---\n"})
    shelf.put("org/d", {"adapter_config.json": {"peft_type": "LORA", "base_model_name_or_path": "else/where"},
                        "README.md": "---\nbase_model: other/base\n---\n"})  # fmt: skip
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", Selection(author="org"), depths=("configs", "cards"))
    found = rows(tmp_path / "d", "SELECT DISTINCT child, parent, parent_hub_id FROM lineage ORDER BY ALL")
    assert found == [
        ("org/a", "other/base", parent), ("org/b", "other/base", parent), ("org/c", "other/old", moved),
        ("org/d", "else/where", None), ("org/d", "other/base", parent),
    ]  # fmt: skip
    wrong = rows(tmp_path / "d", "SELECT repo_id, left_value, right_value, left_source FROM conflicts ORDER BY ALL")
    assert wrong == [("org/d", "other/base", "else/where", source) for source in ("card", "hub", "tag")]


def test_oddities_of_genuine_answers_are_kept_as_they_are(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"config.json": config()})
    shelf.put("org/b", {"config.json": config()})
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    shelf.put(
        "org/merge",
        {
            " notes.txt": "a name with a space before it", "README.md": "---\nbase_model: [org/a, org/b]\n---\n",
            "model.safetensors.index.json": index,
            "model-00001-of-00002.safetensors": safetensors({"a": ("F32", [2, 3])}),
        },
        trending_score=7.5,
    )  # fmt: skip
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "configs", "cards", "weights"))
    of = "WHERE repo_id = 'org/merge'"
    assert (" notes.txt",) in rows(tmp_path / "d", f"SELECT path FROM files {of}")
    assert rows(tmp_path / "d", f"SELECT shards, missing_shards FROM weight_sets {of}") == [(2, 1)]
    assert rows(tmp_path / "d", f"SELECT trending_score FROM models {of}") == [(7.5,)]
    edges = rows(tmp_path / "d", "SELECT parent, relation FROM lineage_edges WHERE child = 'org/merge' ORDER BY parent")
    assert edges == [("org/a", "merge"), ("org/b", "merge")]


def test_results_are_read_again_as_what_their_folder_makes_them(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"README.md": "# A\n", ".eval_results/hle.yaml": "- dataset: {id: cais/hle}\n  value: 20.9\n"})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("configs", "cards"))
    lake = Lake(Layout(tmp_path / "d"))
    lake.publish([], drop=[*lake.parts("configs"), *lake.parts("evaluations")])
    reextract(lake, "29990101T000000Z")
    build(lake)
    asked = "SELECT dataset, number, (SELECT list(status) FROM configs) FROM evaluations"
    assert rows(tmp_path / "d", asked) == [("cais/hle", 20.9, ["ok"])]
