"""Estimated parameters beside the measured ones of genuine models: within 2%, or NULL."""

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


def test_estimates_agree_with_the_sizes_of_genuine_weights() -> None:
    compared = []
    for path in REAL.glob("configs/*/model.safetensors.index.json"):
        config = path.with_name("config.json")
        if not config.exists():
            continue
        typed = extract_document("config.json", config.read_bytes()).typed
        estimated, width = typed.get("parameters_estimated"), WIDTHS.get(str(typed.get("dtype")))
        if isinstance(estimated, int) and width and "quant_method" not in typed:
            total = json.loads(path.read_bytes())["metadata"].get("total_size")
            compared += [(path.parent.name, float(total) / width / estimated - 1)] if total else []
    if not compared:
        pytest.skip("the genuine documents (../shared/real) are not here")
    assert {name: error for name, error in compared if abs(error) > 0.02} == {}
