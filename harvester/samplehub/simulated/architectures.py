"""Architectures and the config.json each writes. A row here is an architecture; ``SIZES`` are the members of its families."""

from collections.abc import Callable
from dataclasses import dataclass

from harvester.samplehub.world import Json


@dataclass(frozen=True, slots=True)
class Size:
    """One size of a family: its label, and the dimensions a config states."""

    label: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocab: int
    context: int


@dataclass(frozen=True, slots=True)
class Architecture:
    """A row: the model type, the class of its plain form, the classes of its heads, sizes and the body of its config."""

    model_type: str
    plain: str
    task: str
    heads: dict[str, str]
    sizes: tuple[Size, ...]
    body: Callable[[Size], Json]
    dtype: str = "float32"
    arxiv: str | None = None


def _decoder(size: Size) -> Json:
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
        "tie_word_embeddings": size.hidden < 2048,
        "use_cache": True,
        "vocab_size": size.vocab,
    }


def _llama(size: Size) -> Json:
    scaling: Json = None
    if size.context == 131072:
        scaling = {
            "factor": 8.0,
            "high_freq_factor": 4.0,
            "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192,
            "rope_type": "llama3",
        }
    return _decoder(size) | {
        "attention_bias": False,
        "head_dim": size.hidden // size.heads,
        "mlp_bias": False,
        "pretraining_tp": 1,
        "rope_scaling": scaling,
    }


def _mistral(size: Size) -> Json:
    return _decoder(size) | {"sliding_window": 4096 if size.context == 32768 else None}


def _qwen2(size: Size) -> Json:
    return _decoder(size) | {
        "eos_token_id": [151645, 151643],
        "max_window_layers": size.layers,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 131072,
        "use_sliding_window": False,
    }


def _mixtral(size: Size) -> Json:
    return _decoder(size) | {
        "num_experts_per_tok": 2,
        "num_local_experts": 8,
        "output_router_logits": False,
        "rope_theta": 1000000.0,
        "router_aux_loss_coef": 0.02,
        "sliding_window": None,
    }


