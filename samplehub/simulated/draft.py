"""The source of one simulated repo on a day: its commits, what the Hub reads of them, its card and its parents."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from samplehub.content import Commit, File, Step, Tree, chain
from samplehub.reading import (
    document,
    eval_results,
    library_of,
    read_commit,
    safetensors_parameters,
    stub,
    tags_of,
    transformers_info,
)
from samplehub.simulated.cards import card_of, readme, relation_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.changes import Card, Change, amended, changes_on
from samplehub.simulated.common import Made
from samplehub.simulated.documents import GITATTRIBUTES
from samplehub.simulated.drift import Effect, apply
from samplehub.simulated.lifecycle import Lifecycle, ModelState
from samplehub.simulated.parts import make
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.themes import FAMILY
from samplehub.simulated.timeline import Timeline
from samplehub.world import BaseModels, Json, Reading, Words


@dataclass(frozen=True, slots=True)
class Setting:
    """What the drafts of a world share: models, times, lifecycles, and the current day."""

    plan: Plan
    timeline: Timeline
    lifecycle: Lifecycle
    day: int

    @property
    def size(self) -> int:
        """How many models were ever made."""
        return self.timeline.size_on(self.day)

    def state(self, index: int) -> ModelState:
        """The state of a model today."""
        return self.lifecycle.on(index, self.day)

    def draft(self, index: int) -> "Draft":
        """The source of a model's repo."""
        return Draft(self, self.lifecycle.sketch(index), self.state(index))


@dataclass(frozen=True, slots=True)
class Done:
    """A change that was made, with its commit."""

    change: Change
    effect: Effect
    commit: Commit


