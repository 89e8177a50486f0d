"""The sizes an estimate starts from, taken from the typed columns."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from harvester.extract.values import Value

#: A size above this is no genuine model but somebody's joke, and its estimate NULL.
LARGEST = 2**24
_SMALLEST = 2**-24
#: Parts of a class name that tell a language-model head from a bare stack.
_WITH_HEAD = ("CausalLM", "LMHead", "ConditionalGeneration", "MaskedLM", "PreTraining", "DoubleHeads", "MTModel")


class Shape(NamedTuple):
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
    return _names_head(name) if isinstance(name, str) else None


@lru_cache(maxsize=1024)
def _names_head(class_name: str) -> bool:
    return any(word in class_name for word in _WITH_HEAD)


def block(width: int, inner: int) -> int:
    """One classic layer: attention, an MLP of two matrices, biases and two norms."""
    return 4 * width * width + 2 * width * inner + 9 * width + inner


#: Letters of Nemotron-H's pattern of layers.
_PATTERN = {"M": "linear_attention", "*": "full_attention", "-": "mlp", "E": "moe"}
#: Words that transformers 5 reads as another.
_SAME = {
    "mamba": "linear_attention",
    "attention": "full_attention",
    "indexed_attention": "deepseek_sparse_attention",
}
#: Deepest part whose sizes are looked at, and the longest list by layer that is counted.
_DEPTH, _LIST_CAP = 4, 10_000


def flat_sizes(
    scope: Mapping[str, Value], prefix: str = "", depth: int = 0, names: frozenset[str] | None = None
) -> dict[str, float]:
    """Every number and switch of a config by its path, and of lists of words how often each occurs.

    With ``names`` those of these keys alone, and nothing of parts. A switch is 0 or 1, and its contrary has ! before
    the path. ``head_dim`` and ``patches`` (of a square image) are there where they follow.
    """
    found: dict[str, float] = {}
    for key in scope if names is None else names & scope.keys():
        value = scope[key]
        kind = type(value)
        if kind is bool:
            found[prefix + key] = int(value)
            found[f"!{prefix}{key}"] = int(not value)
        elif kind is int or kind is float:
            if value == 0 or _SMALLEST < value < LARGEST:
                found[prefix + key] = value
        elif kind is dict and depth < _DEPTH and names is None:
            found.update(flat_sizes(value, f"{prefix}{key}.", depth + 1))
        elif kind is list and value and len(value) <= _LIST_CAP and type(value[0]) is str:
            layers = scope.get("num_hidden_layers")
            # What is listed beyond the layers are those for multi-token prediction.
            for word in value[:layers] if type(layers) is int and layers > 0 else value:
                if type(word) is str:
                    named = f"{prefix}{key}:{_SAME.get(word, word)}"
                    found[named] = found.get(named, 0) + 1
    blocks = scope.get("layers_block_type")
    if type(blocks) is list and f"{prefix}num_hidden_layers" not in found:
        found[f"{prefix}num_hidden_layers"] = len(blocks)
    pattern = scope.get("hybrid_override_pattern")
    if type(pattern) is str and len(pattern) <= _LIST_CAP and "layers_block_type" not in scope:
        for letter, word in _PATTERN.items():
            found[f"{prefix}layers_block_type:{word}"] = pattern.count(letter)
        found.setdefault(f"{prefix}num_hidden_layers", sum(map(pattern.count, _PATTERN)))
    width = found.get(prefix + "hidden_size")
    heads = found.get(prefix + "num_attention_heads") or found.get(prefix + "num_heads")
    if width and heads and f"{prefix}head_dim" not in found:
        found[f"{prefix}head_dim"] = width // heads
    image, patch = found.get(prefix + "image_size"), found.get(prefix + "patch_size")
    if image and patch:
        found[f"{prefix}patches"] = (image // patch) ** 2
    return found
