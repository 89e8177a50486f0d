"""``SimulatedWorld``: every repo is computed from its number when requested."""

from collections.abc import Iterator
from functools import lru_cache

from samplehub.errors import SampleHubError
from samplehub.simulated.by_modified import by_last_commit, last_modified, seconds_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.counts import SHAPES, Counts
from samplehub.simulated.draft import Draft, Setting
from samplehub.simulated.events import Event, events
from samplehub.simulated.lifecycle import Lifecycle
from samplehub.simulated.plan import Plan, Sketch
from samplehub.simulated.timeline import Timeline
from samplehub.world import After, Facts, Moved, Order, Repo

#: the ``_id`` has six digits for the index
MOST = 16_000_000
#: ten years; a model's state is computed day by day
LAST_DAY = 3_650
#: size of the cache of repos; a repo takes some tens of kB once its files were requested
CACHED = 512


class SimulatedWorld:
    """A small Hub, or a large one, in the same memory: ``models`` models of a ``seed``, after ``day`` days.

    Every day some models get commits, are renamed, deleted, gated, hidden or created, and counts change; ``events`` has
    the truth about it.
    """

    def __init__(self, models: int = 300, seed: int = 0, day: int = 0) -> None:
        if not 1 <= models <= MOST:
            raise SampleHubError(f"a simulated world has 1 to {MOST:,} models, not {models:,}")
        if not 0 <= day <= LAST_DAY:
            raise SampleHubError(f"a simulated world has days 0 to {LAST_DAY:,}, not {day:,}")
        self.models = models
        self.seed = seed
        self.day = day
        timeline = Timeline(models, seed, day)
        if timeline.size > MOST:
            raise SampleHubError(f"{models:,} models are more than {MOST:,} after {day:,} days")
        plan = Plan(seed, models)
        self._setting = Setting(plan, timeline, Lifecycle(plan, timeline), day)
        self._counts = {key: Counts(shape, timeline) for key, shape in SHAPES.items()}
        self._first_downloads = Counts(SHAPES["downloads"], Timeline(models, seed))
        self._repo = lru_cache(maxsize=CACHED)(self._build)

    @property
    def name(self) -> str:
        """What is simulated."""
        return f"a simulated ecosystem of {self.models:,} models (seed {self.seed}, day {self.day})"

    @property
    def time(self) -> int:
        """The end of its day in UTC seconds: everything in the world happened before."""
        return self._setting.timeline.morning(self.day + 1)

    def at(self, day: int) -> "SimulatedWorld":
        """The same ecosystem on another day."""
        return self if day == self.day else SimulatedWorld(self.models, self.seed, day)

    def events(self, day: int) -> list[Event]:
        """What happened on one day up to this world's, in the order in which it happened.

        Raises ``SampleHubError`` for a day that is not over yet.
        """
        if not 1 <= day <= self.day:
            raise SampleHubError(f"day {day} of a world that is at day {self.day} is not over")
        return list(events(self.at(day)._setting))

    def find(self, repo_id: str) -> Repo | Moved | None:
        """The repo of that name, or where the name (another spelling, a former name) redirects."""
        setting = self._setting
        family = [index for index in setting.plan.candidates(repo_id) if index < setting.size]
        # nearly always the name is still the one the model was made under
        for index in family:
            if setting.plan.sketch(index).repo_id == repo_id:
                state = setting.state(index)
                if state.gone is None and state.names == (repo_id,):
                    return self._repo(index)
        lower = repo_id.lower()
        moved: Moved | None = None
        for index in family:
            for state in setting.lifecycle.line(index, self.day):
                if state.gone is not None:
                    continue
                if state.name == repo_id:
                    return self._repo(state.index)
                older = (*state.names, setting.lifecycle.sketch(state.index).old_name)
                if state.name.lower() == lower or repo_id in older:
                    moved = Moved(state.name)
        return moved

    def by_hub_id(self, hub_id: str) -> Repo | None:
        """The repo of that ``_id``."""
        index = self._setting.timeline.up_to(hub_id) - 1
        return self._repo(index) if index >= 0 and self._setting.timeline.hub_id(index) == hub_id else None

    def walk(self, order: Order, after: After | None) -> Iterator[Repo]:
        """Every repo in order, from the row after ``after``."""
        for index in self._indices(order, after):
            repo = self._repo(index)
            if repo is not None:
                yield repo

    def _indices(self, order: Order, after: After | None) -> Iterator[int]:
        timeline = self._setting.timeline
        known = timeline.up_to(after.hub_id) if after else 0
        if order.key == "createdAt":
            if not order.descending:
                yield from range(known, timeline.size)
                return
            exact = known > 0 and after is not None and timeline.hub_id(known - 1) == after.hub_id
            yield from range((known - 1 if exact else known) - 1 if after else timeline.size - 1, -1, -1)
        elif order.key == "lastModified":
            at = seconds_of(after.value) if after else None
            if after is not None and at is None:
                at = timeline.modified(max(0, known - 1))
            yield from by_last_commit(self._setting, order.descending, None if at is None else (at, known - 1))
        else:
            value = after.value if after and isinstance(after.value, int) else None
            yield from self._counts[order.key].walk(order.descending, value, known - 1)

    def _build(self, index: int) -> Repo | None:
        setting = self._setting
        state = setting.state(index)
        if state.gone is not None:
            return None
        draft = setting.draft(index)
        sketch = draft.sketch
        likes = self._counts["likes"].of(index)
        facts = Facts(
            hub_id=setting.timeline.hub_id(index),
            repo_id=state.name,
            created_at=setting.timeline.created(index),
            last_modified=last_modified(setting, index),
            downloads=self._counts["downloads"].of(index),
            downloads_all_time=self._downloads_all_time(index),
            likes=likes,
            trending_score=self._counts["trendingScore"].of(index),
            private=sketch.quirk == "private" or state.is_hidden(self.day),
            gated=state.gated,
            disabled=state.disabled,
            pipeline_tag=draft.task,
            base_models=draft.base_models,
            unsafe_files=_suspects(sketch, draft),
            providers=_providers(self.seed, index, draft, likes),
            spaces=tuple(f"demo-{number}/{sketch.topic}" for number in range(min(120, likes // 12))),
        )
        return Repo(facts, draft)

    def _downloads_all_time(self, index: int) -> int:
        """The initial downloads after some days: they grow by a thirtieth each day."""
        if self._setting.timeline.born(index):
            return self._counts["downloads"].of(index)
        dice = Dice(self.seed, "counts", index)
        first = self._first_downloads.of(index)
        return first * (3 + dice.below(30)) + dice.below(40) + first // 30 * self.day


#: who serves models of the libraries that can be served
_PROVIDERS = ("hf-inference", "together", "nebius", "fireworks-ai", "featherless-ai")


def _providers(seed: int, index: int, draft: Draft, likes: int) -> tuple[str, ...]:
    """The inference providers of a model: some, for popular models with a task."""
    if draft.task is None or likes < 3:
        return ()
    dice = Dice(seed, "providers", index)
    return dice.some(_PROVIDERS, 1 + dice.below(3)) if dice.below(3) == 0 else ()


def _suspects(sketch: Sketch, draft: Draft) -> tuple[tuple[str, str], ...]:
    """Files the scanners warn of: some estimators run code when loaded, some copies carry more than weights."""
    suspects: tuple[tuple[str, str], ...] = ()
    if sketch.role.kind == "sklearn" and sketch.index % 2:
        suspects = (("model.pkl", "unsafe"),)
    if sketch.role.kind == "copy" and sketch.family.number % 3 == 0:
        suspects = (("pytorch_model.bin", "suspicious"),)
    return tuple(suspect for suspect in suspects if suspect[0] in draft.tree.files)
