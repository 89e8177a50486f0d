"""GGUF files with a genuine header (version 3), on the scale of ``weights``."""

import math
import struct
from dataclasses import dataclass
from functools import lru_cache

from samplehub.simulated.sizes import Size
from samplehub.simulated.weights import Head, shared_head, thousandth
from samplehub.world import Json

#: ggml type numbers: (number, weights a block, bytes a block, general.file_type)
TYPES = {"F16": (1, 1, 2, 1), "Q4_0": (2, 32, 18, 2), "Q5_0": (6, 32, 22, 8), "Q8_0": (8, 32, 34, 7)}
_ALIGNMENT = 32


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


def gguf_tensors(size: Size, kind: str) -> list[tuple[str, int, tuple[int, ...]]]:
    """(name, ggml type, dimensions): fused layers, so that rows of 32 stay near the true number of parameters."""
    number = TYPES[kind][0]
    hidden = thousandth(size.hidden)
    attention = 2 * hidden * hidden + 2 * hidden * thousandth(size.hidden * size.kv_heads // size.heads)
    feed = 3 * hidden * thousandth(size.inner)
    vocabulary = thousandth(size.vocab) * hidden

    def matrix(name: str, elements: int) -> tuple[str, int, tuple[int, ...]]:
        return (name, number, (32, max(1, round(elements / 32))))

    tensors = [matrix("token_embd.weight", vocabulary)]
    for layer in range(size.layers):
        tensors += [matrix(f"blk.{layer}.attn_qkv.weight", attention), matrix(f"blk.{layer}.ffn_up.weight", feed)]
    return [*tensors, ("output_norm.weight", 0, (hidden,)), matrix("output.weight", vocabulary)]


@dataclass(frozen=True, slots=True)
class _Infos:
    """The tensor infos of a file: their bytes and number, the bytes of the data, the parameters."""

    text: bytes
    count: int
    data: int
    parameters: int


@lru_cache(maxsize=64)
def _infos(size: Size, kind: str) -> _Infos:
    _, block, width, _ = TYPES[kind]
    tensors = gguf_tensors(size, kind)
    parts: list[bytes] = []
    offset = parameters = 0
    for name, number, dimensions in tensors:
        elements = math.prod(dimensions)
        rank = len(dimensions)
        parts.append(_text(name) + struct.pack(f"<I{rank}QIQ", rank, *dimensions, number, offset))
        data = elements * 4 if number == 0 else elements // block * width
        offset += data + -data % _ALIGNMENT
        parameters += elements
    return _Infos(b"".join(parts), len(tensors), offset, parameters)


def gguf_head(architecture: str, name: str, size: Size, kind: str, template: str) -> Head:
    """A GGUF file of a model quantized as ``kind``."""
    metadata: dict[str, object] = {
        "general.architecture": architecture,
        "general.name": name,
        "general.file_type": TYPES[kind][3],
        "general.quantization_version": 2,
        f"{architecture}.context_length": size.context,
        f"{architecture}.embedding_length": size.hidden,
        f"{architecture}.block_count": size.layers,
        f"{architecture}.feed_forward_length": size.inner,
        f"{architecture}.attention.head_count": size.heads,
        f"{architecture}.attention.head_count_kv": size.kv_heads,
        f"{architecture}.attention.layer_norm_rms_epsilon": 1e-5,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": ("<unk>", "<s>", "</s>", "a", "b", "c"),
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": template,
    }
    infos = _infos(size, kind)
    values = b"".join(_text(key) + _value(value) for key, value in metadata.items())
    body = b"GGUF" + struct.pack("<IQQ", 3, infos.count, len(metadata)) + values + infos.text
    return shared_head(body + bytes(-len(body) % _ALIGNMENT), infos.data, {"all": infos.parameters})


def gguf_field(architecture: str, size: Size, head: Head, total_file_size: int, template: str) -> Json:
    """The listing's ``gguf``: ``total`` counts the parameters of one file, ``totalFileSize`` the bytes of all."""
    return {
        "total": dict(head.parameters)["all"],
        "architecture": architecture,
        "context_length": size.context,
        "chat_template": template,
        "bos_token": "<s>",
        "eos_token": "</s>",
        "totalFileSize": total_file_size,
    }
