"""The library of hostile documents: served with their true ids, never a fault of the Hub."""

import pytest

from samplehub import SampleHub, SimulatedWorld
from samplehub.content import blob_oid
from samplehub.hostile import HOSTILE, HostileWorld, files_of
from samplehub.world import Order

from .helpers import ask, repos_of


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_document_has_a_docstring_and_variants(name: str) -> None:
    assert HOSTILE[name].__doc__
    first, second = files_of(name, 0), files_of(name, 1)
    assert [file.path for file in first] == [file.path for file in second]
    assert {file.oid for file in first}.isdisjoint({file.oid for file in second})


def test_a_share_of_the_models_holds_one_and_all_are_served() -> None:
    world = HostileWorld(SimulatedWorld(60), 1.0)
    with SampleHub(world, quota=None) as hub:
        rows = ask(hub.url, "/api/models?sort=createdAt&direction=1&expand=sha&expand=siblings&expand=config").json
        assert len(rows) > 40
        for row in rows:
            info = ask(hub.url, f"/api/models/{row['id']}/revision/{row['sha']}?blobs=true").json
            assert info["sha"] == row["sha"]
            held = world.document_of(row["_id"])
            assert held is not None
            assert {file.path for file in files_of(held, 0)} <= {one["rfilename"] for one in info["siblings"]}
        assert hub.count(status=500) == 0


def test_hostile_bytes_are_those_of_their_id() -> None:
    world = HostileWorld(SimulatedWorld(30), 1.0)
    with SampleHub(world, quota=None) as hub:
        for repo in repos_of(world):
            if repo.facts.gated or repo.facts.private or repo.facts.disabled:
                continue
            for path in ("config.json", "README.md"):
                if file := repo.head.tree.files.get(path):
                    url = f"/api/resolve-cache/models/{repo.facts.repo_id}/{repo.head.oid}/{path}"
                    assert blob_oid(ask(hub.url, url).body) == file.oid


def test_without_a_share_nothing_is_hostile_and_the_others_stay_as_they_are() -> None:
    plain, few = SimulatedWorld(100), HostileWorld(SimulatedWorld(100), 0.1)
    order = Order("createdAt", descending=False)
    struck = 0
    for ours, theirs in zip(plain.walk(order, None), few.walk(order, None), strict=True):
        hostile = few.document_of(ours.facts.hub_id) is not None
        struck += hostile
        assert (ours.head.oid != theirs.head.oid) == hostile
    assert 2 < struck < 25
