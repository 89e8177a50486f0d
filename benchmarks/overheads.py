"""What harvester itself costs: CPU and memory per stage, bytes per model and lake table, and the start of the command.

    python benchmarks/overheads.py [--models 10000] [--listing 1000000] [--write]

The sample Hub serves simulated models without a quota from a process of its own; each harvest runs in another one,
whose CPU seconds and peak memory are read. --listing: models of a harvest that reads the listing alone (0: none; a
million takes about ten minutes). --write puts the result into benchmarks/RESULTS.md.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Figures, command, machine, write_section
from soak import serving

from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake

STAGES = ("none", "files", "configs", "files,configs", "files,configs,cards", "files,configs,weights")
STARTS = 10


def start_up(*words: str) -> float:
    """Return the median of the CPU milliseconds that a command of Python takes."""
    found = []
    for _ in range(STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return 1000 * statistics.median(found)


def stage(models: int, depths: str, folder: Path) -> Figures:
    """Harvest with some depths, build again, and return the figures of both."""
    data = folder / depths
    with serving(models, 0.0, ()) as url:
        harvest = command("harvest", "--hub", url, "--all", "--with", depths, "--data", str(data), "--quiet", "--json")
    build = command("build", "--data", str(data))
    lake = Lake(Layout(data))
    result = json.loads(harvest["last_line"])
    return {
        "depths": depths,
        "listed": result["listed"],
        "cpu": harvest["cpu_seconds"] - build["cpu_seconds"],
        "peak": harvest["peak_mb"],
        "build": build["cpu_seconds"],
        "bytes": {table: sum(part.bytes for part in lake.parts(table)) for table in TABLES},
    }


def report(stages: list[Figures], listing: Figures | None, started: tuple[float, float, float]) -> str:
    """Return the tables in Markdown."""
    bare, top, harvest = started
    lines = [
        f"{machine()}.",
        "",
        f"CPU time of the start (medians of {STARTS}): {bare:.0f} ms for Python alone, {top:.0f} ms for",
        f"`harvester --help`, {harvest:.0f} ms for `harvester harvest --help`.",
        "",
        "| `--with` | models | CPU ms per model, without the build | build, CPU ms per model | peak memory |",
        "|---|--:|--:|--:|--:|",
    ]
    for row in [*stages, *([listing] if listing else [])]:
        lines.append(
            f"| {row['depths']} | {row['listed']:,} | {1000 * row['cpu'] / row['listed']:.2f} "
            f"| {1000 * row['build'] / row['listed']:.2f} | {row['peak']:,} MB |"
        )
    fullest = stages[-1]["bytes"]
    lines += ["", f"Bytes per model in the lake, with `{stages[-1]['depths']}`:", "", "| table | bytes |", "|---|--:|"]
    lines += [f"| {table} | {size / stages[-1]['listed']:,.0f} |" for table, size in fullest.items() if size]
    return "\n".join(lines)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--listing", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    started = (
        start_up("-c", "pass"), start_up("-m", "harvester", "--help"), start_up("-m", "harvester", "harvest", "--help"),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        stages = [stage(given.models, depths, folder) for depths in STAGES]
        listing = stage(given.listing, "none", folder / "listing") if given.listing else None
    text = report(stages, listing, started)
    print(text)
    if given.write:
        write_section("What harvester itself costs", text)


if __name__ == "__main__":
    main()
