"""The kinds of families: what a family of 25 models consists of, and how frequent its kind is in each year.

To add a kind of family, add a theme to ``THEMES``; to add a kind of model, a ``Role`` and its files in ``parts``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from samplehub.simulated.architectures import ARCHITECTURES, Architecture

T = TypeVar("T")
FAMILY = 25
#: unrelated models are at these places of every family
OWN = range(20, FAMILY)


@dataclass(frozen=True, slots=True)
class Role:
    """One place in a family: what it is, of which member it was made (None: of nothing), and how its name ends."""

    kind: str
    of: int | None
    suffix: str
    task: str | None = None


def _roles(*rows: tuple[int, str, int | None, str, str | None]) -> tuple[Role, ...]:
    """Rows of (how many, kind, made of, suffix, task) as one role a place."""
    roles = [Role(kind, of, suffix, task) for count, kind, of, suffix, task in rows for _ in range(count)]
    assert len(roles) == OWN.start
    return tuple(roles)


@dataclass(frozen=True, slots=True)
class Theme:
    """A kind of family: architectures of its base, its places 0 to 19, and how frequent it is.

    ``frequency`` is that in ``EARLY`` and in ``LATE``, and 0 before ``since``. A generation of its architectures is
    half as popular after ``half_life`` years.
    """

    architectures: tuple[str, ...]
    base_name: str
    frequency: tuple[float, float]
    since: float
    half_life: float
    roles: tuple[Role, ...]

    def weight(self, year: float) -> float:
        """How frequent such families are in a year."""
        if year < self.since:
            return 0.0
        first, last = self.frequency
        return first + (last - first) * min(1.0, (year - EARLY) / (LATE - EARLY))

    def architecture(self, year: float, draw: float) -> Architecture:
        """The architecture of a family of that year; ``draw`` is from 0 to 1."""
        rows = [ARCHITECTURES[name] for name in self.architectures]
        known = [row for row in rows if row.since <= year] or rows[:1]
        return _weighted(known, [0.5 ** ((year - row.since) / self.half_life) for row in known], draw)


#: the years between which the frequencies are interpolated
EARLY, LATE = 2022.16, 2026.0
_AGELESS = 100.0

_LLM = Theme(
    (
        "llama",
        "llama2",
        "mistral",
        "mixtral",
        "llama3",
        "qwen2",
        "nemo",
        "llama3.1",
        "llama3.2",
        "gemma3",
        "qwen2",
        "qwen3",
        "qwen3",
    ),
    "{Stem}-{size}",
    (6.5, 9.0),
    2023.2,
    0.5,
    _roles(
        (1, "base", None, "", None),
        (1, "instruct", 0, "-Instruct", None),
        (1, "gguf", 1, "-Instruct-GGUF", None),
        (1, "gguf", 0, "-GGUF", None),
        (1, "awq", 1, "-Instruct-AWQ", None),
        (1, "gptq", 1, "-Instruct-GPTQ-Int4", None),
        (2, "lora", 0, "-{topic}-lora", None),
        (2, "lora", 1, "-Instruct-{topic}-lora", None),
        (4, "finetune", 0, "-{topic}", None),
        (3, "lora", 1, "-Instruct-{topic}-qlora", None),
        (1, "merge", 1, "-{topic}-merge", None),
        (1, "gguf", 10, "-{topic}-i1-GGUF", None),
        (1, "copy", 1, "-Instruct-{topic}-copy", None),
    ),
)
_SMALL_LM = Theme(
    ("gpt2",),
    "{stem}-{arch}-{size}",
    (2.0, 0.0),
    EARLY,
    _AGELESS,
    _roles(
        (1, "base", None, "", None),
        (12, "finetune", 0, "-{topic}", None),
        (3, "lora", 0, "-{topic}-lora", None),
        (2, "classifier", 0, "-{topic}-classifier", "text-classification"),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_ENCODER = Theme(
    ("bert", "roberta"),
    "{stem}-{arch}-{size}",
    (3.5, 1.4),
    EARLY,
    _AGELESS,
    _roles(
        (1, "base", None, "", None),
        (7, "classifier", 0, "-{topic}", "text-classification"),
        (3, "classifier", 0, "-ner-{topic}", "token-classification"),
        (2, "classifier", 0, "-qa-{topic}", "question-answering"),
        (3, "embedder", 0, "-embed-{topic}", "sentence-similarity"),
        (2, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_VISION = Theme(
    ("vit", "vit", "clip"),
    "{stem}-{arch}-{size}",
    (1.8, 1.3),
    EARLY,
    _AGELESS,
    _roles(
        (1, "base", None, "", None),
        (8, "classifier", 0, "-{topic}", None),
        (2, "timm", None, "_resnet50_{topic}.in1k", "image-classification"),
        (2, "timm", None, "_resnet18_{topic}.in1k", "image-classification"),
        (2, "timm", None, "_convnext-tiny_{topic}.in1k", "image-classification"),
        (3, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_AUDIO = Theme(
    ("wav2vec2", "whisper"),
    "{stem}-{arch}-{size}",
    (1.6, 1.2),
    EARLY,
    2.0,
    _roles(
        (1, "base", None, "", None),
        (11, "finetune", 0, "-{language}-{topic}", None),
        (6, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_DIFFUSION = Theme(
    ("clip",),
    "{stem}-diffusion-{version}",
    (1.5, 1.5),
    2022.65,
    _AGELESS,
    _roles(
        (1, "pipeline", None, "", "text-to-image"),
        (5, "pipeline", 0, "-{topic}", "text-to-image"),
        (12, "image-lora", 0, "-{topic}-lora", "text-to-image"),
        (1, "vae", None, "-vae", None),
        (1, "pipeline", 0, "-{topic}-inpainting", "text-to-image"),
    ),
)
_SEQ2SEQ = Theme(
    ("t5",),
    "{stem}-{arch}-{size}",
    (1.2, 0.3),
    EARLY,
    _AGELESS,
    _roles(
        (1, "base", None, "", None),
        (8, "finetune", 0, "-sum-{topic}", "summarization"),
        (4, "finetune", 0, "-{language}-{topic}", "translation"),
        (5, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
THEMES = (_LLM, _ENCODER, _DIFFUSION, _SMALL_LM, _VISION, _AUDIO, _SEQ2SEQ)
#: generations of diffusion models, the year each appeared in, and its licence
DIFFUSION = ((EARLY, "v1", "creativeml-openrail-m"), (2023.6, "xl", "openrail++"), (2024.6, "flux", "other"))


def theme_of(year: float, draw: float) -> Theme:
    """The theme of a family of that year; ``draw`` is from 0 to 1."""
    return _weighted(THEMES, [theme.weight(year) for theme in THEMES], draw)


def _weighted(values: Sequence[T], weights: Sequence[float], draw: float) -> T:
    """The value at a part of the weights."""
    left = draw * sum(weights)
    for value, weight in zip(values, weights, strict=True):
        left -= weight
        if left < 0:
            return value
    return values[-1]
