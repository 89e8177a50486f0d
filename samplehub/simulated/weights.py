"""Weight files small enough to be genuine: every dimension is a thousandth of the config's (rounded, at least 1).

So a model of 7 billion parameters has about 7,000 of them, its safetensors or GGUF header is genuine, and its SHA-256
is that of its bytes. The data is zeros except for the last 16 bytes, which differ by model.
"""

import hashlib
import json
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from samplehub.content import File, Padded, lfs_file
from samplehub.simulated.documents import as_json
from samplehub.simulated.sizes import Size

#: bytes of one element
WIDTHS = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4, "I64": 8}
DTYPES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
TAIL = 16

Tensor = tuple[str, str, tuple[int, ...]]


def thousandth(dimension: int) -> int:
    """A dimension as these weights have it."""
    return max(1, round(dimension / 1000))


@dataclass(frozen=True, slots=True)
class Head:
    """The shared part of weight files: all bytes but the tail, as head and zeros; and the parameters per dtype."""

    head: bytes
    zeros: int
    parameters: tuple[tuple[str, int], ...]
    sha256: "hashlib._Hash"

    def file(self, path: str, tail: bytes) -> File:
        """The weight file whose last bytes are ``tail``."""
        digest = self.sha256.copy()
        digest.update(tail)
        return lfs_file(path, Padded(self.head, self.zeros, tail), digest.hexdigest())


def shared_head(head: bytes, data: int, counts: dict[str, int]) -> Head:
    """A weight file with these first bytes and ``data`` bytes behind them, the tail among them."""
    zeros = max(0, data - TAIL)
    digest = hashlib.sha256(head)
    digest.update(bytes(zeros))
    return Head(head, zeros, tuple(sorted(counts.items())), digest)


