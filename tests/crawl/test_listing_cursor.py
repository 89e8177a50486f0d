from contextlib import closing
from pathlib import Path

import pytest

from harvester.clock import SystemClock
from harvester.crawl.journal import Journal, OpenRun
from harvester.crawl.listing import Lister
from harvester.crawl.progress import Reporter
from harvester.crawl.run import Harvest
from harvester.hub.connect import close_hub
from samplehub import Settings
from tests.support import harvest, one, serving, settings, small_shelf


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_kill_between_a_page_and_its_rows_loses_no_row(tmp_path: Path, page: int) -> None:
    shelf, data = small_shelf(tmp_path / "hub", 6), tmp_path / "data"
    with serving(shelf.world(), settings=Settings(listing_cap=2)) as hub:
        killed = Harvest(settings(hub, data), SystemClock(), Reporter(quiet=True))
        killed.lake.create()
        with closing(Journal(killed.layout.journal)) as journal:
            run, _ = killed.begin(journal)
            pages = 0

            def count(run: OpenRun) -> None:
                nonlocal pages
                pages += 1
                journal.save(run)
                if pages == page:
                    raise Killed

            lister = Lister(killed.hub, journal, killed.settings.selection, print, print)
            with pytest.raises(Killed):
                lister.read(run, count, lambda done: None)
            close_hub(killed.hub)
        result = harvest(hub, data)
    assert result.resumed
    assert one(data, "SELECT count(*), count(DISTINCT repo_id) FROM models") == (6, 6)
    assert one(data, "SELECT listed, complete_listing FROM runs") == (6, True)
