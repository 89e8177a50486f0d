"""Sizes, quantization and classes of a model that documents beside its config, or its weights alone, state."""

import struct
from pathlib import Path
from typing import Any

import pytest

from tests.extract.headers import Gguf, safetensors
from tests.hub.altering import AlterModels
from tests.support import Shelf, harvest, one, rows, serving

LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 128,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 100,
    "max_position_embeddings": 16384, "torch_dtype": "bfloat16",
}  # fmt: skip
SCALED = {**LLAMA, "rope_scaling": {"type": "linear", "factor": 4.0}}


def gguf(architecture: str, values: int, **sizes: int) -> bytes:
    file = Gguf().string("general.architecture", architecture)
    for key, value in sizes.items():
        file.number(f"{architecture}.{key.replace('__', '.')}", value)
    return file.tensor("w", [values]).bytes() + bytes(4 * values + 64)


def shard(name: str, values: int) -> bytes:
    return safetensors({name: ("F32", (values,))})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sizes")
    shelf = Shelf(root / "hub")
    shelf.put("org/gguf", {
        "m-Q8_0.gguf": gguf("qwen3", 500, context_length=40960, embedding_length=64, attention__head_count_kv=2),
        "mmproj-m.gguf": gguf("clip", 900), "mtp-m-Q8_0.gguf": gguf("qwen3", 9),
    })  # fmt: skip
    by_layer = Gguf().string("general.architecture", "gemma3n").number("gemma3n.block_count", 20)
    for key, sizes in (("feed_forward_length", [64] * 20), ("attention.head_count_kv", [2, 1] * 10)):
        by_layer.array(f"gemma3n.{key}", 4, 20, struct.pack("<20I", *sizes))
    shelf.put("org/by-layer", {"m.gguf": by_layer.tensor("w", [10]).bytes() + bytes(64)})
    shelf.put("org/vocabulary", {"m.gguf": Gguf().string("general.architecture", "llama").bytes() + bytes(64)})
    shelf.put("org/numbered", {
        "config.json": LLAMA, "out-00000.safetensors": shard("a", 10), "out-00001.safetensors": shard("b", 20),
    })  # fmt: skip
    shelf.put("org/copies", {
        "config.json": LLAMA, "lora-000001.safetensors": shard("a", 10), "lora-000002.safetensors": shard("a", 10),
    })  # fmt: skip
    shelf.put("org/modelopt", {
        "config.json": LLAMA, "model.safetensors": shard("a", 10), "pytorch_model.bin": b"x" * 999,
        "hf_quant_config.json": {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "FP8"}},
    })  # fmt: skip
    shelf.put("org/mixed", {
        "config.json": {**LLAMA, "quantization_config": {
            "quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": {"a": {"bits": 8}}}},
        "quantize_config.json": {"bits": 4, "group_size": 128, "desc_act": True},
    })  # fmt: skip
    shelf.put("org/scaled", {"config.json": SCALED, "tokenizer_config.json": {"model_max_length": 16384}})
    shelf.put("org/unscaled", {"config.json": SCALED, "tokenizer_config.json": {"model_max_length": 65536}})
    shelf.put("org/setfit", {
        "config.json": {"model_type": "bert", "hidden_size": 8},
        "config_setfit.json": {"labels": ["no", "yes"], "normalize_embeddings": False},
    })  # fmt: skip
    shelf.put("org/native", {"params.json": {"dim": 64, "n_layers": 4, "n_heads": 8, "max_seq_len": 262144}})
    shelf.put("org/other", {"params.json": {"learning_rate": 0.1, "dim": 3}})
    with serving(shelf.world()) as hub:
        harvest(hub, root / "data", depths=("files", "configs", "weights"))
    return root / "data"


def model(data: Path, columns: str, name: str) -> tuple[object, ...]:
    return one(data, f"SELECT {columns} FROM models WHERE repo_id = 'org/{name}'")


