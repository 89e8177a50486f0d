"""Model cards: the front matter as the Hub reads it, and the text below."""

import json
import re

from samplehub.content import File, plain_file
from samplehub.simulated.chance import Dice
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.themes import FAMILY
from samplehub.simulated.weights import elements
from samplehub.simulated.words import DATASETS
from samplehub.world import Json

LIBRARIES = {
    "embedder": "sentence-transformers",
    "lora": "peft",
    "timm": "timm",
    "pipeline": "diffusers",
    "vae": "diffusers",
    "image-lora": "diffusers",
    "sklearn": "sklearn",
    "agent": "stable-baselines3",
}
#: kinds whose library cannot be inferred from their files
WITHOUT = ("gguf", "onnx")
RELATIONS = {
    "gguf": "quantized",
    "awq": "quantized",
    "gptq": "quantized",
    "lora": "adapter",
    "image-lora": "adapter",
    "merge": "merge",
}
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./:-]*\Z")
#: words YAML would read as something else
_RESERVED = ("no", "yes", "on", "off", "y", "n", "true", "false", "null")


def library_of(sketch: Sketch) -> str | None:
    """The library of a model."""
    if sketch.quirk in ("empty", "no-config"):
        return None
    if sketch.role.kind in WITHOUT:
        return None
    return LIBRARIES.get(sketch.role.kind, "transformers")


def relation_of(sketch: Sketch) -> str | None:
    """The relation of a model to its parents."""
    if not sketch.parents:
        return None
    return RELATIONS.get(sketch.role.kind, "finetune")


def card_of(plan: Plan, sketch: Sketch) -> dict[str, Json]:
    """The front matter; empty for the many who write none."""
    dice = Dice(plan.seed, "card", sketch.index)
    kind = sketch.role.kind
    if sketch.quirk == "empty" or (sketch.index % FAMILY >= 6 and dice.below(3) == 0):
        return {}
    card: dict[str, Json] = {}
    if sketch.row.model_type not in ("vit", "clip") and (dice.below(2) or "{language}" in sketch.role.suffix):
        several = [sketch.language, "en" if sketch.language != "en" else "fr"]
        card["language"] = sketch.language if dice.below(5) else several
    if sketch.license:
        card["license"] = sketch.license
        if sketch.license == "other":
            card |= {"license_name": f"{sketch.family.stem}-research", "license_link": "LICENSE"}
    library = library_of(sketch)
    if library and dice.below(3):
        card["library_name"] = library
    if dice.below(3) or kind in LIBRARIES:
        card["pipeline_tag"] = sketch.task
    words = [sketch.topic] if dice.below(2) else []
    if kind in ("finetune", "classifier") and sketch.parents and dice.below(2):
        words = ["generated_from_trainer", *words]
    words += _TAGS.get(kind, ())
    if words:
        card["tags"] = words
    if kind in ("base", "finetune", "classifier", "embedder") and dice.below(2):
        card["datasets"] = list(dice.some(DATASETS, 1 + dice.below(2)))
    if sketch.parents:
        names = [plan.sketch(parent).repo_id for parent in sketch.parents]
        card["base_model"] = names if len(names) > 1 or dice.below(3) == 0 else names[0]
        if dice.below(4) == 0:
            card["base_model_relation"] = relation_of(sketch)
    if kind == "classifier" and dice.below(2):
        card["model-index"] = [_results(sketch, dice)]
    if kind in _TRAINED and dice.below(25) == 0:
        card["co2_eq_emissions"] = _emissions(sketch, dice)
    if kind in ("pipeline", "image-lora") and dice.below(2):
        card["widget"] = [{"text": f"a painting of a {sketch.topic} in the snow"}]
    return card


#: kinds that somebody trained, and tags that their cards have
_TRAINED = ("base", "instruct", "finetune", "classifier", "embedder", "lora", "pipeline")
_TAGS = {
    "merge": ("merge", "mergekit"),
    "image-lora": ("lora", "diffusers", "template:sd-lora"),
    "embedder": ("sentence-transformers", "feature-extraction"),
    "agent": ("deep-reinforcement-learning",),
}
#: grams of CO2 per parameter: a base is trained for weeks, a derivative for hours
_GRAMS = {"base": 3e-3, "pipeline": 3e-3}


