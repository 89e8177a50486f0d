"""A long harvest under everything at once, compared row by row with an undisturbed one.

`python benchmarks/soak.py [--models 20000] [--kills 10] [--faults 0.05] [--hostile 0.01]`: simulated models, a share
of them with hostile documents, are harvested twice. Once undisturbed; once with 5% of the answers faulty, SIGKILL at
random moments, the journal of the open run turned into one of another version, and a published part cut in half.
Prints what each cost and how many rows differ; exits with 1 where any do.
"""

import argparse
import json
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import msgspec

from harvester.crawl.journal import Payload
from harvester.crawl.journal_layout import Layout

#: Tables whose rows must be equal, and columns that tell of the run rather than of the world.
TABLES = (
    "models", "files", "configs", "config_fields", "documents", "labels", "tags", "cards", "licenses", "languages",
    "datasets", "evaluations", "lineage", "conflicts", "reuse", "tombstones",
)  # fmt: skip
RUN_COLUMNS = {"first_seen", "last_seen", "observed_at", "run_id", "noticed_at"}
FAULTS = ("server-error", "edge-error", "drop", "truncate", "html", "other-limiter-429", "wrong-bytes")
DEPTHS = "files,configs,cards"
#: Runs that may be needed at the end: what failed six times, or lay in a torn part, is requested again by the next.
LAST_RUNS = 5


