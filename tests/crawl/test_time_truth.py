"""A simulated ecosystem moves on for three days; the catalogue is compared with what happened."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from samplehub import SampleHub, SimulatedWorld
from samplehub.simulated.events import Event
from tests.support import AMPLE, harvest, rows

MODELS, DAYS = 300, 3
#: Which rows of `changes` report which kind of event (kind, field, change; None is any).
TOLD: dict[str, tuple[str, str | None, str | None]] = {
    "license": ("license", "license", None),
    "base_model": ("lineage", "base_model", None),
    "gated": ("gating", "gated", "changed"),
    "ungated": ("gating", "gated", "changed"),
    "context": ("config", None, None),
    "config_field": ("config", None, None),
    "architecture": ("config", None, "changed"),
    "labels_added": ("label", None, "added"),
    "labels_renamed": ("label", None, "changed"),
    "labels_permuted": ("label", None, "permuted"),
    "weights": ("file", "content", "changed"),
    "migrated": ("file", "weight_format", "changed"),
    "file_added": ("file", None, "added"),
    "file_removed": ("file", None, "removed"),
}


@dataclass
class Story:
    """What happened on each day, when the listing of the day ended, what it cost, and where it is stored."""

    data: Path
    events: dict[int, list[Event]]
    listed_at: dict[int, datetime]
    requests: dict[int, int]
    worlds: dict[int, SimulatedWorld]

    @property
    def all_events(self) -> list[Event]:
        return [event for events in self.events.values() for event in events]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    data = tmp_path_factory.mktemp("truth") / "data"
    found = Story(data, {}, {}, {}, {})
    with SampleHub(SimulatedWorld(MODELS), quota=AMPLE) as hub:
        for day in range(DAYS + 1):
            world = SimulatedWorld(MODELS, day=day)
            hub.move_to(day)
            found.worlds[day] = world
            found.events[day] = world.events(day) if day else []
            before = len(hub.log)
            harvest(hub, data)
            found.requests[day] = len(hub.log) - before
    times = rows(data, "SELECT listed_at FROM runs ORDER BY run_id")
    found.listed_at = {day: time for day, (time,) in enumerate(times)}
    return found


def test_tombstones_are_exactly_what_vanished(story: Story) -> None:
    expected = set()
    for event in story.all_events:
        match event.kind:
            case "renamed":
                expected.add((event.hub_id, event.before, "renamed", event.after))
            case "deleted" | "hidden":
                expected.add((event.hub_id, event.repo_id, "deleted_or_private", None))
            case "disabled":
                expected.add((event.hub_id, event.repo_id, "disabled", None))
            case "replaced":
                expected.add((event.before, event.repo_id, "replaced", None))
    found = set(rows(story.data, "SELECT hub_id, repo_id, cause, renamed_to FROM tombstones"))
    assert len(expected) > 3
    assert found == expected


def test_every_change_that_can_be_read_is_reported_and_no_other_model_changed(story: Story) -> None:
    changes: dict[str, list[tuple[Any, ...]]] = {}
    for hub_id, *rest in rows(story.data, "SELECT hub_id, kind, field, change, path, noise FROM changes"):
        changes.setdefault(hub_id, []).append(tuple(rest))
    closed = {hub_id for (hub_id,) in rows(story.data, "SELECT hub_id FROM models WHERE gated <> 'false'")}
    gone = {hub_id for (hub_id,) in rows(story.data, "SELECT hub_id FROM tombstones WHERE cause <> 'renamed'")}
    missing, checked = [], 0
    for event in story.all_events:
        if event.kind not in TOLD or event.hub_id in gone or (event.path == "config.json" and event.hub_id in closed):
            continue
        kind, field, change = TOLD[event.kind]
        checked += 1
        if not any(
            row[0] == kind and field in (None, row[1]) and change in (None, row[2])
            for row in changes.get(event.hub_id, [])
        ):
            missing.append(event)
    assert checked > 20
    assert missing == []
    assert changes.keys() <= {event.hub_id for event in story.all_events}


def test_noise_is_classed_apart(story: Story) -> None:
    alone = {
        (event.hub_id, event.path) for event in story.all_events if event.kind == "noise"
    } - {(event.hub_id, event.path) for event in story.all_events if event.kind != "noise"}  # fmt: skip
    reported = dict(
        ((hub_id, path), noise)
        for hub_id, path, noise in rows(
            story.data,
            "SELECT hub_id, path, bool_and(noise) FROM changes WHERE kind IN ('config', 'file') GROUP BY ALL",
        )
    )
    closed = {hub_id for (hub_id,) in rows(story.data, "SELECT hub_id FROM models WHERE gated <> 'false'")}
    found = {thing: reported[thing] for thing in alone if thing in reported and thing[0] not in closed}
    assert found
    assert all(found.values())


@pytest.mark.parametrize("day", range(1, DAYS + 1))
def test_a_day_costs_its_listing_and_what_changed(story: Story, day: int) -> None:
    # A manifest and at most one document of its own a commit, one confirmation a departure.
    concerned = {event.hub_id for event in story.events[day]}
    documents = sum(event.path is not None and event.path.endswith("config.json") for event in story.events[day])
    created = sum(event.kind in ("created", "replaced", "returned") for event in story.events[day])
    assert story.requests[day] <= 1 + len(concerned) + documents + 4 * created
    assert story.requests[day] < story.requests[0] / 5


@pytest.mark.parametrize("day", [0, DAYS])
def test_models_at_a_listing_are_those_that_lived_then(story: Story, day: int) -> None:
    query = "SELECT hub_id, repo_id, sha FROM models_at(?) WHERE presence = 'live'"
    found = {row[0]: row[1:] for row in rows(story.data, query, story.listed_at[day])}
    world = story.worlds[day]
    with SampleHub(world, quota=AMPLE) as hub:
        again = story.data.parent / f"day{day}"
        harvest(hub, again, depths=())
    expected = {row[0]: row[1:] for row in rows(again, "SELECT hub_id, repo_id, sha FROM models")}
    assert found == expected


def test_counts_of_unchanged_models_land_in_observations(story: Story) -> None:
    moved = rows(
        story.data,
        "SELECT count(*) FROM (SELECT hub_id FROM observations GROUP BY hub_id "
        "HAVING count(DISTINCT downloads) > 1 AND count(DISTINCT sha) = 1 AND count(*) = $1)",
        DAYS + 1,
    )
    assert moved[0][0] > MODELS / 4
