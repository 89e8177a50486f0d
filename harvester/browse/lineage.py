"""A model's family as a picture: parents left, the model, children right. The template draws the shapes."""

from dataclasses import dataclass
from typing import Any

from harvester.ask.names import Found
from harvester.browse.links import Links
from harvester.browse.store import Store

#: Levels of ancestors, nodes of one level of ancestors, children, and children of each child.
UP, ABOVE, CHILDREN, GRANDCHILDREN = 3, 6, 10, 3
_WIDTH, _HEIGHT, _GAP, _BETWEEN = 220, 40, 12, 64

_PARENTS = """
SELECT child_hub_id, parent, parent_hub_id, parent_kind, relation, in_cycle OR self_parent AS circular
FROM lineage_edges WHERE child_hub_id IN ({ids}) ORDER BY parent
"""
_CHILDREN = """
WITH child AS (
    SELECT DISTINCT parent_hub_id, child_hub_id FROM lineage
    WHERE parent_hub_id IN (SELECT unnest($hub_ids)) AND child_hub_id <> parent_hub_id
),
ranked AS (
    SELECT child.parent_hub_id, child.child_hub_id, search.model, search.downloads,
        count(*) OVER (PARTITION BY child.parent_hub_id) AS total,
        row_number() OVER (PARTITION BY child.parent_hub_id ORDER BY search.place) AS place
    FROM child JOIN base.search AS search ON search.hub_id = child.child_hub_id
)
SELECT parent_hub_id, child_hub_id, total, place, downloads FROM ranked WHERE place <= $most
ORDER BY parent_hub_id, place
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A model in the picture, at its place."""

    x: float
    y: float
    name: str
    note: str
    href: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Line:
    """From a parent to a child."""

    path: str
    relation: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes and lines, and the same in words."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    words: tuple[str, ...]
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


@dataclass(slots=True)
class _Node:
    key: str
    name: str
    level: int
    hub_id: str | None
    note: str = ""
    kind: str = "other"


def lineage_picture(store: Store, found: Found, links: Links) -> Picture | None:
    """Return the picture of a model's family; None if neither parents nor children are known."""
    nodes = {found.hub_id: _Node(found.hub_id, found.repo_id, 0, found.hub_id, kind="own")}
    edges: dict[tuple[str, str], str] = {}
    _add_parents(store, found, nodes, edges)
    _add_children(store, found, nodes, edges)
    return _placed(nodes, edges, links) if len(nodes) > 1 else None


def _add_parents(store: Store, found: Found, nodes: dict[str, _Node], edges: dict[tuple[str, str], str]) -> None:
    frontier = [found.hub_id]
    for level in range(1, UP + 1):
        rows = _parents(store, frontier)
        frontier = []
        for number, row in enumerate(rows):
            key = row["parent_hub_id"] or f"name:{row['parent']}"
            if number >= ABOVE and key not in nodes:
                rest = nodes.setdefault(f"above:{level}", _Node(f"above:{level}", "", -level, None, kind="rest"))
                rest.name = f"{len(rows) - ABOVE} more"
                edges[(rest.key, row["child_hub_id"])] = "unknown"
                continue
            if key not in nodes:
                known = row["parent_hub_id"] is not None
                note = "" if known else "not in this catalogue"
                nodes[key] = _Node(
                    key, row["parent"], -level, row["parent_hub_id"], note, "other" if known else "unknown"
                )
                frontier += [row["parent_hub_id"]] if known else []
            if nodes[key].level < nodes[row["child_hub_id"]].level:
                edges[(key, row["child_hub_id"])] = row["relation"]


def _parents(store: Store, hub_ids: list[str]) -> list[dict[str, Any]]:
    """Return the edges to the parents of models."""
    if not hub_ids:
        return []
    # One parameter per id: a condition on constants reaches the table below the view, a join does not.
    bound = {f"id_{number}": hub_id for number, hub_id in enumerate(hub_ids)}
    return store.dicts(_PARENTS.format(ids=", ".join(f"${name}" for name in bound)), bound)


