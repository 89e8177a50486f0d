"""`harvester build`: extracts stored documents again if requested, then builds the catalogue from the lake."""

from collections.abc import Callable
from pathlib import Path

from harvester.catalogue.build import build
from harvester.commands.reread import reread
from harvester.crawl.lock import HarvestLock
from harvester.crawl.recover import check_lake
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake
from harvester.lake.store import object_store, require_remote


def build_command(
    data: Path, *, reextract: bool, memory_mb: int | None, say: Callable[[str], None], publish: bool = False
) -> str:
    """Build and return what to print; ``say`` prints warnings, ``publish`` uploads it. Raises HarvesterError."""
    layout = Layout(data)
    require_remote(layout, publish=publish)
    layout.require()
    with HarvestLock(layout.lock):
        lake = Lake(layout)
        check_lake(lake, say)
        count = reread(lake, memory_mb=memory_mb, errors_only=not reextract)
        said = f"{count:,} documents extracted again\n" if reextract else ""
        said += f"catalogue: {build(lake, memory_mb=memory_mb)}"
        return said + (f"\npublished: {object_store(layout).publish_catalogue()}" if publish else "")
