"""Parameters of stacks of transformer layers: decoders, mixtures of experts, and encoders of BERT's kind."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from harvester.extract.config.convert import integer
from harvester.extract.config.estimates.experts import experts_of
from harvester.extract.config.estimates.sizes import LARGEST, Shape, has_head, shape_of, size
from harvester.extract.values import Value


@dataclass(frozen=True, slots=True)
class Decoder:
    """What a layer of a model type is made of, in matrices and vectors."""

    #: the MLP has three matrices, else two
    gated: bool = True
    #: vectors of the width in a layer: biases and norms
    vectors: int = 2
    #: vectors of the inner width in a layer
    inner_vectors: int = 0
    #: learned positions, one row each beside ``extra_positions``
    positions: bool = False
    extra_positions: int = 0
    #: BERT and its kin: token types, an embedding norm, and a pooler or prediction head
    encoder: bool = False
    #: each matrix of the MLP is half as wide as ``intermediate_size`` says
    halved: bool = False
    #: a switch without which the layers are others
    needs: str | None = None
    #: layers have experts
    sparse: bool = False
    #: copies of the embedding in each layer for multi-token prediction; None: checkpoints hold no such layers
    ahead: int | None = None
    #: checkpoints of old library versions hold causal masks, which count as buffers
    masks: bool = False


_BERT = Decoder(gated=False, vectors=9, inner_vectors=1, positions=True, encoder=True)
_GPT = Decoder(gated=False, vectors=9, inner_vectors=1, positions=True, masks=True)
_LLAMA = Decoder()
_MIXTURE = Decoder(sparse=True)

DECODERS: dict[str, Decoder] = {
    **dict.fromkeys(
        (
            "llama", "mistral", "gemma", "smollm3", "granite", "phi3", "internlm",
            "internlm2", "internlm3", "baichuan", "Yi", "aquila", "aquila3", "xverse", "seed_oss",
            "ministral3", "ernie4_5", "cwm", "eurobert", "iquestcoder", "vaultgemma",
            "minicpm3", "olmo", "helium", "hunyuan_v1_dense", "qwen2", "qwen3", "olmo2", "olmo3",
            "exaone4", "stablelm", "stablelm_epoch", "cohere", "cohere2", "minicpm",
        ),
        _LLAMA,
    ),
    **dict.fromkeys(
        (
            "mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "granitemoe", "minimax_m2", "dots1", "deepseek_v2", "kimi_k2",
            "exaone_moe", "flex_olmo", "laguna",
        ),
        _MIXTURE,
    ),
    **dict.fromkeys(
        ("deepseek_v3", "deepseek_v32", "glm_moe_dsa", "glm4_moe", "glm4_moe_lite", "xing4_0"),
        replace(_MIXTURE, ahead=2),
    ),
    "mimo": Decoder(ahead=0),
    **dict.fromkeys(("gemma2", "gemma3_text", "youtu", "hyperclovax", "bitnet", "modernbert"), Decoder(vectors=4)),
    **dict.fromkeys(("apertus", "nanochat"), Decoder(gated=False)),
    "phimoe": replace(_MIXTURE, vectors=9),
    "gpt_oss": replace(_MIXTURE, vectors=4),
    "glm": Decoder(),
    "glm4": Decoder(vectors=4),
    "nemotron": Decoder(gated=False, vectors=4),
    "arcee": Decoder(gated=False),
    "starcoder2": Decoder(gated=False, vectors=8, inner_vectors=1),
    "phi": Decoder(gated=False, vectors=7, inner_vectors=1),
    **dict.fromkeys(("persimmon", "fuyu"), Decoder(gated=False, vectors=9, inner_vectors=1)),
    "qwen": Decoder(vectors=5, halved=True),
    **dict.fromkeys(
        ("gpt_neox", "gpt_neox_reward_model"), Decoder(gated=False, vectors=9, inner_vectors=1, masks=True)
    ),
    "gptj": Decoder(gated=False, vectors=3, inner_vectors=1, masks=True),
    "codegen": Decoder(gated=False, vectors=3, inner_vectors=1, masks=True),
    "gpt_neo": Decoder(gated=False, vectors=6, inner_vectors=1, positions=True, masks=True),
    "gpt2": _GPT,
    "gpt-sw3": _GPT,
    "gpt_bigcode": _GPT,
    "openai-gpt": _GPT,
    "bloom": Decoder(gated=False, vectors=9, inner_vectors=1),
    "mpt": Decoder(gated=False),
    "falcon": Decoder(gated=False, vectors=2),
    "opt": Decoder(gated=False, vectors=9, inner_vectors=1, positions=True, extra_positions=2),
    "biogpt": Decoder(gated=False, vectors=9, inner_vectors=1, positions=True, extra_positions=2),
    "xglm": Decoder(gated=False, vectors=9, inner_vectors=1),
    **dict.fromkeys(
        (
            "bert", "roberta", "xlm-roberta", "camembert", "ernie", "mpnet", "data2vec-text", "roberta-prelayernorm",
            "xlm-roberta-xl", "electra", "distilbert", "splinter", "megatron-bert",
            "ibert", "tapas", "big_bird", "yoso", "nystromformer", "albert",
        ),
        _BERT,
    ),
    "esm": replace(_BERT, positions=False),
    "deberta-v2": replace(_BERT, needs="share_att_key"),
}  # fmt: skip


def estimate_decoder(
    stack: Decoder, scope: Mapping[str, Value], typed: Mapping[str, object]
) -> tuple[int, int | None] | None:
    """All parameters of one stack with its embeddings and head, and of a mixture those that a token uses.

    None where the config does not say all of it.
    """
    shape = shape_of(typed)
    if shape is None or not shape.vocabulary:
        return None
    if stack.needs is not None and scope.get(stack.needs) is not True:
        return None
    if "num_hidden_groups" in scope:  # ALBERT's layers share their weights by group
        shape = shape._replace(layers=max(1, min(integer(scope["num_hidden_groups"]) or 1, shape.layers)))
    mlps = _mlps(scope, typed, stack, shape)
    if mlps is None:
        return None
    attention = _attention(scope, typed, shape)
    total = _around(scope, typed, stack, shape, attention)
    if total is None:
        return None
    total += mlps.all + shape.layers * stack.vectors * shape.width
    by_layer = scope.get("num_attention_heads_per_layer")
    if type(by_layer) is list and len(by_layer) >= shape.layers and all(type(n) is int for n in by_layer):
        total += 2 * shape.width * shape.head * (sum(by_layer[: shape.layers]) - shape.layers * shape.heads)
    active = None if mlps.idle is None else total - mlps.idle
    if stack.ahead is not None:
        ahead = integer(scope.get("num_nextn_predict_layers")) or 0
        one = mlps.last + attention + 2 * shape.width**2 + stack.ahead * shape.vocabulary * shape.width
        total += min(max(ahead, 0), shape.layers) * one
    if stack.masks and _may_hold_masks(typed) and shape.layers * shape.positions**2 * 50 > total:
        return None
    return total, active


def _around(
    scope: Mapping[str, Value], typed: Mapping[str, object], stack: Decoder, shape: Shape, attention: int
) -> int | None:
    """The embeddings, the attention of all layers, and the head."""
    head = has_head(typed)
    # ELECTRA, ALBERT and OPT may embed in fewer dimensions and project.
    narrow = integer(scope.get("embedding_size" if stack.encoder else "word_embed_proj_dim"))
    dimensions = narrow if narrow is not None and 0 < narrow < LARGEST else shape.width
    embedding = shape.vocabulary * dimensions
    total = embedding + shape.layers * attention
    if stack.positions:
        total += (shape.positions + stack.extra_positions) * (dimensions if stack.encoder else shape.width)
    if stack.encoder:
        types = integer(scope.get("type_vocab_size")) or 0
        total += (min(max(types, 0), LARGEST) + 2) * dimensions
        total += shape.width * dimensions
        if "num_hidden_groups" in scope and not head:
            total += shape.width * shape.width  # ALBERT's pooler
    elif dimensions != shape.width:
        total += 2 * dimensions * shape.width
    elif not shape.tied:
        if (head is None or (head and shape.tied is None)) and embedding * 50 > total:
            return None
        total += embedding if head else 0
    return total


def _attention(scope: Mapping[str, Value], typed: Mapping[str, object], shape: Shape) -> int:
    """The projections of one layer's attention."""
    compressed = size(typed, "kv_lora_rank")
    if compressed is None:
        return 2 * shape.width * shape.head * (shape.heads + shape.key_values)
    rotated, plain = size(typed, "qk_rope_head_dim") or 0, size(typed, "qk_nope_head_dim") or 0
    values = size(typed, "v_head_dim") or plain
    query = size(typed, "q_lora_rank")
    width, heads = shape.width, shape.heads
    queries = width * heads * (plain + rotated)
    if query is not None:
        queries = width * query + query * heads * (plain + rotated)
    return queries + width * (compressed + rotated) + compressed * heads * (plain + values) + heads * values * width


