"""GGUF files: a genuine header (version 3) over tensors of the types and shapes that llama.cpp gives them.

The list of the tokens is short, so that a header has kilobytes and not megabytes; ``vocab_size`` has their true number.
"""

import hashlib
import math
import struct
from dataclasses import dataclass
from functools import lru_cache

from samplehub.content import Head
from samplehub.simulated.sizes import Size
from samplehub.simulated.weights import Weights
from samplehub.world import Json

#: ggml types: (number, weights per block, bytes per block)
TYPES = {
    "F32": (0, 1, 4),
    "F16": (1, 1, 2),
    "Q4_0": (2, 32, 18),
    "Q5_0": (6, 32, 22),
    "Q5_1": (7, 32, 24),
    "Q8_0": (8, 32, 34),
    "Q2_K": (10, 256, 84),
    "Q3_K": (11, 256, 110),
    "Q4_K": (12, 256, 144),
    "Q5_K": (13, 256, 176),
    "Q6_K": (14, 256, 210),
    "IQ4_NL": (20, 32, 18),
}


@dataclass(frozen=True, slots=True)
class Mix:
    """A quantization: its number (general.file_type), the type of most tensors, and that of the sensitive ones.

    ``half`` says that half of the layers keep the sensitive type, as llama.cpp's medium mixes do.
    """

    number: int
    most: str
    sensitive: str
    half: bool = False


MIXES = {
    "Q2_K": Mix(10, "Q2_K", "Q3_K"),
    "Q3_K_M": Mix(12, "Q3_K", "Q4_K"),
    "Q4_0": Mix(2, "Q4_0", "Q4_0"),
    "Q4_K_M": Mix(15, "Q4_K", "Q6_K", half=True),
    "Q5_K_M": Mix(17, "Q5_K", "Q6_K", half=True),
    "Q6_K": Mix(18, "Q6_K", "Q6_K"),
    "Q8_0": Mix(7, "Q8_0", "Q8_0"),
    "F16": Mix(1, "F16", "F16"),
}
#: what llama.cpp takes for rows that are no multiple of 256
_NARROW = {"Q2_K": "IQ4_NL", "Q3_K": "IQ4_NL", "Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}
#: the name of an architecture in GGUF, by model type
NAMES = {"mistral": "llama", "mixtral": "llama"}
_ALIGNMENT = 32

Row = tuple[str, str, tuple[int, ...]]


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _value(value: object) -> bytes:
    """A metadata value with its type number: u32, f32, bool, string, or an array of strings."""
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, tuple):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_text(item) for item in value)
    return struct.pack("<I", 8) + _text(str(value))


def gguf_tensors(model_type: str, size: Size, kind: str) -> list[Row]:
    """(name, type, dimensions) of every tensor; the first dimension is a row, as GGUF has it."""
    mix, hidden = MIXES[kind], size.hidden
    width, kept = size.heads * size.head_width, size.kv_heads * size.head_width
    output = mix.most if mix.most in ("F16", "Q8_0") else "Q6_K"

    def matrix(name: str, of: str, row: int, *more: int) -> Row:
        blocks = TYPES[of][1]
        return (f"{name}.weight", _NARROW[of] if row % blocks else of, (row, *more))

    def flat(name: str, length: int) -> Row:
        return (name, "F32", (length,))

    rows = [matrix("token_embd", output if size.tied else mix.most, hidden, size.vocab)]
    for layer in range(size.layers):
        stem = f"blk.{layer}"
        eighth = size.layers // 8
        more = layer < eighth or layer >= 7 * size.layers // 8 or (layer - eighth) % 3 == 2
        better = mix.sensitive if more or not mix.half else mix.most
        rows += [flat(f"{stem}.attn_norm.weight", hidden), matrix(f"{stem}.ffn_down", better, size.inner, hidden)]
        if model_type == "mixtral":
            rows[-1:] = [
                (f"{stem}.ffn_gate_inp.weight", "F32", (hidden, 8)),
                matrix(f"{stem}.ffn_down_exps", better, size.inner, hidden, 8),
                matrix(f"{stem}.ffn_gate_exps", mix.most, hidden, size.inner, 8),
                matrix(f"{stem}.ffn_up_exps", mix.most, hidden, size.inner, 8),
            ]
        else:
            rows += [matrix(f"{stem}.{part}", mix.most, hidden, size.inner) for part in ("ffn_gate", "ffn_up")]
        rows += [
            flat(f"{stem}.ffn_norm.weight", hidden),
            matrix(f"{stem}.attn_k", mix.most, hidden, kept),
            matrix(f"{stem}.attn_output", mix.most, width, hidden),
            matrix(f"{stem}.attn_q", mix.most, hidden, width),
            matrix(f"{stem}.attn_v", better, hidden, kept),
        ]
        if model_type == "qwen2":
            widths = {"attn_q": width, "attn_k": kept, "attn_v": kept}
            rows += [flat(f"{stem}.{part}.bias", of) for part, of in widths.items()]
        if model_type in ("qwen3", "gemma3"):
            rows += [flat(f"{stem}.{part}.weight", size.head_width) for part in ("attn_q_norm", "attn_k_norm")]
        if model_type == "gemma3":
            rows += [flat(f"{stem}.{part}.weight", hidden) for part in ("post_attention_norm", "post_ffw_norm")]
    rows.append(flat("output_norm.weight", hidden))
    return rows if size.tied else [*rows, matrix("output", output, hidden, size.vocab)]


