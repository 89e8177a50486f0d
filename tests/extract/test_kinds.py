"""Which documents of a repository are read, and what its lists of components add."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.extract.kinds import (
    COMPONENTS_CAP,
    EVAL_RESULTS,
    KINDS,
    OTHER,
    RESULTS_CAP,
    card_paths,
    component_paths,
    default_paths,
    kind_of,
)


def test_root_documents_are_read_by_default_and_others_are_not() -> None:
    names = [
        "README.md",
        "tokenizer_config.json",
        "onnx/config.json",
        "config.json",
        "model.safetensors",
        "modules.json",
    ]
    assert default_paths(names) == ["config.json", "tokenizer_config.json", "modules.json"]


def test_the_documents_of_the_design_are_the_defaults() -> None:
    assert {kind.file_name for kind in KINDS if kind.default} == {
        "config.json",
        "adapter_config.json",
        "model_index.json",
        "generation_config.json",
        "tokenizer_config.json",
        "quantize_config.json",
        "config_sentence_transformers.json",
        "modules.json",
        "preprocessor_config.json",
        "open_clip_config.json",
        "hf_quant_config.json",
        "params.json",
        "config_setfit.json",
        "processor_config.json",
        "chat_template.json",
        "mergekit_config.yml",
        "mergekit_config.yaml",
        "mergekit_moe_config.yml",
        "mergekit_moe_config.yaml",
    }


def test_the_card_goes_with_the_results_of_evaluations() -> None:
    names = ["a/README.md", "README.md", ".eval_results/b.yml", ".eval_results/a.yaml", ".eval_results/c/d.yaml"]
    assert card_paths(names) == ["README.md", ".eval_results/a.yaml", ".eval_results/b.yml"]
    assert len(card_paths(f".eval_results/{place}.yaml" for place in range(1000))) == RESULTS_CAP
    assert kind_of(".eval_results/a.yaml") is EVAL_RESULTS
    assert kind_of("results/a.yaml") is OTHER


def test_a_kind_goes_by_the_file_name_in_any_folder() -> None:
    assert kind_of("unet/config.json") == kind_of("config.json")
    assert kind_of("a/b/tokenizer_config.json").name == "tokenizer_config"
    assert kind_of("hyperparameters.json") is OTHER
    assert kind_of("my_config.json") is OTHER


PIPELINE = json.dumps(
    {
        "_class_name": "StableDiffusionPipeline",
        "scheduler": ["diffusers", "PNDMScheduler"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "safety_checker": [None, None],
        "requires_safety_checker": True,
    }
).encode()


def test_a_pipeline_names_the_config_of_each_component_that_is_set() -> None:
    assert component_paths("model_index.json", PIPELINE, ()) == [
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "tokenizer/tokenizer_config.json",
        "feature_extractor/preprocessor_config.json",
    ]


def test_only_component_configs_that_exist_are_named() -> None:
    names = {"unet/config.json", "unet/model.safetensors", "vae/config.json", "tokenizer/vocab.json"}
    assert component_paths("model_index.json", PIPELINE, names) == ["unet/config.json"]


def test_modules_name_their_configs_and_the_root_module_its_own() -> None:
    modules = json.dumps(
        [
            {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ]
    ).encode()
    names = {"config.json", "sentence_bert_config.json", "1_Pooling/config.json"}
    assert component_paths("modules.json", modules, names) == ["sentence_bert_config.json", "1_Pooling/config.json"]


@pytest.mark.parametrize(
    "folder",
    ["../x", "/etc", "a/../../b", "https://evil/x", "a\\b", "a//b", ".", "a\x00b", "~/x:y", "x" * 300, "a/./b"],
)
def test_names_that_leave_the_repository_are_dropped(folder: str) -> None:
    modules = json.dumps([{"path": folder}, {"path": "1_Pooling"}]).encode()
    index = json.dumps({folder: ["diffusers", "UNet2DModel"], "vae": ["diffusers", "AutoencoderKL"]}).encode()
    assert component_paths("modules.json", modules, ()) == ["1_Pooling/config.json"]
    assert component_paths("model_index.json", index, ()) == ["vae/config.json"]


def test_no_list_makes_us_ask_for_more_than_the_cap() -> None:
    modules = json.dumps([{"path": f"m{index}"} for index in range(1000)]).encode()
    assert len(component_paths("modules.json", modules, ())) == COMPONENTS_CAP


@pytest.mark.parametrize("data", [b"", b"{", b"[1, {}]", b'{"a": [1, 2], "b": "c"}', b'[{"path": 3}]', b"null"])
def test_what_is_no_list_of_components_names_none(data: bytes) -> None:
    assert component_paths("model_index.json", data, ()) == []
    assert component_paths("modules.json", data, ()) == []
    assert component_paths("config.json", PIPELINE, ()) == []


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12), st.lists(st.text(max_size=9), max_size=3), max_size=5))
def test_no_index_names_a_path_outside(index: dict[str, list[str]]) -> None:
    for path in component_paths("model_index.json", json.dumps(index).encode(), ()):
        assert not path.startswith("/")
        assert not {"", ".", ".."} & set(path.split("/"))
        assert "://" not in path
