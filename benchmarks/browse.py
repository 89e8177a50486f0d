"""How long the pages of `harvester browse` take over a catalogue of any size (see ``scale.py --keep``).

    python benchmarks/browse.py DIR [--word mikose] [--models 20] [--times 5]

Starts the application in a process of its own and requests pages one after the other, as one person would. A first
request of each kind is not counted: it opens the catalogue or fills a cache that all later ones use; the first page of
all is given apart. Milliseconds (median and worst) go to stdout as JSON.
"""

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlencode

import harvester


def request(port: int, path: str) -> float:
    """Request a page; return the seconds until it is there."""
    started = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path}: status {answer.status}")
    return time.perf_counter() - started


def timed(port: int, paths: list[str], times: int) -> dict[str, float]:
    """Request each page ``times`` times after a first one; return the median and the worst in milliseconds."""
    took = []
    for path in paths:
        request(port, path)
        took += [request(port, path) for _ in range(times)]
    return {"median": round(1000 * statistics.median(took), 1), "worst": round(1000 * max(took), 1), "pages": len(took)}


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--word", default="mikose", help="typed letter by letter")
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with closing(harvester.connect(given.data)) as con:
        count = con.execute("SELECT count(*) FROM models").fetchone()
        step = max(1, (count[0] if count else 1) // given.models)
        names = con.execute(
            "SELECT models.repo_id FROM base.search AS search JOIN models ON models.hub_id = search.hub_id "
            "WHERE search.place % $step = 0 ORDER BY search.place LIMIT $models",
            {"step": step, "models": given.models},
        ).fetchall()
    command = [sys.executable, "-m", "harvester", "browse", "--data", str(given.data), "--port", "0"]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r":(\d+) ", process.stdout.readline())
            if found is None:
                raise SystemExit("browse did not start")
            port = int(found[1])
            figures: dict[str, object] = {"models": count[0] if count else 0}
            figures["start, s"] = round(time.perf_counter() - started, 2)
            figures["very first page, ms"] = round(1000 * request(port, "/models"), 1)
            figures["first page"] = timed(port, ["/models"], given.times)
            typed = [given.word[: length + 1] for length in range(len(given.word))]
            for part in ("results", "facets"):
                paths = [f"/models?{urlencode({'q': word, 'part': part})}" for word in typed]
                figures[f"keystroke, {part}"] = timed(port, paths, given.times)
            figures["facet selected"] = timed(
                port, ["/models?license=mit", "/models?task=text-generation"], given.times
            )
            figures["sorted"] = timed(port, ["/models?sort=likes", "/models?sort=created_at"], given.times)
            models = [f"/model/{quote(name)}" for (name,) in names]
            figures["model page"] = timed(port, models, 1)
            figures["conflicts of a model"] = timed(
                port, [f"/conflicts?{urlencode({'model': n})}" for (n,) in names], 1
            )
        finally:
            process.terminate()
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
