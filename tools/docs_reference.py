"""The reference pages that follow from the code: command line, Python, tables, lake, macros, exit codes."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable

import click
import duckdb

import harvester
import harvester.lock
from harvester import errors
from harvester.ask.catalogue import Catalogue
from harvester.cli import cli
from harvester.crawl.result import HarvestResult
from harvester.schema.catalogue import CATALOGUE_TABLES
from harvester.schema.dictionary import section
from harvester.schema.lake import LAKE_TABLES
from tools.docs_data import EXAMPLES, MACRO_EXAMPLES, THEMES
from tools.docs_sample import answer, cell

#: Characters of a line of help.
WIDTH = 100
_MACROS = """
SELECT function_name, list_sort(parameters), any_value(parameters), any_value(function_type), any_value(comment)
FROM duckdb_functions()
WHERE database_name = current_database() AND schema_name = 'main' AND NOT internal AND comment IS NOT NULL
GROUP BY ALL ORDER BY function_name
"""
_SAMPLE = "Outputs are of {models} simulated models of the sample Hub, on two of its days; they say nothing about the real Hub."


def sample_note(models: int) -> str:
    """Return the sentence below a page's title that says where its outputs come from."""
    return _SAMPLE.format(models=models)


def data_dictionary(con: duckdb.DuckDBPyConnection, note: str) -> str:
    """Return docs/data-dictionary.md: the tables by theme, each with an example."""
    tables = {table.name: table for table in CATALOGUE_TABLES}
    lines = [
        "# Data dictionary", "", "Tables of `catalogue.duckdb`. Generated from the schema, like the COMMENTs in the file "
        "itself", "(`harvester sql \"SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'models'\"`).",
        "Times are TIMESTAMP in UTC, sizes are bytes. NULL means not reported or not requested; it never means 0: see "
        "[what NULL means](null.md).", note, "",
    ]  # fmt: skip
    for theme, (about, names) in THEMES.items():
        links = ", ".join(f"[{name}](#{name})" for name in names)
        lines += [f"**{theme}**: {about} {links}.", ""]
    for theme, (_, names) in THEMES.items():
        for name in names:
            head, *rest = section(tables[name])
            lines += [head, "", f"*{theme}.*", *rest]
            lines += ["Example:", "", "```sql", EXAMPLES[name], "```", "", *answer(con, EXAMPLES[name])]
    return "\n".join(lines)


def lake() -> str:
    """Return docs/lake.md."""
    lines = [
        "# Lake", "", "The Parquet files below `DIR/lake/`, from which the catalogue is built. Generated from the schema.",
        "`lake/parts.json` lists the files that count: read those and no others "
        "(see [architecture](architecture.md#publication)).", "",
        "Times are TIMESTAMP (microseconds, UTC). Sizes are in bytes, hashes are BLOBs of their raw bytes. Every file",
        "is sorted by its key, and compressed with zstd. Most questions are easier to ask of the "
        "[catalogue](data-dictionary.md).", "",
    ]  # fmt: skip
    for table in LAKE_TABLES:
        lines += section(table)
    return "\n".join(lines)


def macros(con: duckdb.DuckDBPyConnection, note: str) -> str:
    """Return docs/macros.md."""
    lines = [
        "# Macros", "", "Functions of the catalogue, for groupings and moments that many questions need. Scalar macros "
        "stand in an expression,", f"table macros after `FROM`. {note}", "",
    ]  # fmt: skip
    for name, _, parameters, kind, comment in con.execute(_MACROS).fetchall():
        called = f"{name}({', '.join(parameters)})"
        what = "Table macro" if kind == "table_macro" else "Scalar macro"
        lines += [f"## {name}", "", f"{what} `{called}`. {comment}", ""]
        lines += ["```sql", MACRO_EXAMPLES[name], "```", "", *answer(con, MACRO_EXAMPLES[name])]
    return "\n".join(lines)


def command_line() -> str:
    """Return docs/cli.md."""
    lines = ["# Command line", "", "Generated from `--help`. See also [exit codes](exit-codes.md).", ""]
    # As wide everywhere, whatever the terminal.
    context = click.Context(cli, info_name="harvester", terminal_width=WIDTH, **cli.context_settings)
    lines += ["## harvester", "", "```text", cli.get_help(context), "```", ""]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = click.Context(command, info_name=name, parent=context)
        lines += [f"## harvester {name}", "", "```text", command.get_help(inner), "```", ""]
    return "\n".join(lines)


