"""A month of daily runs over a simulated ecosystem: bytes, requests, build time and memory of what days add.

    python benchmarks/days.py [--models 100000] [--days 30] [--depths files,configs] [--keep DIR]

The whole harvest runs, but for the sockets: requests are handed to the sample Hub in this process. Every day is
followed by `harvester build` in a process of its own; at the end everything is compacted and built again after one
more day. A line per day goes to stderr, the figures as JSON to stdout. With --depths none only the listing is
read: what is measured then is the cost of watching.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from measure import ENDPOINT, Figures, command, harvest_day

from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake
from harvester.options import depths_of
from samplehub import QUOTAS, SimulatedWorld
from samplehub.hub import Hub

#: Tables that grow with days though no model moves.
WATCHING = ("observations", "members")


def measure(models: int, days: int, depths: tuple[str, ...], data: Path) -> Figures:
    """Harvest and build day after day, then compacted; return the figures."""
    hub = Hub(SimulatedWorld(models), quota=QUOTAS["boundless"], window=300.0, log_limit=0)
    hub.origin = ENDPOINT
    builds = []
    requests = []

    def one_day(day: int) -> Figures:
        began = time.monotonic()
        record = harvest_day(hub, day, depths, data)
        seconds = round(time.monotonic() - began, 1)
        requests.append(record["requests_api"] + record["requests_resolvers"])
        built = command("build", "--data", str(data))
        size = sum(part.bytes for part in Lake(Layout(data)).all_parts())
        print(f"day {day}: harvest {seconds} s, build {built}, lake {size:,} bytes", file=sys.stderr, flush=True)
        return built

    for day in range(days + 1):
        builds.append(one_day(day))
    lake = Lake(Layout(data))
    first = lake.run_ids[0]
    observed = [part for part in lake.parts("observations") if part.run_id != first]
    watching = sum(p.bytes for table in WATCHING for p in lake.parts(table) if p.run_id != first)
    added = sum(part.bytes for part in lake.all_parts() if part.run_id != first)
    figures: Figures = {
        "models": models,
        "days": days,
        "depths": list(depths),
        "requests first day": requests[0],
        "requests a day after": round(sum(requests[1:]) / days, 1),
        "lake bytes": sum(part.bytes for part in lake.all_parts()),
        "lake bytes by table": {table: sum(p.bytes for p in lake.parts(table)) for table in TABLES},
        "lake bytes a model and day": round(added / models / days, 2),
        "observation rows a model and day": round(sum(part.rows for part in observed) / models / days, 3),
        "observation bytes a model and day": round(sum(part.bytes for part in observed) / models / days, 2),
        "watching bytes a model and day": round(watching / models / days, 2),
        "catalogue bytes": lake.layout.catalogue.stat().st_size,
        "first build": builds[0],
        "build of the second day": builds[1],
        "build of the last day": builds[-1],
        "compaction": command("compact", "--data", str(data)),
    }
    lake = Lake(Layout(data))
    figures["lake bytes, compacted"] = sum(part.bytes for part in lake.all_parts())
    compacted = sum(part.bytes for part in lake.parts("observations"))
    figures["observation bytes a model and day, compacted"] = round(compacted / models / (days + 1), 2)
    figures["one more day after compaction"] = one_day(days + 1)
    return figures


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--depths", default="files,configs")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the harvest in DIR/data")
    given = parser.parse_args()
    depths = depths_of(given.depths)
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        print(json.dumps(measure(given.models, given.days, depths, given.keep / "data"), indent=2))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(given.models, given.days, depths, Path(folder) / "data"), indent=2))


if __name__ == "__main__":
    main()
