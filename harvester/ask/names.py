"""Finds a model by its name, a former name, a hub_id or a URL."""

import re
from dataclasses import dataclass

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.run import frame
from harvester.errors import UsageError
from harvester.terminal import printable

_URL = re.compile(r"https?://[^/]+/(?:api/models/)?")

_HOLDERS = """
SELECT hub_id, repo_id, TRUE AS live, 1 AS place, last_seen FROM models WHERE repo_id = $wanted
UNION ALL
SELECT hub_id, repo_id, TRUE, 2, last_seen FROM models WHERE hub_id = lower($wanted)
UNION ALL
SELECT models.hub_id, models.repo_id, TRUE, 3, names.last_seen
FROM names INNER JOIN models ON models.hub_id = names.hub_id
WHERE names.repo_id = $wanted
UNION ALL
SELECT names.hub_id, names.repo_id, FALSE, 4, names.last_seen
FROM names ANTI JOIN models ON models.hub_id = names.hub_id
WHERE names.repo_id = $wanted OR names.hub_id = lower($wanted)
UNION ALL
SELECT hub_id, repo_id, TRUE, 5, last_seen FROM models WHERE lower(repo_id) = lower($wanted)
ORDER BY place, last_seen DESC NULLS LAST, hub_id
LIMIT 1
"""

_NEAR = """
SELECT repo_id
FROM models
WHERE contains(lower(repo_id), lower($wanted)) OR jaro_winkler_similarity(lower(repo_id), lower($wanted)) > 0.85
ORDER BY
    contains(lower(repo_id), lower($wanted)) DESC,
    round(jaro_winkler_similarity(lower(repo_id), lower($wanted)), 2) DESC,
    downloads DESC NULLS LAST,
    repo_id
LIMIT 5
"""


@dataclass(frozen=True, slots=True)
class Found:
    """The model that was meant: its newest name, and whether it is in the catalogue today."""

    hub_id: str
    repo_id: str
    live: bool


def find_model(con: DuckDBPyConnection, wanted: str) -> Found:
    """Return the model of this name, hub_id, former name or URL.

    A current name takes precedence over the same name as a former one.
    Raises UsageError with similar names if there is none.
    """
    name = _URL.sub("", wanted.strip()).strip("/")
    held = frame(con, _HOLDERS, {"wanted": name})
    if held.height:
        row = held.row(0, named=True)
        return Found(row["hub_id"], row["repo_id"], row["live"])
    near = _near(con, name) if name else []
    hint = f"did you mean {', '.join(near)}?" if near else "give a repo_id (owner/name) or a hub_id"
    raise UsageError(f"no model {printable(wanted)!r} in this catalogue: {hint}")


def _near(con: DuckDBPyConnection, name: str) -> list[str]:
    near: pl.DataFrame = frame(con, _NEAR, {"wanted": name})
    return [printable(found) for found in near["repo_id"]]
