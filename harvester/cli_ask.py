"""The commands that read a harvest: `sql`, `query`, `queries`, `find`, `show`, `diff`, `status`, `report`, `browse`."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harvester.ask.formats import FORMATS
from harvester.cli_options import (
    FILE,
    OUTPUT,
    WHERE,
    Command,
    at_terminal,
    data_option,
    option,
    output_options,
    selection_option,
)
from harvester.defaults import FOUND
from harvester.errors import LocalError
from harvester.lake.layout import newest_harvest
from harvester.terminal import say


class _SqlCommand(Command):
    """A command whose text may begin with a comment, which is not an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move texts that begin with `--` behind the options."""
        texts = [] if "--" in args else [arg for arg in args if re.match(r"--(\s|[^\n]*\n)", arg)]
        rest = [arg for arg in args if arg not in texts]
        return super().parse_args(ctx, [*rest, "--", *texts] if texts else rest)


@click.command(
    cls=_SqlCommand,
    examples=(
        'harvester sql "SELECT model_type, count(*) AS models FROM models GROUP BY ALL ORDER BY models DESC"',
        "harvester sql -f question.sql --output answer.parquet",
        "echo 'FROM runs' | harvester sql --format json",
        "harvester sql",
    ),
)
@click.argument("text", required=False)
@option("-f", "--file", metavar="FILE|-", help="Read the statement from a file.")
@output_options
@data_option
@selection_option
def sql(
    text: str | None, file: str | None, data: Path | None, selection: str | None, format_: str | None,
    output: Path | None, safe_csv: bool,
) -> None:  # fmt: skip
    """Run one SQL statement on the catalogue (read-only).

    TEXT is the statement. Without it, the statement is read from standard input; on a terminal, a prompt opens, with
    completion of tables and columns (Tab) and a history.
    """
    from harvester.ask.connect import connect
    from harvester.ask.output import write
    from harvester.ask.population import population
    from harvester.ask.run import sql as ask
    from harvester.commands.sql_prompt import prompt, statement

    with_prompt = text is None and file is None and at_terminal()
    if (with_prompt and not sys.stdout.isatty()) or (text is None and file in (None, "-") and sys.stdin is None):
        raise click.UsageError("no SQL given: pass it as an argument, with -f FILE, or on standard input")
    if not with_prompt:
        text = statement(text, file)
    con = connect(data or newest_harvest(), selection=selection)
    note = None if selection is None else str(population(con))
    if text is None:
        prompt(con, lambda line: write(ask(con, line), format_, output, safe_csv=safe_csv, note=note))
    else:
        write(ask(con, text), format_, output, safe_csv=safe_csv, note=note)


def _query_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harvester.ask.registry import queries_directory

    return sorted(path.stem for path in queries_directory().glob(f"*/{incomplete}*.sql"))


@click.command(
    cls=Command,
    examples=(
        "harvester query license_mix -p min_downloads=1000",
        "harvester query shared_configs --output shared.csv",
    ),
)
@click.argument("name", shell_complete=_query_names)
@option("-p", "parameters", multiple=True, metavar="KEY=VALUE", help="Set a parameter of the query; may be repeated.")
@output_options
@data_option
@selection_option
def query(
    name: str, parameters: Sequence[str], data: Path | None, selection: str | None, format_: str | None,
    output: Path | None, safe_csv: bool,
) -> None:  # fmt: skip
    """Run a shipped query. `harvester queries` lists them, `harvester queries NAME` describes one."""
    from harvester.ask.connect import connect
    from harvester.ask.output import write
    from harvester.ask.parameters import assignments
    from harvester.ask.population import population
    from harvester.ask.run import query as ask

    con = connect(data or newest_harvest(), selection=selection)
    rows = ask(con, name, **assignments(list(parameters)))
    write(rows, format_, output, safe_csv=safe_csv, note=str(population(con)))


@click.command(cls=Command, examples=("harvester queries", "harvester queries license_mix"))
@click.argument("name", required=False, shell_complete=_query_names)
@output_options
def queries(name: str | None, format_: str | None, output: Path | None, safe_csv: bool) -> None:
    """List the shipped queries, or describe one: its parameters, columns, traps and sources."""
    from harvester.ask.output import write_page
    from harvester.ask.query_pages import describe, overview_page
    from harvester.ask.registry import find_query

    page = overview_page() if name is None else describe(find_query(name))
    write_page(page, format_, output, safe_csv=safe_csv)


CRITERIA = "Criteria"


@click.command(
    cls=Command,
    examples=(
        "harvester find --task text-generation --license apache-2.0 --max-params 8B --weights-format gguf",
        "harvester find --task text-generation --fits 24GB --license-class open --language en --explain",
        "harvester find --architecture llama --min-context 32768 --format csv",
    ),
)
@option("--task", help="Task (pipeline_tag).", group=CRITERIA)
@option("--language", multiple=True, help="Language code, such as en; may be repeated: all of them.", group=CRITERIA)
@option("--license", help="Licence, as the Hub's tag has it, such as apache-2.0.", group=CRITERIA)
@option(
    "--license-class", metavar="CLASS",
    help="Class of licences: open, restricted, non-commercial or none (no legal advice).", group=CRITERIA,
)  # fmt: skip
@option("--library", help="Library, such as transformers.", group=CRITERIA)
@option("--architecture", help="Architecture class (LlamaForCausalLM) or model type (llama).", group=CRITERIA)
@option("--weights-format", help="Format of the weights: safetensors, gguf, pickle...", group=CRITERIA)
@option("--min-params", metavar="N", help="At least this many parameters, such as 500M or 7B.", group=CRITERIA)
@option("--max-params", metavar="N", help="At most this many parameters.", group=CRITERIA)
@option("--min-context", type=int, metavar="TOKENS", help="At least this context length.", group=CRITERIA)
@option("--fits", metavar="24GB", help="Its weights and a fifth more fit into this memory.", group=CRITERIA)
@option("--evaluated-on", metavar="DATASET", help="Reports a result on this dataset.", group=CRITERIA)
@option("--updated-since", metavar="DATE", help="Last commit on this day (UTC) or later.", group=CRITERIA)
@option("--adapters", is_flag=True, help="Adapters too; without it they are left out.", group=CRITERIA)
@option(
    "--gated/--no-gated", default=None, help="Only gated models, or only models that are not gated.", group=CRITERIA
)
@option(
    "--safe-only", is_flag=True, help="Only models without remote code and without weights that can contain a pickle.",
    group=CRITERIA,
)  # fmt: skip
@option(
    "--limit", type=click.IntRange(1), metavar="N", default=FOUND, show_default=True, group=OUTPUT,
    help="Print at most this many models.",
)  # fmt: skip
@option(
    "--explain", is_flag=True, group=OUTPUT,
    help="Print why each model was found, what its score is made of, and how many models each criterion excluded.",
)  # fmt: skip
# What `--format` of `find` was called first: scripts use it.
@option("--output-format", "former_format", type=click.Choice(tuple(FORMATS)), hidden=True)
@output_options
@data_option
@selection_option
def find(
    data: Path | None,
    selection: str | None,
    format_: str | None,
    former_format: str | None,
    output: Path | None,
    safe_csv: bool,
    explain: bool,
    **criteria: Any,
) -> None:
    """Find models that meet all given criteria, highest score first.

    A model of which a fact is unknown does not meet a criterion about it. The score adds up to 100: 50 for the share of
    other models that have fewer downloads, and 10 each for an open licence, no missing file that loading needs, neither
    own code nor a pickle, a card, and a reported evaluation. It says nothing about quality. If no model meets all
    criteria, near misses are shown.
    """
    from harvester.ask.connect import connect
    from harvester.ask.find import find as ask
    from harvester.ask.find_page import find_page
    from harvester.ask.formats import choose_format
    from harvester.ask.output import write, write_page
    from harvester.ask.population import population

    con = connect(data or newest_harvest(), selection=selection)
    found = ask(con, explain=explain, **criteria)
    note = str(population(con))
    chosen = format_ or former_format
    as_table = choose_format(chosen, output) == "table"
    if explain or (as_table and not found.models.height):
        write_page(find_page(found, note), chosen, output, safe_csv=safe_csv)
        if not as_table:
            say(note, err=True)
        return
    write(found.models, chosen, output, safe_csv=safe_csv, note=note)
    if not found.models.height:
        say(f"no model meets all criteria; {found.near_misses.height} near misses: --explain shows them", err=True)


@click.command(cls=Command, examples=("harvester show org/name", "harvester show org/name --format json"))
@click.argument("model")
@output_options
@data_option
def show(model: str, data: Path | None, format_: str | None, output: Path | None, safe_csv: bool) -> None:
    """Show one model: facts, files, config, lineage, history.

    MODEL is a name, a former name or a hub_id. Formats other than table contain the model's rows from every table.
    """
    from harvester.ask.connect import connect
    from harvester.ask.output import write_page
    from harvester.ask.show import show as ask

    write_page(ask(connect(data or newest_harvest()), model), format_, output, safe_csv=safe_csv)


@click.command(
    cls=Command,
    examples=(
        "harvester diff org/name",
        "harvester diff org/name 2026-01-01",
        "harvester diff org/name 7d5db5e 49ac342",
    ),
)
@click.argument("model")
@click.argument("revisions", nargs=-1, metavar="[REV [REV]]")
@option("--json", "as_json", is_flag=True, help="The same as --format jsonl.", group=OUTPUT)
@output_options
@data_option
def diff(
    model: str, revisions: tuple[str, ...], as_json: bool, data: Path | None, format_: str | None, output: Path | None,
    safe_csv: bool,
) -> None:  # fmt: skip
    """Show what changed in a model between two revisions.

    With one REV: from there to the newest. Without: the last change.

    MODEL is a name, a former name or a hub_id. REV is a commit that was harvested or is in the history (a prefix is
    enough), or a time in UTC (a date means the end of that day).
    """
    from harvester.ask.connect import connect
    from harvester.ask.diff import diff_page
    from harvester.ask.output import write_page

    if len(revisions) > 2:
        raise click.UsageError("diff takes at most two revisions")
    page = diff_page(connect(data or newest_harvest()), model, revisions)
    write_page(page, "jsonl" if as_json and format_ is None else format_, output, safe_csv=safe_csv)


@click.command(
    cls=Command,
    examples=(
        "harvester status", "harvester status --format json", "harvester status --fail-if 'stale=2d,coverage<0.95'",
        "harvester status --verify",
    ),
)  # fmt: skip
@option("--verify", is_flag=True, help="Compare every file of the lake with its recorded hash instead.")
@option(
    "--fail-if", metavar="CONDITIONS",
    help="Exit with 1 if one of these holds: stale=2d (no run ended since then, interrupted ones apart), "
    "coverage<0.95 (manifests or documents, if requested, are known for a smaller share of the models).",
)  # fmt: skip
@option("--json", "as_json", is_flag=True, help="The same as --format json.", group=OUTPUT)
@output_options
@data_option
def status(
    data: Path | None, verify: bool, fail_if: str | None, as_json: bool, format_: str | None, output: Path | None,
    safe_csv: bool,
) -> None:  # fmt: skip
    """Show runs, coverage, failures with their reasons, and pending items.

    With --verify: check the lake for damaged files; exit code 1 if there are any.
    """
    from harvester.ask.alerts import alerts, conditions
    from harvester.ask.output import write_page, write_text
    from harvester.clock import SystemClock

    format_ = format_ or ("json" if as_json else None)
    where = data or newest_harvest()
    given = None if fail_if is None else conditions(fail_if)
    if verify:
        from harvester.commands.repair import verify_command

        if given:
            raise click.UsageError("--verify and --fail-if cannot be used together")
        if format_ not in (None, "table", "json"):
            raise click.UsageError("--verify prints a text or, with --format json, one object")
        text, whole = verify_command(where, as_json=format_ == "json")
        write_text(text + "\n", output)
        sys.exit(0 if whole else 1)
    from harvester.ask.connect import connect
    from harvester.ask.status import status as ask

    con = connect(where)
    write_page(ask(con), format_, output, safe_csv=safe_csv)
    found = [] if given is None else alerts(con, given, SystemClock().utc())
    for sentence in found:
        say(f"harvester: {sentence}", err=True)
    sys.exit(1 if found else 0)


@click.command(
    cls=Command,
    examples=("harvester report --output models.html", "harvester report --format markdown --output MODELS.md"),
)
@option(
    "--format", "format_", type=click.Choice(("html", "markdown")), group=OUTPUT,
    help="html: with plots (default). markdown: findings and tables (default for FILE.md).",
)  # fmt: skip
@option(
    "--output", type=FILE, metavar="FILE", help="The file to write (default: DIR/report.html or .md).", group=OUTPUT
)
@data_option
@selection_option
def report(data: Path | None, selection: str | None, format_: str | None, output: Path | None) -> None:
    """Write a report: what was harvested, and what the models are like, with plots.

    The HTML page works offline, prints, and contains its data and SQL. Plots need the extra [report].
    """
    from harvester.ask.connect import connect
    from harvester.ask.output import write_text
    from harvester.report.draw import needed
    from harvester.report.markdown import markdown
    from harvester.report.page import page
    from harvester.report.study import study

    where = data or newest_harvest()
    as_markdown = format_ == "markdown" if format_ else output is not None and output.suffix.lower() == ".md"
    target = output or where / ("report.md" if as_markdown else "report.html")
    write = markdown if as_markdown else page
    if not as_markdown:
        needed()
    with connect(where, selection=selection) as con:
        text = write(study(con))
    write_text(text, target)
    say(f"report: {target}")


@click.command(
    cls=Command,
    examples=("harvester browse", "harvester browse --port 0", "harvester browse --output site --models 200"),
)
@option(
    "--port", type=click.IntRange(0, 65535), metavar="N", default=8643, show_default=True, group=WHERE,
    help="Port to listen on (0: any free port).",
)  # fmt: skip
@option(
    "--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, group=WHERE,
    help="Address to listen on; others than this machine's own can be reached by everyone in its network.",
)  # fmt: skip
@option(
    "--output", type=FILE, metavar="DIR", group=OUTPUT,
    help="Write a copy for a host of files instead: report, queries, changes, and the pages of the top models.",
)  # fmt: skip
@option(
    "--models", type=click.IntRange(0), metavar="N", default=100, show_default=True, group=OUTPUT,
    help="With --output: write the pages of this many models, most downloaded first.",
)  # fmt: skip
@data_option
@selection_option
def browse(
    data: Path | None, selection: str | None, port: int, host: str, output: Path | None, models: int
) -> None:  # fmt: skip
    """Serve the catalogue as web pages on this machine until interrupted: search, models, changes, queries, SQL."""
    from importlib.util import find_spec

    missing = [name for name in ("starlette", "uvicorn", "jinja2") if find_spec(name) is None]
    if missing:
        raise LocalError(f"browse needs {', '.join(missing)}: pip install 'hub-harvester[browse]'")
    where = data or newest_harvest()
    if output is None:
        from harvester.browse.serve import serve

        serve(where, host, port, selection)
        return
    from harvester.browse.static_copy import copy

    failed = copy(where, output, models, selection)
    for line in failed:
        say(f"not written: {line}", err=True)
    say(f"pages: {output / 'index.html'}")
    sys.exit(1 if failed else 0)


COMMANDS = (sql, query, queries, find, show, diff, status, report, browse)
