"""The files of a harvest directory. Imports nothing heavy: the command line needs it for `--data`."""

import re
from dataclasses import dataclass
from pathlib import Path

from harvester.errors import UsageError


@dataclass(frozen=True, slots=True)
class Layout:
    """The contract's layout of a harvest directory."""

    root: Path

    @property
    def lake(self) -> Path:
        """Parquet parts: lake/<table>/run=<run_id>/part-*.parquet."""
        return self.root / "lake"

    @property
    def parts_list(self) -> Path:
        """The list of live parts and published batches; replacing it is the publication."""
        return self.lake / "parts.json"

    @property
    def holds_parts(self) -> bool:
        """Whether there are files of parts, listed or not."""
        return next(self.lake.glob("*/run=*/part-*.parquet"), None) is not None

    @property
    def damaged(self) -> Path:
        """Where damaged parts are set aside, with what belonged to them."""
        return self.lake / "damaged"

    @property
    def verified(self) -> Path:
        """Which parts were found whole when they were last read."""
        return self.scratch / "verified.json"

    @property
    def suppressions(self) -> Path:
        """Digests of what was purged."""
        return self.lake / "suppressed.json"

    @property
    def runs(self) -> Path:
        """One JSON file a run."""
        return self.root / "runs"

    @property
    def journal(self) -> Path:
        """Working memory of the open run."""
        return self.root / "journal.sqlite"

    @property
    def catalogue(self) -> Path:
        """The DuckDB file people query."""
        return self.root / "catalogue.duckdb"

    @property
    def scratch(self) -> Path:
        """Spill files and plans; may be removed whenever nothing runs."""
        return self.root / "tmp"

    @property
    def lock(self) -> Path:
        """The lock file of the writing process."""
        return self.root / "harvest.lock"

    def require(self) -> None:
        """Raise UsageError if this is not a harvest."""
        if not self.root.is_dir():
            raise UsageError(f"no harvest at {self.root}: the directory does not exist (run `harvester harvest` first)")
        if not self.parts_list.is_file() and not self.holds_parts:
            raise UsageError(f"{self.root} is not a harvest: it has no lake/parts.json (run `harvester harvest` first)")


def data_directory(given: object) -> Path:
    """Return the path of a harvest directory as given, `~` expanded. Raises UsageError if it cannot be one.

    DuckDB interprets `*`, `?` and `[` in a path as a pattern, and the text after a `?` as options.
    """
    if not isinstance(given, str | Path) or not str(given).strip():
        raise UsageError(f"--data takes a directory, not {given!r}")
    text = str(given)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", text):
        raise UsageError(f"--data takes a local directory; {text!r} is a URL, which is not supported yet")
    wrong = sorted({character for character in text if character in "*?[\\" or not character.isprintable()})
    if wrong:
        raise UsageError(f"--data cannot be {text!r}: DuckDB does not support {' '.join(map(ascii, wrong))} in a path")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UsageError(
            f"--data {text!r}: there is no such home directory; write ./{text} if that is its name"
        ) from None


def newest_harvest(root: Path = Path("data")) -> Path:
    """Return the most recently written harvest below ``root``. Raises UsageError if there is none."""
    found = sorted(root.glob("*/lake/parts.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError(f"there is no harvest in {root}/; run `harvester harvest`, or choose one with --data DIR")
    return found[-1].parent.parent
