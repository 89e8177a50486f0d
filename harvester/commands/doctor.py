"""`harvester doctor`: checks this machine and the Hub, one line per check; can write a report."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harvester.ask.output import terminal_width
from harvester.clock import SystemClock
from harvester.commands.harvest import directory_name
from harvester.doctor.examination import Examination
from harvester.doctor.finding import Finding, exit_code
from harvester.doctor.machine import machine
from harvester.doctor.protocol import examine
from harvester.doctor.record import record
from harvester.doctor.recording import REQUESTS
from harvester.errors import LocalError
from harvester.hub.connect import HubSettings, check_endpoint, close_hub, default_endpoint, open_hub, token_for
from harvester.terminal import printable, say

#: Seconds without a byte after which the doctor gives an answer up: sooner than a harvest, for a person waits.
READ_TIMEOUT = 8.0
_VERDICT = {
    0: "a harvest can run",
    1: "a harvest would stop or be wrong: write a report with --report FILE and attach it to an issue",
    2: "this machine is not ready",
    3: "a harvest would end with exit code 3",
}


@contextmanager
def _endpoint(hub: str | None) -> Iterator[tuple[str, bool]]:
    """The endpoint, and whether it is the embedded sample Hub, which is served meanwhile."""
    if hub != "sample":
        yield (default_endpoint() if hub in (None, "auto") else check_endpoint(str(hub))), False
        return
    from harvester.sample import served

    with served(quota="free") as (url, _):
        yield url, True


def doctor_command(*, hub: str | None, data: Path | None, report: Path | None, send_token: bool) -> int:
    """Check, print, write the record; the exit code. Raises HarvesterError."""
    with _endpoint(hub) as (endpoint, embedded):
        where = data or Path("data") / ("sample-hub" if embedded else directory_name(endpoint))
        token = None if embedded else token_for(endpoint, send_token=send_token)
        findings = list(machine(where))
        findings.append(_token(token, endpoint, embedded))
        answered, seen = _ask(endpoint, token)
        findings += answered
    name = "the embedded sample Hub" if embedded else endpoint
    say(f"{name}, {'with a token' if token else 'anonymous'}")
    for finding in findings:
        say(_shown(finding))
    code = exit_code(findings)
    states = Counter(finding.state for finding in findings)
    counts = ", ".join(f"{states[state]} {state}" for state in ("ok", "differs", "fails", "skipped") if states[state])
    say(f"{seen.recorded.sent} of at most {REQUESTS} requests; {counts}: {_VERDICT[code]}")
    if report is not None:
        body = record(
            findings, seen.recorded.exchanges, endpoint=endpoint, token=token, secret=seen.secret, data=where,
            now=SystemClock().utc(),
        )  # fmt: skip
        try:
            report.write_bytes(body)
        except OSError as error:
            raise LocalError(f"cannot write {report}: {error.strerror}") from None
        say(f"report: {report} (contains no token and no account, but the Hub's host)")
    return code


def _ask(endpoint: str, token: str | None) -> tuple[list[Finding], Examination]:
    settings = HubSettings(endpoint, token=token, max_requests=REQUESTS, workers=1, read_timeout=READ_TIMEOUT)
    clock = SystemClock()
    hub = open_hub(settings, clock, lambda _: None)
    try:
        return examine(hub, clock, token=token is not None)
    finally:
        close_hub(hub)


def _token(token: str | None, endpoint: str, embedded: bool) -> Finding:
    """Report whether a token is sent; a later check validates it."""
    check, expected = "credentials", "a token (HF_TOKEN or `hf auth login`), which doubles the quota"
    if embedded:
        return Finding(check=check, state="ok", expected="none: the sample Hub needs no token", found="none sent")
    if token is not None:
        return Finding(check=check, state="ok", expected=expected, found="one, which is sent")
    if token_for(endpoint, send_token=True) is not None:
        found, then = "one, which is not sent", f"use --send-token if {endpoint} may receive it"
    else:
        found, then = "none", "the harvest is anonymous"
    return Finding(check=check, state="differs", expected=expected, found=found, then=then)


def _shown(finding: Finding) -> str:
    """A finding in one line, on a terminal folded to its width."""
    # Texts from a Hub are printed on a terminal.
    head, line, width = f"{finding.state:<8} {finding.check:<14} ", printable(finding.line), terminal_width()
    if width is None:
        return head + line
    return textwrap.fill(
        line, max(40, width), initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