def _add_children(store: Store, found: Found, nodes: dict[str, _Node], edges: dict[tuple[str, str], str]) -> None:
    frontier = [found.hub_id]
    for level, most in ((1, CHILDREN), (2, GRANDCHILDREN)):
        rows = store.dicts(_CHILDREN, {"hub_ids": frontier, "most": most}) if frontier else []
        new = [row for row in rows if row["child_hub_id"] not in nodes]
        frontier = [row["child_hub_id"] for row in new]
        named = {row["child_hub_id"]: row for row in _named_children(store, frontier)}
        for row in new:
            held = named.get(row["child_hub_id"], {})
            note = f"{row['downloads']:,} downloads" if row["downloads"] is not None else ""
            key = row["child_hub_id"]
            nodes[key] = _Node(key, held.get("repo_id", key), level, key, note)
            edges[(row["parent_hub_id"], key)] = held.get("relations", {}).get(row["parent_hub_id"], "unknown")
        for parent, total in {row["parent_hub_id"]: row["total"] for row in rows}.items():
            if total > most:
                key = f"below:{parent}"
                nodes[key] = _Node(key, f"{total - most:,} more", level, None, kind="rest")
                edges[(parent, key)] = "unknown"


def _named_children(store: Store, hub_ids: list[str]) -> list[dict[str, Any]]:
    """Return name and relations (by parent) of models."""
    if not hub_ids:
        return []
    relations: dict[str, dict[str | None, str]] = {}
    for row in _parents(store, hub_ids):
        relations.setdefault(row["child_hub_id"], {})[row["parent_hub_id"]] = row["relation"]
    rows = store.rows(
        "SELECT hub_id, repo_id FROM models WHERE hub_id IN (SELECT unnest($hub_ids))", {"hub_ids": hub_ids}
    )
    names = dict(rows.rows())
    return [
        {"child_hub_id": key, "repo_id": names.get(key, key), "relations": relations.get(key, {})} for key in hub_ids
    ]


def _placed(nodes: dict[str, _Node], edges: dict[tuple[str, str], str], links: Links) -> Picture:
    levels: dict[int, list[_Node]] = {}
    for node in nodes.values():
        levels.setdefault(node.level, []).append(node)
    order = sorted(levels)
    tallest = max(len(level) for level in levels.values())
    height = tallest * (_HEIGHT + _GAP) - _GAP
    places: dict[str, tuple[float, float]] = {}
    boxes = []
    for column, level in enumerate(order):
        members = levels[level]
        free = height - (len(members) * (_HEIGHT + _GAP) - _GAP)
        for row, node in enumerate(members):
            x, y = column * (_WIDTH + _BETWEEN) + 1.0, free / 2 + row * (_HEIGHT + _GAP) + 1.0
            places[node.key] = (x, y)
            href = links.model(node.name, node.hub_id) if node.hub_id is not None and node.kind != "own" else None
            boxes.append(Box(x, y, node.name, node.note, href, node.kind))
    lines = []
    for (parent, child), relation in edges.items():
        (x1, y1), (x2, y2) = places[parent], places[child]
        start, end, middle = x1 + _WIDTH, x2, _HEIGHT / 2
        bend = (start + end) / 2
        lines.append(
            Line(f"M{start} {y1 + middle} C{bend} {y1 + middle} {bend} {y2 + middle} {end} {y2 + middle}", relation)
        )
    words = tuple(
        f"{nodes[child].name} is made from {nodes[parent].name} ({relation})"
        for (parent, child), relation in edges.items()
        if "rest" not in (nodes[parent].kind, nodes[child].kind)
    )
    return Picture(len(order) * (_WIDTH + _BETWEEN) - _BETWEEN + 2, height + 2, tuple(boxes), tuple(lines), words)
