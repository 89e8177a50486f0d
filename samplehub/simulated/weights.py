"""Weight files of real size: genuine headers over tensors of the true shapes, whose bytes are generated when requested.

A file's data repeats 16 bytes, so that it takes no memory and any range of it can be read; a large file's SHA-256 is
derived (``content.generated_file``). Files with the same header and ``fill`` are duplicates.
"""

import hashlib
import math
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from samplehub.content import File, Generated, generated_file, plain_file
from samplehub.simulated.architectures import ARCHITECTURES
from samplehub.simulated.documents import as_json
from samplehub.simulated.shapes import Shape, Shapes
from samplehub.simulated.sizes import Size

#: bytes of one element
WIDTHS = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4, "I64": 8}
DTYPES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
#: the largest shard that `transformers` writes by default, in bytes: safetensors, pickles (of older versions)
SHARD, OLD_SHARD = 5_000_000_000, 10_000_000_000
#: weights of a matrix that share a scale in GPTQ and AWQ
GROUP = 128
#: the parts of a layer that an adapter changes, by model type; others have those of ``""``
ADAPTED = {
    "bert": (("query", "value"),),
    "roberta": (("query", "value"),),
    "vit": (("query", "value"),),
    "gpt2": (("c_attn",),),
    "t5": (("q", "v"),),
    "": (("q_proj", "v_proj"), ("q_proj", "k_proj", "v_proj", "o_proj")),
}

Tensor = tuple[str, str, tuple[int, ...]]
#: a file's path to the 16 bytes that its data repeats
Fill = Callable[[str], bytes]


