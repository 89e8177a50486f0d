"""The header of a GGUF file, versions 1 to 3, little and big endian (ggml ``docs/gguf.md``).

Key-values are walked: the vocabulary, the chat template and long arrays pass by, so memory stays at the bytes at hand
plus some 1 MB.
"""

import re
import struct
from collections import Counter
from collections.abc import Iterator
from math import prod

from harvester.extract.weights.gguf_types import ARRAY, BOOLEAN, FILE_TYPES, SCALARS, STRING, TENSOR_TYPES
from harvester.extract.weights.header import (
    NO_TENSORS,
    NeedMore,
    Scalar,
    WeightHeader,
    invalid,
    oversized,
    printable,
)

FORMAT = "gguf"
#: Caps as huggingface.js has them (packages/gguf), but for the tensors (ours: genuine files have a few thousand, as all
#: experts of a layer are one) and the header as a whole (ours: the largest seen are 15 MB).
MAX_ITEMS = 1_000_000
MAX_KEY_VALUES = 100_000
MAX_TENSORS = 500_000
#: Arrays in arrays of one header, all together; genuine files have none.
MAX_ARRAYS = 100_000
MAX_STRING = 10_000_000
MAX_DIMENSIONS = 8
MAX_DEPTH = 4
#: Tensor types in one file whose numbers are not known here; forks of llama.cpp have some 40 of their own.
MAX_UNKNOWN_TYPES = 64
MAX_HEADER = 64 * 1024 * 1024
#: Bytes of the first request: vocabularies of 50,000 words and their merges fit, those of 150,000 take 6 MB.
FIRST_RANGE = 2 * 1024 * 1024
#: Metadata kept: texts are cut; arrays above so many items, keys above so many and what is above so many characters in
#: all are left out, and named in the reason.
KEPT_TEXT = 1024
KEPT_ITEMS = 1024
KEPT_KEYS = 500
KEPT_CHARACTERS = 512 * 1024
#: Most names of left-out items in a reason.
_NAMED = 5
#: The vocabulary, which is no fact about the weights.
_VOCABULARY = re.compile(
    r"tokenizer\.(?:ggml\.(?:tokens|token_type|scores|merges|precompiled_charsmap)|huggingface\.json|rwkv\.world)\Z"
)

#: Tokenizer models, pre-tokenizers and architectures with about 2.1 merges a word; all other byte-pair ones have one
#: (llama.cpp logs: Llama 3 128,256 and 280,147, Tekken 131,072 and 269,443, GLM 4 151,552 and 318,088, gpt-oss
#: 201,088 and 446,189, Llama 4 202,048 and 439,802, Gemma 4 262,144 and 514,906).
_MANY_MERGES = frozenset(("llama-bpe", "smaug-bpe", "llama4", "tekken", "glm4", "chatglm-bpe", "gpt-oss", "gemma4"))
#: Bytes that one more tensor takes: its name, 2 dimensions, type, offset.
_TENSOR_BYTES = 72
_TEMPLATE = "tokenizer.chat_template"
_POINTER = b"version https://git-lfs"


class _Short(Exception):
    """The bytes at hand end before ``upto``."""

    def __init__(self, upto: int) -> None:
        self.upto = upto


class _Lie(Exception):
    """The header says what cannot be."""


class _TooLarge(Exception):
    """The header is above a cap."""


def read(data: bytes, size: int | None = None) -> WeightHeader | NeedMore:
    """Read the header at the start of ``data``, the first bytes of a file of ``size`` bytes (None: not known).

    How much more it requests is an estimate from the vocabulary read so far; usually one request is enough. Never
    raises.
    """
    if data.startswith(_POINTER):
        return invalid(FORMAT, "a Git LFS pointer is in place of the weights")
    if size is not None and size < 16:
        return invalid(FORMAT, f"{size} bytes hold no header")
    if not b"GGUF".startswith(data[:4]):
        return invalid(FORMAT, "does not begin with GGUF")
    if len(data) < 8:
        return NeedMore(FIRST_RANGE if size is None else min(FIRST_RANGE, size))
    reader = _Reader(data)
    try:
        return reader.header(size)
    except _Short as short:
        return _more(reader, short.upto, len(data), size)
    except _Lie as lie:
        return invalid(FORMAT, str(lie))
    except _TooLarge as cap:
        return oversized(FORMAT, str(cap))


