"""Lists the selection page by page into the journal, the cursor with every page.

In goes a selection and the saved cursor, out come rows of the lake table `listing` waiting in the journal.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from harvester.crawl.journal import Journal, OpenRun, Payload
from harvester.crawl.select import Selection
from harvester.crawl.updates import check_descending, reached
from harvester.errors import DOCTOR, HubUnavailable
from harvester.extract.failure import extractor_error
from harvester.hub.answers import BadAnswer, ModelInfo
from harvester.hub.answers import names as names_of
from harvester.hub.endpoints import Hub, Page, first_page_path, listing_page, with_limit
from harvester.hub.paging import ListingPages
from harvester.hub.shapes import ADVICE, unknown_listing
from harvester.hub.transport import RequestFailed
from harvester.outcome import Outcome
from harvester.schema.lake import FACTS, UNCOMPARED
from harvester.schema.rows import Facts, Row, facts_of, facts_row, fetches_row, listing_row, observed_of

#: Rows per page (the Hub's cap), and the least that is requested when the Hub cannot serve a page.
PAGE, LEAST_PAGE = 1_000, 10
#: Attempts at the very first page, so that an unreachable Hub is reported soon.
FIRST_ATTEMPTS = 3
#: Attempts at a page before a smaller one is requested, and pages after which a larger size is tried again.
SHRINK_ATTEMPTS, GROW_AFTER = 2, 20
_facts = msgspec.json.Encoder(order="deterministic").encode


def facts_hash(facts: Facts) -> int:
    """Return a signed 64-bit digest of the facts that are compared."""
    compared = [fact for fact, column in zip(facts, FACTS, strict=True) if column.name not in UNCOMPARED]
    return int.from_bytes(hashlib.blake2b(_facts(compared), digest_size=8).digest(), "big", signed=True)


def listed_row(info: ModelInfo, position: int, at: datetime, requested: str | None = None) -> Row:
    """Return the row of `listing` for a model."""
    facts = facts_of(info)
    return listing_row(
        position=position, requested_id=requested, observed_at=at, hub_id=info.hub_id, facts=facts,
        observed=observed_of(info), facts_hash=facts_hash(facts),
        names=names_of(info.siblings) if info.siblings else None,
    )  # fmt: skip


def new_facts_row(info: ModelInfo, at: datetime) -> Row:
    """Return the row of `facts` for the head of a model that was requested on its own."""
    facts = facts_of(info)
    return facts_row(observed_at=at, hub_id=info.hub_id, facts=facts, facts_hash=facts_hash(facts), pinned=None)


def listing_fetch(
    run: OpenRun, outcome: str, status: int | None, attempts: int, error: str | None, at: datetime, of: str = ""
) -> Row:  # fmt: skip
    """Return the row of `fetches` for a listing, or for a part ``of`` it."""
    return fetches_row(
        hub_id=None, requested_id=run.selection_id + of, repo_id=None, sha=None, item="listing", path=None,
        outcome=outcome, http_status=status, attempts=attempts, error=error, fetched_at=at,
    )  # fmt: skip


class Lister:
    """Reads the pages of one listing; `run` holds the cursor."""

    def __init__(
        self, hub: Hub, journal: Journal, selection: Selection, say: Callable[[str], None], warn: Callable[[str], None],
        hides: Callable[[str, str], bool] = lambda hub_id, repo_id: False, manifests: bool = True,
        seen: Iterable[str] = (),
    ):  # fmt: skip
        self._hides, self._manifests = hides, manifests
        #: models left out because they were purged
        self.hidden = 0
        self._hub, self._journal, self._selection, self._say, self._warn = hub, journal, selection, say, warn
        self._pages_at_limit = 0
        #: hub_ids listed so far, if the order may change while it is read: a model that crosses the cursor appears
        #: twice
        self._seen = set(seen)
        #: whether a page with rows had the known format
        self._understood = False
        self._largest = self._limit = PAGE if selection.limit is None else min(PAGE, selection.limit)

    def read(self, run: OpenRun, count: Callable[[OpenRun], None], after_page: Callable[[int], None]) -> None:
        """Read pages until the listing is complete, or until an update may stop.

        ``count`` adds the traffic to the run before it is saved. Raises HubUnavailable (unreachable at the first page,
        refused token), RequestFailed (at a later page: the run stays open at its cursor), Stopped.
        """
        if run.listing_done:
            return
        flags = self._selection.parameters(updates=run.since is not None)
        path = run.cursor or first_page_path(flags, self._limit, manifests=self._manifests)
        visited: set[str] = set()
        pages = ListingPages()
        while True:
            page = self._page(path, first=run.pages == 0)
            self._check_shape(page)
            self._check_order(page, run)
            rows, invalid = self._rows(page, run)
            visited.add(path)
            limit, listed = self._selection.limit, run.listed + len(rows)
            complete = page.next is None or (limit is not None and listed >= limit)
            complete = complete or (run.since is not None and reached(page.models, run.since))
            if page.next in visited:
                raise HubUnavailable(f"the Hub's listing loops: its next page was read before; {DOCTOR}")
            if not complete and (endless := pages.take((model.hub_id for model in page.models), self._limit)):
                raise HubUnavailable(f"the Hub's listing does not end: {endless}")
            extra = {"fetches": invalid} if invalid else {}
            if complete:
                done = listing_fetch(run, "ok", 200, run.pages + 1, None, page.response.arrived)
                extra["fetches"] = [done, *invalid]
            count(run)
            # The cursor and the rows before it are one transaction: nothing sees a cursor whose rows are not saved.
            after = {
                "cursor": None if complete else page.next, "listed": listed, "pages": run.pages + 1,
                "listing_done": complete,
            }  # fmt: skip
            self._journal.add(Payload({"listing": rows, **extra}), msgspec.structs.replace(run, **after))
            for name, value in after.items():
                setattr(run, name, value)
            after_page(run.listed)
            if complete:
                return
            assert page.next is not None
            path = page.next

    def _page(self, path: str, *, first: bool) -> Page:
        """Read a page; one that times out is requested again with fewer rows, and that size is kept for a while."""
        path = with_limit(path, self._limit)
        while True:
            small = self._limit <= LEAST_PAGE
            attempts = FIRST_ATTEMPTS if first else None if small else SHRINK_ATTEMPTS
            try:
                page = listing_page(self._hub, path, attempts=attempts)
            except BadAnswer as error:
                raise HubUnavailable(
                    f"{self._hub.transport.endpoint} does not answer as a Hub: {error}; {DOCTOR}"
                ) from None
            except RequestFailed as error:
                # Only an answer of the Hub, or its silence, speaks of the size; a lost connection does not.
                if not small and ("timeout" in error.error or (error.status or 0) >= 500):
                    self._limit, self._pages_at_limit = max(LEAST_PAGE, self._limit // 4), 0
                    path = with_limit(path, self._limit)
                    self._say(f"the Hub could not serve that page ({error.error[:60]}); requesting {self._limit} rows")
                    continue
                if first:
                    where = self._hub.transport.endpoint
                    problem = f"cannot reach the Hub at {where}" if error.status is None else f"{where} lists no models"
                    raise HubUnavailable(f"{problem}: {error.error}; {DOCTOR}") from None
                if not small and attempts is not None:
                    page = listing_page(self._hub, path)
                else:
                    raise
            self._pages_at_limit += 1
            if self._pages_at_limit >= GROW_AFTER and self._limit < self._largest:
                self._limit, self._pages_at_limit = min(self._limit * 2, self._largest), 0
            return page

    def _check_shape(self, page: Page) -> None:
        """Raise HubUnavailable before any row is written if the first page with rows has an unknown format."""
        if self._understood:
            return
        rows = page.response.value
        if problem := unknown_listing(rows):
            endpoint = self._hub.transport.endpoint
            raise HubUnavailable(f"{endpoint} lists models in an unknown format: {problem}; {ADVICE}")
        self._understood = bool(rows)

    def _check_order(self, page: Page, run: OpenRun) -> None:
        """Warn once when the Hub does not honour the stable order (docs/hub-protocol.md 2.1).

        The official client no longer sends `direction`. Raises HubUnavailable if an update could miss models.
        """
        if run.since is not None:
            if page.next is not None:
                check_descending(page.models, self._hub.transport.endpoint)
            return
        if self._selection.sort or run.pages or len(page.models) < 2:
            return
        ids = [m.hub_id for m in page.models]
        if ids == sorted(ids):
            return
        if ids == sorted(ids, reverse=True):
            self._warn(
                "the Hub ignores direction=1 and lists the newest models first: "
                "models created from now on are picked up by the next run"
            )
        else:
            self._warn(
                "the Hub ignores sort=createdAt: in the order it gives, models may be skipped or repeated "
                "(repeats are dropped)"
            )

    def _rows(self, page: Page, run: OpenRun) -> tuple[list[Row], list[Row]]:
        """Return the rows of a page, and a row of the fetch log for each that is not a model."""
        rows: list[Row] = []
        wrong = list(page.wrong)
        limit, listed = self._selection.limit, run.listed
        for info in page.models:
            if self._hides(info.hub_id, info.repo_id):
                self.hidden += 1
                continue
            if limit is not None or run.since is not None:
                if info.hub_id in self._seen or (limit is not None and listed + len(rows) >= limit):
                    continue
                self._seen.add(info.hub_id)
            try:
                rows.append(listed_row(info, listed + len(rows), page.response.arrived))
            except Exception as error:
                wrong.append(extractor_error(error))
        for problem in wrong[:3]:
            self._warn(f"a listed row is not a model: {problem}")
        at, page_of = page.response.arrived, f" page {run.pages + 1} row "
        return rows, [
            listing_fetch(run, Outcome.INVALID, 200, 0, problem, at, f"{page_of}{number}")
            for number, problem in enumerate(wrong, 1)
        ]
