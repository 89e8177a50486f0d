"""The commands that share a catalogue: `export`, `publish`."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harvester.cli_options import FILE, Command, data_option, option
from harvester.lake.layout import newest_harvest
from harvester.terminal import printable, say

if TYPE_CHECKING:
    from harvester.publish.publish import Plan

include_option = option(
    "--include",
    default="",
    metavar="private,gated,authors,text",
    help="Include what is left out by default: private repositories, documents of gated ones, names of commit authors, "
    "free text.",
)


def _words(include: str) -> list[str]:
    return [word.strip() for word in include.split(",") if word.strip()]


@click.command(
    cls=Command, examples=("harvester export --output export", "harvester export --output all --include authors,text")
)
@option("--output", type=FILE, required=True, metavar="DIR", help="A new directory.")
@include_option
@data_option
def export(output: Path, include: str, data: Path | None) -> None:
    """Export the catalogue for sharing.

    Writes Parquet files, a dataset card (README.md), croissant.json, CITATION.cff, a data dictionary, a manifest and
    checksums. Secrets and e-mail addresses are masked.
    """
    from harvester.export.export import export as write

    manifest = write(data or newest_harvest(), output, _words(include))
    tables = manifest["tables"].values()
    say(
        f"{output}: {len(tables)} tables, {sum(t['rows'] for t in tables):,} rows, "
        f"{sum(t['bytes'] for t in tables):,} bytes; {sum(t['rows_left_out'] for t in tables):,} rows left out"
    )


@click.command(
    cls=Command,
    examples=(
        "harvester publish org/name --dry-run",
        "harvester publish org/name",
        "harvester publish org/name export --private",
    ),
)
@click.argument("repo")
@click.argument("folder", required=False, type=FILE)
@option("--hub", metavar="URL", help="The Hub to publish to (default: HF_ENDPOINT or huggingface.co).")
@option("--dry-run", is_flag=True, help="List the files, their sizes and what would be uploaded; write nothing.")
@option("--private", is_flag=True, help="Create the data set as a private one, if it does not exist yet.")
@option("--delete", is_flag=True, help="Remove files of tables from the data set that the export does not have.")
@include_option
@data_option
def publish(
    repo: str, folder: Path | None, hub: str | None, dry_run: bool, private: bool, delete: bool, include: str,
    data: Path | None,
) -> None:  # fmt: skip
    """Publish an export as a data set on the Hub.

    REPO is the data set (owner/name), FOLDER what `harvester export` wrote; without FOLDER, the catalogue is exported
    first. Only files that differ are uploaded, in one commit. If it is interrupted, run it again. The token is that of
    HF_TOKEN or of `hf auth login`.
    """
    from harvester.errors import HubUnavailable
    from harvester.hub.answers import is_repo_id
    from harvester.hub.connect import check_endpoint, default_endpoint, token_for
    from harvester.publish.publish import ATTEMPTS, preview, unseen
    from harvester.publish.publish import publish as upload

    if not is_repo_id(repo) or "/" not in repo:
        raise click.UsageError(f"REPO is the name of a data set, owner/name, not {printable(repo)!r}")
    endpoint = default_endpoint() if hub is None else check_endpoint(hub)
    token = token_for(endpoint, send_token=False)
    with _exported(folder, include, data) as files:
        if dry_run:
            try:
                plan = preview(files, repo, endpoint=endpoint, token=token)
            except HubUnavailable as error:
                say(f"harvester: {error}; every file is listed as new", err=True)
                plan = unseen(files, repo)
            for change, some in (("new", plan.new), ("changed", plan.changed), ("unchanged", plan.unchanged)):
                for file in some:
                    say(f"{change:9}  {file.size:>14,}  {file.path}")
            for path in plan.stale:
                say(f"{'delete' if delete else 'kept':9}  {'':>14}  {printable(path)}")
            say(f"{_summary(plan)}; nothing was written")
            return
        plan, url = upload(
            files, repo, endpoint=endpoint, token=token, private=private, delete=delete,
            say=lambda text: say(f"{text} (at most {ATTEMPTS} attempts)", err=True),
        )  # fmt: skip
        say(f"{url}: {_summary(plan)}")
        if plan.stale and not delete:
            say(f"{len(plan.stale)} files of tables are not in this export and stay (--delete removes them)", err=True)


def _summary(plan: "Plan") -> str:
    size = sum(file.size for file in plan.uploads)
    return f"{len(plan.new)} files new, {len(plan.changed)} changed ({size:,} bytes), {len(plan.unchanged)} unchanged"


@contextmanager
def _exported(folder: Path | None, include: str, data: Path | None) -> Iterator[Path]:
    """Give the folder of an export; one that is made for this is removed afterwards."""
    if folder is not None:
        if include or data is not None:
            raise click.UsageError(
                "--include and --data are for an export that is made now: give either them or FOLDER"
            )
        yield folder
        return
    from harvester.export.export import export as write

    source = data or newest_harvest()
    # A fixed name: what a kill left is removed by the next publication.
    made = source / "publish"
    shutil.rmtree(made, ignore_errors=True)
    try:
        write(source, made, _words(include))
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


COMMANDS = (export, publish)
