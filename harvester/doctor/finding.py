"""What a check found: what was expected, what was found, and what a harvest does about it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "differs", "fails", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor. ``then`` says what a harvest does, or what a person can do; empty if all is well."""

    check: str
    state: State
    expected: str
    found: str
    then: str = ""
    #: exit code if it fails: 1 answers of an unknown format, 2 this machine, 3 the Hub or the token
    code: int = 1

    @property
    def line(self) -> str:
        """The finding as text."""
        if self.state == "skipped":
            return f"not checked: {self.found}" + (f"; {self.then}" if self.then else "")
        return f"expected {self.expected}; found {self.found}" + (f"; {self.then}" if self.then else "")


def exit_code(findings: list[Finding]) -> int:
    """0, or the code of the gravest failure: an unreachable Hub or refused token before this machine before shapes."""
    return max((finding.code for finding in findings if finding.state == "fails"), default=0)
