"""Reads what the Hub announces: `RateLimit`, `RateLimit-Policy` and `Retry-After` (docs/hub-protocol.md 1.2, 1.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_NAME, _DIGITS = r'"(?P<name>[A-Za-z][\w.-]{0,31})"', r"(\d{1,9})(?!\d)"
_REMAINING = re.compile(
    rf"{_NAME}\s{{0,9}};\s{{0,9}}r\s{{0,9}}=\s{{0,9}}{_DIGITS}\s{{0,9}};\s{{0,9}}t\s{{0,9}}=\s{{0,9}}{_DIGITS}",
    re.ASCII,
)
_POLICY = re.compile(
    rf"{_NAME}\s{{0,9}};\s{{0,9}}q\s{{0,9}}=\s{{0,9}}{_DIGITS}\s{{0,9}};\s{{0,9}}w\s{{0,9}}=\s{{0,9}}{_DIGITS}",
    re.ASCII,
)
#: Longest window and largest quota that are accepted; the Hub's windows are 300 seconds (docs/hub-protocol.md 1).
LONGEST_WINDOW, LARGEST_QUOTA = 3_600, 10_000_000
#: Most buckets of one answer, and longest header that is looked at, characters.
BUCKETS, HEADER = 8, 2_000
#: Longest Retry-After that is accepted, seconds.
RETRY_AFTER_CAP = 900.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """One bucket as announced by an answer: requests remaining, seconds to the reset; quota and window if given."""

    bucket: str
    remaining: int
    reset_in: int
    quota: int | None = None
    window: int | None = None


def announcements(headers: Mapping[str, str]) -> list[Announcement]:
    """Return every bucket an answer announces, in order; empty when it announces none.

    Ignored: impossible numbers, and answers from a shared cache (``Age`` above 0), which describe another moment
    (docs/hub-protocol.md 1.2).
    """
    value = headers.get("ratelimit")
    if not value or headers.get("age", "0").strip() not in ("", "0"):
        return []
    policies = {
        m["name"]: (int(m[2]), int(m[3])) for m in _POLICY.finditer(headers.get("ratelimit-policy", "")[:HEADER])
    }
    found = []
    for match in _REMAINING.finditer(value[:HEADER]):
        quota, window = policies.get(match["name"], (None, None))
        announced = Announcement(match["name"], int(match[2]), int(match[3]), quota, window)
        if believable(announced):
            found.append(announced)
    return found[:BUCKETS]


def believable(announced: Announcement) -> bool:
    """Whether an announcement can be true: no reset beyond the window, no more left than the quota."""
    window = LONGEST_WINDOW if announced.window is None else announced.window
    quota = LARGEST_QUOTA if announced.quota is None else announced.quota
    return (
        0 < window <= LONGEST_WINDOW
        and 0 < quota <= LARGEST_QUOTA
        and announced.reset_in <= window + 1
        and announced.remaining <= quota
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of `Retry-After` (delay or HTTP date), at most ``RETRY_AFTER_CAP``; None if there is none."""
    value = headers.get("retry-after", "").strip()
    if not value or len(value) > 64:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_CAP)
    try:
        when = parsedate_to_datetime(value)
        when = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max((when - now).total_seconds(), 0.0), RETRY_AFTER_CAP)
