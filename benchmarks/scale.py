"""The build and every shipped query on a lake of any size.

    python benchmarks/scale.py [--models 2970000] [--seed-models 3000] [--memory 2000 --memory 6000] [--keep DIR]

Harvests a few thousand simulated models once, then writes their rows again under other names, ids and hashes until the
lake has as many models as requested. Documents are copied two times for five copies of a model, so that many are
shared as on the Hub. Then builds the catalogue with each memory limit (MB) and runs every shipped query, each in a
process of its own. Figures go to stdout as JSON; each step to stderr.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
from measure import ENDPOINT, Figures, command, harvest_day

from harvester.ask.registry import queries
from harvester.lake.duck import connection, identifier, parquet_options, quoted
from harvester.lake.layout import Layout
from harvester.lake.parts import TABLES, Lake, Part
from harvester.options import depths_of
from harvester.schema.table import Table
from samplehub import QUOTAS, SimulatedWorld
from samplehub.hub import Hub

#: Copies of a document for each copy of a model, so that 2.97M models have about 17M distinct leaves.
DOCUMENT_COPIES = 0.4
#: Rows of a copied part, about.
PART_ROWS = 2_000_000
#: Copied once: they are about runs, not about models.
OF_RUNS = frozenset({"runs", "selections", "listing"})
#: Columns that name a model, and how a copy names it.
NAMES = {"repo_id", "requested_id", "renamed_to"}
#: Columns with the id of a document, copied as often as documents are.
DOCUMENT_IDS = {"oid", "content", "card_data_oid"}


def copied(table: Table, column: str) -> str:
    """Return the SQL of one column of a copy; ``n`` is the number of the copy, ``d`` that of its documents."""
    name = identifier(column)
    if column == "hub_id":
        return f"CASE WHEN {name} IS NOT NULL THEN left(md5({name} || n), 24) END AS {name}"
    if column == "base_model_ids":
        return f"list_transform({name}, lambda x: left(md5(x || n), 24)) AS {name}"
    if column == "base_models":
        return f"list_transform({name}, lambda x: x || '-' || n) AS {name}"
    if column == "tags":
        return (
            f"list_transform({name}, lambda x: CASE WHEN starts_with(x, 'base_model:') THEN x || '-' || n ELSE x END)"
            f" AS {name}"
        )
    if column in NAMES:
        return f"{name} || '-' || n AS {name}"
    if column in ("sha", "chain", "commit"):
        return f"left(md5({name} || n) || md5(n || {name}), 40) AS {name}"
    if column in DOCUMENT_IDS:
        # A weight file is the model's own, a document is shared.
        own = "n" if table.name == "weights" else "d"
        if table.name in ("files", "file_versions"):
            own = "CASE WHEN role IN ('config', 'tokenizer', 'card') THEN d ELSE n END"
        renamed = f"unhex(left(md5(hex({name}) || {own}) || hex({name}), 40))"
        return f"CASE WHEN {name} IS NOT NULL THEN {renamed} END AS {name}"
    if column in ("sha256", "xet_hash"):
        return f"CASE WHEN {name} IS NOT NULL THEN unhex(md5(hex({name}) || n) || md5(n || hex({name}))) END AS {name}"
    return name


def grow(lake: Lake, copies: int) -> None:
    """Publish copies of every row about models and documents, table by table."""
    documents = max(1, round(copies * DOCUMENT_COPIES))
    new: list[Part] = []
    with connection(lake, memory_mb=4_000) as con:
        for table in TABLES.values():
            rows = sum(part.rows for part in lake.parts(table.name))
            if table.name in OF_RUNS or not rows:
                continue
            of_models = "hub_id" in table.names
            for number, (first, last) in enumerate(ranges(copies if of_models else documents, rows)):
                started = time.monotonic()
                columns = ", ".join(copied(table, column) for column in table.names)
                counted = f"SELECT n::VARCHAR AS n, (n % {documents} + 1)::VARCHAR AS d" if of_models else (
                    "SELECT n::VARCHAR AS n, n::VARCHAR AS d"
                )  # fmt: skip
                run_id = lake.run_ids[0]
                path = lake.part_path(run_id, f"copied-{number:04}", table.name)
                con.execute(
                    f"COPY (SELECT {columns} FROM lake_{table.name}, ({counted} FROM range({first}, {last}) AS r(n))) "
                    f"TO {quoted(str(path))} {parquet_options(table.name)}"
                )
                new.append(lake.describe(path, run_id, table.name, rows * (last - first)))
                report(f"{path.name} of {table.name}: {new[-1].rows:,} rows, {time.monotonic() - started:.1f} s")
    lake.publish(new)


def ranges(copies: int, rows: int) -> Iterator[tuple[int, int]]:
    """Return ranges of copies, numbered from 1, of about ``PART_ROWS`` rows each."""
    step = max(1, PART_ROWS // rows)
    for first in range(1, copies + 1, step):
        yield first, min(first + step, copies + 1)


def report(line: str) -> None:
    """Write a line to stderr."""
    print(line, file=sys.stderr, flush=True)


def measure(data: Path, models: int, seed: int, depths: tuple[str, ...], memories: list[int]) -> Figures:
    """Make the lake if it is not there, build it with each memory limit, run every query; return the figures."""
    layout = Layout(data)
    if not layout.parts_list.exists():
        hub = Hub(SimulatedWorld(seed), quota=QUOTAS["boundless"], window=300.0, log_limit=0)
        hub.origin = ENDPOINT
        harvest_day(hub, 0, depths, data)
        grow(Lake(layout), max(0, models // seed - 1))
        shutil.rmtree(layout.scratch, ignore_errors=True)
    lake = Lake(layout)
    figures: Figures = {
        "lake bytes": sum(part.bytes for part in lake.all_parts()),
        "lake rows": {table: sum(part.rows for part in lake.parts(table)) for table in TABLES},
        "duckdb": duckdb.__version__,
    }
    for memory in memories:
        figures[f"build, {memory} MB"] = command("build", "--data", str(data), "--memory", str(memory))
        report(f"build with {memory} MB: {figures[f'build, {memory} MB']}")
    figures["catalogue bytes"] = layout.catalogue.stat().st_size
    figures["queries"] = {}
    for name in sorted(query.name for query in queries()):
        words = ["query", name, "--data", str(data), "--format", "csv", "--output", str(layout.scratch / "answer.csv")]
        layout.scratch.mkdir(exist_ok=True)
        try:
            took = command(*words)["seconds"]
        except Exception as error:
            took = str(error)[:200]
        figures["queries"][name] = took
        report(f"{name}: {took}")
    return figures


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=2_970_000)
    parser.add_argument("--seed-models", type=int, default=3_000)
    parser.add_argument("--depths", default="files,configs")
    parser.add_argument("--memory", type=int, action="append", metavar="MB")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the harvest in DIR/data, and use it again")
    given = parser.parse_args()
    memories = given.memory or [2_000, 6_000]
    with tempfile.TemporaryDirectory() as folder:
        root = given.keep or Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        figures = measure(root / "data", given.models, given.seed_models, depths_of(given.depths), memories)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
