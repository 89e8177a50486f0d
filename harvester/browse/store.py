"""The open catalogue of `browse`: opened again after a build, every statement limited in time. Reads only."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.connect import catalogue_file, connect
from harvester.ask.run import Limits, frame
from harvester.errors import UsageError

#: Seconds that a statement of a page may take.
PAGE_SECONDS = 30.0
_PAGE = Limits(PAGE_SECONDS)

_SEARCHABLE = """
SELECT count(*) FROM duckdb_tables()
WHERE schema_name = 'base' AND table_name IN ('search', 'search_tag', 'search_copy', 'search_name')
"""


class Store:
    """The catalogue of one harvest. Connections of threads are cursors of one connection."""

    def __init__(self, data: Path, selection: str | None = None):
        """``selection``, an id or a name, shows only its models; None all of the catalogue."""
        self.data, self.selection = data, selection
        self._lock = threading.Lock()
        self._con: DuckDBPyConnection | None = None
        self._built: tuple[int, int] | None = None
        self._kept: dict[str, Any] = {}

    @property
    def con(self) -> DuckDBPyConnection:
        """The connection to the newest build. Raises HarvesterError if there is no catalogue that can be browsed."""
        with self._lock:
            status = catalogue_file(self.data).stat()
            built = (status.st_ino, status.st_mtime_ns)
            if self._con is None or self._built != built:
                con = connect(self.data, selection=self.selection)
                if frame(con, _SEARCHABLE).item() != 4:
                    raise UsageError(
                        "this catalogue was built by an older version, without its search table: run `harvester build`"
                    )
                # Requests that are still running keep their cursors of the old one.
                self._con, self._built, self._kept = con, built, {}
            return self._con

    @property
    def built(self) -> tuple[int, int] | None:
        """What distinguishes this build from others."""
        return self._built

    def rows(self, text: str, params: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Run our own SQL with bound values. Raises UsageError if it takes too long."""
        return frame(self.con, text, params, limits=_PAGE)

    def dicts(self, text: str, params: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """Run our own SQL with bound values; return a dict per row."""
        return self.rows(text, params).to_dicts()

    def kept(self, name: str, make: Callable[[DuckDBPyConnection], Any]) -> Any:
        """Return what a function makes of the connection, made once per build."""
        con = self.con
        kept = self._kept
        if name not in kept:
            kept[name] = make(con)
        return kept[name]

    def once(self, text: str) -> list[dict[str, Any]]:
        """Run our own SQL once per build; return a dict per row."""
        found: list[dict[str, Any]] = self.kept(text, lambda con: frame(con, text, limits=_PAGE).to_dicts())
        return found
