"""A table as a download: a frame in, CSV, JSON or Parquet with its headers out."""

from collections.abc import Iterable
from io import BytesIO

import polars as pl
from starlette.responses import Response, StreamingResponse

from harvester.ask.encode import csv_chunks, json_chunks

#: Formats by the end of an address, with their media types.
MEDIA = {
    "csv": "text/csv; charset=utf-8", "json": "application/json", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip


def encoded(frame: pl.DataFrame, suffix: str) -> Iterable[bytes]:
    """Return a frame in a format of ``MEDIA``."""
    if suffix == "parquet":
        buffer = BytesIO()
        frame.write_parquet(buffer)
        return [buffer.getvalue()]
    # What spreadsheets would run as a formula is marked: these files are opened in one.
    chunks = csv_chunks(frame, safe=True) if suffix == "csv" else json_chunks(frame)
    return (text.encode("utf-8", "replace") for text in chunks)


def download(frame: pl.DataFrame, suffix: str, name: str, *, most: int, more: bool = False) -> Response:
    """Return the answer to a request for a table. ``most`` rows are sent, and a header says whether there are more
    (or ``more`` does)."""
    cut = more or frame.height > most
    headers = {"content-disposition": f'attachment; filename="{name}.{suffix}"'} if suffix != "json" else {}
    headers["x-rows"] = str(min(most, frame.height))
    headers["x-truncated"] = "true" if cut else "false"
    return StreamingResponse(
        encoded(frame.head(most) if cut else frame, suffix), media_type=MEDIA[suffix], headers=headers
    )
