"""Every model by its last commit, without a table: founders in the order of their index, then each day's draw."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby

from samplehub.simulated.draft import Setting

Entry = tuple[int, int]


def last_modified(setting: Setting, index: int) -> int:
    """UTC seconds of a model's last commit."""
    commits = setting.state(index).commits
    return commits[-1][1] if commits else setting.timeline.modified(index)


def seconds_of(text: object) -> int | None:
    """The UTC seconds of a time as the Hub writes it; None for anything else."""
    try:
        return int(datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def by_last_commit(setting: Setting, descending: bool, after: Entry | None) -> Iterator[int]:
    """Indices by (last commit, index), equal seconds by ascending index in both directions, from behind ``after``."""
    start = setting.timeline.day_of(after[0]) if after else (setting.day if descending else 0)
    last = 0 if descending else setting.day
    step = -1 if descending else 1
    for day in range(start, last + step, step):
        here = after if after and day == start else None
        entries = _of_day(setting, day, descending, here) if day else _of_founders(setting, descending, here)
        yield from entries


def _of_founders(setting: Setting, descending: bool, after: Entry | None) -> Iterator[int]:
    timeline = setting.timeline
    if not descending:
        order: Iterable[int] = range(after[1] + 1 if after else 0, timeline.founders)
    else:
        order = _founders_descending(setting, after)
    yield from (index for index in order if not setting.state(index).commits)


def _founders_descending(setting: Setting, after: Entry | None) -> Iterator[int]:
    """Descending index order, except for equal seconds, which are in ascending order."""
    timeline = setting.timeline
    end = timeline.founders
    if after is not None:
        yield from range(after[1] + 1, timeline.founders_modified_up_to(after[0]))
        end = timeline.founders_modified_up_to(after[0] - 1)
    while end > 0:
        start = timeline.founders_modified_up_to(timeline.modified(end - 1) - 1)
        yield from range(start, end)
        end = start


def _of_day(setting: Setting, day: int, descending: bool, after: Entry | None) -> Iterator[int]:
    """Those whose last commit was on a day: drawn on that day, or created on it."""
    timeline, draw = setting.timeline, setting.lifecycle.draw(day)
    places = range(draw.drawn)
    newborn = range(timeline.size_on(day - 1), timeline.size_on(day))
    if after is not None:
        # from the second of the position on; what of that second is not behind it is dropped below
        if descending:
            places = places[: bisect_right(places, after[0], key=draw.at)]
            newborn = newborn[: bisect_right(newborn, after[0], key=timeline.modified)]
        else:
            places = places[bisect_left(places, after[0], key=draw.at) :]
            newborn = newborn[bisect_left(newborn, after[0], key=timeline.modified) :]
    sign = -1 if descending else 1
    drawn = ((sign * draw.at(place), draw.index(place)) for place in places[::sign])
    made = ((sign * timeline.modified(index), index) for index in newborn[::sign])
    for at, index in heapq.merge(_ties_in_order(drawn), _ties_in_order(made)):
        behind = after is None or (at, index) > (sign * after[0], after[1])
        if behind and last_modified(setting, index) == sign * at:
            yield index


def _ties_in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    for _, group in groupby(entries, key=lambda entry: entry[0]):
        yield from sorted(group)
