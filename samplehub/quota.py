"""Fixed windows of requests (docs/hub-protocol.md 1): per caller and bucket, what is left."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from samplehub.errors import SampleHubError

Bucket = Literal["api", "resolvers", "pages"]


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests a window in each bucket; ``None`` is unlimited and is not announced."""

    api: int | None
    resolvers: int | None
    pages: int | None = None

    def of(self, bucket: Bucket) -> int | None:
        """The quota of ``bucket``."""
        return {"api": self.api, "resolvers": self.resolvers, "pages": self.pages}[bucket]


#: The plans of the Hub's rate limit page (values of September 2025); ``unlimited`` announces nothing, ``boundless``
#: announces more than anyone can use, but not more than is plausible.
QUOTAS = MappingProxyType(
    {
        "anonymous": Quota(500, 3_000, 100),
        "free": Quota(1_000, 5_000, 200),
        "pro": Quota(2_500, 12_000, 400),
        "team": Quota(3_000, 20_000, 400),
        "academia": Quota(3_000, 20_000, 400),
        "enterprise": Quota(6_000, 50_000, 600),
        "enterprise-plus": Quota(10_000, 100_000, 1_000),
        "enterprise-plus-higher": Quota(100_000, 500_000, 10_000),
        "unlimited": Quota(None, None, None),
        "boundless": Quota(10_000_000, 10_000_000, 10_000_000),
    }
)


def quota_of(plan: str) -> Quota:
    """The quotas of a plan. Raises ``SampleHubError`` with the valid names."""
    if plan not in QUOTAS:
        raise SampleHubError(f"unknown quota {plan!r}; known are {', '.join(QUOTAS)}")
    return QUOTAS[plan]


@dataclass(frozen=True, slots=True)
class Spent:
    """The state of a bucket after a request: ``remaining`` of ``quota``, ``reset`` in whole seconds, rounded up."""

    bucket: str
    quota: int
    remaining: int
    reset: int
    window: float
    refused: bool

    def headers(self) -> list[tuple[str, str]]:
        """The two headers that ride on every answer."""
        return [
            ("RateLimit", f'"{self.bucket}";r={self.remaining};t={self.reset}'),
            ("RateLimit-Policy", f'"fixed window";"{self.bucket}";q={self.quota};w={math.ceil(self.window)}'),
        ]

    @property
    def refusal(self) -> str:
        """The Hub's text of a quota 429."""
        minutes = self.window / 60
        period = f"{minutes:g} minutes" if minutes == int(minutes) else f"{self.window:g} seconds"
        return (
            f"We had to rate limit you, you hit the quota of {self.quota} {self.bucket} requests per {period} period. "
            "Upgrade to a PRO user or Team/Enterprise organization account (https://hf.co/pricing) to get higher "
            "limits. See https://huggingface.co/docs/hub/rate-limits"
        )


class Windows:
    """Counts requests per caller and bucket in fixed windows that all begin when the server does."""

    def __init__(self, window: float, clock: Callable[[], float]) -> None:
        self.window = window
        self._clock = clock
        self._start = clock()
        self._lock = threading.Lock()
        self._used: dict[tuple[str, str], tuple[int, int]] = {}

    def spend(self, caller: str, bucket: str, quota: int, units: int) -> Spent:
        """Count ``units`` requests of ``caller``; a refused request is not counted."""
        with self._lock:
            elapsed = self._clock() - self._start
            number = int(elapsed // self.window)
            reset = max(1, math.ceil((number + 1) * self.window - elapsed))
            then, used = self._used.get((caller, bucket), (number, 0))
            if then != number:
                used = 0
            refused = used + units > quota
            if not refused:
                used += units
            self._used[caller, bucket] = (number, used)
            return Spent(bucket, quota, quota - used, reset, self.window, refused)
