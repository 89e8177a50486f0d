"""Values as people read them: shares in percent, times to the minute, harvested text visible and in one line."""

from collections.abc import Mapping
from datetime import date, datetime

from harvester.terminal import printable

#: Characters of a harvested text that are shown in a table, and beside a bar.
LONGEST, LABEL = 500, 46
_BYTES = ("bytes", "kB", "MB", "GB", "TB", "PB")


def cell(value: object, column: str) -> str:
    """Return a value of a column as text; NULL is NULL, which no harvested text can look like (see ``is_null``)."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "yes" if value else "no"
        case float() | int() if "share" in column:
            return percent(value)
        case int():
            return size(value) if column.endswith("bytes") else f"{value:,}"
        case float():
            return f"{value:,.6g}"
        case datetime():
            return minute(value)
        case date():
            return period(value, column)
        case list():
            return ", ".join(cell(one, column) for one in value)
    return text(str(value), LONGEST)


def headline(value: object, kind: str) -> str:
    """Return a number on its own; parameters in short."""
    if kind == "parameters" and isinstance(value, int):
        return short(value, kind)
    return cell(value, kind)


def text(value: str, longest: int = LABEL) -> str:
    """Return a harvested text in one line, every character visible, cut to ``longest`` characters."""
    shown = printable(value[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent; what is above 0 is never shown as 0, what is below 1 never as 100."""
    if 0 < share < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def size(number: int) -> str:
    """Return a number of bytes in the unit that fits."""
    value, unit = float(number), _BYTES[0]
    for unit in _BYTES:
        if value < 1000 or unit == _BYTES[-1]:
            break
        value /= 1000
    return f"{number:,} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def short(number: float, unit: str) -> str:
    """Return a number of parameters as 7.2B, of tokens as 128K (of 1,024)."""
    step, letters = (1024, ("", "K", "M", "G")) if unit == "tokens" else (1000, ("", "K", "M", "B", "T"))
    value, letter = float(number), ""
    for letter in letters:
        # What would be rounded to a whole unit is written in that unit.
        if round(value) < step or letter == letters[-1]:
            break
        value /= step
    return f"{value:,.0f}{letter}" if value >= 100 else f"{value:.3g}{letter}"


def minute(moment: datetime) -> str:
    """Return a time (UTC) to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"


def period(day: date, column: str) -> str:
    """Return the first day of a period as the period: 2024 Q2 or 2024-04, by the column's name."""
    if column == "quarter":
        return f"{day.year} Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}" if column == "month" else day.isoformat()


def label(row: Mapping[str, object], columns: tuple[str, ...], missing: Mapping[str, str], absent: str) -> str:
    """Return the label of a row: its columns joined, or the words for a missing value."""
    first = row[columns[0]]
    if first is None:
        return absent
    if isinstance(first, str) and first in missing:
        return missing[first]
    if columns == ("top_share",):
        return f"top {percent(float(str(first)))}".replace(".0%", "%").replace("top 100%", "all")
    joined = text(" · ".join(cell(row[one], one) for one in columns if row[one] is not None))
    return joined if joined.strip() else "(empty text)"


def is_missing(row: Mapping[str, object], columns: tuple[str, ...], missing: Mapping[str, str]) -> bool:
    """Whether a row is the one for missing values."""
    return row[columns[0]] is None or row[columns[0]] in missing
