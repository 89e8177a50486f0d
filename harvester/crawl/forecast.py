"""How long a number of requests takes under announced quotas: the dry run and the census tables use this.

A simulation window by window. The listing comes first, one page after another; then manifests, histories (bucket api)
and documents, weights (bucket resolvers) are requested side by side, as the crawl does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, inf

from harvester import defaults
from harvester.hub.addresses import is_loopback
from harvester.hub.budget import Budget, usable
from harvester.hub.connect import HubSettings

#: Seconds from a request to its answer. Assumed: nothing is published. It matters only where quotas are large.
LATENCY = 0.3
#: Seconds for a page of 1,000 models, at most: a census read 3,118 in 64 minutes (docs/hub-protocol.md 2.2).
PAGE_SECONDS = 1.2
#: Share of the time that a limit must take alone to be named as the one that decides.
DECIDES = 0.95
API, RESOLVERS, ANSWERS = "api", "resolvers", "time of the answers"


@dataclass(frozen=True, slots=True)
class Work:
    """Requests to send: pages of the listing, and those of each bucket without them."""

    pages: int = 0
    api: int = 0
    resolvers: int = 0

    def of(self, bucket: str) -> int:
        """Return the requests of a bucket that are not listing pages."""
        return self.api if bucket == API else self.resolvers


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests per window of ``window`` seconds in each bucket, all tokens together, and requests in flight."""

    api: float
    resolvers: float
    window: float
    in_flight: int

    @classmethod
    def announced(
        cls, quotas: Mapping[str, int], window: float, *, share: float = 1.0, tokens: int = 1,
        in_flight: int | None = None,
    ) -> "Limits":  # fmt: skip
        """Return the limits of ``tokens`` tokens with the same quotas, of which ``share`` may be used.

        ``in_flight`` None: for each token as many requests as its quotas need, 8 to 64.
        """
        api, resolvers = (usable(quotas[bucket], share) for bucket in (API, RESOLVERS))
        needed = ceil((api + resolvers) / window * LATENCY)
        own = in_flight or min(max(needed, defaults.WORKERS), defaults.WORKERS_MOST)
        return cls(api * tokens, resolvers * tokens, window, own * tokens)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds that the work takes, the seconds below which no client gets, and the limit that decides."""

    seconds: float
    floor: float
    binds: str

    @property
    def ratio(self) -> float:
        """``seconds`` per second of the floor; infinite where one window has room for everything."""
        return self.seconds / self.floor if self.floor else inf


def limits_of(settings: HubSettings, budget: Budget) -> Limits | None:
    """Return the limits that a Hub announced so far, None if none; resolvers not announced yet are five times api."""
    api, resolvers = budget.window(API), budget.window(RESOLVERS)
    if not api.announced or not api.quota:
        return None
    quotas = {API: api.quota, RESOLVERS: resolvers.quota if resolvers.announced else 5 * api.quota}
    # A Hub on this machine answers at once: more threads would only get in each other's way.
    workers = settings.workers or (defaults.WORKERS if is_loopback(settings.endpoint) else None)
    return Limits.announced(quotas, api.length, share=settings.quota_share, in_flight=workers)


def workers_for(settings: HubSettings, budget: Budget) -> int:
    """Return how many requests may be in flight: `--workers`, or what the announced quota needs."""
    limits = limits_of(settings, budget)
    return settings.workers or (limits.in_flight if limits else defaults.WORKERS)


def forecast(work: Work, limits: Limits) -> Forecast:
    """Return how long the work takes from the start of a window."""
    free = Limits(inf, inf, limits.window, limits.in_flight)
    alone = {
        API: _seconds(work, replace(free, api=limits.api)),
        RESOLVERS: _seconds(work, replace(free, resolvers=limits.resolvers)),
        ANSWERS: _seconds(work, free),
    }
    floor = max(_waited(work.pages + work.api, limits.api), _waited(work.resolvers, limits.resolvers)) * limits.window
    seconds = _seconds(work, limits)
    binds = next((limit for limit in reversed(alone) if alone[limit] >= DECIDES * seconds), API)
    return Forecast(seconds, floor, binds)


def _waited(requests: int, quota: float) -> int:
    """Return the windows that must end before the last request may be sent."""
    return max(ceil(requests / quota) - 1, 0) if requests else 0


def _seconds(work: Work, limits: Limits) -> float:
    """Return the seconds until the last answer: whole windows, and the busy part of the last one."""
    pace = limits.in_flight / LATENCY
    pages, left = work.pages, {API: work.api, RESOLVERS: work.resolvers}
    ended = 0.0
    while True:
        room = {API: limits.api, RESOLVERS: limits.resolvers}
        listed = int(min(pages, room[API], limits.window // PAGE_SECONDS))
        busy = listed * PAGE_SECONDS
        pages -= listed
        room[API] -= listed
        if not pages:
            for bucket in (API, RESOLVERS):
                sent = int(min(left[bucket], room[bucket], (limits.window - busy) * pace))
                left[bucket] -= sent
                busy += sent / pace
        if not pages and not any(left.values()):
            return ended + busy
        ended += limits.window
