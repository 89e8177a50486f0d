"""`harvester status --verify` and `harvester repair`: damaged parts, what is lost with them, and how to continue."""

import json
from collections.abc import Callable
from pathlib import Path

from harvester.catalogue.build import build
from harvester.commands.reread import reread
from harvester.crawl.journal import Journal
from harvester.crawl.lock import HarvestLock
from harvester.crawl.record import restore_records
from harvester.crawl.recover import abandon, check_lake, newest_visit, recover
from harvester.errors import DamagedLake
from harvester.lake.damage import Damage, damages, set_aside, with_their_batches
from harvester.lake.layout import Layout
from harvester.lake.parts import Lake, Part
from harvester.lake.relist import relist

#: What follows from the stored documents, and is read from them again.
DERIVED = frozenset({"configs", "fields", "labels", "cards", "evaluations", "license_texts"})
#: What cannot be requested again, because the Hub no longer has it.
PAST = {
    "facts": "what earlier listings reported about models (the next listing restores the current state)",
    "observations": "downloads, likes, gating and visibility at those runs",
    "members": "which models the selections contained at those runs",
    "tombstones": "models that were found to be gone",
    "fetches": "the fetch log of those runs",
    "selections": "the flags of selections (the next run of each restores them)",
    "listing": "the listing of the open run, which is closed (the next run lists again)",
}


def verify_command(data: Path, *, as_json: bool) -> tuple[str, bool]:
    """Read every file of the lake; return what to print, and whether all are whole. Raises HarvesterError."""
    layout = Layout(data)
    layout.require()
    lake = Lake(layout)
    parts = lake.all_parts()
    found = damages(lake, every_hash=True)
    if found:
        # A harvest may merge parts at the same time: parts that are no longer listed are not missing.
        listed_now = {part.path for part in Lake(layout).all_parts()}
        found = [one for one in found if one.part.path in listed_now]
    unhashed = sum(1 for part in parts if not part.sha256)
    if as_json:
        listed = [
            {"path": one.part.path, "table": one.part.table, "run_id": one.part.run_id, "rows": one.part.rows,
             "batch": one.part.batch or None, "problem": one.problem}
            for one in found
        ]  # fmt: skip
        return json.dumps({"parts": len(parts), "without_hash": unhashed, "damaged": listed}), not found
    lines = [f"{len(parts):,} parts, {sum(part.bytes for part in parts):,} bytes: {_verdict(found)}"]
    if unhashed:
        lines.append(f"{unhashed:,} of them have no recorded hash: only their sizes were compared")
    lines += [f"  {one.part.path}: {one.problem} ({one.part.rows:,} rows; {_consequence(one)})" for one in found]
    return "\n".join(lines), not found


def _verdict(found: list[Damage]) -> str:
    return "all match" if not found else f"{len(found):,} damaged"


def _consequence(damage: Damage) -> str:
    if damage.replaced_others:
        return "restore it from a backup, or use `harvester repair --accept-loss`"
    return "its batch will be set aside and requested again"


def repair_command(data: Path, *, accept_loss: bool, confirm: Callable[[str], bool], say: Callable[[str], None]) -> str:
    """Set damaged parts aside and return what to print; permanent losses only if ``confirm`` agrees.

    Raises DamagedLake if a loss must be accepted and was not.
    """
    layout = Layout(data)
    layout.require()
    with HarvestLock(layout.lock):
        lake, said = _with_list(layout, accept_loss=accept_loss, confirm=confirm)
        found = damages(lake, every_hash=True)
        lasting = [one for one in found if one.replaced_others]
        if not found:
            return said.rstrip() or "nothing is damaged"
        if lasting:
            what = losses_text(found)
            if not accept_loss:
                raise DamagedLake(
                    f"{what}\nRestore the files from a backup, or continue without them with --accept-loss"
                )
            if not confirm(f"{what}\nContinue without them?"):
                raise DamagedLake("nothing was changed")
            _accept(lake, found, say)
        else:
            check_lake(lake, say)
        build(lake)
    return f"{said}{len(found):,} damaged parts were set aside in {layout.damaged}; run `harvester harvest` again"


def _with_list(layout: Layout, *, accept_loss: bool, confirm: Callable[[str], bool]) -> tuple[Lake, str]:
    try:
        return Lake(layout), ""
    except DamagedLake as error:
        if not accept_loss:
            raise
        question = (
            f"{error}\nThe list will be rebuilt from the parts on disk. It may include parts of an interrupted write, "
            "and batches are no longer known. Continue?"
        )
        if not confirm(question):
            raise DamagedLake("nothing was changed") from None
    lake, unread = relist(layout)
    left_out = f"; {len(unread):,} files cannot be read and are left out: {', '.join(unread[:3])}" if unread else ""
    return lake, f"{len(lake.all_parts()):,} parts are listed again{left_out}\n"


def losses_text(found: list[Damage]) -> str:
    """Return what is lost with damaged parts, table by table."""
    lines = []
    for table in sorted({one.part.table for one in found}):
        parts = [one.part for one in found if one.part.table == table]
        lines.append(f"  {table}, {sum(part.rows for part in parts):,} rows: {_fate(table)}")
        lines += [f"    {one.part.path}: {one.problem}" for one in found if one.part.table == table]
    return "Damaged:\n" + "\n".join(lines)


def _fate(table: str) -> str:
    if table == "runs":
        return "restored from the files in runs/"
    if table in DERIVED:
        return "extracted again from the stored documents"
    return f"lost permanently: {PAST[table]}" if table in PAST else "requested again by the next harvest"


def _accept(lake: Lake, found: list[Damage], say: Callable[[str], None]) -> None:
    parts = with_their_batches(lake, found)
    tables = {part.table for part in parts}
    derived: list[Part] = []
    if tables & DERIVED:
        # All documents are extracted again, because it is unknown which rows were lost.
        lost = {part.path for part in parts}
        derived = [part for table in DERIVED for part in lake.parts(table) if part.path not in lost]
    set_aside(lake, parts, newest_visit(lake, found))
    restore_records(lake)
    if derived:
        lake.publish([], drop=derived)
    journal = Journal(lake.layout.journal)
    try:
        run = recover(lake, journal, say)
        if run is not None and any(part.run_id == run.run_id for part in parts):
            # It would continue with a listing or a comparison that may be lost.
            abandon(lake, journal, run)
    finally:
        journal.close()
    if tables & DERIVED:
        say(f"{reread(lake, memory_mb=None, errors_only=False):,} stored documents were extracted again")
