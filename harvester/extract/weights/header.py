"""What the reading of a weight header gives: the counts, or how many more bytes it takes. Values, no errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field

#: The reason of a GGUF header without tensors: a file that llama.cpp keeps for its vocabulary.
NO_TENSORS = "no tensors: a vocabulary only"
#: A value of a header's metadata: text, number, boolean, or a short list of those.
Scalar = str | int | float | bool
Metadata = Mapping[str, Scalar | list[Scalar]]


@dataclass(frozen=True, slots=True)
class NeedMore:
    """The header does not end in the bytes at hand: the file's bytes ``[0, upto)`` should do (an estimate for GGUF)."""

    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightHeader:
    """One weight file according to its header.

    ``status``: ok, invalid or oversized, the latter two with ``reason`` and no counts; an ok header may carry a
    ``reason`` too, where something had to be assumed. ``parameters`` counts logically (``packing``) and is the sum of
    ``parameters_by_dtype``; ``elements_by_dtype`` counts what is stored, scales and all. ``header_bytes`` is where the
    data begins. ``tensor_names`` are a sample of the names as hashes (the smallest 16): files with the same tensors
    have the same ones, and files that share none have none in common.
    """

    format: str
    status: str
    reason: str | None = None
    tensor_count: int | None = None
    parameters: int | None = None
    parameters_by_dtype: Mapping[str, int] = field(default_factory=dict)
    elements_by_dtype: Mapping[str, int] = field(default_factory=dict)
    metadata: Metadata = field(default_factory=dict)
    header_bytes: int | None = None
    architecture: str | None = None
    context_length: int | None = None
    file_type: str | None = None
    tensor_names: tuple[int, ...] = ()


def invalid(format: str, reason: str) -> WeightHeader:
    """A missing or inconsistent header."""
    return WeightHeader(format=format, status="invalid", reason=printable(reason))


def oversized(format: str, reason: str) -> WeightHeader:
    """A header above a cap."""
    return WeightHeader(format=format, status="oversized", reason=printable(reason))


def printable(text: str) -> str:
    """A reason that may quote what strangers wrote: one line, 300 characters."""
    return "".join(character if character.isprintable() else "?" for character in text[:300])
