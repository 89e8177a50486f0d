"""The record of a run: one JSON file for people, one row of the lake's `runs` for queries."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from harvester import __version__
from harvester.crawl.journal import OpenRun
from harvester.crawl.listing import micros
from harvester.lake.parts import TABLES, Lake, local_error, write_atomically


def run_values(run: OpenRun, status: str, *, complete_listing: bool = False) -> dict[str, Any]:
    """Return the values of a run's row, by column name."""
    other = sum(n for bucket, n in run.requests.items() if bucket not in ("api", "resolvers"))
    asked = bool(run.with_ or run.documents)
    ended = status not in ("open", "interrupted")
    return {
        "revision": run.revision,
        "selection_id": run.selection_id,
        "hub": run.hub,
        "status": status,
        "started_at": run.started_at,
        "listed_at": run.listed_at,
        "finished_at": datetime.now(UTC).replace(tzinfo=None) if ended else None,
        "with": list(run.with_),
        "documents": list(run.documents),
        "complete_listing": complete_listing and run.listing_done and not run.suspicious,
        "suspicious": run.suspicious,
        "listed": run.listed,
        "planned": run.planned,
        "fetched": run.settled,
        "unchanged": (max(run.listed - run.planned, 0) if asked else 0) if run.compared else None,
        "pending": max(run.planned - run.settled, 0) if run.compared else None,
        "failed": run.failed,
        "requests_api": run.requests.get("api", 0),
        "requests_resolvers": run.requests.get("resolvers", 0),
        "requests_other": other,
        "rate_limited": run.rate_limited,
        "retries": run.retries,
        "run_ahead_documents": run.run_ahead_documents,
        "known_documents": run.known_documents,
        "seconds_waited": round(run.seconds_waited, 3),
        "bytes_read": run.bytes_read,
        "harvester_version": __version__,
    }


def write_record(lake: Lake, run: OpenRun, status: str, *, complete_listing: bool = False) -> dict[str, Any]:
    """Write the run's JSON file and publish its row; return the values."""
    run.revision += 1
    values = run_values(run, status, complete_listing=complete_listing)
    write_json(lake, run.run_id, values)
    names = [name for name in TABLES["runs"].names if name != "run_id"]
    row = tuple(micros(values[n]) if isinstance(values[n], datetime) else values[n] for n in names)
    lake.publish(lake.write(run.run_id, f"record-{run.revision:03}", {"runs": [row]}))
    return values


def write_json(lake: Lake, run_id: str, values: dict[str, Any]) -> None:
    """Write DIR/runs/<run_id>.json."""
    path = lake.layout.runs / f"{run_id}.json"
    text = msgspec.json.format(msgspec.json.encode({"run_id": run_id, **values}), indent=2)
    try:
        write_atomically(path, text + b"\n")
    except OSError as error:
        raise local_error(error, path) from None
