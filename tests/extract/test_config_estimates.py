"""Estimated parameters beside the measured ones of genuine models, and what else follows from a config's sizes."""

import json
from pathlib import Path
from typing import Any

import pytest

from harvester.extract.config.read import read_typed
from harvester.extract.document import extract_document

REAL = Path(__file__).parents[2] / "../shared/real"
LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "tie_word_embeddings": False,
}  # fmt: skip
DEEPSEEK = {
    "model_type": "deepseek_v3", "architectures": ["DeepseekV3ForCausalLM"], "hidden_size": 7168, "vocab_size": 129280,
    "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 128,
    "num_key_value_heads": 128, "n_routed_experts": 256, "n_shared_experts": 1, "first_k_dense_replace": 3,
    "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "moe_layer_freq": 1, "num_nextn_predict_layers": 1, "tie_word_embeddings": False,
}  # fmt: skip
MIXTRAL = {
    "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "num_local_experts": 8,
    "vocab_size": 32000, "tie_word_embeddings": False,
}  # fmt: skip
BERT = {
    "model_type": "bert", "architectures": ["BertForMaskedLM"], "hidden_size": 768, "intermediate_size": 3072,
    "num_hidden_layers": 12, "num_attention_heads": 12, "vocab_size": 30522, "max_position_embeddings": 512,
    "type_vocab_size": 2,
}  # fmt: skip
OPT = {
    "model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 1024, "ffn_dim": 4096, "vocab_size": 50272,
    "num_hidden_layers": 24, "num_attention_heads": 16, "max_position_embeddings": 2048, "word_embed_proj_dim": 512,
}  # fmt: skip
GPT2 = {
    "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 768, "n_layer": 12, "n_head": 12,
    "n_positions": 1024, "vocab_size": 50257,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "measured"),
    [
        pytest.param(LLAMA, 8_030_261_248, id="Llama 3.1 8B"),
        pytest.param(
            {**LLAMA, "architectures": ["LlamaForSequenceClassification"]}, 7_504_932_864, id="without its head"
        ),
        pytest.param(DEEPSEEK, 684_531_386_000, id="DeepSeek V3 with its multi-token layer"),
        pytest.param(MIXTRAL, 46_702_792_704, id="Mixtral 8x7B"),
        pytest.param(BERT, 110_106_428, id="BERT base, as the Hub counts it"),
        pytest.param(OPT, 331_196_416, id="OPT 350M embeds in fewer dimensions"),
        pytest.param({**GPT2, "transformers_version": "4.38.0"}, 124_439_808, id="GPT-2 saved by a recent library"),
    ],
)
def test_the_estimate_is_within_two_percent_of_what_was_measured(config: dict[str, Any], measured: int) -> None:
    estimated = read_typed("config", config)["parameters_estimated"]
    assert isinstance(estimated, int)
    assert abs(estimated / measured - 1) < 0.02


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({**LLAMA, "model_type": "something"}, id="an unknown model type"),
        pytest.param({**LLAMA, "architectures": ["LlamaForCausalLMEagle3"]}, id="a class that is another thing"),
        pytest.param({**LLAMA, "hidden_size": None}, id="a size is missing"),
        pytest.param({**LLAMA, "num_hidden_layers": 10**12}, id="a size is absurd"),
        pytest.param({**LLAMA, "num_hidden_layers": -1}, id="a size is negative"),
        pytest.param({**LLAMA, "architectures": None}, id="no class says whether there is a head"),
        pytest.param(GPT2, id="old checkpoints hold masks as big as a tenth of the weights"),
        pytest.param({**MIXTRAL, "num_local_experts": [8, 4]}, id="experts that differ by layer"),
    ],
)
def test_what_is_not_understood_is_not_estimated(config: dict[str, Any]) -> None:
    assert "parameters_estimated" not in read_typed("config", config)


WIDTHS = {"float32": 4, "float16": 2, "bfloat16": 2}
#: Saved in another way than their configs say: without the head of the class named, and in float32.
NOT_AS_STATED = ("_gh_wenchunchia__MultiModal-Search-Qwen3-VL-Embedding-", "_unk__VQA_Model")


