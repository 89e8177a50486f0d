"""Writes the generated pages of docs/: the data dictionary (from the schema) and the command line (from --help).

`python tools/make_docs.py` writes them; a test compares them with what it would write.
"""

from pathlib import Path

import click

from harvester.cli import cli
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.dictionary import dictionary

DOCS = Path(__file__).parents[1] / "docs"
#: Characters of a line of help.
WIDTH = 100


INTRODUCTION = (
    "Tables of `catalogue.duckdb`. Generated from the schema, like the COMMENTs in the file itself",
    "(`harvester sql \"SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'models'\"`).",
    "Times are TIMESTAMP in UTC, sizes are bytes. NULL means not reported or not requested; it never means 0.",
)


def data_dictionary() -> str:
    """Return docs/data-dictionary.md."""
    return dictionary(CATALOGUE_TABLES, INTRODUCTION)


def command_line() -> str:
    """Return docs/cli.md."""
    lines = ["# Command line", "", "Generated from `--help`.", ""]
    # As wide everywhere, whatever the terminal.
    context = click.Context(cli, info_name="harvester", terminal_width=WIDTH, **cli.context_settings)
    lines += ["## harvester", "", "```text", cli.get_help(context), "```", ""]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        lines += [f"## harvester {name}", "", "```text", command.get_help(inner), "```", ""]
    return "\n".join(lines)


PAGES = {"data-dictionary.md": data_dictionary, "cli.md": command_line}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
