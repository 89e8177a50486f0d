"""Which models `harvester lock` is to lock: its arguments, an id file, what a scan finds."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harvester.crawl.select import parse_ids, read_ids
from harvester.errors import UsageError
from harvester.lock.messages import counted
from harvester.lock.scan.names import Mention
from harvester.lock.scan.walk import Scanned, scan
from harvester.terminal import printable, say

#: Places of one name that are printed.
PLACES = 5


def wanted_models(
    models: Sequence[str], ids: str | None, folder: Path | None, *, take: Callable[[str], bool] | None
) -> list[tuple[str, str]]:
    """Return names and revisions (empty: the head), each name once.

    ``take`` decides about a doubtful name; None: there is no terminal, and they are left out. Raises UsageError.
    """
    named = [*parse_ids(models, "MODEL"), *(read_ids(ids) if ids is not None else ())]
    wanted: dict[str, str] = {}
    for one in named:
        revision = one.revision or ""
        if wanted.setdefault(one.repo_id, revision) != revision:
            both = f"{wanted[one.repo_id] or 'main'} and {revision or 'main'}"
            raise UsageError(f"{one.repo_id} is named at two revisions, {both}: choose one")
    if folder is not None:
        for name, revision in _scanned(scan(folder), folder, take):
            wanted.setdefault(name, revision)
    if not wanted and folder is None:
        raise UsageError("no models: name some, or give --ids FILE or --scan DIR")
    return list(wanted.items())


def _scanned(scanned: Scanned, folder: Path, take: Callable[[str], bool] | None) -> Iterable[tuple[str, str]]:
    by_name: dict[str, list[Mention]] = {}
    for mention in scanned.mentions:
        by_name.setdefault(mention.name, []).append(mention)
    _report(scanned, folder, len(by_name))
    left_out = []
    for name, mentions in sorted(by_name.items()):
        sure = any(mention.sure for mention in mentions)
        why = "" if sure else f" ({mentions[0].why})"
        line = f"{name}: {_places(mentions)}{why}"
        if sure:
            say(line, err=True)
        elif take is None:
            left_out.append(line)
            continue
        elif not take(f"{line}: lock it?"):
            continue
        yield name, _revision(mentions)
    for line in left_out:
        say(f"harvester: left out, because it may be no model: {line}", err=True)
    if left_out:
        say("harvester: to lock them, name them, or confirm all with --yes", err=True)


def _report(scanned: Scanned, folder: Path, names: int) -> None:
    say(f"{folder}: {counted(scanned.files, 'file')} read, {counted(names, 'name')} found", err=True)
    for why, count in sorted(scanned.skipped.items()):
        say(f"harvester: {count:,} files {why} and were not read", err=True)


def _places(mentions: Sequence[Mention]) -> str:
    places = list(dict.fromkeys(f"{one.file}:{one.line} {one.how}" for one in mentions))
    more = f" and {len(places) - PLACES:,} more" if len(places) > PLACES else ""
    return printable(", ".join(places[:PLACES]) + more)


def _revision(mentions: Sequence[Mention]) -> str:
    """Return the revision that the code loads; the head where it names several, or none in some places."""
    revisions = {mention.revision for mention in mentions if mention.sure} or {one.revision for one in mentions}
    if len(revisions) > 1:
        say(f"harvester: {mentions[0].name} is used at {len(revisions)} revisions; its head is locked", err=True)
        return ""
    return next(iter(revisions))
