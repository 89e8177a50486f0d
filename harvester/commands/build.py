"""`harvester build`: rows again from the stored documents where asked, then the catalogue from the lake."""

from collections.abc import Callable
from pathlib import Path

from harvester.catalogue.build import build
from harvester.crawl.lock import HarvestLock
from harvester.crawl.recover import check_lake
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake


def build_command(data: Path, *, reextract: bool, memory_mb: int | None, say: Callable[[str], None]) -> str:
    """Build and return what to print; ``say`` takes warnings. Raises HarvesterError."""
    layout = Layout(data)
    layout.require()
    with HarvestLock(layout.lock):
        lake = Lake(layout)
        check_lake(lake, say)
        said = ""
        if reextract:
            from harvester.catalogue.reextract import reextract as again

            said = f"{again(lake):,} documents read again\n"
        return f"{said}catalogue: {build(lake, memory_mb=memory_mb)}"
