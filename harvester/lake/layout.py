"""The files of a harvest directory. Imports nothing heavy: the command line needs it for `--data`."""

from dataclasses import dataclass
from pathlib import Path

from harvester.errors import UsageError
from harvester.lake.location import forget_unused, local_path, remote_of, scheme_of, work_directory


@dataclass(frozen=True, slots=True)
class Layout:
    """The contract's layout of a harvest directory."""

    root: Path

    @property
    def remote(self) -> str | None:
        """URL of the object store whose work directory this is; None if the lake is stored here. Raises LocalError."""
        return remote_of(self.root)

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
        """Raise UsageError if this is not a harvest. Brings the copy of what is in an object store up to date."""
        if self.remote is not None:
            from harvester.lake.store import store_of

            store = store_of(self)
            store.refresh()
            if not self.parts_list.is_file() and not self.holds_parts and not store.sizes():
                forget_unused(self.root)
                raise UsageError(
                    f"no harvest at {self.remote}: it has no lake/parts.json (run `harvester harvest` first)"
                )
            return
        if not self.root.is_dir():
            raise UsageError(f"no harvest at {self.root}: the directory does not exist (run `harvester harvest` first)")
        if not self.parts_list.is_file() and not self.holds_parts:
            raise UsageError(f"{self.root} is not a harvest: it has no lake/parts.json (run `harvester harvest` first)")


def data_directory(given: object, work: object = None) -> Path:
    """Return the path of a harvest directory as given, `~` expanded. Raises UsageError if it cannot be one.

    For a URL of an object store that is its work directory: ``work``, else one below data/.

    DuckDB interprets `*`, `?` and `[` in a path as a pattern, and the text after a `?` as options.
    """
    if not isinstance(given, str | Path) or not str(given).strip():
        raise UsageError(f"--data takes a directory or a URL, not {given!r}")
    text = str(given)
    if scheme_of(text) == "file":
        text = local_path(text)
    elif scheme_of(text):
        return work_directory(text, None if work is None else data_directory(work))
    if work is not None:
        raise UsageError(f"--work is for a lake in an object store (--data s3://...): {text} is a directory")
    wrong = sorted({character for character in text if character in "*?[\\" or not character.isprintable()})
    if wrong:
        raise UsageError(f"--data cannot be {text!r}: DuckDB does not support {' '.join(map(ascii, wrong))} in a path")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise UsageError(
            f"--data {text!r}: there is no such home directory; write ./{text} if that is its name"
        ) from None


def located(data: str | Path) -> Path:
    """Return the path of a harvest directory or file, or of the work directory of a URL. Raises UsageError."""
    return data_directory(data) if isinstance(data, str) and scheme_of(data) else Path(data)


def newest_harvest(root: Path = Path("data")) -> Path:
    """Return the most recently written harvest below ``root``. Raises UsageError if there is none."""
    found = sorted(root.glob("*/lake/parts.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError(f"there is no harvest in {root}/; run `harvester harvest`, or choose one with --data DIR")
    return found[-1].parent.parent
