"""Brings a harvest directory into a state a run can start from, after a kill, a power cut or a damaged file."""

from collections.abc import Callable

from harvester.crawl.journal import Journal, OpenRun
from harvester.crawl.publish import Publisher, merge_run, sync_known
from harvester.crawl.record import write_record
from harvester.lake.parts import Lake


def recover(lake: Lake, journal: Journal, say: Callable[[str], None]) -> OpenRun | None:
    """Publish what a killed run left in the journal, drop what no list names; return the run that is open.

    A listed part that is torn takes its whole batch with it: the plan then asks for those models again.
    """
    if journal.damaged is not None:
        say(f"the journal was damaged; it lies at {journal.damaged}. Published rows are safe, the open run starts anew")
    damaged = lake.set_aside_damaged()
    if damaged:
        say(f"{len(damaged)} damaged parts were set aside below lake/damaged; what they held is asked for again")
    lake.sweep()
    journal.recover(lake.batches)
    run = journal.open_run()
    if run is None:
        journal.drop_answers()
    else:
        Publisher(lake, journal, run, _raise).flush()
        listed = {p.run_id for p in lake.parts("listing")}
        if damaged and run.listed and run.run_id not in listed:
            journal.save(None)
            run = None
    for run_id in {p.run_id for p in lake.parts("listing")} - ({run.run_id} if run else set()):
        merge_run(lake, run_id)
    sync_known(lake, journal)
    return run


def abandon(lake: Lake, journal: Journal, run: OpenRun) -> None:
    """Close an open run that is not continued; its published rows stay."""
    write_record(lake, run, "abandoned")
    journal.save(None)
    merge_run(lake, run.run_id)


def _raise(error: BaseException) -> None:
    raise error
