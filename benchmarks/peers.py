"""harvester beside what people use today, on the same sample Hub with the same quotas.

    python benchmarks/peers.py [--models 2000] [--quota free] [--window 10] [--jobs ours,usual,snapshot,dlt] [--write]

Each job (benchmarks/peer_jobs.py) reads all files of every model with hashes, and its config documents: without faults,
with 1% and 5% of the answers replaced by errors or cut, after a kill half way, and again a day later. A job that
lost something is run again, at most five times, until it finds no more; the answer is compared with the files
of the simulated models themselves. --write puts the table into benchmarks/RESULTS.md.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
from measure import machine, write_section
from peer_jobs import JOBS, Found, blob_id

from harvester.extract.kinds import default_paths
from samplehub import FAULTS, Fault, SampleHub, SimulatedWorld, quota_of
from samplehub.world import Order, World

#: What a fault rate is divided among.
KINDS = ("server-error", "edge-error", "drop", "truncate")
MOST_RUNS = 5
NAMES = {
    "ours": "harvester",
    "usual": "list_models, model_info and hf_hub_download in 8 threads",
    "snapshot": 'snapshot_download(allow_patterns="*.json") in 8 threads',
    "dlt": "a dlt pipeline into DuckDB",
}


@dataclass(slots=True)
class Outcome:
    """What a job cost until it found no more."""

    seconds_first: float = 0.0
    seconds: float = 0.0
    runs: int = 0
    lost_first: int = 0
    lost: int = 0
    api: int = 0
    resolvers: int = 0
    refused: int = 0


def truth(world: World, *, files: bool) -> set[tuple[str, str, str]]:
    """Return (model, path, hash) of every file and every document that can be read without access to gated models."""
    expected = set()
    for repo in world.walk(Order("createdAt", False), None):
        facts, tree = repo.facts, repo.head.tree.files
        if facts.disabled or facts.private:
            continue
        if files:
            expected |= {(facts.repo_id, f"files/{path}", file.oid) for path, file in tree.items()}
        if not facts.gated:
            expected |= {(facts.repo_id, path, blob_id(tree[path].read())) for path in default_paths(tree)}
    return expected


def answer(found: Found) -> set[tuple[str, str, str]]:
    """Return what a job found, in the form of ``truth``."""
    rows = set()
    for repo_id, entry in found.items():
        rows |= {(repo_id, f"files/{path}", oid) for path, oid in entry["files"].items()}
        rows |= {(repo_id, path, oid) for path, oid in entry["documents"].items()}
    return rows


def ours(data: Path) -> Found:
    """Return what the catalogue holds, in the form of the other jobs."""
    found: Found = {}
    with closing(duckdb.connect(str(data / "catalogue.duckdb"), read_only=True)) as con:
        live = (
            "ANTI JOIN (SELECT hub_id FROM tombstones WHERE returned_at IS NULL AND renamed_to IS NULL) USING (hub_id)"
        )
        for repo_id, path, oid in con.execute(f"SELECT repo_id, path, oid FROM files {live}").fetchall():
            found.setdefault(repo_id, {"files": {}, "documents": {}})["files"][path] = oid
        read = "SELECT hub_id, path FROM fetches WHERE item = 'document' AND outcome = 'ok'"
        for repo_id, path, body in con.execute(
            f"SELECT repo_id, path, bytes FROM configs SEMI JOIN ({read}) USING (hub_id, path) "
            f"JOIN documents USING (oid) {live}"
        ).fetchall():
            if default_paths([path]):
                found[repo_id]["documents"][path] = blob_id(body or b"")
    return found


def start(job: str, url: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start one run of a job."""
    environment = {**os.environ, "HF_ENDPOINT": url, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1",
                   "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HOME": str(folder / "home")}  # fmt: skip
    environment.pop("HF_TOKEN", None)
    command = [sys.executable, str(Path(__file__).with_name("peer_jobs.py")), job, str(folder)]
    if job == "ours":
        command = [
            sys.executable,
            "-m",
            "harvester",
            "harvest",
            "--hub",
            url,
            "--all",
            "--quiet",
            "--data",
            str(folder),
        ]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log.txt").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def result(job: str, folder: Path) -> set[tuple[str, str, str]]:
    """Return what a run left, nothing if it left none."""
    left = folder / ("catalogue.duckdb" if job == "ours" else "found.json")
    if not left.exists():
        return set()
    return answer(ours(folder) if job == "ours" else json.loads(left.read_bytes()))


