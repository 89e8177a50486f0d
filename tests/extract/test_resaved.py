"""What a re-saving by transformers 5 did to a config, and what somebody meant."""

from typing import Any

import pytest

from harvester.extract.flatten import flatten
from harvester.extract.resaved import Leaf, unmeant

INF = float("inf")
BASE = {"model_type": "x", "rope_theta": 10000.0, "torch_dtype": "bfloat16", "transformers_version": "4.57.0"}


def leaves(value: Any) -> dict[str, Leaf]:
    return {field: Leaf(field, type_, text) for field, type_, text, _ in flatten(value).leaves}


def split(old: Any, new: Any) -> tuple[list[str], list[str]]:
    """The fields that differ: those that mean nothing, and the rest."""
    before, after = leaves(old), leaves(new)
    found = unmeant(before.values(), after.values())
    differing = {field for field in before.keys() | after.keys() if before.get(field) != after.get(field)}
    assert found <= differing
    return sorted(found), sorted(differing - found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {"rope_theta": 10000, "rope_scaling": None, "torch_dtype": "bfloat16"},
            {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}, "dtype": "bfloat16"},
        ),
        (
            {"rope_theta": 1e6, "rope_scaling": {"type": "yarn", "factor": 4, "original_max_position_embeddings": 8}},
            {"rope_parameters": {
                "rope_theta": 1e6, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8}},
        ),
        (
            {"rope_theta": 1e6, "rope_local_base_freq": 1e4, "rope_scaling": {"rope_type": "linear", "factor": 8}},
            {"rope_parameters": {
                "full_attention": {"rope_theta": 1e6, "rope_type": "linear", "factor": 8},
                "sliding_attention": {"rope_theta": 1e4, "rope_type": "default"}}},
        ),
        (
            {"text_config": {"rope_theta": 1e6, "rope_scaling": {"type": "mrope", "mrope_section": [16, 24]}}},
            {"text_config": {"rope_parameters": {
                "rope_theta": 1e6, "rope_type": "default", "type": "default", "mrope_section": [16, 24]}}},
        ),
        ({"partial_rotary_factor": 0.5}, {"rope_parameters": {"partial_rotary_factor": 0.5}}),
        ({"torch_dtype": "torch.float16"}, {"dtype": "float16"}),
        ({"dtype": "torch.float16"}, {"dtype": "float16"}),
        ({"a": {"torch_dtype": "float32"}}, {"a": {"dtype": "float32"}}),
        ({"limit": [0.0, INF]}, {"limit": [0.0, {"__float__": "Infinity"}]}),
        ({"a": float("nan"), "b": -INF}, {"a": {"__float__": "NaN"}, "b": {"__float__": "-Infinity"}}),
        ({"rope_scaling": {"type": "su", "factor": 2}}, {"rope_scaling": {"type": "longrope", "factor": 2}}),
    ],
)  # fmt: skip
def test_the_same_values_under_new_names_mean_nothing(old: Any, new: Any) -> None:
    assert split({**BASE, **old}, {**BASE, **old})[1] == []
    assert split(old, new)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ({"rope_theta": 1e4}, {"rope_parameters": {"rope_theta": 5e5}}, ["rope_parameters.rope_theta", "rope_theta"]),
        ({"rope_theta": 1e4}, {}, ["rope_theta"]),
        ({"torch_dtype": "float16"}, {"dtype": "bfloat16"}, ["dtype", "torch_dtype"]),
        ({"torch_dtype": "float16"}, {"torch_dtype": "torch.bfloat16"}, ["torch_dtype"]),
        ({"a": 1}, {"a": 1.0}, ["a"]),
        ({"limit": [0.0, INF]}, {"limit": [0.0, {"__float__": "-Infinity"}]}, ["limit", "limit[1].__float__"]),
        ({"limit": [0.0, INF]}, {"limit": [0.0]}, ["limit"]),
        (
            {"rope_theta": 1e4, "rope_scaling": None},
            {"rope_parameters": {"rope_theta": 1e4, "rope_type": "yarn", "factor": 4.0}},
            ["rope_parameters.factor", "rope_parameters.rope_type"],
        ),
        (
            {"rope_scaling": {"type": "linear", "factor": 2}},
            {"rope_parameters": {"rope_type": "default"}},
            ["rope_parameters.rope_type", "rope_scaling.factor", "rope_scaling.type"],
        ),
        ({"a": True}, {"a": 1}, ["a"]),
    ],
)
def test_what_has_another_value_is_meant(old: Any, new: Any, meant: list[str]) -> None:
    found = split({"x": 1, **old}, {"x": 1, **new})[1]
    assert found == meant


def test_hostile_leaves_never_raise() -> None:
    old = [
        Leaf("rope_theta", "integer", "9" * 5000),
        Leaf("a", "array", None),
        Leaf("rope_scaling.", "array", "[" * 9000),
    ]
    assert unmeant(old, [Leaf("rope_parameters.rope_theta", "integer", "9" * 5000)]) >= {"rope_theta"}