def safetensors_head(tensors: Iterable[Tensor], metadata: dict[str, str]) -> Head:
    """A safetensors file of these tensors, all but its last bytes; at least 16 bytes of data are needed."""
    header: dict[str, object] = {"__metadata__": metadata}
    counts: dict[str, int] = {}
    offset = 0
    for name, dtype, shape in tensors:
        elements = math.prod(shape)
        end = offset + elements * WIDTHS[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": (offset, end)}
        counts[dtype] = counts.get(dtype, 0) + elements
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return shared_head(struct.pack("<Q", len(text)) + text, offset, counts)


def layer_shapes(size: Size, style: str) -> list[tuple[str, tuple[int, ...]]]:
    """The tensors of one layer: names behind the layer's number, shapes scaled."""
    attention: list[tuple[str, tuple[int, ...]]]
    feed: list[tuple[str, tuple[int, ...]]]
    hidden, inner = thousandth(size.hidden), thousandth(size.inner)
    narrow = thousandth(size.hidden * size.kv_heads // size.heads)
    if style == "decoder":
        attention = [("self_attn.q_proj", (hidden, hidden)), ("self_attn.k_proj", (narrow, hidden))]
        attention += [("self_attn.v_proj", (narrow, hidden)), ("self_attn.o_proj", (hidden, hidden))]
        feed = [
            ("mlp.gate_proj", (inner, hidden)),
            ("mlp.up_proj", (inner, hidden)),
            ("mlp.down_proj", (hidden, inner)),
        ]
        return attention + feed + [("input_layernorm", (hidden,)), ("post_attention_layernorm", (hidden,))]
    if style == "experts":
        attention = [("self_attn.q_proj", (hidden, hidden)), ("self_attn.k_proj", (narrow, hidden))]
        attention += [("self_attn.v_proj", (narrow, hidden)), ("self_attn.o_proj", (hidden, hidden))]
        feed = [("mlp.experts.gate_up_proj", (8, 2 * inner, hidden)), ("mlp.experts.down_proj", (8, hidden, inner))]
        return attention + feed + [("mlp.gate", (8, hidden)), ("input_layernorm", (hidden,))]
    attention = [(f"attention.{part}", (hidden, hidden)) for part in ("query", "key", "value", "output.dense")]
    feed = [("intermediate.dense", (inner, hidden)), ("output.dense", (hidden, inner))]
    return attention + feed + [("output.LayerNorm", (hidden,))]


def _style(model_type: str) -> str:
    if model_type == "mixtral":
        return "experts"
    return "decoder" if model_type in ("llama", "mistral", "qwen2", "gemma3") else "encoder"


def model_tensors(model_type: str, size: Size, dtype: str, labels: int) -> list[Tensor]:
    """The tensors of a whole model with ``labels`` outputs (0: none)."""
    hidden = thousandth(size.hidden)
    style = _style(model_type)
    stem = "model" if style != "encoder" else model_type
    tensors: list[Tensor] = []
    if size.vocab:
        tensors.append((f"{stem}.embed_tokens.weight", dtype, (thousandth(size.vocab), hidden)))
    parts = ["encoder.layer"] if style == "encoder" else ["layers"]
    if model_type in ("t5", "whisper"):
        parts = ["encoder.layers", "decoder.layers"]
    shapes = layer_shapes(size, style)
    for part in parts:
        for layer in range(size.layers):
            tensors += [(f"{stem}.{part}.{layer}.{name}.weight", dtype, shape) for name, shape in shapes]
    tensors.append((f"{stem}.norm.weight", dtype, (hidden,)))
    if labels:
        # labels are few: not scaled
        tensors += [("classifier.weight", dtype, (labels, hidden)), ("classifier.bias", dtype, (labels,))]
    elif style != "encoder":
        tensors.append(("lm_head.weight", dtype, (thousandth(size.vocab), hidden)))
    return tensors


@lru_cache(maxsize=128)
def model_heads(model_type: str, size: Size, dtype: str, labels: int, shards: int) -> tuple[Head, ...]:
    """The safetensors files of a model, in ``shards`` parts."""
    tensors = model_tensors(model_type, size, DTYPES.get(dtype, dtype), labels)
    step = -(-len(tensors) // shards)
    parts = [tensors[start : start + step] for start in range(0, len(tensors), step)]
    return tuple(safetensors_head(part, {"format": "pt"}) for part in parts)


@lru_cache(maxsize=128)
def weight_map(model_type: str, size: Size, dtype: str, labels: int, names: tuple[str, ...]) -> bytes:
    """The index of a model in shards of these names."""
    tensors = model_tensors(model_type, size, DTYPES.get(dtype, dtype), labels)
    step = -(-len(tensors) // len(names))
    total = sum(math.prod(shape) * WIDTHS[kind] for _, kind, shape in tensors)
    places = {name: names[number // step] for number, (name, _, _) in enumerate(tensors)}
    return as_json({"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))})


@lru_cache(maxsize=64)
def adapter_head(size: Size, rank: int, modules: tuple[str, ...]) -> Head:
    """A LoRA adapter's file."""
    hidden, width = thousandth(size.hidden), thousandth(rank)
    tensors: list[Tensor] = []
    for layer in range(size.layers):
        for module in modules:
            stem = f"base_model.model.model.layers.{layer}.self_attn.{module}"
            tensors += [
                (f"{stem}.lora_A.weight", "F32", (width, hidden)),
                (f"{stem}.lora_B.weight", "F32", (hidden, width)),
            ]
    return safetensors_head(tensors, {"format": "pt"})


@lru_cache(maxsize=64)
def packed_head(model_type: str, size: Size, method: str) -> Head:
    """A 4-bit model: eight weights in one I32, with scales and zeros, as GPTQ and AWQ write them."""
    hidden = thousandth(size.hidden)
    tensors: list[Tensor] = [("model.embed_tokens.weight", "F16", (thousandth(size.vocab), hidden))]
    for layer in range(size.layers):
        for name, shape in layer_shapes(size, _style(model_type)):
            stem = f"model.layers.{layer}.{name}"
            if len(shape) < 2:
                tensors.append((f"{stem}.weight", "F16", shape))
                continue
            packed = max(1, math.prod(shape) // 8)
            tensors.append((f"{stem}.qweight", "I32", (packed, 1)))
            tensors += [(f"{stem}.qzeros", "I32", (1, 1)), (f"{stem}.scales", "F16", (1, shape[0]))]
            if method == "gptq":
                tensors.append((f"{stem}.g_idx", "I32", (shape[-1],)))
    tensors.append(("lm_head.weight", "F16", (thousandth(size.vocab), hidden)))
    return safetensors_head(tensors, {"format": "pt"})


@lru_cache(maxsize=64)
def plain_head(magic: bytes, size: Size, width: int) -> Head:
    """A weight file in a format that is not read here (a pickle's archive, ONNX): its first bytes and a fair size."""
    elements = 12 * size.layers * thousandth(size.hidden) ** 2 + thousandth(size.vocab) * thousandth(size.hidden)
    return shared_head(magic, max(64, elements * width), {})


def tail(*name: object) -> bytes:
    """The last bytes of a model's weights."""
    return hashlib.blake2b(repr(name).encode(), digest_size=TAIL).digest()
