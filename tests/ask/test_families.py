"""Families, generations and blast radius against networkx, over random graphs: trees, diamonds, merges, circles.

The graphs go the whole way: tags on a Hub, a harvest, a catalogue, the shipped queries.
"""

import random
from collections import Counter
from collections.abc import Iterator

import networkx as nx
import pytest

from harvester import Catalogue
from tests.support import EVERYTHING, Shelf, catalogue, harvest, serving

GRAPHS, MODELS = 8, 9
RELATIONS = ("finetune", "adapter", "quantized", "merge")


def random_parents(rng: random.Random, owner: str) -> dict[str, set[str]]:
    """Each model's parents: mostly older ones; now and then any (a circle), itself, or one that nobody has seen."""
    names = [f"{owner}/m{n}" for n in range(MODELS)]
    parents: dict[str, set[str]] = {}
    for n, name in enumerate(names):
        chosen = {rng.choice(names[:n]) for _ in range(rng.choice((0, 1, 1, 2, 3)))} if n else set()
        chosen |= {rng.choice(names)} if rng.random() < 0.15 else set()
        chosen |= {f"void/{owner}{rng.randrange(2)}"} if rng.random() < 0.2 else set()
        parents[name] = chosen
    return parents


@pytest.fixture(scope="module")
def graph() -> nx.DiGraph:
    """From parent to child, over all models; a parent that is nobody's model has an edge, too."""
    made = nx.DiGraph()
    rng = random.Random(20260101)
    for number in range(GRAPHS):
        for child, parents in random_parents(rng, f"g{number}").items():
            made.add_node(child, live=True)
            made.add_edges_from((parent, child) for parent in parents)
    assert not nx.is_forest(made)
    assert any(len(circle) > 1 for circle in nx.simple_cycles(made))
    assert any(parent == child for parent, child in made.edges)
    return made


@pytest.fixture(scope="module")
def asked(graph: nx.DiGraph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    root = tmp_path_factory.mktemp("families")
    shelf = Shelf(root / "hub")
    rng = random.Random(1)
    for number, name in enumerate(sorted(live(graph))):
        tags = [f"base_model:{rng.choice(RELATIONS)}:{parent}" for parent in sorted(graph.predecessors(name))]
        shelf.put(name, {"README.md": ""}, tags=tags, downloads=number)
    with serving(shelf.world()) as hub:
        harvest(hub, root / "data", EVERYTHING, depths=())
    with Catalogue(catalogue(root / "data")) as opened:
        yield opened


def live(graph: nx.DiGraph) -> set[str]:
    return {name for name in graph if graph.nodes[name].get("live")}


def families(graph: nx.DiGraph) -> dict[str, dict[str, int]]:
    """Of each root the steps to its members: a root has no parent but perhaps itself."""
    found = {}
    for root in graph:
        if set(graph.predecessors(root)) <= {root} and (below := nx.single_source_shortest_path_length(graph, root)):
            found[root] = {name: steps for name, steps in below.items() if steps}
    return {root: members for root, members in found.items() if members}


def test_families_have_the_members_and_the_depth_that_networkx_finds(graph: nx.DiGraph, asked: Catalogue) -> None:
    rows = asked.query("family_sizes", limit=1000).rows(named=True)
    found = {row["root"]: (row["members"], row["depth"]) for row in rows}
    assert found == {root: (len(members), max(members.values())) for root, members in families(graph).items()}
    assert len(found) > GRAPHS


def test_generations_are_the_steps_to_the_nearest_root(graph: nx.DiGraph, asked: Catalogue) -> None:
    nearest: dict[str, int] = {}
    for members in families(graph).values():
        for name, steps in members.items():
            nearest[name] = min(steps, nearest.get(name, steps))
    farthest = Counter(max(members.values()) for members in families(graph).values())
    counted = Counter(nearest.values())
    rows = asked.query("generations").rows(named=True)
    assert {row["depth"]: (row["models"], row["families"]) for row in rows} == {
        steps: (counted[steps], farthest[steps]) for steps in counted | farthest
    }
    assert max(counted) >= 3


def test_the_blast_radius_of_every_model_is_what_can_be_reached_from_it(graph: nx.DiGraph, asked: Catalogue) -> None:
    downloads = dict(asked.sql("SELECT repo_id, downloads FROM models").rows())
    for name in live(graph):
        below = {model: steps for model, steps in nx.single_source_shortest_path_length(graph, name).items() if steps}
        rows = asked.query("blast_radius", model=name).rows(named=True)
        found = [(row["descendants"], row["children"], row["depth"], row["downloads"]) for row in rows]
        children = sum(steps == 1 for steps in below.values())
        expected = (len(below), children, max(below.values(), default=0), sum(downloads[model] for model in below))
        assert found == ([expected] if below else []), name
