"""``SimulatedWorld``: every repo worked out from its number when it is asked for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from harvester.errors import UsageError
from harvester.samplehub.content import Commit, Step, Tree, chain
from harvester.samplehub.reading import document, library_of, read_commit, stub, tags_of, transformers_info
from harvester.samplehub.simulated.cards import card_of, readme, relation_of
from harvester.samplehub.simulated.chance import Dice
from harvester.samplehub.simulated.common import Made
from harvester.samplehub.simulated.documents import GITATTRIBUTES
from harvester.samplehub.simulated.parts import make
from harvester.samplehub.simulated.plan import FAMILY, Plan, Sketch
from harvester.samplehub.simulated.popularity import Favoured, Popularity, tail
from harvester.samplehub.simulated.timeline import Timeline
from harvester.samplehub.world import After, BaseModels, Facts, Json, Moved, Order, Reading, Repo, Words, World

#: the ``_id`` has six digits for the index
MOST = 16_000_000
#: repos kept at hand; a repo takes some tens of kB once its files were asked for
CACHED = 512
#: places of a family from the most downloaded on: the base, its instruct version and what runs at home come first
_FAVOURED = (0, 1, 2, 3, 4, 5, 20, 8, 10, 14, 6, 12, 21, 17, 9, 11, 13, 7, 15, 16, 18, 19, 22, 23, 24)


@dataclass(frozen=True)
class Draft:
    """The source of one simulated repo."""

    plan: Plan
    timeline: Timeline
    sketch: Sketch

    @cached_property
    def card(self) -> dict[str, Json]:
        """The front matter."""
        return card_of(self.plan, self.sketch)

    @cached_property
    def made(self) -> Made:
        """Its files but for the card."""
        return make(self.plan, self.sketch)

    @cached_property
    def task(self) -> str | None:
        """The task the Hub shows: the card's, else one it can tell from a config."""
        said = self.card.get("pipeline_tag")
        if said or self.sketch.quirk or self.sketch.role.kind in ("gguf", "lora", "onnx", "vae", "awq", "gptq"):
            return said
        return self.sketch.task

    @cached_property
    def tree(self) -> Tree:
        """The files of the newest commit."""
        return self.history()[0].tree

    def history(self) -> tuple[Commit, ...]:
        """An empty repo, the upload, and often a better card or a corrected config."""
        return self._commits

    @cached_property
    def _commits(self) -> tuple[Commit, ...]:
        sketch = self.sketch
        dice = Dice(self.plan.seed, "history", sketch.index)
        author = sketch.repo_id.partition("/")[0]
        first, last = self.timeline.created(sketch.index), self.timeline.modified(sketch.index)
        born = last if sketch.quirk == "empty" else first
        start = Step(title="initial commit", message="", author=author, at=born, tree=Tree((GITATTRIBUTES,)))
        if sketch.quirk == "empty":
            return chain((start,))
        files = (GITATTRIBUTES, *self.made.files)
        card = self.card
        written = (readme(sketch, card, dice),) if card or dice.below(2) else ()
        drafted = dice.below(2) == 0 and bool(written)
        upload = Step(
            title="Upload folder using huggingface_hub" if dice.below(2) else f"Upload {sketch.topic} model",
            message="",
            author=author,
            at=first + (last - first) // 2 if drafted else last,
            tree=Tree(files if drafted else (*files, *written)),
        )
        if not drafted:
            return chain((start, upload))
        corrected = Step(title="Update README.md", message="", author=author, at=last, tree=Tree((*files, *written)))
        return chain((start, upload, corrected))

    def reading(self, commit: Commit) -> Reading:
        """What the Hub read; at the newest commit without reading the weights again."""
        if commit is not self.history()[0]:
            return read_commit(commit)
        tree = commit.tree
        config = document(tree, "config.json")
        mask = document(tree, "tokenizer_config.json").get("mask_token")
        return Reading(
            config=stub(tree, config),
            card_data=self.card or None,
            safetensors=self.made.safetensors,
            gguf=self.made.gguf,
            mask_token=mask if isinstance(mask, str) else None,
            widget_data=self.card.get("widget"),
            model_index=self.card.get("model-index"),
            transformers_info=transformers_info(tree, config),
        )

    def words(self) -> Words:
        """Library and tags, as read from card and files."""
        library = library_of(self.tree, self.card)
        return Words(library, tags_of(self.tree, self.card, library, self.task))

    def children(self) -> Mapping[str, int]:
        """The members of the family made of this one."""
        first = self.sketch.index // FAMILY * FAMILY
        counts: Counter[str] = Counter()
        for index in range(first, min(first + FAMILY, self.timeline.size)):
            child = self.plan.sketch(index)
            if self.sketch.index in child.parents and card_of(self.plan, child).get("base_model"):
                counts[relation_of(child) or ""] += 1
        return counts

    def git_tags(self) -> Mapping[str, str]:
        """A release now and then."""
        if self.sketch.role.kind in ("base", "instruct") and self.sketch.index % 2:
            return {"v1.0": self.history()[0].oid}
        return {}


