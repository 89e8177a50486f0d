"""The `harvester` command: parses options, calls one function per command, maps errors to exit codes."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from harvester import __version__, defaults
from harvester.cli_ask import COMMANDS
from harvester.cli_config import located, read_config, template
from harvester.cli_lock import COMMANDS as LOCK_COMMANDS
from harvester.cli_options import DIRECTORY, FILE, Command, Group, confirmed, data_option, option, yes_option
from harvester.cli_publish import COMMANDS as SHARE_COMMANDS
from harvester.commands.sample_hub import sample_hub_options
from harvester.ending import guarded
from harvester.errors import UsageError
from harvester.lake.layout import newest_harvest
from harvester.terminal import printable, program, say


@click.group(
    cls=Group,
    sections={
        "Harvest": ("harvest", "init", "status", "doctor"),
        "Query": ("sql", "query", "queries", "find", "show", "diff", "report", "browse"),
        "Share": ("export", "publish"),
        "Pin": ("lock", "check", "update"),
        "Maintain": ("build", "compact", "repair", "purge"),
    },
    examples=(
        "harvester harvest --sort downloads --limit 300",
        "harvester status",
        'harvester sql "SELECT model_type, count(*) FROM models GROUP BY ALL"',
    ),
)
@click.version_option(__version__)
def cli() -> None:
    """Crawl model metadata from the Hugging Face Hub into Parquet and DuckDB, and query it."""


def depth_names() -> tuple[str, ...]:
    """Return what `--with` can name."""
    from harvester.crawl.depths import NAMES

    return NAMES


HUB, MODELS, READING, LIMITS, RUN = "Hub and directory", "Models", "What to read", "Limits", "This run"


@cli.command(
    cls=Command,
    examples=(
        "harvester harvest --sort downloads --limit 300",
        "harvester harvest --author Qwen --with files,configs,cards",
        "harvester harvest --all --with configs --max-time 6h",
        "harvester harvest --hub sample --limit 50",
        "harvester harvest --config harvest.toml --max-time 1h",
    ),
)
@option(
    "--config",
    "-c",
    type=FILE,
    metavar="FILE",
    is_eager=True,
    callback=read_config,
    help="Read options from this TOML file (`harvester init` writes one). Those of the command line replace them.",
    group=RUN,
)
@option(
    "--hub",
    metavar="URL|auto|sample",
    help="The Hub to crawl (default: HF_ENDPOINT or huggingface.co). auto: fall back to the sample Hub if that cannot "
    "be reached.",
    group=HUB,
)
@option(
    "--data",
    metavar="DIR|URL",
    help="Where the harvest is stored: a directory (default: data/<host>), or s3://bucket/prefix, gs://..., az://...",
    group=HUB,
)
@option(
    "--work",
    metavar="DIR",
    help="With --data URL: directory of journal, catalogue and a copy of the lake (default: one below data/).",
    group=HUB,
)
@option(
    "--publish-catalogue",
    is_flag=True,
    help="With --data URL: upload the catalogue beside the lake.",
    group=HUB,
)
@option(
    "--day",
    type=int,
    metavar="N",
    help="Move the sample Hub to day N, with new commits, renames, deletions... (default: the day it is at).",
    group=HUB,
)
@option(
    "--quota",
    metavar="PLAN",
    help="Enforce the quotas of this plan on the sample Hub, such as anonymous, free or pro (default: none).",
    group=HUB,
)
@option(
    "--send-token",
    is_flag=True,
    help="Send the token even if --hub is not huggingface.co, HF_ENDPOINT or a loopback address.",
    group=HUB,
)
@option("--author", help="Select models of one user or organisation.", group=MODELS)
@option("--task", help="Select models with this task (pipeline_tag).", group=MODELS)
@option("--library", help="Select models with this library.", group=MODELS)
@option("--tag", "tags", multiple=True, help="Select models with this tag. Repeat it to require several.", group=MODELS)
@option("--search", help="Select models whose name contains this text.", group=MODELS)
@option(
    "--sort",
    metavar="downloads|likes|created|modified",
    help="Which models --limit keeps: the first in this order.",
    group=MODELS,
)
@option("--limit", type=int, metavar="N", help="Select at most N models.", group=MODELS)
@option(
    "--sample",
    type=int,
    metavar="N",
    help="Draw N of the selected models (default: of the whole Hub), with weights.",
    group=MODELS,
)
@option(
    "--stratify",
    metavar="author|task|library|downloads|created",
    help="Draw --sample from each group of models, rare ones more often than their share.",
    group=MODELS,
)
@option("--seed", type=int, metavar="N", help="Another number draws another --sample (default: 0).", group=MODELS)
@option(
    "--ids",
    metavar="FILE|-",
    help="Select the models listed in a file, one repo or repo@revision per line.",
    group=MODELS,
)
@option("--all", "all_", is_flag=True, help="Select the whole Hub.", group=MODELS)
@option("--name", help="Name the selection, for --selection of the commands that read the catalogue.", group=MODELS)
@option(
    "--updates",
    is_flag=True,
    help="List only models that were modified since the last run of this selection. Needs one complete run first.",
    group=MODELS,
)
@option(
    "--with",
    "depths",
    default=",".join(defaults.DEPTHS),
    show_default=True,
    metavar="files,configs",
    help="what to read for each model (none: only what the listing contains).",
    values=depth_names,
    group=READING,
)
@option(
    "--documents",
    multiple=True,
    metavar="GLOB",
    help="Also read documents that match, in any folder; may be repeated.",
    group=READING,
)
@option(
    "--history-by",
    metavar="git|api",
    default=defaults.HISTORY_BY,
    show_default=True,
    help="How --with history reads commits: through git (one request per model) or the API (one per commit).",
    group=READING,
)
@option("--max-time", metavar="6h", help="Stop cleanly after this time, such as 90s, 30m, 6h or 2d.", group=LIMITS)
@option(
    "--max-requests",
    type=int,
    metavar="N",
    help="Stop cleanly after this many requests, including retries.",
    group=LIMITS,
)
@option(
    "--quota-share",
    type=float,
    default=defaults.QUOTA_SHARE,
    show_default=True,
    help="Share of the announced quota to use.",
    group=LIMITS,
)
@option(
    "--workers",
    type=int,
    metavar="N",
    help="Send at most N requests at the same time (default: as many as the announced quota needs, 8 to 64).",
    group=LIMITS,
)
@option(
    "--memory",
    type=int,
    metavar="MB",
    help="Memory limit for building the catalogue (default: half of what is available).",
    group=LIMITS,
)
@option("--fresh", is_flag=True, help="Start a new run instead of resuming an unfinished one.", group=RUN)
@option(
    "--dry-run",
    is_flag=True,
    help="Only list the models, and report how many requests the run would send and how long it would take.",
    group=RUN,
)
@option("--quiet", is_flag=True, help="Print no progress.", group=RUN)
@option("--json", "as_json", is_flag=True, help="Print progress and result as JSON lines.", group=RUN)
@click.pass_context
def harvest(
    ctx: click.Context, /, config: Path | None, dry_run: bool, quiet: bool, as_json: bool, ids: str | None, all_: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Crawl a selection of models into Parquet and build the DuckDB catalogue.

    Resumes an unfinished run of the same selection. A later run requests only what changed.
    """
    from harvester.commands.harvest import harvest_command
    from harvester.crawl.select import read_ids
    from harvester.options import harvest_options

    try:
        given = harvest_options(ids=None if ids is None else read_ids(ids), all=all_, **options)
    except UsageError as error:
        raise located(ctx, config, error) from None
    sys.exit(harvest_command(given, dry_run=dry_run, quiet=quiet, as_json=as_json))


