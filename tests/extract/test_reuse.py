"""What a model needs to be used again, and what loads it."""

import duckdb
import pytest

from harvester.extract.files import classify
from harvester.extract.reuse import assess, signs_of
from harvester.extract.reuse_rules import FACTS, LOADERS, MODALITIES, NEEDS, SIGNS, sign_sql

BERT = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt", "README.md"]


def test_a_text_model_with_its_four_components_is_reusable() -> None:
    reuse = assess(signs_of(BERT), pipeline_tag="fill-mask", typed=True)
    assert (reuse.reusable, reuse.missing, reuse.loads_with) == (True, (), ("transformers",))
    assert (reuse.has_config, reuse.has_weights, reuse.has_tokenizer_config, reuse.has_vocabulary) == (True,) * 4
    assert not reuse.unsafe_only


@pytest.mark.parametrize(
    ("gone", "missing"),
    [("config.json", "config"), ("model.safetensors", "weights"), ("tokenizer_config.json", "tokenizer_config"),
     ("vocab.txt", "vocabulary")],
)  # fmt: skip
def test_what_is_missing_is_named(gone: str, missing: str) -> None:
    reuse = assess(signs_of([path for path in BERT if path != gone]), pipeline_tag="fill-mask", typed=True)
    assert (reuse.reusable, reuse.missing) == (False, (missing,))


@pytest.mark.parametrize(
    ("paths", "task", "loads_with", "missing"),
    [
        (["config.json", "tokenizer_config.json", "tokenizer.json", "pytorch_model.bin"], None, ["transformers"], []),
        (["m-Q4_K_M.gguf"], "text-generation", ["llama.cpp"], []),
        (["config.json", "tokenizer.json", "tokenizer_config.json", "onnx/model.onnx"], "fill-mask",
         ["onnxruntime", "transformers.js"], []),
        (["model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"], None, ["diffusers"], []),
        (["unet/config.json", "unet/diffusion_pytorch_model.safetensors"], "text-to-image", [], []),
        (["adapter_config.json", "adapter_model.safetensors"], "text-generation", ["peft"], []),
        (["adapter_config.json"], "text-generation", [], ["weights"]),
        (["adapter_config.json", "adapter_model.safetensors", "config.json", "model.safetensors"], None,
         ["transformers", "peft"], []),
        (["checkpoint-9/adapter_config.json", "checkpoint-9/adapter_model.safetensors"], None, ["peft"], []),
        (["pytorch_lora_weights.safetensors"], "text-to-image", ["diffusers"], []),
        (["config.json", "model.safetensors", "preprocessor_config.json"], "depth-estimation", ["transformers"], []),
        (["config.json", "model.safetensors"], "image-classification", ["transformers"], ["processor"]),
        (["modules.json", *BERT], "sentence-similarity", ["transformers", "sentence-transformers"], []),
        (["params.json", "tekken.json", "consolidated.safetensors"], "text-generation", ["mistral-inference"], []),
        (["params.json", "tokenizer.model", "consolidated.00.pth"], "text-generation", ["llama-models"], []),
        (["model.onnx"], "object-detection", ["onnxruntime"], []),
        (["model.onnx"], "text-classification", ["onnxruntime"], ["tokenizer_config", "vocabulary"]),
        (["a.nemo"], "automatic-speech-recognition", ["nemo"], []),
        (["config.cfg", "meta.json", "ner/model", "vocab/strings.json"], "token-classification", ["spacy"], []),
        (["open_clip_config.json", "open_clip_pytorch_model.bin"], "zero-shot-image-classification", ["open_clip"], []),
        (["config.json", "diffusion_pytorch_model.safetensors"], "image-to-image", ["diffusers"], []),
        (["config.json", "model.bin", "vocabulary.json", "preprocessor_config.json"], "automatic-speech-recognition",
         ["ctranslate2"], []),
        (["modules.json", *(f"0_Transformer/{path}" for path in BERT)], "sentence-similarity",
         ["sentence-transformers"], []),
        (["modules.json", "0_StaticEmbedding/model.safetensors", "0_StaticEmbedding/tokenizer.json"], None,
         ["sentence-transformers"], []),
        (["config.json", "model.safetensors", "vocab.json", "tokenizer_config.json"], "text-to-speech",
         ["transformers"], []),
        ([path.replace("model.", "model-00001-of-00002.") for path in BERT], "fill-mask", [], ["weight_shards"]),
        (["Q8_0/m-00001-of-00003.gguf", "m-Q4_0.gguf"], "text-generation", ["llama.cpp"], []),
        (["model_index.json", "vae/model.safetensors", "unet/x-00001-of-00002.safetensors"], None, [],
         ["weight_shards"]),
        (["model_index.json", "vae/model.safetensors", "unet/config.json"], None, [], ["weights"]),
        ([f"checkpoint-5/{path}" for path in BERT], "fill-mask", [], ["config", "tokenizer_config"]),
        (["README.md"], None, [], ["config", "weights"]),
    ],
)  # fmt: skip
def test_every_kind_of_model_has_its_own_needs(
    paths: list[str], task: str | None, loads_with: list[str], missing: list[str]
) -> None:
    reuse = assess(signs_of(paths), pipeline_tag=task, typed=True)
    assert (list(reuse.loads_with), list(reuse.missing)) == (loads_with, missing)


