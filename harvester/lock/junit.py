"""Findings as JUnit XML: one test case per model, a failure for what matters, an error for what could not be read."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from harvester.lock.checking import Checked
from harvester.lock.classes import UNCHECKED, Finding
from harvester.terminal import printable


def junit(checked: Sequence[Checked], path: Path, matters: frozenset[str]) -> str:
    """Return the report. Harvested text cannot end an element: all of it is printable and escaped."""
    cases = [_case(one, path) for one in checked]
    failures = sum("<failure " in case for case in cases)
    errors = sum("<error " in case for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}"'
    suite = f"<testsuite name={quoteattr(printable(str(path)))} {counts}>"
    opening = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites {counts}>", suite]
    return "\n".join([*opening, *cases, "</testsuite>", "</testsuites>", ""])


def _case(one: Checked, path: Path) -> str:
    name = quoteattr(printable(one.model.name))
    place = f'file={quoteattr(printable(str(path)))} line="{one.model.line}"'
    opening = f"<testcase classname={quoteattr(printable(path.name))} name={name} {place}"
    if not one.findings:
        return opening + "/>"
    inside = []
    unread = [finding for finding in one.findings if finding.kind == UNCHECKED]
    serious = [finding for finding in one.findings if finding.matters and finding.kind != UNCHECKED]
    harmless = [finding for finding in one.findings if not finding.matters]
    if unread:
        inside.append(_element("error", unread))
    elif serious:
        inside.append(_element("failure", serious))
    if harmless:
        inside.append(f"<system-out>{_text(harmless)}</system-out>")
    return opening + ">" + "".join(inside) + "</testcase>"


def _element(name: str, findings: Sequence[Finding]) -> str:
    kinds = ", ".join(finding.kind for finding in findings)
    first = quoteattr(f"{kinds}: {printable(findings[0].message)}"[:500])
    return f"<{name} type={quoteattr(findings[0].kind)} message={first}>{_text(findings)}</{name}>"


def _text(findings: Sequence[Finding]) -> str:
    lines = [f"{finding.kind}: {printable(finding.message)}" for finding in findings]
    if announced := findings[0].announced_by:
        lines.append(f"announced by: {', '.join(announced)}")
    return escape("\n".join(lines))