@dataclass(frozen=True, slots=True)
class _Infos:
    """What is kept of the tensor infos of a file: their digest, size and number, the bytes of the data, parameters."""

    digest: bytes
    size: int
    count: int
    data: int
    parameters: int


@lru_cache(maxsize=512)
def _infos(model_type: str, size: Size, kind: str) -> _Infos:
    tensors = gguf_tensors(model_type, size, kind)
    text, data = _packed(tensors)
    parameters = sum(math.prod(dimensions) for _, _, dimensions in tensors)
    return _Infos(hashlib.sha256(text).digest(), len(text), len(tensors), data, parameters)


def _packed(tensors: list[Row]) -> tuple[bytes, int]:
    """The tensor infos, and the bytes of the data behind them."""
    parts: list[bytes] = []
    offset = 0
    for name, of, dimensions in tensors:
        number, block, width = TYPES[of]
        rank = len(dimensions)
        parts.append(_text(name) + struct.pack(f"<I{rank}QIQ", rank, *dimensions, number, offset))
        data = math.prod(dimensions) // block * width
        offset += data + -data % _ALIGNMENT
    return b"".join(parts), offset


def gguf(model_type: str, name: str, size: Size, kind: str, template: str) -> Weights:
    """A GGUF file of a model quantized as ``kind``."""
    architecture = NAMES.get(model_type, model_type)
    metadata: dict[str, object] = {
        "general.architecture": architecture,
        "general.type": "model",
        "general.name": name,
        "general.size_label": size.label,
        "general.file_type": MIXES[kind].number,
        "general.quantization_version": 2,
        f"{architecture}.vocab_size": size.vocab,
        f"{architecture}.context_length": size.context,
        f"{architecture}.embedding_length": size.hidden,
        f"{architecture}.block_count": size.layers,
        f"{architecture}.feed_forward_length": size.inner,
        f"{architecture}.attention.head_count": size.heads,
        f"{architecture}.attention.head_count_kv": size.kv_heads,
        f"{architecture}.attention.key_length": size.head_width,
        f"{architecture}.attention.value_length": size.head_width,
        f"{architecture}.attention.layer_norm_rms_epsilon": 1e-5,
    }
    if model_type == "mixtral":
        metadata |= {f"{architecture}.expert_count": 8, f"{architecture}.expert_used_count": 2}
    metadata |= {
        "tokenizer.ggml.model": "gpt2" if model_type.startswith("qwen") or size.vocab == 128256 else "llama",
        "tokenizer.ggml.tokens": ("<unk>", "<s>", "</s>", "a", "b", "c"),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": template,
    }
    infos = _infos(model_type, size, kind)
    values = b"".join(_text(key) + _value(value) for key, value in metadata.items())
    before = b"GGUF" + struct.pack("<IQQ", 3, infos.count, len(metadata)) + values
    length = len(before) + infos.size

    def make() -> bytes:
        return before + _packed(gguf_tensors(model_type, size, kind))[0] + bytes(-length % _ALIGNMENT)

    key = hashlib.sha256(before + infos.digest).digest()
    return Weights(Head(make, length + -length % _ALIGNMENT, key), infos.data, (("all", infos.parameters),))


def gguf_field(model_type: str, size: Size, first: Weights, total_file_size: int, template: str) -> Json:
    """The listing's ``gguf``: ``total`` counts the parameters of one file, ``totalFileSize`` the bytes of all."""
    return {
        "total": dict(first.parameters)["all"],
        "architecture": NAMES.get(model_type, model_type),
        "context_length": size.context,
        "chat_template": template,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "totalFileSize": total_file_size,
    }
