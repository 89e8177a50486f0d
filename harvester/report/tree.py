"""Families of models as trees: the rows of `largest_families` in, SVG text out."""

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl

from harvester.report.words import text

_LINE, _GAP, _STEP = 21, 26, 22
_RELATIONS = {"finetune": "series0", "quantized": "series1", "adapter": "series2", "merge": "part"}
_CIRCLE = "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0Z"
_SHAPES = {"series1": "M0,-5.5L5.5,0L0,5.5L-5.5,0Z", "series2": "M-4,-4H4V4H-4Z"}
#: Width of a character of the labels in pixels, on average and a little more.
_CHARACTER = 6.6


def families(frame: pl.DataFrame, width: int) -> str:
    """Return one tree per root, one below the other, as an SVG element of ``width`` pixels."""
    below: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    roots: list[Mapping[str, Any]] = []
    for row in frame.iter_rows(named=True):
        if row["parent"] is None:
            roots.append(row)
        else:
            below.setdefault((row["root"], row["parent"]), []).append(row)
    parts: list[str] = []
    y = 16
    for root in roots:
        y = _node(parts, root, below, 0, y, width) + _GAP
    height = y - _GAP
    return f'<svg viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'


def _node(
    parts: list[str], row: Mapping[str, Any], below: Mapping[tuple[str, str], list[Mapping[str, Any]]], depth: int,
    y: int, width: int,
) -> int:  # fmt: skip
    """Draw a model and what is below it; return where the next row goes."""
    x = 8 + depth * _STEP
    relation = row["relation"]
    role = _RELATIONS.get(relation, "missing") if depth else "ink"
    numbers = f"{row['members']:,} descendants" if not depth else text(relation or "unknown", 20)
    numbers += "" if row["downloads"] is None or width < 500 else f" · {row['downloads']:,} downloads"
    room = int((width - x - 14 - _CHARACTER * 0.92 * (len(numbers) + 1)) / _CHARACTER)
    weight = ' font-weight="600"' if not depth else ""
    name = escape(text(row["model"], room))
    parts.append(
        f'<path d="{_SHAPES.get(role, _CIRCLE)}" transform="translate({x},{y})" fill="var(--{role})"/>'
        f'<text x="{x + 11}" y="{y + 4}" font-size="12" fill="var(--ink)"{weight}>{name}</text>'
        f'<text x="{width - 2}" y="{y + 4}" font-size="11" fill="var(--quiet)" text-anchor="end">'
        f"{escape(numbers)}</text>"
    )
    children = below.get((row["root"], row["model"]), ()) if depth < 8 else ()
    next_y = y + _LINE
    for child in children:
        parts.append(_branch(x, y, next_y))
        next_y = _node(parts, child, below, depth + 1, next_y, width)
    hidden = row["children"] - len(children)
    if hidden > 0:
        parts.append(_branch(x, y, next_y))
        parts.append(
            f'<text x="{x + _STEP}" y="{next_y + 4}" font-size="12" fill="var(--quiet)">… and {hidden:,} more</text>'
        )
        next_y += _LINE
    return next_y


def _branch(x: int, y: int, child_y: int) -> str:
    return f'<path d="M{x},{y + 6}V{child_y}H{x + _STEP - 6}" fill="none" stroke="var(--line)"/>'
