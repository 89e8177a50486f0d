"""Models that fit a use: every criterion, alone and together, and what is not known meets none."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from small_catalogue import in_memory

from harvester.ask.find import find, parse_count
from harvester.errors import UsageError

MODELS: list[dict[str, Any]] = [
    {
        "hub_id": "a", "repo_id": "x/chat", "pipeline_tag": "text-generation", "library_name": "transformers",
        "license": "apache-2.0", "languages": ["en", "de"], "parameters": 7_000_000_000, "model_type": "llama",
        "architecture": "LlamaForCausalLM", "context_length": 4096, "context_length_effective": 32768,
        "gated": "false", "downloads": 100, "likes": 5, "tags": ["gguf"], "min_memory_bytes": 24_000_000_000,
    },
    {
        "hub_id": "b", "repo_id": "x/small", "pipeline_tag": "text-generation", "library_name": "transformers",
        "license": "mit", "languages": ["en"], "parameters": 100_000_000, "model_type": "gpt2",
        "architecture": "GPT2LMHeadModel", "context_length": 1024, "gated": "false", "downloads": 200,
        "min_memory_bytes": 10, "config_path": "adapter_config.json",
    },
    {
        "hub_id": "c", "repo_id": "y/gated", "pipeline_tag": "text-generation", "gated": "manual", "downloads": 300,
        "config_status": "gated", "config_stub": '{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}',
    },
    {
        "hub_id": "d", "repo_id": "y/paint", "pipeline_class": "FluxPipeline", "library_name": "diffusers",
        "gated": "auto",
    },
    {"hub_id": "e", "repo_id": "y/code", "license": "mit", "remote_code": True, "gated": "false", "config_stub": "{"},
    {"hub_id": "f", "repo_id": "y/tagged", "tags": ["custom_code"], "downloads": 100, "likes": 5},
]  # fmt: skip
FILES = [
    {"hub_id": "a", "path": "m.safetensors", "role": "weights", "format": "safetensors", "unsafe": False},
    {"hub_id": "a", "path": "m.gguf", "role": "weights", "format": "gguf", "unsafe": False},
    {"hub_id": "a", "path": "optimizer.pt", "role": "training", "format": "pickle", "unsafe": True},
    {"hub_id": "b", "path": "m.safetensors", "role": "weights", "format": "safetensors", "unsafe": False},
    {"hub_id": "b", "path": "m.bin", "role": "weights", "format": "pickle", "unsafe": True},
    {"hub_id": "e", "path": "m.safetensors", "role": "weights", "format": "safetensors", "unsafe": False},
    {"hub_id": "f", "path": "m.onnx", "role": "framework_export", "format": "onnx", "unsafe": False},
]

EVALUATIONS = [
    {"hub_id": "a", "dataset": "TIGER-Lab/MMLU-Pro", "dataset_name": "MMLU-Pro", "value": "0.4"},
    {"hub_id": "b", "dataset": "mmlu-pro", "error": "no value"},
]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_memory(models=MODELS, files=FILES, evaluations=EVALUATIONS) as con:
        yield con


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, ["y/gated", "x/small", "x/chat", "y/tagged", "y/code", "y/paint"]),
        ({"task": "Text-Generation"}, ["y/gated", "x/small", "x/chat"]),
        ({"language": "DE"}, ["x/chat"]),
        ({"license": "MIT"}, ["x/small", "y/code"]),
        ({"fits": "24GB"}, ["x/chat"]),
        ({"fits": "23GB"}, []),
        ({"fits": "22.5GiB"}, ["x/chat"]),
        ({"evaluated_on": "mmlu-pro"}, ["x/chat"]),
        ({"license": "none"}, ["y/gated", "y/tagged", "y/paint"]),
        ({"library": "gguf"}, ["x/chat"]),
        ({"library": "Diffusers"}, ["y/paint"]),
        ({"architecture": "llama"}, ["y/gated", "x/chat"]),
        ({"architecture": "llamaforcausallm"}, ["y/gated", "x/chat"]),
        ({"architecture": "FluxPipeline"}, ["y/paint"]),
        ({"max_params": 7_000_000_000}, ["x/small", "x/chat"]),
        ({"min_params": 100_000_001}, ["x/chat"]),
        ({"min_context": 8192}, ["x/chat"]),
        ({"min_context": 1024}, ["x/small", "x/chat"]),
        ({"weights_format": "gguf"}, ["x/chat"]),
        ({"weights_format": "pickle"}, ["x/small"]),
        ({"gated": True}, ["y/gated", "y/paint"]),
        ({"gated": False}, ["x/small", "x/chat", "y/code"]),
        ({"safe_only": True}, ["x/chat"]),
        ({"task": "text-generation", "gated": False, "license": "mit", "max_params": 10**9}, ["x/small"]),
        ({"license": "mit' OR '1' = '1"}, []),
        ({"limit": 2}, ["y/gated", "x/small"]),
    ],
    ids=str,
)
def test_only_models_that_meet_every_criterion_are_found(
    criteria: dict[str, Any], found: list[str], con: duckdb.DuckDBPyConnection
) -> None:
    assert find(con, **criteria)["repo_id"].to_list() == found


def test_a_row_says_what_decides(con: duckdb.DuckDBPyConnection) -> None:
    assert find(con, language="de").rows(named=True) == [
        {
            "repo_id": "x/chat", "pipeline_tag": "text-generation", "library_name": "transformers",
            "license": "apache-2.0", "parameters": 7_000_000_000, "context_length": 32768,
            "formats": "gguf, safetensors", "gated": "false", "downloads": 100, "likes": 5,
        }
    ]  # fmt: skip


def test_wrong_criteria_are_reported(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=r"unknown format of weights 'bin' \(formats: safetensors, gguf"):
        find(con, weights_format="bin")
    with pytest.raises(UsageError, match="--limit must be at least 1, got 0"):
        find(con, limit=0)
    with pytest.raises(UsageError, match="expected an amount of memory such as 24GB or 512MB, got '24'"):
        find(con, fits="24")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7B", 7 * 10**9),
        ("1.5b", 1_500_000_000),
        ("350M", 350_000_000),
        ("128k", 128_000),
        (" 4096 ", 4096),
        ("1_000", 1000),
    ],
)
def test_counts_are_read_as_people_write_them(text: str, number: int) -> None:
    assert parse_count(text) == number


@pytest.mark.parametrize("text", ["", "seven", "-1", "7 GB", "1.2.3B", "1e9"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected a number such as 7B"):
        parse_count(text)
