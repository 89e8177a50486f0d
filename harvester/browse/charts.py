"""Downloads over time as an SVG: days in, shapes out. The template draws them; a table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harvester.browse.facets import short

WIDTH, HEIGHT = 720, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 28, 12, 28
#: Marks on the axis of downloads, and days that are named.
_MARKS, _DAYS = 4, 6


@dataclass(frozen=True, slots=True)
class Chart:
    """A line with its gaps, dots, axes, and a sentence that says what it shows."""

    width: int
    height: int
    #: One path for each run of days without a gap.
    paths: tuple[str, ...]
    dots: tuple[tuple[float, float, str], ...]
    #: Position and text of the marks of the axes.
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]
    left: int
    right: int
    bottom: int
    summary: str


def downloads_chart(days: Sequence[dict[str, Any]]) -> Chart | None:
    """Return the chart of days (newest first, as ``DOWNLOADS_BY_DAY`` gives them); None for fewer than two values."""
    held = [(place, row) for place, row in enumerate(reversed(days)) if row["downloads"] is not None]
    if len(held) < 2:
        return None
    values = [row["downloads"] for _, row in held]
    top = _nice(max(values))
    last = max(len(days) - 1, 1)

    def x(place: int) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * place / last, 1)

    def y(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top, 1)

    runs: list[list[tuple[float, float]]] = []
    before = None
    for place, row in held:
        if before is None or place != before + 1:
            runs.append([])
        runs[-1].append((x(place), y(row["downloads"])))
        before = place
    ordered = list(reversed(days))
    step = max(1, -(-len(ordered) // _DAYS))
    return Chart(
        WIDTH, HEIGHT,
        tuple("M" + " L".join(f"{a} {b}" for a, b in run) for run in runs if len(run) > 1),
        tuple((x(place), y(row["downloads"]), f"{row['day']}: {row['downloads']:,}") for place, row in held),
        tuple((y(top * mark / _MARKS), short(round(top * mark / _MARKS))) for mark in range(_MARKS + 1)),
        tuple((x(place), str(ordered[place]["day"])[5:]) for place in range(0, len(ordered), step)),
        _LEFT, WIDTH - _RIGHT, HEIGHT - _BOTTOM,
        f"Downloads of the previous 30 days, {ordered[0]['day']} to {ordered[-1]['day']}: from {values[0]:,} to "
        f"{values[-1]:,}, at most {max(values):,}; {len(days) - len(held)} days without a value.",
    )  # fmt: skip


def _nice(value: int) -> int:
    """Return the end of an axis: the next number of the form 1, 2, 4 or 8 times a power of ten."""
    power = 1
    while power * 10 <= value:
        power *= 10
    return next(power * factor for factor in (1, 2, 4, 8, 10) if power * factor >= value) if value > 0 else 4
