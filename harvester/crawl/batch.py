"""A batch of answers on its way into the lake: their rows and those of their documents, as typed frames.

Every answer and every document is independent: if its rows cannot be stored, only these are lost, not the batch.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl

from harvester.crawl.fitted import fitted_rows
from harvester.crawl.journal import Extract
from harvester.extract.failure import extractor_error
from harvester.extract.rows import CARD_DATA, error_rows, extracted_rows
from harvester.lake.frames import Unstorable, frame
from harvester.lake.parts import TABLES, Rows, add_rows
from harvester.schema.rows import documents_row

#: Rows kept as Python tuples (about 300 bytes each) before they become frames (about 60).
PENDING = 100_000


class Batch:
    """Collects rows. ``at`` dates what could not be stored."""

    def __init__(self, run_id: str, at: datetime) -> None:
        self._run_id, self._at = run_id, at
        self._frames: dict[str, list[pl.DataFrame]] = {}
        self._pending: list[tuple[Rows, Callable[[Unstorable], Rows]]] = []
        self._rows = 0
        self._stored: set[bytes] = set()

    def answer(self, rows: Rows) -> None:
        """Add the rows of one answer."""
        self._add(rows, lambda _: fitted_rows(rows, self._at))

    def document(self, wanted: Extract) -> None:
        """Add a document that came with an answer, and what is extracted from it."""
        data = wanted.data
        if data is None:
            return
        if wanted.kind != CARD_DATA and wanted.oid not in self._stored:
            self._stored.add(wanted.oid)
            self.answer({"documents": [documents_row(oid=wanted.oid, size=len(data), bytes=data)]})
        rows = extracted_rows(wanted.oid, wanted.kind, wanted.path, data)
        self._add(rows, lambda error: error_rows(wanted.oid, wanted.kind, extractor_error(error)))

    def frames(self) -> dict[str, pl.DataFrame]:
        """Return everything that was added, by table."""
        self._freeze()
        return {table: pl.concat(frames) for table, frames in self._frames.items()}

    def _add(self, rows: Rows, instead: Callable[[Unstorable], Rows]) -> None:
        self._pending.append((rows, instead))
        self._rows += sum(map(len, rows.values()))
        if self._rows >= PENDING:
            self._freeze()

    def _freeze(self) -> None:
        pending, self._pending, self._rows = self._pending, [], 0
        try:
            made = self._made([rows for rows, _ in pending])
        except Unstorable:
            made = self._made([self._storable(rows, instead) for rows, instead in pending])
        for table, data in made.items():
            self._frames.setdefault(table, []).append(data)

    def _storable(self, rows: Rows, instead: Callable[[Unstorable], Rows]) -> Rows:
        try:
            self._made([rows])
        except Unstorable as error:
            return instead(error)
        return rows

    def _made(self, all_rows: list[Rows]) -> dict[str, Any]:
        together: Rows = {}
        for rows in all_rows:
            add_rows(together, rows)
        return {table: frame(TABLES[table], self._run_id, tuples) for table, tuples in together.items() if tuples}
