"""The typed columns of ``configs``: what each means, and the config keys that feed it for any model type.

To add a column, add a row here; ``keys`` alone is enough where the value is taken as written. Model types whose keys
differ have a row in ``harvester/extract/config/model_types.py`` (generated) or ``overrides.py`` (by hand).
Columns without keys are computed; their comment states the rule and the module that holds it.
"""

from harvester.schema.table import Column

_LANGUAGE = "Language part: the top level, else text_config and its kin; a flat single-modality config fills it too."
_AS_WRITTEN = "As the file says; NULL where it says nothing, null, or a value that differs by layer."


def _row(name: str, type_: str, comment: str, *keys: str) -> Column:
    return Column(name, type_, comment, keys)


_IDENTITY = (
    _row("model_type", "VARCHAR", "transformers model type, as written at the top level", "model_type"),
    _row("architecture", "VARCHAR", "first of architectures; never diffusers' _class_name (see pipeline_class)"),
    _row(
        "architectures",
        "VARCHAR[]",
        "model classes as written at the top level; a bare string is a list of one; NULL where absent, null or empty",
        "architectures",
    ),
    _row(
        "transformers_version",
        "VARCHAR",
        "version that wrote the file",
        "transformers_version",
        "_transformers_version",
    ),
    _row(
        "name_or_path",
        "VARCHAR",
        "what the weights were loaded from when saved: a repo_id, or a path of somebody's disk; '' is NULL",
        "_name_or_path",
        "name_or_path",
    ),
    _row(
        "name_or_path_local", "BOOLEAN", "name_or_path is a path of somebody's disk, not a repo_id; NULL without a name"
    ),
    _row("remote_code", "BOOLEAN", "auto_map present: loading runs code of a repository; else FALSE"),
    _row("remote_code_repos", "VARCHAR[]", "other repositories whose code auto_map names (owner/repo--module.Class)"),
    _row("is_encoder_decoder", "BOOLEAN", "as written", "is_encoder_decoder"),
    _row(
        "dtype",
        "VARCHAR",
        "dtype of the saved weights, a leading 'torch.' taken off; top level, else the language part",
        "dtype",
        "torch_dtype",
    ),
    _row(
        "tie_word_embeddings",
        "BOOLEAN",
        "as written at the top level, else in the language part; absent is the library's default, often TRUE",
        "tie_word_embeddings",
        "tie_embeddings",
        "tie_embedding",
    ),
)
_SIZES = (
    _row(
        "hidden_size",
        "BIGINT",
        f"Width of the residual stream, dimensions. {_LANGUAGE} {_AS_WRITTEN}",
        "hidden_size",
        "d_model",
        "n_embd",
        "n_embed",
        "dim",
        "model_dim",
        "hidden_dim",
    ),
    _row(
        "intermediate_size",
        "BIGINT",
        f"Inner width of the dense MLP, as written (not halved where gate and up share it). {_AS_WRITTEN}",
        "intermediate_size",
        "ffn_hidden_size",
        "ffn_dim",
        "d_ff",
        "n_inner",
        "encoder_ffn_dim",
    ),
    _row("moe_intermediate_size", "BIGINT", "Inner width of one routed expert", "moe_intermediate_size"),
    _row(
        "num_hidden_layers",
        "BIGINT",
        "Layers of the language part; of an encoder-decoder, the decoder's",
        "num_hidden_layers",
        "n_layer",
        "n_layers",
        "num_layers",
    ),
    _row(
        "num_attention_heads",
        "BIGINT",
        "Query heads; of an encoder-decoder, the decoder's",
        "num_attention_heads",
        "n_head",
        "n_heads",
        "num_heads",
    ),
    _row(
        "num_key_value_heads",
        "BIGINT",
        "Key-value heads as written; NULL where the file does not say (see num_key_value_heads_effective)",
        "num_key_value_heads",
        "n_head_kv",
        "num_kv_heads",
        "n_kv_heads",
        "multi_query_group_num",
    ),
    _row(
        "num_key_value_heads_effective",
        "BIGINT",
        "num_key_value_heads, else 1 where the config says multi-query, else num_attention_heads",
    ),
    _row("head_dim", "BIGINT", "Dimensions of one head, as written", "head_dim", "attention_head_dim", "kv_channels"),
    _row(
        "head_dim_effective",
        "BIGINT",
        "head_dim, else hidden_size / num_attention_heads where that is whole; NULL for latent attention",
    ),
    _row(
        "intermediate_size_effective",
        "BIGINT",
        "intermediate_size, else 4 * hidden_size for the model types whose library code says so",
    ),
    _row("vocab_size", "BIGINT", "Tokens of the language part, padding as written", "vocab_size", "padded_vocab_size"),
    _row(
        "context_length",
        "BIGINT",
        "Declared positions as written: no offset taken off, not multiplied by a rope factor; ALiBi's stated training "
        "length; of an encoder-decoder the decoder's",
        "max_position_embeddings",
        "n_positions",
        "max_seq_len",
        "max_sequence_length",
        "seq_length",
        "n_ctx",
        "max_target_positions",
        "model_max_length",
    ),
    _row(
        "context_length_effective",
        "BIGINT",
        "positions a model may use: context_length, times rope_factor for linear, dynamic and yarn scaling where the "
        "declared positions are still the original ones",
    ),
)
_ATTENTION = (
    _row("sliding_window", "BIGINT", "Tokens of the sliding window; NULL when switched off", "sliding_window"),
    _row("rope_theta", "DOUBLE", "Base of the rotary embedding (of full_attention layers)", "rope_theta"),
    _row("rope_type", "VARCHAR", "Rope scaling; absent NULL, su is longrope, mrope is default"),
    _row("rope_factor", "DOUBLE", "factor of the rope scaling"),
    _row(
        "rope_original_context_length", "BIGINT", "original_max_position_embeddings, of the rope scaling or beside it"
    ),
    _row("partial_rotary_factor", "DOUBLE", "Share of a head that rotates", "partial_rotary_factor", "rotary_pct"),
    _row("layer_types", "VARCHAR[]", "kinds of layers that occur, in order of first occurrence", "layer_types"),
    _row("attention_bias", "BOOLEAN", "Attention projections have biases", "attention_bias"),
    _row("position_embedding_type", "VARCHAR", "As written", "position_embedding_type"),
    _row("q_lora_rank", "BIGINT", "Latent attention: rank of the compressed queries", "q_lora_rank"),
    _row("kv_lora_rank", "BIGINT", "Latent attention: rank of the compressed keys and values", "kv_lora_rank"),
    _row("qk_rope_head_dim", "BIGINT", "Latent attention: rotated dimensions of a head", "qk_rope_head_dim"),
    _row("qk_nope_head_dim", "BIGINT", "Latent attention: dimensions of a head that do not rotate", "qk_nope_head_dim"),
    _row("v_head_dim", "BIGINT", "Latent attention: value dimensions of a head", "v_head_dim"),
)
_MLP = (
    _row(
        "num_experts",
        "BIGINT",
        "Routed experts of a layer",
        "num_experts",
        "num_local_experts",
        "n_routed_experts",
        "moe_num_experts",
    ),
    _row(
        "num_experts_per_token",
        "BIGINT",
        "Routed experts a token uses",
        "num_experts_per_tok",
        "num_experts_per_token",
        "moe_top_k",
        "moe_topk",
    ),
    _row("num_shared_experts", "BIGINT", "Experts every token uses", "n_shared_experts", "num_shared_experts"),
    _row(
        "first_dense_layers",
        "BIGINT",
        "Layers with a dense MLP before the first with experts",
        "first_k_dense_replace",
    ),
    _row("state_size", "BIGINT", "State of a state-space layer, dimensions", "state_size", "ssm_state_size"),
    _row("hidden_act", "VARCHAR", "Activation of the MLP", "hidden_act", "activation_function", "hidden_activation"),
    _row("norm_eps", "DOUBLE", "Epsilon of the norms", "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon"),
)
_OUTPUT = (
    _row(
        "num_labels",
        "BIGINT",
        "Classes: num_labels, else the size of the label map; the placeholder map LABEL_n counts only where num_labels "
        "or a classification head in architectures says so",
    ),
    _row("labels_disagree", "VARCHAR", "how id2label and label2id disagree; NULL where they agree or one is missing"),
    _row("problem_type", "VARCHAR", "As written", "problem_type"),
    _row("bos_token_id", "BIGINT", "As written; the first of a list", "bos_token_id"),
    _row("eos_token_id", "BIGINT", "As written; the first of a list (the leaf has them all)", "eos_token_id"),
    _row("pad_token_id", "BIGINT", "As written", "pad_token_id"),
    _row("parameters_estimated", "BIGINT", "Parameters computed from the config where its architecture is understood"),
)
_QUANTIZATION = (
    _row("quant_method", "VARCHAR", "Quantization as written; mlx where MLX wrote bits without a method"),
    _row("quant_bits", "BIGINT", "Bits of a weight: as written, else what quant_method fixes; NULL when groups differ"),
    _row("quant_group_size", "BIGINT", "Weights that share a scale; -1 is a whole column; NULL when groups differ"),
    _row("quant_type", "VARCHAR", "Number format of the weights: nf4, fp4, e4m3, int..., as written"),
)
_SUBMODELS = (
    _row("encoder_model_type", "VARCHAR", "model_type of a nested encoder"),
    _row("encoder_hidden_size", "BIGINT", "Width of the encoder of an encoder-decoder, where written apart"),
    _row("encoder_num_hidden_layers", "BIGINT", "Layers of the encoder of an encoder-decoder"),
    _row("encoder_num_attention_heads", "BIGINT", "Heads of the encoder of an encoder-decoder"),
    _row("encoder_intermediate_size", "BIGINT", "Inner width of the encoder's MLP"),
    _row("encoder_context_length", "BIGINT", "Positions of the encoder, where written apart"),
    _row("text_model_type", "VARCHAR", "model_type of the nested language part"),
    _row("vision_model_type", "VARCHAR", "model_type of the vision part"),
    _row("vision_hidden_size", "BIGINT", "Width of the vision part"),
    _row("vision_num_hidden_layers", "BIGINT", "Layers of the vision part"),
    _row("vision_num_attention_heads", "BIGINT", "Heads of the vision part"),
    _row("vision_intermediate_size", "BIGINT", "Inner width of the vision part's MLP"),
    _row("image_size", "BIGINT", "Pixels of the side of an image; NULL where width and height differ"),
    _row("patch_size", "BIGINT", "Pixels of the side of a patch; NULL where width and height differ"),
    _row("audio_model_type", "VARCHAR", "model_type of the audio part"),
    _row("audio_hidden_size", "BIGINT", "Width of the audio part"),
    _row("audio_num_hidden_layers", "BIGINT", "Layers of the audio part"),
    _row("num_mel_bins", "BIGINT", "Mel bins of the audio input"),
    _row("projection_dim", "BIGINT", "Dimensions of the space two encoders share (CLIP and its kin)"),
)
_ADAPTERS = (
    _row("peft_type", "VARCHAR", "PEFT method: LORA, PREFIX_TUNING, ..."),
    _row("base_model_name_or_path", "VARCHAR", "The model an adapter is for, as written"),
    _row("lora_rank", "BIGINT", "Rank of a LoRA adapter"),
    _row("lora_alpha", "DOUBLE", "Scaling numerator of a LoRA adapter"),
    _row("lora_dropout", "DOUBLE", "Dropout of a LoRA adapter"),
    _row("target_modules", "VARCHAR[]", "Modules an adapter changes; a pattern is a list of one"),
    _row("adapter_task_type", "VARCHAR", "Task of an adapter, as written: CAUSAL_LM, ..."),
)
_LIBRARIES = (
    _row("pipeline_class", "VARCHAR", "diffusers' _class_name: the pipeline's, or in a component's document its own"),
    _row("pipeline_components", "VARCHAR[]", "diffusers: name=library.class of each component that is set"),
    _row("scheduler_class", "VARCHAR", "diffusers: class of the scheduler"),
    _row("diffusers_version", "VARCHAR", "version that wrote the file"),
    _row("pooling_mode", "VARCHAR", "sentence-transformers: pooling, several joined by +"),
    _row("embedding_dimension", "BIGINT", "Dimensions of the embedding a sentence or image gets"),
    _row("max_seq_length", "BIGINT", "sentence-transformers: tokens a sentence is cut to"),
    _row("similarity_function", "VARCHAR", "sentence-transformers: similarity the model was trained for"),
    _row("sentence_modules", "VARCHAR[]", "sentence-transformers: classes of the modules in order"),
    _row("timm_architecture", "VARCHAR", "timm: name of the architecture"),
    _row("tokenizer_class", "VARCHAR", "Class of the tokenizer, as written"),
    _row(
        "model_max_length",
        "BIGINT",
        "Tokens the tokenizer cuts to; NULL for the library's sentinel of no limit (int(1e30) and its kin)",
    ),
    _row("has_chat_template", "BOOLEAN", "The tokenizer config carries a chat template"),
    _row("image_processor_type", "VARCHAR", "Class of the image processor or feature extractor"),
)

#: Every typed column, in order.
CONFIG_COLUMNS: tuple[Column, ...] = (
    *_IDENTITY,
    *_SIZES,
    *_ATTENTION,
    *_MLP,
    *_OUTPUT,
    *_QUANTIZATION,
    *_SUBMODELS,
    *_ADAPTERS,
    *_LIBRARIES,
)