def test_estimates_agree_with_the_sizes_of_genuine_weights() -> None:
    compared = []
    for path in REAL.glob("configs/*/model.safetensors.index.json"):
        config = path.with_name("config.json")
        if not config.exists() or path.parent.name in NOT_AS_STATED:
            continue
        typed = extract_document("config.json", config.read_bytes()).typed
        estimated, width = typed.get("parameters_estimated"), WIDTHS.get(str(typed.get("dtype")))
        if isinstance(estimated, int) and width and "quant_method" not in typed:
            total = json.loads(path.read_bytes())["metadata"].get("total_size")
            compared += [(path.parent.name, float(total) / width / estimated - 1)] if total else []
    for path in REAL.glob("2026-10/configs/*.json"):
        typed = extract_document("config.json", path.read_bytes()).typed
        estimated = typed.get("parameters_estimated")
        answer = REAL / "2026-10/models" / path.name
        if isinstance(estimated, int) and answer.exists():
            total = json.loads(answer.read_bytes())["safetensors"]["total"]
            compared.append((path.stem, total / estimated - 1))
    if not compared:
        pytest.skip("the genuine documents (../shared/real) are not here")
    assert {name: error for name, error in compared if abs(error) > 0.01} == {}


#: The sizes that the config of Qwen3.5-9B states; the Hub counts 9,653,104,368 parameters.
QWEN35 = {
    "architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5", "tie_word_embeddings": False,
    "text_config": {
        "model_type": "qwen3_5_text", "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 32,
        "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 256, "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_num_key_heads": 16,
        "linear_num_value_heads": 32, "vocab_size": 248320, "mtp_num_hidden_layers": 1, "dtype": "bfloat16",
        "layer_types": [*["linear_attention"] * 3, "full_attention"] * 8,
    },
    "vision_config": {
        "model_type": "qwen3_5", "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16,
        "in_channels": 3, "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2,
        "out_hidden_size": 4096, "num_position_embeddings": 2304,
    },
}  # fmt: skip


def test_hybrid_and_composite_models_are_counted_by_the_library_s_own_code() -> None:
    typed = read_typed("config", QWEN35)
    assert abs(int(str(typed["parameters_estimated"])) / 9_653_104_368 - 1) < 0.0001
    assert (typed["attention"], typed["kv_cache_bytes_per_token"]) == ("hybrid", 8 * 2 * 4 * 256 * 2)
    other = {**QWEN35, "vision_config": {**QWEN35["vision_config"], "model_type": "siglip_vision_model"}}  # type: ignore[dict-item]
    assert "parameters_estimated" not in read_typed("config", other)


@pytest.mark.parametrize(
    ("config", "active"),
    [
        pytest.param({**DEEPSEEK, "num_experts_per_tok": 8}, 37.5e9, id="DeepSeek V3: 37B"),
        pytest.param({**MIXTRAL, "num_experts_per_tok": 2}, 12.9e9, id="Mixtral 8x7B: 12.9B"),
        pytest.param(LLAMA, None, id="a dense model"),
    ],
)
def test_parameters_that_a_token_uses(config: dict[str, Any], active: float | None) -> None:
    found = read_typed("config", config).get("parameters_active")
    assert (found is None) if active is None else abs(int(str(found)) / active - 1) < 0.01


