"""What commands share: help with grouped options and examples, common options, and questions to the user."""

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import click

from harvester.ask.formats import FORMATS
from harvester.errors import UsageError
from harvester.lake.layout import data_directory
from harvester.terminal import say

WHERE, OUTPUT, OTHER = "Catalogue", "Output", "Options"


class Option(click.Option):
    """An option that `--help` lists under a heading; with ``values``, loaded only then, its text names them."""

    def __init__(self, *names: Any, group: str = OTHER, values: Callable[[], Iterable[str]] = tuple, **more: Any):
        super().__init__(*names, **more)
        self.group, self.values = group, values

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and its text."""
        record, values = super().get_help_record(ctx), ", ".join(self.values())
        return record if record is None or not values else (record[0], f"Any of {values}: {record[1]}")


class Command(click.Command):
    """A command whose help lists its options by group, and ends with examples."""

    def __init__(self, name: str | None, *, examples: tuple[str, ...] = (), **options: Any):
        super().__init__(name, context_settings={"help_option_names": ["-h", "--help"]}, **options)
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, one section per group, in the order of their first options."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(param, "group", OTHER), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)
        _write_examples(formatter, self.examples)


class Group(click.Group):
    """The program, whose help lists its commands by what they are for: ``sections`` names them."""

    def __init__(self, *, sections: Mapping[str, tuple[str, ...]], examples: tuple[str, ...], **options: Any):
        super().__init__(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}, **options)
        self.sections, self.examples = sections, examples

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section of commands after the other, then the examples."""
        listed = {name for names in self.sections.values() for name in names}
        others = tuple(sorted({*self.commands} - listed))
        widest = max(map(len, self.commands))
        for title, names in {**self.sections, "Other": others}.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:{widest}}", _first_sentence(self.commands[name])) for name in names])
        _write_examples(formatter, self.examples)


def _first_sentence(command: click.Command) -> str:
    return command.get_short_help_str(limit=200)


def _write_examples(formatter: click.HelpFormatter, examples: tuple[str, ...]) -> None:
    if examples:
        with formatter.section("Examples"):
            for line in examples:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def option(*names: Any, group: str = OTHER, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add an option, listed under the heading ``group``."""
    return click.option(*names, cls=Option, group=group, **more)


class Checked(click.ParamType[Any]):
    """A value that a function parses, or refuses with UsageError."""

    def __init__(self, name: str, read: Callable[[Any], Any]):
        self.name, self._read = name, read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return what the function returns. Fails as wrong usage if it raises UsageError."""
        try:
            return self._read(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


DIRECTORY = Checked("directory", data_directory)
FILE = click.Path(path_type=Path)

_data_option = option(
    "--data", metavar="DIR|URL", group=WHERE,
    help="Harvest directory, or its URL in an object store (default: the most recently written one under data/).",
)  # fmt: skip
_work_option = option(
    "--work", metavar="DIR", group=WHERE,
    help="With a URL: where its files are copied to, and the catalogue is built (default: one below data/).",
)  # fmt: skip
selection_option = option(
    "--selection", metavar="ID|NAME|all", group=WHERE,
    help="Only models of this selection: its id, or its name from harvest --name (default: all of the catalogue).",
)  # fmt: skip
format_option = option(
    "--format", "format_", type=click.Choice(tuple(FORMATS)), default=None, group=OUTPUT,
    help="Output format (default: table, or what the suffix of --output says).",
)  # fmt: skip
output_option = option(
    "--output", type=FILE, default=None, metavar="FILE", group=OUTPUT, help="Write to FILE instead of stdout."
)
safe_csv_option = option(
    "--safe-csv", is_flag=True, group=OUTPUT,
    help="In CSV, put ' before texts that a spreadsheet would treat as a formula.",
)  # fmt: skip
yes_option = option("--yes", is_flag=True, help="Do not ask for confirmation.")


def data_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--data` and `--work`: the function gets ``data``, the harvest directory or the work directory of a URL."""

    @wraps(function)
    def located(*args: Any, data: str | None, work: str | None, **more: Any) -> Any:
        if data is None and work is not None:
            raise UsageError("--work needs --data URL")
        return function(*args, data=None if data is None else data_directory(data, work), **more)

    return _data_option(_work_option(located))


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--format`, `--output` and `--safe-csv`: a command that prints results takes them, and all take the same."""
    return format_option(output_option(safe_csv_option(function)))


def at_terminal() -> bool:
    """Whether a person can answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal. ``yes`` answers; without a terminal, raise UsageError that names `--yes`."""
    if yes:
        say(question, err=True)
        return True
    if not at_terminal():
        raise click.UsageError("this asks for confirmation, and there is no terminal to answer: confirm with --yes")
    say(question, err=True)
    return click.confirm("Continue?", err=True)
