"""Values of a frame as text that loses nothing: JSON, CSV cells, ISO times. Pure."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from json.encoder import encode_basestring, encode_basestring_ascii

import polars as pl

from harvester.terminal import is_visible

#: Rows converted to text in one step, so that memory does not grow with the result.
CHUNK = 20_000
#: Beginnings of texts that spreadsheets run as formulas, after characters that some of them skip; wide forms too.
_FORMULA = re.compile(r"^[\x00-\x20]*[=+@\-" + "\uff1d\uff0b\uff0d\uff20" + r"]|^[\t\r]")


def json_value(value: object) -> str:
    """Return JSON text of one value.

    Integers and decimals keep every digit, floats are in shortest form, NaN and infinities are null (JSON has none),
    bytes are hex, times ISO 8601 with Z (all times of a catalogue are UTC).
    """
    match value:
        case str():
            return _string(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value) if math.isfinite(value) else "null"
        case int():
            return str(value)
        case Decimal():
            return format(value, "f")
        case bytes():
            return f'"{value.hex()}"'
        case datetime():
            return f'"{value.isoformat()}Z"'
        case date() | time():
            return f'"{value.isoformat()}"'
        case timedelta():
            return f'"{value}"'
        case pl.Series() | Sequence():
            return "[" + ", ".join(json_value(item) for item in value) + "]"
        case Mapping():
            return "{" + ", ".join(f"{_string(str(key))}: {json_value(item)}" for key, item in value.items()) + "}"
    return _string(str(value))


def _string(text: str) -> str:
    written = encode_basestring(text)
    if text.isascii() and "\x7f" not in text:
        return written
    # JSON allows them as they are, but terminals obey them.
    return "".join(c if is_visible(c) else encode_basestring_ascii(c)[1:-1] for c in written)


def json_chunks(frame: pl.DataFrame) -> Iterator[str]:
    """Yield a frame as one JSON array of objects, one object per line."""
    separator = "[\n"
    for line in json_lines(frame):
        yield separator
        yield line.removesuffix("\n")
        separator = ",\n"
    yield "[]\n" if frame.height == 0 else "\n]\n"


def json_lines(frame: pl.DataFrame, **first: str) -> Iterator[str]:
    """Yield a frame as JSON, one object per line; each begins with the values of ``first``."""
    names = [_string(name) for name in frame.columns]
    start = "".join(f"{_string(name)}: {_string(value)}, " for name, value in first.items())
    for part in exact(frame).iter_slices(CHUNK):
        for row in part.iter_rows():
            values = ", ".join(f"{name}: {json_value(v)}" for name, v in zip(names, row, strict=True))
            yield "{" + start + values + "}\n"


def json_object(tables: Mapping[str, pl.DataFrame]) -> str:
    """Return frames as one JSON object: an array of rows for each name."""
    arrays = (f"{_string(name)}: {''.join(json_chunks(frame)).rstrip()}" for name, frame in tables.items())
    return "{\n" + ",\n".join(arrays) + "\n}\n"


def csv_chunks(frame: pl.DataFrame, *, safe: bool = False) -> Iterator[str]:
    """Yield a frame as CSV (RFC 4180, UTF-8, a header): NULL is an empty cell, an empty string is ``""``.

    Lists and structs are JSON text, bytes hex, times ISO 8601 with Z. ``safe`` puts ``'`` before texts that a
    spreadsheet would run as a formula, also in the header.
    """
    if frame.width == 0:
        return
    if safe:
        frame = frame.rename({name: f"'{name}" for name in frame.columns if _FORMULA.match(name)})
    yield flat(frame.clear()).write_csv()
    for part in frame.iter_slices(CHUNK):
        texts = flat(part)
        yield (_without_formulas(texts) if safe else texts).write_csv(include_header=False)


def _without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    begins = {name: pl.col(name).str.contains(_FORMULA.pattern) for name in texts}
    return frame.with_columns(
        pl.when(begins[name]).then(pl.lit("'") + pl.col(name)).otherwise(pl.col(name)).alias(name) for name in texts
    )


def exact(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with times as ISO 8601 text: Python's datetime would cut nanoseconds off."""
    return frame.with_columns(
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
        for name, kind in frame.schema.items()
        if isinstance(kind, pl.Datetime)
    )


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with every column a text, number or boolean."""
    frame = exact(frame)
    columns = []
    for series in frame:
        if series.dtype == pl.Binary:
            columns.append(series.bin.encode("hex"))
        elif series.dtype.is_nested():
            texts = [None if value is None else json_value(value) for value in series]
            columns.append(pl.Series(series.name, texts, dtype=pl.String))
        elif series.dtype.is_temporal() or series.dtype == pl.Null:
            columns.append(series.cast(pl.String))
        else:
            columns.append(series)
    return pl.DataFrame(columns)
