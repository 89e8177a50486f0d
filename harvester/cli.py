"""The `harvester` command: options in, one call of ours, results on stdout, one line for an error and its exit code."""

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
    """Crawl model metadata on the Hugging Face Hub into Parquet and DuckDB, and ask it questions."""


@cli.command()
@click.option(
    "--hub",
    metavar="URL|auto|sample",
    help="Which Hub to ask (default: HF_ENDPOINT or huggingface.co). auto: the sample Hub where that does not answer.",
)
@click.option("--data", type=DIRECTORY, metavar="DIR", help="Where the harvest is stored (default data/<host>).")
@click.option(
    "--day",
    type=int,
    metavar="N",
    help="Let the sample Hub move on to day N: commits, renames, deletions... (default: it stays where it was).",
)
@click.option("--author", help="Models of one owner.")
@click.option("--task", help="Models of one task (pipeline_tag).")
@click.option("--library", help="Models of one library.")
@click.option("--tag", "tags", multiple=True, help="Models with a tag; may be repeated (all must be there).")
@click.option("--search", help="Models whose name contains a text.")
@click.option("--sort", metavar="downloads|likes|created|modified", help="Order of a top-N.")
@click.option("--limit", type=int, metavar="N", help="At most N models.")
@click.option("--ids", metavar="FILE|-", help="Models named in a file: repo or repo@revision a line.")
@click.option("--all", "all_", is_flag=True, help="The whole Hub.")
@click.option(
    "--updates",
    is_flag=True,
    help="List only what was modified since the last listing of the selection; needs a complete one before.",
)
@click.option(
    "--with",
    "depths",
    default="files,configs",
    show_default=True,
    metavar="files,configs",
    help="What to read of each model; names come with every listing ('none': nothing else).",
)
@click.option(
    "--documents", multiple=True, metavar="GLOB", help="Read further documents, at any depth; may be repeated."
)
@click.option(
    "--history-by",
    metavar="git|api",
    default="git",
    show_default=True,
    help="How --with history reads the past: by git, one request per model, or through the API, one per commit.",
)
@click.option(
    "--quota-share",
    type=float,
    default=1.0,
    show_default=True,
    help="Part of the announced quota to use.",
)
@click.option("--workers", type=int, default=None, metavar="N", help="At most N requests at a time.")
@click.option("--max-time", metavar="6h", help="End the run cleanly after this time.")
@click.option(
    "--max-requests",
    type=int,
    metavar="N",
    help="End the run cleanly after this many requests, retries included.",
)
@click.option("--fresh", is_flag=True, help="Start a new run instead of resuming an unfinished one.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would be requested, and how long it takes; request only the listing."
)
@click.option(
    "--send-token",
    is_flag=True,
    help="Send the token to a --hub that is neither huggingface.co, HF_ENDPOINT nor loopback.",
)
@click.option("--memory", type=int, metavar="MB", help="Memory of the catalogue build.")
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--json", "as_json", is_flag=True, help="Progress and result as JSON lines.")
def harvest(
    dry_run: bool, quiet: bool, as_json: bool, ids: str | None, all_: bool, **options: Any
) -> None:  # fmt: skip
    """Crawl a selection of models, write Parquet, load DuckDB.

    An unfinished run of the same selection is resumed. Running again requests only what changed.
    """
    from harvester.commands.harvest import harvest_command
    from harvester.crawl.select import read_ids
    from harvester.options import harvest_options

    given = harvest_options(ids=None if ids is None else read_ids(ids), all=all_, **options)
    sys.exit(harvest_command(given, dry_run=dry_run, quiet=quiet, as_json=as_json))


@cli.command()
@data_option
@click.option("--reextract", is_flag=True, help="Read the stored documents again with the present extractor first.")
@click.option("--memory", type=click.IntRange(64), metavar="MB", help="Memory of the build.")
def build(data: Path | None, reextract: bool, memory: int | None) -> None:
    """Build catalogue.duckdb in full from the Parquet lake."""
    from harvester.commands.build import build_command

    say(build_command(data or newest_harvest(), reextract=reextract, memory_mb=memory, say=_warn))