def measure(job: str, hub: SampleHub, folder: Path, *, kill_after: float | None = None) -> Outcome:
    """Run a job until it finds no more."""
    expected = truth(hub.world, files=job != "snapshot")
    before, outcome, began = len(hub.log), Outcome(), time.monotonic()
    missing = expected
    if kill_after is not None:
        process = start(job, hub.url, folder)
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
        process.wait()
    while outcome.runs < MOST_RUNS:
        outcome.runs += 1
        start(job, hub.url, folder).wait()
        # What an earlier run found counts, as if its user had kept it.
        still = missing - result(job, folder)
        done, missing = not still or still == missing, still
        outcome.lost = len(missing)
        outcome.seconds = time.monotonic() - began
        if outcome.runs == 1:
            outcome.seconds_first, outcome.lost_first = outcome.seconds, outcome.lost
        if done:
            break
    served = hub.log[before:]
    buckets = Counter(entry.bucket for entry in served if entry.status != 429)
    outcome.api, outcome.resolvers = buckets["api"], buckets["resolvers"]
    outcome.refused = sum(entry.status == 429 for entry in served)
    return outcome


def faults(rate: float) -> list[Fault]:
    """Return faults that strike this share of the answers together."""
    return [FAULTS[name](rate=rate / len(KINDS)) for name in KINDS] if rate else []


def scenarios(job: str, given: argparse.Namespace, folder: Path) -> dict[str, Outcome]:
    """Measure a job in every scenario, each on a Hub of its own."""

    def hub(rate: float) -> SampleHub:
        world = SimulatedWorld(given.models)
        return SampleHub(world, quota=quota_of(given.quota), window=given.window, faults=faults(rate), log_limit=None)

    found: dict[str, Outcome] = {}

    def note(name: str, outcome: Outcome) -> None:
        found[name] = outcome
        print(f"{job}, {name}: {outcome}", file=sys.stderr, flush=True)

    with hub(0.0) as calm:
        note("no faults", measure(job, calm, folder / "calm"))
        calm.move_to(1)
        note("again a day later", measure(job, calm, folder / "calm"))
    for rate in (0.01, 0.05):
        with hub(rate) as rough:
            note(f"{rate:.0%} faults", measure(job, rough, folder / f"rough-{rate}"))
    with hub(0.0) as calm:
        half = found["no faults"].seconds_first / 2
        note("killed half way", measure(job, calm, folder / "killed", kill_after=half))
    return found


def beyond(models: int) -> int:
    """Return how many files of simulated models a manifest does not list, because it ends at 1,000."""
    repos = SimulatedWorld(models).walk(Order("createdAt", False), None)
    return sum(max(len(repo.head.tree.files) - 1_000, 0) for repo in repos)


def report(measured: dict[str, dict[str, Outcome]], given: argparse.Namespace) -> str:
    """Return the table in Markdown."""
    quota = quota_of(given.quota)
    lines = [
        f"{machine('dlt')}.",
        "",
        f"{given.models:,} simulated models, quotas of the plan {given.quota} ({quota.api:,} api and",
        f"{quota.resolvers:,} resolvers requests) in windows of {given.window:g} s instead of 300. Every job does the",
        'same: the hashes of all files, and the config documents ("lost": files and documents missing or wrong). Those',
        f"that lost something ran again until they found no more, at most {MOST_RUNS} times, and kept what they had.",
        "snapshot_download shows no other files, so only its documents count. model_info lists the first 1,000 files",
        f"of a model: {beyond(given.models):,} files of large ones are never found that way.",
        "",
        "How fair this is: waits for a quota grow with the window, so multiply times by 30 for windows of 300 s. The",
        "client of huggingface_hub waits one second more than announced and backs off 1 to 8 s after an error: that",
        "costs it more in short windows. A loopback Hub answers at once: slow answers would hurt all jobs alike.",
        "",
        "| job | scenario | first run | lost | runs | until complete | still lost | api | resolvers | 429 |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]  # fmt: skip
    for job, found in measured.items():
        for name, row in found.items():
            complete = f"{row.seconds:.0f} s" if not row.lost else "-"
            lines.append(
                f"| {NAMES[job]} | {name} | {row.seconds_first:.0f} s | {row.lost_first:,} | {row.runs} | {complete} "
                f"| {row.lost:,} | {row.api:,} | {row.resolvers:,} | {row.refused:,} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=2_000)
    parser.add_argument("--quota", default="free")
    parser.add_argument("--window", type=float, default=10.0)
    parser.add_argument("--jobs", default=",".join(("ours", *JOBS)))
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = {job: scenarios(job, given, Path(folder) / job) for job in given.jobs.split(",")}
    text = report(measured, given)
    print(text)
    if given.write:
        write_section("Beside what people use today", text)


if __name__ == "__main__":
    main()
