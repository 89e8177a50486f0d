"""The bodies of config.json, one function an architecture; values are the public defaults of each."""

from samplehub.simulated.sizes import Size
from samplehub.world import Json


def decoder(size: Size) -> Json:
    """What every decoder of this kind states."""
    return {
        "attention_dropout": 0.0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "hidden_act": "silu",
        "hidden_size": size.hidden,
        "initializer_range": 0.02,
        "intermediate_size": size.inner,
        "max_position_embeddings": size.context,
        "num_attention_heads": size.heads,
        "num_hidden_layers": size.layers,
        "num_key_value_heads": size.kv_heads,
        "rms_norm_eps": 1e-05,
        "rope_theta": 500000.0 if size.context > 32768 else 10000.0,
        "tie_word_embeddings": size.tied,
        "use_cache": True,
        "vocab_size": size.vocab,
    }


def llama(size: Size) -> Json:
    """LLaMA; those with a long context stretch their positions."""
    scaling: Json = None
    if size.context == 131072:
        scaling = {
            "factor": 32.0 if size.tied else 8.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
            "rope_type": "llama3",
        }
    return decoder(size) | {
        "attention_bias": False,
        "head_dim": size.head_width,
        "mlp_bias": False,
        "pretraining_tp": 1,
        "rope_scaling": scaling,
    }


def mistral(size: Size) -> Json:
    """Mistral, with a sliding window or null."""
    own: Json = {"head_dim": size.head} if size.head else {}
    return decoder(size) | {"sliding_window": 4096 if size.context == 32768 else None} | own


def qwen2(size: Size) -> Json:
    """Qwen2, whose window is stated and switched off."""
    return decoder(size) | {
        "eos_token_id": [151645, 151643],
        "max_window_layers": size.layers,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 131072,
        "use_sliding_window": False,
    }


def qwen3(size: Size) -> Json:
    """Qwen3, whose heads are wider than the residual stream divided by them."""
    return decoder(size) | {
        "attention_bias": False,
        "bos_token_id": 151643,
        "eos_token_id": 151645,
        "head_dim": size.head_width,
        "max_window_layers": size.layers,
        "rms_norm_eps": 1e-06,
        "rope_scaling": None,
        "rope_theta": 1000000.0,
        "sliding_window": None,
        "use_sliding_window": False,
    }


def mixtral(size: Size) -> Json:
    """Mixtral: eight experts, of which two are used per token."""
    return decoder(size) | {
        "num_experts_per_tok": 2,
        "num_local_experts": 8,
        "output_router_logits": False,
        "rope_theta": 1000000.0,
        "router_aux_loss_coef": 0.02,
        "sliding_window": None,
    }


def gemma3(size: Size) -> Json:
    """Gemma 3: all sizes in the sub-configs."""
    pattern = ["full_attention" if layer % 6 == 5 else "sliding_attention" for layer in range(size.layers)]
    return {
        "boi_token_index": 255999,
        "eoi_token_index": 256000,
        "eos_token_id": [1, 106],
        "image_token_index": 262144,
        "initializer_range": 0.02,
        "mm_tokens_per_image": 256,
        "text_config": {
            "head_dim": size.head_width,
            "hidden_size": size.hidden,
            "intermediate_size": size.inner,
            "layer_types": pattern,
            "max_position_embeddings": size.context,
            "model_type": "gemma3_text",
            "num_attention_heads": size.heads,
            "num_hidden_layers": size.layers,
            "num_key_value_heads": size.kv_heads,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
            "sliding_window": 1024,
            "vocab_size": size.vocab,
        },
        "vision_config": {
            "hidden_size": 1152,
            "image_size": 896,
            "intermediate_size": 4304,
            "model_type": "siglip_vision_model",
            "num_attention_heads": 16,
            "num_hidden_layers": 27,
            "patch_size": 14,
        },
    }


def gpt2(size: Size) -> Json:
    """GPT-2, with names of its own."""
    return {
        "activation_function": "gelu_new",
        "attn_pdrop": 0.1,
        "bos_token_id": 50256,
        "embd_pdrop": 0.1,
        "eos_token_id": 50256,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "n_ctx": size.context,
        "n_embd": size.hidden,
        "n_head": size.heads,
        "n_layer": size.layers,
        "n_positions": size.context,
        "resid_pdrop": 0.1,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
        "vocab_size": size.vocab,
    }