def fill(*name: object) -> bytes:
    """The bytes that a file's data repeats; read as floats, they are between 0 and 2."""
    return bytes(byte & 0x3F for byte in hashlib.blake2b(repr(name).encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class Head:
    """What files of the same tensors share: their first bytes, the bytes behind them, and the elements per dtype."""

    head: bytes
    length: int
    parameters: tuple[tuple[str, int], ...] = ()

    def file(self, path: str, fill: bytes) -> File:
        """A file whose data repeats ``fill``."""
        return generated_file(path, Generated(self.head, self.length, fill))


def safetensors_head(tensors: Iterable[Tensor]) -> Head:
    """A safetensors file of these tensors."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    counts: dict[str, int] = {}
    offset = 0
    for name, dtype, shape in tensors:
        elements = math.prod(shape)
        end = offset + elements * WIDTHS[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": (offset, end)}
        counts[dtype] = counts.get(dtype, 0) + elements
        offset = end
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    return Head(struct.pack("<Q", len(text)) + text, offset, tuple(sorted(counts.items())))


def typed(shapes: Iterable[Shape], dtype: str) -> list[Tensor]:
    """Tensors of one dtype."""
    return [(name, dtype, shape) for name, shape in shapes]


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(math.prod(shape) * WIDTHS[dtype] for _, dtype, shape in tensors)


def shards(tensors: list[Tensor], most: int) -> list[list[Tensor]]:
    """The tensors in their order, cut before a shard exceeds ``most`` bytes."""
    parts: list[list[Tensor]] = [[]]
    left = most
    for tensor in tensors:
        size = _bytes((tensor,))
        if size > left and parts[-1]:
            parts.append([])
            left = most
        parts[-1].append(tensor)
        left -= size
    return parts


def shard_names(stem: str, end: str, count: int) -> list[str]:
    """The names of ``count`` shards; a single one has no number."""
    if count == 1:
        return [f"{stem}.{end}"]
    return [f"{stem}-{number:05d}-of-{count:05d}.{end}" for number in range(1, count + 1)]


def _index(parts: list[list[Tensor]], names: list[str]) -> bytes:
    """The index of a model in shards of these names."""
    total = sum(_bytes(part) for part in parts)
    places = {tensor[0]: name for part, name in zip(parts, names, strict=True) for tensor in part}
    return as_json({"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files of a model's weights, without the data: their names and heads, and the index of several."""

    names: tuple[str, ...]
    heads: tuple[Head, ...]
    index: File | None

    def files(self, fill: Fill) -> list[File]:
        """The files, and the index."""
        files = [head.file(name, fill(name)) for name, head in zip(self.names, self.heads, strict=True)]
        return [*files, self.index] if self.index else files


def checkpoint(tensors: list[Tensor], stem: str = "model", most: int = SHARD) -> Checkpoint:
    """The safetensors files of a model, in shards of at most ``most`` bytes."""
    parts = shards(tensors, most)
    names = shard_names(stem, "safetensors", len(parts))
    index = plain_file(f"{stem}.safetensors.index.json", _index(parts, names)) if len(parts) > 1 else None
    return Checkpoint(tuple(names), tuple(safetensors_head(part) for part in parts), index)


def model_shapes(architecture: str, size: Size, labels: int, task: str) -> Shapes:
    """The tensors of a model for ``task`` with ``labels`` outputs (0: none)."""
    return ARCHITECTURES[architecture].tensors(size, labels, task)


@lru_cache(maxsize=64)
def model_checkpoint(architecture: str, size: Size, labels: int, task: str) -> Checkpoint:
    """The safetensors files of a model."""
    dtype = DTYPES[ARCHITECTURES[architecture].dtype]
    return checkpoint(typed(model_shapes(architecture, size, labels, task), dtype))


#: pickled archives begin like any zip file
PICKLE = b"PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl"


@lru_cache(maxsize=64)
def pickle_checkpoint(architecture: str, size: Size, labels: int, task: str) -> Checkpoint:
    """A model's weights as `torch.save` writes them; only the first bytes are genuine."""
    dtype = DTYPES[ARCHITECTURES[architecture].dtype]
    parts = shards(typed(model_shapes(architecture, size, labels, task), dtype), OLD_SHARD)
    names = shard_names("pytorch_model", "bin", len(parts))
    index = plain_file("pytorch_model.bin.index.json", _index(parts, names)) if len(parts) > 1 else None
    # the archive has about 200 bytes for each tensor
    heads = tuple(plain_head(PICKLE, _bytes(part) + 200 * len(part)) for part in parts)
    return Checkpoint(tuple(names), heads, index)


@lru_cache(maxsize=64)
def elements(architecture: str, size: Size, labels: int, task: str) -> int:
    """The number of a model's parameters."""
    return sum(math.prod(shape) for _, shape in model_shapes(architecture, size, labels, task))


def plain_head(magic: bytes, length: int) -> Head:
    """A file in a format of which only the first bytes are genuine (an archive of pickles, ONNX): ``length`` bytes."""
    return Head(magic, max(64, length - len(magic)))


@lru_cache(maxsize=64)
def adapter_head(architecture: str, size: Size, task: str, rank: int, modules: tuple[str, ...]) -> Head:
    """A LoRA adapter of a model."""
    tensors: list[Tensor] = []
    transposed = ARCHITECTURES[architecture].model_type == "gpt2"
    for name, shape in model_shapes(architecture, size, 0 if architecture != "vit" else 2, task):
        stem, _, last = name.rpartition(".")
        if last == "weight" and len(shape) == 2 and stem.rpartition(".")[2] in modules and "vision" not in name:
            out, into = reversed(shape) if transposed else shape
            tensors.append((f"base_model.model.{stem}.lora_A.weight", "F32", (rank, into)))
            tensors.append((f"base_model.model.{stem}.lora_B.weight", "F32", (out, rank)))
    return safetensors_head(tensors)


@lru_cache(maxsize=64)
def packed_checkpoint(architecture: str, size: Size, method: str) -> Checkpoint:
    """A 4-bit model: eight weights in one I32, with scales and zeros, as GPTQ and AWQ write them."""
    tensors: list[Tensor] = []
    for name, shape in model_shapes(architecture, size, 0, ""):
        stem, _, last = name.rpartition(".")
        if last != "weight" or len(shape) != 2 or ".layers." not in name or "vision" in name or stem.endswith(".gate"):
            tensors.append((name, "F16", shape))
            continue
        out, into = shape
        qweight = (into // 8, out) if method == "gptq" else (into, out // 8)
        tensors.append((f"{stem}.qweight", "I32", qweight))
        tensors.append((f"{stem}.qzeros", "I32", (into // GROUP, out // 8)))
        tensors.append((f"{stem}.scales", "F16", (into // GROUP, out)))
        if method == "gptq":
            tensors.append((f"{stem}.g_idx", "I32", (into,)))
    return checkpoint(tensors)