@cli.command(cls=Command, examples=("harvester init", "harvester harvest --config harvest.toml"))
@click.argument("file", type=FILE, default="harvest.toml")
def init(file: Path) -> None:
    """Write FILE (default: harvest.toml), a commented file of the options of `harvester harvest`.

    Does not replace an existing file.
    """
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(template(harvest, file.name))
    except FileExistsError:
        raise UsageError(f"{file} exists already: choose another name, or remove it first") from None
    say(f"{file} written: set what to harvest, then run {program()} harvest --config {file}")


@cli.command(cls=Command, examples=("harvester build", "harvester build --reextract --memory 2000"))
@data_option
@option("--publish-catalogue", is_flag=True, help="With --data URL: upload the catalogue beside the lake.")
@option("--reextract", is_flag=True, help="First extract all stored documents again with the current extractor.")
@option(
    "--memory",
    type=click.IntRange(64),
    metavar="MB",
    help="Memory limit of the build (default: half of what is available).",
)
def build(data: Path | None, reextract: bool, memory: int | None, publish_catalogue: bool) -> None:
    """Rebuild catalogue.duckdb from the Parquet lake."""
    from harvester.commands.build import build_command

    say(
        build_command(
            data or newest_harvest(), reextract=reextract, memory_mb=memory, publish=publish_catalogue, say=_warn
        )
    )


