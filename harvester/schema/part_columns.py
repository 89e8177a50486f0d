"""Typed columns of quantization, sub-models, adapters and libraries: the second half of ``config_columns``."""

from harvester.schema.table import row

QUANTIZATION = (
    row(
        "quant_method",
        "VARCHAR",
        "Quantization method as written; NULL if the file names none (MLX does not): see quant_method_effective",
    ),
    row(
        "quant_method_effective",
        "VARCHAR",
        "quant_method, else inferred from the keys: bitsandbytes, gptq, awq, auto-round, hqq, quark, modelopt, "
        "compressed-tensors, mlx (from keys that only MLX writes)",
    ),
    row(
        "quant_bits",
        "BIGINT",
        "Bits per weight: as written, else fixed by quant_method; NULL if modules or groups differ",
    ),
    row(
        "quant_group_size",
        "BIGINT",
        "Number of weights that share a scale; -1 is a whole column; NULL if groups differ",
    ),
    row("quant_type", "VARCHAR", "Number format of the weights: nf4, fp4, e4m3, int..., as written"),
)
SUBMODELS = (
    row("encoder_model_type", "VARCHAR", "model_type of a nested encoder"),
    row("encoder_hidden_size", "BIGINT", "Width of the encoder of an encoder-decoder, if written separately"),
    row("encoder_num_hidden_layers", "BIGINT", "Layers of the encoder of an encoder-decoder"),
    row("encoder_num_attention_heads", "BIGINT", "Heads of the encoder of an encoder-decoder"),
    row("encoder_intermediate_size", "BIGINT", "Inner width of the encoder's MLP"),
    row("encoder_context_length", "BIGINT", "Positions of the encoder, if written separately"),
    row("text_model_type", "VARCHAR", "model_type of the nested language part"),
    row("vision_model_type", "VARCHAR", "model_type of the vision part"),
    row("vision_hidden_size", "BIGINT", "Width of the vision part"),
    row("vision_num_hidden_layers", "BIGINT", "Layers of the vision part"),
    row("vision_num_attention_heads", "BIGINT", "Heads of the vision part"),
    row("vision_intermediate_size", "BIGINT", "Inner width of the vision part's MLP"),
    row("image_size", "BIGINT", "Side of an image in pixels; NULL if width and height differ"),
    row("patch_size", "BIGINT", "Side of a patch in pixels; NULL if width and height differ"),
    row("audio_model_type", "VARCHAR", "model_type of the audio part"),
    row("audio_hidden_size", "BIGINT", "Width of the audio part"),
    row("audio_num_hidden_layers", "BIGINT", "Layers of the audio part"),
    row("num_mel_bins", "BIGINT", "Mel bins of the audio input"),
    row("projection_dim", "BIGINT", "Dimensions of the space that two encoders share (CLIP and similar models)"),
)
ADAPTERS = (
    row("peft_type", "VARCHAR", "PEFT method: LORA, PREFIX_TUNING, ..."),
    row("base_model_name_or_path", "VARCHAR", "Base model of an adapter, as written"),
    row("lora_rank", "BIGINT", "Rank of a LoRA adapter"),
    row("lora_alpha", "DOUBLE", "Scaling numerator of a LoRA adapter"),
    row("lora_dropout", "DOUBLE", "Dropout of a LoRA adapter"),
    row("lora_rslora", "BOOLEAN", "LoRA scaled by the root of the rank (use_rslora)"),
    row("lora_dora", "BOOLEAN", "LoRA with separate magnitudes (use_dora)"),
    row("num_virtual_tokens", "BIGINT", "Virtual tokens of a prompt or prefix adapter"),
    row("target_modules", "VARCHAR[]", "Modules that an adapter changes; a pattern is a list of one"),
    row("adapter_task_type", "VARCHAR", "Task of an adapter, as written: CAUSAL_LM, ..."),
)
LIBRARIES = (
    row("merge_method", "VARCHAR", "mergekit: method of the merge, as written"),
    row("merged_models", "VARCHAR[]", "mergekit: models that a recipe merges, as written"),
    row(
        "pipeline_class",
        "VARCHAR",
        "diffusers' _class_name: of the pipeline, or of the component in a component's document",
    ),
    row("pipeline_components", "VARCHAR[]", "diffusers: name=library.class of each component that is set"),
    row("scheduler_class", "VARCHAR", "diffusers: class of the scheduler"),
    row("diffusers_version", "VARCHAR", "version that wrote the file"),
    row("pooling_mode", "VARCHAR", "sentence-transformers: pooling, several joined by +"),
    row("embedding_dimension", "BIGINT", "Dimensions of a sentence or image embedding"),
    row("max_seq_length", "BIGINT", "sentence-transformers: tokens that a sentence is truncated to"),
    row("similarity_function", "VARCHAR", "sentence-transformers: similarity the model was trained for"),
    row("sentence_modules", "VARCHAR[]", "sentence-transformers: classes of the modules in order"),
    row("timm_architecture", "VARCHAR", "timm: name of the architecture"),
    row("tokenizer_class", "VARCHAR", "Class of the tokenizer, as written"),
    row(
        "model_max_length",
        "BIGINT",
        "Tokens that the tokenizer truncates to; NULL for the library's value for no limit (int(1e30) and similar)",
    ),
    row(
        "has_chat_template",
        "BOOLEAN",
        "Has a chat template. In models: in any file (tokenizer or processor config, chat_template.*, GGUF)",
    ),
    row("image_processor_type", "VARCHAR", "Class of the image processor or feature extractor"),
    row("processor_class", "VARCHAR", "Class of the processor that combines tokenizer and image processor, as written"),
    row("sampling_rate", "BIGINT", "Audio samples per second that the feature extractor expects"),
    row("generation_do_sample", "BOOLEAN", "generation_config: samples by default"),
    row("generation_temperature", "DOUBLE", "generation_config: default temperature"),
    row("generation_top_p", "DOUBLE", "generation_config: default top-p (nucleus sampling)"),
    row("generation_top_k", "BIGINT", "generation_config: default top-k"),
    row("generation_max_new_tokens", "BIGINT", "generation_config: default limit of new tokens"),
)
