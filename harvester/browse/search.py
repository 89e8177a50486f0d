"""The search: a state that a URL holds, and the SQL of its rows, count, facets and suggestions, all values bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import polars as pl

from harvester.ask.frames import identifier
from harvester.browse.facets import FACETS, Facet
from harvester.browse.store import Store
from harvester.errors import UsageError
from harvester.schema.catalogue import MODELS

#: Rows of a page, and rows of a download.
PAGE, DOWNLOAD = 50, 100_000
#: Values shown of a facet beside the results and on its own page, suggestions of each kind, and words that count.
VALUES, MOST_VALUES, SUGGESTED, WORDS = 40, 1_000, 5, 8
#: Value of a facet for models without one.
UNKNOWN = "~"
#: Orders by name in the URL: the columns of ``base.search``. The first is the order of that table.
ORDERS = {
    "downloads": "place", "likes": "likes", "repo_id": "name", "parameters": "parameters",
    "context_length": "context", "created_at": "created_at", "last_modified": "last_modified",
    "total_size": "total_size",
}  # fmt: skip
#: Columns shown unless others are chosen.
COLUMNS = ("downloads", "likes", "pipeline_tag", "license", "parameters", "context_length", "last_modified")
#: Columns that may be chosen: all of `models`.
CHOICES = {column.name: column.comment for column in MODELS.columns if column.name != "repo_id"}


@dataclass(frozen=True, slots=True)
class State:
    """What is searched for and how it is shown; equal to its URL."""

    text: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: str = "downloads"
    down: bool = True
    page: int = 1
    columns: tuple[str, ...] = COLUMNS

    @property
    def plain(self) -> bool:
        """Whether nothing is filtered."""
        return not (self.text.strip() or self.author or self.tags or any(self.chosen.values()))

    @property
    def words(self) -> list[str]:
        """The words searched for, in lower case."""
        return self.text.lower().split()[:WORDS]

    def query(self) -> str:
        """Return the state as a query string; what is as usual is left out."""
        pairs: list[tuple[str, str]] = []
        if self.text.strip():
            pairs.append(("q", self.text))
        if self.author:
            pairs.append(("author", self.author))
        pairs += [("tag", tag) for tag in self.tags]
        pairs += [(name, value) for name, values in self.chosen.items() for value in values]
        if self.order != "downloads" or not self.down:
            pairs.append(("sort", self.order if self.down else f"-{self.order}"))
        if self.columns != COLUMNS:
            pairs += [("column", name) for name in self.columns]
        if self.page != 1:
            pairs.append(("page", str(self.page)))
        return urlencode(pairs)

    def toggled(self, facet: str, value: str) -> "State":
        """Return the state with a value of a facet selected, or no longer selected; on its first page."""
        held = self.chosen.get(facet, ())
        values = tuple(one for one in held if one != value) if value in held else (*held, value)
        return replace(self, chosen={**self.chosen, facet: values}, page=1)

    def sorted_by(self, order: str) -> "State":
        """Return the state in another order; the same order once more is reversed."""
        return replace(self, order=order, down=not self.down if order == self.order else order != "repo_id", page=1)


def read_state(pairs: Sequence[tuple[str, str]]) -> State:
    """Return the state of a query string. Raises UsageError for a parameter or value that a URL cannot have."""
    known = {facet.name for facet in FACETS}
    state = State()
    chosen: dict[str, tuple[str, ...]] = {}
    columns: list[str] = []
    for name, value in pairs:
        match name:
            case "q":
                state = replace(state, text=value[:500])
            case "author":
                state = replace(state, author=value[:200])
            case "tag":
                state = replace(state, tags=(*state.tags, value[:500]))
            case "sort":
                order = value.removeprefix("-")
                if order not in ORDERS:
                    raise UsageError(f"models cannot be sorted by {order!r} (sort: {', '.join(ORDERS)})")
                state = replace(state, order=order, down=order == value)
            case "page":
                if not value.isdecimal() or not 1 <= int(value[:9]) <= 1_000_000:
                    raise UsageError(f"page must be a whole number from 1, got {value!r}")
                state = replace(state, page=int(value))
            case "column":
                if value not in CHOICES:
                    raise UsageError(f"no column of models is called {value!r}")
                columns.append(value)
            case "part":
                continue
            case _ if name in known:
                chosen[name] = (*chosen.get(name, ()), value[:500])
            case _:
                raise UsageError(f"a search has no parameter {name!r}")
    return replace(state, chosen=chosen, columns=tuple(dict.fromkeys(columns)) or COLUMNS)


def _conditions(store: Store, state: State) -> tuple[list[str], dict[str, str], dict[str, object]]:
    """Return the conditions of text, author and tags, those of each facet, and the values of both."""
    common: list[str] = []
    bound: dict[str, object] = {}
    for number, word in enumerate(state.words):
        bound[f"word_{number}"] = word
        held = f"contains(name, $word_{number})"
        # Only a word that is some model's tag needs the slower condition.
        if store.rows("SELECT 1 FROM base.search_tag WHERE tag = $tag", {"tag": word}).height:
            held = f"({held} OR place IN ({_tagged(f'$word_{number}')}))"
        common.append(held)
    if state.author:
        bound["author"] = state.author.lower() + "/"
        common.append("starts_with(name, $author)")
    for number, tag in enumerate(state.tags):
        bound[f"tag_{number}"] = tag.lower()
        common.append(f"place IN ({_tagged(f'$tag_{number}')})")
    facets: dict[str, str] = {}
    for facet in FACETS:
        values = state.chosen.get(facet.name)
        if values:
            facets[facet.name] = facet.condition
            bound[facet.name] = [value for value in values if value != UNKNOWN]
            bound[f"unknown_{facet.name}"] = UNKNOWN in values
    return common, facets, bound


def _tagged(parameter: str) -> str:
    return f"SELECT unnest(places) FROM base.search_tag WHERE tag = {parameter}"


def found(store: Store, state: State, limit: int = PAGE + 1) -> pl.DataFrame:
    """Return the models of a page of results, and one more if there is a next page: repo_id and the chosen columns."""
    common, facets, bound = _conditions(store, state)
    where = " AND ".join(["TRUE", *common, *facets.values()])
    column = ORDERS[state.order]
    down = state.down != (column == "place")
    order = f"{column} {'DESC' if down else 'ASC'} NULLS LAST" + ("" if column == "place" else ", place")
    places = store.rows(
        f"SELECT hub_id FROM base.search WHERE {where} ORDER BY {order} LIMIT $limit OFFSET $offset",
        bound | {"limit": limit, "offset": (state.page - 1) * PAGE},
    )
    return shown(store, places["hub_id"].to_list(), state.columns)


def shown(store: Store, hub_ids: list[str], columns: Sequence[str]) -> pl.DataFrame:
    """Return the chosen columns of models, in the order of their ids."""
    names = ", ".join(f"models.{identifier(name)}" for name in ("repo_id", *columns))
    return store.rows(
        f"""SELECT {names} FROM (SELECT unnest($hub_ids) AS hub_id, unnest(range(len($hub_ids))) AS place) AS wanted
        INNER JOIN models ON models.hub_id = wanted.hub_id AND models.hub_id IN (SELECT unnest($hub_ids))
        ORDER BY wanted.place""",
        {"hub_ids": hub_ids},
    )


def counted(store: Store, state: State) -> tuple[int, dict[str, list[tuple[str | None, int]]]]:
    """Return how many models fit, and for each facet its most frequent values with their counts, one more than shown.

    The counts of a facet ignore what is selected in this facet: they say what selecting a value would show.
    """
    common, selected, bound = _conditions(store, state)
    text = _counts(common, selected)
    rows = store.once(text) if state.plain else store.dicts(text, bound)
    total = 0
    facets: dict[str, list[tuple[str | None, int]]] = {facet.name: [] for facet in FACETS}
    for row in rows:
        if row["facet"] == "":
            total = row["models"]
        else:
            facets[row["facet"]].append((row["value"], row["models"]))
    return total, facets


def values(store: Store, state: State, facet: Facet, text: str) -> list[tuple[str | None, int]]:
    """Return the values of one facet that contain ``text``, most frequent first, at most one more than are shown."""
    common, selected, bound = _conditions(store, state)
    where = [*common, *(condition for name, condition in selected.items() if name != facet.name)]
    rows = store.rows(
        f"SELECT value, count(*) AS models FROM (SELECT {facet.values} AS value FROM base.search "
        f"WHERE {' AND '.join(['TRUE', *where])}) WHERE $text = '' OR contains(lower(value), $text) "
        "GROUP BY value ORDER BY models DESC, value LIMIT $limit",
        {name: value for name, value in bound.items() if name not in (facet.name, f"unknown_{facet.name}")}
        | {"text": text.lower(), "limit": MOST_VALUES + 1},
    )
    return rows.rows()


def _counts(common: list[str], selected: Mapping[str, str]) -> str:
    columns = [facet.column for facet in FACETS]
    fits = [f"coalesce({condition}, FALSE) AS fits_{name}" for name, condition in selected.items()]
    # At most one facet may refuse a row: it would then count in that facet alone.
    near = (
        [" + ".join([*(f"fits_{name}::INTEGER" for name in selected)]) + f" >= {len(selected) - 1}"] if selected else []
    )
    parts = [f"SELECT '' AS facet, NULL AS value, count(*) AS models FROM hits WHERE {_all(selected)}"]
    for facet in FACETS:
        others = [name for name in selected if name != facet.name]
        parts.append(
            f"(SELECT '{facet.name}', value, count(*) AS models FROM "
            f"(SELECT {facet.values} AS value FROM hits WHERE {_all(others)}) GROUP BY value "
            f"ORDER BY models DESC, value LIMIT {VALUES + 1})"
        )
    return (
        f"WITH hits AS MATERIALIZED (SELECT {', '.join([*columns, *fits])} FROM base.search "
        f"WHERE {' AND '.join(['TRUE', *common, *near])})\n" + "\nUNION ALL ".join(parts)
    )


def _all(names: Sequence[str] | Mapping[str, Any]) -> str:
    return " AND ".join(["TRUE", *(f"fits_{name}" for name in names)])


def suggested(store: Store, state: State) -> dict[str, list[tuple[str, int]]]:
    """Return authors and tags that begin with the last word, each with its number of models."""
    if not state.words:
        return {}
    word = state.words[-1]
    bound = {"word": word, "limit": SUGGESTED}
    tags = store.rows(
        "SELECT tag, len(places) AS models FROM base.search_tag WHERE starts_with(tag, $word) "
        "ORDER BY models DESC, tag LIMIT $limit",
        bound,
    )
    authors = store.rows(
        "SELECT split_part(name, '/', 1) AS author, count(*) AS models FROM base.search "
        "WHERE starts_with(name, $word) AND contains(name, '/') GROUP BY author "
        "HAVING starts_with(author, $word) ORDER BY models DESC, author LIMIT $limit",
        bound,
    )
    found = {"author": authors.rows(), "tag": tags.rows()}
    if store.selection is not None:
        # The index is of all models.
        held = [(tag, counted_tag(store, tag)) for tag, _ in found["tag"]]
        found["tag"] = [(tag, models) for tag, models in held if models]
    return found


def counted_tag(store: Store, tag: str) -> int:
    """Return how many models have a tag."""
    text = f"SELECT count(*) FROM base.search WHERE place IN ({_tagged('$tag')})"
    return int(store.rows(text, {"tag": tag}).item())
