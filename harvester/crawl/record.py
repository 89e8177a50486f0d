"""The record of a run: one JSON file for people, one row of the lake's `runs` for queries."""

import re
from datetime import datetime
from typing import Any

import msgspec

from harvester import __version__
from harvester.crawl.journal import OpenRun
from harvester.crawl.run_ids import moment_of
from harvester.lake.duck import connection
from harvester.lake.parts import TABLES, Lake, Part
from harvester.schema.rows import runs_row

_PART = re.compile(r"/part-record-(\d+)(-[0-9a-f]{8})?\.parquet$")


def run_values(
    run: OpenRun, status: str, *, revision: int, finished_at: datetime | None = None, complete_listing: bool = False
) -> dict[str, Any]:
    """Return the values of a run's row, by column name."""
    other = sum(n for bucket, n in run.requests.items() if bucket not in ("api", "resolvers"))
    reads = bool(run.with_ or run.documents)
    return {
        "revision": revision,
        "selection_id": run.selection_id,
        "hub": run.hub,
        "status": status,
        "started_at": run.started_at,
        # A listing that was not compared is dropped with its run: it saw nothing.
        "listed_at": run.listed_at if run.compared else None,
        "finished_at": finished_at,
        "with": list(run.with_),
        "documents": list(run.documents),
        "quota_share": run.quota_share,
        "complete_listing": complete_listing and run.since is None and run.listing_done and not run.suspicious,
        "updates_since": run.since,
        "suspicious": run.suspicious,
        "listed": run.listed,
        "planned": run.planned,
        "fetched": run.visited,
        "unchanged": (max(run.listed + run.carried - run.planned, 0) if reads else 0) if run.compared else None,
        "pending": max(run.planned - run.visited, 0) if run.compared else None,
        "failed": run.failed,
        "requests_api": run.requests.get("api", 0),
        "requests_resolvers": run.requests.get("resolvers", 0),
        "requests_other": other,
        "requests_git": run.requests_git,
        "git_bucket": run.git_bucket,
        "rate_limited": run.rate_limited,
        "retries": run.retries,
        "run_ahead_documents": run.run_ahead_documents,
        "known_documents": run.known_documents,
        "seconds_waited": round(run.seconds_waited, 3),
        "bytes_read": run.bytes_read,
        "odd_values": sum(run.odd.values()),
        "harvester_version": __version__,
    }


def write_record(
    lake: Lake, run: OpenRun, status: str, *, finished_at: datetime | None = None, complete_listing: bool = False
) -> dict[str, Any]:
    """Write the run's JSON file and publish its row; return the values."""
    # The list of parts decides which rows were written: a kill may come between the part and any other record of it.
    written = [int(found[1]) for part in lake.parts("runs", run.run_id) if (found := _PART.search(part.path))]
    revision = max(written, default=0) + 1
    values = run_values(run, status, revision=revision, finished_at=finished_at, complete_listing=complete_listing)
    write_json(lake, run.run_id, values)
    lake.publish(lake.write(run.run_id, f"record-{revision:03}", {"runs": [runs_row(values)]}))
    return values


def summary(run: OpenRun, status: str) -> dict[str, Any]:
    """Return the JSON file of a run that has no record yet."""
    return {"status": status, "selection_id": run.selection_id, "hub": run.hub, "started_at": run.started_at}


class _Began(msgspec.Struct):
    started_at: datetime | None = None


def began_at(lake: Lake, run_id: str) -> datetime | None:
    """Return when a run began by the clock of that day (UTC); without its JSON file, the time that its id names."""
    try:
        text = (lake.layout.runs / f"{run_id}.json").read_bytes()
        began = msgspec.json.decode(text, type=_Began).started_at
    except (OSError, msgspec.DecodeError):
        began = None
    return began.replace(tzinfo=None) if began is not None else moment_of(run_id)


def write_json(lake: Lake, run_id: str, values: dict[str, Any]) -> None:
    """Write DIR/runs/<run_id>.json."""
    text = msgspec.json.format(msgspec.json.encode({"run_id": run_id, **values}), indent=2)
    lake.store.replace(f"runs/{run_id}.json", text + b"\n")


def restore_records(lake: Lake) -> int:
    """Write the rows of `runs` that were lost again, from the JSON files; return how many."""
    times = {column.name for column in TABLES["runs"].columns if column.type == "TIMESTAMP"}
    with connection(lake, views=["runs"]) as con:
        known = {row[0] for row in con.execute("SELECT DISTINCT run_id FROM lake_runs").fetchall()}
    parts: list[Part] = []
    for path in sorted(lake.layout.runs.glob("*.json")):
        try:
            values = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError):
            continue
        # A run that is open writes its own; one that was interrupted has none.
        if path.stem in known or "revision" not in values or values.get("status") == "open":
            continue
        try:
            row = runs_row(values | {name: datetime.fromisoformat(values[name]) for name in times if values.get(name)})
        except (TypeError, ValueError):
            continue
        revision = int(values["revision"])
        parts += lake.write(path.stem, _unused(lake, path.stem, f"record-{revision:03}-restored"), {"runs": [row]})
    if parts:
        lake.publish(parts)
    return len(parts)


def _unused(lake: Lake, run_id: str, name: str) -> str:
    number, found = 1, name
    while lake.part_path(run_id, found, "runs").exists():
        number += 1
        found = f"{name}-{number}"
    return found
