"""`--updates`: how far back a listing by modification time goes, and when it may stop.

It goes back to the start of the last complete listing of the selection, or of an earlier run of this kind; each of
those went back to the one before it, so there is no gap. It only finds what was pushed since: changes without a push
(counts, name, gating, deletion) are found by the next complete listing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from harvester.crawl.select import Selection
from harvester.errors import HubUnavailable, UsageError
from harvester.hub.answers import ModelInfo
from harvester.lake.duck import connection
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake

#: Listed again before the time at which the earlier listing began: our clock and the Hub's may differ by as much.
OVERLAP = timedelta(minutes=15)
#: Tables without which a listing is not known any more.
_LISTED_IN = frozenset(("facts", "observations", "members"))

# The newest known modification time counts if it is earlier, because a simulated Hub has another clock.
_BASE = """
WITH newest AS (
    SELECT * FROM lake_runs WHERE selection_id = $selection
    QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY revision DESC) = 1
),
base AS (
    SELECT run_id, started_at FROM newest
    WHERE (complete_listing OR (updates_since IS NOT NULL AND listed_at IS NOT NULL))
        AND epoch_us(started_at) > $lost
    ORDER BY run_id DESC LIMIT 1
)
SELECT run_id, started_at, (
    SELECT max(facts.last_modified) FROM lake_facts AS facts
    SEMI JOIN (SELECT hub_id FROM lake_members WHERE selection_id = $selection) AS members USING (hub_id)
    WHERE facts.run_id <= base.run_id
) FROM base
"""


@dataclass(frozen=True, slots=True)
class Base:
    """The listing that an update continues from, and the modification time back to which it lists (UTC)."""

    run_id: str
    since: datetime


def require_base(lake: Lake, selection: Selection) -> Base:
    """Return the listing to continue from. Raises UsageError if the selection was never listed completely."""
    require_harvest(lake.layout)
    lost = max((loss.at for loss in lake.losses if _LISTED_IN.intersection(loss.tables)), default=-1)
    with connection(lake, views=["runs", "facts", "members"]) as con:
        found = con.execute(_BASE, {"selection": selection.selection_id, "lost": lost}).fetchall()
    if not found:
        raise _no_listing(lake.layout)
    run_id, started_at, modified = found[0]
    return Base(run_id, min(started_at, modified or started_at) - OVERLAP)


def require_harvest(layout: Layout) -> None:
    """Raise UsageError if nothing was ever harvested into the directory."""
    if layout.remote is None and not layout.parts_list.exists():
        raise _no_listing(layout)


def _no_listing(layout: Layout) -> UsageError:
    return UsageError(
        f"--updates continues from a complete listing of the same selection, and {layout.root} has none: run the same "
        "command without --updates first"
    )


def reached(models: Sequence[ModelInfo], since: datetime) -> bool:
    """Whether every model of a page was modified before the time; models without a time do not count."""
    times = _times(models)
    return bool(times) and max(times) < since


def check_descending(models: Sequence[ModelInfo], endpoint: str) -> None:
    """Raise HubUnavailable if a page is not ordered by modification time; a few models may change while it is read."""
    times = _times(models)
    ascending = sum(earlier < later for earlier, later in pairwise(times))
    if 10 * ascending > len(times):
        raise HubUnavailable(
            f"{endpoint} does not list by modification time (sort=lastModified), so --updates would miss models: "
            "run without it"
        )


def _times(models: Sequence[ModelInfo]) -> list[datetime]:
    return [model.last_modified for model in models if model.last_modified is not None]
