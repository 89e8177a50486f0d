"""A plot as SVG: an encoding and the rows of its query in, text out. Needs the extra [report]; requests nothing.

Colours are CSS variables (see ``colours.css``), so that one picture serves light and dark pages. Harvested text is only
ever data of a chart: never an expression, a field or a style.
"""

import re
from html import escape
from typing import Any

import polars as pl

from harvester.errors import UsageError
from harvester.report.encodings import Bars, Columns, Dots, Encoding, Families, Matrix, Ranges, Trend
from harvester.report.marks import RowChart, bars, dots, matrix, ranges
from harvester.report.tree import families

#: Width of a picture on a page for screens and paper, and for phones, in pixels.
WIDE, NARROW = 720, 344
#: Fonts that labels are measured with; a page shows its own.
FONT = "Helvetica, Arial, sans-serif"
NEEDED = "pip install 'hub-harvester[report]'"
_ROW, _NARROW_ROW = 25, 40
_HEAD = "\u2002"
#: Width of a digit of the numbers, in pixels.
_DIGIT = 6.7
_COLOURS = {
    "bar": "var(--bar)", "part": "var(--part)", "others": "var(--others)", "missing": "var(--missing)",
    "marker": "var(--marker)", "rule": "var(--line)", "range": "var(--range)", "middle": "var(--part)",
    "series0": "var(--series0)", "series1": "var(--series1)", "series2": "var(--series2)",
}  # fmt: skip
_SHAPES = {"marker": "diamond", "middle": "circle", "series0": "circle", "series1": "diamond", "series2": "square"}
_TICKS = {
    "tokens": [float(2**n) for n in range(3, 31, 2)],
    "parameters": [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12],
}
_UNITS = {
    "tokens": "datum.value >= 1048576 ? datum.value / 1048576 + 'M' : "
    "datum.value >= 1024 ? datum.value / 1024 + 'K' : datum.value",
    "parameters": "replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')",
    "count": "datum.value % 1 ? '' : replace(replace(format(datum.value, '~s'), 'G', 'B'), 'k', 'K')",
    "share": "format(datum.value, '~%')",
}


def needed() -> Any:
    """Return altair; raise UsageError if it or vl-convert is not installed."""
    try:
        import altair
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise UsageError(f"plots need altair and vl-convert, and {error.name} is not installed: {NEEDED}") from None
    return altair


def svg(encoding: Encoding, frame: pl.DataFrame, alternative: str, width: int = WIDE) -> str:
    """Return the rows as an SVG element of ``width`` pixels with a text alternative.

    The frame has at least one row. Raises UsageError if the extra [report] is not installed.
    """
    narrow = width < (WIDE + NARROW) / 2
    match encoding:
        case Families():
            return _labelled(families(frame, width), alternative)
        case Bars():
            chart = _row_chart(bars(encoding, frame), "share" if encoding.share else "count", narrow)
        case Dots():
            chart = _row_chart(dots(encoding, frame), "share", narrow)
        case Ranges():
            chart = _row_chart(ranges(encoding, frame), encoding.unit, narrow)
        case Matrix():
            chart = _row_chart(matrix(encoding, frame), "time", narrow)
        case Trend():
            chart = _trend(encoding, frame, narrow)
        case Columns():
            chart = _columns(encoding, frame, narrow)
    return _labelled(_render(chart, width), alternative)


def _values(rows: list[dict[str, Any]]) -> Any:
    return needed().InlineData(values=rows)


def _x_axis(unit: str, values: list[Any], narrow: bool) -> Any:
    """The horizontal scale of a unit with its axis; the values are those that it must show."""
    alt = needed()
    if unit == "time":
        return _time_axis(values, narrow)
    axis: dict[str, Any] = {"title": None, "labelExpr": _UNITS[unit], "grid": True, "domain": False, "ticks": False}
    if unit in _TICKS:
        low, high = min(values, default=1), max(values, default=1)
        ticks = [tick for tick in _TICKS[unit] if low / 4 <= tick <= high * 4] or [low]
        scale = alt.Scale(type="log", domain=[min(low, ticks[0]), max(high, ticks[-1])], nice=False)
        shown = ticks[:: 2 if narrow else 1]
        return alt.X("x:Q", scale=scale, axis=alt.Axis(values=shown, labelOverlap=True, labelFlush=False, **axis))
    top = max(values, default=0) or 1
    count = 3 if narrow else 6
    return alt.X("x:Q", scale=alt.Scale(domain=[0, top], nice=count), axis=alt.Axis(tickCount=count, **axis))


