"""Frames and names as text for people: aligned tables, thousands separators, control characters made visible. Pure."""

import math
from collections.abc import Sequence
from decimal import Decimal

import polars as pl
from rich.cells import cell_len
from rich.filesize import decimal

from harvester.ask.encode import flat, json_value
from harvester.terminal import printable

#: Most rows, and characters per cell, of a table; a line below says what is left out.
TABLE_ROWS = 1_000
CELL = 500
#: Columns are not narrower than this; below it a table becomes one block per row.
NARROW = 16


def count(value: int | None) -> str:
    """Return a number with thousands separators; ``-`` if it is unknown."""
    return "-" if value is None else f"{value:,}"


def size(value: int | None) -> str:
    """Return bytes as ``1.5 GB`` (decimal units, as the Hub shows them); ``-`` if it is unknown."""
    return "-" if value is None else decimal(value)


def table(frame: pl.DataFrame, width: int | None = None) -> str:
    """Return a frame as an aligned table that fits ``width`` columns of a terminal; None: no limit.

    Text wraps inside its column. If even narrow columns do not fit, each row becomes a block of ``column  value``.
    """
    names = [printable(name) for name in frame.columns]
    numeric = [kind.is_numeric() for kind in frame.dtypes]
    rows = [[_cell(value) for value in row] for row in _flat_text(frame.head(TABLE_ROWS)).iter_rows()]
    widths = [
        max([cell_len(name), *(cell_len(row[place]) for row in rows)]) if rows else cell_len(name)
        for place, name in enumerate(names)
    ]
    if width is not None and sum(widths) + 2 * (len(widths) - 1) > width:
        fitted = _fit(widths, [cell_len(name) for name in names], numeric, width)
        if fitted is None:
            lines = _blocks(names, rows, width)
            return "\n".join([*lines, *_left_out(frame)]) + "\n"
        widths = fitted
    lines = ["  ".join(_aligned(name, w, n) for name, w, n in zip(names, widths, numeric, strict=True)).rstrip()]
    lines.append("  ".join("-" * w for w in widths))
    for row in rows:
        lines.extend(_wrapped_row(row, widths, numeric))
    return "\n".join([*lines, *_left_out(frame)]) + "\n"


def _left_out(frame: pl.DataFrame) -> list[str]:
    if frame.height == 0:
        return ["(no rows)"]
    if frame.height > TABLE_ROWS:
        return [f"({TABLE_ROWS:,} of {frame.height:,} rows; other formats write all rows)"]
    return []


def _flat_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if frame.width == 0 else flat(frame)


def _cell(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:,}"
        case Decimal():
            return f"{value:,f}"
        case float():
            return _decimal(value)
        case str():
            # A text that reads NULL is not a NULL.
            shown = "'NULL'" if value == "NULL" else printable(value[:CELL])
            return shown if len(value) <= CELL else f"{shown}... ({len(value):,} characters)"
    return printable(json_value(value))


def _decimal(value: float) -> str:
    if not math.isfinite(value) or (value != 0 and not 1e-4 <= abs(value) < 1e15):
        return f"{value:.6g}"
    # Six significant digits, but never fewer than the whole part has.
    digits = max(0, 6 - len(str(int(abs(value)))) if abs(value) >= 1 else 6)
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _fit(widths: list[int], least: list[int], numeric: list[bool], width: int) -> list[int] | None:
    """Return narrower widths that fit, text columns giving way, the widest first; None if they cannot."""
    floor = [w if n else min(w, max(m, NARROW)) for w, m, n in zip(widths, least, numeric, strict=True)]
    room = width - 2 * (len(widths) - 1)
    if sum(floor) > room:
        return None
    fitted = list(widths)
    while sum(fitted) > room:
        widest = max((place for place, w in enumerate(fitted) if w > floor[place]), key=lambda place: fitted[place])
        fitted[widest] -= 1
    return fitted


def _aligned(text: str, width: int, right: bool) -> str:
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank


def _wrapped_row(row: Sequence[str], widths: list[int], numeric: list[bool]) -> list[str]:
    cells = [fold(text, width) for text, width in zip(row, widths, strict=True)]
    lines = []
    for place in range(max((len(cell) for cell in cells), default=0)):
        parts = [
            _aligned(cell[place] if place < len(cell) else "", width, right)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return lines


def fold(text: str, width: int) -> list[str]:
    """Return text in pieces of at most ``width`` cells, cut at a space, else after one of ``/-_,``, else anywhere."""
    pieces = []
    while cell_len(text) > width:
        cut, used = 0, 0
        while cut < len(text) and used + cell_len(text[cut]) <= width:
            used += cell_len(text[cut])
            cut += 1
        cut = max(cut, 1)
        soft = text.rfind(" ", width // 2, cut + 1)
        if soft < 0:
            soft = max(text.rfind(mark, width // 2, cut) for mark in "/-_,")
        if soft > 0:
            cut = soft + 1
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*pieces, text]


def _blocks(names: list[str], rows: list[list[str]], width: int) -> list[str]:
    label = max((cell_len(name) for name in names), default=0)
    lines: list[str] = []
    for number, row in enumerate(rows, 1):
        lines.append(f"-- row {number} " + "-" * max(0, min(width, 60) - len(f"-- row {number} ")))
        for name, value in zip(names, row, strict=True):
            first, *more = fold(value, max(width - label - 2, NARROW))
            lines.append(f"{_aligned(name, label, False)}  {first}".rstrip())
            lines.extend(" " * (label + 2) + rest for rest in more)
    return lines
