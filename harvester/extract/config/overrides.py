"""Where a person reads a config otherwise than its configuration class or the general table says, and why.

To decide about a model type, add a row; tools/config_keys.py --review lists what is still undecided.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Override:
    """For these model types, ``column`` is fed by ``keys`` alone, in order of preference; none means never."""

    model_types: tuple[str, ...]
    column: str
    keys: tuple[str, ...]
    why: str


#: Not model types of transformers: how documents without ``model_type`` are distinguished (see ``plan.kin``).
UNET = "diffusers:unet"
PARAMS = "mistral:params"

OVERRIDES: tuple[Override, ...] = (
    Override(
        ("funnel",),
        "num_hidden_layers",
        (),
        "num_decoder_layers counts the small upsampling decoder; the layers are the sum of block_sizes",
    ),
    Override(
        ("convnext", "convnextv2", "segformer", "groupvit_vision_model"),
        "num_hidden_layers",
        (),
        "the class maps num_stages or num_encoder_blocks, but a stage holds several layers",
    ),
    Override(
        ("llama4_text",), "intermediate_size", ("intermediate_size_mlp",), "intermediate_size is the width of an expert"
    ),
    Override(("llama4_text",), "moe_intermediate_size", ("intermediate_size",), "the width of an expert"),
    Override(
        ("minimax_m3_vl_text",),
        "intermediate_size",
        ("dense_intermediate_size", "intermediate_size"),
        "intermediate_size is the width of an expert if dense_intermediate_size is beside it",
    ),
    Override(
        ("deepseek_v4", "inkling2_text"),
        "intermediate_size",
        ("intermediate_size",),
        "the class maps moe_intermediate_size, which is not a dense MLP",
    ),
    Override(
        ("deepseek_v4", "inkling2_text"),
        "moe_intermediate_size",
        ("moe_intermediate_size",),
        "the class maps it to intermediate_size",
    ),
    Override(
        ("glm4_moe_lite",),
        "head_dim",
        ("head_dim",),
        "the class maps qk_rope_head_dim, only the rotated part of a head",
    ),
    Override(
        ("whisper", "voxtral_realtime_encoder"),
        "num_key_value_heads",
        ("num_key_value_heads",),
        "the class maps the query heads; the file says nothing of key-value heads",
    ),
    Override(
        ("distilbert",),
        "intermediate_size",
        ("hidden_dim", "intermediate_size"),
        "hidden_dim is the MLP, dim the stream",
    ),
    Override(
        ("distilbert", "falcon", "timesfm2_5", "phi4_multimodal_audio"),
        "hidden_act",
        ("activation", "hidden_act"),
        "the class calls it activation",
    ),
    Override(
        ("t5", "mt5", "umt5", "longt5", "switch_transformers", "pop2piano", "udop"),
        "hidden_act",
        ("dense_act_fn", "feed_forward_proj"),
        "dense_act_fn names the activation; feed_forward_proj, all that old files have, may say gated- before it",
    ),
    Override(("gpt_neo",), "sliding_window", ("window_size",), "window of its local attention layers"),
    Override(
        ("moonshine",),
        "num_hidden_layers",
        ("decoder_num_hidden_layers",),
        "of an encoder-decoder, the decoder's count",
    ),
    Override(("moonshine",), "num_attention_heads", ("decoder_num_attention_heads",), "the decoder's count"),
    Override(("moonshine",), "num_key_value_heads", ("decoder_num_key_value_heads",), "the decoder's count"),
    Override(("moonshine",), "hidden_act", ("decoder_hidden_act",), "the decoder's count"),
    Override(("step3p5",), "num_experts", ("moe_num_experts", "n_routed_experts"), "num_local_experts is by device"),
    Override(("perceiver",), "num_attention_heads", ("num_self_attention_heads",), "heads of the latent transformer"),
    Override(("xlstm",), "hidden_size", ("hidden_size", "embedding_dim"), "the class calls it either way"),
    Override(("xlstm",), "num_hidden_layers", ("num_hidden_layers", "num_blocks"), "the class calls it either way"),
    Override(("xlstm", "cpmant", "prophetnet"), "norm_eps", ("norm_eps", "eps"), "the class calls it eps"),
    Override(("xlm", "flaubert"), "vocab_size", ("vocab_size", "n_words"), "files before the rename say n_words"),
    Override(("xlnet",), "vocab_size", ("vocab_size", "n_token"), "files before the rename say n_token"),
    Override(("phi4_multimodal_audio",), "num_hidden_layers", ("num_blocks",), "the class calls it num_blocks"),
    Override(
        ("gemma3n_audio",), "num_hidden_layers", ("conf_num_hidden_layers",), "layers of its conformer, all there are"
    ),
    Override(
        ("qwen2_vl_vision",), "hidden_size", ("embed_dim",), "hidden_size is the width it hands to the language part"
    ),
    Override(
        (PARAMS,),
        "intermediate_size",
        ("hidden_dim",),
        "params.json of Mistral's own code: dim is the stream, hidden_dim the MLP",
    ),
    Override(
        (UNET,),
        "head_dim",
        (),
        "attention_head_dim of diffusers' UNets holds the number of heads (their documentation says so), or a list",
    ),
)
