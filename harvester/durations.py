"""Durations as people write them: `90s`, `30m`, `6h`, `2d`."""

import re

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([smhd])", re.ASCII)


def seconds_of(text: str) -> float | None:
    """Return a duration in seconds, None if the text is not one."""
    match = _DURATION.fullmatch(text.strip().lower())
    return float(match[1]) * _UNITS[match[2]] if match else None