def _time_axis(days: list[str], narrow: bool) -> Any:
    alt = needed()
    if not days:
        return alt.X("x:T", axis=None)
    years = int(max(days)[:4]) - int(min(days)[:4]) + 1
    ticks: Any = {"interval": "year", "step": 1 + years // (5 if narrow else 12)}
    axis = alt.Axis(
        title=None, format="%Y" if years > 2 else "%b %Y", tickCount=ticks if years > 2 else (3 if narrow else 6),
        grid=True, domain=False, labelOverlap=True, labelFlush=True,
    )  # fmt: skip
    return alt.X("x:T", scale=alt.Scale(type="utc", padding=10), axis=axis)


def _row_chart(rows: RowChart, unit: str, narrow: bool) -> Any:
    """Draw rows: labels on the left (above their marks on a phone), marks, and numbers on the right."""
    alt = needed()
    labels = [_HEAD, *rows.numbers]
    head = {_HEAD: rows.header, **rows.numbers}
    shift = 9 if narrow else 0
    y = alt.Y(
        "row:N", scale=alt.Scale(domain=labels), title=None,
        axis=None if narrow else alt.Axis(domain=False, ticks=False, labelLimit=340, labelPadding=8),
    )  # fmt: skip
    marks = [*rows.segments, *rows.points]
    x = _x_axis(unit, [m[k] for m in marks for k in ("x", "x2") if k in m and (unit not in _TICKS or m[k])], narrow)
    colour = alt.Color("role:N", scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())), legend=None)
    shape = alt.Shape(
        "role:N",
        legend=None,
        scale=alt.Scale(domain=list(_COLOURS), range=[_SHAPES.get(r, "circle") for r in _COLOURS]),
    )
    layers = []
    for thin in (False, True):
        segments = [one for one in rows.segments if (one["role"] in ("rule", "range")) == thin]
        if segments:
            mark = alt.Chart(_values(segments)).mark_bar(size=4 if thin else 14, yOffset=shift)
            layers.append(mark.encode(y=y, x=x, x2="x2:Q", color=colour))
    points = alt.Chart(_values(rows.points))
    if unit == "time":
        most = max((one["size"] for one in rows.points), default=1)
        area = alt.Size("size:Q", legend=None, scale=alt.Scale(domain=[0, most], range=[0, 170 if narrow else 300]))
        mark = points.mark_circle(opacity=0.85, yOffset=shift)
        layers.append(mark.encode(y=y, x=x, size=area, color=colour))
    elif rows.points:
        mark = points.mark_point(filled=True, opacity=1, size=70, yOffset=shift, stroke="var(--page)", strokeWidth=1.2)
        layers.append(mark.encode(y=y, x=x, color=colour, shape=shape))
    place = 0.0
    for number in range(len(rows.header)):
        place += 14 + max(38, _DIGIT * max(len(numbers[number]) for numbers in head.values()))
        texts = alt.Chart(_values([{"row": row, "text": numbers[number]} for row, numbers in head.items()]))
        strong = number == 0
        mark = texts.mark_text(
            align="right", dx=place, yOffset=shift, fontSize=12, color="var(--ink)" if strong else "var(--quiet)"
        )
        layers.append(mark.encode(y=y, x=alt.value("width"), text="text:N"))
    if narrow:
        names = alt.Chart(_values([{"row": name} for name in rows.numbers]))
        mark = names.mark_text(align="left", dy=-9, fontSize=12, color="var(--ink)")
        layers.append(mark.encode(y=y, x=alt.value(0), text="row:N"))
    return alt.layer(*layers).properties(
        height=alt.Step(_NARROW_ROW if narrow else _ROW), padding={"left": 2, "right": 4, "top": 2, "bottom": 4}
    )