def _gemma3(size: Size) -> Json:
    pattern = ["full_attention" if layer % 6 == 5 else "sliding_attention" for layer in range(size.layers)]
    return {
        "boi_token_index": 255999,
        "eoi_token_index": 256000,
        "eos_token_id": [1, 106],
        "image_token_index": 262144,
        "initializer_range": 0.02,
        "mm_tokens_per_image": 256,
        "text_config": {
            "head_dim": 256,
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


def _gpt2(size: Size) -> Json:
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


def _encoder(size: Size) -> Json:
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


def _roberta(size: Size) -> Json:
    return _encoder(size) | {
        "bos_token_id": 0,
        "eos_token_id": 2,
        "layer_norm_eps": 1e-05,
        "pad_token_id": 1,
        "type_vocab_size": 1,
    }


def _t5(size: Size) -> Json:
    return {
        "d_ff": size.inner,
        "d_kv": size.hidden // size.heads,
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


def _whisper(size: Size) -> Json:
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


def _wav2vec2(size: Size) -> Json:
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


def _vit(size: Size) -> Json:
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


def _clip(size: Size) -> Json:
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


_TEXT_HEADS = {
    "text-classification": "ForSequenceClassification",
    "token-classification": "ForTokenClassification",
    "question-answering": "ForQuestionAnswering",
    "feature-extraction": "Model",
}
_LLM = (
    Size("1B", 2048, 16, 32, 8, 8192, 32000, 4096),
    Size("3B", 3072, 28, 24, 8, 8192, 128256, 131072),
    Size("7B", 4096, 32, 32, 8, 14336, 32000, 32768),
    Size("8B", 4096, 32, 32, 8, 14336, 128256, 131072),
    Size("13B", 5120, 40, 40, 40, 13824, 32000, 8192),
    Size("70B", 8192, 80, 64, 8, 28672, 128256, 131072),
)
_ENCODERS = (
    Size("base", 768, 12, 12, 12, 3072, 30522, 512),
    Size("small", 512, 4, 8, 8, 2048, 30522, 512),
    Size("large", 1024, 24, 16, 16, 4096, 30522, 512),
)
_QWEN = (
    Size("0.5B", 896, 24, 14, 2, 4864, 151936, 32768),
    Size("1.5B", 1536, 28, 12, 2, 8960, 151936, 32768),
    Size("7B", 3584, 28, 28, 4, 18944, 152064, 131072),
)

ARCHITECTURES = {
    row.model_type: row
    for row in (
        Architecture("llama", "LlamaForCausalLM", "text-generation", _TEXT_HEADS, _LLM, _llama, "bfloat16", "2302.13971"),
        Architecture("mistral", "MistralForCausalLM", "text-generation", _TEXT_HEADS, _LLM[2:3] + _LLM[4:5], _mistral, "bfloat16", "2310.06825"),
        Architecture("qwen2", "Qwen2ForCausalLM", "text-generation", _TEXT_HEADS, _QWEN, _qwen2, "bfloat16", "2407.10671"),
        Architecture("mixtral", "MixtralForCausalLM", "text-generation", _TEXT_HEADS, (Size("8x7B", 4096, 32, 32, 8, 14336, 32000, 32768),), _mixtral, "bfloat16", "2401.04088"),
        Architecture("gemma3", "Gemma3ForConditionalGeneration", "image-text-to-text", {}, (Size("4B", 2560, 34, 8, 4, 10240, 262208, 131072), Size("12B", 3840, 48, 16, 8, 15360, 262208, 131072)), _gemma3, "bfloat16", "2503.19786"),
        Architecture("gpt2", "GPT2LMHeadModel", "text-generation", {"text-classification": "ForSequenceClassification"}, (Size("124M", 768, 12, 12, 12, 3072, 50257, 1024), Size("355M", 1024, 24, 16, 16, 4096, 50257, 1024)), _gpt2),
        Architecture("bert", "BertForMaskedLM", "fill-mask", _TEXT_HEADS, _ENCODERS, _encoder, "float32", "1810.04805"),
        Architecture("roberta", "RobertaForMaskedLM", "fill-mask", _TEXT_HEADS, (Size("base", 768, 12, 12, 12, 3072, 50265, 514), Size("large", 1024, 24, 16, 16, 4096, 50265, 514)), _roberta, "float32", "1907.11692"),
        Architecture("t5", "T5ForConditionalGeneration", "text2text-generation", {}, (Size("small", 512, 8, 6, 6, 1024, 32128, 512), Size("base", 768, 12, 12, 12, 2048, 32128, 512)), _t5, "float32", "1910.10683"),
        Architecture("whisper", "WhisperForConditionalGeneration", "automatic-speech-recognition", {}, (Size("tiny", 384, 4, 6, 6, 1536, 51865, 448), Size("small", 768, 12, 12, 12, 3072, 51865, 448)), _whisper, "float32", "2212.04356"),
        Architecture("wav2vec2", "Wav2Vec2ForCTC", "automatic-speech-recognition", {"audio-classification": "ForSequenceClassification"}, (Size("base", 768, 12, 12, 12, 3072, 32, 0), Size("large", 1024, 24, 16, 16, 4096, 32, 0)), _wav2vec2, "float32", "2006.11477"),
        Architecture("vit", "ViTForImageClassification", "image-classification", {}, (Size("base-patch16-224", 768, 12, 12, 12, 3072, 0, 0), Size("large-patch16-224", 1024, 24, 16, 16, 4096, 0, 0)), _vit, "float32", "2010.11929"),
        Architecture("clip", "CLIPModel", "zero-shot-image-classification", {}, (Size("base-patch32", 768, 12, 12, 12, 3072, 49408, 77),), _clip, "float32", "2103.00020"),
    )
}  # fmt: skip


def config_of(row: Architecture, size: Size, task: str, version: str, extra: Json) -> Json:
    """A whole config.json for ``task``: the body, the class, the type and what a fine-tune adds."""
    prefix = row.plain.partition("For")[0].removesuffix("LMHeadModel")
    head = row.heads.get(task)
    config = row.body(size) | {
        "architectures": [prefix + head if head else row.plain],
        "model_type": row.model_type,
        "torch_dtype": row.dtype,
        "transformers_version": version,
    }
    return dict(sorted((config | extra).items()))
