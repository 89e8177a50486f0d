"""The rotary embedding: ``rope_scaling`` of old files, ``rope_parameters`` of transformers 5, per layer or not."""

from collections.abc import Mapping

from harvester.extract.config.convert import double, first, integer, mapping, text
from harvester.extract.values import Value

#: Synonyms.
_SAME_TYPE = {"su": "longrope", "mrope": "default"}
_FULL = "full_attention"


def read_rope(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill the rope columns that are not filled yet."""
    for key in ("rope_parameters", "rope_scaling"):
        block = scope.get(key)
        if type(block) is not dict or not block:
            continue
        if _is_by_layer(block):
            block = mapping(block.get(_FULL))
        name = first(block, ("rope_type", "type"), text)
        if isinstance(name, str):
            typed.setdefault("rope_type", _SAME_TYPE.get(name, name))
        _fill(typed, "rope_factor", double(block.get("factor")))
        _fill(typed, "rope_theta", double(block.get("rope_theta")))
        _fill(typed, "partial_rotary_factor", double(block.get("partial_rotary_factor")))
        _fill(typed, "rope_original_context_length", integer(block.get("original_max_position_embeddings")))
    if "yarn" in scope and "dim" in scope:  # Mistral's params.json
        yarn = mapping(scope["yarn"])
        if yarn:
            typed.setdefault("rope_type", "yarn")
            _fill(typed, "rope_factor", double(yarn.get("factor")))
            _fill(typed, "rope_original_context_length", integer(yarn.get("original_max_position_embeddings")))
    if "original_max_position_embeddings" in scope:
        _fill(typed, "rope_original_context_length", integer(scope["original_max_position_embeddings"]))


def _is_by_layer(block: Mapping[str, Value]) -> bool:
    """Whether the block contains one block per kind of layer."""
    return any(type(value) is dict for value in block.values())


def _fill(typed: dict[str, object], column: str, value: object) -> None:
    if value is not None:
        typed.setdefault(column, value)