def test_a_library_that_the_files_do_not_show_is_taken_from_the_listing() -> None:
    signs = signs_of(["config.json", "model.safetensors"])
    assert assess(signs, typed=False).loads_with == ()
    assert assess(signs, library_name="timm").loads_with == ("timm",)
    assert assess(signs, library_name="timm", pipeline_tag="image-classification").reusable
    assert assess(signs, tags=["mlx"], typed=True).loads_with == ("mlx",)
    assert assess(signs_of(["m.pkl"]), library_name="sklearn").reusable
    assert assess(signs_of(["x.safetensors"]), tags=["lora"]).loads_with == ("diffusers",)
    assert not assess(signs_of(["x.safetensors"])).reusable


def test_an_adapter_without_a_base_model_is_not_reusable() -> None:
    signs = signs_of(["adapter_config.json", "adapter_model.safetensors"])
    assert assess(signs, based=False).missing == ("base_model",)


def test_a_config_that_was_not_read_is_guessed_from_the_files_beside_it() -> None:
    assert assess(signs_of(BERT)).loads_with == ("transformers",)
    assert assess(signs_of(BERT), library_name="spacy").loads_with == ()
    assert assess(signs_of(["config.json", "model.safetensors"])).loads_with == ()


def test_pickles_alone_are_told() -> None:
    assert assess(signs_of(["pytorch_model.bin"])).unsafe_only
    assert not assess(signs_of(["pytorch_model.bin", "model.safetensors"])).unsafe_only
    assert not assess(signs_of(["pytorch_model.bin", "tf_model.h5"])).unsafe_only
    assert assess(signs_of(["m.nemo"])).unsafe_only
    assert assess(signs_of(["weights.npz"])).unsafe_only


def test_the_tables_name_only_signs_that_exist() -> None:
    signs = {row.sign for row in SIGNS} | set(FACTS)
    assert len(signs) < 63  # a bit each
    assert {sign for loader in LOADERS for sign in (*loader.signs, *loader.unless)} <= signs
    assert {sign for need in NEEDS for sign in (*need.signs, *need.unless)} <= signs
    tasks = [task for held in MODALITIES.values() for task in held]
    assert len(tasks) == len(set(tasks))
    assert set(MODALITIES) <= {need.modality for need in NEEDS}


def test_sql_and_python_see_the_same_signs() -> None:
    paths = [
        *BERT,
        "unet/diffusion_pytorch_model.bin",
        "onnx/model.onnx",
        "m.gguf",
        "tokenizer.json",
        "weights.npz",
        "ner/model",
    ]
    paths += [
        "adapter_model.safetensors",
        "a/preprocessor_config.json",
        "modeling_x.py",
        "m.nemo",
        "x'y.json",
        "tekken.json",
    ]
    rows = [(path, kind.role, kind.format, kind.framework) for path in paths for kind in [classify(path)]]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE files (path VARCHAR, role VARCHAR, format VARCHAR, framework VARCHAR)")
        connection.executemany("INSERT INTO files VALUES (?, ?, ?, ?)", rows)
        for sign in {row.sign for row in SIGNS}:
            found = connection.execute(f"SELECT path FROM files WHERE coalesce({sign_sql(sign)}, false)").fetchall()
            assert {path for (path,) in found} == {path for path in paths if sign in signs_of([path])}, sign
