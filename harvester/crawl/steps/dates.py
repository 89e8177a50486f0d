"""`--with dates`: the last commit of each file, scans and Xet hashes, from the expanded tree."""

from harvester.crawl.steps.files import take_manifest
from harvester.crawl.steps.step import Names, Step
from harvester.crawl.visit_state import Visit
from harvester.hub.answers import ModelInfo
from harvester.hub.endpoints import Manifest
from harvester.hub.tree import dated
from harvester.outcome import Got, Missed

#: Entries of a tree page with dates.
DATED_PAGE = 50


class Dates(Step):
    """Reads the expanded tree alone, if the manifest is known or not wanted; else `Files` reads it in its place."""

    scope = "dates"
    item = "manifest"
    bucket = "api"
    counted_as = "requests_dates"

    def requests(self, names: Names) -> int:
        """One request per page; folders count as entries too, so this is the minimum."""
        return max(1, -(-len(names) // DATED_PAGE))

    def run(self, visit: Visit) -> None:
        """Read all pages of the tree."""
        assert visit.sha is not None
        info = ModelInfo(hub_id=visit.model.hub_id, repo_id=visit.repo_id)
        answer = dated(self._hub, Got(Manifest(info, visit.sha, (), "tree"), 0, 200, self._clock.utc()))
        if isinstance(answer, Missed) and answer.revision_gone and not visit.relisted:
            visit.list_again()
            return
        take_manifest(self._context, visit, answer, answer.attempts, with_dates=True)
