"""Prepares a harvest directory for a run after a kill, a power failure or a damaged file."""

from collections.abc import Callable

from harvester.crawl.journal import Journal, OpenRun
from harvester.crawl.publish import Publisher, merge_run, sync_known
from harvester.crawl.record import restore_records, write_record
from harvester.lake.damage import Damage, damages, require_repairable, set_aside, with_their_batches
from harvester.lake.duck import connection, parts_select
from harvester.lake.parts import LISTED, TABLES, Lake, Part


def recover(lake: Lake, journal: Journal, say: Callable[[str], None]) -> OpenRun | None:
    """Publish what a killed run left in the journal, remove unlisted files, and return the open run.

    A damaged part is dropped with its batch, and the plan requests its contents again. Raises DamagedLake if a damaged
    part had replaced others.
    """
    if journal.damaged is not None:
        say(
            f"the journal was damaged; it was moved to {journal.damaged}. Published rows are safe, the open run starts "
            "again"
        )
    damaged = damages(lake)
    require_repairable(lake, damaged)
    lake.sweep()
    journal.recover(lake.batches)
    run = journal.open_run()
    if run is None:
        journal.drop_answers()
    else:
        Publisher(lake, journal, run, _raise).flush()
    if damaged:
        run = _lose(lake, journal, run, damaged, say)
    for run_id in {p.run_id for p in lake.parts("listing")} - ({run.run_id} if run else set()):
        merge_run(lake, run_id)
    sync_known(lake, journal)
    return run


def check_lake(lake: Lake, say: Callable[[str], None]) -> None:
    """Verify the parts before they are read, and recover if some are damaged. Raises DamagedLake."""
    found = damages(lake)
    require_repairable(lake, found)
    if found:
        journal = Journal(lake.layout.journal)
        try:
            recover(lake, journal, say)
        finally:
            journal.close()


def _lose(
    lake: Lake, journal: Journal, run: OpenRun | None, damaged: list[Damage], say: Callable[[str], None]
) -> OpenRun | None:
    parts = with_their_batches(lake, damaged)
    set_aside(lake, parts, newest_visit(lake, damaged))
    restore_records(lake)
    first = damaged[0]
    more = f" and {len(damaged) - 1:,} more" if len(damaged) > 1 else ""
    say(
        f"damaged: {first.part.path} ({first.problem}){more}. {len(parts):,} parts of "
        f"{len({part.batch for part in parts}):,} batches are set aside in {lake.layout.damaged}; "
        f"the next harvest requests their contents again{_not_again(parts)}"
    )
    return run if run is None else _without(lake, journal, run, parts)


def _not_again(lost: list[Part]) -> str:
    """Return what a line about lost parts adds where a finished run's listing is among them."""
    runs = sorted({part.run_id for part in lost if part.table in LISTED})
    return f", but not what run {runs[0]} listed: the catalogue leaves out the listings since then" if runs else ""


def _without(lake: Lake, journal: Journal, run: OpenRun, lost: list[Part]) -> OpenRun | None:
    """Continue the open run without what it lost: it compares again, or is closed if its listing is incomplete."""
    tables = {part.table for part in lost if part.run_id == run.run_id}
    if "listing" in tables:
        abandon(lake, journal, run)
        return None
    if any(part.run_id == run.run_id and part.batch == f"{run.run_id}-compared" for part in lost):
        run.compared = False
        journal.save(run)
    return run


def newest_visit(lake: Lake, damaged: list[Damage]) -> int:
    """Return the time of the newest visit among the parts that can be read, in microseconds since 1970."""
    wrong = {damage.part.path for damage in damaged}
    files = lake.paths(part for part in lake.parts("visits") if part.path not in wrong)
    with connection(lake, views=()) as con:
        found = con.execute(
            f"SELECT epoch_us(max(visited_at)) FROM ({parts_select(TABLES['visits'], files)})"
        ).fetchall()
    return int(found[0][0] or 0)


def abandon(lake: Lake, journal: Journal, run: OpenRun) -> None:
    """Close an open run that is not continued; its published rows stay."""
    write_record(lake, run, "abandoned")
    journal.save(None)
    merge_run(lake, run.run_id)


def forget_unanswered(lake: Lake, journal: Journal) -> None:
    """Undo the first use of a directory if nothing was listed, so that a misspelt Hub does not claim it."""
    run = journal.open_run()
    if run is None or run.listed or run.pages or journal.waiting() != (0, 0) or not lake.is_unused(run.run_id):
        return
    lake.store.remove([f"runs/{run.run_id}.json"])
    journal.save(None)
    lake.release()


def _raise(error: BaseException) -> None:
    raise error
