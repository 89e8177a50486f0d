"""The fuzz targets on generated configs, on bytes, and on configs with their bytes shuffled."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.extract.config.model_types import KEYS
from harvester.extract.config.submodels import AUDIO, ENCODER, LANGUAGE, VISION
from harvester.schema.config_columns import CONFIG_COLUMNS
from tests.extract.fuzz_config import TARGETS, fuzz_document

CASES = [json.loads(line) for line in (Path(__file__).parent / "config_cases.jsonl").read_text().splitlines()]
READ_KEYS = sorted(
    {key for column in CONFIG_COLUMNS for key in column.keys}
    | {key for case in CASES for key in case["config"]}
    | {"auto_map", "id2label", "label2id", "_num_labels", "rope_scaling", "rope_parameters", "quantization_config"}
    | {"attn_config", "ffn_config", "_class_name", "model_cfg", "config_groups", "full_attention", "weights"}
    | {*LANGUAGE, *VISION, *AUDIO, *ENCODER}
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-4, 10**40)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*sorted(KEYS)[::40], "silu", "LABEL_0", "a--b", "torch.float16", "fp8", "\ud800", "1e5"])
)
configs = st.recursive(
    st.dictionaries(st.sampled_from(READ_KEYS) | st.text(max_size=3), scalars, max_size=12),
    lambda inner: st.dictionaries(
        st.sampled_from(READ_KEYS), scalars | inner | st.lists(scalars | inner, max_size=3), max_size=6
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=400)
@given(configs)
def test_configs_of_any_values_under_known_keys_are_read(config: dict[str, Any]) -> None:
    fuzz_document(json.dumps(config).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("target", TARGETS)
def test_bytes_of_any_kind_are_answered(target: Callable[[bytes], None]) -> None:
    @settings(deadline=None, max_examples=150)
    @given(st.binary(max_size=120))
    def answered(data: bytes) -> None:
        target(data)

    answered()


@pytest.mark.parametrize("target", TARGETS)
def test_configs_with_bytes_changed_are_answered(target: Callable[[bytes], None]) -> None:
    documents = [json.dumps(case["config"]).encode() for case in CASES]

    @settings(deadline=None, max_examples=150)
    @given(st.sampled_from(documents), st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=6))
    def answered(document: bytes, start: int, length: int, put: bytes) -> None:
        target(document[:start] + put + document[start + length :])

    answered()
