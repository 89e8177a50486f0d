"""What a run found changed since the previous run: a few lines for people, one object for `--json`. Only reads."""

import shlex
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from harvester.ask.connect import connect
from harvester.ask.registry import find_query
from harvester.terminal import printable, program

#: Kinds of `changes` in the order of the summary.
KINDS = ("config", "label", "license", "lineage", "card", "gating", "file")
CAUSES = {"deleted_or_private": "deleted or private", "replaced": "replaced", "disabled": "disabled"}

#: All rows of the query `latest_changes`.
_EVERYTHING = {"kind": None, "noise": True, "min_downloads": 0, "limit": None}
_CHANGED = """
WITH found AS ({latest})
SELECT what, count(*), count(DISTINCT repo_id) FILTER (WHERE NOT noise),
    arg_max(repo_id, (coalesce(downloads, -1), repo_id)) FILTER (WHERE NOT noise)
FROM (SELECT *, CASE WHEN noise THEN 'noise' ELSE kind END AS what FROM found)
GROUP BY ROLLUP (what)
"""
_RUNS = "SELECT listed_at FROM runs WHERE listed_at IS NOT NULL ORDER BY listed_at DESC, run_id DESC LIMIT 2"
_NEW = "SELECT count(*) FROM models WHERE first_seen > $1"
_RENAMED = """
SELECT count(DISTINCT newer.hub_id) FROM names AS newer
JOIN names AS older ON older.hub_id = newer.hub_id AND older.first_seen < newer.first_seen
WHERE newer.first_seen > $1
"""
_GONE = "SELECT cause, count(*) FROM tombstones WHERE noticed_at > $1 AND cause <> 'renamed' GROUP BY cause"
_RETURNED = "SELECT count(*) FROM tombstones WHERE returned_at > $1"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Counts since the previous run. ``kinds`` are rows of `changes` without noise, ``example`` the most downloaded
    model of them."""

    models: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    noise: int = 0
    example: str | None = None
    new: int = 0
    renamed: int = 0
    returned: int = 0
    gone: Mapping[str, int] = field(default_factory=dict)

    @property
    def quiet(self) -> bool:
        """Whether nothing happened."""
        return not (self.kinds or self.noise or self.new or self.renamed or self.returned or self.gone)


def run_summary(data: Path) -> RunSummary | None:
    """Return what the newest run found; None if there is no previous run. Raises what `connect` raises."""
    with closing(connect(data)) as con:
        listings = con.execute(_RUNS).fetchall()
        if len(listings) < 2:
            return None
        before = listings[1][0]
        changed, models, example = _changed(con)
        return RunSummary(
            models=models,
            kinds={kind: count for kind, count in changed.items() if kind != "noise"},
            noise=changed.get("noise", 0),
            example=example,
            new=_count(con, _NEW, before),
            renamed=_count(con, _RENAMED, before),
            returned=_count(con, _RETURNED, before),
            gone=dict(con.execute(_GONE, [before]).fetchall()),
        )


def _changed(con: duckdb.DuckDBPyConnection) -> tuple[dict[str, int], int, str | None]:
    """Return rows by kind (``noise`` is one), how many models they are of, and the most downloaded of these."""
    text = _CHANGED.format(latest=find_query("latest_changes").sql)
    found = con.execute(text, _EVERYTHING).fetchall()
    (models, example) = next(((models, example) for what, _, models, example in found if what is None), (0, None))
    return {what: count for what, count, _, _ in found if what is not None}, models, example


def _count(con: duckdb.DuckDBPyConnection, query: str, before: Any) -> int:
    return int(con.execute(query, [before]).fetchall()[0][0])


def lines(found: RunSummary, data: Path) -> list[str]:
    """Return the lines to print: what changed, which models came and went, and commands for details."""
    if found.quiet:
        return ["since the previous run: nothing changed"]
    changed = ", ".join(f"{found.kinds[kind]:,} {kind}" for kind in KINDS if kind in found.kinds)
    parts = [f"{found.models:,} models changed ({changed})"] if changed else []
    parts += [f"{found.noise:,} insignificant changes"] if found.noise else []
    moved = [(found.gone.get(cause, 0), words) for cause, words in CAUSES.items()]
    moved += [(found.renamed, "renamed"), (found.returned, "returned"), (found.new, "new")]
    parts += [f"{count:,} {words}" for count, words in moved if count]
    where = shlex.quote(printable(str(data)))
    more = ["query latest_changes"] if found.kinds or found.noise else []
    more += ["query gone_models"] if found.gone else []
    more += [f"diff {shlex.quote(printable(found.example))}"] if found.example else []
    lines = [f"since the previous run: {'; '.join(parts)}"]
    if more:
        lines.append("see: " + "; ".join(f"{program()} {command} --data {where}" for command in more))
    return lines
