"""What a result is about: the models that the catalogue shows, who selected them, when and how completely."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection

from harvester.ask.run import frame
from harvester.terminal import printable

_SELECTIONS = """
WITH newest AS (
    SELECT
        selection_id, count(*) AS runs, min(listed_at) AS first_listed_at, max(listed_at) AS listed_at,
        arg_max(suspicious, run_id) AS suspicious
    FROM runs
    WHERE listed_at IS NOT NULL
    GROUP BY selection_id
),

unread AS (
    SELECT selection_id, list({'state': state, 'models': models} ORDER BY place, state) AS states
    FROM (
        SELECT
            selection_id, state, count(DISTINCT hub_id) AS models,
            coalesce(list_position(['pending', 'failed', 'gated'], state), 4) AS place
        FROM base.unread
        GROUP BY selection_id, state
    )
    GROUP BY selection_id
)

SELECT
    selections.selection_id, selections.name, selections.flags, newest.runs, newest.first_listed_at, newest.listed_at,
    coalesce(newest.suspicious, FALSE) AS suspicious, unread.states
FROM selections
INNER JOIN newest ON newest.selection_id = selections.selection_id
LEFT JOIN unread ON unread.selection_id = selections.selection_id
ORDER BY newest.listed_at DESC, selections.selection_id
"""
_COUNTED = """
SELECT
    (SELECT count(*) FROM models) AS models,
    EXISTS (FROM duckdb_schemas() WHERE database_name = current_database() AND schema_name = 'chosen') AS chosen
"""
#: Selections that the line names; the table `selections` has all.
NAMED = 3
_SORTED = {
    "downloads": "most downloaded", "likes": "most liked", "created": "newest", "modified": "last modified",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Population:
    """The models that a connection shows.

    ``selection_id`` is None for all models of the catalogue; ``union`` says that these were chosen in several ways and
    are not the whole Hub, so that a share among them is no estimate for the Hub.
    """

    models: int
    selection_id: str | None
    union: bool
    text: str

    def __str__(self) -> str:
        return f"Population: {self.text}"


def population(con: DuckDBPyConnection) -> Population:
    """Return the population of an open catalogue, restricted to a selection or not."""
    models, chosen = frame(con, _COUNTED).row(0)
    selections = frame(con, _SELECTIONS).rows(named=True)
    counted = f"{models:,} live model{'' if models == 1 else 's'}"
    if not selections:
        return Population(models, None, False, f"{counted}: no listing was completed")
    if chosen:
        one = selections[0]
        text = f"{counted}: selection {_name(one)} ({in_words(one['flags'])}){_listed(one)}"
        return Population(models, one["selection_id"], False, text)
    if len(selections) == 1:
        (one,) = selections
        return Population(models, None, False, f"{counted}: {in_words(one['flags'])}{_listed(one)}")
    named = ", ".join(_name(one) for one in selections[:NAMED])
    more = f" and {len(selections) - NAMED} more" if len(selections) > NAMED else ""
    whole = next((one for one in selections if _flags(one["flags"]) == {"all": True}), None)
    if whole is not None:
        return Population(models, None, False, f"{counted}: the whole Hub{_listed(whole)}; also listed: {named}{more}")
    text = (
        f"{counted}: the union of {len(selections)} selections ({named}{more}), last listed {_day(selections[0])}; "
        "shares describe this union, not the Hub (--selection chooses one)"
    )
    return Population(models, None, True, text)


def in_words(flags: str | None) -> str:
    """Return which models the flags of a selection (JSON) select, such as ``the 300 most downloaded models``."""
    given = _flags(flags)
    if not given:
        return "a selection whose flags are unknown"
    if "sample" in given:
        rest = {key: value for key, value in given.items() if key not in ("sample", "stratify", "seed")}
        groups = f" by {given['stratify']}" if "stratify" in given else ""
        drawn = f"a sample of {given['sample']:,} (stratified{groups}, seed {given.get('seed', 0)})"
        if not groups:
            drawn = f"a simple random sample of {given['sample']:,} (seed {given.get('seed', 0)})"
        return printable(
            f"{drawn} from {in_words(json.dumps(rest or {'all': True}))}, "
            "counted without weights except in the query estimated_shares"
        )
    if given == {"all": True}:
        return "the whole Hub"
    if "ids" in given:
        return f"{given['ids']:,} models of an id file"
    filters = [f"by {given['author']}"] if "author" in given else []
    filters += [f"with {key} {given[key]}" for key in ("task", "library") if key in given]
    filters += [f"with tag {tag}" for tag in given.get("tags", ())]
    filters += [f"found by {given['search']!r}"] if "search" in given else []
    if "limit" in given:
        kind = _SORTED.get(given.get("sort", ""), "first created")
        what = f"the {given['limit']:,} {kind} models"
    else:
        what = "all models"
    return printable(" ".join([what, *filters]))


def _flags(text: str | None) -> dict[str, Any]:
    try:
        read = json.loads(text or "null")
    except ValueError:
        read = None
    return read if isinstance(read, dict) else {}


def _name(selection: dict[str, Any]) -> str:
    return printable(selection["name"] or selection["selection_id"])


def _day(selection: dict[str, Any]) -> str:
    at: datetime = selection["listed_at"]
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _listed(selection: dict[str, Any]) -> str:
    times = f" by {selection['runs']:,} runs, last" if selection["runs"] > 1 else ""
    text = f", listed{times} {_day(selection)}"
    if selection["suspicious"]:
        text += ", with far fewer models than before"
    states = [f"{one['models']:,} {one['state']}" for one in selection["states"] or ()]
    return text + (f"; of its models {', '.join(states)}" if states else "")