BF16 = {"dtype": "bfloat16"}
GEMMA4 = {
    "model_type": "gemma4_text", "architectures": ["Gemma4ForCausalLM"], "hidden_size": 64, "num_hidden_layers": 6,
    "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 16, "global_head_dim": 32,
    "num_global_key_value_heads": 2, "layer_types": [*["sliding_attention"] * 5, "full_attention"], **BF16,
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "attention", "cost"),
    [
        pytest.param({**LLAMA, **BF16}, "gqa", 32 * 2 * 8 * 128 * 2, id="Llama 3.1 8B: 128 KiB"),
        pytest.param({**LLAMA, "num_key_value_heads": 32, "dtype": "float32"}, "mha", 32 * 2 * 32 * 128 * 4, id="mha"),
        pytest.param({**LLAMA, "num_key_value_heads": 1, **BF16}, "mqa", 32 * 2 * 128 * 2, id="mqa"),
        pytest.param({**DEEPSEEK, **BF16}, "mla", 70_272, id="DeepSeek V3: the 70,272 bytes of its report"),
        pytest.param(LLAMA, "gqa", None, id="no dtype"),
        pytest.param({**LLAMA, "num_key_value_heads": [8, 4], **BF16}, None, None, id="heads that differ by layer"),
        pytest.param({**BERT, **BF16}, "mha", None, id="an encoder keeps no cache"),
        pytest.param(GEMMA4, "gqa", 2 * (5 * 2 * 4 * 16 + 2 * 2 * 32), id="other heads in layers of full attention"),
        pytest.param({**GEMMA4, "num_kv_shared_layers": 2}, "gqa", 2 * 4 * 2 * 4 * 16, id="layers that share a cache"),
        pytest.param(
            {**LLAMA, "model_type": "nemotron_h", "num_hidden_layers": 4, "hybrid_override_pattern": "M-M*", **BF16},
            "hybrid", 2 * 8 * 128 * 2, id="one layer of four attends",
        ),
        pytest.param(
            {"model_type": "mamba2", "architectures": ["Mamba2ForCausalLM"], "hidden_size": 64, **BF16}, "none", 0,
            id="state-space alone",
        ),
        pytest.param({**LLAMA, "layer_types": ["unheard_of"] * 32, **BF16}, None, None, id="a kind that is not known"),
        pytest.param(
            {**LLAMA, "num_hidden_layers": 8, "linear_num_key_heads": 4, "full_attention_interval": 4, **BF16},
            "hybrid", 2 * 2 * 8 * 128 * 2, id="every fourth layer",
        ),
    ],
)  # fmt: skip
def test_what_one_more_token_costs(config: dict[str, Any], attention: str | None, cost: int | None) -> None:
    typed = read_typed("config", config)
    assert (typed.get("attention"), typed.get("kv_cache_bytes_per_token")) == (attention, cost)


QWEN25VL = {
    "architectures": ["Qwen2_5_VLForConditionalGeneration"], "model_type": "qwen2_5_vl", "hidden_size": 3584,
    "intermediate_size": 18944, "num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4,
    "tie_word_embeddings": False, "vocab_size": 152064,
    "vision_config": {
        "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "out_hidden_size": 3584,
        "patch_size": 14, "spatial_merge_size": 2, "temporal_patch_size": 2,
    },
}  # fmt: skip
NEMOTRON = {
    "architectures": ["NemotronHForCausalLM"], "model_type": "nemotron_h", "hidden_size": 8192,
    "intermediate_size": 32768, "num_hidden_layers": 118, "num_attention_heads": 64, "num_key_value_heads": 8,
    "attention_head_dim": 128, "mamba_head_dim": 64, "mamba_num_heads": 256, "n_groups": 8, "ssm_state_size": 256,
    "conv_kernel": 4, "vocab_size": 131072, "tie_word_embeddings": False,
    "hybrid_override_pattern": "M-M-M-M*-" + "M-M-M-M-M*-" * 9 + "M-M-M-M-M-",
}  # fmt: skip


@pytest.mark.parametrize(
    ("config", "measured"),
    [
        pytest.param(QWEN25VL, 8_292_166_656, id="Qwen2.5-VL 7B, its language part at the top level"),
        pytest.param(NEMOTRON, 56_324_350_464, id="Nemotron-H 56B, its layers in a pattern"),
        pytest.param(
            {**NEMOTRON, "hybrid_override_pattern": None, "layers_block_type": ["mamba", "unheard_of"] * 59}, None,
            id="a kind of layer that the table does not know",
        ),
    ],
)  # fmt: skip
def test_layers_of_several_kinds_are_counted_where_all_are_known(config: dict[str, Any], measured: int | None) -> None:
    assert read_typed("config", config).get("parameters_estimated") == measured


