"""The truth of a day, for tests that compare what a harvest noticed with what happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from samplehub.simulated.changes import Also, ChangeKind
from samplehub.simulated.draft import Setting
from samplehub.simulated.lifecycle import HIDDEN, ModelState
from samplehub.world import Json

EventKind = (
    ChangeKind
    | Literal["created", "deleted", "replaced", "renamed", "gated", "ungated", "disabled", "hidden", "returned"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one model.

    ``repo_id`` is the model's name the evening before (a new model's own), ``at`` UTC seconds. A change of files has
    its ``commit`` and that commit's ``parent``; ``also`` lists where it is announced (empty: silent).
    ``before`` and ``after``, None if there is nothing:

    - created: the name; deleted, hidden, returned, disabled: None; replaced: the ``_id`` that had, that has the name
    - renamed: the names; gated, ungated: False, "auto" or "manual"
    - license, task, base_model, new_version: the card's value
    - context, config_field, architecture, noise, labels_*: the members of ``path`` that changed, as objects (None for
      noise in the form alone)
    - weights: objects of path to sha256; migrated: the pickle, the safetensors; file_added, file_removed: the path
    - card: None
    """

    day: int
    at: int
    kind: EventKind
    index: int
    hub_id: str
    repo_id: str
    before: Json = None
    after: Json = None
    path: str | None = None
    commit: str | None = None
    parent: str | None = None
    also: tuple[Also, ...] = ()


def events(setting: Setting) -> Iterator[Event]:
    """What happened on the day of ``setting``, in the order in which it happened."""
    found = [event for index in _concerned(setting) for event in _of_model(setting, index)]
    yield from sorted(found, key=lambda event: (event.at, event.index))


def _concerned(setting: Setting) -> list[int]:
    """The models that drew something, were made, or return today."""
    day, lifecycle = setting.day, setting.lifecycle
    draw = lifecycle.draw(day)
    concerned = {draw.index(place) for place in range(draw.drawn)}
    concerned.update(range(setting.timeline.size_on(day - 1), setting.timeline.size_on(day)))
    if day > HIDDEN:
        before = lifecycle.draw(day - HIDDEN)
        start = before.start("hidden")
        concerned.update(before.index(place) for place in range(start, start + before.count("hidden")))
    return sorted(concerned)


def _of_model(setting: Setting, index: int) -> Iterator[Event]:
    day, timeline = setting.day, setting.timeline
    state = setting.state(index)
    hub_id = timeline.hub_id(index)
    if timeline.born(index) == day:
        name = state.name
        at = timeline.created(index)
        yield Event(day=day, at=at, kind="created", index=index, hub_id=hub_id, repo_id=name, after=name)
        return
    earlier = setting.lifecycle.on(index, day - 1)
    if state.hidden is not None and state.hidden + HIDDEN == day:
        at = timeline.morning(day)
        yield Event(day=day, at=at, kind="returned", index=index, hub_id=hub_id, repo_id=earlier.name)
    for happened in state.happened:
        if happened.day == day and happened.band != "commit":
            kind, before, after = _effect_of(setting, happened.band, earlier, state)
            yield Event(
                day=day,
                at=happened.at,
                kind=kind,
                index=index,
                hub_id=hub_id,
                repo_id=earlier.name,
                before=before,
                after=after,
            )
    if not state.commits or state.commits[-1][0] != day:
        return
    for done in setting.draft(index).done:
        if done.change.day == day:
            yield Event(
                day=day,
                at=done.change.at,
                kind=done.effect.kind,
                index=index,
                hub_id=hub_id,
                repo_id=earlier.name,
                before=done.effect.before,
                after=done.effect.after,
                path=done.effect.path,
                commit=done.commit.oid,
                parent=done.commit.parent,
                also=done.change.also,
            )


def _effect_of(setting: Setting, band: str, earlier: ModelState, state: ModelState) -> tuple[EventKind, Json, Json]:
    """The kind of an event that is not a commit, and the values before and after."""
    hub_id = setting.timeline.hub_id
    match band:
        case "replaced":
            assert state.successor is not None
            return "replaced", hub_id(state.index), hub_id(state.successor)
        case "renamed":
            return "renamed", earlier.name, state.name
        case "gate":
            return ("gated" if state.gated else "ungated"), earlier.gated, state.gated
        case "deleted":
            return "deleted", None, None
        case "disabled":
            return "disabled", None, None
        case _:
            return "hidden", None, None
