"""Whether a model can be used again, and what loads it: the view `reuse` over small tables of paths and facts."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pytest

from harvester.catalogue.scripts import scripts
from harvester.extract.files import classify_all

BERT = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt", "README.md"]
ADAPTER = ["adapter_config.json", "adapter_model.safetensors"]
TABLES = """
CREATE SCHEMA base;
CREATE TABLE base.file (model INTEGER, path VARCHAR, size BIGINT, sha256 BLOB, role VARCHAR, format VARCHAR,
    framework VARCHAR);
CREATE TABLE base.model_key (model INTEGER, hub_id VARCHAR);
CREATE TABLE models (hub_id VARCHAR, repo_id VARCHAR, gated VARCHAR, pipeline_tag VARCHAR, library_name VARCHAR,
    tags VARCHAR[], config_status VARCHAR, model_type VARCHAR, architecture VARCHAR, config_stub VARCHAR,
    base_models VARCHAR[], base_model_name_or_path VARCHAR, names_code BOOLEAN, remote_code BOOLEAN, file_count BIGINT);
"""


@dataclass(frozen=True, kw_only=True)
class Model:
    """Paths and what is known beside them. ``typed``: its config names a model_type; None: it was not read."""

    paths: list[str]
    task: str | None = None
    library: str | None = None
    tags: tuple[str, ...] = ()
    typed: bool | None = True
    based: bool = True


#: Paths, task, what loads the model, what is missing.
KINDS: list[tuple[list[str], str | None, list[str], list[str]]] = [
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
    (["config.json", "model-00001-of-00002.safetensors"], "fill-mask", [],
     ["tokenizer_config", "vocabulary", "weight_shards"]),
    ([], None, [], ["config", "weights"]),
]  # fmt: skip
LOADED: list[tuple[Model, list[str]]] = [
    (Model(paths=["config.json", "model.safetensors"], typed=False), []),
    (Model(paths=["config.json", "model.safetensors"], library="timm", typed=None), ["timm"]),
    (Model(paths=["config.json", "model.safetensors"], tags=("mlx",)), ["mlx"]),
    (Model(paths=["x.safetensors"], tags=("lora",), typed=None), ["diffusers"]),
    # A config that was not read is guessed from the files beside it.
    (Model(paths=BERT, typed=None), ["transformers"]),
    (Model(paths=BERT, typed=None, library="spacy"), []),
    (Model(paths=["config.json", "model.safetensors"], typed=None), []),
]
REUSABLE: list[tuple[Model, bool]] = [
    (Model(paths=["config.json", "model.safetensors"], library="timm", task="image-classification", typed=None), True),
    (Model(paths=["m.pkl"], library="sklearn", typed=None), True),
    (Model(paths=["x.safetensors"], typed=None), False),
    (Model(paths=ADAPTER), True),
    (Model(paths=ADAPTER, typed=None, based=False), True),
    (Model(paths=ADAPTER, typed=False, based=False), False),
    *((Model(paths=[path for path in BERT if path != gone], task="fill-mask"), gone == "README.md") for gone in BERT),
]
UNSAFE: list[tuple[list[str], bool]] = [
    (["pytorch_model.bin"], True), (["pytorch_model.bin", "model.safetensors"], False),
    (["pytorch_model.bin", "tf_model.h5"], False), (["m.nemo"], True), (["weights.npz"], True),
]  # fmt: skip
MODELS = [
    *(Model(paths=paths, task=task) for paths, task, _, _ in KINDS),
    *(model for model, _ in LOADED),
    *(model for model, _ in REUSABLE),
    *(Model(paths=paths) for paths, _ in UNSAFE),
    Model(paths=BERT, task="fill-mask"),
]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """All models in one database."""
    con = duckdb.connect()
    con.execute(TABLES)
    for number, model in enumerate(MODELS):
        con.execute("INSERT INTO base.model_key VALUES (?, ?)", [number, str(number)])
        status = "pending" if model.typed is None else "ok"
        con.execute(
            "INSERT INTO models VALUES (?, ?, 'false', ?, ?, ?, ?, ?, NULL, NULL, ?, NULL, NULL, NULL, ?)",
            [str(number), f"org/{number}", model.task, model.library, list(model.tags), status,
             "bert" if model.typed else None, ["org/base"] if model.based else [], len(model.paths)],
        )  # fmt: skip
        for path, kind in zip(model.paths, classify_all(model.paths), strict=True):
            con.execute(
                "INSERT INTO base.file VALUES (?, ?, 1, NULL, ?, ?, ?)",
                [number, path, kind.role, kind.format, kind.framework],
            )
    con.execute(dict(scripts())["77_reuse.sql"])
    yield con
    con.close()


def reuse(con: duckdb.DuckDBPyConnection, model: Model, columns: str) -> tuple[object, ...]:
    found = con.execute(f"SELECT {columns} FROM reuse WHERE hub_id = ?", [str(MODELS.index(model))]).fetchall()
    assert len(found) == 1
    return found[0]


def test_a_text_model_with_its_four_components_is_reusable(con: duckdb.DuckDBPyConnection) -> None:
    columns = (
        "reusable, missing, loads_with, has_config, has_weights, has_tokenizer_config, has_vocabulary, unsafe_only"
    )
    assert reuse(con, MODELS[-1], columns) == (True, [], ["transformers"], True, True, True, True, False)


@pytest.mark.parametrize(("paths", "task", "loads_with", "missing"), KINDS)
def test_every_kind_of_model_has_its_own_needs(
    con: duckdb.DuckDBPyConnection, paths: list[str], task: str | None, loads_with: list[str], missing: list[str]
) -> None:
    assert reuse(con, Model(paths=paths, task=task), "loads_with, missing") == (loads_with, missing)


@pytest.mark.parametrize(("model", "loads_with"), LOADED)
def test_what_loads_a_model_follows_from_files_listing_and_config(
    con: duckdb.DuckDBPyConnection, model: Model, loads_with: list[str]
) -> None:
    assert reuse(con, model, "loads_with") == (loads_with,)


@pytest.mark.parametrize(("model", "reusable"), REUSABLE)
def test_a_model_is_reusable_or_not(con: duckdb.DuckDBPyConnection, model: Model, reusable: bool) -> None:
    assert reuse(con, model, "reusable, len(missing) = 0") == (reusable, reusable)


@pytest.mark.parametrize(("paths", "unsafe"), UNSAFE)
def test_pickles_alone_are_reported(con: duckdb.DuckDBPyConnection, paths: list[str], unsafe: bool) -> None:
    assert reuse(con, Model(paths=paths), "unsafe_only") == (unsafe,)
