"""Writes results to stdout or to a file, which is replaced completely or not at all. Only this module prints."""

import errno
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import chain
from pathlib import Path

import polars as pl

from harvester.ask.encode import csv_chunks, exact, flat, json_chunks, json_lines, json_object, json_value
from harvester.ask.formats import choose_format
from harvester.ask.page import Page
from harvester.ask.text import table
from harvester.errors import LocalError, UsageError
from harvester.terminal import printable, printable_lines, say

#: Formats that have a place below the rows.
_WITH_NOTE = frozenset({"table", "markdown"})
_MARKDOWN = re.compile(r"([\\|`*\[\]<>&])")


def write(
    frame: pl.DataFrame, format: str | None = None, output: Path | None = None, *, safe_csv: bool = False,
    note: str | None = None,
) -> None:  # fmt: skip
    """Write a frame to stdout, or to a file that is replaced completely or not at all.

    table is for people (thousands separators, at most 1,000 rows); the others are exact and have every row. json is one
    array of objects, jsonl one object per line; NaN is null there, as JSON has none. csv tells NULL
    (empty) from an empty string (``""``).
    Without a format see ``choose_format``; ``safe_csv`` is for files that are opened in a spreadsheet. ``note`` is a
    line about the rows: below a table, in the metadata of a Parquet file, on stderr for the other formats.

    Raises UsageError (unknown format, unwritable path, parquet on a terminal) and LocalError (disk full).
    """
    format = choose_format(format, output)
    if format == "parquet":
        if output is None and sys.stdout.isatty():
            raise UsageError("parquet is binary: write it to a file (--output FILE) or a pipe")
        _deliver(_parquet(frame, note), output)
    else:
        texts = _texts(frame, format, output, safe_csv)
        if note is not None and format in _WITH_NOTE:
            texts = chain(texts, [f"\n{markdown_cell(note) if format == 'markdown' else note}\n"])
        _deliver((text.encode() for text in texts), output)
    if note is not None and format not in _WITH_NOTE:
        say(note, err=True)


def write_page(page: Page, format: str | None = None, output: Path | None = None, *, safe_csv: bool = False) -> None:
    """Write a page: its text as table, else the tables behind it; raises as ``write`` does.

    json is one object with an array of rows for each table, jsonl one row per line with the name of its table, markdown
    a heading and a table for each. csv and parquet have one row per value: table, row, column, value. A page with one
    table behind it is written as that table.
    """
    format = choose_format(format, output)
    if format != "table" and len(page.tables) == 1:
        (only,) = page.tables.values()
        write(only, format, output, safe_csv=safe_csv)
        return
    match format:
        case "table":
            write_text(page.text(terminal_width() if output is None else None), output)
        case "json":
            _deliver([json_object(page.tables).encode()], output)
        case "jsonl":
            lines = (json_lines(frame, table=name) for name, frame in page.tables.items())
            _deliver((line.encode() for table in lines for line in table), output)
        case "markdown":
            _deliver((text.encode() for text in _markdown_page(page)), output)
        case other:
            write(_long(page.tables), other, output, safe_csv=safe_csv)


def _markdown_page(page: Page) -> Iterator[str]:
    for name, frame in page.tables.items():
        if frame.height:
            yield f"## {name}\n\n"
            yield from _markdown_chunks(frame)
            yield "\n"


def _long(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Several tables as one: one row per value, as text."""
    values = [
        (name, number, column, None if value is None else value if isinstance(value, str) else json_value(value))
        for name, frame in tables.items()
        for number, row in enumerate(exact(frame).iter_rows(named=True), 1)
        for column, value in row.items()
    ]
    schema = {"table": pl.String, "row": pl.Int64, "column": pl.String, "value": pl.String}
    return pl.DataFrame(values, schema=schema, orient="row")


def write_text(text: str, output: Path | None = None) -> None:
    """Write a text to stdout or to a file; raises as ``write`` does."""
    _deliver([(text if output is not None else printable_lines(text)).encode()], output)


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is, else None: what is piped is not wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _texts(frame: pl.DataFrame, format: str, output: Path | None, safe_csv: bool) -> Iterator[str]:
    match format:
        case "csv":
            on_terminal = output is None and sys.stdout.isatty()
            chunks = csv_chunks(frame, safe=safe_csv)
            return map(_lines_printable, chunks) if on_terminal else chunks
        case "json":
            return json_chunks(frame)
        case "jsonl":
            return json_lines(frame)
        case "markdown":
            return _markdown_chunks(frame)
    return iter([table(frame, terminal_width() if output is None else None)])


def _lines_printable(text: str) -> str:
    return "".join(printable(line) + "\n" for line in text.split("\n")[:-1])


def _markdown_chunks(frame: pl.DataFrame) -> Iterator[str]:
    yield "| " + " | ".join(markdown_cell(name) for name in frame.columns) + " |\n"
    yield "| " + " | ".join("---:" if kind.is_numeric() else "---" for kind in frame.dtypes) + " |\n"
    for part in flat(frame).iter_slices():
        for row in part.iter_rows():
            yield "| " + " | ".join(markdown_cell(value) for value in row) + " |\n"


def markdown_cell(value: object) -> str:
    """Return a value as text of a Markdown table, which no harvested text can break."""
    match value:
        case None:
            return "NULL"
        case str():
            return _MARKDOWN.sub(r"\\\1", printable(value))
        case float():
            return repr(value)
    return json_value(value)


def _parquet(frame: pl.DataFrame, note: str | None) -> Iterable[bytes]:
    buffer = BytesIO()
    frame.write_parquet(buffer, metadata=None if note is None else {"note": note})
    return [buffer.getvalue()]


def _deliver(chunks: Iterable[bytes], output: Path | None) -> None:
    if output is None:
        _to_stdout(chunks)
    else:
        _to_file(chunks, output)


def _to_stdout(chunks: Iterable[bytes]) -> None:
    encoding = (sys.stdout.encoding or "utf-8").lower().replace("_", "-")
    sys.stdout.flush()
    foreign = sys.stdout.isatty() and encoding not in ("utf-8", "utf8")
    try:
        for chunk in chunks:
            if foreign:
                chunk = chunk.decode().encode(encoding, "backslashreplace")
            sys.stdout.buffer.write(chunk)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has enough (`| head`). Python would report an error again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise LocalError(f"cannot write to stdout: {error.strerror or error}") from None


def _to_file(chunks: Iterable[bytes], output: Path) -> None:
    try:
        if output.exists() and not stat.S_ISREG(output.stat().st_mode):
            if output.is_dir():
                raise UsageError(f"cannot write {output}: it is a directory; name a file in it")
            # A device or a pipe is written to, never replaced.
            with output.open("wb") as file:
                file.writelines(chunks)
            return
        _replace(chunks, output.resolve())
    except BrokenPipeError:
        return
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise LocalError(f"no space left to write {output}; the existing file is unchanged") from None
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from None


def _replace(chunks: Iterable[bytes], target: Path) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