def encoder(size: Size) -> Json:
    """What every BERT states."""
    return {
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": size.hidden,
        "initializer_range": 0.02,
        "intermediate_size": size.inner,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": size.context,
        "num_attention_heads": size.heads,
        "num_hidden_layers": size.layers,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "use_cache": True,
        "vocab_size": size.vocab,
    }


def roberta(size: Size) -> Json:
    """RoBERTa."""
    return encoder(size) | {
        "bos_token_id": 0,
        "eos_token_id": 2,
        "layer_norm_eps": 1e-05,
        "pad_token_id": 1,
        "type_vocab_size": 1,
    }


def t5(size: Size) -> Json:
    """T5: encoder and decoder, names of its own."""
    return {
        "d_ff": size.inner,
        "d_kv": size.head_width,
        "d_model": size.hidden,
        "decoder_start_token_id": 0,
        "dropout_rate": 0.1,
        "eos_token_id": 1,
        "feed_forward_proj": "gated-gelu",
        "is_encoder_decoder": True,
        "layer_norm_epsilon": 1e-06,
        "n_positions": size.context,
        "num_decoder_layers": size.layers,
        "num_heads": size.heads,
        "num_layers": size.layers,
        "pad_token_id": 0,
        "relative_attention_num_buckets": 32,
        "tie_word_embeddings": False,
        "vocab_size": size.vocab,
    }


def whisper(size: Size) -> Json:
    """Whisper."""
    return {
        "activation_function": "gelu",
        "d_model": size.hidden,
        "decoder_attention_heads": size.heads,
        "decoder_ffn_dim": size.inner,
        "decoder_layers": size.layers,
        "encoder_attention_heads": size.heads,
        "encoder_ffn_dim": size.inner,
        "encoder_layers": size.layers,
        "is_encoder_decoder": True,
        "max_source_positions": 1500,
        "max_target_positions": size.context,
        "num_mel_bins": 80,
        "suppress_tokens": None,
        "vocab_size": size.vocab,
    }


def wav2vec2(size: Size) -> Json:
    """Wav2Vec2."""
    return {
        "conv_dim": [512, 512, 512, 512, 512, 512, 512],
        "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
        "conv_stride": [5, 2, 2, 2, 2, 2, 2],
        "ctc_loss_reduction": "mean",
        "feat_extract_norm": "group",
        "hidden_act": "gelu",
        "hidden_size": size.hidden,
        "intermediate_size": size.inner,
        "layer_norm_eps": 1e-05,
        "num_attention_heads": size.heads,
        "num_hidden_layers": size.layers,
        "vocab_size": size.vocab,
    }


def vit(size: Size) -> Json:
    """A vision transformer."""
    return {
        "attention_probs_dropout_prob": 0.0,
        "encoder_stride": 16,
        "hidden_act": "gelu",
        "hidden_size": size.hidden,
        "image_size": 224,
        "intermediate_size": size.inner,
        "layer_norm_eps": 1e-12,
        "num_attention_heads": size.heads,
        "num_channels": 3,
        "num_hidden_layers": size.layers,
        "patch_size": 16,
        "qkv_bias": True,
    }


def clip(size: Size) -> Json:
    """CLIP: two towers."""
    text = {"hidden_size": 512, "intermediate_size": 2048, "num_attention_heads": 8, "num_hidden_layers": 12}
    return {
        "initializer_factor": 1.0,
        "logit_scale_init_value": 2.6592,
        "projection_dim": 512,
        "text_config": {
            "model_type": "clip_text_model",
            "max_position_embeddings": size.context,
            "vocab_size": size.vocab,
        }
        | text,
        "vision_config": {
            "hidden_size": size.hidden,
            "image_size": 224,
            "intermediate_size": size.inner,
            "model_type": "clip_vision_model",
            "num_attention_heads": size.heads,
            "num_hidden_layers": size.layers,
            "patch_size": 32,
        },
    }
