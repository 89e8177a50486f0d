"""A month of daily runs over a simulated ecosystem: bytes, requests, build time and memory of what days add.

    python benchmarks/days.py [--models 20000] [--days 30] [--depths files,configs]

Without --depths only the listing is read: what is measured then is the cost of watching.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from harvester.catalogue.build import build
from harvester.clock import SystemClock
from harvester.commands.compact import compact_command
from harvester.crawl.progress import Reporter
from harvester.crawl.run import HarvestSettings, harvest_into
from harvester.crawl.select import Selection
from harvester.hub.connect import HubSettings
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from harvester.samplehub import QUOTAS, SampleHub, SimulatedWorld

#: Tables that grow with days though no model moves.
WATCHING = ("observations", "members")


def measure(models: int, days: int, depths: tuple[str, ...], data: Path) -> dict[str, object]:
    """Harvest day after day, and return the figures."""
    requests, seconds = [], []
    with SampleHub(SimulatedWorld(models), quota=QUOTAS["boundless"], log_limit=0) as hub:
        for day in range(days + 1):
            hub.move_to(day)
            began = time.monotonic()
            settings = HarvestSettings(data, Selection(all=True), HubSettings(hub.url), depths)
            record = harvest_into(settings, SystemClock(), Reporter(quiet=True)).record
            requests.append(record["requests_api"] + record["requests_resolvers"])
            seconds.append(time.monotonic() - began)
    lake = Lake(Layout(data))
    first = lake.run_ids[0]
    later = [part for part in lake.parts("observations") if part.run_id != first]
    figures: dict[str, object] = {
        "models": models,
        "days": days,
        "depths": list(depths),
        "requests first day": requests[0],
        "requests a day after": round(sum(requests[1:]) / days, 1),
        "seconds a day": round(sum(seconds[1:]) / days, 2),
        "observation rows a model and day": round(sum(part.rows for part in later) / models / days, 3),
        "observation bytes a model and day": round(sum(part.bytes for part in later) / models / days, 2),
        "watching bytes a model and day": round(
            sum(p.bytes for t in WATCHING for p in lake.parts(t) if p.run_id != first) / models / days, 2
        ),
        "lake bytes": sum(part.bytes for table in lake_tables() for part in lake.parts(table)),
    }
    for name in ("build", "build compacted"):
        began = time.monotonic()
        build(lake)
        figures[f"{name}, seconds"] = round(time.monotonic() - began, 2)
        if name == "build":
            began = time.monotonic()
            figures["compaction"] = compact_command(data)
            figures["compaction, seconds"] = round(time.monotonic() - began, 2)
            lake = Lake(Layout(data))
    compacted = sum(part.bytes for part in lake.parts("observations"))
    figures["observation bytes a model and day, compacted"] = round(compacted / models / (days + 1), 2)
    figures["catalogue bytes"] = lake.layout.catalogue.stat().st_size
    figures["peak memory, MB (Hub included)"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def lake_tables() -> list[str]:
    """Return the names of the lake's tables."""
    from harvester.lake.parts import TABLES

    return list(TABLES)


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--depths", default="")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        depths = tuple(word for word in given.depths.split(",") if word)
        print(json.dumps(measure(given.models, given.days, depths, Path(folder) / "data"), indent=2))


if __name__ == "__main__":
    main()
