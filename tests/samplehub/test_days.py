"""The simulated ecosystem moves on: day by day the same, true to its own events, and with its past intact."""

import json
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from samplehub import QUOTAS, SampleHub, SimulatedWorld
from samplehub.errors import SampleHubError
from samplehub.reading import document, front_matter, read_commit
from samplehub.simulated.events import Event
from samplehub.world import SORT_KEYS, After, Moved, Order, Repo, sort_value

from .helpers import ask, repos_of

MODELS, DAYS = 600, 4


@pytest.fixture(scope="module")
def days() -> list[SimulatedWorld]:
    first = SimulatedWorld(MODELS, seed=5)
    return [first.at(day) for day in range(DAYS + 1)]


@pytest.fixture(scope="module")
def by_day(days: list[SimulatedWorld]) -> list[dict[str, Repo]]:
    return [{repo.facts.hub_id: repo for repo in repos_of(world)} for world in days]


@pytest.fixture(scope="module")
def happened(days: list[SimulatedWorld]) -> list[Event]:
    return [event for day in range(1, DAYS + 1) for event in days[-1].events(day)]


def of_kind(events: list[Event], *kinds: str) -> list[Event]:
    found = [event for event in events if event.kind in kinds]
    assert found, f"no {kinds} in {DAYS} days"
    return found


def test_a_day_is_the_same_from_whichever_day_one_looks(days: list[SimulatedWorld]) -> None:
    assert days[1].events(1) == days[4].events(1) == SimulatedWorld(MODELS, 5, 2).events(1)
    assert [repo.facts for repo in repos_of(days[3].at(2))] == [repo.facts for repo in repos_of(days[2])]


def test_one_model_in_twenty_gets_commits_every_day(by_day: list[dict[str, Repo]]) -> None:
    for before, after in pairwise(by_day):
        moved = [id for id in before.keys() & after.keys() if before[id].head.oid != after[id].head.oid]
        assert 0.035 <= len(moved) / len(before) <= 0.065


