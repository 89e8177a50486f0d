"""The models: kind, parents and name of model number i; a function of seed and i, without files.

Models come in families of 25 that follow each other in time: a base model, then its derivatives, then five unrelated
models. When a base was made decides which architectures there are to make it of (``themes``).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from samplehub.simulated.architectures import ARCHITECTURES, Architecture
from samplehub.simulated.chance import Dice, Permutation
from samplehub.simulated.names import Stems, user
from samplehub.simulated.sizes import Size
from samplehub.simulated.themes import DIFFUSION, EARLY, FAMILY, OWN, Role, Theme, theme_of
from samplehub.simulated.timeline import Timeline
from samplehub.simulated.words import ABROAD, LABS, LANGUAGES, LICENSES, QUANTIZERS, TOPICS

#: families in which every quirk occurs once
CYCLE = 12


Gated = Literal[False, "auto", "manual"]
#: what happens to bases and their instruct versions, and to unrelated models; each once in a dozen families
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
    #: when its base was made, as a year with its fraction
    year: float
    #: of a diffusion model: v1, xl or flux
    generation: str


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
    """All models of a seed; ``models`` of them are spread over the years before day 0."""

    seed: int
    models: int

    @property
    def stems(self) -> Stems:
        """The words of its names."""
        return Stems(self.seed)

    def family(self, number: int) -> Family:
        """What a family shares."""
        return _family(self.seed, self.models, number)

    def sketch(self, index: int) -> Sketch:
        """The sketch of a model."""
        return _sketch(self.seed, self.models, index)

    def candidates(self, repo_id: str) -> range:
        """The models that may have, or have had, a name."""
        number = self.stems.number(repo_id.rpartition("/")[2])
        if number is None:
            return range(0)
        first = number // FAMILY * FAMILY
        return range(first, first + FAMILY)


@lru_cache(maxsize=64)
def _family(seed: int, models: int, number: int) -> Family:
    dice = Dice(seed, "family", number)
    year = Timeline(models, seed).year(number * FAMILY)
    # twelve families that follow each other are spread over the themes of their time
    theme = theme_of(year, (_dealt(seed, "makes", number, CYCLE) + dice.unit()) / CYCLE)
    row = theme.architecture(year, (_dealt(seed, "designs", number, CYCLE) + dice.unit()) / CYCLE)
    size = dice.pick(row.sizes)
    stem = Stems(seed).of(number * FAMILY)
    _, generation, its_license = next(later for later in reversed(DIFFUSION) if later[0] <= year)
    values = {"arch": row.model_type, "size": size.label, "version": generation}
    return Family(
        number=number,
        theme=theme,
        row=row,
        size=size,
        stem=stem,
        lab=dice.lean(LABS),
        language=dice.pick(LANGUAGES),
        license=its_license if theme.roles[0].kind == "pipeline" else dice.pick(row.licenses),
        base=theme.base_name.format(stem=stem, Stem=stem.capitalize(), **values),
        # the library's minor versions, about eleven a year
        version=f"4.{17 + int((year - EARLY) * 10.5)}.{dice.below(3)}",
        year=year,
        generation=generation,
    )


def _dealt(seed: int, name: str, number: int, size: int) -> int:
    """The place of ``number`` in a shuffle of a dozen families; every dozen is shuffled again."""
    cycle, place = divmod(number, size)
    key = int.from_bytes(name.encode(), "big") % 65_521
    return Permutation(size, seed * 65_521 + key + cycle * 31).forward(place)


#: unrelated models: (kind, architecture, task, name's end)
_UNRELATED = (
    ("classifier", "bert", "text-classification", "-{topic}-bert"),
    ("finetune", "gpt2", None, "-gpt2-{topic}"),
    ("finetune", "gpt2", None, "-{topic}-gpt2-small"),
    ("classifier", "vit", None, "-{topic}-vit"),
    ("classifier", "roberta", "text-classification", "-roberta-{topic}"),
    ("classifier", "wav2vec2", "audio-classification", "-w2v-{topic}"),
    ("sklearn", "bert", "tabular-classification", "-{topic}-forest"),
    ("agent", "bert", "reinforcement-learning", "-ppo-{topic}"),
    ("agent", "bert", "reinforcement-learning", "-dqn-{topic}"),
    ("base", "clip", None, "-clip"),
)


@lru_cache(maxsize=1024)
def _sketch(seed: int, models: int, index: int) -> Sketch:
    number, place = divmod(index, FAMILY)
    family = _family(seed, models, number)
    dice = Dice(seed, "model", index)
    topic = TOPICS[(number * 7 + place) % len(TOPICS)]
    language = family.language if dice.below(3) else dice.pick(LANGUAGES)
    if place in OWN:
        return _unrelated(seed, index, family, dice, topic, language)
    role = family.theme.roles[place]
    if "{language}" in role.suffix:
        language = dice.pick(ABROAD)
    license = _inherited(family.license, dice)
    # a model of timm is named after its own architecture
    name = (family.stem if role.kind == "timm" else family.base) + role.suffix.format(topic=topic, language=language)
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
        parents += (number * FAMILY + 10 + dice.below(4),)
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


def _inherited(license: str, dice: Dice) -> str | None:
    """The licence of a derivative: its base's, none, or another one in a fifth of those that have one."""
    drawn = dice.below(20)
    if drawn < 8:
        return None
    return license if drawn < 18 else dice.pick(LICENSES)


def _unrelated(seed: int, index: int, family: Family, dice: Dice, topic: str, language: str) -> Sketch:
    number, place = divmod(index, FAMILY)
    quirk = _DEALT[_dealt(seed, "quirks", number * len(OWN) + place - OWN.start, len(_DEALT))]
    kind, model_type, task, suffix = _UNRELATED[dice.below(len(_UNRELATED))]
    if quirk and kind in ("sklearn", "agent"):
        # a quirk of the config needs a config
        kind, model_type, task, suffix = _UNRELATED[0]
    row = ARCHITECTURES[model_type]
    stem = Stems(seed).of(index)
    owner = user(dice)
    license = dice.pick(LICENSES) if dice.below(4) == 0 else None
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
