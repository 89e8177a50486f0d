"""Columns a file does not state but that follow from it by a rule its COMMENT gives."""

from collections.abc import Mapping

from harvester.extract.config.convert import integer
from harvester.extract.config.model_types import KEYS, TIED
from harvester.extract.config.plan import kin
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
_SCALED = frozenset(("linear", "dynamic", "yarn"))


def read_effective(scope: Mapping[str, Value], typed: dict[str, object]) -> None:
    """Fill the ``*_effective`` columns from the language part ``scope`` and what was read of it."""
    width, heads = typed.get("hidden_size"), typed.get("num_attention_heads")
    model_type = kin(scope)
    if isinstance(heads, int) and heads > 0:
        key_values = _key_value_heads(scope, typed.get("num_key_value_heads"), heads)
        if key_values is not None:
            typed["num_key_value_heads_effective"] = key_values
        if "head_dim" in typed:
            typed["head_dim_effective"] = typed["head_dim"]
        elif isinstance(width, int) and width % heads == 0 and "kv_lora_rank" not in typed:
            typed["head_dim_effective"] = width // heads
    elif "head_dim" in typed:
        typed["head_dim_effective"] = typed["head_dim"]
    if "intermediate_size" in typed:
        typed["intermediate_size_effective"] = typed["intermediate_size"]
    elif isinstance(width, int) and model_type in _FOUR_TIMES and 0 < width < 2**40:
        typed["intermediate_size_effective"] = 4 * width
    elif isinstance(width, int) and model_type == "mpt" and 0 < width < 2**40:
        ratio = integer(scope.get("expansion_ratio", 4))
        if ratio is not None and 0 < ratio < 2**20:
            typed["intermediate_size_effective"] = ratio * width
    if "tie_word_embeddings" in typed:
        typed["tie_word_embeddings_effective"] = typed["tie_word_embeddings"]
    elif model_type in KEYS and "vocab_size" in typed and "hidden_size" in typed:
        typed["tie_word_embeddings_effective"] = model_type in TIED
    length = typed.get("context_length")
    if isinstance(length, int):
        typed["context_length_effective"] = _stretched(length, typed)


def _key_value_heads(scope: Mapping[str, Value], written: object, heads: int) -> int | None:
    """1 where the config says multi-query, else the heads as written, else one for each query head."""
    if scope.get("multi_query") is True and scope.get("new_decoder_architecture") is not True:
        return 1
    if scope.get("multi_query_attention") is False:
        return heads
    attention = scope.get("attn_config")
    if type(attention) is dict and attention.get("attn_type") == "multiquery_attention":
        return 1
    return written if isinstance(written, int) else heads


def _stretched(length: int, typed: Mapping[str, object]) -> int:
    """The declared positions, times the factor where they are still those before the scaling."""
    factor = typed.get("rope_factor")
    if typed.get("rope_type") not in _SCALED or not isinstance(factor, float) or not 1.0 < factor < 1e6:
        return length
    original = typed.get("rope_original_context_length")
    if isinstance(original, int) and original != length:
        return length
    return min(int(length * factor), 2**63 - 1)