def test_the_events_are_all_that_happens_to_commits(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    for day in range(1, DAYS + 1):
        told = {event.hub_id for event in happened if event.day == day and event.commit}
        before, after = by_day[day - 1], by_day[day]
        seen = {id for id in before.keys() & after.keys() if before[id].head.oid != after[id].head.oid}
        assert told == seen
        for event in happened:
            if event.day == day and event.commit:
                commits = after[event.hub_id].commits
                place = [commit.oid for commit in commits].index(event.commit)
                assert commits[place].step.at == event.at
                assert commits[place + 1].oid == event.parent


def test_old_commits_stay_below_the_new_ones(by_day: list[dict[str, Repo]]) -> None:
    for before, after in pairwise(by_day):
        for id in before.keys() & after.keys():
            old = [commit.oid for commit in before[id].commits]
            assert [commit.oid for commit in after[id].commits][-len(old) :] == old
    for repo in by_day[-1].values():
        for child, parent in pairwise(repo.commits):
            assert child.parent == parent.oid
            assert child.step.at >= parent.step.at
            assert child.tree.oid != parent.tree.oid
        assert repo.facts.last_modified == repo.head.step.at


def test_who_appears_and_who_is_gone_is_reported(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    for day in range(1, DAYS + 1):
        kinds = {
            kind: {e.hub_id for e in happened if e.day == day and e.kind == kind}
            for kind in ("created", "deleted", "replaced")
        }
        assert by_day[day].keys() - by_day[day - 1].keys() == kinds["created"]
        assert by_day[day - 1].keys() - by_day[day].keys() == kinds["deleted"] | kinds["replaced"]
        assert max(by_day[day - 1]) < min(kinds["created"])


def test_gates_names_and_locks_are_reported(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    for day in range(1, DAYS + 1):
        told: dict[str, dict[str, Any]] = {"renamed": {}, "gate": {}, "disabled": {}, "private": {}}
        for event in happened:
            if event.day == day:
                match event.kind:
                    case "renamed":
                        told["renamed"][event.hub_id] = (event.before, event.after)
                    case "gated" | "ungated":
                        told["gate"][event.hub_id] = (event.before, event.after)
                    case "disabled":
                        told["disabled"][event.hub_id] = (False, True)
                    case "hidden" | "returned":
                        told["private"][event.hub_id] = (event.kind == "returned", event.kind == "hidden")
        fields = {"renamed": "repo_id", "gate": "gated", "disabled": "disabled", "private": "private"}
        for what, name in fields.items():
            pairs = {
                id: (getattr(by_day[day - 1][id].facts, name), getattr(repo.facts, name))
                for id, repo in by_day[day].items()
                if id in by_day[day - 1]
            }
            assert {id: pair for id, pair in pairs.items() if pair[0] != pair[1]} == told[what]


def test_old_names_lead_to_the_new_one_and_dead_names_nowhere(
    days: list[SimulatedWorld], happened: list[Event]
) -> None:
    last = days[-1]
    for event in of_kind(happened, "renamed"):
        found = last.by_hub_id(event.hub_id)
        if found is not None:
            assert last.find(event.before) == Moved(found.facts.repo_id)
            assert days[event.day - 1].find(event.after) is None
    for event in of_kind(happened, "deleted"):
        assert last.find(event.repo_id) is None
        assert isinstance(days[event.day - 1].find(event.repo_id), Repo)


def test_a_replaced_name_leads_to_another_model(days: list[SimulatedWorld], happened: list[Event]) -> None:
    for event in of_kind(happened, "replaced"):
        there = days[event.day].find(event.repo_id)
        assert isinstance(there, Repo)
        assert there.facts.hub_id == event.after != event.hub_id == event.before
        assert days[event.day].by_hub_id(event.hub_id) is None
        assert any(other.kind == "created" and other.hub_id == event.after for other in happened)


def test_a_hidden_model_returns(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    for event in of_kind(happened, "hidden"):
        private = [event.hub_id in repos and repos[event.hub_id].facts.private for repos in by_day[event.day :][:3]]
        assert private == [True, True, False][: len(private)]


def parent_and_child(by_day: list[dict[str, Repo]], event: Event) -> tuple[Any, Any]:
    repo = by_day[event.day][event.hub_id]
    assert event.commit
    assert event.parent
    old, new = repo.at(event.parent), repo.at(event.commit)
    assert old
    assert new
    return old.tree, new.tree


def test_a_change_of_a_config_is_in_the_config(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    kinds = ("context", "config_field", "architecture", "labels_renamed", "labels_permuted", "labels_added")
    for event in of_kind(happened, *kinds):
        old, new = (document(tree, "config.json") for tree in parent_and_child(by_day, event))
        assert old
        changed = {key for key in old.keys() | new.keys() if key not in old or key not in new or old[key] != new[key]}
        assert changed - {"label2id"} == event.before.keys() | event.after.keys()
        assert {key: old[key] for key in event.before} == event.before
        assert {key: new[key] for key in event.after} == event.after


def test_label_maps_change_as_they_are_said_to(happened: list[Event]) -> None:
    for event in of_kind(happened, "labels_renamed", "labels_permuted", "labels_added"):
        old, new = list(event.before["id2label"].values()), list(event.after["id2label"].values())
        match event.kind:
            case "labels_permuted":
                assert old != new
                assert sorted(old) == sorted(new)
            case "labels_renamed":
                assert len(set(old) - set(new)) == 1 == len(set(new) - set(old))
            case _:
                assert new[:-1] == old


def test_noise_changes_nothing_but_the_version_of_the_writer(
    by_day: list[dict[str, Repo]], happened: list[Event]
) -> None:
    for event in of_kind(happened, "noise"):
        old, new = parent_and_child(by_day, event)
        assert old.files["config.json"].oid != new.files["config.json"].oid
        first, second = (json.loads(tree.files["config.json"].read()) for tree in (old, new))
        ignored = first.pop("transformers_version", None), second.pop("transformers_version", None)
        assert first == second
        assert (event.after is None) == (ignored[0] == ignored[1])


def test_cards_say_what_the_events_say(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    keys = {"license": "license", "task": "pipeline_tag", "base_model": "base_model", "new_version": "new_version"}
    for event in of_kind(happened, *keys):
        old, new = (front_matter(tree) for tree in parent_and_child(by_day, event))
        assert old.get(keys[event.kind]) == event.before != event.after == new.get(keys[event.kind])
        if event.kind == "license":
            repo = by_day[event.day][event.hub_id]
            if repo.head.oid == event.commit:
                assert f"license:{event.after}" in repo.words.tags


def test_what_announces_a_change_is_there_and_silent_changes_are_silent(
    by_day: list[dict[str, Repo]], happened: list[Event]
) -> None:
    loud = Counter(bool(event.also) for event in happened if event.kind in ("context", "weights", "license"))
    assert min(loud[True], loud[False]) > 5
    for event in happened:
        if event.commit is None or event.kind == "card":
            continue
        old, new = parent_and_child(by_day, event)
        cards = [front_matter(tree) for tree in (old, new)]
        bodies = [
            tree.files["README.md"].read().decode().rpartition("---\n\n")[2] if "README.md" in tree.files else ""
            for tree in (old, new)
        ]
        assert ("tag" in event.also) == (cards[0].get("tags") != cards[1].get("tags"))
        if cards[0] and cards[1]:
            assert ("card_body" in event.also) == (bodies[0] != bodies[1])
        if event.kind != "new_version":
            assert ("new_version" in event.also) == (cards[0].get("new_version") != cards[1].get("new_version"))


def test_files_come_and_go_as_reported(by_day: list[dict[str, Repo]], happened: list[Event]) -> None:
    for event in of_kind(happened, "file_added", "file_removed", "migrated"):
        old, new = parent_and_child(by_day, event)
        own = {"README.md"}
        assert old.files.keys() - new.files.keys() - own == ({event.before} if event.before else set())
        assert new.files.keys() - old.files.keys() - own == ({event.after} if event.after else set())
    for event in of_kind(happened, "migrated"):
        assert (event.before, event.after) == ("pytorch_model.bin", "model.safetensors")
    for event in of_kind(happened, "weights"):
        old, new = parent_and_child(by_day, event)
        for path, sha256 in event.before.items():
            assert old.files[path].sha256 == sha256 != event.after[path] == new.files[path].sha256


def test_after_some_days_the_listing_still_says_what_the_files_say(by_day: list[dict[str, Repo]]) -> None:
    for repo in by_day[-1].values():
        slowly, quickly = read_commit(repo.head), repo.reading(repo.head)
        assert (quickly.config, quickly.card_data) == (slowly.config, slowly.card_data)
        assert (quickly.safetensors, quickly.mask_token) == (slowly.safetensors, slowly.mask_token)
        assert all(path in repo.head.tree.files for path, _ in repo.facts.unsafe_files)


def test_after_some_days_base_models_and_children_agree(by_day: list[dict[str, Repo]]) -> None:
    made: dict[str, Counter[str]] = {}
    for repo in by_day[-1].values():
        for hub_id, name in repo.facts.base_models.models if repo.facts.base_models else ():
            assert by_day[-1][hub_id].facts.repo_id == name
            assert repo.facts.base_models
            made.setdefault(hub_id, Counter())[repo.facts.base_models.relation] += 1
    assert all(repo.children == made.get(id, Counter()) for id, repo in by_day[-1].items())


@pytest.mark.parametrize("models", [1, 2, 160])
@pytest.mark.parametrize("key", SORT_KEYS)
def test_every_order_walks_every_model_on_any_day(models: int, key: Any) -> None:
    world = SimulatedWorld(models, seed=2, day=9)
    everybody = {repo.facts.hub_id for repo in repos_of(world)}
    for descending in (True, False):
        order = Order(key, descending)
        walked = list(world.walk(order, None))
        assert sorted(repo.facts.hub_id for repo in walked) == sorted(everybody)
        values = [sort_value(repo, key) for repo in walked]
        assert values == sorted(values, reverse=descending)
        names = [repo.facts.repo_id for repo in walked]
        for place in range(0, len(walked), 13):
            rest = world.walk(order, After(values[place], walked[place].facts.hub_id))
            assert [repo.facts.repo_id for repo in rest] == names[place + 1 :]


def test_downloads_move_while_likes_never_fall(by_day: list[dict[str, Repo]]) -> None:
    moved = stayed = 0
    for before, after in pairwise(by_day):
        for id in before.keys() & after.keys():
            old, new = before[id].facts, after[id].facts
            assert new.likes >= old.likes
            assert new.downloads_all_time >= old.downloads_all_time
            if old.downloads:
                moved += new.downloads != old.downloads
            else:
                stayed += new.downloads == 0
    alive = sum(repo.facts.downloads > 0 for repos in by_day[:-1] for repo in repos.values())
    assert moved > 0.5 * alive
    assert stayed > MODELS


def test_a_hub_that_moves_on_shows_another_day_and_keeps_the_past(
    days: list[SimulatedWorld], happened: list[Event]
) -> None:
    event = next(event for event in happened if event.kind == "context" and days[-1].by_hub_id(event.hub_id))
    repo = days[-1].by_hub_id(event.hub_id)
    assert repo
    with SampleHub(days[0], quota=QUOTAS["boundless"]) as hub:
        before = ask(hub.url, f"/api/models/{event.repo_id}").json["sha"]
        assert ask(hub.url, f"/api/models/{event.repo_id}/revision/{event.commit}").status == 404
        hub.move_to(DAYS)
        name = repo.facts.repo_id
        assert ask(hub.url, f"/api/models/{name}").json["sha"] == repo.head.oid
        assert ask(hub.url, f"/api/models/{name}/revision/{before}").json["sha"] == before
        listed = ask(hub.url, f"/api/models/{name}/commits/main").json
        assert [row["id"] for row in listed] == [commit.oid for commit in repo.commits]
        asked = json.dumps({"paths": ["config.json"], "expand": True}).encode()
        target = f"/api/models/{name}/paths-info/{event.commit}"
        (entry,) = ask(hub.url, target, method="POST", body=asked, content_type="application/json").json
        assert entry["lastCommit"]["id"] == event.commit


def test_a_million_models_of_thirty_days_take_no_more_memory_than_a_hundred() -> None:
    def peak(models: int) -> int:
        world = SimulatedWorld(models, day=30)
        tracemalloc.start()
        try:
            for key in SORT_KEYS:
                list(islice(world.walk(Order(key, descending=True), None), 60))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(1_000_000) < 2 * peak(100) + 1_000_000


@pytest.mark.parametrize(("models", "day"), [(300, -1), (300, 3651), (16_000_000, 1)])
def test_an_impossible_day_is_wrong_usage(models: int, day: int) -> None:
    with pytest.raises(SampleHubError):
        SimulatedWorld(models, day=day)


def test_thirty_days_have_thirty_dates_and_nothing_is_in_the_future(days: list[SimulatedWorld]) -> None:
    times = [datetime.fromtimestamp(SimulatedWorld(1_000, day=day).time, UTC) for day in range(31)]
    assert [time.date() for time in times] == [date(2026, 1, 1) + timedelta(days=day) for day in range(31)]
    for world in days:
        assert max(repo.facts.last_modified for repo in repos_of(world)) <= world.time


def test_a_day_that_is_not_over_gives_nothing(days: list[SimulatedWorld]) -> None:
    with pytest.raises(SampleHubError, match="not over"):
        days[2].events(3)
