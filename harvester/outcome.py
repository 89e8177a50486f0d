"""The outcome of every requested item. What is missing is a value with a reason."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Outcome(StrEnum):
    """The closed list of outcomes; each requested (model, item) has exactly one."""

    OK = "ok"
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    GATED = "gated"
    PRIVATE_OR_DELETED = "private_or_deleted"
    RENAMED = "renamed"
    REPLACED = "replaced"
    DISABLED = "disabled"
    INVALID = "invalid"
    OVERSIZED = "oversized"
    MISMATCH = "mismatch"
    FAILED = "failed"
    PENDING = "pending"


#: Outcomes that make a finished run exit with 1.
FAILURES = frozenset({Outcome.FAILED, Outcome.MISMATCH})


@dataclass(frozen=True, slots=True)
class Got(Generic[T]):
    """An answer that came: its value, how many requests it took, the last HTTP status, and when (UTC)."""

    value: T
    attempts: int
    status: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Missed:
    """An answer that did not come, and why."""

    outcome: Outcome
    attempts: int
    status: int | None
    error: str
    at: datetime
    #: the requested commit no longer exists, but the repository may
    revision_gone: bool = False


Answer = Got[T] | Missed
