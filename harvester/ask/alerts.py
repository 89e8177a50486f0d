"""`harvester status --fail-if`: conditions that make it fail, so that a monitor raises an alarm."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from duckdb import DuckDBPyConnection

from harvester.ask.run import frame, query
from harvester.durations import seconds_of
from harvester.errors import UsageError

TAKES = "stale=DURATION (such as 2d) and coverage<SHARE (0 to 1), separated by commas"
_CONDITION = re.compile(r"\s*(?:stale\s*=\s*(?P<stale>[^<=]+)|coverage\s*<\s*(?P<coverage>[0-9.]+))\s*", re.ASCII)

_RUNS = """
SELECT
    max(finished_at) FILTER (WHERE status IN ('done', 'cut')) AS finished,
    coalesce(bool_or(list_contains("with", 'files')), false) AS files,
    coalesce(bool_or(list_contains("with", 'configs')), false) AS configs
FROM runs
"""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What `--fail-if` names: the greatest age of the newest run that ended by itself, and the least coverage."""

    stale: timedelta | None = None
    coverage: float | None = None


def conditions(text: str) -> Conditions:
    """Read `stale=2d,coverage<0.95`. Raises UsageError that shows what `--fail-if` takes."""
    stale, coverage = None, None
    for part in text.split(","):
        found = _CONDITION.fullmatch(part)
        try:
            if found and found["stale"]:
                stale = timedelta(seconds=seconds_of(found["stale"]) or _invalid(part))
            else:
                coverage = float(found["coverage"] if found else "x")
        except (ValueError, OverflowError):
            _invalid(part)
    if coverage is not None and not 0 <= coverage <= 1:
        _invalid(f"coverage<{coverage:g}")
    return Conditions(stale, coverage)


def _invalid(part: str) -> float:
    raise UsageError(f"--fail-if does not accept {part.strip()!r}; it takes {TAKES}")


def alerts(con: DuckDBPyConnection, given: Conditions, now: datetime) -> list[str]:
    """Return a sentence for each condition that holds; ``now`` is in UTC, without tzinfo.

    The coverage is the least share of models whose manifest or documents are known at the commit listed last, of those
    that any run requested.
    """
    runs = frame(con, _RUNS).row(0, named=True)
    found = []
    if given.stale is not None:
        finished: datetime | None = runs["finished"]
        if finished is None:
            found.append("stale: no run has ended yet")
        elif now - finished > given.stale:
            found.append(f"stale: the newest run ended at {finished:%Y-%m-%d %H:%M} UTC")
    if given.coverage is not None:
        requested = {"manifest": runs["files"], "requested documents": runs["configs"]}
        for row in query(con, "coverage").iter_rows(named=True):
            share = row["current"] / row["models"] if row["models"] else 0.0
            if requested.get(row["item"]) and share < given.coverage:
                found.append(
                    f"coverage: {row['item']} of {row['current']:,} of {row['models']:,} models ({share:.1%}), "
                    f"less than {given.coverage:.1%}"
                )
    return found
