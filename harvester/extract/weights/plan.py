"""Which bytes of a weight file to request, as arithmetic: the crawl only follows it.

    data = get(path, 0, first_range(format, size))
    while isinstance(header := read_header(format, data, size), NeedMore) and (range := next_range(data, header)):
        data += get(path, *range)

A safetensors header takes one request, two where it is above 100 kB; a GGUF header one where its vocabulary is small,
two as a rule where it is large. ``header_bytes`` and the length of ``data`` tell what was read.
"""

from harvester.extract.weights import gguf, safetensors
from harvester.extract.weights.header import NeedMore, WeightHeader
from harvester.extract.weights.packing import Quantization

#: The formats whose headers are read, as ``files.format`` has them.
FORMATS = (safetensors.FORMAT, gguf.FORMAT)
#: Requests spent on one header; three do for every genuine file seen.
MAX_REQUESTS = 6


def first_range(format: str, size: int | None = None) -> int:
    """How many bytes to ask for first, from byte 0, of a file of ``size`` bytes. Raises KeyError for other formats."""
    wanted = {safetensors.FORMAT: safetensors.FIRST_RANGE, gguf.FORMAT: gguf.FIRST_RANGE}[format]
    return wanted if size is None else min(wanted, size)


def read_header(
    format: str, data: bytes, size: int | None = None, quantization: Quantization | None = None
) -> WeightHeader | NeedMore:
    """Read what has come of a file's first bytes; ``quantization`` (of the model's config) helps to count packed ones.

    Raises KeyError for a format that is not in ``FORMATS``, and nothing else.
    """
    if format == gguf.FORMAT:
        return gguf.read(data, size)
    if format != safetensors.FORMAT:
        raise KeyError(format)
    return safetensors.read(data, size, quantization)


def next_range(data: bytes, answer: NeedMore) -> tuple[int, int]:
    """The bytes still to ask for, as first and last, both included, as the ``Range`` header has them."""
    return len(data), max(answer.upto, len(data) + 1) - 1


def cut_short(format: str, data: bytes, size: int | None = None) -> WeightHeader:
    """The row of a header that could not be read to its end (no requests left, or the file was too short)."""
    of_size = "" if size is None else f" of {size}"
    return WeightHeader(format=format, status="invalid", reason=f"the header goes on after {len(data)} bytes{of_size}")
