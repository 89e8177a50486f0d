"""Ends lists of pages that do not end by themselves. Pure."""

from array import array
from collections.abc import Iterable

from harvester.outcome import Outcome

#: Consecutive pages without a new row, but with a next page, after which a list counts as endless.
STANDSTILL = 5
#: Pages of fewer rows than the smallest page the Hub gives, a next page being named: as many are put up with.
SHORT_PAGES = 200
#: The same for a listing, in which filters make some pages empty (docs/hub-protocol.md 2.2).
LISTING_STANDSTILL = 100
#: Most models of a listing (ten times the Hub of 2026, docs/hub-protocol.md 10), and most pages that are less than half
#: full (as many as it takes to filter that many models in pages of 1,000).
LISTING_CAP, LISTING_SHORT = 30_000_000, 30_000
#: Bits of the filter that knows which models were listed: one in 20 of three million is mistaken for known.
_BITS = 1 << 26


class Pages:
    """Counts the rows of one list as its pages arrive; ``least`` is the size of the Hub's smallest full page."""

    def __init__(self, what: str, cap: int, least: int):
        self._what, self._cap, self._least = what, cap, least
        self._seen: set[int] = set()
        self._visited: set[str] = set()
        self._standing = self._short = 0

    def take(self, keys: Iterable[str], following: str | None) -> tuple[Outcome, str] | None:
        """Count a page with a key for each row; return why the list must end here, or None."""
        before, rows = len(self._seen), 0
        for key in keys:
            rows += 1
            self._seen.add(hash(key))
        if len(self._seen) > self._cap:
            return Outcome.OVERSIZED, f"more than {self._cap:,} {self._what}"
        if following is None:
            return None
        if following in self._visited:
            return Outcome.FAILED, f"the pages of {self._what} loop"
        self._visited.add(following)
        self._standing = self._standing + 1 if len(self._seen) == before else 0
        self._short += rows < self._least
        if self._standing >= STANDSTILL:
            return Outcome.FAILED, f"{STANDSTILL} pages of {self._what} in a row contain nothing new"
        if self._short > SHORT_PAGES:
            return Outcome.FAILED, f"more than {SHORT_PAGES} pages of {self._what} are nearly empty"
        return None


class ListingPages:
    """The same for a listing of models, which has too many keys for a set."""

    def __init__(self) -> None:
        self._known = array("Q", bytes(_BITS // 8))
        self._rows = self._standing = self._short = 0

    def take(self, keys: Iterable[str], requested: int) -> str | None:
        """Count a page that has a next one; return why the listing must end here, or None."""
        rows = new = 0
        for key in keys:
            rows += 1
            place, bit = divmod(hash(key) % _BITS, 64)
            new += not (self._known[place] >> bit) & 1
            self._known[place] |= 1 << bit
        self._rows += rows
        self._standing = 0 if new else self._standing + 1
        self._short += 2 * rows < requested
        if self._standing >= LISTING_STANDSTILL:
            return f"{LISTING_STANDSTILL} pages in a row contain no new model"
        if self._rows > LISTING_CAP:
            return f"it contains more than {LISTING_CAP:,} models"
        if self._short > LISTING_SHORT:
            return f"more than {LISTING_SHORT:,} of its pages are nearly empty"
        return None
