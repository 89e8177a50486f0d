"""Findings as SARIF 2.1.0, which code hosts show as annotations: one rule per class, one result per finding.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; what GitHub reads of it:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from harvester import __version__
from harvester.lock.checking import Checked
from harvester.lock.classes import CLASSES, UNCHECKED, Finding
from harvester.terminal import printable

_RULES = (*((row.name, row.meaning) for row in CLASSES), (UNCHECKED, "the model could not be read"))
_PLACE = {name: place for place, (name, _) in enumerate(_RULES)}
#: GitHub's limit of results of one run.
RESULTS = 25_000


def sarif(checked: Sequence[Checked], path: Path, matters: frozenset[str]) -> str:
    """Return the report. The lock file's line of a model is the place of its findings."""
    findings = [finding for one in checked for finding in one.findings][:RESULTS]
    unread = any(finding.kind == UNCHECKED for finding in findings)
    rules = [_rule(name, meaning, name in matters or name == UNCHECKED) for name, meaning in _RULES]
    run = {
        "tool": {
            "driver": {
                "name": "harvester", "version": __version__, "semanticVersion": __version__,
                "rules": rules,
            }
        },
        "invocations": [{"executionSuccessful": not unread}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, path) for finding in findings],
    }  # fmt: skip
    value = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def _rule(name: str, meaning: str, matters: bool) -> dict[str, Any]:
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("_")),
        "shortDescription": {"text": meaning[:1].upper() + meaning[1:]},
        "fullDescription": {"text": f"A locked model changed: {meaning}."},
        "defaultConfiguration": {"level": "error" if matters else "note"},
    }


def _result(finding: Finding, path: Path) -> dict[str, Any]:
    text = f"{printable(finding.model)}: {finding.kind}: {printable(finding.message)}"
    if finding.commit not in (None, finding.locked):
        announced = ", ".join(finding.announced_by) or "nothing"
        text += f". Announced by: {announced}. Locked at {finding.locked[:10]}, now at {str(finding.commit)[:10]}."
    identity = "\n".join((finding.model, finding.kind, finding.locked, finding.commit or ""))
    return {
        "ruleId": finding.kind,
        "ruleIndex": _PLACE[finding.kind],
        "level": "error" if finding.matters else "note",
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(path)},
                    "region": {"startLine": max(finding.line, 1)},
                }
            }
        ],
        "partialFingerprints": {"harvesterFinding/v1": hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()},
    }


def _uri(path: Path) -> str:
    """Return a relative path as a URI reference, an absolute one as a file URI."""
    return path.as_uri() if path.is_absolute() else quote(PurePosixPath(*path.parts).as_posix())
