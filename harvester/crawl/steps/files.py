"""`--with files`: the manifest of a model, pinned to its listed commit; other steps may need it too."""

from harvester.crawl.context import Context
from harvester.crawl.listing import new_facts_row
from harvester.crawl.steps.step import Names, Step
from harvester.crawl.visit_state import Visit, card_data_of, fetch_row, known_files, manifest_rows
from harvester.hub.endpoints import Manifest, model
from harvester.hub.fields import MANIFEST_FIELDS, SINGLE_FIELDS
from harvester.hub.tree import dated
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Answer, Got, Missed, Outcome


class Files(Step):
    """Reads the manifest; if dates are left to read, its files from the expanded tree, so that they come once."""

    scope = "files"
    item = "manifest"
    bucket = "api"
    needs_manifest = True
    counted_as = "requests_manifests"

    def requests(self, names: Names) -> int:
        """One request, whatever the files."""
        return 1

    def run(self, visit: Visit) -> None:
        """Read the manifest; again without a pinned commit if that is gone, or if the name led to another model."""
        with_dates = visit.awaits("dates")
        answer, before = self._request(visit, with_dates, again=visit.unpinned), 0
        moved = isinstance(answer, Got) and answer.value.renamed_to is not None
        if not visit.relisted and (moved or (isinstance(answer, Missed) and answer.revision_gone)):
            if isinstance(answer, Got) and answer.value.info.hub_id != visit.model.hub_id:
                answer = _replaced(visit, answer)
            else:
                before = answer.attempts
                answer = self._request(visit, with_dates, again=True)
        take_manifest(self._context, visit, answer, before + answer.attempts, with_dates=with_dates)

    def _request(self, visit: Visit, with_dates: bool, *, again: bool) -> Answer[Manifest]:
        fields: tuple[str, ...] = MANIFEST_FIELDS
        sha, wait = visit.sha, False
        if again:
            fields = SINGLE_FIELDS
            # A revision that was requested by name stays the one that is read.
            sha, wait = visit.model.requested_id.partition("@")[2] or None, not visit.unpinned
        if with_dates:
            fields = tuple(f for f in fields if f != "siblings")
        listed = () if again else visit.names or ()
        answer = model(self._hub, visit.repo_id, sha, fields, blobs=not with_dates, wait=wait, listed=listed)
        if isinstance(answer, Got) and self._context.hides(answer.value.info.hub_id, answer.value.info.repo_id):
            error = "the name belongs to a model that was purged"
            return Missed(Outcome.REPLACED, answer.attempts, answer.status, error, answer.at)
        visit.relisted = visit.relisted or again
        if not with_dates or isinstance(answer, Missed) or answer.value.info.hub_id != visit.model.hub_id:
            return answer
        if not answer.value.sha:
            return Missed(Outcome.FAILED, answer.attempts, 200, "the answer contains no commit", answer.at)
        return dated(self._hub, answer)


def take_manifest(context: Context, visit: Visit, answer: Answer[Manifest], sent: int, *, with_dates: bool) -> None:
    """Commit the answer of ``sent`` requests for a manifest, and the end of the steps that it completes or ends."""
    visit.unpinned = False
    if isinstance(answer, Got) and answer.value.info.hub_id != visit.model.hub_id:
        answer = _replaced(visit, answer)
    if isinstance(answer, Missed):
        return _miss(context, visit, answer, sent)
    manifest = answer.value
    rows: Rows = {}
    outcome = Outcome.OK
    files = known_files(manifest)
    # A model that is listed again may have the same commit: its files are not stored twice.
    stored = visit.relisted and manifest.sha == visit.sha and files == visit.files and not with_dates
    if visit.relisted:
        rows["facts"] = [new_facts_row(manifest.info, answer.at)]
        if manifest.info.repo_id != visit.repo_id:
            outcome = Outcome.RENAMED
            visit.repo_id = manifest.info.repo_id
        if manifest.sha != visit.sha:
            visit.move()
        visit.sha = manifest.sha
    if not stored:
        rows |= manifest_rows(visit.model.hub_id, manifest, answer.at)
    rows["fetches"] = [fetch_row(visit, "manifest", None, outcome, answer, sent)]
    complete = [step for step in visit.steps if step.scope == "files" or (step.scope == "dates" and with_dates)]
    rows["visits"] = [step.visit_row(visit, "complete", answer.at) for step in complete]
    # Dates that were read at another commit are left to the next run.
    visit.left = [step for step in visit.left if step.item != "manifest"]
    visit.files = files
    visit.names = tuple(f.path for f in manifest.files)
    context.commit(rows, card_data_of(manifest, context.journal))


def _miss(context: Context, visit: Visit, missed: Missed, sent: int) -> None:
    """Commit a manifest that did not come: steps that need it are partial."""
    lost = [step for step in visit.left if step.item == "manifest"]
    visit.left = [step for step in visit.left if step not in lost]
    lost += [step for step in visit.left if step.is_blind(visit)]
    visit.left = [step for step in visit.left if step not in lost]
    rows: Rows = {
        "fetches": [fetch_row(visit, "manifest", None, missed.outcome, missed, sent)],
        "visits": [step.visit_row(visit, "partial", missed.at) for step in lost if step in visit.steps],
    }
    if missed.outcome in (Outcome.PRIVATE_OR_DELETED, Outcome.REPLACED, Outcome.DISABLED):
        visit.refused = (missed.outcome, missed.error)
    context.commit(rows, failed=int(missed.outcome in FAILURES))


def _replaced(visit: Visit, answer: Got[Manifest]) -> Missed:
    info = answer.value.info
    error = f"{visit.repo_id} is now {info.repo_id} with another _id ({info.hub_id})"
    return Missed(Outcome.REPLACED, answer.attempts, answer.status, error, answer.at)
