"""The rows that the Python API returns: a polars frame that also converts to pandas and is safe to print."""

from importlib.util import find_spec
from typing import Any

from polars import DataFrame

from harvester.errors import UsageError
from harvester.terminal import printable_lines


class Rows(DataFrame):
    """A polars DataFrame with the two names by which DuckDB's users convert a result."""

    def pl(self) -> DataFrame:
        """Return a plain polars DataFrame."""
        return DataFrame(self)

    def df(self) -> Any:
        """Return a pandas DataFrame. Raises UsageError if pandas or pyarrow is missing."""
        missing = [name for name in ("pandas", "pyarrow") if find_spec(name) is None]
        if missing:
            raise UsageError(f".df() needs {' and '.join(missing)}: pip install 'hub-harvester[notebook]'")
        return self.to_pandas()

    def __str__(self) -> str:
        # Harvested text must not steer the terminal that a prompt prints to.
        return printable_lines(super().__str__())

    __repr__ = __str__