class SimulatedWorld:
    """``models`` models of a ``seed`` on a ``day``: a small Hub, or a large one, in the same memory."""

    def __init__(self, models: int = 300, seed: int = 0, day: int = 0) -> None:
        if not 1 <= models <= MOST:
            raise UsageError(f"a simulated world has 1 to {MOST:,} models, not {models:,}")
        self.models = models
        self.seed = seed
        self.day = day
        self._plan = Plan(seed)
        self._timeline = Timeline(models, seed)

        def popularity(salt: int, share: float, top: int, power: float) -> Popularity:
            return Popularity(
                models, Favoured(models, FAMILY, _FAVOURED, seed * 31 + salt), tail(models, share, top, power)
            )

        # a third of all models was downloaded last month, fewer are liked, very few talked about
        self._counts = {
            "downloads": popularity(1, 0.38, 42_000_000, 1.1),
            "likes": popularity(1, 0.45, 4_500, 0.8),
            "trendingScore": popularity(2, 0.12, 320, 0.9),
        }
        self._repo = lru_cache(maxsize=CACHED)(self._build)

    @property
    def name(self) -> str:
        """What is simulated."""
        return f"a simulated ecosystem of {self.models:,} models (seed {self.seed}, day {self.day})"

    def at(self, day: int) -> World:
        """The same ecosystem on another day. Nothing changes from day to day yet but the day's number."""
        return SimulatedWorld(self.models, self.seed, day)

    def find(self, repo_id: str) -> Repo | Moved | None:
        """The repo of that name, or where the name (another spelling, an older name) leads."""
        lower = repo_id.lower()
        for index in self._plan.candidates(repo_id):
            if index >= self.models:
                break
            sketch = self._plan.sketch(index)
            if sketch.repo_id == repo_id:
                return self._repo(index)
            if sketch.repo_id.lower() == lower:
                return Moved(sketch.repo_id)
            if sketch.old_name == repo_id:
                return Moved(sketch.repo_id)
        return None

    def by_hub_id(self, hub_id: str) -> Repo | None:
        """The repo of that ``_id``."""
        index = self._timeline.up_to(hub_id) - 1
        return self._repo(index) if index >= 0 and self._timeline.hub_id(index) == hub_id else None

    def walk(self, order: Order, after: After | None) -> Iterator[Repo]:
        """Every repo in order, from the row after ``after``."""
        for index in self._indices(order, after):
            yield self._repo(index)

    def _indices(self, order: Order, after: After | None) -> Iterator[int]:
        known = self._timeline.up_to(after.hub_id) if after else 0
        if order.key == "createdAt":
            if not order.descending:
                yield from range(known, self.models)
                return
            exact = known > 0 and after is not None and self._timeline.hub_id(known - 1) == after.hub_id
            yield from range((known - 1 if exact else known) - 1 if after else self.models - 1, -1, -1)
        elif order.key == "lastModified":
            yield from self._by_modified(order.descending, after, known)
        else:
            value = after.value if after and isinstance(after.value, int) else None
            yield from self._counts[order.key].walk(order.descending, value, known - 1)

    def _by_modified(self, descending: bool, after: After | None, known: int) -> Iterator[int]:
        """Index order, but for equal seconds, which stand in ascending order also when all else descends."""
        modified = self._timeline.modified
        if not descending:
            yield from range(known, self.models)
            return
        start, end = 0, self.models
        if after is not None and known:
            second = modified(known - 1)
            yield from range(known, self._timeline.modified_up_to(second))
            end = self._timeline.modified_up_to(second - 1)
        while end > 0:
            start = self._timeline.modified_up_to(modified(end - 1) - 1)
            yield from range(start, end)
            end = start

    def _build(self, index: int) -> Repo:
        sketch = self._plan.sketch(index)
        draft = Draft(self._plan, self._timeline, sketch)
        dice = Dice(self.seed, "counts", index)
        downloads = self._counts["downloads"].of(index)
        relation = relation_of(sketch)
        base: BaseModels | None = None
        if relation and draft.card.get("base_model"):
            parents = tuple(
                (self._timeline.hub_id(parent), self._plan.sketch(parent).repo_id) for parent in sketch.parents
            )
            base = BaseModels(str(draft.card.get("base_model_relation", relation)), parents)
        facts = Facts(
            hub_id=self._timeline.hub_id(index),
            repo_id=sketch.repo_id,
            created_at=self._timeline.created(index),
            last_modified=self._timeline.modified(index),
            downloads=downloads,
            downloads_all_time=downloads * (3 + dice.below(30)) + dice.below(40),
            likes=self._counts["likes"].of(index),
            trending_score=self._counts["trendingScore"].of(index),
            private=sketch.quirk == "private",
            gated=sketch.gated,
            disabled=sketch.quirk == "disabled",
            pipeline_tag=draft.task,
            base_models=base,
            unsafe_files=_suspects(sketch),
            spaces=tuple(
                f"demo-{number}/{sketch.topic}" for number in range(min(120, self._counts["likes"].of(index) // 12))
            ),
        )
        return Repo(facts, draft)


def _suspects(sketch: Sketch) -> tuple[tuple[str, str], ...]:
    """Files the scanners warn of: some estimators run code when loaded, some copies carry more than weights."""
    if sketch.role.kind == "sklearn" and sketch.index % 2:
        return (("model.pkl", "unsafe"),)
    if sketch.role.kind == "copy" and sketch.family.number % 3 == 0:
        return (("pytorch_model.bin", "suspicious"),)
    return ()