@dataclass(frozen=True)
class Draft:
    """The source of one simulated repo."""

    setting: Setting
    sketch: Sketch
    state: ModelState

    @property
    def _plan(self) -> Plan:
        return self.setting.plan

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What was changed since it was made, oldest first."""
        seed = self._plan.seed
        return tuple(change for day, at in self.state.commits for change in changes_on(seed, self.sketch, day, at))

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """The front matter as it was made, then after each change."""
        cards = [Card(card_of(self._plan, self.sketch), self.sketch.parents)]
        for change in self.changes:
            cards.append(amended(self._plan, self.sketch, cards[-1], change))
        return tuple(cards)

    @property
    def card(self) -> dict[str, Json]:
        """The front matter today."""
        return self.cards[-1].data

    @cached_property
    def made(self) -> Made:
        """The files it was made with, but for the card."""
        return make(self._plan, self.sketch)

    @cached_property
    def task(self) -> str | None:
        """The task that the Hub shows: from the card, else inferred from a config."""
        said = self.card.get("pipeline_tag")
        if said or self.sketch.quirk or self.sketch.role.kind in ("gguf", "lora", "onnx", "vae", "awq", "gptq"):
            return said
        return self.sketch.task

    @cached_property
    def base_models(self) -> BaseModels | None:
        """The parents that the card names and that are still there, under their names of today."""
        relation = relation_of(self.sketch)
        if not relation or not self.card.get("base_model"):
            return None
        lifecycle, day = self.setting.lifecycle, self.setting.day
        found = [lifecycle.named_after(parent, day) for parent in self.cards[-1].parents]
        there = tuple((self.setting.timeline.hub_id(state.index), state.name) for state in found if state)
        return BaseModels(str(self.card.get("base_model_relation", relation)), there) if there else None

    @cached_property
    def tree(self) -> Tree:
        """The files of the newest commit."""
        return self.history()[0].tree

    def history(self) -> tuple[Commit, ...]:
        """The commits: an empty repo, the upload, often a better card, then the changes of later days."""
        return self._commits

    @cached_property
    def done(self) -> tuple[Done, ...]:
        """The changes with what they did, oldest first."""
        newest_first = self.history()[: len(self.changes)]
        return tuple(
            Done(change, effect, commit)
            for change, effect, commit in zip(self.changes, self._drift[1], reversed(newest_first), strict=True)
        )

    @cached_property
    def _commits(self) -> tuple[Commit, ...]:
        return chain((*self._first_steps, *self._drift[0]))

    @cached_property
    def _first_steps(self) -> tuple[Step, ...]:
        sketch, timeline = self.sketch, self.setting.timeline
        dice = Dice(self._plan.seed, "history", sketch.index)
        author = sketch.repo_id.partition("/")[0]
        first, last = timeline.created(sketch.index), timeline.modified(sketch.index)
        born = last if sketch.quirk == "empty" else first
        start = Step(title="initial commit", message="", author=author, at=born, tree=Tree((GITATTRIBUTES,)))
        if sketch.quirk == "empty":
            return (start,)
        files = (GITATTRIBUTES, *self.made.files)
        card = self.cards[0].data
        written = (readme(self._plan, sketch, card, dice),) if card or dice.below(2) else ()
        drafted = dice.below(2) == 0 and bool(written)
        upload = Step(
            title="Upload folder using huggingface_hub" if dice.below(2) else f"Upload {sketch.topic} model",
            message="",
            author=author,
            at=first + (last - first) // 2 if drafted else last,
            tree=Tree(files if drafted else (*files, *written)),
        )
        if not drafted:
            return (start, upload)
        corrected = Step(title="Update README.md", message="", author=author, at=last, tree=Tree((*files, *written)))
        return (start, upload, corrected)

    @cached_property
    def _drift(self) -> tuple[tuple[Step, ...], tuple[Effect, ...]]:
        """The commits after the first ones, oldest first, and what each did."""
        steps: list[Step] = []
        effects: list[Effect] = []
        author = self.sketch.repo_id.partition("/")[0]
        files: Mapping[str, File] = self._first_steps[-1].tree.files
        for change, old, new in zip(self.changes, self.cards, self.cards[1:], strict=False):
            changed = apply(self._plan.seed, self.sketch, files, change, old, new)
            files = changed.files
            steps.append(Step(title=changed.title, message="", author=author, at=change.at, tree=Tree(files.values())))
            effects.append(changed.effect)
        return tuple(steps), tuple(effects)

    def reading(self, commit: Commit) -> Reading:
        """What the Hub read; at the newest commit without reading the weights or the card again."""
        if commit is not self.history()[0]:
            return read_commit(commit)
        tree = commit.tree
        config = document(tree, "config.json")
        mask = document(tree, "tokenizer_config.json").get("mask_token")
        migrated = any(effect.kind == "migrated" for effect in self._drift[1])
        return Reading(
            config=stub(tree, config),
            card_data=self.card or None,
            safetensors=safetensors_parameters(tree) if migrated else self.made.safetensors,
            gguf=self.made.gguf,
            mask_token=mask if isinstance(mask, str) else None,
            widget_data=self.card.get("widget"),
            model_index=self.card.get("model-index"),
            eval_results=eval_results(tree),
            transformers_info=transformers_info(tree, config),
        )

    def words(self) -> Words:
        """Library and tags, as read from card and files."""
        library = library_of(self.tree, self.card)
        return Words(library, tags_of(self.tree, self.card, library, self.task))

    def children(self) -> Mapping[str, int]:
        """The members of the family that were made of this one."""
        setting, root = self.setting, self.sketch.index
        while (predecessor := setting.lifecycle.predecessor(root)) is not None:
            root = predecessor
        own = setting.timeline.hub_id(self.sketch.index)
        first = root // FAMILY * FAMILY
        counts: Counter[str] = Counter()
        for index in range(first, min(first + FAMILY, setting.size)):
            if setting.state(index).gone is None:
                child = setting.draft(index)
                base = child.base_models
                if base and own in (hub_id for hub_id, _ in base.models):
                    counts[relation_of(child.sketch) or ""] += 1
        return counts

    def git_tags(self) -> Mapping[str, str]:
        """A release now and then: the state as it was made."""
        if self.sketch.role.kind in ("base", "instruct") and self.sketch.index % 2:
            return {"v1.0": self.history()[len(self.changes)].oid}
        return {}