def test_a_gguf_header_fills_what_no_config_states(data: Path) -> None:
    columns = "parameters, context_length, context_length_effective, hidden_size, num_key_value_heads, gguf_source"
    assert model(data, columns, "gguf") == (500, 40960, 40960, 64, 2, "header")
    companions = rows(data, "SELECT path, companion FROM weight_sets WHERE repo_id = 'org/gguf' ORDER BY path")
    assert companions == [("m-Q8_0.gguf", False), ("mmproj-m.gguf", True), ("mtp-m-Q8_0.gguf", True)]
    assert model(data, "bytes_of_weights", "gguf") == one(
        data, "SELECT size FROM files WHERE repo_id = 'org/gguf' AND path = 'm-Q8_0.gguf'"
    )


def test_a_size_that_a_gguf_header_states_by_layer_counts_where_all_are_alike(data: Path) -> None:
    columns = "intermediate_size, num_key_value_heads, num_hidden_layers"
    assert model(data, columns, "by-layer") == (64, None, 20)


def test_a_vocabulary_has_no_parameters(data: Path) -> None:
    assert model(data, "parameters", "vocabulary") == (None,)
    assert one(data, "SELECT status, reason FROM weights WHERE repo_id = 'org/vocabulary'") == (
        "ok", "no tensors: a vocabulary only",
    )  # fmt: skip


def test_numbered_files_are_shards_or_copies_by_their_tensors(data: Path) -> None:
    assert model(data, "parameters", "numbered") == (30,)
    assert model(data, "parameters", "copies") == (10,)


def test_quantization_beside_the_config_counts_where_the_config_is_silent(data: Path) -> None:
    assert model(data, "quant_method_effective, quant_bits, quant_type", "modelopt") == ("modelopt", 8, "FP8")
    assert model(data, "quant_method_effective, quant_bits, quant_group_size", "mixed") == ("gptq", None, 128)


def test_one_set_of_weights_is_what_must_be_held(data: Path) -> None:
    size = len(shard("a", 10))
    assert model(data, "bytes_of_weights, min_memory_bytes", "modelopt") == (size, size + -(-size // 5))
    assert model(data, "bytes_of_weights, min_memory_bytes", "native") == (None, None)


def test_the_tokenizer_shows_whether_the_declared_positions_are_scaled(data: Path) -> None:
    assert model(data, "context_length_effective", "scaled") == (16384,)
    assert model(data, "context_length_effective", "unscaled") == (65536,)


def test_the_classes_of_setfit_are_labels(data: Path) -> None:
    assert model(data, "num_labels, config_path", "setfit") == (2, "config.json")
    assert rows(data, "SELECT label FROM labels WHERE repo_id = 'org/setfit' ORDER BY label_id") == [("no",), ("yes",)]


def test_params_json_fills_models_where_it_holds_a_model(data: Path) -> None:
    assert model(data, "config_path, hidden_size, context_length", "native") == ("params.json", 64, 262144)
    assert model(data, "config_path, config_status", "other") == (None, "absent")


def differing(row: dict[str, Any]) -> dict[str, Any]:
    """What the Hub says of two models: a total far below its own sum, and an excerpt of a GGUF header."""
    if row["id"] == "org/low":
        return {**row, "safetensors": {"parameters": {"BF16": 35_107_181_936}, "total": 664_944}}
    if row["id"] == "org/excerpt":
        return {**row, "gguf": {"total": 8_190_735_360, "architecture": "qwen3", "context_length": 40960}}
    return {**row, "safetensors": {"parameters": {"F32": 3072, "BF16": 32_913_263_168}, "total": 31_577_937_344}}


def test_what_the_hub_counts_and_where_it_contradicts_itself(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/low", {"config.json": {"model_type": "unheard-of"}})
    shelf.put("org/near", {"config.json": {"model_type": "unheard-of"}})
    shelf.put("org/excerpt", {"m.gguf": b"GGUF"})
    with serving(shelf.world(), faults=[AlterModels(change=differing)]) as hub:
        harvest(hub, tmp_path / "data")
    data = tmp_path / "data"
    assert model(data, "parameters, parameters_source", "low") == (35_107_181_936, "hub")
    assert model(data, "parameters", "near") == (31_577_937_344,)
    assert model(data, "parameters, parameters_source, context_length_effective, gguf_source", "excerpt") == (
        8_190_735_360, "hub", 40960, "hub",
    )  # fmt: skip
    said = "SELECT repo_id, left_value, right_value FROM conflicts WHERE kind = 'parameters'"
    assert rows(data, said) == [("org/low", "35107181936", "664944")]
