"""Reads what the Hub announces: `RateLimit`, `RateLimit-Policy` and `Retry-After` (HUB.md 1.2, 1.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_REMAINING = re.compile(r'"(?P<name>[^"]+)"\s*;\s*r\s*=\s*(?P<r>\d+)\s*;\s*t\s*=\s*(?P<t>\d+)')
_POLICY = re.compile(r'"(?P<name>[^"]+)"\s*;\s*q\s*=\s*(?P<q>\d+)\s*;\s*w\s*=\s*(?P<w>\d+)')
#: Longest Retry-After that is believed, seconds: nobody waits a day on one answer's word.
RETRY_AFTER_CAP = 900.0


@dataclass(frozen=True, slots=True)
class Announcement:
    """One bucket as one answer announces it: requests remaining, seconds to the reset, quota and window if told."""

    bucket: str
    remaining: int
    reset_in: int
    quota: int | None = None
    window: int | None = None


def announcements(headers: Mapping[str, str]) -> list[Announcement]:
    """Return every bucket an answer announces, in order; empty when it announces none.

    An answer out of a shared cache (``Age`` above 0) tells of another moment and is not believed (HUB.md 1.2).
    """
    value = headers.get("ratelimit")
    if not value or headers.get("age", "0").strip() not in ("", "0"):
        return []
    policies = {m["name"]: (int(m["q"]), int(m["w"])) for m in _POLICY.finditer(headers.get("ratelimit-policy", ""))}
    found = []
    for match in _REMAINING.finditer(value):
        quota, window = policies.get(match["name"], (None, None))
        found.append(Announcement(match["name"], int(match["r"]), int(match["t"]), quota, window))
    return found


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds `Retry-After` asks for (delay or HTTP date), at most ``RETRY_AFTER_CAP``; None if none."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), RETRY_AFTER_CAP)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    when = when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
    return min(max((when - now).total_seconds(), 0.0), RETRY_AFTER_CAP)
