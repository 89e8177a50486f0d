"""The rows of a query as rows of a picture: labels, numbers, and marks on a common scale. Draws nothing.

A mark's ``role`` decides its colour and shape (see ``draw``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from harvester.report.encodings import Bars, Dots, Matrix, Ranges
from harvester.report.words import cell, is_missing, label, short, text

#: Rows of one picture, whatever a query returns.
MOST = 40
_SPACE = "\u2003"


@dataclass
class RowChart:
    """Rows with marks: ``numbers`` of each row by its label, under ``header``; segments and points of all rows."""

    header: tuple[str, ...]
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    segments: list[dict[str, Any]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, *numbers: str) -> str:
        """Append a row, and return its label: one that is taken is numbered."""
        unique, count = name, 1
        while unique in self.numbers:
            count += 1
            unique = f"{name} ({count})"
        self.numbers[unique] = numbers
        return unique

    def space(self) -> None:
        """Append an empty row."""
        name = _SPACE
        while name in self.numbers:
            name += _SPACE
        self.numbers[name] = ("",) * len(self.header)


def split(
    rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], missing: Mapping[str, str], top: int
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the first ``top`` rows, the other ones, and those that stand for missing values."""
    stated: list[Mapping[str, Any]] = []
    absent: list[Mapping[str, Any]] = []
    for row in rows:
        (absent if is_missing(row, columns, missing) else stated).append(row)
    # One row is not summed up: it needs no more space than the sum.
    top = top + 1 if len(stated) == top + 1 else top
    return stated[:top], stated[top:], absent


def bars(encoding: Bars, frame: pl.DataFrame) -> RowChart:
    """Return bars, longest first, then the sum of the others, then what is missing."""
    shares = encoding.share is not None
    measure = encoding.share or encoding.count
    chart = RowChart(("share", encoding.count) if shares else (encoding.count,))
    rows = list(frame.iter_rows(named=True))
    if not encoding.ordered:
        rows.sort(key=lambda row: -(row[measure] or 0))
    shown, others, absent = split(rows, encoding.label, encoding.missing, MOST if encoding.ordered else encoding.top)

    def put(name: str, row: Mapping[str, Any], role: str) -> None:
        value, count = row[measure], row[encoding.count]
        numbers = (cell(value, "share"), cell(count, encoding.count)) if shares else (cell(count, encoding.count),)
        name = chart.add(name, *numbers)
        chart.segments.append({"row": name, "x": 0, "x2": value or 0, "role": role})
        if encoding.part is not None and row[encoding.part]:
            chart.segments.append({"row": name, "x": 0, "x2": row[encoding.part], "role": "part"})
        if encoding.marker is not None and row[encoding.marker] is not None:
            chart.points.append({"row": name, "x": row[encoding.marker], "role": "marker"})

    for row in shown:
        put(label(row, encoding.label, encoding.missing, encoding.absent), row, "bar")
    if others and encoding.exclusive:
        put(f"{len(others):,} others", total(others, encoding), "others")
    if absent and shown:
        chart.space()
    for row in absent:
        put(label(row, encoding.label, encoding.missing, encoding.absent), row, "missing")
    return chart


def total(rows: list[Mapping[str, Any]], encoding: Bars) -> dict[str, Any]:
    """Return the sums of the columns of some rows; NULL if all are NULL."""
    columns = (encoding.count, encoding.share, encoding.marker, encoding.part)
    known = {column: [row[column] for row in rows if row[column] is not None] for column in columns if column}
    return {column: sum(values) if values else None for column, values in known.items()}


def dots(encoding: Dots, frame: pl.DataFrame) -> RowChart:
    """Return several shares per row as points."""
    chart = RowChart((encoding.count,))
    for row in frame.head(MOST).iter_rows(named=True):
        name = chart.add(text(str(row[encoding.label])), cell(row[encoding.count], encoding.count))
        known = [row[column] for column in encoding.shares if row[column] is not None]
        if known:
            chart.segments.append({"row": name, "x": min(known), "x2": max(known), "role": "rule"})
        for number, column in enumerate(encoding.shares):
            if row[column] is not None:
                chart.points.append({"row": name, "x": row[column], "role": f"series{number}"})
    return chart


def ranges(encoding: Ranges, frame: pl.DataFrame) -> RowChart:
    """Return a line from the lowest to the highest value of each row, and its middle; rows without values come last."""
    chart = RowChart((encoding.middle, encoding.count))
    columns = (encoding.label,)
    shown, _, absent = split(frame.iter_rows(named=True), columns, {}, encoding.top)
    # A logarithmic scale has no place for 0 and less, which configs do declare.
    valued = [row for row in shown if (row[encoding.middle] or 0) > 0]
    without = [row for row in shown if (row[encoding.middle] or 0) <= 0]
    for part in (valued, without, absent):
        if part and chart.numbers:
            chart.space()
        for row in part:
            middle = row[encoding.middle]
            name = chart.add(
                label(row, columns, {}, encoding.absent),
                "NULL" if middle is None else short(middle, encoding.unit),
                cell(row[encoding.count], encoding.count),
            )
            if part is valued:
                low = max(1, row[encoding.low])
                chart.segments.append({"row": name, "x": low, "x2": row[encoding.high], "role": "range"})
                chart.points.append({"row": name, "x": middle, "role": "middle"})
    return chart


def matrix(encoding: Matrix, frame: pl.DataFrame) -> RowChart:
    """Return a point per row and period; the rows with the largest sums, the others as a number, then NULL."""
    chart = RowChart((encoding.count,))
    sums: dict[str | None, int] = {}
    for row in frame.iter_rows(named=True):
        sums[row[encoding.label]] = sums.get(row[encoding.label], 0) + row[encoding.count]
    ordered = sorted((key for key in sums if key is not None), key=lambda key: (-sums[key], key))
    top = encoding.top + 1 if len(ordered) == encoding.top + 1 else encoding.top
    groups: list[tuple[str, list[str | None], str]] = [(text(key), [key], "bar") for key in ordered[:top]]
    if ordered[top:]:
        groups.append((f"{len(ordered[top:]):,} others (sum)", list(ordered[top:]), "others"))
    if None in sums:
        groups.append((encoding.absent, [None], "missing"))
    for name, keys, role in groups:
        if role == "missing" and chart.numbers:
            chart.space()
        name = chart.add(name, f"{sum(sums[key] for key in keys):,}")
        if role == "others":
            # Their circles would make those of the rows above invisible.
            continue
        members = set(keys)
        counts: dict[date, int] = {}
        for row in frame.iter_rows(named=True):
            if row[encoding.label] in members and row[encoding.time] is not None:
                counts[row[encoding.time]] = counts.get(row[encoding.time], 0) + row[encoding.count]
        chart.points += [
            {"row": name, "x": day.isoformat(), "size": count, "role": role} for day, count in counts.items()
        ]
    return chart
