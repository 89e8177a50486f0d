"""The header of a safetensors file (huggingface/safetensors, README "Format"): u64 length, JSON, then data.

It is read with expressions that know its shape, not as JSON: what is no header ends at once, and the memory taken is
the header twice over and about 300 bytes a tensor, whatever it claims (at most some 170 MB for one at the cap).
"""

import re
from codecs import getincrementaldecoder
from hashlib import blake2b
from itertools import count
from json import JSONDecodeError, JSONDecoder, loads
from math import prod

from harvester.extract.weights.header import NeedMore, Scalar, WeightHeader, invalid, oversized
from harvester.extract.weights.packing import Packing, Quantization

FORMAT = "safetensors"
#: Both official clients refuse longer headers (huggingface_hub ``SAFETENSORS_MAX_HEADER_LENGTH``); the library's own
#: cap is 100 MB.
MAX_HEADER = 25_000_000
#: Bytes of the first request: 97% of the 1,000 top models' headers are below 100 kB (huggingface.js).
FIRST_RANGE = 100 * 1024
#: Dtypes in one file; the format knows some 20.
MAX_DTYPES = 64
#: Tensors and metadata entries of one header, 10 and 5 microseconds each; genuine ones have thousands and dozens.
MAX_TENSORS, MAX_ENTRIES = 250_000, 100_000
#: Characters of metadata kept, of one value and of all.
MAX_VALUE = 4096
MAX_METADATA = 64 * 1024

#: Hashes of names kept of a header, and how many are gathered before they are sorted out.
NAMES_SAMPLE = 16
_SAMPLE_STEP = 1024
#: Bits of each dtype (safetensors ``Dtype``); others are counted, their bytes not checked.
_BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
_QUOTE = re.compile(r'[ \t\r\n]*(?=")')
_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n]*([,}])")
_REST = re.compile(r"[ \t\r\n\0]*")
_EMPTY = re.compile(r"\{[ \t\r\n]*\}")
#: As the library itself writes a tensor; any other order and spacing is read as JSON.
_USUAL = re.compile(
    r'\{"dtype":"(\w{1,20})","shape":\[((?:\d{1,18}(?:,\d{1,18}){0,31})?)\],"data_offsets":\[(\d{1,18}),(\d{1,18})\]\}',
    re.ASCII,
)
_TENSOR = re.compile(r"\{[^{}]{0,1000}\}")
_DTYPE = re.compile(r"\w{1,20}", re.ASCII)
MAX_DIMENSIONS, _LONGEST = 32, 10**18
#: No file is larger; it bounds the counts where the size is not known.
_LARGEST = 1 << 50
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_POINTER = b"version https://git-lfs"


class _Lie(Exception):
    """The header says what cannot be."""


def read(data: bytes, size: int | None = None, quantization: Quantization | None = None) -> WeightHeader | NeedMore:
    """Read the header at the start of ``data``, the first bytes of a file of ``size`` bytes (None: not known).

    Requests more at most twice, once if ``data`` holds 8 bytes or more. Never raises.
    """
    if data.startswith(_POINTER):
        return invalid(FORMAT, "a Git LFS pointer is in place of the weights")
    if size is not None and size < 10:
        return invalid(FORMAT, f"{size} bytes hold no header")
    if len(data) < 8:
        return NeedMore(FIRST_RANGE if size is None else min(FIRST_RANGE, size))
    length = int.from_bytes(data[:8], "little")
    end = 8 + length
    if size is not None and end > size:
        return invalid(FORMAT, f"claims a header of {length} bytes in a file of {size}")
    if length < 2:
        return invalid(FORMAT, f"claims a header of {length} bytes")
    if len(data) > 8 and data[8:9] != b"{":
        return invalid(FORMAT, "the header does not begin with {")
    if length > MAX_HEADER:
        return oversized(FORMAT, f"claims a header of {length} bytes, more than {MAX_HEADER}")
    if len(data) < end:
        return NeedMore(end)
    try:
        return _parse(_text(memoryview(data)[8:end]), (size or _LARGEST) - end, end, quantization)
    except UnicodeDecodeError as error:
        return invalid(FORMAT, f"byte {error.start + 8} is not UTF-8")
    except _Lie as lie:
        return invalid(FORMAT, str(lie))


