"""Model cards: the front matter as the Hub reads it, and the text below."""

import json
import re

from samplehub.content import File, plain_file
from samplehub.simulated.chance import Dice
from samplehub.simulated.plan import Plan, Sketch
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
    if sketch.quirk == "empty" or (sketch.index % 25 >= 10 and dice.below(5) == 0):
        return {}
    card: dict[str, Json] = {}
    if sketch.row.model_type not in ("vit", "clip") or kind == "pipeline":
        card["language"] = (
            sketch.language if dice.below(4) else [sketch.language, "en" if sketch.language != "en" else "fr"]
        )
    if sketch.license:
        card["license"] = sketch.license
    library = library_of(sketch)
    if library and dice.below(3):
        card["library_name"] = library
    if dice.below(3) or kind in LIBRARIES:
        card["pipeline_tag"] = sketch.task
    words = [sketch.topic] if dice.below(2) else []
    if kind in ("finetune", "classifier") and sketch.parents and dice.below(2):
        words = ["generated_from_trainer", *words]
    if kind == "merge":
        words += ["merge", "mergekit"]
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
    if kind == "pipeline" and dice.below(2):
        card["widget"] = [{"text": f"a painting of a {sketch.topic} in the snow"}]
    return card


def _results(sketch: Sketch, dice: Dice) -> Json:
    metrics = [{"name": "Accuracy", "type": "accuracy", "value": round(0.7 + dice.unit() * 0.29, 4)}]
    if dice.below(2):
        metrics.append({"name": "F1", "type": "f1", "value": round(0.65 + dice.unit() * 0.3, 4)})
    dataset = dice.pick(DATASETS)
    result = {"task": {"type": sketch.task}, "dataset": {"name": dataset, "type": dataset}, "metrics": metrics}
    return {"name": sketch.repo_id.rpartition("/")[2], "results": [result]}


def readme(sketch: Sketch, card: dict[str, Json], dice: Dice) -> File:
    """README.md: front matter, heading, and a few of the sections people write."""
    name = sketch.repo_id.rpartition("/")[2]
    parts = [f"---\n{front_matter(card)}---\n\n"] if card else []
    parts.append(f"# {name}\n\n")
    if card.get("base_model"):
        base = card["base_model"]
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
