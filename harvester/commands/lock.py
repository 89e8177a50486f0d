"""`harvester lock` and `harvester update`: what to lock, what to ask, what to write and print."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harvester import defaults
from harvester.errors import DOCTOR, UsageError
from harvester.lock.checking import Checked, check_models
from harvester.lock.classes import fail_on
from harvester.lock.entry import Model
from harvester.lock.file import read, write
from harvester.lock.messages import counted
from harvester.lock.report import table
from harvester.lock.run import Refused, Wanted, lock_models, opened_hub
from harvester.terminal import printable, say

Confirm = Callable[[str], bool]
#: Models named in the question before they are moved.
NAMED = 10


def lock_command(
    wanted: Sequence[tuple[str, str]], output: Path, *, hub: str | None, day: int | None, send_token: bool
) -> int:
    """Lock models that are not locked yet; the exit code. Raises HarvesterError."""
    known = {model.name: model for model in read(output)} if output.exists() else {}
    missing = [(name, revision) for name, revision in dict(wanted).items() if name not in known]
    for name in sorted({name for name, _ in wanted} & known.keys()):
        say(f"harvester: {name} is locked already; `harvester update {name}` moves it", err=True)
    with opened_hub(hub, day=day, send_token=send_token) as reader:
        found = lock_models(reader, [Wanted(name, revision) for name, revision in missing])
    locked = {model.name: model for model in found if isinstance(model, Model)}
    for (name, _), model in zip(missing, found, strict=True):
        if isinstance(model, Model):
            _say_locked(name, model, known)
    refused = [model for model in found if isinstance(model, Refused)]
    new = locked.keys() - known.keys()
    if new:
        write(output, {**locked, **known}.values())
    say(f"{output}: {counted(len(new), 'model')} locked, {len(known) + len(new):,} in all")
    return _report(refused)


def _say_locked(requested: str, model: Model, known: dict[str, Model]) -> None:
    if model.name in known:
        say(f"harvester: {requested} is now {model.name}, which is locked already", err=True)
    elif model.name != requested:
        say(f"harvester: {requested} is now {model.name}; it is locked under that name", err=True)
    if model.locked.unread:
        paths = ", ".join(f"{path} ({why})" for path, why in sorted(model.locked.unread.items()))
        say(f"harvester: {model.name}: not read: {printable(paths)}; only digests are compared", err=True)


def _report(refused: Sequence[Refused]) -> int:
    for one in refused:
        say(f"harvester: {one.name} was not locked: {one.why}", err=True)
    failed = any(one.failed for one in refused)
    if failed:
        say(f"harvester: the Hub could not be read; {DOCTOR}", err=True)
    return 3 if failed else 1 if refused else 0


def update_command(
    path: Path, names: Sequence[str], to: str | None, *, hub: str | None, day: int | None, send_token: bool,
    confirm: Confirm,
) -> int:  # fmt: skip
    """Show what changed in locked models and move them after confirmation; the exit code. Raises HarvesterError."""
    models = read(path)
    known = {model.name: model for model in models}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"{path} does not lock {unknown[0]}; `harvester lock {unknown[0]}` does")
    if to is not None and len(names) != 1:
        raise UsageError("--to moves one model to a revision: name that model")
    chosen = [known[name] for name in dict.fromkeys(names)] or models
    with opened_hub(hub, day=day, send_token=send_token) as reader:
        checked = check_models(reader, chosen, fail_on(None), workers=defaults.WORKERS, at=to)
        moving = [one for one in checked if one.now is not None and not _unread(one) and _moves(one, to)]
        stuck = [one for one in checked if one.findings and one not in moving]
        for line in table([one for one in checked if one.findings]):
            say(line)
        if not moving:
            say(f"{path}: nothing to move")
            return 3 if any(_unread(one) for one in stuck) else 1 if stuck else 0
        names_moving = ", ".join(one.model.name for one in moving[:NAMED])
        more = f" and {len(moving) - NAMED:,} more" if len(moving) > NAMED else ""
        if not confirm(f"{path}: move {counted(len(moving), 'model')} ({names_moving}{more}) to what is there now"):
            say(f"{path} was not changed")
            return 0
        moved = dict(known)
        refused: list[Refused] = []
        wanted = [Wanted(one.model.name, one.model.locked.revision if to is None else to, one.now) for one in moving]
        for requested, made in zip(wanted, lock_models(reader, wanted), strict=True):
            if isinstance(made, Refused):
                refused.append(made)
                continue
            del moved[requested.name]
            moved[made.name] = made
    write(path, moved.values())
    say(f"{path}: {counted(len(moving) - len(refused), 'model')} moved")
    code = _report(refused)
    return code or (3 if any(_unread(one) for one in stuck) else 1 if stuck else 0)


def _unread(one: Checked) -> bool:
    return any(finding.kind == "unchecked" for finding in one.findings)


def _moves(one: Checked, to: str | None) -> bool:
    """Whether there is something to write: a finding, or another branch or tag to compare with."""
    return bool(one.findings) or (to is not None and to != one.model.locked.revision)
