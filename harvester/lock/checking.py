"""Checks locked models: which requests, in which order, and their answers as findings. No output."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harvester.errors import HarvesterError
from harvester.extract.failure import extractor_error
from harvester.hub.budget import Stopped
from harvester.lock.classes import UNCHECKED, CommitBetween, Difference, Finding
from harvester.lock.compare import Step, Unanswered, compare
from harvester.lock.entry import Locked, Model
from harvester.lock.messages import message_of
from harvester.lock.snapshot import Head, Reader, Snapshot
from harvester.lock.threads import in_threads
from harvester.outcome import Missed, Outcome

#: Outcomes that mean that the model is not there, and the class of each.
_GONE = {
    Outcome.PRIVATE_OR_DELETED: ("gone", "deleted, or private"),
    Outcome.ABSENT: ("gone", "not there"),
    Outcome.DISABLED: ("disabled", "closed by the Hub"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one model; ``now`` is None where it could not be read, or nothing but its head had to be."""

    model: Model
    findings: tuple[Finding, ...]
    now: Snapshot | None = None


def check_models(
    reader: Reader, models: Sequence[Model], matters: frozenset[str], *, workers: int, at: str | None = None
) -> list[Checked]:
    """Check models in the order of ``models``; ``at``: compare with this revision instead of the head.

    Raises HubUnavailable.
    """
    heads = reader.heads(models) if at is None else {}

    def one(model: Model) -> Checked:
        try:
            return _check(reader, model, heads.get(model.name), matters, at)
        except (HarvesterError, Stopped):
            raise
        except Exception as error:
            why = f"could not be compared: {extractor_error(error)}"
            return Checked(model, (Finding(model.name, UNCHECKED, why, model.locked.commit, line=model.line),))

    return in_threads(workers, one, models)


def _check(reader: Reader, model: Model, head: Head | None, matters: frozenset[str], at: str | None) -> Checked:
    locked = model.locked
    if head is not None and _unchanged(locked, head):
        return Checked(model, ())
    revision = locked.revision if at is None else at
    now = reader.snapshot(model.name, revision, locked)
    if isinstance(now, Missed):
        return Checked(model, (_missing(model, now, revision, matters),))
    step = Step()
    about = _about(step, locked, model.name, now)
    commits: tuple[Sequence[CommitBetween], bool] | None = None
    same_repository = now.hub_id == locked.hub_id
    try:
        if now.commit != locked.commit:
            compared = compare(reader, model.name, locked, now)
            step.announced_by = compared.announced_by
            for name, differences in compared.found.items():
                step.found.setdefault(name, []).extend(differences)
            if same_repository:
                commits = reader.commits(now.name, now.commit, locked.commit)
    except Unanswered as error:
        finding = Finding(model.name, UNCHECKED, f"could not be compared: {error}", locked.commit, line=model.line)
        return Checked(model, (finding,), now)
    if "renamed" in about:
        step.announced_by.append("name")
    if commits is not None and not commits[1] and at is None:
        step.add("rewritten", Difference(None, "commit", "removed", locked.commit, None))
    if not step.found and now.commit != locked.commit:
        step.add("files", Difference(None, "commit", "changed", locked.commit, now.commit))
    between, known = ((), False) if commits is None else (tuple(commits[0]) if commits[1] else (), commits[1])
    base = Finding(
        model.name, "", "", locked.commit, now.commit, announced_by=tuple(step.announced_by), commits=between,
        commits_known=known, line=model.line,
    )  # fmt: skip
    found = [
        replace(
            base, kind=name, message=message_of(name, differences, only=len(step.found) == 1),
            differences=tuple(differences), matters=name in matters,
        )
        for name, differences in step.found.items()
    ]  # fmt: skip
    return Checked(model, tuple(sorted(found, key=lambda one: one.place)), now)


def _unchanged(locked: Locked, head: Head) -> bool:
    return (head.hub_id, head.commit, head.gated, head.disabled) == (
        locked.hub_id, locked.commit, locked.gated, locked.disabled
    )  # fmt: skip


#: How hard access is; an unknown word counts as manual.
_GATES = {"no": 0, "auto": 1}


def _about(step: Step, locked: Locked, name: str, now: Snapshot) -> list[str]:
    """Compare what is no file: the name, who has it, gating, scans."""
    if now.hub_id != locked.hub_id:
        step.add("replaced", Difference(None, "hub_id", "changed", locked.hub_id, now.hub_id))
    if now.name != name:
        step.add("renamed", Difference(None, "name", "changed", name, now.name))
    if now.gated != locked.gated:
        harder = _GATES.get(now.gated, 2) > _GATES.get(locked.gated, 2)
        step.add("gated" if harder else "open", Difference(None, "gated", "changed", locked.gated, now.gated))
    if now.disabled != locked.disabled:
        kind = "disabled" if now.disabled else "open"
        step.add(kind, Difference(None, "disabled", "changed", str(locked.disabled).lower(), str(now.disabled).lower()))
    for issue in sorted(set(now.issues or ()) - set(locked.scan_issues)):
        level, _, path = issue.partition(" ")
        step.add("unsafe", Difference(path, "scan", "added", None, level))
    return list(step.found)


def _missing(model: Model, missed: Missed, revision: str, matters: frozenset[str]) -> Finding:
    locked = model.locked
    if missed.outcome not in _GONE:
        why = f"could not be read ({missed.outcome}): {missed.error}"
        return Finding(model.name, UNCHECKED, why, locked.commit, line=model.line)
    kind, why = _GONE[missed.outcome]
    if missed.revision_gone and revision:
        why = f"its revision {revision} no longer exists"
    return Finding(model.name, kind, why, locked.commit, matters=kind in matters, line=model.line)
