"""The sizes an estimate starts from, taken from the typed columns."""

from collections.abc import Mapping
from dataclasses import dataclass

#: A size above this is no genuine model but somebody's joke, and its estimate NULL.
LARGEST = 2**24
#: Parts of a class name that tell a language-model head from a bare stack.
_WITH_HEAD = ("CausalLM", "LMHead", "ConditionalGeneration", "MaskedLM", "PreTraining", "DoubleHeads", "MTModel")


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of one stack of transformer layers, as read or effective."""

    width: int
    layers: int
    heads: int
    key_values: int
    head: int
    inner: int
    vocabulary: int
    positions: int
    #: input and output embeddings are one matrix; None where nothing says
    tied: bool | None


def shape_of(typed: Mapping[str, object]) -> Shape | None:
    """The sizes of the stack, or None where one is missing or absurd."""
    width, layers = size(typed, "hidden_size"), size(typed, "num_hidden_layers")
    heads, inner = size(typed, "num_attention_heads"), size(typed, "intermediate_size_effective")
    if width is None or layers is None or heads is None or inner is None:
        return None
    tied = typed.get("tie_word_embeddings_effective")
    return Shape(
        width,
        layers,
        heads,
        size(typed, "num_key_value_heads_effective") or heads,
        size(typed, "head_dim_effective") or width // heads,
        inner,
        size(typed, "vocab_size") or 0,
        size(typed, "context_length") or 0,
        tied if isinstance(tied, bool) else None,
    )


def size(typed: Mapping[str, object], column: str) -> int | None:
    """A column that is a size of a genuine model, else None."""
    value = typed.get(column)
    return value if isinstance(value, int) and 0 < value < LARGEST else None


def has_head(typed: Mapping[str, object]) -> bool | None:
    """Whether the first architecture has a language-model head; None where the config names no class."""
    name = typed.get("architecture")
    return any(word in name for word in _WITH_HEAD) if isinstance(name, str) else None


def block(width: int, inner: int) -> int:
    """One classic layer: attention, an MLP of two matrices, biases and two norms."""
    return 4 * width * width + 2 * width * inner + 9 * width + inner
