"""The models: kind, parents and name of model number i; a function of seed and i, without files.

Models come in families of 25 that follow each other in time: a base model, then its derivatives, then five unrelated
models. To add a kind of family, add a theme to ``THEMES``; to add a kind of model, a ``Role`` and its files in
``parts``.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from samplehub.simulated.architectures import ARCHITECTURES, Architecture
from samplehub.simulated.chance import Dice, Permutation
from samplehub.simulated.names import Stems, user
from samplehub.simulated.sizes import Size
from samplehub.simulated.words import LABS, LANGUAGES, LICENSES, QUANTIZERS, TOPICS

FAMILY = 25
#: unrelated models are at these places of every family
OWN = range(20, FAMILY)
#: families in which every quirk occurs once
CYCLE = 12


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
    """A kind of family: architectures of its base, and its places 0 to 19."""

    architectures: tuple[str, ...]
    base_name: str
    roles: tuple[Role, ...]


_LLM = Theme(
    ("llama", "qwen2", "mistral", "gemma3", "mixtral"),
    "{Stem}-{size}",
    _roles(
        (1, "base", None, "", None),
        (1, "instruct", 0, "-Instruct", None),
        (1, "gguf", 1, "-Instruct-GGUF", None),
        (1, "gguf", 0, "-GGUF", None),
        (1, "awq", 1, "-Instruct-AWQ", None),
        (1, "gptq", 1, "-Instruct-GPTQ-Int4", None),
        (2, "lora", 0, "-{topic}-lora", None),
        (2, "lora", 1, "-Instruct-{topic}-lora", None),
        (5, "finetune", 0, "-{topic}", None),
        (2, "merge", 1, "-{topic}-merge", None),
        (1, "classifier", 0, "-{topic}-classifier", "text-classification"),
        (1, "gguf", 10, "-{topic}-i1-GGUF", None),
        (1, "copy", 1, "-Instruct-{topic}-copy", None),
    ),
)
_ENCODER = Theme(
    ("bert", "roberta"),
    "{stem}-{arch}-{size}",
    _roles(
        (1, "base", None, "", None),
        (7, "classifier", 0, "-{topic}", "text-classification"),
        (3, "classifier", 0, "-ner-{topic}", "token-classification"),
        (2, "classifier", 0, "-qa-{topic}", "question-answering"),
        (4, "embedder", 0, "-embed-{topic}", "sentence-similarity"),
        (1, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_VISION = Theme(
    ("vit", "clip"),
    "{stem}-{arch}-{size}",
    _roles(
        (1, "base", None, "", None),
        (10, "classifier", 0, "-{topic}", None),
        (6, "timm", None, "_{topic}.in1k", "image-classification"),
        (1, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_AUDIO = Theme(
    ("whisper", "wav2vec2"),
    "{stem}-{arch}-{size}",
    _roles(
        (1, "base", None, "", None),
        (12, "finetune", 0, "-{language}-{topic}", None),
        (4, "lora", 0, "-{topic}-lora", None),
        (2, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
_DIFFUSION = Theme(
    ("clip",),
    "{stem}-diffusion-v1",
    _roles(
        (1, "pipeline", None, "", "text-to-image"),
        (7, "pipeline", 0, "-{topic}", "text-to-image"),
        (10, "image-lora", 0, "-{topic}-lora", "text-to-image"),
        (1, "vae", None, "-vae", None),
        (1, "pipeline", 0, "-{topic}-inpainting", "text-to-image"),
    ),
)
_SEQ2SEQ = Theme(
    ("t5",),
    "{stem}-{arch}-{size}",
    _roles(
        (1, "base", None, "", None),
        (9, "finetune", 0, "-sum-{topic}", "summarization"),
        (4, "finetune", 0, "-{language}-{topic}", "translation"),
        (4, "lora", 0, "-{topic}-lora", None),
        (1, "copy", 0, "-{topic}-copy", None),
        (1, "onnx", 0, "-onnx", None),
    ),
)
#: what a dozen families are about, and which architecture of the theme comes first
THEMES = (
    (_LLM, 0), (_ENCODER, 0), (_LLM, 1), (_DIFFUSION, 0), (_LLM, 2), (_VISION, 0),
    (_AUDIO, 0), (_LLM, 3), (_ENCODER, 1), (_SEQ2SEQ, 0), (_LLM, 4), (_AUDIO, 1),
)  # fmt: skip

Gated = Literal[False, "auto", "manual"]
#: what befalls bases and their instruct versions, and what befalls strangers; each is dealt once in a dozen families
_UNGATED: Gated = False
_GATES: tuple[Gated, ...] = (*("manual",) * 5, *("auto",) * 2, *(_UNGATED,) * (2 * CYCLE - 7))
QUIRKS = (
    "truncated", "nan", "trailing-comma", "bom", "pointer", "conflict", "empty-config", "list", "duplicate-keys",
    "empty", "empty", "no-config", "no-config", "private", "private", "private", "disabled", "renamed", "replaced",
    "huge", "gated-auto", "gated-manual",
)  # fmt: skip
_DEALT = QUIRKS + ("",) * (len(OWN) * CYCLE - len(QUIRKS))


@dataclass(frozen=True, slots=True)
class Family:
    """What the members of a family share."""

    number: int
    theme: Theme
    row: Architecture
    size: Size
    stem: str
    lab: str
    language: str
    license: str
    base: str
    version: str


@dataclass(frozen=True, slots=True)
class Sketch:
    """A model without its files. ``parent`` is a model's number; ``old_name`` a former name that redirects here."""

    index: int
    family: Family
    role: Role
    row: Architecture
    size: Size
    task: str | None
    repo_id: str
    parents: tuple[int, ...]
    topic: str
    language: str
    license: str | None
    gated: Gated
    quirk: str
    old_name: str | None


