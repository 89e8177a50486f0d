"""The graph of who was made from whom: its roots and its circles, in time that grows with its edges whatever its shape.

Nodes are any text; an edge goes from a child to a parent. Nothing recurses: a chain of 100,000 models is a fine graph.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

#: Roots kept of one model, the nearest; merges of merges of everything would have a row for every pair.
MAX_ROOTS = 64


def roots(edges: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    """Each child with each root above it and the steps up to it, the shortest way; a root has no parent.

    What leads only into a circle has no root. At most ``MAX_ROOTS`` a child.
    """
    children: dict[str, list[str]] = defaultdict(list)
    made: set[str] = set()
    for child, parent in edges:
        children[parent].append(child)
        made.add(child)
    known: dict[str, set[str]] = defaultdict(set)
    reached = [(root, root) for root in sorted(children) if root not in made]
    depth = 0
    while reached:
        depth += 1
        below = []
        for node, root in reached:
            for child in children.get(node, ()):
                if root not in known[child] and len(known[child]) < MAX_ROOTS:
                    known[child].add(root)
                    below.append((child, root))
                    yield child, root, depth
        reached = below


def circles(edges: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The edges that lie on a circle: parent and child are each made from the other, directly or not."""
    parents: dict[str, list[str]] = defaultdict(list)
    for child, parent in edges:
        parents[child].append(parent)
    circle_of = _circles(parents)
    for child, named in parents.items():
        yield from ((child, parent) for parent in named if child == parent or circle_of[child] == circle_of[parent])


def _circles(parents: dict[str, list[str]]) -> dict[str, int]:
    """Nodes by their strongly connected component (Tarjan 1972), a number each."""
    found: dict[str, int] = {}
    lowest: dict[str, int] = {}
    component: dict[str, int] = {}
    waiting: list[str] = []
    for start in parents:
        if start in found:
            continue
        found[start] = lowest[start] = len(found)
        waiting.append(start)
        path = [(start, iter(parents[start]))]
        while path:
            node, rest = path[-1]
            for parent in rest:
                if parent not in found:
                    found[parent] = lowest[parent] = len(found)
                    waiting.append(parent)
                    path.append((parent, iter(parents.get(parent, ()))))
                    break
                if parent not in component:
                    lowest[node] = min(lowest[node], found[parent])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == found[node]:
                    while node not in component:
                        component[waiting.pop()] = found[node]
    return component
