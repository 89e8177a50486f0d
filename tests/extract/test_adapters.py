"""adapter_config.json of several libraries."""

import json
from typing import Any

import pytest

from harvester.extract.document import extract_document

MLX = {
    "model": "a/b", "fine_tune_type": "lora", "num_layers": 16,
    "lora_parameters": {"rank": 8, "alpha": 16.0, "scale": 10.0, "dropout": 0.05, "keys": ["q_proj", "v_proj"]},
}  # fmt: skip
ADAPTERHUB = {
    "model_name": "a/b", "model_type": "roberta", "version": "adapters.1.0.0",
    "config": {"architecture": "lora", "r": 8, "alpha": 16, "dropout": 0.1},
}  # fmt: skip
PEFT = {"peft_type": "LORA", "base_model_name_or_path": "a/b", "r": 4, "lora_alpha": 8, "model": "c/d"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (PEFT, {"base_model_name_or_path": "a/b", "lora_rank": 4, "lora_alpha": 8.0}),
        (MLX, {"base_model_name_or_path": "a/b", "lora_rank": 8, "lora_alpha": None, "lora_dropout": 0.05,
               "target_modules": ["q_proj", "v_proj"], "lora_dora": None}),
        ({**MLX, "fine_tune_type": "dora"}, {"lora_rank": 8, "lora_dora": True}),
        ({**MLX, "fine_tune_type": "full"}, {"base_model_name_or_path": "a/b", "lora_rank": None}),
        ({"rank": 8, "alpha": 16, "dropout": 0.0}, {"lora_rank": 8, "lora_alpha": 16.0}),
        (ADAPTERHUB, {"base_model_name_or_path": "a/b", "lora_rank": 8, "lora_alpha": 16.0, "lora_dropout": 0.1}),
        ({**ADAPTERHUB, "config": {"reduction_factor": 16}}, {"base_model_name_or_path": "a/b", "lora_rank": None}),
        ({**ADAPTERHUB, "config": "9076f36a74755ac4"}, {"base_model_name_or_path": "a/b", "lora_rank": None}),
        # A model's config under that name, and one that says nothing.
        ({"_name_or_path": "a/b", "model_type": "chatglm", "hidden_size": 4096}, {"base_model_name_or_path": None}),
        ({"model_name": "a/b", "lr": 0.1}, {"base_model_name_or_path": None}),
        ({"model": {"name": "a/b"}, "fine_tune_type": 1}, {"base_model_name_or_path": None}),
    ],
)  # fmt: skip
def test_an_adapter_says_its_base_and_rank_in_its_librarys_words(document: Any, expected: dict[str, Any]) -> None:
    typed = extract_document("adapter_config.json", json.dumps(document).encode()).typed
    assert {column: typed.get(column) for column in expected} == expected


RECIPE = b"""
base_model:
  model:
    path: a/base
merge_method: ties
slices:
- sources:
  - layer_range: [0, 32]
    model: {model: {path: a/one}}
  - model: a/two+a/lora
experts:
- source_model: a/three
  positive_prompts: [x]
tokenizer_source: union
"""


@pytest.mark.parametrize("name", ["mergekit_config.yml", "mergekit_config.yaml", "mergekit_moe_config.yml"])
def test_a_recipe_names_the_models_it_merges(name: str) -> None:
    read = extract_document(name, RECIPE)
    assert read.status == "ok"
    assert read.typed["merge_method"] == "ties"
    assert read.typed["merged_models"] == ["a/base", "a/one", "a/two+a/lora", "a/three"]
    assert ("slices[0].sources[0].model.model.path", "string", '"a/one"', None) in read.leaves


def test_a_recipe_that_is_none_is_reported_with_its_line() -> None:
    read = extract_document("mergekit_config.yml", b"models:\n- model: [\n")
    assert (read.status, read.typed) == ("invalid", {})
    assert read.reason is not None
    assert read.reason.startswith("line ")
    assert extract_document("mergekit_config.yml", b"word").status == "not_object"
