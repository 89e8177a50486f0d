"""Which models `harvester lock` is to lock: its arguments, an id file, what a scan finds."""

from collections.abc import Sequence
from pathlib import Path

from harvester.crawl.select import parse_ids, read_ids
from harvester.errors import UsageError


def wanted_models(models: Sequence[str], ids: str | None, scan: Path | None, *, yes: bool) -> list[tuple[str, str]]:
    """Return names and revisions (empty: the head), each name once. Raises UsageError."""
    found = [*parse_ids(models, "MODEL"), *(read_ids(ids) if ids is not None else ())]
    named = [(one.repo_id, one.revision or "") for one in found]
    wanted: dict[str, str] = {}
    for name, revision in named:
        if wanted.setdefault(name, revision) != revision:
            both = f"{wanted[name] or 'main'} and {revision or 'main'}"
            raise UsageError(f"{name} is named at two revisions, {both}: choose one")
    if not wanted:
        raise UsageError("no models: name some, or give --ids FILE or --scan DIR")
    return list(wanted.items())
