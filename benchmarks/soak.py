"""A long harvest under faults and kills, compared row by row with an undisturbed one.

`python benchmarks/soak.py [--models 20000] [--kills 10] [--faults 0.05]`: 20,000 simulated models, 5% of the answers
faulty, killed with SIGKILL at random moments and started again; then the same world harvested undisturbed. Prints what
each cost and whether the catalogues are equal; exits with 1 where they are not.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

#: Tables whose rows must be equal, and columns that tell of the run rather than of the world.
TABLES = ("models", "files", "configs", "config_fields", "documents", "labels", "tags")
RUN_COLUMNS = {"first_seen", "last_seen", "observed_at"}
FAULTS = ("server-error", "drop", "truncate", "html")


def serve(models: int, faults: Sequence[str]) -> tuple[subprocess.Popen[str], str]:
    """Start a sample Hub; the process and its URL."""
    command = [sys.executable, "-m", "harvester", "sample-hub", "--port", "0", "--models", str(models)]
    command += ["--quota", "boundless", *(word for fault in faults for word in ("--fault", fault))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split()[0]


def harvest(url: str, data: Path) -> subprocess.Popen[bytes]:
    """Start a harvest of everything."""
    command = [sys.executable, "-m", "harvester", "harvest", "--hub", url, "--all", "--data", str(data), "--quiet"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def disturbed(url: str, data: Path, kills: int, seconds: float, rng: random.Random) -> int:
    """Harvest with kills at random moments within about ``seconds``; the exit code of the last start."""
    for number in range(kills):
        process = harvest(url, data)
        try:
            return process.wait(timeout=rng.uniform(0.5, 1.5) * seconds / kills)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            print(f"kill {number + 1}", flush=True)
    return harvest(url, data).wait()


def differences(first: Path, second: Path) -> dict[str, int]:
    """Return for each table how many rows stand in one catalogue only."""
    con = duckdb.connect()
    for name, path in (("a", first), ("b", second)):
        con.execute(f"ATTACH '{path / 'catalogue.duckdb'}' AS {name} (READ_ONLY)")
    found = {}
    for table in TABLES:
        columns = [r[0] for r in con.sql(f"DESCRIBE a.{table}").fetchall() if r[0] not in RUN_COLUMNS]
        listed = ", ".join(f'"{c}"' for c in columns)
        one = f"(SELECT {listed} FROM a.{table} EXCEPT ALL SELECT {listed} FROM b.{table})"
        two = f"(SELECT {listed} FROM b.{table} EXCEPT ALL SELECT {listed} FROM a.{table})"
        found[table] = con.sql(f"SELECT (SELECT count(*) FROM {one}) + (SELECT count(*) FROM {two})").fetchall()[0][0]
    return found


def main() -> int:
    """Run the soak; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--faults", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        calm, rough = Path(folder) / "calm", Path(folder) / "rough"
        server, url = serve(options.models, ())
        try:
            began = time.monotonic()
            code = harvest(url, calm).wait()
            seconds = time.monotonic() - began
        finally:
            server.terminate()
        print(f"undisturbed: exit {code}, {seconds:.0f} s", flush=True)
        server, url = serve(options.models, [f"{fault}={options.faults / len(FAULTS)}" for fault in FAULTS])
        try:
            began = time.monotonic()
            code = disturbed(url, rough, options.kills, seconds, rng)
        finally:
            server.terminate()
        print(f"disturbed: exit {code}, {time.monotonic() - began:.0f} s", flush=True)
        wrong = differences(calm, rough)
        print("rows that differ:", wrong)
        return 1 if code or any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
