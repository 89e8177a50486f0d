"""What several kinds of simulated models share: their config, their front end, and what is known of their weights."""

from collections.abc import Iterable
from dataclasses import dataclass

from samplehub.content import File, plain_file
from samplehub.simulated.architectures import config_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.documents import as_json, preprocessor_config, spoiled
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.tokenizers import tokenizer
from samplehub.simulated.weights import Head
from samplehub.simulated.words import ENTITIES, LABEL_SETS, PICTURES, SOUNDS
from samplehub.world import Json


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a model (except its card), and what the Hub reads from the weights."""

    files: tuple[File, ...]
    heads: tuple[Head, ...] = ()
    gguf: Json = None

    @property
    def safetensors(self) -> Json:
        """The listing's parameter counts."""
        counts: dict[str, int] = {}
        for head in self.heads:
            for dtype, count in head.parameters:
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
            version = f"4.{50 + dice.below(7)}.0"
        if dice.below(8) == 0:
            extra["use_cache"] = False
    value = config_of(row, sketch.size, sketch.task or "", version, extra)
    if extra.get("_name_or_path") and int(version.split(".")[1]) >= 56:
        # newer writers say dtype
        value["dtype"] = value.pop("torch_dtype")
    data = as_json(value)
    return plain_file("config.json", spoiled(data, sketch.quirk))


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
    files = list(tokenizer(plan.seed, sketch.family.number, sketch.row.model_type, sketch.size.context, chat))
    settings = preprocessor_config(sketch.row.model_type)
    return [*files, settings] if settings else files
