"""CPU seconds of each statement of a build, the dearest first.

    python benchmarks/statements.py DIR [--memory 6000] [--least 0.1]

DIR is a harvest (see ``scale.py --keep``); its catalogue is built again. A line has the CPU seconds of the process (all
threads), the seconds on the clock, the peak memory of the process so far in MB, and the statement.
"""

import argparse
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from harvester.catalogue import build as building
from harvester.catalogue import python_steps
from harvester.catalogue.scripts import scripts
from harvester.catalogue.step import make
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake


class Meter:
    """Collects what each piece of work costs, from one ``lap`` to the next."""

    def __init__(self) -> None:
        self.lines: list[tuple[float, float, int, str]] = []
        self._last = self._now()

    @staticmethod
    def _now() -> tuple[float, float]:
        times = os.times()
        return times.user + times.system, time.monotonic()

    def lap(self, name: str) -> None:
        """Give the work since the last lap to ``name``."""
        cpu, clock = self._now()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.lines.append((cpu - self._last[0], clock - self._last[1], peak, name))
        self._last = cpu, clock


def main() -> None:
    """Build once and print the statements that cost at least ``--least`` CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--memory", type=int, default=6_000, metavar="MB")
    parser.add_argument("--least", type=float, default=0.1, metavar="SECONDS")
    given = parser.parse_args()
    meter = Meter()

    def each() -> Iterator[tuple[str, str]]:
        for file, text in scripts():
            statements = duckdb.extract_statements(text)
            meter.lap("before " + file)
            for number, statement in enumerate(statements, 1):
                line = next((x for x in statement.query.strip().splitlines() if x and not x.startswith("--")), "")
                yield (file if number == len(statements) else ""), statement.query
                meter.lap(f"{file}: {line[:90]}")

    def timed(con: duckdb.DuckDBPyConnection, step: python_steps.Step, scratch: Path) -> None:
        meter.lap(f"{step.after}: SQL before the step {step.table}")
        make(con, step, scratch)
        meter.lap(f"{step.after}: step {step.table}")

    building.scripts = each  # type: ignore[assignment]
    python_steps.make = timed
    building.build(Lake(Layout(given.data)), memory_mb=given.memory)
    meter.lap("comments, checkpoint")
    for cpu, clock, peak, name in sorted(meter.lines, reverse=True):
        if cpu >= given.least:
            print(f"{cpu:8.2f} CPU s {clock:8.2f} s {peak:6} MB  {name}")
    print(f"{sum(x[0] for x in meter.lines):8.2f} CPU s {sum(x[1] for x in meter.lines):8.2f} s in all")


if __name__ == "__main__":
    main()
