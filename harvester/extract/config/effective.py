"""Columns a file does not state but that follow from it by a rule its COMMENT gives."""

from collections.abc import Callable, Mapping

from harvester.extract.config.convert import double, integer, mapping
from harvester.extract.config.model_types import KEYS, TIED
from harvester.extract.values import Value

#: Model types whose library code takes four times the hidden size where the file gives no inner size.
_FOUR_TIMES = frozenset(
    (
        "gpt2",
        "gptj",
        "codegen",
        "gpt_bigcode",
        "gpt_neo",
        "bloom",
        "imagegpt",
        "decision_transformer",
        "falcon",
        "openai-gpt",
    )
)
#: Key-value heads of a config that does not state them, where the class in transformers (5.24) has its own default.
_KEY_VALUE_HEADS = {
    "bamba": 8, "cohere2_moe": 8, "csm": 8, "cwm": 8, "deepseek_v4": 1, "emu3_text_model": 8, "ernie4_5": 2,
    "ernie4_5_moe": 4, "exaone": 8, "falcon_h1": 8, "gemma2": 4, "gemma3_text": 4, "gemma3n_text": 2, "glm": 2,
    "glm4": 2, "glm4_moe": 8, "gpt_oss": 8, "internlm3": 2, "jamba": 8, "laguna": 8, "lfm2": 8, "lfm2_moe": 8,
    "llama4_text": 8, "mimo_v2_flash": 4, "minimax": 8, "minimax_m2": 8, "ministral": 8, "ministral3": 8, "mistral": 8,
    "mixtral": 8, "mllama_text_model": 8, "nemotron_h": 8, "phimoe": 8, "qwen2_5_vl_text": 8, "qwen2_vl_text": 8,
    "qwen3_5_moe_text": 2, "qwen3_5_text": 4, "qwen3_moe": 4, "qwen3_next": 2, "seed_oss": 8, "smollm3": 4,
    "solar_open": 8, "starcoder2": 2, "step3p5": 8, "vaultgemma": 4,
}  # fmt: skip
#: Head sizes of a config that does not state them, where the class in transformers (5.24) has its own default.
_HEAD_SIZES = {
    **dict.fromkeys(("gpt_oss", "openai_privacy_filter", "sarvam_moe"), 64),
    **dict.fromkeys(
        (
            "afmoe", "cohere2_moe", "cwm", "ernie4_5", "glm", "glm4", "helium", "hy_v3", "iquestcoder", "laguna",
            "llama4_text", "mellum", "minimax_m2", "ministral3", "mistral4", "nemotron_h", "paddleocr_vl_text", "qwen3",
            "qwen3_vl_text", "seed_oss", "solar_open", "step3p5",
        ),
        128,
    ),
    "mimo_v2_flash": 192,
    **dict.fromkeys(
        (
            "gemma", "gemma2", "gemma3_text", "gemma3n_text", "gemma4_text", "gemma4_unified_text", "qwen3_5_moe_text",
            "qwen3_5_text", "qwen3_next", "qwen4_exp_text", "t5gemma2_text", "vaultgemma",
        ),
        256,
    ),
}  # fmt: skip
#: Model types whose class is multi-query unless the file says otherwise.
_MULTI_QUERY = frozenset(("falcon", "RefinedWeb", "RefinedWebModel", "gpt_bigcode"))
#: Model types without attention, whatever they call heads.
NO_ATTENTION = frozenset(("mamba", "mamba2", "falcon_mamba", "rwkv", "rwkv5", "rwkv6", "rwkv7", "xlstm"))
_KEY_VALUE_KEYS = ("num_key_value_heads", "num_kv_heads", "n_kv_heads", "n_head_kv", "num_key_value_heads_per_layer")
_SCALED = frozenset(("linear", "dynamic"))
#: Model types whose declared positions are those after a linear scaling, which transformers and vLLM do not repeat.
_DECLARED_SCALED = ("gemma3", "t5gemma2")


def read_effective(scope: Mapping[str, Value], model_type: str | None, typed: dict[str, object]) -> None:
    """Fill the ``*_effective`` columns from the language part ``scope`` of a model type and what was read of it."""
    width, heads = typed.get("hidden_size"), typed.get("num_attention_heads")
    key_values = _key_value_heads(scope, model_type, typed)
    if key_values is not None:
        typed["num_key_value_heads_effective"] = key_values
    head = typed.get("head_dim")
    if head is None and model_type in _HEAD_SIZES and isinstance(heads, int) and "head_dim" not in scope:
        head = _HEAD_SIZES[model_type]
    if head is None and isinstance(heads, int) and heads > 0 and isinstance(width, int) and width % heads == 0:
        stated = "kv_lora_rank" in typed or type(scope.get("head_dim")) is list
        head = None if stated else width // heads
    if isinstance(head, int) and head > 0:
        typed["head_dim_effective"] = head
    inner = _inner_size(scope, model_type, typed)
    if inner is not None:
        typed["intermediate_size_effective"] = inner
    if "tie_word_embeddings" in typed:
        typed["tie_word_embeddings_effective"] = typed["tie_word_embeddings"]
    elif model_type in KEYS and "vocab_size" in typed and "hidden_size" in typed:
        typed["tie_word_embeddings_effective"] = model_type in TIED
    length = typed.get("context_length")
    if isinstance(length, int):
        scaled = model_type is not None and model_type.startswith(_DECLARED_SCALED)
        typed["context_length_effective"] = length if scaled else _stretched(length, typed)


