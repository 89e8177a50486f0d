"""Which class a changed field of a document has, and a changed file. Tables first; pure.

To class another key, add it to a set below; keys that feed typed columns of `configs` are classed with their column.
"""

import re
from functools import cache

from harvester.extract.files import FileKind
from harvester.extract.kinds import kind_of
from harvester.extract.resaved import STAMPS
from harvester.schema.config_columns import CONFIG_COLUMNS

#: Typed columns of `configs` by class; the config keys of each are in ``schema/config_columns.py``.
_COLUMNS = {
    "context": "context_length sliding_window rope_theta partial_rotary_factor",
    "dtype": "dtype",
    "generation": "bos_token_id eos_token_id pad_token_id",
    "architecture": "model_type architectures is_encoder_decoder tie_word_embeddings hidden_size intermediate_size "
    "moe_intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim vocab_size layer_types "
    "attention_bias position_embedding_type q_lora_rank kv_lora_rank qk_rope_head_dim qk_nope_head_dim v_head_dim "
    "num_experts num_experts_per_token num_shared_experts first_dense_layers state_size hidden_act norm_eps",
}
#: Further keys by class.
_KEYS = {
    "labels": """
        num_labels _num_labels id2label label2id label_names num_classes
    """,
    "context": """
        max_pos_len max_seq_length max_model_len original_max_position_embeddings use_sliding_window
        max_window_layers rope_local_base_freq local_rope_theta rotary_dim rope_interleaved mrope_section
        attention_chunk_size sliding_window_pattern use_dynamic_ntk use_logn_attn rotary alibi
    """,
    "generation": """
        eos_token_ids decoder_start_token_id forced_bos_token_id forced_eos_token_id sep_token_id max_length
        min_length max_new_tokens min_new_tokens do_sample early_stopping num_beams num_beam_groups
        diversity_penalty penalty_alpha temperature top_k top_p top_a min_p typical_p epsilon_cutoff eta_cutoff
        repetition_penalty encoder_repetition_penalty length_penalty no_repeat_ngram_size
        encoder_no_repeat_ngram_size bad_words_ids force_words_ids suppress_tokens begin_suppress_tokens
        num_return_sequences exponential_decay_length_penalty remove_invalid_values renormalize_logits
        forced_decoder_ids guidance_scale watermarking_config stop_strings assistant_early_exit
    """,
    "dtype": """
        force_upcast use_bfloat16
    """,
    "config": """
        output_hidden_states output_attentions
    """,
    "architecture": """
        attention_types dual_cross_attention only_cross_attention use_linear_projection architecture
        add_cross_attention cross_attention_hidden_size pruned_heads rotary_value scale_attn_weights
        use_parallel_residual parallel_attn new_decoder_architecture multi_query qkv_bias use_bias mlp_bias
        attention_out_bias hybrid_override_pattern sample_size in_channels out_channels down_block_types
        up_block_types mid_block_type block_out_channels num_channels image_size patch_size backbone backbone_config
        projection_dim tie_encoder_decoder use_qk_norm qk_norm _class_name
    """,
    "tokenizer": """
        unk_token_id tokenizer_class do_lower_case add_bos_token add_eos_token
    """,
}
#: Keys that only say where a document was saved, or by what.
_SAVED = frozenset(
    """
    _name_or_path name_or_path special_tokens_map_file tokenizer_file _transformers_version transformers_version
    _diffusers_version _commit_hash __version__ peft_version _from_model_config
    """.split()  # noqa: SIM905
)
#: Words of a key that make it a setting of training, whatever else it names.
_TRAINING = re.compile(r"dropout|pdrop|(?:^|_)init(?:ializer)?(?:_|$)|_coefficient$|_cost$")
#: Words of a key that make it a shape.
_SHAPE = re.compile(
    r"(?:^n_|^num_|^d_)|(?:^|_)(?:size|dims?|layers?|heads?|channels?|width|depths?|kernel|rank|experts?|blocks?|strides?"
    r"|patch|embed|embeddings?|hidden|groups?|pooling|filters?)(?:_|$)"
)
#: Blocks below which every key has one class.
_BLOCKS = {
    "quantization_config": "dtype", "compression_config": "dtype", "quantization": "dtype",
    "rope_scaling": "context", "rope_parameters": "context",
    "auto_map": "remote_code", "custom_pipelines": "remote_code", "model_file": "remote_code",
    "chat_template": "chat_template", "task_specific_params": "generation",
}  # fmt: skip
#: Class of what no other row classes, by kind of document.
_OF_KIND = {
    "adapter_config": "architecture", "model_index": "architecture", "modules": "architecture",
    "params": "architecture",
    "quantize_config": "dtype", "hf_quant_config": "dtype", "generation_config": "generation",
    "scheduler_config": "generation", "tokenizer_config": "tokenizer", "chat_template": "chat_template",
    "config_setfit": "labels", "open_clip_config": "architecture",
}  # fmt: skip
#: Kinds whose fields are all of the kind's class, but for blocks.
_WHOLE = frozenset(
    ("generation_config", "scheduler_config", "quantize_config", "hf_quant_config", "adapter_config", "params")
)
_STAMPS = re.compile(STAMPS)
_PLACE = re.compile(r"\[\d+\]")
_TEMPLATE = re.compile(r"(?:^|/)(?:[^/]*chat_template[^/]*|additional_chat_templates/[^/]*|[^/]*\.jinja2?)$")
_POOLING = re.compile(r"(?:^|/)\d+_[A-Za-z]+/config\.json$")


