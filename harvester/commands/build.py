"""`harvester build`: rows again from the stored documents where asked, then the catalogue from the lake."""

from pathlib import Path

from harvester.catalogue.build import bring_up
from harvester.crawl.lock import HarvestLock
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake


def build_command(data: Path, *, reextract: bool, memory_mb: int | None, full: bool = False) -> str:
    """Build and return what to say. Raises HarvesterError."""
    layout = Layout(data)
    layout.require()
    with HarvestLock(layout.lock):
        lake = Lake(layout)
        told = ""
        if reextract:
            from harvester.catalogue.reextract import reextract as again

            told = f"{again(lake):,} documents read again\n"
        done = bring_up(lake, memory_mb=memory_mb, full=full)
        return f"{told}catalogue: {done.path}\n{_HOW[done.how].format(done.why)}"


_HOW = {"unchanged": "it was up to date already", "updated": "updated: {}", "anew": "built anew: {}"}
