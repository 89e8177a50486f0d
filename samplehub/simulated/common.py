"""What several kinds of simulated models share: config, tokenizer, weights, licence."""

from collections.abc import Iterable
from dataclasses import dataclass

from samplehub.content import File, plain_file
from samplehub.simulated.architectures import config_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.documents import as_json, preprocessor_config, spoiled
from samplehub.simulated.licenses import TEXTS, license_file
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.tokenizers import tokenizer
from samplehub.simulated.weights import Checkpoint, Weights, model_checkpoint, pickle_checkpoint
from samplehub.simulated.words import ENTITIES, LABEL_SETS, PICTURES, SOUNDS
from samplehub.world import Json


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a model (except its card), and what the Hub reads from the weights."""

    files: tuple[File, ...]
    weights: tuple[Weights, ...] = ()
    gguf: Json = None

    @property
    def safetensors(self) -> Json:
        """The listing's parameter counts."""
        counts: dict[str, int] = {}
        for weights in self.weights:
            for dtype, count in weights.parameters:
                counts[dtype] = counts.get(dtype, 0) + count
        return {"parameters": counts, "total": sum(counts.values())} if counts else None


def config(sketch: Sketch, dice: Dice) -> File:
    """config.json: that of the family if nothing was changed, so that many repos share one document."""
    row, family = sketch.row, sketch.family
    extra: Json = {}
    version = family.version
    if sketch.role.kind == "classifier" or row.model_type == "vit":
        extra = _label_maps(labels_of(sketch))
    if sketch.role.kind in ("finetune", "classifier", "merge") and sketch.parents:
        if dice.below(3) == 0:
            extra["_name_or_path"] = f"./{sketch.topic}-run"
        if dice.below(4) == 0:
            # a newer writer than the base's
            version = f"4.{int(version.split('.')[1]) + 1 + dice.below(4)}.0"
        if dice.below(8) == 0:
            extra["use_cache"] = False
    value = config_of(row, sketch.size, sketch.task or "", version, extra)
    data = as_json(value)
    return plain_file("config.json", spoiled(data, sketch.quirk))


def label_count(sketch: Sketch) -> int:
    """The outputs of a classifier; 0 for anything else."""
    return len(labels_of(sketch)) if sketch.role.kind == "classifier" or sketch.row.model_type == "vit" else 0


def own_checkpoint(sketch: Sketch) -> Checkpoint:
    """A model's weights as safetensors."""
    return model_checkpoint(sketch.row.name, sketch.size, label_count(sketch), sketch.task or "")


def own_pickles(sketch: Sketch) -> Checkpoint:
    """A model's weights as pickles."""
    return pickle_checkpoint(sketch.row.name, sketch.size, label_count(sketch), sketch.task or "")


def license_of(sketch: Sketch, dice: Dice) -> list[File]:
    """The licence file, which most bases have and few derivatives: its base's, nearly always."""
    is_base = sketch.role.kind in ("base", "instruct") or (sketch.role.kind == "pipeline" and not sketch.parents)
    # an unrelated model has a licence of its own
    license = sketch.family.license if is_base or sketch.parents else sketch.license or ""
    if dice.below(100) >= (70 if is_base else 8):
        return []
    if dice.below(12) == 0:
        license = dice.pick(("apache-2.0", "mit", "cc-by-nc-4.0"))
    if license not in TEXTS:
        return []
    path = dice.pick(("LICENSE", "LICENSE", "LICENSE", "LICENSE.txt", "LICENSE.md"))
    family = sketch.family
    return [license_file(path, license, family.lab, family.stem.capitalize(), int(family.year))]


def labels_of(sketch: Sketch) -> tuple[str, ...]:
    """The labels of a classifier."""
    sets = {"token-classification": (ENTITIES,), "image-classification": PICTURES, "audio-classification": (SOUNDS,)}
    if sketch.task == "question-answering":
        return ()
    choices = sets.get(sketch.task or "", LABEL_SETS)
    return choices[sketch.index % len(choices)]


def _label_maps(labels: Iterable[str]) -> Json:
    names = list(labels)
    if not names:
        return {}
    return {
        "id2label": {str(place): name for place, name in enumerate(names)},
        "label2id": {name: place for place, name in enumerate(names)},
    }


def front(plan: Plan, sketch: Sketch, chat: bool) -> list[File]:
    """The tokenizer and the settings of an image or sound front end."""
    files = list(tokenizer(plan.seed, sketch.family.number, sketch.row.name, sketch.size.context, chat))
    settings = preprocessor_config(sketch.row.model_type)
    return [*files, settings] if settings else files
