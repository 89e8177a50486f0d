"""A lock file for models: what a project uses, at the commits it was reviewed at, and what changed since.

findings = harvester.lock.check("models.lock")

Not to be confused with the lock of a harvest directory (``harvester/crawl/lock.py``).
"""

from collections.abc import Iterable
from pathlib import Path

from harvester.lock.classes import CLASSES, DEFAULT_FAIL_ON, CommitBetween, Difference, Finding, FindingClass

__all__ = ["CLASSES", "DEFAULT_FAIL_ON", "CommitBetween", "Difference", "Finding", "FindingClass", "check"]


def check(
    path: str | Path = "models.lock",
    *,
    hub: str | None = None,
    data: str | Path | None = None,
    day: int | None = None,
    send_token: bool = False,
    fail_on: str | Iterable[str] | None = None,
) -> list[Finding]:
    """Return what changed in the models of a lock file, in its order; empty: nothing did.

    ``hub`` and ``send_token`` are those of `harvester check`; ``data`` is a harvest directory to compare with instead
    of a Hub. ``fail_on`` decides ``Finding.matters`` (default: ``DEFAULT_FAIL_ON``). Models that could not be read are
    findings of the class `unchecked`. Raises UsageError (lock file, options) and HubUnavailable.
    """
    from harvester.lock.classes import fail_on as chosen
    from harvester.lock.file import read
    from harvester.lock.run import run_check

    models = read(Path(path))
    checked = run_check(models, hub=hub, data=data, day=day, send_token=send_token, matters=chosen(fail_on))
    return [finding for one in checked for finding in one.findings]
