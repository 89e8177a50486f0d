"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from harvester.errors import UsageError
from harvester.lake.layout import data_directory

FORMATS = ("table", "csv", "json", "parquet", "markdown")


class Checked(click.ParamType[Any]):
    """A value that a function parses, or refuses with UsageError."""

    def __init__(self, name: str, read: Callable[[Any], Any]):
        self.name, self._read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the function returns. Fails as wrong usage where it raises UsageError."""
        try:
            return self._read(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


DIRECTORY = Checked("directory", data_directory)


def data_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--data`."""
    return click.option(
        "--data", type=DIRECTORY, default=None, metavar="DIR",
        help="Harvest directory (default: the most recently written one under data/).",
    )(function)  # fmt: skip


def safe_csv_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--safe-csv`."""
    return click.option(
        "--safe-csv", is_flag=True,
        help="In CSV, put ' before texts that a spreadsheet would treat as a formula.",
    )(function)  # fmt: skip


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--format`, `--output` and `--safe-csv`."""
    function = safe_csv_option(function)
    function = click.option(
        "--format",
        "format_",
        type=click.Choice(FORMATS),
        default=None,
        help="Output format (default: table).",
    )(function)
    return click.option(
        "--output",
        type=click.Path(path_type=Path),
        default=None,
        metavar="FILE",
        help="Write to FILE instead of stdout.",
    )(function)