def _text(header: memoryview) -> str:
    """The header with each byte a character, so that one far one does not make it four times as long.

    Raises UnicodeDecodeError, ``start`` being the byte, where it is not UTF-8.
    """
    text = str(header, "latin-1")
    if not text.isascii():
        check, step = getincrementaldecoder("utf-8")(), 1 << 16
        for begin in range(0, len(header), step):
            try:
                check.decode(bytes(header[begin : begin + step]), final=begin + step >= len(header))
            except UnicodeDecodeError as error:
                error.start += begin
                raise
    return text


def _parse(text: str, room: int, end: int, quantization: Quantization | None) -> WeightHeader:
    packing = Packing(quantization)
    metadata: dict[str, Scalar] = {}
    seen: set[int] = set()
    used = 0
    names: list[int] = []
    scanner = _Scanner(text)
    while (name := scanner.key()) is not None:
        if name == "__metadata__":
            metadata = scanner.metadata()
            continue
        dtype, shape, begin, stop = scanner.tensor(name)
        seen.add(hash(name))
        if len(seen) == packing.tensors:
            raise _Lie(f"tensor {name[:80]!r} is there twice")
        _check(name, dtype, prod(shape), stop - begin)
        used += stop - begin
        if stop > room or used > room:
            raise _Lie(f"tensor {name[:80]!r} ends at byte {stop}, all take {used} of {room} bytes of data")
        packing.add(name, dtype, shape)
        names.append(_hash(name))
        if len(names) == 2 * _SAMPLE_STEP:
            names = sorted(names)[:NAMES_SAMPLE]
        if len(seen) > MAX_TENSORS:
            raise _Lie(f"more than {MAX_TENSORS} tensors")
        if packing.dtypes > MAX_DTYPES:
            raise _Lie(f"more than {MAX_DTYPES} dtypes")
    counted = packing.counted()
    architecture = metadata.get("modelspec.architecture")
    unknown = ", ".join(sorted(set(counted.stored) - set(_BITS))[:5])
    notes = [
        unknown and f"dtype not known: {unknown}",
        counted.assumed,
        "metadata above the caps was cut" if scanner.cut else None,
    ]
    return WeightHeader(
        format=FORMAT,
        status="ok",
        reason="; ".join(note for note in notes if note) or None,
        tensor_count=counted.tensors,
        parameters=counted.parameters,
        parameters_by_dtype=counted.by_dtype,
        elements_by_dtype=counted.stored,
        metadata=metadata,
        header_bytes=end,
        architecture=str(architecture) if architecture else None,
        tensor_names=tuple(sorted(names)[:NAMES_SAMPLE]),
    )


