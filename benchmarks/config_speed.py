"""How fast configs are read: parse, leaves, typed columns and labels, beside plain ``json.loads`` of the same bytes.

    python benchmarks/config_speed.py [DIRECTORY of configs]

Takes the strict ``config.json`` files of 1-2 kB it finds, reads them all in turn with both, several rounds, and prints
the best round of each: microseconds a config, configs a second, and how many times the time of ``json.loads``.
The bar: 10,000 configs a second on one core, and at most 6 times.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from harvester.extract.document import extract_document

ROUNDS = 40
DEFAULT = Path(__file__).parents[1] / "../shared/real/configs"


def genuine_configs(directory: Path) -> list[bytes]:
    """The files named config.json of 1,000 to 2,048 bytes that plain ``json.loads`` reads."""
    found = []
    for path in sorted(directory.rglob("config.json")):
        data = path.read_bytes()
        if 1000 <= len(data) <= 2048:
            try:
                json.loads(data)
            except ValueError:
                continue
            found.append(data)
    return found


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    documents = genuine_configs(directory)
    if not documents:
        sys.exit(f"no config.json of 1-2 kB under {directory}")
    readers: dict[str, Callable[[bytes], object]] = {
        "json.loads": json.loads,
        "extract_document": lambda data: extract_document("config.json", data),
    }
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(ROUNDS):
        for name, read in readers.items():
            start = time.perf_counter()
            for data in documents:
                read(data)
            best[name] = min(best[name], (time.perf_counter() - start) / len(documents))
    print(f"{len(documents)} configs, {sum(map(len, documents)) / len(documents):.0f} bytes on average")
    for name, seconds in best.items():
        print(f"{name:<18} {seconds * 1e6:7.1f} us a config  {1 / seconds:9,.0f} configs a second")
    print(f"extract_document takes {best['extract_document'] / best['json.loads']:.2f} times json.loads")


if __name__ == "__main__":
    main()