@dataclass(frozen=True)
class Plan:
    """All models of a seed."""

    seed: int

    @property
    def stems(self) -> Stems:
        """The words of its names."""
        return Stems(self.seed)

    def family(self, number: int) -> Family:
        """What a family shares."""
        return _family(self.seed, number)

    def sketch(self, index: int) -> Sketch:
        """The sketch of a model."""
        return _sketch(self.seed, index)

    def candidates(self, repo_id: str) -> range:
        """The models that may have, or have had, a name."""
        number = self.stems.number(repo_id.rpartition("/")[2])
        if number is None:
            return range(0)
        first = number // FAMILY * FAMILY
        return range(first, first + FAMILY)


@lru_cache(maxsize=64)
def _family(seed: int, number: int) -> Family:
    dice = Dice(seed, "family", number)
    cycle, place = divmod(number, CYCLE)
    theme, first = THEMES[place]
    row = ARCHITECTURES[theme.architectures[(first + cycle) % len(theme.architectures)]]
    size = dice.pick(row.sizes)
    stem = Stems(seed).of(number * FAMILY)
    base = theme.base_name.format(stem=stem, Stem=stem.capitalize(), arch=row.model_type, size=size.label)
    return Family(
        number=number,
        theme=theme,
        row=row,
        size=size,
        stem=stem,
        lab=dice.lean(LABS),
        language=dice.lean(LANGUAGES),
        license=LICENSES[_dealt(seed, "licenses", number, len(LICENSES))],
        base=base,
        version=f"4.{30 + dice.below(26)}.{dice.below(3)}",
    )


def _dealt(seed: int, name: str, number: int, size: int) -> int:
    """The place of ``number`` in a shuffle of a dozen families; every dozen is shuffled again."""
    cycle, place = divmod(number, size)
    key = int.from_bytes(name.encode(), "big") % 65_521
    return Permutation(size, seed * 65_521 + key + cycle * 31).forward(place)


#: strangers: (kind, architecture, task, name's end)
_STRANGERS = (
    ("classifier", "bert", "text-classification", "-{topic}-bert"),
    ("finetune", "gpt2", None, "-gpt2-{topic}"),
    ("finetune", "gpt2", None, "-{topic}-gpt2-small"),
    ("classifier", "vit", None, "-{topic}-vit"),
    ("classifier", "roberta", "text-classification", "-roberta-{topic}"),
    ("classifier", "wav2vec2", "audio-classification", "-w2v-{topic}"),
    ("sklearn", "bert", "tabular-classification", "-{topic}-forest"),
    ("agent", "bert", "reinforcement-learning", "-ppo-{topic}"),
    ("base", "clip", None, "-clip"),
)


@lru_cache(maxsize=1024)
def _sketch(seed: int, index: int) -> Sketch:
    number, place = divmod(index, FAMILY)
    family = _family(seed, number)
    dice = Dice(seed, "model", index)
    topic = TOPICS[(number * 7 + place) % len(TOPICS)]
    language = family.language if dice.below(3) else dice.pick(LANGUAGES)
    license: str | None = family.license if dice.below(4) else None
    if place in OWN:
        return _stranger(seed, index, family, dice, topic, language)
    role = family.theme.roles[place]
    name = family.base + role.suffix.format(topic=topic, language=language)
    gated: Gated = False
    if place in (0, 1) and role.kind in ("base", "instruct", "pipeline"):
        gated = _GATES[_dealt(seed, "gates", number * 2 + place, 2 * CYCLE)]
    if role.kind in ("base", "instruct", "onnx", "timm", "vae") or (role.kind == "pipeline" and not place):
        owner = family.lab
        license = family.license if role.kind != "onnx" else license
    elif role.kind in ("gguf", "awq", "gptq"):
        owner = dice.lean(QUANTIZERS)
    else:
        owner = user(dice)
    parents: tuple[int, ...] = () if role.of is None else (number * FAMILY + role.of,)
    if role.kind == "merge":
        parents += (number * FAMILY + 10 + dice.below(5),)
    return Sketch(
        index=index,
        family=family,
        role=role,
        row=family.row,
        size=family.size,
        task=role.task or family.row.task,
        repo_id=f"{owner}/{name}",
        parents=parents,
        topic=topic,
        language=language,
        license=license,
        gated=gated,
        quirk="",
        old_name=None,
    )


def _stranger(seed: int, index: int, family: Family, dice: Dice, topic: str, language: str) -> Sketch:
    number, place = divmod(index, FAMILY)
    quirk = _DEALT[_dealt(seed, "quirks", number * len(OWN) + place - OWN.start, len(_DEALT))]
    kind, model_type, task, suffix = _STRANGERS[dice.below(len(_STRANGERS))]
    if quirk and kind in ("sklearn", "agent"):
        # a quirk of the config needs a config
        kind, model_type, task, suffix = _STRANGERS[0]
    row = ARCHITECTURES[model_type]
    stem = Stems(seed).of(index)
    owner = user(dice)
    license = dice.pick(LICENSES) if dice.below(5) < 2 else None
    gated: Gated = {"gated-auto": "auto", "gated-manual": "manual"}.get(quirk, False)  # type: ignore[assignment]
    old = {"renamed": f"{user(dice)}/{stem}-draft", "replaced": f"{user(dice)}/{stem}-{topic}-v0"}.get(quirk)
    return Sketch(
        index=index,
        family=family,
        role=Role(kind, None, suffix, task),
        row=row,
        size=row.sizes[0],
        task=task or row.task,
        repo_id=f"{owner}/{stem}{suffix.format(topic=topic)}",
        parents=(),
        topic=topic,
        language=language,
        license=license,
        gated=gated,
        quirk=quirk,
        old_name=old,
    )
