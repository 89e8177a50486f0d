"""Roots and circles of lineage graphs, against the plain definition and at a size that a careless walk never ends."""

from hypothesis import given
from hypothesis import strategies as st

from harvester.extract.ancestry import MAX_ROOTS, circles, roots

EDGES = st.sets(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=14)


def steps(edges: set[tuple[str, str]], child: str) -> dict[str, int]:
    """Every ancestor of a node and the fewest steps up to it."""
    found: dict[str, int] = {}
    level, depth = {child}, 0
    while level:
        depth += 1
        level = {parent for low, parent in edges if low in level and parent not in found}
        found |= dict.fromkeys(level, depth)
    return found


@given(EDGES)
def test_roots_are_the_ancestors_without_a_parent(edges: set[tuple[str, str]]) -> None:
    made = {child for child, _ in edges}
    expected = {
        (child, root, depth) for child in made for root, depth in steps(edges, child).items() if root not in made
    }
    found = list(roots(edges))
    assert len(found) == len(expected)
    assert set(found) == expected


@given(EDGES)
def test_an_edge_on_a_circle_leads_back_to_its_child(edges: set[tuple[str, str]]) -> None:
    expected = {(child, parent) for child, parent in edges if child == parent or child in steps(edges, parent)}
    assert set(circles(edges)) == expected


def test_long_chains_great_circles_stars_and_webs_end() -> None:
    n = 20_000
    chain = [(f"m{i}", f"m{i + 1}") for i in range(n)]
    found = {child: (root, depth) for child, root, depth in roots(chain)}
    assert (found["m0"], found[f"m{n - 1}"], len(found)) == ((f"m{n}", n), (f"m{n}", 1), n)
    assert list(circles(chain)) == []
    circle = [*chain, (f"m{n}", "m0")]
    assert list(roots(circle)) == []
    assert len(list(circles(circle))) == n + 1
    assert len(list(roots((f"m{i}", "base") for i in range(n)))) == n
    web = [(f"l{level}n{i}", f"l{level + 1}n{j}") for level in range(20) for i in range(30) for j in range(30)]
    assert {depth for _, _, depth in roots(web)} == set(range(1, 21))
    assert len([root for child, root, _ in roots([("c", f"p{i}") for i in range(2 * MAX_ROOTS)])]) == MAX_ROOTS
