"""Findings as a table for people, as JSON and as Markdown; SARIF and JUnit have modules of their own. Pure."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from harvester.lock.checking import Checked
from harvester.lock.classes import UNCHECKED, Finding
from harvester.lock.junit import junit
from harvester.lock.messages import counted
from harvester.lock.sarif import sarif
from harvester.terminal import printable

#: Classes that nobody announces.
_UNANNOUNCED = ("card", "noise", "files")
#: Commits named in a table.
COMMITS = 5
_MARKDOWN = re.compile(r"([\\|`*_\[\]<>&#!~])")


def summary(checked: Sequence[Checked]) -> str:
    """Return the last line of a report: how many models were checked, and what came of it."""
    findings = [finding for one in checked for finding in one.findings]
    unread = sum(any(finding.kind == UNCHECKED for finding in one.findings) for one in checked)
    changed = sum(bool(one.findings) for one in checked) - unread
    matter = sum(finding.matters for finding in findings if finding.kind != UNCHECKED)
    serious = f"{counted(matter, 'finding')} that matter{'s' * (matter == 1)}"
    text = f"{counted(len(checked) - unread, 'model')} checked: {changed:,} changed, {serious}"
    return text + (f"; {unread:,} could not be checked" if unread else "")


def table(checked: Sequence[Checked]) -> Iterator[str]:
    """Yield the lines of the findings, model by model."""
    for one in checked:
        if not one.findings:
            continue
        first = one.findings[0]
        until = f" -> {first.commit[:10]}" if first.commit and first.commit != first.locked else ""
        yield printable(f"{first.model}  {first.locked[:10]}{until}")
        widest = max(len(finding.kind) for finding in one.findings)
        for finding in one.findings:
            yield f"  {'!' if finding.matters else ' '} {finding.kind:{widest}}  {printable(finding.message)}"
        yield from _context(one.findings)
        yield ""


def _context(findings: Sequence[Finding]) -> Iterator[str]:
    finding = findings[0]
    if finding.kind == UNCHECKED or finding.commit in (None, finding.locked):
        return
    if any(one.kind not in _UNANNOUNCED for one in findings):
        yield f"    announced by: {', '.join(finding.announced_by) or 'nothing (silent)'}"
    for commit in finding.commits[:COMMITS]:
        at = f"{commit.at:%Y-%m-%d} " if commit.at else ""
        yield f"    {commit.commit[:10]} {at}{printable(commit.title)[:100]}"
    if len(finding.commits) > COMMITS:
        yield f"    and {len(finding.commits) - COMMITS:,} older commits"


def _as_table(checked: Sequence[Checked], path: Path, matters: frozenset[str]) -> str:
    return "\n".join([*table(checked), summary(checked)]) + "\n"


def _as_json(checked: Sequence[Checked], path: Path, matters: frozenset[str]) -> str:
    value = {
        "lock": str(path),
        "fail_on": sorted(matters),
        "checked": sum(all(finding.kind != UNCHECKED for finding in one.findings) for one in checked),
        "unchecked": [one.model.name for one in checked if any(f.kind == UNCHECKED for f in one.findings)],
        "findings": [finding.as_dict() for one in checked for finding in one.findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def _as_markdown(checked: Sequence[Checked], path: Path, matters: frozenset[str]) -> str:
    lines = [f"# Models of {_plain(str(path))}", "", f"{summary(checked)}.", ""]
    for one in checked:
        if not one.findings:
            continue
        first = one.findings[0]
        until = f" to {first.commit[:10]}" if first.commit and first.commit != first.locked else ""
        lines += [f"## {_plain(first.model)}", "", f"Locked at {first.locked[:10]}{until}.", ""]
        lines += ["| class | matters | what changed |", "| --- | --- | --- |"]
        lines += [f"| {f.kind} | {'yes' if f.matters else 'no'} | {_plain(f.message)} |" for f in one.findings]
        if context := list(_context(one.findings)):
            lines += ["", *(f"- {_plain(line.strip())}" for line in context)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _plain(text: str) -> str:
    """Return harvested text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", printable(text))


Report = Callable[[Sequence[Checked], Path, frozenset[str]], str]
#: The formats of `harvester check`.
REPORTS: Mapping[str, Report] = {
    "table": _as_table, "json": _as_json, "markdown": _as_markdown, "sarif": sarif, "junit": junit,
}  # fmt: skip
