"""A DuckDB connection over the live parts of a lake, bounded in memory, spilling into the harvest's own folder."""

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import duckdb

from harvester.errors import DamagedLake, LocalError
from harvester.lake.parts import TABLES, Lake
from harvester.schema.table import Table

#: DuckDB's memory while harvesting, MB: a listing of 200,000 models is compared and planned within it.
DEFAULT_MEMORY_MB = 128
#: Memory per thread: another thread needs this much more, because each keeps a sorted run of wide rows.
MEMORY_PER_THREAD_MB = 250
#: What a phase is given at most.
MEMORY_MOST_MB = 8_000
#: How DuckDB writes parts: row groups are small enough to keep several in memory.
PARQUET_OPTIONS = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000, ROW_GROUP_SIZE_BYTES '8MB')"
#: The same for what every day adds to: level 19 takes 28% less than level 3, and 18 s a million rows (measured).
TIGHT_PARQUET_OPTIONS = PARQUET_OPTIONS.replace("zstd,", "zstd, COMPRESSION_LEVEL 19,")
TIGHT_TABLES = frozenset({"observations"})


#: Parts of DuckDB's message if the disk or the user's quota is full.
_OF_FULL_DISK, _OF_SPILLING = ("No space left", "Disk quota exceeded"), ("temp_directory", "No space")
#: Errors that a file may cause, and parts of DuckDB's message if a file is not valid Parquet.
_OF_FILES = (
    duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException, duckdb.ConversionException,
)  # fmt: skip
_OF_DAMAGE = (
    "No files found",
    "arquet",
    "magic",
    "Decompression",
    "ZSTD",
    "thrift",
    "Invalid PREFIX",
    "TProtocol",
    "TTransport",
)

T = TypeVar("T")


class MemoryNeeded(LocalError):
    """A phase did not fit into the memory DuckDB was given."""


def with_enough_memory(phase: Callable[[int], T], start_mb: int) -> T:
    """Run a phase with ``start_mb`` of memory, and again with half as much more while it does not fit.

    The phase must be repeatable. At most ``MEMORY_MOST_MB`` are given, then MemoryNeeded is raised.
    """
    memory_mb = start_mb
    while True:
        try:
            return phase(memory_mb)
        except MemoryNeeded:
            if memory_mb >= MEMORY_MOST_MB:
                raise
            memory_mb = min(memory_mb + memory_mb // 2, MEMORY_MOST_MB)


def parquet_options(table: str) -> str:
    """Return how parts of a lake table are written."""
    return TIGHT_PARQUET_OPTIONS if table in TIGHT_TABLES else PARQUET_OPTIONS


def quoted(text: str) -> str:
    """Return a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: str | Path) -> str:
    """Return a SQL string literal for a function that takes patterns of files: it names this one file."""
    return quoted("".join(f"[{c}]" if c in "*?[" else c for c in str(path)))


def identifier(name: str) -> str:
    """Return a SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def empty_select(table: Table) -> str:
    """Return a SELECT of no rows with the table's columns and types."""
    columns = ", ".join(f"NULL::{column.type} AS {identifier(column.name)}" for column in table.columns)
    return f"SELECT {columns} WHERE false"


def parts_select(table: Table, files: list[str], *, whole: bool = False) -> str:
    """Return a SELECT over parts; columns that older parts do not have are NULL.

    If all are ``whole`` (they have the columns of this version), their columns need not be merged: a statement is
    planned in half the time.
    """
    if not files:
        return empty_select(table)
    listed = ", ".join(file_literal(file) for file in files)
    names = ", ".join(identifier(name) for name in table.names)
    if whole:
        return f"SELECT {names} FROM read_parquet([{listed}], hive_partitioning = false)"
    return (
        f"SELECT {names} FROM ({empty_select(table)} UNION ALL BY NAME SELECT * "
        f"FROM read_parquet([{listed}], union_by_name = true, hive_partitioning = false))"
    )


@contextmanager
def connection(
    lake: Lake, *, database: str | Path = ":memory:", memory_mb: int = DEFAULT_MEMORY_MB, threads: int | None = None,
    views: Collection[str] = tuple(TABLES),
) -> Iterator[duckdb.DuckDBPyConnection]:  # fmt: skip
    """Open DuckDB with a view ``lake_<table>`` of each table of ``views``; a view costs about a millisecond.

    Raises LocalError (disk full, more memory needed) and DamagedLake (a part that cannot be read).
    """
    if threads is None:
        threads = (
            1 if memory_mb < MEMORY_PER_THREAD_MB * 2 else min(os.cpu_count() or 1, memory_mb // MEMORY_PER_THREAD_MB)
        )
    scratch = lake.layout.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        con = duckdb.connect(str(database))
    except duckdb.IOException as error:
        raise LocalError(f"cannot open {database}: {str(error).splitlines()[0]}") from None
    try:
        con.execute(f"SET memory_limit = '{memory_mb}MB'")
        con.execute(f"SET threads = {threads}")
        con.execute(f"SET temp_directory = {quoted(str(scratch))}")
        con.execute("SET preserve_insertion_order = false")
        define_views(con, lake, views)
        yield con
    except RuntimeError as error:
        # DuckDB raises this if a Python signal handler raised during a query.
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
    except duckdb.Error as error:
        raise _explained(lake, error, memory_mb) from None
    finally:
        con.close()


def _explained(lake: Lake, error: duckdb.Error, memory_mb: int) -> Exception:
    """Return our error for DuckDB's; a fault of ours stays what it is."""
    message = str(error).splitlines()[0]
    # A full disk shows as an error of reading and writing, of memory (it spills), or as a fatal one while it commits.
    if any(words in str(error) for words in _OF_FULL_DISK) or any(words in message for words in _OF_SPILLING):
        return LocalError(f"no space left below {lake.layout.root}; free some space and run the same command again")
    if isinstance(error, duckdb.OutOfMemoryException):
        return MemoryNeeded(f"DuckDB needs more than {memory_mb} MB: give --memory ({message})")
    # A footer of other bytes is an error of no class of its own.
    if not isinstance(error, _OF_FILES) and type(error) is not duckdb.Error:
        return error
    if any(word in message for word in _OF_DAMAGE):
        return DamagedLake(
            f"a part of the lake is missing or damaged: {message}; "
            f"`harvester status --verify --data {lake.layout.root}` shows which"
        )
    return LocalError(message) if isinstance(error, duckdb.IOException) else error


def define_views(con: duckdb.DuckDBPyConnection, lake: Lake, names: Collection[str] = tuple(TABLES)) -> None:
    """(Re)define the views ``lake_<table>`` over the parts that are live now."""
    for name in names:
        select = parts_select(TABLES[name], lake.files(name), whole=lake.has_all_columns(name))
        con.execute(f"CREATE OR REPLACE TEMP VIEW lake_{name} AS {select}")
