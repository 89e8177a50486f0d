"""The `harvester` command: parses options, calls one function per command, maps errors to exit codes."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harvester import __version__
from harvester.cli_options import DIRECTORY, FORMATS, data_option, output_options, safe_csv_option
from harvester.commands.sample_hub import sample_hub_options
from harvester.ending import guarded
from harvester.lake.layout import newest_harvest
from harvester.terminal import printable, say


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def cli() -> None:
    """Crawl model metadata from the Hugging Face Hub into Parquet and DuckDB, and query it."""


@cli.command()
@click.option(
    "--hub",
    metavar="URL|auto|sample",
    help="The Hub to crawl (default: HF_ENDPOINT or huggingface.co). auto: fall back to the sample Hub if that cannot "
    "be reached.",
)
@click.option("--data", type=DIRECTORY, metavar="DIR", help="Where the harvest is stored (default: data/<host>).")
@click.option(
    "--day",
    type=int,
    metavar="N",
    help="Move the sample Hub to day N, with new commits, renames, deletions... (default: the day it is at).",
)
@click.option("--author", help="Select models of one user or organisation.")
@click.option("--task", help="Select models with this task (pipeline_tag).")
@click.option("--library", help="Select models with this library.")
@click.option("--tag", "tags", multiple=True, help="Select models with this tag. Repeat it to require several tags.")
@click.option("--search", help="Select models whose name contains this text.")
@click.option(
    "--sort", metavar="downloads|likes|created|modified", help="Which models --limit keeps: the first in this order."
)
@click.option("--limit", type=int, metavar="N", help="Select at most N models.")
@click.option("--ids", metavar="FILE|-", help="Select the models listed in a file, one repo or repo@revision per line.")
@click.option("--all", "all_", is_flag=True, help="Select the whole Hub.")
@click.option(
    "--updates",
    is_flag=True,
    help="List only models that were modified since the last run of this selection. Needs one complete run first.",
)
@click.option(
    "--with",
    "depths",
    default="files,configs",
    show_default=True,
    metavar="files,configs",
    help="What to read for each model: any of files, configs, cards, weights, dates, history; or none: only what the "
    "listing contains.",
)
@click.option(
    "--documents", multiple=True, metavar="GLOB", help="Also read documents that match, in any folder; may be repeated."
)
@click.option(
    "--history-by",
    metavar="git|api",
    default="git",
    show_default=True,
    help="How --with history reads commits: through git (one request per model) or the API (one per commit).",
)
@click.option(
    "--quota-share",
    type=float,
    default=1.0,
    show_default=True,
    help="Share of the announced quota to use.",
)
@click.option("--workers", type=int, default=None, metavar="N", help="Send at most N requests at the same time.")
@click.option("--max-time", metavar="6h", help="Stop cleanly after this time, such as 90s, 30m, 6h or 2d.")
@click.option(
    "--max-requests",
    type=int,
    metavar="N",
    help="Stop cleanly after this many requests, including retries.",
)
@click.option("--fresh", is_flag=True, help="Start a new run instead of resuming an unfinished one.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only list the models, and report how many requests the run would send and how long it would take.",
)
@click.option(
    "--send-token",
    is_flag=True,
    help="Send the token even if --hub is not huggingface.co, HF_ENDPOINT or a loopback address.",
)
@click.option("--memory", type=int, metavar="MB", help="Memory limit for building the catalogue.")
@click.option("--quiet", is_flag=True, help="Print no progress.")
@click.option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.")
def harvest(
    dry_run: bool, quiet: bool, as_json: bool, ids: str | None, all_: bool, **options: Any
) -> None:  # fmt: skip
    """Crawl a selection of models into Parquet and build the DuckDB catalogue.

    Resumes an unfinished run of the same selection. A later run requests only what changed.
    """
    from harvester.commands.harvest import harvest_command
    from harvester.crawl.select import read_ids
    from harvester.options import harvest_options

    given = harvest_options(ids=None if ids is None else read_ids(ids), all=all_, **options)
    sys.exit(harvest_command(given, dry_run=dry_run, quiet=quiet, as_json=as_json))


@cli.command()
@data_option
@click.option("--reextract", is_flag=True, help="First extract all stored documents again with the current extractor.")
@click.option("--memory", type=click.IntRange(64), metavar="MB", help="Memory limit of the build.")
def build(data: Path | None, reextract: bool, memory: int | None) -> None:
    """Rebuild catalogue.duckdb from the Parquet lake."""
    from harvester.commands.build import build_command

    say(build_command(data or newest_harvest(), reextract=reextract, memory_mb=memory, say=_warn))


@cli.command()
@data_option
def compact(data: Path | None) -> None:
    """Merge the Parquet parts of many runs into a few sorted ones. Sends no requests; the catalogue stays the same."""
    from harvester.commands.compact import compact_command

    say(compact_command(data or newest_harvest(), _warn))


@cli.command()
@data_option
@click.option("--accept-loss", is_flag=True, help="Also drop damaged parts that no run can restore.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def repair(data: Path | None, accept_loss: bool, yes: bool) -> None:
    """Check every file of the lake and set damaged ones aside.

    A damaged part is set aside with the other parts of its batch, and the next run requests their contents again. A
    part that merging or compaction wrote cannot be restored like that: repair reports what would be lost, and drops
    it only with --accept-loss.
    """
    from harvester.commands.repair import repair_command

    def confirm(question: str) -> bool:
        if yes:
            say(question, err=True)
            return True
        if not sys.stdin.isatty():
            raise click.UsageError("repair asks for confirmation before it drops anything: confirm with --yes")
        return click.confirm(question, err=True)

    say(repair_command(data or newest_harvest(), accept_loss=accept_loss, confirm=confirm, say=_warn))


@cli.command()
@click.argument("model")
@data_option
def purge(model: str, data: Path | None) -> None:
    """Remove a model or an author from the lake and the catalogue.

    MODEL is a name, a hub_id or an author. Later runs skip what was removed. Tombstones are kept.
    """
    from harvester.commands.purge import purge_command

    say(purge_command(data or newest_harvest(), model, _warn))


@cli.command()
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new directory.")
@click.option(
    "--include",
    default="",
    metavar="private,gated,authors,text",
    help="Include what is left out by default: private repositories, documents of gated ones, names of commit authors, "
    "free text.",
)
@data_option
def export(output: Path, include: str, data: Path | None) -> None:
    """Export the catalogue for sharing.

    Writes one Parquet file per table, a data dictionary and a manifest with hashes.
    """
    from harvester.ask.export import export as write

    words = [word.strip() for word in include.split(",") if word.strip()]
    manifest = write(data or newest_harvest(), output, words)
    tables = manifest["tables"].values()
    say(
        f"{output}: {len(tables)} tables, {sum(t['rows'] for t in tables):,} rows, "
        f"{sum(t['bytes'] for t in tables):,} bytes; {sum(t['rows_left_out'] for t in tables):,} rows left out"
    )


@cli.command()
@click.option("--hub", metavar="sample|URL", help="The Hub to check (default: HF_ENDPOINT or huggingface.co).")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Where the harvest would be stored.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write an anonymised record to attach to an issue.",
)
@click.option(
    "--send-token",
    is_flag=True,
    help="Send the token even if --hub is not huggingface.co, HF_ENDPOINT or a loopback address.",
)
def doctor(hub: str | None, data: Path | None, report: Path | None, send_token: bool) -> None:
    """Check this machine and the Hub before a harvest, with at most ten requests.

    Prints one line per check: what was expected, what was found, and what a harvest does about it. Exit codes: 0 a
    harvest can run; 1 the Hub's answers have an unknown format; 2 this machine is not ready; 3 the Hub cannot be
    reached, or it refuses the token.
    """
    from harvester.commands.doctor import doctor_command

    sys.exit(doctor_command(hub=hub, data=data, report=report, send_token=send_token))


@cli.command()
@data_option
@click.option("--verify", is_flag=True, help="Compare every file of the lake with its recorded hash instead.")
@click.option("--json", "as_json", is_flag=True, help="With --verify: print one JSON object.")
def status(data: Path | None, verify: bool, as_json: bool) -> None:
    """Show runs, coverage, failures with their reasons, and pending items.

    With --verify: check the lake for damaged files; exit code 1 if there are any.
    """
    if as_json and not verify:
        raise click.UsageError("--json needs --verify")
    if verify:
        from harvester.commands.repair import verify_command

        text, whole = verify_command(data or newest_harvest(), as_json=as_json)
        say(text)
        sys.exit(0 if whole else 1)
    from harvester.ask.connect import connect
    from harvester.ask.output import terminal_width, write_text
    from harvester.ask.status import status as tell

    write_text(tell(connect(data or newest_harvest())).text(terminal_width()))


@cli.command()
@click.argument("model")
@data_option
def show(model: str, data: Path | None) -> None:
    """Show one model: facts, files, config, lineage, history.

    MODEL is a name, a former name or a hub_id.
    """
    from harvester.ask.connect import connect
    from harvester.ask.output import terminal_width, write_text
    from harvester.ask.show import show as tell

    write_text(tell(connect(data or newest_harvest()), model).text(terminal_width()))


@cli.command()
@click.argument("model")
@click.argument("revisions", nargs=-1, metavar="[REV [REV]]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per change.")
@data_option
def diff(model: str, revisions: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """Show what changed in a model between two revisions.

    With one REV: from there to the newest. Without: the last change.

    MODEL is a name, a former name or a hub_id. REV is a commit that was harvested or is in the history (a prefix is
    enough), or a time in UTC (a date means the end of that day).
    """
    from harvester.ask import diff as asking
    from harvester.ask.connect import connect
    from harvester.ask.output import terminal_width, write_text

    if len(revisions) > 2:
        raise click.UsageError("diff takes at most two revisions")
    found = asking.diff(connect(data or newest_harvest()), model, revisions)
    write_text("".join(asking.as_json(found)) if as_json else asking.as_text(found, terminal_width()))


@cli.command()
@click.option("--task", help="Task (pipeline_tag).")
@click.option("--language", help="Language code, such as en.")
@click.option("--license", "license", help="Licence, as the Hub's tag has it, such as apache-2.0.")
@click.option("--library", help="Library, such as transformers.")
@click.option("--architecture", help="Architecture class (LlamaForCausalLM) or model type (llama).")
@click.option("--format", "weight_format", help="Format of the weights: safetensors, gguf, pickle...")
@click.option("--min-params", metavar="N", help="At least this many parameters, such as 500M or 7B.")
@click.option("--max-params", metavar="N", help="At most this many parameters.")
@click.option("--min-context", type=int, metavar="TOKENS", help="At least this context length.")
@click.option("--gated/--no-gated", default=None, help="Only gated models, or only models that are not gated.")
@click.option(
    "--safe-only", is_flag=True, help="Only models without remote code and without weights that can contain a pickle."
)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Print at most this many models.")
@click.option(
    "--output-format", "format_", type=click.Choice(FORMATS), default=None, help="Output format (default: table)."
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write to FILE instead of stdout.")
@safe_csv_option
@data_option
def find(data: Path | None, format_: str | None, output: Path | None, safe_csv: bool, **criteria: Any) -> None:
    """Find models that meet all given criteria, most downloaded first."""
    from harvester.ask.connect import connect
    from harvester.ask.find import find as search
    from harvester.ask.find import parse_count
    from harvester.ask.output import write

    for key in ("min_params", "max_params"):
        if criteria[key] is not None:
            criteria[key] = parse_count(criteria[key])
    criteria["weights_format"] = criteria.pop("weight_format")
    write(search(connect(data or newest_harvest()), **criteria), format_, output, safe_csv=safe_csv)


@cli.command()
def queries() -> None:
    """List the shipped queries."""
    from harvester.ask.output import terminal_width
    from harvester.ask.registry import overview
    from harvester.ask.text import table

    say(table(overview(), terminal_width()))


@cli.command()
@click.argument("name")
@click.option(
    "-p", "parameters", multiple=True, metavar="KEY=VALUE", help="Set a parameter of the query; may be repeated."
)
@data_option
@output_options
def query(
    name: str, parameters: Sequence[str], data: Path | None, format_: str | None, output: Path | None, safe_csv: bool
) -> None:
    """Run a shipped query. `harvester queries` lists their names and parameters."""
    from harvester.ask.connect import connect
    from harvester.ask.output import write
    from harvester.ask.parameters import assignments
    from harvester.ask.run import query as ask

    write(
        ask(connect(data or newest_harvest()), name, **assignments(list(parameters))),
        format_,
        output,
        safe_csv=safe_csv,
    )


@cli.command()
@click.argument("text")
@data_option
@output_options
def sql(text: str, data: Path | None, format_: str | None, output: Path | None, safe_csv: bool) -> None:
    """Run one SQL statement on the catalogue (read-only)."""
    from harvester.ask.connect import connect
    from harvester.ask.output import write
    from harvester.ask.run import sql as ask

    write(ask(connect(data or newest_harvest()), text), format_, output, safe_csv=safe_csv)


@cli.command()
@data_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="The file to write (default: DIR/report.html).",
)
def report(data: Path | None, output: Path | None) -> None:
    """Write the results of the shipped queries as one HTML page."""
    from harvester.ask.connect import connect
    from harvester.ask.output import write_text
    from harvester.report.page import page

    where = data or newest_harvest()
    target = output or where / "report.html"
    write_text(page(connect(where)), target)
    say(f"report: {target}")


@cli.command()
@data_option
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8643,
    show_default=True,
    help="Port to listen on (0: any free port).",
)
def browse(data: Path | None, port: int) -> None:
    """Serve the report on this machine (127.0.0.1) until interrupted."""
    from harvester.report.serve import server

    where = data or newest_harvest()
    with server(where, port) as serving:
        say(f"serving {where} at http://127.0.0.1:{serving.server_port} (stop with Ctrl-C)")
        serving.serve_forever()


@cli.command("sample-hub")
@sample_hub_options
def sample_hub(**options: Any) -> None:
    """Serve the sample Hub on this machine (127.0.0.1) until interrupted."""
    from harvester.samplehub import Arguments, serve

    sys.exit(serve(Arguments(**options)))


def _warn(message: str) -> None:
    """Print a line on stderr, control characters escaped."""
    say(f"harvester: {printable(message)}", err=True)


def main() -> None:
    """Run the command line and exit with the contract's code."""
    sys.exit(guarded(lambda: cli(standalone_mode=False)))
