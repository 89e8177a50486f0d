"""Takes the steps of visits: the manifest first, then what it names; each answer is committed as it arrives.

A visit is resumable: a step that may not send now leaves the visit as it is and is taken again.
"""

import sqlite3

from harvester.crawl.context import Context
from harvester.crawl.depths import scopes, steps_of
from harvester.crawl.planned import PlannedModel
from harvester.crawl.steps.files import Files
from harvester.crawl.steps.step import Step
from harvester.crawl.visit_state import ERRED, Visit, fetch_row
from harvester.errors import HarvesterError
from harvester.extract.failure import extractor_error
from harvester.hub.budget import NotNow, Stopped
from harvester.outcome import Missed, Outcome


class Visitor:
    """Begins visits and takes their steps; shared by all workers."""

    def __init__(self, context: Context):
        self._context = context
        self._steps = steps_of(scopes(context.depths, context.globs))
        self._manifest = next((step for step in self._steps if isinstance(step, Files)), Files())
        for step in {*self._steps, self._manifest}:
            step.begin(context)

    def begin(self, planned: PlannedModel) -> Visit:
        """Return a new visit of a planned model."""
        steps = tuple(step for step in self._steps if step.scope in planned.scopes)
        # A listing's names may be cut (docs/hub-protocol.md 3); a manifest's are whole.
        names = planned.names if planned.manifest is None else tuple(planned.manifest)
        visit = Visit(
            planned, planned.repo_id, planned.sha, names, planned.manifest, self._manifest, steps, list(steps),
            unpinned=planned.sha is None,
        )  # fmt: skip
        if not visit.awaits_manifest and any(step.is_blind(visit) for step in steps):
            visit.left.insert(0, self._manifest)
        return visit

    def advance(self, visit: Visit, *, ahead: bool) -> None:
        """Take the next step, or with ``ahead`` the one that need not wait for the manifest; and those that follow.

        It ends at a step whose requests count in another bucket. Raises NotNow, Stopped.
        """
        step = visit.next(ahead=ahead)
        bucket = step and visit.bucket(step)
        try:
            while step is not None and visit.bucket(step) == bucket:
                step.run(visit)
                step = visit.next(ahead=ahead)
        except (NotNow, Stopped, HarvesterError, sqlite3.Error, OSError):
            # The budget is used up, the run is ending, or this machine has a problem: not the model's fault.
            raise
        except Exception as error:
            assert step is not None
            self._give_up(visit, step, error)
        else:
            if not visit.left:
                self._end(visit)

    def _end(self, visit: Visit) -> None:
        now = self._context.clock.utc()
        states = [(step, step.state(visit)) for step in visit.steps]
        rows = [step.visit_row(visit, state, now) for step, state in states if state is not None]
        self._context.commit({"visits": rows} if rows else {}, visited=1)

    def _give_up(self, visit: Visit, step: Step, error: Exception) -> None:
        """End a visit in which code of ours raised: one `invalid` row; another version visits the model again."""
        now = self._context.clock.utc()
        missed = Missed(Outcome.INVALID, 0, None, extractor_error(error), now)
        queue = step.reading(visit).queue
        visit.left = []
        rows = {
            "fetches": [fetch_row(visit, step.item, queue[0] if queue else None, missed.outcome, missed, 0)],
            "visits": [step.visit_row(visit, ERRED, now) for step in visit.steps],
        }
        self._context.commit(rows, visited=1)
