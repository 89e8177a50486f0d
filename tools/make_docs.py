"""Writes the generated pages of docs/: the data dictionary (from the schema) and the command line (from --help).

`python tools/make_docs.py` writes them; a test compares them with what it would write.
"""

from pathlib import Path

import click

from harvester.cli import cli
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.table import Table

DOCS = Path(__file__).parents[1] / "docs"


def dictionary() -> str:
    """Return docs/data-dictionary.md."""
    lines = [
        "# Data dictionary",
        "",
        "Tables of `catalogue.duckdb`. Generated from the schema that also makes the COMMENTs in the file itself",
        "(`harvester sql \"SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'models'\"`).",
        "Times are TIMESTAMP in UTC, sizes are bytes. NULL means not told or not asked; it is never 0.",
        "",
    ]
    for table in CATALOGUE_TABLES:
        lines += _table(table)
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    rows = [f"| {c.name} | {c.type} | {_cell(c.comment)} |" for c in table.columns]
    key = ", ".join(f"`{name}`" for name in table.key)
    head = ["| column | type | meaning |", "|---|---|---|"]
    return [f"## {table.name}", "", table.comment, "", f"Key: {key}.", "", *head, *rows, ""]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def command_line() -> str:
    """Return docs/cli.md."""
    lines = ["# Command line", "", "Generated from `--help`.", ""]
    context = click.Context(cli, info_name="harvester", max_content_width=100)
    lines += ["## harvester", "", "```text", cli.get_help(context), "```", ""]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context, max_content_width=100)
        lines += [f"## harvester {name}", "", "```text", command.get_help(inner), "```", ""]
    return "\n".join(lines)


PAGES = {"data-dictionary.md": dictionary, "cli.md": command_line}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page().rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