def exit_codes() -> str:
    """Return docs/exit-codes.md."""
    kinds = [
        kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, errors.HarvesterError)
    ]
    rows = [
        f"| `{kind.__name__}` | {kind.exit_code} | {cell(kind.__doc__)} |"
        for kind in kinds
        if kind is not errors.HarvesterError
    ]
    return "\n".join([EXIT_CODES, "| exception | exit code | meaning |", "|---|---|---|", *rows])


EXIT_CODES = """\
# Exit codes

Every command ends with one of these. An error is one line on standard error, `harvester: ...`, that says what is wrong
and what to do; `HARVESTER_DEBUG=1` shows where an unexpected error was raised.

| exit code | meaning |
|---|---|
| 0 | Done. Gated, absent and pending items are outcomes, not failures. |
| 1 | Finished, but an item ended as failed or mismatch (one line says so; the next run requests it again), or a file of the lake is damaged. `check`: something that matters changed. `status --fail-if`: a condition holds. `doctor`: the Hub's answers have an unknown format. |
| 2 | Wrong usage, an invalid file, or a problem of this machine, such as a full disk. |
| 3 | The Hub cannot be reached, or refuses the token. `check`: also if some models could not be read. |
| 130 | Interrupted. Run the same command again: it goes on where it stopped. |

## In scripts

A harvest that finishes with 1 has built its catalogue; a job may continue with what is there:

```sh
harvester harvest --config harvest.toml
code=$?
if [ "$code" -gt 1 ]; then exit "$code"; fi
harvester report --output report.html
```

## In Python

Functions raise what the command line reports. All are subclasses of `harvester.HarvesterError`, with the exit code as
`exit_code`. A model that cannot be read is never an exception: it is an outcome in the table `fetches`.
"""


def python_api() -> str:
    """Return docs/python.md: what `import harvester` offers, from signatures and docstrings."""
    lines = ["# Python", "", "What `import harvester` offers. Generated from the code.", ""]
    lines += ["```python", *textwrap.dedent(inspect.getdoc(harvester) or "").split("\n")[2:], "```", ""]
    for function in (harvester.harvest, harvester.connect, harvester.query):
        lines += _function(f"harvester.{function.__name__}", function)
    lines += ["## harvester.Catalogue", "", *_prose(Catalogue), ""]
    lines += _function("Catalogue", Catalogue.__init__, level=3)
    for name, member in vars(Catalogue).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            lines += [f"### Catalogue.{name}", "", *_prose(member), ""]
        else:
            lines += _function(f"Catalogue.{name}", member, level=3)
    lines += ["## harvester.HarvestResult", "", *_prose(HarvestResult), ""]
    lines += _function("harvester.lock.check", harvester.lock.check)
    lines += ["## Errors", "", "See [exit codes](exit-codes.md#in-python)."]
    return "\n".join(lines)


def _function(name: str, function: Callable[..., object], level: int = 2) -> list[str]:
    return [f"{'#' * level} {name}", "", "```python", *_signature(name, function), "```", "", *_prose(function), ""]


def _signature(name: str, function: Callable[..., object]) -> list[str]:
    """Return a call as the source writes it: annotations of types are not evaluated."""
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, ast.FunctionDef)
    node.args.args = [one for one in node.args.args if one.arg != "self"]
    node.args.posonlyargs = [one for one in node.args.posonlyargs if one.arg != "self"]
    made = "" if node.name == "__init__" or node.returns is None else f" -> {ast.unparse(node.returns)}"
    parameters = [_spaced(one) for one in _split(ast.unparse(node.args))]
    if len(line := f"{name}({', '.join(parameters)}){made}") <= WIDTH:
        return [line]
    return [f"{name}(", *(f"    {one}," for one in parameters), f"){made}"]


def _split(parameters: str) -> list[str]:
    """Split at the commas that are in no brackets."""
    found, depth = [""], 0
    for character in parameters:
        depth += (character in "[(") - (character in "])")
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [one.strip() for one in found if one.strip()]


def _spaced(parameter: str) -> str:
    """Return a parameter with spaces around = where it has a type."""
    return re.sub(r"(?<=[^=])=(?=[^=])", " = ", parameter, count=1) if ":" in parameter else parameter


def _prose(thing: object) -> list[str]:
    """Return a docstring as Markdown: an indented block is code."""
    text = (inspect.getdoc(thing) or "").replace("``", "`")
    return text.split("\n")
