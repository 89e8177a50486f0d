"""The output formats, by name and by file suffix. Imports nothing heavy: `--help` lists them."""

from pathlib import Path

from harvester.errors import UsageError

#: The purpose of each, as shown by `--help`. To add a format, add a row and a case in ``output``.
FORMATS = {
    "table": "for people", "csv": "a header and rows", "json": "one array", "jsonl": "one object per line",
    "parquet": "binary, with types", "markdown": "a table for documents",
}  # fmt: skip
_BY_SUFFIX = {
    ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".md": "markdown",
    ".txt": "table",
}  # fmt: skip


def choose_format(given: str | None, output: Path | None) -> str:
    """Return the given format, else that of the file's suffix, else table; UsageError for an unknown one."""
    if given is None:
        return _BY_SUFFIX.get(output.suffix.lower(), "table") if output is not None else "table"
    if given not in FORMATS:
        raise UsageError(f"unknown format {given!r} (formats: {', '.join(FORMATS)})")
    return given
