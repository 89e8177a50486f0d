"""Run ids: the second in which a run began; the ids of a directory always increase.

Run ids decide what is newest, never times: a clock that was set back cannot hide newer data.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

_FORMAT = "%Y%m%dT%H%M%SZ"


def moment_of(run_id: str) -> datetime | None:
    """Return the second (UTC) of a run id; None if it is not a run id."""
    try:
        return datetime.strptime(run_id, _FORMAT)
    except ValueError:
        return None


def newest_id(run_ids: Iterable[str]) -> str | None:
    """Return the newest of the ids, ignoring anything that is not a run id."""
    return max((run_id for run_id in run_ids if moment_of(run_id) is not None), default=None)


def next_id(now: datetime, run_ids: Iterable[str]) -> str:
    """Return the id of a run that begins now (UTC): one second after the newest id if that is not in the past."""
    newest = newest_id(run_ids)
    moment = None if newest is None else moment_of(newest)
    return (now if moment is None else max(now, moment + timedelta(seconds=1))).strftime(_FORMAT)