def _trend(encoding: Trend, frame: pl.DataFrame, narrow: bool) -> Any:
    alt = needed()
    rows = [
        {
            "x": row[encoding.time].isoformat(), "low": max(1, row[encoding.low]), "middle": row[encoding.middle],
            "high": row[encoding.high], "count": row[encoding.count],
        }
        for row in frame.iter_rows(named=True) if (row[encoding.middle] or 0) > 0
    ]  # fmt: skip
    values = [row[k] for row in rows for k in ("low", "middle", "high")]
    low, high = min(values, default=1), max(values, default=1)
    ticks = [tick for tick in _TICKS[encoding.unit] if low / 4 <= tick <= high * 4] or [low]
    scale = alt.Scale(type="log", domain=[min(low, ticks[0]), max(high, ticks[-1])], nice=False)
    axis = alt.Axis(
        title=None, values=ticks, labelExpr=_UNITS[encoding.unit], grid=True, domain=False, ticks=False,
        labelOverlap=True,
    )  # fmt: skip
    x = _time_axis([row["x"] for row in rows], narrow)
    most = max((row["count"] for row in rows), default=1)
    area = alt.Size("count:Q", legend=None, scale=alt.Scale(domain=[0, most], range=[12, 120]))
    base = alt.Chart(_values(rows)).encode(x=x)
    y = alt.Y("middle:Q", scale=scale, axis=axis)
    # No line from one period to the next: nothing is known in between, and a period may be missing.
    return alt.layer(
        base.mark_rule(color="var(--range)", strokeWidth=5).encode(
            y=alt.Y("low:Q", scale=scale, axis=axis), y2="high:Q"
        ),
        base.mark_circle(color="var(--part)", opacity=1).encode(y=y, size=area),
    ).properties(height=200 if narrow else 280, padding={"left": 2, "right": 12, "top": 6, "bottom": 4})


def _columns(encoding: Columns, frame: pl.DataFrame, narrow: bool) -> Any:
    alt = needed()
    rows = [
        {"x": row[encoding.time].isoformat(), "count": row[encoding.count]}
        for row in frame.iter_rows(named=True) if row[encoding.time] is not None
    ]  # fmt: skip
    days = [row["x"] for row in rows]
    months = (int(max(days)[:4]) - int(min(days)[:4])) * 12 + int(max(days)[5:7]) - int(min(days)[5:7]) + 1
    thick = max(1.5, min(18, (250 if narrow else 600) / months * 0.75))
    axis = alt.Axis(title=None, grid=True, domain=False, ticks=False, tickCount=5, labelExpr=_UNITS["count"])
    base = alt.Chart(_values(rows)).mark_bar(size=thick, color="var(--bar)")
    return base.encode(x=_time_axis(days, narrow), y=alt.Y("count:Q", axis=axis)).properties(
        height=160 if narrow else 220, padding={"left": 2, "right": 12, "top": 6, "bottom": 4}
    )


def _render(chart: Any, width: int) -> str:
    import vl_convert

    chart = (
        chart.properties(width=width, autosize={"type": "fit-x", "contains": "padding"}, background="transparent")
        .configure(font=FONT, aria=False)
        .configure_mark(aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor="var(--ink)", labelFontSize=12, labelSeparation=8, gridColor="var(--line)",
            tickColor="var(--line)", titleColor="var(--quiet)",
        )
    )  # fmt: skip
    return vl_convert.vegalite_to_svg(chart.to_dict(), vl_version="6.4", allowed_base_urls=[])


def _labelled(picture: str, alternative: str) -> str:
    """Replace the opening tag: scalable, with a text alternative, its parts hidden from screen readers."""
    tag = re.match(r"<svg[^>]*>", picture)
    box = re.search(r'viewBox="([^"]*)"', picture)
    if tag is None or box is None:
        raise ValueError("no SVG element")
    width, height = box[1].split()[2:]
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(alternative)}" font-family="{FONT}">'
    )
    return opening + picture[tag.end() :]
