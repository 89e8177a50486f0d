"""Reads stored documents again with the present extractors, as parts of a run id of their own."""

from datetime import datetime

from harvester.crawl.run_ids import next_id
from harvester.lake.parts import Lake


def reread(lake: Lake, *, memory_mb: int | None, errors_only: bool) -> int:
    """Extract again what another version extracted, or only where it failed; return how many. Raises LocalError."""
    from harvester.catalogue.reextract import failed_before, reextract

    if errors_only and not failed_before(lake):
        return 0
    # The next id after the newest, not the time: with the sample Hub, that of a simulated day may follow.
    run_id = next_id(datetime.min, {*lake.run_ids, *(path.stem for path in lake.layout.runs.glob("*.json"))})
    return reextract(lake, run_id, memory_mb=memory_mb, errors_only=errors_only)