def _more(reader: "_Reader", upto: int, have: int, size: int | None) -> NeedMore | WeightHeader:
    if size is not None and upto > size:
        return invalid(FORMAT, f"the header runs to byte {upto} of a file of {size}")
    if upto > MAX_HEADER:
        return oversized(FORMAT, f"the header runs to byte {upto}, more than {MAX_HEADER}")
    estimate = reader.estimate()
    if have > FIRST_RANGE and not reader.in_vocabulary:
        # It was wrong before, and there is nothing to reckon with.
        estimate = max(estimate, 2 * have)
    wanted = max(upto, have + 1, min(estimate, MAX_HEADER))
    return NeedMore(wanted if size is None else min(wanted, size))


class _Reader:
    """A walk through the bytes; it fails with _Short where they end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 4
        version = int.from_bytes(data[4:8], "little")
        # A big-endian file shows its small version number in the upper half.
        self._order = ">" if version & 0xFFFF == 0 and version else "<"
        self.version = int.from_bytes(data[4:8], "big" if self._order == ">" else "little")
        self._wide = self.version > 1
        self._tensors_ahead = 0
        self._vocabulary_ends = 0
        self._arrays = 0
        self._metadata: dict[str, Scalar | list[Scalar]] = {}
        self._room = KEPT_CHARACTERS
        self._templated = False
        self._left_out: list[str] = []
        self._left_out_count = 0

    def header(self, size: int | None) -> WeightHeader:
        if self.version not in (1, 2, 3):
            raise _Lie(f"version {self.version} is not known")
        self._position = 8
        tensors, key_values = self._length(), self._length()
        if tensors > MAX_TENSORS:
            raise _TooLarge(f"claims {tensors} tensors, more than {MAX_TENSORS}")
        if key_values > MAX_KEY_VALUES:
            raise _TooLarge(f"claims {key_values} key-values, more than {MAX_KEY_VALUES}")
        # The shortest tensor info is a name's length, no dimension, type and offset; the shortest pair is 13 bytes.
        least = tensors * (24 if self._wide else 20) + key_values * (13 if self._wide else 9)
        if size is not None and least > size:
            raise _Lie(f"claims {tensors} tensors and {key_values} key-values in a file of {size} bytes")
        if least > MAX_HEADER:
            raise _TooLarge(f"claims {tensors} tensors and {key_values} key-values, more than {MAX_HEADER} bytes")
        self._tensors_ahead = tensors
        for _ in range(key_values):
            self._key_value()
        stored = self._tensors(tensors, size)
        unknown = ", ".join(sorted(name for name in stored if name.startswith("type "))[:5])
        architecture = _text(self._metadata.get("general.architecture"))
        context = self._metadata.get(f"{architecture}.context_length")
        file_type = self._metadata.get("general.file_type")
        return WeightHeader(
            format=FORMAT,
            status="ok",
            reason="; ".join(self._notes(tensors, unknown)) or None,
            tensor_count=tensors,
            parameters=sum(stored.values()),
            parameters_by_dtype=dict(stored),
            elements_by_dtype=dict(stored),
            metadata={
                "gguf.version": self.version,
                "gguf.byte_order": self._byte_order(),
                **({"gguf.chat_template": True} if self._templated else {}),
                **self._metadata,
            },
            header_bytes=self._data_begins(),
            architecture=architecture,
            context_length=context if isinstance(context, int) and 0 <= context < 1 << 63 else None,
            file_type=FILE_TYPES.get(file_type) if isinstance(file_type, int) else None,
        )

    def _notes(self, tensors: int, unknown: str) -> Iterator[str]:
        if unknown:
            yield f"tensor types not known: {unknown}"
        split = self._metadata.get("split.count", 0)
        if not tensors and isinstance(split, int) and split < 2:  # a first shard may hold the metadata alone
            yield NO_TENSORS
        if self._left_out:
            more = self._left_out_count - len(self._left_out)
            named = ", ".join(self._left_out) + (f" and {more} more" if more else "")
            yield printable(f"left out of the metadata: {named}")

    def _leave_out(self, name: str) -> None:
        self._left_out_count += 1
        if len(self._left_out) < _NAMED:
            self._left_out.append(name)

    def estimate(self) -> int:
        """Where the header may end: the vocabulary as far as it is known, then the tensors, and an eighth more."""
        ahead = max(self._vocabulary_ends - self._position, 0) + self._tensors_ahead * _TENSOR_BYTES
        return self._position + ahead + ahead // 8 + 64 * 1024

    @property
    def in_vocabulary(self) -> bool:
        """Whether the bytes at hand end within the vocabulary, or what comes with it."""
        return self._vocabulary_ends > self._position

    def _byte_order(self) -> str:
        return "big" if self._order == ">" else "little"

    def _data_begins(self) -> int:
        alignment = self._metadata.get("general.alignment", 32)
        step = alignment if isinstance(alignment, int) and 0 < alignment <= 1 << 20 else 32
        return -(-self._position // step) * step

    def _key_value(self) -> None:
        key = self._string(MAX_STRING).decode("utf-8", "replace")
        kind = self._unpack("I", 4)
        value = self._array(key, 1) if kind == ARRAY else self._scalar(kind, key)
        if value is None:
            return
        self._room -= len(key) + _characters(value)
        if self._room < 0 or len(self._metadata) >= KEPT_KEYS or len(key) > 200:
            self._leave_out(key[:80])
        else:
            self._metadata[key] = value

    def _scalar(self, kind: int, key: str) -> Scalar | None:
        if kind == STRING:
            text = self._string(MAX_STRING)
            # A chat template is a document, not a fact about the weights; that there is one is a fact.
            self._templated |= key == _TEMPLATE and bool(text.strip())
            return (
                None
                if key.startswith(_TEMPLATE) and not key.startswith(_TEMPLATE + "s")
                else text[:KEPT_TEXT].decode("utf-8", "replace")
            )
        if kind not in SCALARS:
            raise _Lie(f"byte {self._position}: value type {kind} is not known")
        code, width = SCALARS[kind]
        value: int | float = self._unpack(code, width)
        return bool(value) if kind == BOOLEAN else value

    def _array(self, key: str, depth: int) -> list[Scalar] | None:
        """Pass an array by; one of at most ``KEPT_ITEMS`` plain values is given back, but for a vocabulary."""
        kind, count = self._unpack("I", 4), self._length()
        if count > MAX_ITEMS:
            raise _TooLarge(f"array {key[:80]!r} claims {count} items, more than {MAX_ITEMS}")
        if kind != ARRAY and kind != STRING and kind not in SCALARS:
            raise _Lie(f"byte {self._position}: array type {kind} is not known")
        vocabulary = _VOCABULARY.match(key)
        if kind != ARRAY and count <= KEPT_ITEMS and depth == 1 and not vocabulary:
            return [value for _ in range(count) if (value := self._scalar(kind, key)) is not None]
        if depth == 1 and not vocabulary:
            self._leave_out(f"{key[:80]} ({count} {'arrays' if kind == ARRAY else 'items'})")
        if kind in SCALARS:
            self._skip(count * SCALARS[kind][1])
        elif kind == STRING:
            self._pass_strings(count, key)
        elif depth == MAX_DEPTH:
            raise _TooLarge(f"array {key[:80]!r} is nested more than {MAX_DEPTH} deep")
        else:
            self._arrays += count
            if self._arrays > MAX_ARRAYS:
                raise _TooLarge(f"more than {MAX_ARRAYS} arrays in arrays")
            for _ in range(count):
                self._array(key, depth + 1)
        return None

    def _pass_strings(self, count: int, key: str) -> None:
        """Skip the words of a vocabulary; this takes most of the time."""
        data, position, end = self._data, self._position, len(self._data)
        width = 8 if self._wide else 4
        unpack = struct.Struct(self._order + ("Q" if self._wide else "I")).unpack_from
        for done in range(count):
            if position + width > end:
                self._expect_vocabulary(key, done, count, position)
                raise _Short(position + width)
            length: int = unpack(data, position)[0]
            if length > MAX_STRING:
                raise _TooLarge(f"a text in {key[:80]!r} claims {length} bytes, more than {MAX_STRING}")
            position += width + length
        self._expect_vocabulary(key, count, count, position)
        if position > end:
            raise _Short(position)
        self._position = position

    def _expect_vocabulary(self, key: str, done: int, count: int, position: int) -> None:
        """Reckon where the vocabulary ends: ``done`` of the ``count`` texts of ``key`` reach to ``position``."""
        mean = (position - self._position) / max(done, 1)
        # Frequent words come first and are short: the rest is longer than what was read.
        end = position + (count - done) * mean * 1.15
        if key == "tokenizer.ggml.tokens":
            # Scores and types take 4 bytes a word each; a merge is a little longer than a word.
            keys = ("tokenizer.ggml.model", "tokenizer.ggml.pre", "general.architecture")
            names = {_text(self._metadata.get(name)) for name in keys}
            merges = 2.5 if names & _MANY_MERGES else 1.1 if "gpt2" in names else 0
            end += count * (8 + merges * mean)
        self._vocabulary_ends = max(self._vocabulary_ends, int(end))

    def _tensors(self, count: int, size: int | None) -> Counter[str]:
        """Pass the tensor infos by and add up their elements by type."""
        stored: Counter[int] = Counter()
        seen: set[int] = set()
        taken = 0
        room = (size or MAX_HEADER << 20) - self._position
        rest = struct.Struct(self._order + "IQ")
        sizes = [struct.Struct(f"{self._order}{n}{'Q' if self._wide else 'I'}") for n in range(MAX_DIMENSIONS + 1)]
        for number in range(count):
            self._tensors_ahead = count - number
            name = self._string(MAX_STRING)
            seen.add(hash(name))
            if len(seen) == number:
                raise _Lie(f"tensor {_quoted(name)} is there twice")
            dimensions = self._unpack("I", 4)
            if dimensions > MAX_DIMENSIONS:
                raise _Lie(f"tensor {_quoted(name)} has {dimensions} dimensions, more than {MAX_DIMENSIONS}")
            shape, begin = sizes[dimensions], self._position
            self._skip(shape.size + rest.size)
            elements = prod(shape.unpack_from(self._data, begin))
            kind, offset = rest.unpack_from(self._data, begin + shape.size)
            known = TENSOR_TYPES.get(kind)
            size_of = -(-elements // known.elements) * known.size if known else elements // 8
            taken += size_of
            if offset + size_of > room or taken > room:
                raise _Lie(f"tensor {_quoted(name)} ends at byte {offset + size_of}, all take {taken} of {room} bytes")
            stored[kind] += elements
            if len(stored) > len(TENSOR_TYPES) + MAX_UNKNOWN_TYPES:
                raise _Lie(f"more than {MAX_UNKNOWN_TYPES} tensor types that are not known")
        self._tensors_ahead = 0
        return Counter(
            {TENSOR_TYPES[kind].name if kind in TENSOR_TYPES else f"type {kind}": stored[kind] for kind in stored}
        )

    def _string(self, most: int) -> bytes:
        length = self._length()
        if length > most:
            raise _TooLarge(f"byte {self._position}: a text claims {length} bytes, more than {most}")
        begin = self._position
        self._skip(length)
        return self._data[begin : self._position]

    def _length(self) -> int:
        return self._unpack("Q", 8) if self._wide else self._unpack("I", 4)

    def _unpack(self, code: str, width: int) -> int:
        self._skip(width)
        value: int = struct.unpack_from(self._order + code, self._data, self._position - width)[0]
        return value

    def _skip(self, width: int) -> None:
        end = self._position + width
        if end > len(self._data):
            raise _Short(end)
        self._position = end


def _characters(value: Scalar | list[Scalar]) -> int:
    """About how long a value is as JSON."""
    return sum(map(_characters, value)) if isinstance(value, list) else len(value) + 3 if isinstance(value, str) else 12


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) else None


def _quoted(name: bytes) -> str:
    return repr(name[:80].decode("utf-8", "replace"))