def _hash(name: str) -> int:
    """A name as a number of 63 bits, the same on every machine."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def _check(name: str, dtype: str, elements: int, taken: int) -> None:
    """A tensor's bytes must be those of its elements; of an unknown dtype, at least one bit each."""
    if taken < 0:
        raise _Lie(f"tensor {name[:80]!r} ends before it begins")
    bits = _BITS.get(dtype)
    if (bits is not None and (elements * bits + 7) // 8 != taken) or elements > 8 * taken:
        raise _Lie(f"tensor {name[:80]!r} of {elements} {dtype} takes {taken} bytes")


class _Scanner:
    """Walks the JSON object of a header, member by member."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.cut = False
        self._position = 0
        self._decode = JSONDecoder().raw_decode

    def key(self) -> str | None:
        """The next member's name, its value ahead; None at the end of the header."""
        if self._position == 0:
            empty = _EMPTY.match(self._text)
            if empty:
                self._ends(empty.end())
                return None
            self._position = 1
        else:
            found = self._expect(_NEXT, ", or }")
            if found[1] == "}":
                self._ends(self._position)
                return None
        return self._name()

    def tensor(self, name: str) -> tuple[str, tuple[int, ...], int, int]:
        """The value of a tensor: dtype, shape, first and last byte (exclusive) in the data."""
        usual = _USUAL.match(self._text, self._position)
        if usual:
            self._position = usual.end()
            return usual[1], _sizes(usual[2]), int(usual[3]), int(usual[4])
        body = self._expect(_TENSOR, f"a tensor for {name[:80]!r}")[0]
        try:
            said = loads(body)
        except (ValueError, RecursionError):
            raise _Lie(f"tensor {name[:80]!r} is not JSON") from None
        dtype, shape, offsets = said.get("dtype"), _sizes_of(said.get("shape")), _sizes_of(said.get("data_offsets"))
        if (
            not isinstance(dtype, str)
            or not _DTYPE.fullmatch(dtype)
            or shape is None
            or not offsets
            or len(offsets) != 2
        ):
            raise _Lie(f"tensor {name[:80]!r} lacks a dtype, shape or data_offsets that can be read")
        return dtype, shape, offsets[0], offsets[1]

    def metadata(self) -> dict[str, Scalar]:
        """The value of ``__metadata__``: texts by name, what is above the caps cut or left out; null is empty."""
        if self._text.startswith("null", self._position):
            self._position += len("null")
            return {}
        if empty := _EMPTY.match(self._text, self._position):
            self._position = empty.end()
            return {}
        if self._text[self._position] != "{":
            raise _Lie("__metadata__ is no object")
        self._position += 1
        kept: dict[str, Scalar] = {}
        room = MAX_METADATA
        for number in count():
            if number == MAX_ENTRIES:
                raise _Lie(f"more than {MAX_ENTRIES} entries in __metadata__")
            name = self._name()
            if self._text[self._position] == '"':
                value = self._string()
            else:
                # The specification knows texts only; some writers put a number.
                value = self._expect(re.compile(r"[-+.\w]{1,40}"), "a text in __metadata__")[0]
            room -= len(name) + min(len(value), MAX_VALUE)
            self.cut |= room < 0 or len(value) > MAX_VALUE
            if room >= 0:
                kept[_clean(name)] = _clean(value[:MAX_VALUE])
            if self._expect(_NEXT, ", or }")[1] == "}":
                break
        return kept

    def _name(self) -> str:
        self._expect(_QUOTE, "a name")
        name = self._string()
        self._expect(_COLON, ":")
        if self._position >= len(self._text):
            raise _Lie("the header ends too early")
        return name

    def _string(self) -> str:
        begin = self._position
        try:
            text, self._position = self._decode(self._text, begin)
            if not self._text.isascii() and not text.isascii():
                text = loads(self._text[begin : self._position].encode("latin-1"))
        except JSONDecodeError as error:
            raise _Lie(f"byte {error.pos + 8}: {error.msg}") from None
        return str(text)

    def _expect(self, expression: re.Pattern[str], what: str) -> re.Match[str]:
        found = expression.match(self._text, self._position)
        if not found:
            raise _Lie(f"byte {self._position + 8}: expected {what}")
        self._position = found.end()
        return found

    def _ends(self, position: int) -> None:
        if not _REST.fullmatch(self._text, position):
            raise _Lie(f"byte {position + 8}: something follows the header's object")


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(",")) if text.strip() else ()


def _sizes_of(value: object) -> tuple[int, ...] | None:
    """A list of sizes as JSON has it; None for anything else."""
    if not isinstance(value, list) or len(value) > MAX_DIMENSIONS:
        return None
    return tuple(value) if all(type(size) is int and 0 <= size < _LONGEST for size in value) else None


def _clean(text: str) -> str:
    return _LONE_SURROGATE.sub("\ufffd", text)
