"""What commits change, decided without looking at files: the kind of a change, what announces it, and the new card."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from samplehub.simulated.chance import Dice
from samplehub.simulated.common import labels_of
from samplehub.simulated.documents import odd
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.themes import FAMILY, OWN
from samplehub.simulated.words import LICENSES
from samplehub.world import Json

ChangeKind = Literal[
    "card",
    "license",
    "task",
    "base_model",
    "new_version",
    "context",
    "config_field",
    "architecture",
    "noise",
    "labels_renamed",
    "labels_permuted",
    "labels_added",
    "weights",
    "migrated",
    "file_added",
    "file_removed",
]
Also = Literal["card_body", "tag", "new_version"]

#: kinds of models that have a config.json of their own
CONFIGURED = ("base", "instruct", "finetune", "classifier", "merge", "copy", "embedder", "awq", "gptq", "onnx")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change: how frequent it is, in which models, and whether it may be announced."""

    kind: ChangeKind
    weight: int
    fits: Callable[[Sketch], bool] = field(default=lambda _: True)
    may_be_announced: bool = True


def _configured(sketch: Sketch) -> bool:
    return sketch.role.kind in CONFIGURED and sketch.quirk != "no-config" and not odd(sketch)


def _labelled(sketch: Sketch) -> bool:
    named = sketch.role.kind == "classifier" or (sketch.row.model_type == "vit" and sketch.role.kind in CONFIGURED[:7])
    return _configured(sketch) and named and len(labels_of(sketch)) > 1


#: One row per kind of change. To add one, write what it does to the card here or to the files in ``drift``.
KINDS = (
    Kind("card", 6, may_be_announced=False),
    Kind("license", 12),
    Kind("task", 3),
    Kind("base_model", 3, lambda sketch: bool(sketch.parents)),
    Kind("new_version", 3, may_be_announced=False),
    Kind("context", 14, _configured),
    Kind("config_field", 6, _configured),
    Kind("architecture", 3, _configured),
    Kind("noise", 10, _configured, may_be_announced=False),
    Kind("labels_renamed", 10, _labelled),
    Kind("labels_permuted", 10, _labelled),
    Kind("labels_added", 7, _labelled),
    Kind("weights", 12),
    Kind("file_added", 8),
    Kind("file_removed", 5),
)
_TASKS = ("text-generation", "feature-extraction", "text-classification", "fill-mask")


@dataclass(frozen=True, slots=True)
class Change:
    """A planned commit. ``also`` is what announces it besides the change itself; empty: a silent change."""

    kind: ChangeKind
    index: int
    day: int
    at: int
    also: tuple[Also, ...]

    def dice(self, seed: int) -> Dice:
        """Chance for the rest of the change."""
        return Dice(seed, "change", self.index, self.day, self.kind)


def changes_on(seed: int, sketch: Sketch, day: int, at: int) -> tuple[Change, ...]:
    """The commits of a model on a day, oldest first: one, or a card's correction before it."""
    dice = Dice(seed, "changes", sketch.index, day)
    fitting = [kind for kind in KINDS if kind.fits(sketch)]
    place = dice.below(sum(kind.weight for kind in fitting))
    for kind in fitting:
        place -= kind.weight
        if place < 0:
            break
    also: tuple[Also, ...] = ()
    if kind.may_be_announced and dice.below(2):
        ways: tuple[tuple[Also, ...], ...] = (
            ("card_body",),
            ("card_body",),
            ("tag",),
            ("new_version",),
            ("card_body", "tag"),
        )
        also = dice.pick(ways)
    change = Change(kind.kind, sketch.index, day, at, also)
    if dice.below(4) == 0:
        return (Change("card", sketch.index, day, at - 1 - dice.below(120), ()), change)
    return (change,)


@dataclass(frozen=True, slots=True)
class Card:
    """The front matter and the parents it names, by number."""

    data: dict[str, Json]
    parents: tuple[int, ...]


def amended(plan: Plan, sketch: Sketch, card: Card, change: Change) -> Card:
    """The front matter after a change."""
    dice = change.dice(plan.seed)
    data = dict(card.data)
    parents = card.parents
    match change.kind:
        case "license":
            data["license"] = dice.pick([name for name in dict.fromkeys(LICENSES) if name != data.get("license")])
        case "task":
            data["pipeline_tag"] = dice.pick([task for task in _TASKS if task != data.get("pipeline_tag")])
        case "base_model":
            first = sketch.index // FAMILY * FAMILY
            others = [first + place for place in range(OWN.start) if first + place < sketch.index]
            if len(others) > 1:
                parents = (dice.pick([index for index in others if (index,) != parents]),)
                data["base_model"] = plan.sketch(parents[0]).repo_id
    if change.kind == "new_version" or "new_version" in change.also:
        data["new_version"] = f"{sketch.repo_id}-next-{change.day}"
    if "tag" in change.also:
        tags = data.get("tags")
        data["tags"] = [*(tags if isinstance(tags, list) else []), f"revised-{change.day}"]
    return Card(data, parents)
