"""The commands about the lock file for models: lock, check, update."""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from harvester.cli_options import DIRECTORY, FILE, OUTPUT, Checked, Command, at_terminal, confirmed, option, yes_option
from harvester.lock.classes import CLASSES, DEFAULT_FAIL_ON, fail_on
from harvester.terminal import printable

HUB, MODELS = "Hub", "Models"
#: Name of the lock file if none is given.
LOCK = "models.lock"
FORMATS = ("table", "json", "markdown", "sarif", "junit")


def hub_options(function: Any) -> Any:
    """Add the options that choose a Hub."""
    for one in (
        option(
            "--send-token", is_flag=True, group=HUB,
            help="Send the token even if --hub is not huggingface.co, HF_ENDPOINT or a loopback address.",
        ),
        option("--day", type=click.IntRange(0), metavar="N", help="Day of the sample Hub (default: 0).", group=HUB),
        option("--hub", metavar="URL|sample", help="The Hub (default: HF_ENDPOINT or huggingface.co).", group=HUB),
    ):  # fmt: skip
        function = one(function)
    return function


@click.command(
    cls=Command,
    examples=(
        "harvester lock openai-community/gpt2 BAAI/bge-m3@main",
        "harvester lock --ids models.txt --output models.lock",
        "harvester lock --scan .",
    ),
)
@click.argument("models", nargs=-1, metavar="[MODEL...]")
@option("--ids", metavar="FILE|-", help="Lock the models of a file, one repo or repo@revision per line.", group=MODELS)
@option(
    "--scan", type=DIRECTORY, metavar="DIR", group=MODELS,
    help="Lock the models that the code and settings below DIR name.",
)  # fmt: skip
@option("--output", type=FILE, default=LOCK, show_default=True, metavar="FILE", help="The lock file.", group=OUTPUT)
@yes_option
@hub_options
def lock(
    models: tuple[str, ...], ids: str | None, scan: Path | None, output: Path, yes: bool, hub: str | None,
    day: int | None, send_token: bool,
) -> None:  # fmt: skip
    """Write a lock file: the models that a project uses, at their present commits.

    MODEL is owner/name or owner/name@revision. Models that are locked already stay as they are: see update. With
    --scan, names that are not certainly models are locked only if you confirm them (--yes: all); without a terminal
    they are left out.

    Exit codes: 0 all are locked; 1 some do not exist or are private; 2 wrong usage or lock file; 3 the Hub could not
    be reached.
    """
    from harvester.commands.lock import lock_command
    from harvester.commands.wanted import wanted_models

    take = (lambda _: True) if yes else _ask if at_terminal() else None
    wanted = wanted_models(models, ids, scan, take=take)
    sys.exit(lock_command(wanted, output, hub=hub, day=day, send_token=send_token))


def _ask(question: str) -> bool:
    return click.confirm(printable(question), err=True)


@click.command(
    cls=Command,
    examples=(
        "harvester check",
        "harvester check --fail-on labels,licence,gone,unsafe",
        "harvester check models.lock --format sarif --output models.sarif",
        "harvester check --data data/huggingface.co",
    ),
)
@click.argument("path", metavar="[models.lock]", type=FILE, default=LOCK)
@option(
    "--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="Output format.",
    group=OUTPUT,
)  # fmt: skip
@option("--output", type=FILE, metavar="FILE", help="Write to FILE instead of stdout.", group=OUTPUT)
@option(
    "--fail-on", "matters", type=Checked("classes", fail_on), default=",".join(DEFAULT_FAIL_ON), metavar="CLASS,...",
    help=f"Which classes matter: any of {', '.join(row.name for row in CLASSES)} (default: all but "
    f"{', '.join(row.name for row in CLASSES if not row.matters)}).",
)  # fmt: skip
@option(
    "--data", type=DIRECTORY, metavar="DIR", group=HUB,
    help="Compare with a harvest instead of a Hub: no request is sent.",
)  # fmt: skip
@hub_options
def check(
    path: Path, format_: str, output: Path | None, matters: frozenset[str], data: Path | None, hub: str | None,
    day: int | None, send_token: bool,
) -> None:  # fmt: skip
    """Report what changed in the locked models since they were locked.

    Exit codes: 0 nothing that matters; 1 something does; 2 wrong usage or lock file; 3 the Hub, or some of the models,
    could not be read, and nothing that matters was found in the others.
    """
    from harvester.commands.check import check_command

    code = check_command(
        path, format_=format_, output=output, matters=matters, hub=hub, data=data, day=day, send_token=send_token
    )
    sys.exit(code)


@click.command(
    cls=Command,
    examples=("harvester update", "harvester update openai-community/gpt2", "harvester update org/name --to v1.1"),
)
@click.argument("models", nargs=-1, metavar="[MODEL...]")
@option("--lock", "path", type=FILE, default=LOCK, show_default=True, metavar="FILE", help="The lock file.")
@option("--to", metavar="REV", help="Move one model to this commit, branch or tag (default: the newest commit).")
@yes_option
@hub_options
def update(
    models: tuple[str, ...], path: Path, to: str | None, yes: bool, hub: str | None, day: int | None, send_token: bool
) -> None:
    """Move locked models to their present commits, after showing what changed.

    Without MODEL: all of them. Exit codes: 0 all are up to date; 1 some are gone; 2 wrong usage or lock file; 3 the Hub
    could not be reached.
    """
    from harvester.commands.lock import update_command

    confirm = partial(confirmed, yes=yes)
    code = update_command(path, models, to, hub=hub, day=day, send_token=send_token, confirm=confirm)
    sys.exit(code)


COMMANDS = (lock, check, update)
