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

from samplehub.content import File, Generated, Head, generated_file, plain_file
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
class Weights:
    """What files of the same tensors share: their head, the bytes behind it, and the elements per dtype."""

    head: Head
    length: int
    parameters: tuple[tuple[str, int], ...] = ()

    def file(self, path: str, fill: bytes) -> File:
        """A file whose data repeats ``fill``."""
        return generated_file(path, Generated(self.head, self.length, fill))


def safetensors(make: Callable[[], list[Tensor]], tensors: list[Tensor] | None = None) -> Weights:
    """A safetensors file of the tensors that ``make`` makes (``tensors``, if they are known already)."""
    tensors = make() if tensors is None else tensors
    counts: dict[str, int] = {}
    for _, dtype, shape in tensors:
        counts[dtype] = counts.get(dtype, 0) + math.prod(shape)
    length = sum(count * WIDTHS[dtype] for dtype, count in counts.items())
    head = Head.of(lambda: safetensors_header(make()), safetensors_header(tensors))
    return Weights(head, length, tuple(sorted(counts.items())))


def safetensors_header(tensors: Iterable[Tensor]) -> bytes:
    """The length of the header, and the header."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for name, dtype, shape in tensors:
        end = offset + math.prod(shape) * WIDTHS[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": (offset, end)}
        offset = end
    text = msgspec.json.encode(header)
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


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
    """The files of a model's weights, without the data: their names, what is in each, and the index of several."""

    names: tuple[str, ...]
    parts: tuple[Weights, ...]
    index: File | None

    def files(self, fill: Fill) -> list[File]:
        """The files, and the index."""
        files = [part.file(name, fill(name)) for name, part in zip(self.names, self.parts, strict=True)]
        return [*files, self.index] if self.index else files


def checkpoint(make: Callable[[], list[Tensor]], stem: str = "model", most: int = SHARD) -> Checkpoint:
    """The safetensors files of a model with the tensors that ``make`` makes, in shards of at most ``most`` bytes."""

    def part(number: int) -> Callable[[], list[Tensor]]:
        return lambda: shards(make(), most)[number]

    parts = shards(make(), most)
    names = shard_names(stem, "safetensors", len(parts))
    index = plain_file(f"{stem}.safetensors.index.json", _index(parts, names)) if len(parts) > 1 else None
    weights = tuple(safetensors(part(number), tensors) for number, tensors in enumerate(parts))
    return Checkpoint(tuple(names), weights, index)


@lru_cache(maxsize=16)
def model_shapes(architecture: str, size: Size, labels: int, task: str) -> Shapes:
    """The tensors of a model for ``task`` with ``labels`` outputs (0: none)."""
    return ARCHITECTURES[architecture].tensors(size, labels, task)


def _model_tensors(architecture: str, size: Size, labels: int, task: str) -> list[Tensor]:
    dtype = DTYPES[ARCHITECTURES[architecture].dtype]
    return typed(model_shapes(architecture, size, labels, task), dtype)


@lru_cache(maxsize=512)
def model_checkpoint(architecture: str, size: Size, labels: int, task: str) -> Checkpoint:
    """The safetensors files of a model."""
    return checkpoint(lambda: _model_tensors(architecture, size, labels, task))


#: pickled archives begin like any zip file
PICKLE = b"PK\x03\x04\0\0\x08\x08\0\0archive/data.pkl"


@lru_cache(maxsize=512)
def pickle_checkpoint(architecture: str, size: Size, labels: int, task: str) -> Checkpoint:
    """A model's weights as `torch.save` writes them; only the first bytes are genuine."""
    parts = shards(_model_tensors(architecture, size, labels, task), OLD_SHARD)
    names = shard_names("pytorch_model", "bin", len(parts))
    index = plain_file("pytorch_model.bin.index.json", _index(parts, names)) if len(parts) > 1 else None
    # the archive has about 200 bytes for each tensor
    weights = tuple(opaque(PICKLE, _bytes(part) + 200 * len(part)) for part in parts)
    return Checkpoint(tuple(names), weights, index)


@lru_cache(maxsize=512)
def elements(architecture: str, size: Size, labels: int, task: str) -> int:
    """The number of a model's parameters."""
    return sum(math.prod(shape) for _, shape in model_shapes(architecture, size, labels, task))


def opaque(magic: bytes, length: int) -> Weights:
    """A file in a format of which only the first bytes are genuine (an archive of pickles, ONNX): ``length`` bytes."""
    return Weights(Head.of(lambda: magic), max(64, length - len(magic)))


@lru_cache(maxsize=512)
def adapter(architecture: str, size: Size, task: str, rank: int, modules: tuple[str, ...]) -> Weights:
    """A LoRA adapter of a model."""
    return safetensors(lambda: _adapter_tensors(architecture, size, task, rank, modules))


def _adapter_tensors(architecture: str, size: Size, task: str, rank: int, modules: tuple[str, ...]) -> list[Tensor]:
    tensors: list[Tensor] = []
    transposed = ARCHITECTURES[architecture].model_type == "gpt2"
    endings = tuple(f".{module}.weight" for module in modules)
    for name, shape in model_shapes(architecture, size, 2 if architecture == "vit" else 0, task):
        if name.endswith(endings) and len(shape) == 2 and "vision" not in name:
            stem = name.removesuffix(".weight")
            out, into = reversed(shape) if transposed else shape
            tensors.append((f"base_model.model.{stem}.lora_A.weight", "F32", (rank, into)))
            tensors.append((f"base_model.model.{stem}.lora_B.weight", "F32", (out, rank)))
    return tensors


@lru_cache(maxsize=512)
def packed_checkpoint(architecture: str, size: Size, method: str) -> Checkpoint:
    """A 4-bit model: eight weights in one I32, with scales and zeros, as GPTQ and AWQ write them."""
    return checkpoint(lambda: _packed_tensors(architecture, size, method))


def _packed_tensors(architecture: str, size: Size, method: str) -> list[Tensor]:
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
    return tensors