@cache
def _by_key() -> dict[str, str]:
    keys = {column.name: column.keys for column in CONFIG_COLUMNS}
    found: dict[str, str] = {}
    for name, columns in _COLUMNS.items():
        found |= {key: name for column in columns.split() for key in (column, *keys[column])}
    for name, words in _KEYS.items():
        found |= dict.fromkeys(words.split(), name)
    return found


def classes_of_field(path: str, field: str) -> tuple[str, ...]:
    """Return the classes of a changed field of the document at ``path``: one, or two for the size of a vocabulary."""
    kind = kind_of(path).name
    keys = _PLACE.sub("", field).split(".")
    key = keys[-1]
    if _STAMPS.search(field) or not _SAVED.isdisjoint(keys):
        return ("noise",)
    for block in keys:
        if block in _BLOCKS and not (block == "chat_template" and kind == "generation_config"):
            return (_BLOCKS[block],)
    if kind in _WHOLE:
        return (_OF_KIND[kind],)
    if kind == "tokenizer_config":
        return ("context",) if key in ("model_max_length", "max_length", "max_len") else ("tokenizer",)
    if kind in ("preprocessor_config", "processor_config"):
        return ("config",)
    if kind == "open_clip_config" and keys[0] == "preprocess_cfg":
        return ("config",)
    if key in ("vocab_size", "padded_vocab_size", "n_vocab"):
        return ("architecture", "tokenizer")
    if key.endswith("dtype"):
        return ("dtype",)
    if key.startswith(("rope_", "rotary_")):
        return ("context",)
    if kind == "model_index" and keys[0] == "scheduler":
        return ("generation",)
    if _TRAINING.search(key):
        return ("config",)
    known = _by_key().get(key)
    if known is not None:
        return (known,)
    if kind in _OF_KIND:
        return (_OF_KIND[kind],)
    if kind == "config" and (_SHAPE.search(key) or _POOLING.search(path)):
        return ("architecture",)
    return ("config",)


def class_of_file(path: str, kind: FileKind) -> str:
    """Return the class of a change of the file at ``path`` whose content is not compared.

    ``remote_code`` is the class of code; whether loading runs it depends on the model.
    """
    if _TEMPLATE.search(path):
        return "chat_template"
    if path.endswith(".index.json"):
        return "weights"
    match kind.role:
        case "weights" | "framework_export":
            return "weights"
        case "tokenizer" | "vocabulary":
            return "tokenizer"
        case "license":
            return "licence" if "/" not in path else "files"
        case "card":
            return "card" if path == "README.md" else "files"
        case "code":
            return "remote_code" if path.endswith(".py") else "files"
        case "config":
            return _OF_KIND.get(kind_of(path).name, "config")
        case _:
            return "files"