@cli.command(cls=Command, examples=("harvester compact --data data/huggingface.co",))
@data_option
def compact(data: Path | None) -> None:
    """Merge the Parquet parts of many runs into a few sorted ones. Sends no requests; the catalogue stays the same."""
    from harvester.commands.compact import compact_command

    say(compact_command(data or newest_harvest(), _warn))


@cli.command(cls=Command, examples=("harvester status --verify", "harvester repair", "harvester repair --accept-loss"))
@data_option
@option("--accept-loss", is_flag=True, help="Also drop damaged parts that no run can restore.")
@yes_option
def repair(data: Path | None, accept_loss: bool, yes: bool) -> None:
    """Check every file of the lake and set damaged ones aside.

    A damaged part is set aside with the other parts of its batch, and the next run requests their contents again. A
    part that merging or compaction wrote cannot be restored like that: repair reports what would be lost, and drops
    it only with --accept-loss.
    """
    from harvester.commands.repair import repair_command

    confirm = partial(confirmed, yes=yes)
    say(repair_command(data or newest_harvest(), accept_loss=accept_loss, confirm=confirm, say=_warn))


@cli.command(cls=Command, examples=("harvester purge org/name --dry-run", "harvester purge org --yes"))
@click.argument("model")
@data_option
@option("--dry-run", is_flag=True, help="Only say what would be removed.")
@yes_option
def purge(model: str, data: Path | None, dry_run: bool, yes: bool) -> None:
    """Remove a model or an author from the lake and the catalogue.

    MODEL is a name, a hub_id or an author. Asks for confirmation. Later runs skip what was removed. Tombstones are
    kept.
    """
    from harvester.commands.purge import purge_command

    def confirm(question: str) -> bool:
        if dry_run:
            say(question)
            return False
        return confirmed(question, yes=yes)

    say(purge_command(data or newest_harvest(), model, _warn, confirm))


@cli.command(cls=Command, examples=("harvester doctor", "harvester doctor --hub sample --report doctor.json"))
@option("--hub", metavar="sample|URL", help="The Hub to check (default: HF_ENDPOINT or huggingface.co).")
@option("--data", type=DIRECTORY, metavar="DIR", help="Where the harvest would be stored.")
@option(
    "--report",
    type=FILE,
    metavar="FILE",
    help="Write an anonymised record to attach to an issue.",
)
@option(
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


@cli.command(
    "sample-hub",
    cls=Command,
    examples=("harvester sample-hub --models 5000 --quota anonymous --fault server-error=0.05",),
)
@sample_hub_options
def sample_hub(**options: Any) -> None:
    """Serve the sample Hub on this machine (127.0.0.1) until interrupted."""
    from harvester.sample import serve

    sys.exit(serve(options))


@cli.command(
    cls=Command,
    examples=(
        "harvester completion bash > ~/.local/share/bash-completion/completions/harvester",
        "source <(harvester completion zsh)",
        "harvester completion fish > ~/.config/fish/completions/harvester.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that completes commands, options and query names in your shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    say(kind(cli, {}, "harvester", "_HARVESTER_COMPLETE").source())


for _command in (*COMMANDS, *LOCK_COMMANDS, *SHARE_COMMANDS):
    cli.add_command(_command)


def _warn(message: str) -> None:
    """Print a line on stderr, control characters escaped."""
    say(f"harvester: {printable(message)}", err=True)


def main() -> None:
    """Run the command line and exit with the contract's code."""
    sys.exit(guarded(lambda: cli(standalone_mode=False, prog_name="harvester")))