#: The sizes of these models, and how many parameters the Hub counts in each.
PUBLISHED: dict[str, tuple[int, dict[str, Any]]] = {
    "SmolVLM-Instruct": (
        2_246_272_880,
        {
            "model_type": "idefics3", "architectures": ["Idefics3ForConditionalGeneration"], "scale_factor": 3,
            "tie_word_embeddings": False,
            "text_config": {
                "model_type": "llama", "vocab_size": 49155, "hidden_size": 2048, "intermediate_size": 8192,
                "num_hidden_layers": 24, "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 64,
            },
            "vision_config": {
                "model_type": "idefics3_vision", "hidden_size": 1152, "intermediate_size": 4304,
                "num_hidden_layers": 27, "num_attention_heads": 16, "image_size": 384, "patch_size": 14,
            },
        },
    ),
    "GLM-4.1V-9B-Thinking": (
        10_292_777_472,
        {
            "model_type": "glm4v", "architectures": ["Glm4vForConditionalGeneration"], "tie_word_embeddings": False,
            "text_config": {
                "model_type": "glm4v_text", "hidden_size": 4096, "intermediate_size": 13696, "num_hidden_layers": 40,
                "num_attention_heads": 32, "num_key_value_heads": 2, "vocab_size": 151552, "attention_bias": True,
            },
            "vision_config": {
                "model_type": "glm4v", "depth": 24, "hidden_size": 1536, "intermediate_size": 13696,
                "out_hidden_size": 4096, "num_heads": 12, "image_size": 336, "patch_size": 14, "in_channels": 3,
                "spatial_merge_size": 2, "temporal_patch_size": 2, "attention_bias": False,
            },
        },
    ),
    "falcon-mamba-7b": (
        7_272_665_088,
        {
            "model_type": "falcon_mamba", "architectures": ["FalconMambaForCausalLM"], "hidden_size": 4096,
            "num_hidden_layers": 64, "state_size": 16, "intermediate_size": 8192, "conv_kernel": 4, "use_bias": False,
            "vocab_size": 65024, "tie_word_embeddings": False, "time_step_rank": 256, "use_conv_bias": True,
        },
    ),
    "Mamba-Codestral-7B-v0.1": (
        7_285_403_648,
        {
            "model_type": "mamba2", "architectures": ["Mamba2ForCausalLM"], "hidden_size": 4096, "state_size": 128,
            "num_hidden_layers": 64, "num_heads": 128, "head_dim": 64, "n_groups": 8, "expand": 2, "conv_kernel": 4,
            "vocab_size": 32768, "tie_word_embeddings": False, "use_bias": False, "use_conv_bias": True,
        },
    ),
    "Qwen-7B": (
        7_721_324_544,
        {
            "model_type": "qwen", "architectures": ["QWenLMHeadModel"], "hidden_size": 4096, "num_hidden_layers": 32,
            "intermediate_size": 22016, "num_attention_heads": 32, "kv_channels": 128, "vocab_size": 151936,
            "tie_word_embeddings": False, "no_bias": True,
        },
    ),
    "NVIDIA-Nemotron-3-Nano-30B-A3B": (
        31_577_937_344,
        {
            "model_type": "nemotron_h", "architectures": ["NemotronHForCausalLM"], "hidden_size": 2688,
            "hybrid_override_pattern": "MEMEM*E" * 5 + "MEMEMEM*EMEMEMEME", "num_hidden_layers": 52,
            "n_routed_experts": 128, "moe_intermediate_size": 1856, "moe_shared_expert_intermediate_size": 3712,
            "intermediate_size": 1856, "num_attention_heads": 32, "num_key_value_heads": 2, "head_dim": 128,
            "mamba_num_heads": 64, "mamba_head_dim": 64, "n_groups": 8, "ssm_state_size": 128, "conv_kernel": 4,
            "vocab_size": 131072, "num_experts_per_tok": 6, "tie_word_embeddings": False, "use_conv_bias": True,
        },
    ),
    "gemma-4-31B": (
        31_273_088_876,
        {
            "model_type": "gemma4", "architectures": ["Gemma4ForConditionalGeneration"], "audio_config": None,
            "tie_word_embeddings": True,
            "text_config": {
                "model_type": "gemma4_text", "hidden_size": 5376, "intermediate_size": 21504, "num_hidden_layers": 60,
                "num_attention_heads": 32, "num_key_value_heads": 16, "num_global_key_value_heads": 4, "head_dim": 256,
                "global_head_dim": 512, "attention_k_eq_v": True, "hidden_size_per_layer_input": 0,
                "vocab_size": 262144, "layer_types": [*["sliding_attention"] * 5, "full_attention"] * 10,
                "enable_moe_block": False, "num_experts": None, "moe_intermediate_size": None,
            },
            "vision_config": {
                "model_type": "gemma4_vision", "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
                "num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 72, "standardize": True,
            },
        },
    ),
    "gemma-4-E4B": (
        7_996_156_490,
        {
            "model_type": "gemma4", "architectures": ["Gemma4ForConditionalGeneration"], "tie_word_embeddings": True,
            "text_config": {
                "model_type": "gemma4_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 42,
                "num_attention_heads": 8, "num_key_value_heads": 2, "num_kv_shared_layers": 18, "head_dim": 256,
                "hidden_size_per_layer_input": 256, "vocab_size_per_layer_input": 262144, "vocab_size": 262144,
                "layer_types": [*["sliding_attention"] * 5, "full_attention"] * 7,
            },
            "vision_config": {"model_type": "gemma4_vision", "use_clipped_linears": True},
            "audio_config": {"model_type": "gemma4_audio"},
        },
    ),
    "Ling-3.0-flash": (
        127_486_405_600,
        {
            "model_type": "bailing_hybrid", "architectures": ["BailingHybridForCausalLM"], "hidden_size": 2560,
            "intermediate_size": 6144, "moe_intermediate_size": 768, "num_hidden_layers": 42, "num_experts": 512,
            "num_attention_heads": 32, "num_shared_experts": 1, "kv_lora_rank": 512, "q_lora_rank": None,
            "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128, "first_k_dense_replace": 2,
            "head_dim": 128, "short_conv_kernel_size": 4, "layer_group_size": 6, "num_nextn_predict_layers": 1,
            "vocab_size": 157184, "tie_word_embeddings": False,
        },
    ),
    "MiniCPM-Llama3-V-2_5": (
        8_537_092_336,
        {
            **LLAMA, "model_type": "minicpmv", "architectures": ["MiniCPMV"], "query_num": 96,
            "vision_config": {
                "hidden_size": 1152, "image_size": 980, "intermediate_size": 4304, "model_type": "idefics2",
                "num_attention_heads": 16, "num_hidden_layers": 27, "patch_size": 14,
            },
        },
    ),
    "fuyu-8b": (
        9_408_238_592,
        {
            "model_type": "fuyu", "architectures": ["FuyuForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 36,
            "intermediate_size": 16384, "num_attention_heads": 64, "vocab_size": 262144, "tie_word_embeddings": False,
            "text_config": {"model_type": "persimmon"},
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("left_out", "same"),
    [
        pytest.param("head_dim", True, id="the default of the class whatever else is stated"),
        pytest.param("layer_types", False, id="a default that follows from others"),
    ],
)
def test_a_key_left_out_counts_where_its_default_is_certain(left_out: str, same: bool) -> None:
    part = {key: value for key, value in QWEN35["text_config"].items() if key != left_out}  # type: ignore[attr-defined]
    found = read_typed("config", {**QWEN35, "text_config": part}).get("parameters_estimated")
    assert found == (read_typed("config", QWEN35)["parameters_estimated"] if same else None)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_estimate_is_within_one_percent_of_what_the_hub_counts(name: str) -> None:
    total, config = PUBLISHED[name]
    estimated = read_typed("config", config)["parameters_estimated"]
    assert isinstance(estimated, int)
    assert abs(estimated / total - 1) < 0.01


def test_falcon_h1_whose_rule_no_published_total_confirms_is_not_estimated() -> None:
    config = {**LLAMA, "model_type": "falcon_h1", "architectures": ["FalconH1ForCausalLM"]}
    assert "parameters_estimated" not in read_typed("config", config)