def _key_value_heads(scope: Mapping[str, Value], model_type: str | None, typed: Mapping[str, object]) -> int | None:
    """The heads as written, 1 where it says multi-query, the class's default, else (or for null) one a query head."""
    heads, written = typed.get("num_attention_heads"), typed.get("num_key_value_heads")
    if not isinstance(heads, int) or heads <= 0 or model_type in NO_ATTENTION:
        return None
    multi_query = scope.get("multi_query", True if model_type in _MULTI_QUERY and written is None else None)
    if multi_query is True and scope.get("new_decoder_architecture") is not True:
        return 1
    if scope.get("multi_query_attention") is False:
        return heads
    attention = scope.get("attn_config")
    if type(attention) is dict and attention.get("attn_type") == "multiquery_attention":
        return 1
    if isinstance(written, int):
        return written
    for key in _KEY_VALUE_KEYS:
        if type(scope.get(key)) is list:
            return integer(scope[key])  # one for each layer: NULL where they differ
    blocks = scope.get("block_configs")
    if type(blocks) is list and blocks:
        return _of_blocks(blocks, "attention", lambda block: _key_values_of_block(block, heads))
    if scope.get("num_key_value_heads", 0) is None:
        return heads  # null means as many as query heads, whatever the default
    return _KEY_VALUE_HEADS.get(model_type or "", heads)


def _key_values_of_block(block: Mapping[str, Value], heads: int) -> int | None:
    """Nemotron-NAS writes how many query heads share a key-value head, its newer files the heads themselves."""
    written, group = integer(block.get("num_key_value_heads")), integer(block.get("n_heads_in_group"))
    if written is None and group is not None and group > 0 and heads % group == 0:
        return heads // group
    return written


def _of_blocks(blocks: list[Value], kind: str, read: Callable[[Mapping[str, Value]], int | None]) -> int | None:
    """What all blocks that have such a part say; None where they differ."""
    parts = [mapping(mapping(block).get(kind)) for block in blocks]
    held = [part for part in parts if part and part.get("no_op") is not True and not part.get("replace_with_linear")]
    found = {read(part) for part in held}
    return found.pop() if len(found) == 1 else None


def _inner_size(scope: Mapping[str, Value], model_type: str | None, typed: Mapping[str, object]) -> int | None:
    """The inner width of the MLP that the library builds."""
    width, written = typed.get("hidden_size"), typed.get("intermediate_size")
    if isinstance(written, int):
        if model_type == "lfm2" and scope.get("block_auto_adjust_ff_dim", True) is True:
            given = integer(scope.get("block_ff_dim")) or written
            factor = double(scope.get("block_ffn_dim_multiplier", 1.0))
            return _two_thirds(given, factor, integer(scope.get("block_multiple_of", 256)))
        return written
    if not isinstance(width, int) or not 0 < width < 2**40:
        return None
    if model_type in _FOUR_TIMES:
        return 4 * width
    if model_type == "mpt":
        ratio = integer(scope.get("expansion_ratio", 4))
        return ratio * width if ratio is not None and 0 < ratio < 2**20 else None
    if "multiple_of" in scope and "dim" in scope and "moe" not in scope:  # Meta's params.json
        return _two_thirds(4 * width, double(scope.get("ffn_dim_multiplier")) or 1.0, integer(scope["multiple_of"]))
    blocks = scope.get("block_configs")
    if type(blocks) is list and blocks:
        return _of_blocks(blocks, "ffn", lambda block: _inner_of_block(block, width))
    return None


def _inner_of_block(block: Mapping[str, Value], width: int) -> int | None:
    """Nemotron-NAS writes the width as a share of four times the hidden size, rounded up to 256."""
    written, factor = integer(block.get("intermediate_size")), double(block.get("ffn_mult"))
    if written is not None or factor is None or not 0 < factor < 1024:
        return written
    return -(-int(2 * factor * width / 3) // 256) * 256


def _two_thirds(size: int, factor: float | None, step: int | None) -> int | None:
    """Two thirds of a size times a factor, rounded up to a multiple of ``step``: a gated MLP of the same weight."""
    if not 0 < size < 2**40 or step is None or not 0 < step < 2**20:
        return None
    if factor is None:
        return int(2 * size / 3)
    return -(-int(factor * int(2 * size / 3)) // step) * step if 0 < factor < 1024 else None


def _stretched(length: int, typed: Mapping[str, object]) -> int:
    """The declared positions, times the factor where they are still those before the scaling."""
    factor, kind = typed.get("rope_factor"), typed.get("rope_type")
    if not isinstance(kind, str) or not isinstance(factor, float) or not 1.0 < factor < 1e6:
        return length
    if kind not in _SCALED and "yarn" not in kind:
        return length
    original = typed.get("rope_original_context_length")
    if isinstance(original, int) and original != length:
        return max(length, int(original * factor)) if 0 < original < 2**40 else length
    return min(int(length * factor), 2**63 - 1)
