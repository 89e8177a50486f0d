"""What a plot shows, in a sentence or two. Every number is a value of the rows, or N."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from harvester.report.encodings import Bars, Columns, Dots, Families, Matrix, Ranges, Trend
from harvester.report.marks import split
from harvester.report.plot import Plot
from harvester.report.words import cell, label, period, short, text

Row = Mapping[str, Any]


def finding(plot: Plot, frame: pl.DataFrame, size: int) -> str:
    """Return what the rows of a plot say; the frame has at least one. ``size`` is N."""
    match plot.encoding:
        case Bars() as bars if bars.ordered:
            return _ordered(plot, bars, frame)
        case Bars() as bars:
            return _largest(bars, frame, f"{size:,} {plot.population.words}")
        case Dots() as dots:
            return _overall(dots, frame.row(0, named=True))
        case Ranges() as ranges:
            return _ranges(ranges, frame)
        case Trend() as trend:
            return _trend(trend, frame)
        case Columns() as columns:
            return _peak(columns, frame)
        case Matrix() as matrix:
            return _matrix(matrix, frame)
        case Families():
            return _families(frame)


def _largest(bars: Bars, frame: pl.DataFrame, population: str) -> str:
    measure = bars.share or bars.count
    rows = sorted(frame.iter_rows(named=True), key=lambda row: -(row[measure] or 0))
    shown, _, absent = split(rows, bars.label, bars.missing, frame.height)

    def name(row: Row) -> str:
        return label(row, bars.label, bars.missing, bars.absent)

    def amount(row: Row) -> str:
        return cell(row[measure], "share") if bars.share else cell(row[measure], measure)

    sentences = []
    if shown:
        first = shown[0]
        of = f"{amount(first)} of {population}, {cell(first[bars.count], bars.count)}" if bars.share else amount(first)
        following = [f"{name(row)} ({amount(row)})" for row in shown[1:3]]
        sentences.append(
            f"{bars.lead}: {name(first)} ({of})" + (f", then {' and '.join(following)}." if following else ".")
        )
        if bars.marker is not None:
            marker = bars.marker
            known = [row for row in shown if row[marker] is not None]
            leader = max(known, key=lambda row: float(row[marker]), default=first)
            if leader is not first:
                sentences.append(f"By downloads: {name(leader)} ({cell(leader[marker], 'share')}).")
        if bars.part is not None:
            sentences.append(f"Silent changes of {name(first)}: {cell(first[bars.part], bars.part)}.")
    sentences += [
        f"{name(row).capitalize()}: {amount(row)}" + (f" ({cell(row[bars.count], bars.count)})." if bars.share else ".")
        for row in absent
    ]
    return " ".join(sentences)


def _ordered(plot: Plot, bars: Bars, frame: pl.DataFrame) -> str:
    rows = list(frame.iter_rows(named=True))
    shown, _, absent = split(rows, bars.label, bars.missing, frame.height)
    share = bars.share or bars.count

    def said(row: Row) -> str:
        return f"{label(row, bars.label, bars.missing, bars.absent)} ({cell(row[share], 'share')})"

    if plot.query == "coverage":
        least = min(shown, key=lambda row: row[share] or 0)
        return "Each is known for all models." if least[share] == 1 else f"Least often known: {said(least)}."
    if plot.query == "download_concentration":
        row = next((row for row in shown if row["top_share"] == 0.01), shown[0])
        return f"The {said(row).partition(' (')[0]} of the models have {cell(row[share], 'share')} of the downloads."
    sentences = []
    if shown:
        sentences.append(f"Most frequent {bars.noun}: {said(max(shown, key=lambda row: row[share] or 0))}.")
        if bars.marker is not None:
            marker = bars.marker
            leader = max(shown, key=lambda row: float(row[marker] or 0))
            name = label(leader, bars.label, bars.missing, bars.absent)
            sentences.append(f"Most downloads: {name} ({cell(leader[marker], 'share')}).")
    sentences += [f"{said(row).capitalize()}." for row in absent]
    return " ".join(sentences)


def _overall(dots: Dots, row: Row) -> str:
    shares = [f"{words} {cell(row[column], 'share')}" for column, words in dots.shares.items()]
    return f"Over {text(str(row[dots.label]))} models: {', '.join(shares)}."


def _ranges(ranges: Ranges, frame: pl.DataFrame) -> str:
    rows = [row for row in frame.iter_rows(named=True) if row[ranges.high] is not None]
    if not rows:
        return f"No {ranges.noun} declares a length."

    def name(row: Row) -> str:
        return label(row, (ranges.label,), {}, ranges.absent)

    first = rows[0]
    longest = max(rows, key=lambda row: row[ranges.high])
    return (
        f"The most frequent {ranges.noun} that declares a length, {name(first)}, has a median of "
        f"{short(first[ranges.middle], ranges.unit)} {ranges.unit}. The longest is declared by {name(longest)}: "
        f"{short(longest[ranges.high], ranges.unit)}."
    )


def _trend(trend: Trend, frame: pl.DataFrame) -> str:
    rows = [row for row in frame.iter_rows(named=True) if row[trend.middle] is not None]
    if not rows:
        return "No value is known."

    def said(row: Row) -> str:
        models = cell(row[trend.count], trend.count)
        return f"{short(row[trend.middle], trend.unit)} in {period(row[trend.time], trend.time)} (N = {models})"

    middle, unit = trend.words[0], trend.unit
    if len(rows) == 1:
        return f"The {middle} was {said(rows[0])}, in {unit}; there is no other {trend.time}."
    return f"The {middle} was {said(rows[0])} and {said(rows[-1])}, in {unit}."


def _peak(columns: Columns, frame: pl.DataFrame) -> str:
    dated = [row for row in frame.iter_rows(named=True) if row[columns.time] is not None]
    most = max(dated, key=lambda row: int(row[columns.count]))
    when = period(most[columns.time], columns.time)
    return f"The {columns.noun} with the most models is {when}: {cell(most[columns.count], columns.count)}."


def _matrix(matrix: Matrix, frame: pl.DataFrame) -> str:
    rows = [row for row in frame.iter_rows(named=True) if row[matrix.time] is not None]
    stated = [row for row in rows if row[matrix.label] is not None]
    if not stated:
        return f"No {matrix.noun} is stated."
    last = max(row[matrix.time] for row in stated)
    newest = max((row for row in stated if row[matrix.time] == last), key=lambda row: row[matrix.count])
    most = max(stated, key=lambda row: row[matrix.count])
    said = (
        f"The largest group is {text(most[matrix.label])} in {period(most[matrix.time], matrix.time)} "
        f"({cell(most[matrix.count], matrix.count)} {matrix.count})."
    )
    if newest is most:
        return said
    return (
        f"{said} In {period(last, matrix.time)}, the latest {matrix.time}, it is {text(newest[matrix.label])} "
        f"({cell(newest[matrix.count], matrix.count)})."
    )


def _families(frame: pl.DataFrame) -> str:
    roots = [row for row in frame.iter_rows(named=True) if row["parent"] is None]
    said = [f"{text(row['root'])} ({row['members']:,} descendants)" for row in roots]
    return f"The largest families are those of {', '.join(said)}."
