"""The classes of findings, one row each, and what a finding is. Data; imports nothing that takes time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harvester.errors import UsageError


@dataclass(frozen=True, slots=True)
class FindingClass:
    """One class: its name for ``--fail-on``, what such a finding means, and whether it matters by default."""

    name: str
    meaning: str
    matters: bool = True


CLASSES: tuple[FindingClass, ...] = (
    FindingClass("gone", "deleted, private, or its locked branch no longer exists"),
    FindingClass("replaced", "its name now belongs to another repository"),
    FindingClass("renamed", "the repository has another name"),
    FindingClass("disabled", "closed by the Hub"),
    FindingClass("gated", "access must be requested, or is granted by hand instead of automatically"),
    FindingClass("rewritten", "the locked commit is no longer in the history"),
    FindingClass("labels", "class names or their indices"),
    FindingClass("licence", "the declared licence, its name or link, or a licence file"),
    FindingClass("architecture", "the architecture, shapes, modules or the base model of an adapter"),
    FindingClass("tokenizer", "tokenizer, vocabulary or special tokens"),
    FindingClass("chat_template", "a chat template"),
    FindingClass("generation", "defaults of generation: sampling, lengths, special token ids, scheduler"),
    FindingClass("context", "context length, position scaling or attention windows"),
    FindingClass("dtype", "dtype or quantization"),
    FindingClass("remote_code", "code of a repository that loading runs: added, changed or removed"),
    FindingClass("unsafe", "a file that can run code when loaded was added, or the Hub's scans flag a file"),
    FindingClass("weights", "files of weights: changed, added or removed"),
    FindingClass("config", "another setting of a config document (preprocessing, prompts, activation...)"),
    FindingClass("card", "only the model card", matters=False),
    FindingClass("open", "access is easier than before: no longer gated or no longer disabled", matters=False),
    FindingClass("noise", "only formatting, version stamps and where it was saved", matters=False),
    FindingClass("files", "only other files (images, logs, scripts that loading does not run)", matters=False),
)
#: A model that could not be read: exit code 3. Not a class of ``--fail-on``, because it always counts.
UNCHECKED = "unchecked"
_ORDER = {row.name: place for place, row in enumerate(CLASSES)} | {UNCHECKED: -1}
#: What `--fail-on` is by default.
DEFAULT_FAIL_ON = tuple(row.name for row in CLASSES if row.matters)
#: Another spelling of a class.
_SAME = {"license": "licence"}


def fail_on(names: str | Iterable[str] | None) -> frozenset[str]:
    """Return the classes that matter: those named (a text lists them with commas), by default ``DEFAULT_FAIL_ON``.

    Raises UsageError for an unknown class.
    """
    if names is None:
        return frozenset(DEFAULT_FAIL_ON)
    listed = names.split(",") if isinstance(names, str) else names
    found = [_SAME.get(word, word) for name in listed if (word := name.strip().lower().replace("-", "_"))]
    if unknown := [name for name in found if name not in _ORDER or name == UNCHECKED]:
        raise UsageError(f"--fail-on takes {', '.join(row.name for row in CLASSES)}; {unknown[0]!r} is none of them")
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: where, and the values before and after (None: there is none).

    ``path`` is a file of the repository (None: a fact about the repository); ``field`` a field of it, for labels the
    class index. ``change`` is added, removed, changed or permuted. Values of config fields are JSON texts.
    """

    path: str | None
    field: str | None
    change: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class CommitBetween:
    """A commit after the locked one, up to the compared one. Times are UTC."""

    commit: str
    title: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What changed in one locked model, of one class.

    ``model`` is the locked name; ``locked`` and ``commit`` are the locked commit and the one it was compared with
    (None: unknown). ``announced_by`` names what else changed: card_body, tag, name, new_version (empty: silent).
    ``commits`` lie in between, newest first; ``commits_known`` is False where the Hub did not list them. ``matters``
    says whether the class is one of those to fail on; a model that could not be read has the class ``unchecked``.
    """

    model: str
    kind: str
    message: str
    locked: str
    commit: str | None = None
    differences: tuple[Difference, ...] = ()
    announced_by: tuple[str, ...] = ()
    commits: tuple[CommitBetween, ...] = ()
    commits_known: bool = False
    matters: bool = True
    #: line of the model in the lock file
    line: int = field(default=1, compare=False)

    @property
    def place(self) -> int:
        """Position of the class among the classes."""
        return _ORDER[self.kind]

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-able values."""
        return {
            "model": self.model,
            "class": self.kind,
            "matters": self.matters,
            "message": self.message,
            "locked": self.locked,
            "commit": self.commit,
            "announced_by": list(self.announced_by),
            "differences": [
                {"path": d.path, "field": d.field, "change": d.change, "old": d.old, "new": d.new}
                for d in self.differences
            ],
            "commits_known": self.commits_known,
            "commits": [
                {"commit": c.commit, "title": c.title, "at": c.at.isoformat() + "Z" if c.at else None}
                for c in self.commits
            ],
            "line": self.line,
        }
