"""Confirms which models left a selection: one direct request for each name that a complete listing no longer has.

Takes the compared listing of a run, writes rows of the lake tables `tombstones` and `fetches` to the journal. Names
that a killed or cut run did not confirm are confirmed by the next complete listing of the same selection. A complete
listing of the whole Hub is compared with everything known, from any selection.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import duckdb

from harvester.crawl.compare import listed_files
from harvester.crawl.context import Context
from harvester.crawl.journal import OpenRun
from harvester.crawl.listing import new_facts_row
from harvester.crawl.select import Selection
from harvester.hub.answers import names
from harvester.hub.endpoints import Manifest, model
from harvester.hub.fields import LISTING_FIELDS
from harvester.lake.parts import Rows, add_rows
from harvester.outcome import FAILURES, Answer, Missed, Outcome
from harvester.schema.rows import Row, fetches_row, tombstones_row


@dataclass(frozen=True, slots=True)
class Departed:
    """A model that left the selection; ``taken_by`` is the hub_id that has its name in the same listing."""

    hub_id: str
    repo_id: str
    last_seen: datetime | None
    taken_by: str | None


# A model has left if that is its newest change of membership. Suspicious and cut runs leave such changes too: these
# wait for a complete listing. A tombstone set by a run of another selection since this one last had the model is
# enough.
_DEPARTED = """
WITH state AS (
    SELECT hub_id, arg_max(present, run_id) AS present, max(run_id) AS left_in,
        max(run_id) FILTER (present) AS seen_in
    FROM lake_members WHERE selection_id = $selection GROUP BY hub_id
),
listed AS (
    SELECT run_id, max(listed_at) AS listed_at, max(updates_since) IS NULL AS whole FROM lake_runs
    WHERE selection_id = $selection AND listed_at IS NOT NULL GROUP BY run_id
),
-- A run with --updates held those that it has a row of, another one all that have not left.
held AS (
    SELECT state.hub_id, state.left_in, greatest(whole.run_id, state.seen_in) AS held_in
    FROM (SELECT * FROM state WHERE NOT present) AS state
    ASOF LEFT JOIN (SELECT run_id FROM listed WHERE whole) AS whole ON state.left_in > whole.run_id
),
gone AS (
    SELECT held.hub_id, held.left_in, held.held_in, listed.listed_at AS last_seen
    FROM held LEFT JOIN listed ON listed.run_id = held.held_in
),
tombstone AS (SELECT hub_id, max(run_id) AS run_id FROM lake_tombstones GROUP BY hub_id),
confirmed AS (
    SELECT hub_id, max(run_id) AS run_id FROM lake_fetches
    WHERE item = 'confirmation' AND outcome NOT IN ('failed', 'mismatch') GROUP BY hub_id
),
unconfirmed AS (
    SELECT gone.hub_id, gone.last_seen FROM gone
    LEFT JOIN tombstone ON tombstone.hub_id = gone.hub_id AND tombstone.run_id > gone.held_in
    LEFT JOIN confirmed ON confirmed.hub_id = gone.hub_id AND confirmed.run_id >= gone.left_in
    WHERE tombstone.hub_id IS NULL AND confirmed.hub_id IS NULL
),
named AS (
    SELECT hub_id, arg_max(repo_id, (run_id, observed_at)) AS repo_id FROM lake_facts
    SEMI JOIN unconfirmed USING (hub_id) GROUP BY hub_id
)
SELECT unconfirmed.hub_id, named.repo_id, unconfirmed.last_seen, min(holder.hub_id) AS taken_by
FROM unconfirmed JOIN named USING (hub_id)
LEFT JOIN (SELECT hub_id, repo_id FROM lake_listing WHERE run_id = $run) AS holder ON holder.repo_id = named.repo_id
GROUP BY unconfirmed.hub_id, named.repo_id, unconfirmed.last_seen
ORDER BY unconfirmed.hub_id
"""
# A model that exists but is not listed (such as a private one) is requested again by the next listing of the Hub.
_UNLISTED = """
WITH known AS (
    SELECT hub_id, arg_max(repo_id, (run_id, observed_at)) AS repo_id, max(run_id) AS known_in FROM lake_facts
    ANTI JOIN (SELECT hub_id FROM lake_listing WHERE run_id = $run) AS here USING (hub_id)
    GROUP BY hub_id
),
listed AS (
    SELECT selection_id, run_id, max(listed_at) AS listed_at, max(updates_since) IS NULL AS whole FROM lake_runs
    WHERE listed_at IS NOT NULL GROUP BY selection_id, run_id
),
state AS (
    SELECT selection_id, hub_id, CASE WHEN arg_max(present, run_id) THEN $run ELSE max(run_id) END AS held_until,
        max(run_id) FILTER (present) AS seen_in
    FROM lake_members SEMI JOIN known USING (hub_id) GROUP BY selection_id, hub_id
),
-- A run with --updates held those that it has a row of, another one all that have not left.
spells AS (
    SELECT state.hub_id, state.selection_id, greatest(whole.run_id, state.seen_in) AS run_id
    FROM state ASOF LEFT JOIN (SELECT selection_id, run_id FROM listed WHERE whole) AS whole
        ON whole.selection_id = state.selection_id AND state.held_until > whole.run_id
),
held AS (
    SELECT spells.hub_id, max(listed.run_id) AS run_id, arg_max(listed.listed_at, listed.run_id) AS last_seen
    FROM spells JOIN listed USING (selection_id, run_id) GROUP BY spells.hub_id
),
tombstone AS (SELECT hub_id, max(run_id) AS run_id FROM lake_tombstones WHERE renamed_to IS NULL GROUP BY hub_id),
confirmed AS (
    SELECT DISTINCT hub_id FROM lake_fetches
    WHERE run_id = $run AND item = 'confirmation' AND outcome NOT IN ('failed', 'mismatch')
),
unconfirmed AS (
    SELECT known.hub_id, known.repo_id, held.last_seen FROM known
    LEFT JOIN held ON held.hub_id = known.hub_id
    LEFT JOIN tombstone ON tombstone.hub_id = known.hub_id
    ANTI JOIN confirmed ON confirmed.hub_id = known.hub_id
    WHERE tombstone.run_id IS NULL OR tombstone.run_id < greatest(known.known_in, held.run_id)
)
SELECT unconfirmed.hub_id, unconfirmed.repo_id, unconfirmed.last_seen, min(holder.hub_id) AS taken_by
FROM unconfirmed
LEFT JOIN (SELECT hub_id, repo_id FROM lake_listing WHERE run_id = $run) AS holder
    ON holder.repo_id = unconfirmed.repo_id