@cli.command()
@data_option
def compact(data: Path | None) -> None:
    """Rewrite the parts of many runs into few, sorted; nothing is asked, and the catalogue stays the same."""
    from harvester.commands.compact import compact_command

    say(compact_command(data or newest_harvest(), _warn))


@cli.command()
@data_option
@click.option("--accept-loss", is_flag=True, help="Go on without damaged parts that hold rows of several batches.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def repair(data: Path | None, accept_loss: bool, yes: bool) -> None:
    """Read every file of the lake, and set aside what is damaged.

    What can be requested again is set aside with its batch. What cannot is listed with what its loss means, and given
    up only with --accept-loss.
    """
    from harvester.commands.repair import repair_command

    def confirm(question: str) -> bool:
        if yes:
            say(question, err=True)
            return True
        if not sys.stdin.isatty():
            raise click.UsageError("repair asks before it gives anything up: confirm with --yes")
        return click.confirm(question, err=True)

    say(repair_command(data or newest_harvest(), accept_loss=accept_loss, confirm=confirm, say=_warn))


@cli.command()
@click.argument("model")
@data_option
def purge(model: str, data: Path | None) -> None:
    """Remove a model or an author from lake and catalogue, and leave it out of later runs.

    MODEL is a name, a hub_id or an author. Its tombstones stay.
    """
    from harvester.commands.purge import purge_command

    say(purge_command(data or newest_harvest(), model, _warn))


@cli.command()
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new directory.")
@click.option(
    "--include",
    default="",
    metavar="private,gated,authors,text",
    help="Left out otherwise: private repositories, documents of gated ones, commit authors, free text.",
)
@data_option
def export(output: Path, include: str, data: Path | None) -> None:
    """Write the catalogue as Parquet files to be passed on, with a dictionary and a manifest of their hashes."""
    from harvester.ask.export import export as write

    words = [word.strip() for word in include.split(",") if word.strip()]
    manifest = write(data or newest_harvest(), output, words)
    tables = manifest["tables"].values()
    say(
        f"{output}: {len(tables)} tables, {sum(t['rows'] for t in tables):,} rows, "
        f"{sum(t['bytes'] for t in tables):,} bytes; {sum(t['rows_left_out'] for t in tables):,} rows left out"
    )


@cli.command()
@click.option("--hub", metavar="sample|URL", help="Which Hub to ask (default: HF_ENDPOINT or huggingface.co).")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Where a harvest would go.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write an anonymised record to attach to an issue.",
)
@click.option(
    "--send-token",
    is_flag=True,
    help="Send the token to a --hub that is neither huggingface.co, HF_ENDPOINT nor loopback.",
)
def doctor(hub: str | None, data: Path | None, report: Path | None, send_token: bool) -> None:
    """Check this machine and the Hub before a harvest, with at most ten requests.

    One line for each check: what was expected, what came, what a harvest does about it. Exit code 0: a harvest can run;
    1: the Hub's answers have an unknown shape; 2: this machine is not ready; 3: no Hub, or the token is refused.
    """
    from harvester.commands.doctor import doctor_command

    sys.exit(doctor_command(hub=hub, data=data, report=report, send_token=send_token))


@cli.command()
@data_option
@click.option("--verify", is_flag=True, help="Read every file of the lake and compare it with what was written.")
@click.option("--json", "as_json", is_flag=True, help="With --verify: one JSON object.")
def status(data: Path | None, verify: bool, as_json: bool) -> None:
    """Runs, coverage, what failed and why, what is pending. With --verify: whether the lake is whole (else exit 1)."""
    if as_json and not verify:
        raise click.UsageError("--json goes with --verify")
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
    """One model's page: facts, files, config, lineage, history. MODEL is a name, a former name or a hub_id."""
    from harvester.ask.connect import connect
    from harvester.ask.output import terminal_width, write_text
    from harvester.ask.show import show as tell

    write_text(tell(connect(data or newest_harvest()), model).text(terminal_width()))