class _Mlps(NamedTuple):
    """The MLPs of all layers, the last one's, and what a token leaves idle of them (None: no experts)."""

    all: int
    last: int
    idle: int | None


def _mlps(scope: Mapping[str, Value], typed: Mapping[str, object], stack: Decoder, shape: Shape) -> _Mlps | None:
    """The MLPs of all layers, with or without experts; None where the config does not say all of it."""
    matrices = 3 if stack.gated else 2
    inner = shape.inner // 2 if stack.halved else shape.inner
    dense = matrices * shape.width * inner + stack.inner_vectors * inner
    if not stack.sparse:
        return None if typed.get("num_experts") else _Mlps(shape.layers * dense, dense, None)
    experts = experts_of(scope, typed, shape.layers, shape.inner)
    if experts is None:
        return None
    sparse = shape.width * (matrices * (experts.number * experts.width + experts.shared) + experts.number)
    used, idle = typed.get("num_experts_per_token"), None
    if isinstance(used, int) and 0 < used <= experts.number:
        idle = experts.layers * (experts.number - used) * matrices * experts.width * shape.width
    return _Mlps(
        experts.layers * sparse + (shape.layers - experts.layers) * dense, sparse if experts.layers else dense, idle
    )


def _may_hold_masks(typed: Mapping[str, object]) -> bool:
    """Whether the library that saved the model stored causal masks beside the weights: it did until 4.30."""
    version = typed.get("transformers_version")
    parts = version.split(".")[:2] if isinstance(version, str) else []
    if len(parts) < 2 or not all(part.isdigit() and len(part) < 5 for part in parts):
        return True
    return (int(parts[0]), int(parts[1])) < (4, 31)
