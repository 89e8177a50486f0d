"""The simulated ecosystem moves on; what a check finds is what the simulation knows that happened."""

from collections import defaultdict
from pathlib import Path

import harvester.lock
from harvester.lock.file import read
from samplehub import QUOTAS, SampleHub, SimulatedWorld
from samplehub.world import Order
from tests.lock.support import command

MODELS, LOCKED, DAYS = 300, 160, 8
#: What happens in the simulation, and the class that it must have.
CLASSES = {
    "labels_permuted": "labels", "labels_renamed": "labels", "labels_added": "labels", "license": "licence",
    "architecture": "architecture", "context": "context", "weights": "weights", "migrated": "weights", "noise": "noise",
    "gated": "gated", "ungated": "open", "renamed": "renamed", "replaced": "replaced", "deleted": "gone",
    "disabled": "disabled", "task": "card",
}  # fmt: skip


def test_a_check_finds_what_happened(tmp_path: Path) -> None:
    world = SimulatedWorld(MODELS, day=0)
    ids = {one.facts.repo_id: one.facts.hub_id for one in world.walk(Order("createdAt", False), None)}
    names = list(ids)[:LOCKED]
    (tmp_path / "ids.txt").write_text("\n".join(names))
    path = tmp_path / "models.lock"
    with SampleHub(world, quota=QUOTAS["enterprise-plus-higher"]) as hub:
        locked = command("lock", "--ids", tmp_path / "ids.txt", "--hub", hub.url, "--output", path)
        assert "locked" in locked.out
        assert harvester.lock.check(path, hub=hub.url) == []
        hub.move_to(DAYS)
        findings = harvester.lock.check(path, hub=hub.url)
    happened = defaultdict(set)
    later = SimulatedWorld(MODELS, day=DAYS)
    for day in range(1, DAYS + 1):
        for event in later.events(day):
            happened[event.hub_id].add(event.kind)
    found = defaultdict(set)
    for finding in findings:
        found[finding.model].add(finding.kind)
    compared = 0
    for model in read(path):
        kinds = happened[model.locked.hub_id]
        if not kinds:
            assert found[model.name] == set(), model.name
        if len(kinds) == 1 and (expected := CLASSES.get(next(iter(kinds)))):
            compared += 1
            assert expected in found[model.name], (model.name, kinds)
            # Another repository differs in much more.
            assert expected == "replaced" or found[model.name] <= {expected, "files"}, (model.name, kinds)
    assert compared >= 20
