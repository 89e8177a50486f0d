"""Weight files made from nothing: what a test needs of the two formats, written down independently of the readers."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

_BYTES = {
    "F64": 8,
    "I64": 8,
    "F32": 4,
    "I32": 4,
    "U32": 4,
    "F16": 2,
    "BF16": 2,
    "I16": 2,
    "F8_E4M3": 1,
    "U8": 1,
    "I8": 1,
}
_BYTES |= {"BOOL": 1, "F8_E8M0": 1}


def safetensors(tensors: Mapping[str, tuple[str, Sequence[int]]], metadata: Mapping[str, str] | None = None) -> bytes:
    """A whole safetensors file, its data zero."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    end = 0
    for name, (dtype, shape) in tensors.items():
        begin = end
        end += _BYTES[dtype]
        for size in shape:
            end = begin + (end - begin) * size
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
    return safetensors_raw(json.dumps(header)) + bytes(end)


def safetensors_raw(header: str | bytes, length: int | None = None) -> bytes:
    """Any text as a header, with its own length or a claimed one."""
    data = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(data) if length is None else length) + data


class Gguf:
    """Writes a GGUF header of any version and byte order."""

    def __init__(self, version: int = 3, order: str = "<") -> None:
        self._version = version
        self._order = order
        self._pairs: list[bytes] = []
        self._tensors: list[bytes] = []

    def _pack(self, code: str, *values: Any) -> bytes:
        return struct.pack(self._order + code, *values)

    def _length(self, value: int) -> bytes:
        return self._pack("I" if self._version == 1 else "Q", value)

    def _string(self, text: str) -> bytes:
        return self._length(len(text.encode())) + text.encode()

    def string(self, key: str, value: str) -> "Gguf":
        self._pairs.append(self._string(key) + self._pack("I", 8) + self._string(value))
        return self

    def number(self, key: str, value: float, kind: int = 4) -> "Gguf":
        code = "BbHhIif?xxQqd"[kind]
        self._pairs.append(self._string(key) + self._pack("I", kind) + self._pack(code, value))
        return self

    def strings(self, key: str, values: Sequence[str]) -> "Gguf":
        items = b"".join(self._string(value) for value in values)
        self._pairs.append(self._string(key) + self._pack("II", 9, 8)[:8] + self._length(len(values)) + items)
        return self

    def array(self, key: str, kind: int, count: int, items: bytes) -> "Gguf":
        self._pairs.append(self._string(key) + self._pack("II", 9, kind) + self._length(count) + items)
        return self

    def tensor(self, name: str, shape: Sequence[int], kind: int = 0, offset: int = 0) -> "Gguf":
        dimensions = b"".join(self._length(size) for size in shape)
        self._tensors.append(
            self._string(name) + self._pack("I", len(shape)) + dimensions + self._pack("IQ", kind, offset)
        )
        return self

    def bytes(self, tensors: int | None = None, pairs: int | None = None) -> bytes:
        """The header, with the counts it has or with claimed ones."""
        counts = self._length(len(self._tensors) if tensors is None else tensors)
        counts += self._length(len(self._pairs) if pairs is None else pairs)
        return b"GGUF" + self._pack("I", self._version) + counts + b"".join(self._pairs) + b"".join(self._tensors)
