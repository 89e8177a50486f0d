"""The genuine documents: every leaf equals plain ``json.loads``, the broken ones have their status."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.extract.document import extract_document
from harvester.extract.flatten import VALUE_CAP
from tests.extract.fuzz_config import fuzz_components, fuzz_decode
from tests.extract.test_flatten import KINDS, rebuilt

REAL = Path(__file__).parents[2] / "../shared/real"
CASES = REAL.parent / "cases/repos"
DOCUMENTS = sorted(
    path
    for paths in (REAL.glob("configs/**/*"), REAL.glob("2026-10/configs/*"), CASES.glob("*/**/*.json"))
    for path in paths
    if path.is_file()
)
BROKEN = {
    "CapnWeaboo+Lumina~model.safetensors.index.json~0673aa1d": ("lenient", "comments"),
    "HDRJ-One+runwayml-stable-diffusion-v1-5~scheduler~scheduler_config.json~64e7ada4": ("invalid", "line 3"),
    "HDRJ-One+stable-diffusion-xl-base-1.0~tokenizer~special_tokens_map.json~87daa194": ("invalid", "Git LFS pointer"),
    "HDRJ-One+stable-diffusion-xl-base-1.0~vae_decoder~config.json~607d290d": ("invalid", "Git LFS pointer"),
    "Joey-Jang+StableMaterials~scheduler~scheduler_config.json~5d053b33": ("invalid", "line 1: merge conflict"),
    "Joey-Jang+StableMaterials~text_encoder~config.json~5d053b33": ("invalid", "line 1: merge conflict"),
    "Joey-Jang+StableMaterials~tokenizer~tokenizer_config.json~5d053b33": ("invalid", "line 1: merge conflict"),
    "Joey-Jang+StableMaterials~vae~config.json~5d053b33": ("invalid", "line 1: merge conflict"),
}

pytestmark = pytest.mark.skipif(not DOCUMENTS, reason="the genuine documents (../shared/real) are not here")


def same(left: Any, right: Any) -> bool:
    """Equality that also tells 1 from 1.0 and takes NaN for NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right or (isinstance(left, float) and math.isnan(left) and math.isnan(right))


def plain() -> Iterator[tuple[Path, bytes, Any]]:
    for path in DOCUMENTS:
        data = path.read_bytes()
        try:
            yield path, data, json.loads(data)
        except ValueError:
            continue


def test_every_leaf_equals_plain_json() -> None:
    compared = 0
    for path, data, value in plain():
        read = extract_document(path.name, data)
        assert read.status in ("ok", "lenient"), path
        whole = [leaf for leaf in read.leaves if leaf[2] is None]
        assert read.keep_bytes == bool(whole)
        if not whole:
            assert same(rebuilt(read.leaves), value), path
        for _, type_, text, number in read.leaves:
            if text is not None:
                assert len(text.encode()) <= VALUE_CAP
                assert KINDS[type(json.loads(text))] == type_
                assert number is None or same(number, float(json.loads(text)))
        compared += len(read.leaves)
    assert compared > 10_000


def test_most_genuine_documents_are_strict_and_the_rest_say_why() -> None:
    reasons = [extract_document(path.name, data).reason for path, data, _ in plain()]
    assert sum(reason is None for reason in reasons) > 0.98 * len(reasons)
    assert {reason.split(":")[0] for reason in reasons if reason} <= {"duplicate keys", "numbers unknown to JSON"}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_documents_have_their_status(name: str) -> None:
    status, reason = BROKEN[name]
    read = extract_document(name.split("~")[-2], (REAL / "broken" / name).read_bytes())
    assert read.status == status
    assert reason in (read.reason or "")


def test_no_genuine_document_breaks_a_parser_when_it_is_cut() -> None:
    for _, data, _ in plain():
        for share in (0.3, 0.7):
            fuzz_decode(data[: int(len(data) * share)])
        fuzz_components(data)


EXPECTED_OF_REAL = {
    "Qwen__Qwen2.5-7B@88e4b4b0": {"num_key_value_heads": 4, "context_length": 131072, "sliding_window": None},
    "Qwen__Qwen3-0.6B": {"head_dim": 128, "hidden_size": 1024, "tie_word_embeddings": True},
    "EleutherAI__gpt-j-6B": {"hidden_size": 4096, "num_hidden_layers": 28, "context_length": 2048},
    "MiniMaxAI__MiniMax-M2.5": {"quant_method": "fp8", "quant_bits": 8, "num_experts": 256},
    "XiaomiMiMo__MiMo-7B-Base": {"sliding_window": None, "remote_code": False},
}


@pytest.mark.parametrize("repo", EXPECTED_OF_REAL)
def test_typed_columns_of_genuine_models(repo: str) -> None:
    typed = extract_document("config.json", (REAL / "configs" / repo / "config.json").read_bytes()).typed
    expected = EXPECTED_OF_REAL[repo]
    assert {column: typed.get(column) for column in expected} == expected
