"""The catalogue that the examples of docs/ are run on: a few models of the sample Hub, on two of its days."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

import harvester
from harvester.ask.run import query, sql
from harvester.ask.text import table
from harvester.crawl.depths import NAMES

MODELS, DAYS = 60, (0, 1)
#: Rows of an example.
ROWS = 5
#: Times of day come from the clock of this machine.
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ]\d\d:\d\d:\d\d\.\d+Z?")


@contextmanager
def sample() -> Iterator[duckdb.DuckDBPyConnection]:
    """Harvest the most downloaded models at every depth, one request after the other, and open the catalogue."""
    with tempfile.TemporaryDirectory(prefix="harvester-docs-") as folder:
        data = Path(folder) / "sample-hub"
        for day in DAYS:
            harvester.harvest(
                hub="sample", day=day, sort="downloads", limit=MODELS, depths=NAMES, data=data, workers=1, quiet=True
            )
        con = harvester.connect(data)
        try:
            yield con
        finally:
            con.close()


def answer(con: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """Run a statement and return its first rows as the lines of a block."""
    return _block(sql(con, text))


def answer_of(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """Run a shipped query with its defaults and return its first rows as the lines of a block."""
    return _block(query(con, name))


def cell(text: str | None) -> str:
    """Return a text of the code as one cell of a Markdown table."""
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;")


def _block(frame: pl.DataFrame) -> list[str]:
    if not frame.height:
        return ["No rows in this sample.", ""]
    lines = [line.rstrip() for line in _TIME.sub(r"\1", table(frame.head(ROWS), None)).rstrip("\n").split("\n")]
    more = [f"({frame.height} rows)"] if frame.height > ROWS else []
    return ["```text", *lines, *more, "```", ""]
