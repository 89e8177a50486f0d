"""What every page knows beside its own data: the harvest, the sections, the links; and the search page."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from harvester.ask.population import population
from harvester.browse import search
from harvester.browse.facets import FACETS, Facet
from harvester.browse.html import named
from harvester.browse.links import Links
from harvester.browse.search import State
from harvester.browse.store import Store

#: Path and title of the sections.
SECTIONS = (
    ("models", "Models"), ("compare", "Compare"), ("changes", "Changes"), ("queries", "Queries"), ("sql", "SQL"),
    ("tables", "Tables"), ("report", "Report"),
)  # fmt: skip
#: Columns of results that hold the name of a model.
MODEL_COLUMNS = frozenset(
    ("repo_id", "child", "parent", "root", "example", "first_repo_id", "example_repo_id", "base_model", "renamed_to")
)
_SOURCE = """
SELECT (SELECT count(*) FROM base.search) AS models, max(run_id) AS run_id, max_by(hub, run_id) AS hub,
    max(listed_at) AS listed_at
FROM runs
"""


def shared(store: Store, links: Links, section: str) -> dict[str, Any]:
    """Return what every template needs."""
    source = store.once(_SOURCE)[0]
    hub = source["hub"] or ""
    return {
        "link": links, "sections": SECTIONS, "section": section, "model_columns": MODEL_COLUMNS,
        "population": store.kept("population", population),
        "source": source | {"simulated": hub == "sample" or hub.startswith("sample,")},
    }  # fmt: skip


def results(store: Store, state: State) -> dict[str, Any]:
    """Return what the table of results needs."""
    return {
        "state": state, "frame": search.found(store, state), "page_rows": search.PAGE, "orders": search.ORDERS,
        "choices": search.CHOICES, "state_pairs": parse_qsl(replace(state, page=1).query()),
        "turned": lambda by: replace(state, page=state.page + by).query(),
    }  # fmt: skip


def facets(store: Store, state: State) -> dict[str, Any]:
    """Return what the list of facets needs."""
    total, counts = search.counted(store, state)
    return {
        "state": state, "total": total, "counts": counts, "facets": FACETS, "unknown": search.UNKNOWN,
        "suggestions": search.suggested(store, state) if state.words else {"author": [], "tag": []},
        "active": _active(state), "cleared": replace(State(), order=state.order, down=state.down).query(),
        "suggest": lambda kind, value: _suggest(state, kind, value).query(), "ordered": _ordered,
        "open_facets": any(state.chosen.values()), "values": search.VALUES,
    }  # fmt: skip


def facet(store: Store, state: State, facet: Facet, text: str) -> dict[str, Any]:
    """Return what the page of all values of one facet needs."""
    return {
        "state": state, "facet": facet, "text": text, "values": search.values(store, state, facet, text),
        "most": search.MOST_VALUES, "unknown": search.UNKNOWN, "state_pairs": parse_qsl(replace(state, page=1).query()),
    }  # fmt: skip


def models(store: Store, state: State) -> dict[str, Any]:
    """Return what the search page needs."""
    hidden = [pair for pair in parse_qsl(replace(state, text="", page=1).query()) if pair[0] != "q"]
    return results(store, state) | facets(store, state) | {"hidden": hidden}


def _ordered(facet: Facet, values: list[tuple[str | None, int]]) -> list[tuple[str | None, int]]:
    """Ranges in their own order, others by count."""
    if not facet.bounds:
        return values
    held: Mapping[str | None, int] = dict(values)
    return [(label, held[label]) for label in (*facet.labels, None) if label in held]


def _active(state: State) -> list[tuple[str, str, str]]:
    """Return title, value and the query without it of each filter."""
    found = []
    if state.author:
        found.append(("Author", state.author, replace(state, author="", page=1).query()))
    for tag in state.tags:
        rest = tuple(one for one in state.tags if one != tag)
        found.append(("Tag", tag, replace(state, tags=rest, page=1).query()))
    for facet in FACETS:
        for value in state.chosen.get(facet.name, ()):
            shown = named(None if value == search.UNKNOWN else value, facet.name)
            found.append((facet.title, shown, state.toggled(facet.name, value).query()))
    return found


def _suggest(state: State, kind: str, value: str) -> State:
    """The state with the last word replaced by the suggestion that it led to."""
    rest = " ".join(state.text.split()[:-1])
    if kind == "author":
        return replace(state, text=rest, author=value, page=1)
    return replace(state, text=rest, tags=(*state.tags, value), page=1)