@contextmanager
def serving(models: int, hostile: float, faults: Sequence[str]) -> Iterator[str]:
    """Serve a sample Hub in a process of its own; its URL."""
    command = [sys.executable, "-m", "harvester", "sample-hub", "--port", "0", "--models", str(models)]
    command += ["--quota", "boundless", "--hostile", str(hostile)]
    command += [word for fault in faults for word in ("--fault", fault)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait()


def harvest(url: str, data: Path) -> subprocess.Popen[bytes]:
    """Start a harvest of everything."""
    command = [sys.executable, "-m", "harvester", "harvest", "--hub", url, "--all", "--with", DEPTHS]
    return subprocess.Popen([*command, "--data", str(data), "--quiet"], stdout=subprocess.DEVNULL)


def journal_number(data: Path, query: str) -> int:
    """Ask a harvest's journal for a number; 0 where it has none."""
    path = data / "journal.sqlite"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return int((db.execute(query).fetchone() or (0,))[0])
    except sqlite3.Error:
        return 0


def answered(data: Path) -> int:
    """How many answers a harvest's journal has held so far."""
    return journal_number(data, "SELECT seq FROM sqlite_sequence WHERE name = 'answers'")


@dataclass(slots=True)
class Rough:
    """The disturbed harvest: what is done to it, and what was done."""

    url: str
    data: Path
    rng: random.Random
    kills: int = 0
    done: list[str] = field(default_factory=list)

    def run(self, kills: int, answers: int) -> int:
        """Harvest with that many kills while about so many ``answers`` arrive, then to the end; the last exit code."""
        waiting = [self.upgrade, self.tear]
        for at in sorted(self.rng.uniform(0.02, 0.9) * answers for _ in range(kills)):
            process = harvest(self.url, self.data)
            while process.poll() is None and answered(self.data) < at:
                time.sleep(0.02)
            if process.poll() is not None:
                print(f"it ended by itself with exit code {process.returncode}, before all the kills", flush=True)
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.kills += 1
            print(f"kill {self.kills}: {self.state()}", flush=True)
            # One disturbance per kill, as soon as there is something to disturb.
            if self.kills >= kills // 4 and waiting and waiting[0]():
                waiting.pop(0)
        codes: list[int] = []
        while len(codes) < LAST_RUNS and codes[-2:] != [0, 0]:
            codes.append(harvest(self.url, self.data).wait())
            print(f"run to the end: exit code {codes[-1]}", flush=True)
        self.done += [f"{action.__name__} was not possible" for action in waiting]
        return codes[-1]

    def state(self) -> str:
        """What there is, in a few words."""
        waiting = journal_number(self.data, "SELECT count(*) FROM answers")
        return f"{len(self._parts()):,} parts; of {answered(self.data):,} answers {waiting:,} in the journal"

    def _parts(self) -> list[dict[str, str]]:
        try:
            found: list[dict[str, str]] = json.loads((self.data / "lake" / "parts.json").read_bytes())["parts"]
        except (OSError, ValueError, KeyError):
            return []
        return found

    def upgrade(self) -> bool:
        """Make the journal's open run that of another version: other columns, in another order."""
        if not journal_number(self.data, "SELECT count(*) FROM answers"):
            return False
        with closing(sqlite3.connect(self.data / "journal.sqlite", isolation_level=None)) as db:
            layout = {name: ("given_up", *reversed(columns)) for name, columns in Layout.current().columns.items()}
            decode, encode = msgspec.msgpack.Decoder(Payload).decode, msgspec.msgpack.encode
            db.execute("BEGIN")
            changed = 0
            for key, data in db.execute("SELECT id, payload FROM answers").fetchall():
                payload = decode(data)
                rows = {table: [(7, *reversed(row)) for row in tuples] for table, tuples in payload.rows.items()}
                db.execute("UPDATE answers SET payload = ? WHERE id = ?", (encode(Payload(rows, payload.extract)), key))
                changed += 1
            db.execute("INSERT OR REPLACE INTO meta VALUES ('layout', ?)", (encode(Layout(layout, "0.0.1")),))
            db.execute("COMMIT")
        self.done.append(f"an upgrade with {changed:,} answers of another version in the journal")
        return True

    def tear(self) -> bool:
        """Cut a part of the open run in half."""
        parts = self._parts()
        if not parts:
            return False
        of_models = [part for part in parts if part["table"] in ("manifests", "files")]
        part = self.data / "lake" / self.rng.choice(of_models or parts)["path"]
        with part.open("r+b") as file:
            file.truncate(part.stat().st_size // 2)
        self.done.append(f"a torn part of {part.parts[-3]}")
        return True


def differences(first: Path, second: Path) -> dict[str, int]:
    """Return for each table how many rows are in one catalogue only."""
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


def figures(data: Path) -> str:
    """What a catalogue holds, in a line."""
    with closing(duckdb.connect(str(data / "catalogue.duckdb"), read_only=True)) as con:
        counts = {table: con.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in TABLES[:4]}
        wrong = con.sql("SELECT status, count(*) FROM configs GROUP BY status ORDER BY 2 DESC").fetchall()
    return ", ".join(f"{count:,} {table}" for table, count in counts.items()) + f"; configs {dict(wrong)}"


def timed(action: Callable[[], int]) -> tuple[int, float]:
    """The exit code of an action, and the seconds it took."""
    began = time.monotonic()
    return action(), time.monotonic() - began


def main() -> int:
    """Run the soak; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--faults", type=float, default=0.05)
    parser.add_argument("--hostile", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="work in this directory and leave it there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        calm, rough = folder / "calm", folder / "rough"
        with serving(options.models, options.hostile, ()) as url:
            code, seconds = timed(lambda: harvest(url, calm).wait())
        print(f"undisturbed: exit code {code}, {seconds:.0f} s; {figures(calm)}", flush=True)
        faults = [f"{fault}={options.faults / len(FAULTS)}" for fault in FAULTS]
        with serving(options.models, options.hostile, faults) as url:
            disturbed = Rough(url, rough, random.Random(options.seed))
            last, longer = timed(lambda: disturbed.run(options.kills, answered(calm)))
        done = ", ".join(disturbed.done)
        print(f"disturbed: exit code {last}, {longer:.0f} s, {disturbed.kills} kills, {done}; {figures(rough)}")
        wrong = differences(calm, rough)
        print("rows that differ:", {table: count for table, count in wrong.items() if count} or "none", flush=True)
        unfinished = disturbed.kills < options.kills or any("not possible" in line for line in disturbed.done)
        return 1 if code or last or unfinished or any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
