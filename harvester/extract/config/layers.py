"""What a config states layer by layer: counts and sizes that follow from a list with one entry for each layer."""

from collections.abc import Mapping

from harvester.extract.config.convert import double, first, integer, mapping, text, uniform
from harvester.extract.values import Value

#: Lists with one entry for each layer, where a file states the number of layers in no other way.
_BY_LAYER = (
    "layers_block_type", "layer_types", "layer_block_types", "mlp_layer_types", "block_configs", "attn_type_list",
    "hybrid_layer_pattern", "num_attention_heads_per_layer", "num_key_value_heads_per_layer", "num_query_heads",
    "num_kv_heads",
)  # fmt: skip
#: Patterns of one letter for each layer; Megatron writes | between pipeline stages.
_PATTERN = "hybrid_override_pattern"
_COUNTING = frozenset((*_BY_LAYER, _PATTERN))
#: More layers than any model has.
_LAYERS_CAP = 10_000
#: Model types all of whose MLPs are experts as wide as ``intermediate_size`` says. Source: their library code.
ALL_EXPERTS = frozenset(
    ("mixtral", "olmoe", "phimoe", "granitemoe", "granitemoe_swa", "gpt_oss", "minimax_m2", "flex_olmo", "minimax")
)
#: Where a config writes the dense MLP's width under this name, ``intermediate_size`` is an expert's (MiniMax-M3).
_DENSE_WIDTH = "dense_intermediate_size"
_SHARED_WIDTHS = (
    "shared_expert_intermediate_size", "share_expert_dim", "shared_intermediate_size",
    "moe_shared_expert_intermediate_size", "shared_experts_intermediate_size",
)  # fmt: skip
_ROPE = {
    "rope_theta": ("rope_theta",),
    "partial_rotary_factor": ("partial_rotary_factors", "partial_rotary_factor"),
}


def read_layers(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill the columns that are still empty and follow from what ``scope`` states by layer."""
    if "num_hidden_layers" not in typed:
        count = _layer_count(scope)
        if count is not None:
            typed["num_hidden_layers"] = count
    if "layer_types" in scope:
        for column, keys in _ROPE.items():
            if column not in typed:
                value = first(scope, keys, lambda given: _of_full_attention(scope["layer_types"], given))
                if value is not None:
                    typed[column] = value
    if "moe" in scope and "dim" in scope:
        _read_moe(mapping(scope["moe"]), typed)
    experts = typed.get("num_experts")
    if isinstance(experts, int) and experts > 0:
        _read_experts(scope, typed)


def _layer_count(scope: Mapping[str, Value]) -> int | None:
    if scope.keys().isdisjoint(_COUNTING):
        return None
    for key in _BY_LAYER:
        held = scope.get(key)
        if type(held) is list and 0 < len(held) <= _LAYERS_CAP:
            return len(held)
    pattern = scope.get(_PATTERN)
    return len(pattern.replace("|", "")) or None if type(pattern) is str and len(pattern) <= _LAYERS_CAP else None


def _of_full_attention(kinds: Value, values: Value) -> float | None:
    """The value that a list by layer has for all layers of full attention."""
    if type(kinds) is not list or type(values) is not list or len(kinds) > _LAYERS_CAP:
        return None
    chosen = [value for kind, value in zip(kinds, values, strict=False) if kind == "full_attention"]
    return double(chosen[0]) if uniform(chosen) else None


def _read_moe(block: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill the columns of experts from the block ``moe`` of Mistral's params.json; all its MLPs may be experts."""
    for column, keys in (
        ("num_experts", ("num_experts",)),
        ("num_experts_per_token", ("num_experts_per_tok",)),
        ("num_shared_experts", ("num_shared_experts",)),
        ("moe_intermediate_size", ("expert_hidden_dim",)),
        ("first_dense_layers", ("first_k_dense_replace",)),
    ):
        value = first(block, keys, integer)
        if value is not None:
            typed.setdefault(column, value)
    if "num_experts" in typed and "intermediate_size" in typed:
        typed.setdefault("moe_intermediate_size", typed["intermediate_size"])


def _read_experts(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill the columns of a mixture of experts that follow from others."""
    if "moe_intermediate_size" not in typed and text(scope.get("model_type")) in ALL_EXPERTS:
        width = typed.get("intermediate_size")
        if width is not None:
            typed["moe_intermediate_size"] = width
    if "moe_intermediate_size" not in typed and _DENSE_WIDTH in scope:
        width = integer(scope.get("intermediate_size"))
        if width is not None and typed.get("intermediate_size") == integer(scope[_DENSE_WIDTH]):
            typed["moe_intermediate_size"] = width
    if "num_shared_experts" not in typed:
        shared = first(scope, _SHARED_WIDTHS, integer)
        if isinstance(shared, int) and shared > 0:
            typed["num_shared_experts"] = 1
    if "first_dense_layers" not in typed:
        dense = _dense_first(scope, typed.get("num_hidden_layers"))
        if dense:
            typed["first_dense_layers"] = dense


def _dense_first(scope: Mapping[str, Value], layers: object) -> int | None:
    """How many layers are dense before the first with experts; None where dense ones come later too, or none does."""
    kinds = scope.get("mlp_layer_types")
    if type(kinds) is list and 0 < len(kinds) <= _LAYERS_CAP:
        return _leading([kind == "dense" for kind in kinds])
    step = scope.get("moe_layer_freq")
    if type(step) is list and 0 < len(step) <= _LAYERS_CAP:
        return _leading([one == 0 for one in step])
    if not isinstance(layers, int) or not 0 < layers <= _LAYERS_CAP:
        return None
    only = scope.get("mlp_only_layers")
    if type(only) is list and only and len(only) <= layers and scope.get("decoder_sparse_step", 1) == 1:
        return len(only) if {index for index in only if type(index) is int} == set(range(len(only))) else None
    listed = scope.get("moe_layers_enum")
    if type(listed) is str and len(listed) < 16 * _LAYERS_CAP:
        listed = [integer(index.strip()) for index in listed.split(",")]
    if type(listed) is list and listed:
        start = listed[0]
        if type(start) is int and 0 < start < layers and listed == list(range(start, layers)):
            return start
    return None


def _leading(dense: list[bool]) -> int | None:
    count = dense.index(False) if False in dense else 0
    return count if not any(dense[count:]) else None
