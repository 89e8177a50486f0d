"""What a model needs to be used again, and what loads it."""

import duckdb
import pytest

from harvester.extract.files import classify
from harvester.extract.reuse import LOADERS, MODALITIES, NEEDS, SIGNS, assess, sign_sql, signs_of

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
        (["config.json", "model.safetensors", "preprocessor_config.json"], "depth-estimation", ["transformers"], []),
        (["config.json", "model.safetensors"], "image-classification", ["transformers"], ["processor"]),
        (["modules.json", *BERT], "sentence-similarity", ["transformers", "sentence-transformers"], []),
        (["params.json", "tekken.json", "consolidated.safetensors"], "text-generation", [], []),
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
    assert assess(signs).loads_with == ()
    assert assess(signs, library_name="timm").loads_with == ("timm",)
    assert assess(signs, tags=["mlx"], typed=True).loads_with == ("transformers", "mlx")


def test_pickles_alone_are_told() -> None:
    assert assess(signs_of(["pytorch_model.bin"])).unsafe_only
    assert not assess(signs_of(["pytorch_model.bin", "model.safetensors"])).unsafe_only
    assert not assess(signs_of(["pytorch_model.bin", "tf_model.h5"])).unsafe_only
    assert assess(signs_of(["m.nemo"])).unsafe_only


def test_the_tables_name_only_signs_that_exist() -> None:
    signs = {row.sign for row in SIGNS}
    assert {sign for loader in LOADERS for sign in loader.signs} <= signs
    assert {sign for need in NEEDS for sign in need.signs} <= signs
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
