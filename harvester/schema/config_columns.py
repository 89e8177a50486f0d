"""The typed columns of ``configs``: what each means, and the config keys that it is read from for any model type.

To add a column, add a row here; ``keys`` alone is enough if the value is taken as written. Model types whose keys differ
have a row in ``harvester/extract/config/model_types.py`` (generated) or ``overrides.py`` (by hand). Columns without keys
are computed; their comment states the rule.
"""

from harvester.schema.part_columns import ADAPTERS, LIBRARIES, QUANTIZATION, SUBMODELS
from harvester.schema.table import Column, row

_LANGUAGE = (
    "Language part: the top level, else text_config and similar keys; a flat single-modality config fills it too."
)
_AS_WRITTEN = "As written; NULL if missing, null, or different by layer."


_IDENTITY = (
    row("model_type", "VARCHAR", "transformers model type, as written at the top level", "model_type"),
    row("architecture", "VARCHAR", "first of architectures; never diffusers' _class_name (see pipeline_class)"),
    row(
        "architectures",
        "VARCHAR[]",
        "model classes as written at the top level; a single string becomes a list of one; NULL if missing, null or empty",
        "architectures",
    ),
    row(
        "transformers_version",
        "VARCHAR",
        "version that wrote the file",
        "transformers_version",
        "_transformers_version",
    ),
    row(
        "name_or_path",
        "VARCHAR",
        "what the weights were loaded from before they were saved: a repo_id or a path on a disk; '' is NULL",
        "_name_or_path",
        "name_or_path",
    ),
    row("name_or_path_local", "BOOLEAN", "name_or_path is a path on a disk, not a repo_id; NULL without a name"),
    row(
        "remote_code",
        "BOOLEAN",
        "auto_map is present: loading with transformers runs code from a repository; else FALSE. Trap: considers only this "
        "document and only auto_map; see names_code",
    ),
    row(
        "names_code",
        "BOOLEAN",
        "TRUE: the document names repository code that loading runs: an auto_map (of config, tokenizer or processor), "
        "custom_pipelines, MLX's model_file, a diffusers class written as [module, class], a component or a "
        "sentence-transformers module of an unknown library. NULL: it names none. In models: in any document that is used "
        "for loading, in the root folder and in those of components",
    ),
    row("remote_code_repos", "VARCHAR[]", "other repositories whose code it names (owner/repo--module.Class)"),
    row("is_encoder_decoder", "BOOLEAN", "as written", "is_encoder_decoder"),
    row(
        "dtype",
        "VARCHAR",
        "dtype of the saved weights, without a leading 'torch.'; top level, else the language part",
        "dtype",
        "torch_dtype",
    ),
    row(
        "tie_word_embeddings",
        "BOOLEAN",
        "as written at the top level, else in the language part; if absent, the library's default applies, often TRUE",
        "tie_word_embeddings",
        "tie_embeddings",
        "tie_embedding",
        "tied_embeddings",
    ),
)
_SIZES = (
    row(
        "hidden_size",
        "BIGINT",
        f"Width of the residual stream, dimensions. {_LANGUAGE} {_AS_WRITTEN}",
        "hidden_size",
        "d_model",
        "n_embd",
        "n_embed",
        "model_dim",
        "dim",
    ),
    row(
        "intermediate_size",
        "BIGINT",
        f"Inner width of the dense MLP, as written (not halved if gate and up share it). {_AS_WRITTEN}",
        "decoder_ffn_dim",
        "intermediate_size",
        "ffn_hidden_size",
        "inner_hidden_size",
        "ffn_dim",
        "d_ff",
        "n_inner",
        "d_inner",
        "dff",
        "dim_ff",
        "mlp_hidden_size",
        "feed_forward_size",
        "mlp_dim",
        "block_ff_dim",
        "dim_feedforward",
        "encoder_ffn_dim",
    ),
    row(
        "moe_intermediate_size",
        "BIGINT",
        "Inner width of one routed expert; intermediate_size if all MLPs of the model type are experts (gpt_oss)",
        "moe_intermediate_size",
        "expert_ffn_hidden_size",
        "moe_ffn_hidden_size",
        "expert_intermediate_size",
    ),
    row(
        "num_hidden_layers",
        "BIGINT",
        "Layers of the language part; for an encoder-decoder, the decoder's; if no number is written, the length of a list "
        "with one entry per layer (layers_block_type, layer_types, hybrid_override_pattern)",
        "decoder_layers",
        "num_decoder_layers",
        "num_hidden_layers",
        "n_layer",
        "n_layers",
        "num_layers",
        "num_transformer_layers",
        "encoder_layers",
        "num_encoder_layers",
    ),
    row(
        "num_attention_heads",
        "BIGINT",
        "Query heads; for an encoder-decoder, the decoder's",
        "decoder_attention_heads",
        "num_decoder_attention_heads",
        "num_attention_heads",
        "n_head",
        "n_heads",
        "num_heads",
        "num_query_heads",
        "attention_heads",
        "encoder_attention_heads",
        "num_encoder_attention_heads",
    ),
    row(
        "num_key_value_heads",
        "BIGINT",
        "Key-value heads as written; NULL if not written (see num_key_value_heads_effective)",
        "num_key_value_heads",
        "n_head_kv",
        "num_kv_heads",
        "n_kv_heads",
        "kv_n_heads",
        "multi_query_group_num",
        "num_query_groups",
        "num_attention_groups",
        "n_kv_head",
        "n_query_groups",
    ),
    row(
        "num_key_value_heads_effective",
        "BIGINT",
        "num_key_value_heads, else 1 if the config says multi-query, else the default of the model type's class in "
        "transformers, else (or if the file says null) num_attention_heads; NULL if heads differ by layer and for models "
        "without attention",
    ),
    row(
        "head_dim",
        "BIGINT",
        "Dimensions of one head, as written",
        "head_dim",
        "attention_head_dim",
        "d_kv",
        "kv_channels",
        "attention_head_size",
        "d_head",
        "dim_head",
        "head_size",
    ),
    row(
        "head_dim_effective",
        "BIGINT",
        "head_dim, else the default of the model type's class in transformers if it has one, else hidden_size / "
        "num_attention_heads if that is whole; NULL for latent attention, and if head_dim is 0 or differs by layer",
    ),
    row(
        "intermediate_size_effective",
        "BIGINT",
        "intermediate_size, else what the library computes from other keys: 4 * hidden_size for GPT-2 and similar models, "
        "ffn_mult of Nemotron-NAS if all blocks agree; for LFM2 two thirds, rounded up to block_multiple_of",
    ),
    row(
        "vocab_size",
        "BIGINT",
        "Vocabulary size of the language part as written, including padding",
        "vocab_size",
        "padded_vocab_size",
        "n_vocab",
        "tgt_vocab_size",
    ),
    row(
        "tie_word_embeddings_effective",
        "BOOLEAN",
        "tie_word_embeddings, else the default of the model type's class in transformers; NULL for other model types",
    ),
    row(
        "context_length",
        "BIGINT",
        "Declared positions as written, without subtracting an offset or multiplying by a rope factor; for ALiBi the stated "
        "training length; for an encoder-decoder the decoder's",
        "max_target_positions",
        "max_decoder_position_embeddings",
        "max_position_embeddings",
        "n_positions",
        "max_sequence_length",
        "max_seq_len",
        "seq_length",
        "max_seqlen",
        "max_context_length",
        "n_ctx",
        "context_length",
        "model_max_length",
        "block_size",
    ),
    row(
        "context_length_effective",
        "BIGINT",
        "positions that a model can use: context_length, multiplied by rope_factor for linear, dynamic and yarn scaling if "
        "the declared positions are the original ones. If the original ones are written separately, those times rope_factor, "
        "unless more is declared. Not multiplied for Gemma 3, and (in models) if the tokenizer's limit equals the declared "
        "number",
    ),
)
_ATTENTION = (
    row(
        "sliding_window",
        "BIGINT",
        "Tokens of the sliding window; NULL if switched off",
        "sliding_window",
        "sliding_window_size",
        "attention_window_size",
        "attention_window",
        "local_attention",
    ),
    row(
        "rope_theta",
        "DOUBLE",
        "Base of the rotary embedding (of full_attention layers)",
        "rope_theta",
        "rotary_emb_base",
        "rope_base",
        "rotary_base",
        "global_rope_theta",
        "rotary_embedding_base",
        "rope_freq_constant",
    ),
    row("rope_type", "VARCHAR", "Type of rope scaling; NULL if absent; su is given as longrope, mrope as default"),
    row("rope_factor", "DOUBLE", "Factor of the rope scaling"),
    row("rope_original_context_length", "BIGINT", "original_max_position_embeddings, of the rope scaling or beside it"),
    row(
        "partial_rotary_factor",
        "DOUBLE",
        "Share of a head's dimensions that are rotated",
        "partial_rotary_factor",
        "rotary_pct",
        "rope_pct",
        "rotary_percent",
    ),
    row(
        "layer_types",
        "VARCHAR[]",
        "kinds of layers, in order of first occurrence",
        "layer_types",
        "layers_block_type",
        "block_types",
    ),
    row(
        "attention",
        "VARCHAR",
        "Attention of the language part: mha, gqa, mqa (by its key-value heads), mla (latent), linear, hybrid (some layers "
        "have attention, others are linear or state-space), none (state-space only). NULL if heads differ by layer or a kind "
        "of layer is unknown",
    ),
    row(
        "kv_cache_bytes_per_token",
        "BIGINT",
        "Bytes of keys and values per additional token, at dtype (no quantized cache): over the layers with attention, "
        "key-value heads x (head_dim + value dimensions); for latent attention kv_lora_rank + qk_rope_head_dim; layers of "
        "another kind have their own heads (Gemma 4, MiMo V2, Step 3.5), layers that share a cache add nothing; for an "
        "encoder-decoder the decoder's own. Trap: a layer with a sliding window stops growing at the window. NULL if dtype "
        "or a size is not stated, and for models that do not generate",
    ),
    row("attention_bias", "BOOLEAN", "Attention projections have biases", "attention_bias"),
    row("position_embedding_type", "VARCHAR", "As written", "position_embedding_type"),
    row("q_lora_rank", "BIGINT", "Latent attention: rank of the compressed queries", "q_lora_rank"),
    row("kv_lora_rank", "BIGINT", "Latent attention: rank of the compressed keys and values", "kv_lora_rank"),
    row("qk_rope_head_dim", "BIGINT", "Latent attention: rotated dimensions of a head", "qk_rope_head_dim"),
    row("qk_nope_head_dim", "BIGINT", "Latent attention: dimensions of a head that do not rotate", "qk_nope_head_dim"),
    row("v_head_dim", "BIGINT", "Latent attention: value dimensions of a head", "v_head_dim"),
)
_MLP = (
    row(
        "num_experts",
        "BIGINT",
        "Routed experts per layer; NULL if they differ by layer",
        "n_routed_experts",
        "num_experts",
        "moe_num_experts",
        "num_routed_experts",
        "num_local_experts",
    ),
    row(
        "num_experts_per_token",
        "BIGINT",
        "Routed experts per token",
        "num_experts_per_tok",
        "num_experts_per_token",
        "moe_top_k",
        "moe_topk",
        "top_k_experts",
        "moe_k",
        "experts_per_token",
        "num_selected_experts",
    ),
    row(
        "num_shared_experts",
        "BIGINT",
        "Experts that every token uses; 1 if only their width is written (shared_expert_intermediate_size)",
        "n_shared_experts",
        "num_shared_experts",
        "moe_num_shared_experts",
    ),
    row(
        "first_dense_layers",
        "BIGINT",
        "Layers with a dense MLP before the first layer with experts, also if a list names them (mlp_layer_types, "
        "mlp_only_layers, moe_layers_enum); NULL if dense layers come later too",
        "first_k_dense_replace",
        "num_dense_layers",
    ),
    row(
        "state_size",
        "BIGINT",
        "State size of a state-space layer, dimensions",
        "state_size",
        "ssm_state_size",
        "mamba_d_state",
        "d_state",
    ),
    row(
        "hidden_act",
        "VARCHAR",
        "Activation of the MLP",
        "hidden_activation",
        "hidden_act",
        "activation_function",
        "dense_act_fn",
        "activation_fn",
        "mlp_hidden_act",
        "ff_activation",
        "afn",
        "activation_type",
        "feed_forward_proj",
    ),
    row(
        "norm_eps",
        "DOUBLE",
        "Epsilon of the norms",
        "rms_norm_eps",
        "layer_norm_eps",
        "layer_norm_epsilon",
        "layernorm_epsilon",
        "norm_eps",
        "norm_epsilon",
        "layernorm_eps",
        "rms_norm_epsilon",
    ),
)
_OUTPUT = (
    row(
        "num_labels",
        "BIGINT",
        "Classes: num_labels, else the size of the label map; the placeholder map LABEL_n counts only if num_labels or a "
        "classification head in architectures confirms it; timm's num_classes; the labels of config_setfit.json",
    ),
    row("labels_disagree", "VARCHAR", "how id2label and label2id disagree; NULL if they agree or one is missing"),
    row("problem_type", "VARCHAR", "As written", "problem_type"),
    row("bos_token_id", "BIGINT", "As written; the first of a list", "bos_token_id"),
    row("eos_token_id", "BIGINT", "As written; the first of a list (the leaf has them all)", "eos_token_id"),
    row("pad_token_id", "BIGINT", "As written", "pad_token_id"),
    row(
        "parameters_estimated",
        "BIGINT",
        "Parameters computed from the config, for known architectures: all weights of a checkpoint before quantization, "
        "including layers for multi-token prediction. A missing key counts as the default of its class in transformers, "
        "but only if the class uses that value whatever the other keys are; else NULL. "
        "Rules: harvester/extract/config/estimates",
    ),
    row(
        "parameters_active",
        "BIGINT",
        "For a mixture of experts, the parameters that one token uses: parameters_estimated without the experts that are "
        "not chosen and without layers for multi-token prediction, but with embeddings. NULL for dense models and if "
        "parameters_estimated is NULL. Trap: cards may exclude embeddings (gpt-oss)",
    ),
)
#: Every typed column, in order.
CONFIG_COLUMNS: tuple[Column, ...] = (
    *_IDENTITY,
    *_SIZES,
    *_ATTENTION,
    *_MLP,
    *_OUTPUT,
    *QUANTIZATION,
    *SUBMODELS,
    *ADAPTERS,
    *LIBRARIES,
)
