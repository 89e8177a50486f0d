"""The state of a model on a day: names, gating, whether it is gone; a function of the seed, without files."""

from dataclasses import dataclass, replace
from functools import lru_cache

from samplehub.simulated.chance import Dice
from samplehub.simulated.daily_draw import Band, DailyDraw, daily_draw
from samplehub.simulated.names import user
from samplehub.simulated.plan import Gated, Plan, Sketch
from samplehub.simulated.timeline import Timeline

#: days that a hidden model stays private
HIDDEN = 2
#: quirks of models to which nothing happens
_ASIDE = ("private", "disabled")


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of a model: the day, the kind, the UTC second."""

    day: int
    band: Band
    at: int


@dataclass(frozen=True, slots=True)
class ModelState:
    """A model at the end of a day.

    ``names`` oldest first, the last is the current one; ``commits`` are (day, UTC seconds).
    """

    index: int
    names: tuple[str, ...]
    gated: Gated
    disabled: bool
    #: the day it was made private for a while
    hidden: int | None = None
    #: the day it was deleted, and the model that has its name since
    gone: int | None = None
    successor: int | None = None
    commits: tuple[tuple[int, int], ...] = ()
    happened: tuple[Happening, ...] = ()

    @property
    def name(self) -> str:
        """The newest name."""
        return self.names[-1]

    def is_hidden(self, day: int) -> bool:
        """Whether it is private for a while."""
        return self.hidden is not None and self.hidden <= day < self.hidden + HIDDEN


class Lifecycle:
    """The lifecycle of all models of a plan."""

    def __init__(self, plan: Plan, timeline: Timeline) -> None:
        self._plan = plan
        self._timeline = timeline
        self.sketch = lru_cache(maxsize=1024)(self._sketch)
        self.on = lru_cache(maxsize=4096)(self._on)

    def draw(self, day: int) -> DailyDraw:
        """The draw of a day."""
        return daily_draw(self._timeline, day)

    def predecessor(self, index: int) -> int | None:
        """The deleted model whose name this one was given when it was made."""
        born = self._timeline.born(index)
        slot = index - self._timeline.size_on(born - 1) if born else 0
        if not born or slot >= self.draw(born).count("replaced"):
            return None
        draw = self.draw(born)
        victim = draw.index(draw.start("replaced") + slot)
        return victim if self._may_change(self.on(victim, born - 1), born) else None

    def _sketch(self, index: int) -> Sketch:
        """The plan's sketch; one that takes another's name is plain otherwise."""
        sketch = self._plan.sketch(index)
        predecessor = self.predecessor(index)
        if predecessor is None:
            return sketch
        name = self.on(predecessor, self._timeline.born(index) - 1).name
        return replace(sketch, repo_id=name, quirk="", gated=False, old_name=None)

    def _may_change(self, state: ModelState, day: int) -> bool:
        """Whether anything can happen to a model on ``day``, from how it was the evening before."""
        aside = state.disabled or self.sketch(state.index).quirk in _ASIDE
        return state.gone is None and not aside and not state.is_hidden(day)

    def _on(self, index: int, day: int) -> ModelState:
        """The state of a model at the end of a day, which is not before it was made."""
        sketch = self.sketch(index)
        disabled = sketch.quirk == "disabled"
        state = ModelState(index, (sketch.repo_id,), sketch.gated, disabled)
        for number in range(self._timeline.born(index) + 1, day + 1):
            draw = self.draw(number)
            place = draw.place(index)
            if place < draw.drawn and self._may_change(state, number):
                state = self._apply(state, sketch, draw, place)
        return state

    def _apply(self, state: ModelState, sketch: Sketch, draw: DailyDraw, place: int) -> ModelState:
        band, day, at = draw.band(place), draw.day, draw.at(place)
        assert band is not None
        if band == "commit" and sketch.quirk == "empty":
            return state
        state = replace(state, happened=(*state.happened, Happening(day, band, at)))
        match band:
            case "deleted":
                return replace(state, gone=day)
            case "replaced":
                successor = self._timeline.size_on(day - 1) + place - draw.start("replaced")
                return replace(state, gone=day, successor=successor)
            case "renamed":
                dice = Dice(self._timeline.seed, "renamed", day, state.index)
                state = replace(state, names=(*state.names, new_name(state.name, day, dice)))
                # every other one is renamed and changed at once
                return self._committed(state, day, at) if place % 2 and sketch.quirk != "empty" else state
            case "gate":
                dice = Dice(self._timeline.seed, "gate", day, state.index)
                return replace(state, gated=False if state.gated else dice.pick(("auto", "manual")))
            case "disabled":
                return replace(state, disabled=True)
            case "hidden":
                return replace(state, hidden=day)
            case "commit":
                return self._committed(state, day, at)

    def _committed(self, state: ModelState, day: int, at: int) -> ModelState:
        return replace(state, commits=(*state.commits, (day, at)))

    def named_after(self, parent: int, day: int) -> ModelState | None:
        """The model that has, on ``day``, the name that ``parent`` was created with; None if there is none."""
        if self.predecessor(parent) is not None:
            return None
        state = self.on(parent, day)
        while state.gone is not None:
            if state.successor is None or len(state.names) > 1:
                return None
            state = self.on(state.successor, day)
        return state

    def line(self, index: int, day: int) -> list[ModelState]:
        """A model and those that got its name after it, on ``day``."""
        line = [self.on(index, day)]
        while (successor := line[-1].successor) is not None:
            line.append(self.on(successor, day))
        return line


def new_name(name: str, day: int, dice: Dice) -> str:
    """Another owner or ending; the first word of the name stays, because it identifies the model."""
    owner, _, own = name.partition("/")
    to = user(dice)
    return f"{to}/{own}" if dice.below(2) and to != owner else f"{owner}/{own}-v{day + 1}"
