"""Gathers the small parts of observations that daily runs leave; what the catalogue says stays the same.

A row of observations is small beside the id of its model, and an id costs next to nothing where its rows lie together:
of 5,000 models whose counts all move each day, a day takes 12.6 bytes a model in a part of its own, and 5.6 in one of
eight days.
"""

from harvester.lake.compact import BUCKET
from harvester.lake.duck import connection, parts_select, with_enough_memory
from harvester.lake.parts import TABLES, Lake, Part
from harvester.lake.rewrite import write_select

TABLE = "observations"
#: Small parts that are worth gathering: a day's work is spread over as many days.
AT_LEAST = 8
#: DuckDB's memory to begin with, MB: it sorts, and spills what does not fit.
MEMORY_MB = 128


def gather(lake: Lake, run_id: str, *, at_least: int = AT_LEAST) -> int:
    """Rewrite many small parts as one, all but those of ``run_id``; return how many it took. Raises LocalError.

    The newest run's part stays by itself: the catalogue does not know it yet, and knows the others already.
    """
    small = sorted(
        (part for part in lake.parts(TABLE) if part.run_id != run_id and part.rows < BUCKET // 2),
        key=lambda part: part.rows,
    )
    if len(small) < at_least:
        return 0
    chosen: list[Part] = []
    for part in small:
        if sum(p.rows for p in chosen) + part.rows <= BUCKET:
            chosen.append(part)
    new = with_enough_memory(lambda memory_mb: _gathered(lake, chosen, memory_mb), MEMORY_MB)
    lake.publish(new, drop=chosen)
    return len(chosen)


def _gathered(lake: Lake, chosen: list[Part], memory_mb: int) -> list[Part]:
    files = [str(lake.layout.lake / part.path) for part in chosen]
    newest = max(part.run_id for part in chosen)
    with connection(lake, memory_mb=memory_mb, views=False) as con:
        select = parts_select(TABLES[TABLE], files)
        part = write_select(con, lake, select, table=TABLE, run_id=newest, name="gathered")
    return [] if part is None else [part]
