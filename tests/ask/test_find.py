"""Models that fit a use: every criterion, alone and together, and what is not known meets none."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from small_catalogue import in_memory

from harvester.ask.criteria import parse_count
from harvester.ask.find import find
from harvester.ask.find_page import find_page
from harvester.ask.run import query
from harvester.errors import UsageError

MODELS: list[dict[str, Any]] = [
    {
        "hub_id": "a", "repo_id": "x/chat", "pipeline_tag": "text-generation", "library_name": "transformers",
        "license": "apache-2.0", "languages": ["en", "de"], "parameters": 7_000_000_000, "model_type": "llama",
        "architecture": "LlamaForCausalLM", "context_length": 4096, "context_length_effective": 32768,
        "gated": "false", "downloads": 100, "likes": 5, "tags": ["gguf"], "min_memory_bytes": 24_000_000_000,
        "last_modified": "2026-01-02 10:00:00",
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
        ({}, ["y/gated", "x/chat", "y/code", "y/tagged", "y/paint"]),
        ({"adapters": True}, ["y/gated", "x/small", "x/chat", "y/code", "y/tagged", "y/paint"]),
        ({"task": "Text-Generation"}, ["y/gated", "x/chat"]),
        ({"language": "DE"}, ["x/chat"]),
        ({"license": "MIT"}, ["y/code"]),
        ({"fits": "24GB"}, ["x/chat"]),
        ({"fits": "23GB"}, []),
        ({"fits": "22.5GiB"}, ["x/chat"]),
        ({"evaluated_on": "mmlu-pro"}, ["x/chat"]),
        ({"language": ["en", "DE"]}, ["x/chat"]),
        ({"language": ["en", "fr"]}, []),
        ({"license_class": "Open"}, ["x/chat", "y/code"]),
        ({"license_class": "none"}, ["y/gated", "y/tagged", "y/paint"]),
        ({"updated_since": "2026-01-02"}, ["x/chat"]),
        ({"updated_since": date(2026, 1, 3)}, []),
        ({"fits": "1TB", "adapters": True}, ["x/chat"]),
        ({"license": "none"}, ["y/gated", "y/tagged", "y/paint"]),
        ({"library": "gguf"}, ["x/chat"]),
        ({"library": "Diffusers"}, ["y/paint"]),
        ({"architecture": "LLaMA"}, ["y/gated", "x/chat"]),
        ({"architecture": "llamaforcausallm"}, ["y/gated", "x/chat"]),
        ({"architecture": "FluxPipeline"}, ["y/paint"]),
        ({"max_params": 7_000_000_000}, ["x/chat"]),
        ({"min_params": 100_000_001}, ["x/chat"]),
        ({"min_context": 8192}, ["x/chat"]),
        ({"min_context": 1024, "adapters": True}, ["x/small", "x/chat"]),
        ({"weights_format": "gguf"}, ["x/chat"]),
        ({"weights_format": "pickle", "adapters": True}, ["x/small"]),
        ({"gated": True}, ["y/gated", "y/paint"]),
        ({"gated": False}, ["x/chat", "y/code"]),
        ({"safe_only": True}, ["x/chat"]),
        (
            {"task": "text-generation", "gated": False, "license": "mit", "max_params": 10**9, "adapters": True},
            ["x/small"],
        ),
        ({"license": "mit' OR '1' = '1"}, []),
        ({"limit": 2}, ["y/gated", "x/chat"]),
    ],
    ids=str,
)
def test_only_models_that_meet_every_criterion_are_found(
    criteria: dict[str, Any], found: list[str], con: duckdb.DuckDBPyConnection
) -> None:
    assert find(con, **criteria).models["repo_id"].to_list() == found


def test_a_row_says_what_decides(con: duckdb.DuckDBPyConnection) -> None:
    assert find(con, language="de").models.rows(named=True) == [
        {
            "repo_id": "x/chat", "pipeline_tag": "text-generation", "library_name": "transformers",
            "license": "apache-2.0", "parameters": 7_000_000_000, "context_length": 32768,
            "formats": "gguf, safetensors", "gated": "false", "downloads": 100, "likes": 5,
            "score": 30,
        }
    ]  # fmt: skip


def test_wrong_criteria_are_reported(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(UsageError, match=r"unknown format of weights 'bin' \(formats: safetensors, gguf"):
        find(con, weights_format="bin")
    with pytest.raises(UsageError, match="--limit must be at least 1, got 0"):
        find(con, limit=0)
    with pytest.raises(UsageError, match="expected an amount of memory such as 24GB or 512MB, got '24'"):
        find(con, fits="24")
    with pytest.raises(UsageError, match="unknown class of licences 'free'"):
        find(con, license_class="free")
    with pytest.raises(UsageError, match=r"updated-since must be .*, got 'soon'"):
        find(con, updated_since="soon")


def test_the_score_is_explained_in_words(con: duckdb.DuckDBPyConnection) -> None:
    """Four models have downloads: 50, 33 and twice 0 points for them, and 10 for each fact that is known to hold."""
    found = find(con, adapters=True, explain=True).models
    assert dict(found.select("repo_id", "score").rows()) == {
        "y/gated": 50, "x/small": 43, "x/chat": 30, "y/code": 10, "y/tagged": 0, "y/paint": 0,
    }  # fmt: skip
    (small,) = found.filter(repo_id="x/small")["explanation"]
    assert small == (
        "meets every criterion: none was given. Score 43: 33 of 50 for downloads: more than 66% of the other models; "
        "10 of 10 for licence: open (mit); 0 of 10 for files: unknown whether something is missing; "
        "0 of 10 for safety: weights can contain a pickle; 0 of 10 for card: unknown whether it has one; "
        "0 of 10 for evaluation: unknown whether it reports a result"
    )
    assert "0 of 50 for downloads: unknown" in found.filter(repo_id="y/code")["explanation"][0]
    chat = find(con, fits="24GB", evaluated_on="mmlu-pro", explain=True).models["explanation"][0]
    assert chat.startswith(
        "meets fits: 24,000,000,000 bytes; evaluated-on: MMLU-Pro, TIGER-Lab/MMLU-Pro; no-adapter: unknown. Score 30"
    )


def test_what_each_criterion_excluded_is_counted(con: duckdb.DuckDBPyConnection) -> None:
    """Of six models three have this task and three state none; one of the former is an adapter."""
    found = find(con, task="text-generation", min_params="1B", explain=True)
    assert found.models["repo_id"].to_list() == ["x/chat"]
    assert found.criteria.rows() == [
        ("task", "text-generation", 3, 3, 0),
        ("min-params", "at least 1,000,000,000", 5, 4, 1),
        ("no-adapter", "no adapter", 1, 0, 0),
    ]
    assert found.near_misses.height == 0


def test_near_misses_are_named_if_nothing_fits(con: duckdb.DuckDBPyConnection) -> None:
    found = find(con, task="text-generation", min_params="8B", license_class="open")
    assert found.models.height == 0
    assert found.near_misses.rows() == [("x/chat", "min-params", "7,000,000,000", "at least 8,000,000,000", 100)]
    unknown = find(con, architecture="llama", min_params="8B")
    assert unknown.near_misses.rows() == [
        ("y/gated", "min-params", "unknown", "at least 8,000,000,000", 300),
        ("x/chat", "min-params", "7,000,000,000", "at least 8,000,000,000", 100),
    ]
    text = find_page(unknown, "Population: six").text(100)
    assert text.startswith("No model meets all criteria.\n\nCriteria (")
    assert text.endswith("Population: six\n")


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


def random_rows(rng: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Eighty models of which any fact may be unknown."""
    ids = [f"m{n}" for n in range(80)]
    models = [
        {
            "hub_id": one, "repo_id": f"x/{one}", "pipeline_tag": rng.choice(("fill-mask", "fill-mask", None)),
            "license": rng.choice(("mit", "gemma", "cc-by-nc-4.0", "other", None)),
            "downloads": rng.choice((0, 1, 5, 9, None)),
            "file_count": rng.choice((3, None)), "tags": rng.choice((["custom_code"], [], None)),
            "remote_code": rng.choice((True, False, None)), "peft_type": rng.choice(("LORA", None, None)),
            "min_memory_bytes": rng.choice((1, 10, None)), "languages": rng.choice((["en"], [], None)),
        }
        for one in ids
    ]  # fmt: skip
    files = [
        {"hub_id": one, "path": path, "role": role, "unsafe": rng.choice((True, False))}
        for one in ids
        for path, role in (("README.md", "card"), ("m.bin", "weights"), ("adapter_config.json", "config"))
        if rng.random() < (0.2 if role == "config" else 0.6)
    ]
    reuse = [
        {"hub_id": one, "reusable": rng.choice((True, False, None)), "missing": ["config"],
         "needs_remote_code": rng.choice((True, False))}
        for one in ids if rng.random() < 0.8
    ]  # fmt: skip
    evaluations = [{"hub_id": one, "value": rng.choice(("1", None))} for one in ids if rng.random() < 0.4]
    cards = [{"hub_id": one} for one in ids if rng.random() < 0.4]
    return {"models": models, "files": files, "reuse": reuse, "evaluations": evaluations, "cards": cards}


def test_the_query_of_the_best_candidates_scores_as_find_does() -> None:
    with in_memory(**random_rows(random.Random(3))) as con:
        for criteria, params in (
            ({}, {}),
            ({"license_class": "open", "language": "EN"}, {"license_class": "open", "language": "EN"}),
            ({"fits": 5}, {"max_bytes": 5}),
        ):
            found = find(con, task="fill-mask", limit=80, **criteria).models.select("repo_id", "score").rows()
            answer = query(con, "best_candidates", pipeline_tag="fill-mask", limit=80, **params)
            assert answer.select("repo_id", "score").rows() == found
            assert found
