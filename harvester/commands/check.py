"""`harvester check`: compares a lock file with a Hub or a harvest, prints a report, decides the exit code."""

from pathlib import Path

from harvester.ask.output import write_text
from harvester.lock.classes import UNCHECKED
from harvester.lock.file import read
from harvester.lock.report import REPORTS
from harvester.lock.run import run_check


def check_command(
    path: Path, *, format_: str, output: Path | None, matters: frozenset[str], hub: str | None, data: Path | None,
    day: int | None, send_token: bool,
) -> int:  # fmt: skip
    """Check; the exit code: 0 nothing that matters, 1 something does, 3 some models could not be checked."""
    models = read(path)
    checked = run_check(models, hub=hub, data=data, day=day, send_token=send_token, matters=matters)
    write_text(REPORTS[format_](checked, path, matters), output)
    findings = [finding for one in checked for finding in one.findings]
    if any(finding.matters for finding in findings if finding.kind != UNCHECKED):
        return 1
    return 3 if findings and any(finding.kind == UNCHECKED for finding in findings) else 0
