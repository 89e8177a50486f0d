"""Ends lists of pages that do not end by themselves. Pure."""

from collections.abc import Iterable

from harvester.outcome import Outcome

#: Pages in a row without a new row, a next page being named, after which a list is taken for endless.
STANDSTILL = 5
#: Pages of fewer rows than the smallest page the Hub gives, a next page being named: as many are put up with.
SHORT_PAGES = 200


class Pages:
    """Counts the rows of one list as its pages arrive; ``least`` is the size of the Hub's smallest full page."""

    def __init__(self, what: str, cap: int, least: int):
        self._what, self._cap, self._least = what, cap, least
        self._seen: set[int] = set()
        self._visited: set[str] = set()
        self._standing = self._short = 0

    def take(self, keys: Iterable[str], following: str | None) -> tuple[Outcome, str] | None:
        """Count a page with a key for each row; what the list comes to where it must end here, else None."""
        before, rows = len(self._seen), 0
        for key in keys:
            rows += 1
            self._seen.add(hash(key))
        if len(self._seen) > self._cap:
            return Outcome.OVERSIZED, f"more than {self._cap:,} {self._what}"
        if following is None:
            return None
        if following in self._visited:
            return Outcome.FAILED, f"the pages of {self._what} go in a circle"
        self._visited.add(following)
        self._standing = self._standing + 1 if len(self._seen) == before else 0
        self._short += rows < self._least
        if self._standing >= STANDSTILL:
            return Outcome.FAILED, f"{STANDSTILL} pages of {self._what} in a row bring nothing new"
        if self._short > SHORT_PAGES:
            return Outcome.FAILED, f"more than {SHORT_PAGES} pages of {self._what} are nearly empty"
        return None
