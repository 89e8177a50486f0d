"""How a harvest ended, as what the command line prints and Python returns."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class _Count:
    """A count of the run's record; 0 if a stopped run has none."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, result: "HarvestResult", owner: type) -> int:
        return int(result.record.get(self._name) or 0)


@dataclass(frozen=True, repr=False)
class HarvestResult:
    """How a harvest ended.

    ``status`` is done, cut (a limit), open (cut inside its listing) or interrupted. ``record`` has the values of the
    run's row in table `runs`, the counts among them are fields too.
    """

    status: str
    run_id: str
    record: dict[str, Any] = field(default_factory=dict)
    resumed: bool = False
    data: Path = Path()

    listed = _Count()
    planned = _Count()
    fetched = _Count()
    unchanged = _Count()
    pending = _Count()
    failed = _Count()
    requests_api = _Count()
    requests_resolvers = _Count()
    requests_other = _Count()
    requests_git = _Count()
    rate_limited = _Count()
    retries = _Count()
    known_documents = _Count()
    bytes_read = _Count()

    def __str__(self) -> str:
        return (
            f"run {self.run_id} {self.status}: {self.listed:,} models listed, {self.unchanged:,} unchanged, "
            f"{self.fetched:,} read, {self.pending:,} pending, {self.failed:,} failed"
        )

    def __repr__(self) -> str:
        return f"HarvestResult({self}; data={str(self.data)!r})"
