"""The data dictionary as Markdown, from the tables of the catalogue."""

from collections.abc import Sequence

from harvester.schema.table import Table


def dictionary(tables: Sequence[Table], introduction: Sequence[str]) -> str:
    """Return a page with one section per table: its comment, its key, and one row per column."""
    lines = ["# Data dictionary", "", *introduction, ""]
    for table in tables:
        lines += section(table)
    return "\n".join(lines)


def section(table: Table) -> list[str]:
    """Return the section of a table: its comment, its key, and one row per column."""
    rows = [f"| {c.name} | {c.type} | {_cell(c.comment)} |" for c in table.columns]
    key = ", ".join(f"`{name}`" for name in table.key)
    head = ["| column | type | meaning |", "|---|---|---|"]
    return [f"## {table.name}", "", table.comment, "", f"Key: {key}.", "", *head, *rows, ""]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