def _emissions(sketch: Sketch, dice: Dice) -> Json:
    """Emissions in grams, larger for larger models: a number, or an object that says how it was found."""
    count = elements(sketch.row.name, sketch.size, 2, "text-classification")
    grams = round(count * _GRAMS.get(sketch.role.kind, 4e-6) * (0.3 + 1.5 * dice.unit()), 3)
    if dice.below(3) == 0:
        return grams
    return {
        "emissions": grams,
        "source": dice.pick(("codecarbon", "mlco2", "code carbon")),
        "training_type": "pre-training" if sketch.role.kind in _GRAMS else "fine-tuning",
        "geographical_location": dice.pick(("France", "Iowa, USA", "Finland", "Germany")),
        "hardware_used": dice.pick(("1 x NVIDIA A100", "8 x NVIDIA H100", "1 x NVIDIA T4")),
    }


def _results(sketch: Sketch, dice: Dice) -> Json:
    metrics = [{"name": "Accuracy", "type": "accuracy", "value": round(0.7 + dice.unit() * 0.29, 4)}]
    if dice.below(2):
        metrics.append({"name": "F1", "type": "f1", "value": round(0.65 + dice.unit() * 0.3, 4)})
    dataset = dice.pick(DATASETS)
    result = {"task": {"type": sketch.task}, "dataset": {"name": dataset, "type": dataset}, "metrics": metrics}
    return {"name": sketch.repo_id.rpartition("/")[2], "results": [result]}


def readme(plan: Plan, sketch: Sketch, card: dict[str, Json], dice: Dice) -> File:
    """README.md: front matter, heading, and a few of the sections people write.

    Trainers write the parent into the text, also where nobody declares it.
    """
    name = sketch.repo_id.rpartition("/")[2]
    parts = [f"---\n{front_matter(card)}---\n\n"] if card else []
    parts.append(f"# {name}\n\n")
    base = card.get("base_model")
    undeclared = not base and sketch.parents and sketch.role.kind in ("finetune", "classifier")
    if undeclared or (isinstance(base, str) and "generated_from_trainer" in card.get("tags", ())):
        parent = base or plan.sketch(sketch.parents[0]).repo_id
        link = f"[{parent}](https://huggingface.co/{parent})"
        parts.append(f"This model is a fine-tuned version of {link} on texts about {sketch.topic}.\n")
    elif base:
        parts.append(f"Made from {base if isinstance(base, str) else ', '.join(base)}, for {sketch.topic}.\n")
    else:
        parts.append(f"A model for {sketch.topic}, trained from scratch on public text.\n")
    if sketch.role.kind in ("base", "instruct", "embedder") and sketch.row.arxiv:
        parts.append(f"\nThe architecture is described in https://arxiv.org/abs/{sketch.row.arxiv}.\n")
    sections = {
        "Intended use": f"Drafts about {sketch.topic}. Not for decisions about people.",
        "Training data": "See the datasets above; nothing was added.",
        "Limitations": "It repeats what it has read, mistakes included.",
        "How to use": "Load it with the library named above.",
        "Evaluation": "Numbers are on the held-out part of the training data.",
    }
    for title in dice.some(tuple(sections), dice.below(5)):
        parts.append(f"\n## {title}\n\n{sections[title]}\n")
    return plain_file("README.md", "".join(parts).encode())


def front_matter(card: dict[str, Json]) -> str:
    """YAML that reads back to the same values."""
    lines: list[str] = []
    for key, value in card.items():
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            lines += [f"{key}:", *(f"- {_scalar(item)}" for item in value)]
        else:
            lines.append(f"{key}: {_scalar(value)}")
    return "\n".join(lines) + "\n"


def _scalar(value: Json) -> str:
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _RESERVED:
        return value
    return json.dumps(value)
