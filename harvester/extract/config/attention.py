"""How a model attends, and what one more token costs in its KV cache: from the language part and its typed columns."""

import re
from collections.abc import Mapping
from functools import lru_cache

from harvester.extract.config.convert import integer, mapping
from harvester.extract.config.effective import NO_ATTENTION
from harvester.extract.values import Value

#: Words for kinds of layers, as configs of transformers and of the models' own code have them.
_FULL = frozenset(
    (
        "full_attention",
        "attention",
        "global_attention",
        "deepseek_sparse_attention",
        "hybrid_attention",
        "full",
        "global",
    )
)
_LOCAL = frozenset(("sliding_attention", "chunked_attention", "local_attention", "sliding", "local"))
_LINEAR = frozenset(
    ("linear_attention", "mamba", "mamba2", "conv", "recurrent", "short_conv", "lightning_attention", "kda", "gdn")
)
_NEITHER = frozenset(("moe", "mlp", "dense", "ffn"))
_PATTERN = {"*": "full_attention", "M": "mamba"}
#: Bytes of a value of each dtype.
_BYTES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, "half": 2, "float8_e4m3fn": 1, "float8_e5m2": 1}
#: Classes that generate token by token.
_GENERATES = re.compile(r"CausalLM|LMHead|ConditionalGeneration|ForVision2Seq|DoubleHeads|GenerationDecoder")
#: Model types whose layers share attention or cache it in a way of their own.
_UNKNOWN = frozenset(("zamba", "zamba2", "deepseek_v4", "nemotron-nas", "deci", "openelm", "hymba", "phi4flash"))
_LAYERS_CAP = 10_000
#: Keys of configs whose layers may be of several kinds.
_HYBRID = (
    "mamba_d_state", "ssm_state_size", "mamba_n_heads", "linear_num_key_heads", "linear_attn_config", "block_types"
)  # fmt: skip
_BY_KIND = frozenset(
    (
        *_HYBRID, "layer_types", "layers_block_type", "layer_block_types", "hybrid_override_pattern", "attn_type_list",
        "full_attention_interval", "attn_layer_indices", "full_attn_idxs", "attn_layer_period", "layer_group_size",
        "_block_types",
    )
)  # fmt: skip


def read_attention(
    scope: Mapping[str, Value], root: Mapping[str, Value], model_type: str | None, typed: dict[str, object]
) -> None:
    """Fill ``attention`` and ``kv_cache_bytes_per_token``; nothing where the config does not say all that it takes."""
    if "hidden_size" not in typed or not ("model_type" in root or "n_heads" in root):
        return
    if model_type in NO_ATTENTION:
        typed["attention"] = "linear" if str(model_type).startswith("rwkv") else "none"
        if _generates(typed):
            typed["kv_cache_bytes_per_token"] = 0
        return
    kinds = layer_kinds(scope, model_type, typed)
    if kinds is None:
        return
    occurring = set(kinds)
    if not occurring.isdisjoint(_LINEAR) or model_type == "falcon_h1":
        attends = not (occurring.isdisjoint(_FULL) and occurring.isdisjoint(_LOCAL))
        typed["attention"] = "hybrid" if attends else "linear"
    else:
        form = _form(typed)
        if form is not None:
            typed["attention"] = form
    cost = _cache(scope, model_type, typed, kinds)
    if cost is not None:
        typed["kv_cache_bytes_per_token"] = cost


def _form(typed: Mapping[str, object]) -> str | None:
    rank = typed.get("kv_lora_rank")
    if isinstance(rank, int) and rank > 0:
        return "mla"
    heads, key_values = typed.get("num_attention_heads"), typed.get("num_key_value_heads_effective")
    if not isinstance(heads, int) or not isinstance(key_values, int) or not 0 < key_values <= heads:
        return None
    return "mha" if key_values == heads else "mqa" if key_values == 1 else "gqa"


def layer_kinds(scope: Mapping[str, Value], model_type: str | None, typed: Mapping[str, object]) -> list[str] | None:
    """The kind of each layer of the language part in terms of ``layer_types``; None if one is unknown."""
    layers = typed.get("num_hidden_layers")
    if not isinstance(layers, int) or not 0 < layers <= _LAYERS_CAP or model_type in _UNKNOWN:
        return None
    if scope.keys().isdisjoint(_BY_KIND):
        return ["full_attention"] * layers
    for key in ("layer_types", "layers_block_type", "layer_block_types"):
        listed = scope.get(key)
        if type(listed) is list and len(listed) >= layers:
            kinds = [str(kind) for kind in listed[:layers]]
            known = all(kind in _FULL or kind in _LOCAL or kind in _LINEAR or kind in _NEITHER for kind in kinds)
            return kinds if known else None
    pattern = scope.get("hybrid_override_pattern")
    if type(pattern) is str:
        return [_PATTERN.get(letter, "mlp") for letter in pattern.replace("|", "")[:layers]]
    full = _full_layers(scope, model_type, layers)
    if full is None:
        return None if _is_hybrid(scope) else ["full_attention"] * layers
    return ["full_attention" if layer in full else "linear_attention" for layer in range(layers)]