GROUP BY unconfirmed.hub_id, unconfirmed.repo_id, unconfirmed.last_seen
ORDER BY unconfirmed.hub_id
"""


def departed(con: duckdb.DuckDBPyConnection, run: OpenRun, selection: Selection) -> list[Departed]:
    """Return the models that left and are not confirmed yet; none unless the listing is complete and not suspicious."""
    if not selection.whole or run.since is not None or not run.listing_done or run.suspicious:
        return []
    if selection.everything:
        found = con.execute(_UNLISTED, {"run": run.run_id})
    else:
        found = con.execute(_DEPARTED, {"selection": selection.selection_id, "run": run.run_id})
    return [Departed(*row) for row in found.fetchall()]


def cause_of(gone: Departed, answer: Answer[Manifest]) -> tuple[Outcome, str | None, str | None]:
    """Return the outcome of a confirmation, the tombstone's cause (None: still there) and the new name."""
    if isinstance(answer, Missed):
        causes = {Outcome.PRIVATE_OR_DELETED: "deleted_or_private", Outcome.DISABLED: "disabled"}
        return answer.outcome, causes.get(answer.outcome), None
    info = answer.value.info
    if info.hub_id != gone.hub_id:
        return Outcome.REPLACED, "replaced", None
    if info.repo_id != gone.repo_id:
        return Outcome.RENAMED, "renamed", info.repo_id
    if info.disabled:
        return Outcome.DISABLED, "disabled", None
    return Outcome.OK, None, None


class Confirmer:
    """Requests each name that left once."""

    def __init__(self, context: Context):
        self._context = context

    def confirm(self, gone: list[Departed], workers: int) -> None:
        """Confirm all. Raises Stopped (the next run does the rest) and HubUnavailable."""
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="confirm") as pool:
            try:
                for _ in pool.map(self._one, gone):
                    pass
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _one(self, gone: Departed) -> None:
        if gone.taken_by is not None:
            # The listing itself has answered: no request is sent.
            fetch = fetches_row(
                hub_id=gone.hub_id, requested_id=gone.repo_id, repo_id=gone.repo_id, sha=None, item="confirmation",
                path=None, outcome=Outcome.REPLACED, http_status=None, attempts=0,
                error=f"the listing has it with another _id ({gone.taken_by})", fetched_at=self._context.run.listed_at,
            )  # fmt: skip
            self._context.commit({"tombstones": [self._row(gone, "replaced", None)], "fetches": [fetch]})
            return
        answer = model(self._context.hub, gone.repo_id, None, LISTING_FIELDS, blobs=False)
        outcome, cause, renamed_to = cause_of(gone, answer)
        found = None if isinstance(answer, Missed) else answer.value
        if found is not None and self._context.hides(found.info.hub_id, found.info.repo_id):
            # What was purged leaves no trace, as an answer to another name either.
            found = renamed_to = None
        rows: Rows = {
            "fetches": [fetches_row(
                hub_id=gone.hub_id, requested_id=gone.repo_id, repo_id=None if found is None else found.info.repo_id,
                sha=None if found is None else found.sha or None, item="confirmation", path=None, outcome=outcome,
                http_status=answer.status, attempts=answer.attempts,
                error=answer.error if isinstance(answer, Missed) else None, fetched_at=answer.at,
            )]
        }  # fmt: skip
        if cause is not None:
            rows["tombstones"] = [self._row(gone, cause, renamed_to)]
        if found is not None and renamed_to is not None:
            add_rows(rows, _new_facts(found, answer.at))
        self._context.commit(rows, failed=int(outcome in FAILURES))

    def _row(self, gone: Departed, cause: str, renamed_to: str | None) -> Row:
        # The listing noticed it; the answer gives the cause.
        return tombstones_row(
            hub_id=gone.hub_id, repo_id=gone.repo_id, last_seen=gone.last_seen, noticed_at=self._context.run.listed_at,
            cause=cause, renamed_to=renamed_to, returned_at=None,
        )  # fmt: skip


def _new_facts(found: Manifest, at: datetime) -> Rows:
    """The listing facts of a model that still exists outside the selection under another name."""
    info = found.info
    rows: Rows = {"facts": [new_facts_row(info, at)]}
    if info.sha is not None and info.siblings:
        rows["files"] = list(listed_files(info.hub_id, info.sha, names(info.siblings)))
    return rows