@cli.command()
@click.argument("model")
@click.argument("revisions", nargs=-1, metavar="[REV [REV]]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a change.")
@data_option
def diff(model: str, revisions: tuple[str, ...], as_json: bool, data: Path | None) -> None:
    """What changed in a model between two revisions, from one to the newest, or last.

    REV is a known commit, harvested or of the history (a prefix will do), or a time (a date is its end, UTC).
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
@click.option("--language", help="Language code among the tags.")
@click.option("--license", "license", help="Licence tag.")
@click.option("--library", help="Library.")
@click.option("--architecture", help="Architecture class or model type.")
@click.option("--format", "weight_format", help="Format of the weights: safetensors, gguf, pickle...")
@click.option("--min-params", metavar="N", help="Parameters at least, such as 500M or 7B.")
@click.option("--max-params", metavar="N", help="Parameters at most.")
@click.option("--min-context", type=int, metavar="TOKENS", help="Context length at least.")
@click.option("--gated/--no-gated", default=None, help="Only gated models, or none.")
@click.option("--safe-only", is_flag=True, help="No weights that can carry a pickle, no remote code.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@click.option("--output-format", "format_", type=click.Choice(FORMATS), default=None, help="How to print rows.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead of stdout.")
@safe_csv_option
@data_option
def find(data: Path | None, format_: str | None, output: Path | None, safe_csv: bool, **criteria: Any) -> None:
    """Models that fit a use, most downloaded first."""
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
    """List the shipped questions."""
    from harvester.ask.output import terminal_width
    from harvester.ask.registry import overview
    from harvester.ask.text import table

    say(table(overview(), terminal_width()))


@cli.command()
@click.argument("name")
@click.option("-p", "parameters", multiple=True, metavar="KEY=VALUE", help="A parameter of the query; may be repeated.")
@data_option
@output_options
def query(
    name: str, parameters: Sequence[str], data: Path | None, format_: str | None, output: Path | None, safe_csv: bool
) -> None:
    """Run a shipped question."""
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
    """Run one SQL statement that reads the catalogue."""
    from harvester.ask.connect import connect
    from harvester.ask.output import write
    from harvester.ask.run import sql as ask

    write(ask(connect(data or newest_harvest()), text), format_, output, safe_csv=safe_csv)


@cli.command()
@data_option
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE.html", help="Default: DIR/report.html.")
def report(data: Path | None, output: Path | None) -> None:
    """Write the answers to the shipped questions as one HTML page."""
    from harvester.ask.connect import connect
    from harvester.ask.output import write_text
    from harvester.report.page import page

    where = data or newest_harvest()
    target = output or where / "report.html"
    write_text(page(connect(where)), target)
    say(f"report: {target}")


@cli.command()
@data_option
@click.option("--port", type=click.IntRange(0, 65535), default=8643, show_default=True)
def browse(data: Path | None, port: int) -> None:
    """Serve the report on loopback until interrupted."""
    from harvester.report.serve import server

    where = data or newest_harvest()
    with server(where, port) as serving:
        say(f"http://127.0.0.1:{serving.server_port} shows {where}; Ctrl-C ends it")
        serving.serve_forever()


@cli.command("sample-hub")
@sample_hub_options
def sample_hub(**options: Any) -> None:
    """Serve the embedded Hub on loopback."""
    from harvester.samplehub import Arguments, serve

    sys.exit(serve(Arguments(**options)))


def _warn(message: str) -> None:
    """Print a line on stderr, control characters escaped."""
    say(f"harvester: {printable(message)}", err=True)


def main() -> None:
    """Run the command line and exit with the contract's code."""
    sys.exit(guarded(lambda: cli(standalone_mode=False)))
