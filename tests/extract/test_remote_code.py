"""Documents that name code of a repository, and such that do not."""

import json
from typing import Any

import pytest

from harvester.extract.document import extract_document

NAMES_CODE: list[tuple[str, Any]] = [
    ("config.json", {"auto_map": {"AutoModel": "modeling_x.X"}}),
    ("config.json", {"custom_pipelines": {"text-x": {"impl": "my_pipeline.X", "pt": ["AutoModel"]}}}),
    ("config.json", {"model_type": "x", "model_file": "my_model.py"}),
    ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tokenization_x.X", None]}}),
    ("tokenizer_config.json", {"auto_map": ["tokenization_x.X", None]}),
    ("preprocessor_config.json", {"auto_map": {"AutoImageProcessor": "image_x.X"}}),
    ("processor_config.json", {"auto_map": {"AutoProcessor": "o/r--processing_x.X"}}),
    ("model_index.json", {"_class_name": ["pipeline_x", "X"], "unet": ["diffusers", "UNet2DModel"]}),
    ("model_index.json", {"_class_name": "StableDiffusionPipeline", "unet": ["my_unet", "MyUNet"]}),
    ("unet/config.json", {"_class_name": ["my_unet", "MyUNet"]}),
    ("modules.json", [{"type": "custom_st.Transformer", "path": ""}]),
    ("modules.json", [{"type": "o/r--modeling_x.X", "path": ""}]),
]
NAMES_NONE: list[tuple[str, Any]] = [
    ("config.json", {"model_type": "llama", "auto_map": None, "model_file": None, "custom_pipelines": {}}),
    ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": [None, None]}, "tokenizer_class": "X"}),
    ("processor_config.json", {"processor_class": "X"}),
    (
        "model_index.json",
        {
            "_class_name": "StableDiffusionPipeline", "_name_or_path": "a/b", "safety_checker": [None, None],
            "checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "text_encoder": ["transformers", "T5"],
            "prior": ["optimum.onnxruntime", "X"], "scheduler": ["diffusers", "DDIMScheduler"], "sizes": [1, 2],
        },
    ),
    ("unet/config.json", {"_class_name": "UNet2DModel"}),
    ("modules.json", [{"type": "sentence_transformers.models.Transformer"}, {"type": "pylate.models.Dense.Dense"}]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), NAMES_CODE, ids=str)
def test_a_document_that_names_code_of_a_repository_is_seen(path: str, value: Any) -> None:
    assert extract_document(path, json.dumps(value).encode()).typed["names_code"] is True


@pytest.mark.parametrize(("path", "value"), NAMES_NONE, ids=str)
def test_a_document_that_names_none_is_not(path: str, value: Any) -> None:
    assert not extract_document(path, json.dumps(value).encode()).typed.get("names_code")


def test_the_repositories_whose_code_is_named_are_kept() -> None:
    value = {"auto_map": {"AutoProcessor": "o/r--processing_x.X", "AutoModel": "modeling.X"}}
    assert extract_document("processor_config.json", json.dumps(value).encode()).typed["remote_code_repos"] == ["o/r"]