def _is_hybrid(scope: Mapping[str, Value]) -> bool:
    """Whether there are layers of other kinds, which only the library's code can distinguish."""
    return any(scope.get(key) is not None for key in _HYBRID)


def _full_layers(scope: Mapping[str, Value], model_type: str | None, layers: int) -> set[int] | None:
    """Which layers attend in full where the others do not attend; None where nothing says that some do not."""
    interval = integer(scope.get("full_attention_interval"))
    if interval and interval > 0:
        return {layer for layer in range(layers) if (layer + 1) % interval == 0}
    kinds = scope.get("attn_type_list")
    if type(kinds) is list and len(kinds) >= layers:
        return {layer for layer in range(layers) if kinds[layer] == 1}
    full = mapping(scope.get("linear_attn_config")).get("full_attn_layers")
    for listed in (full, scope.get("attn_layer_indices"), scope.get("full_attn_idxs")):
        if type(listed) is list:
            return set(range(len({item for item in listed if type(item) is int})))
    period, offset = integer(scope.get("attn_layer_period")), integer(scope.get("attn_layer_offset"))
    if period and offset is not None and period > 0:
        return {layer for layer in range(layers) if layer % period == offset}
    group = integer(scope.get("layer_group_size"))
    if model_type == "bailing_hybrid" and group and group > 0:
        whole = layers // group * group
        return {layer for layer in range(layers) if (layer + 1) % group == 0 or layer >= whole}
    blocks = scope.get("block_types", scope.get("_block_types"))
    if type(blocks) is list and blocks:
        return {layer for layer in range(layers) if blocks[layer % len(blocks)] == "attention"}
    return None


def _generates(typed: Mapping[str, object]) -> bool:
    name = typed.get("architecture")
    return isinstance(name, str) and _class_generates(name)


@lru_cache(maxsize=1024)
def _class_generates(name: str) -> bool:
    return _GENERATES.search(name) is not None


def _cache(
    scope: Mapping[str, Value], model_type: str | None, typed: Mapping[str, object], kinds: list[str]
) -> int | None:
    """Bytes that one token takes in all layers that keep keys and values, at the dtype of the weights."""
    width = _BYTES.get(str(typed.get("dtype")))
    if width is None or not (_generates(typed) or ("dim" in scope and "n_heads" in scope)):
        return None
    rank, rotated = typed.get("kv_lora_rank"), typed.get("qk_rope_head_dim")
    latent = isinstance(rank, int) and rank > 0
    if latent and not (isinstance(rotated, int) and rotated >= 0):
        return None
    shared = integer(scope.get("num_kv_shared_layers")) or 0
    kept = kinds[: len(kinds) - shared] if 0 < shared < len(kinds) else kinds
    crossed = scope.get("cross_attention_layers")
    if type(crossed) is list:
        other = {layer for layer in crossed if type(layer) is int}
        kept = [kind for layer, kind in enumerate(kept) if layer not in other]
    total = 0
    for kind in set(kept):
        if kind in _LINEAR or kind in _NEITHER:
            continue
        one = int(str(rank)) + int(str(rotated)) if latent else _per_layer(scope, typed, local=kind in _LOCAL)
        if one is None:
            return None
        total += one * kept.count(kind)
    return total * width if 0 <= total < 2**53 else None


def _per_layer(scope: Mapping[str, Value], typed: Mapping[str, object], *, local: bool) -> int | None:
    """Values of the keys and values of one token in a layer; one with a window may have other heads than the rest."""
    heads, size = typed.get("num_key_value_heads_effective"), typed.get("head_dim_effective")
    values = integer(scope.get("v_head_dim")) if "v_head_dim" in scope else None
    if local:
        other = mapping(scope.get("attention_other_setting"))
        heads = integer(scope.get("swa_num_key_value_heads")) or integer(other.get("num_attention_groups")) or heads
        size = integer(scope.get("swa_head_dim")) or integer(other.get("head_dim")) or size
        values = integer(scope.get("swa_v_head_dim")) or values
    elif "global_head_dim" in scope or "num_global_key_value_heads" in scope:
        heads = integer(scope.get("num_global_key_value_heads")) or heads
        size = integer(scope.get("global_head_dim")) or size
    if not isinstance(heads, int) or not isinstance(size, int) or not 0 < heads < 2**24 or not 0 < size < 2**24:
        return None
    return heads * (size + (values if values is not None and 0 < values < 2**24 else size))
