"""Draws a reproducible stratified sample from a complete listing, with the weight of each model.

In goes the staged table `listing` of a run, out comes the temporary table `sampled` (hub_id, weight). The order within
a stratum is that of a hash of seed and hub_id: the same listing and seed give the same sample, whatever the order of
the rows, and a sample of the next day keeps most of its models.
"""

from collections.abc import Mapping
from math import sqrt

import duckdb

from harvester.crawl.select import Selection

#: Values of `--stratify`, and what divides the models. The log scale of downloads gives rare popular models a stratum.
STRATA = {
    "author": "coalesce(author, split_part(repo_id, '/', 1))",
    "task": "coalesce(pipeline_tag, 'none')",
    "library": "coalesce(library_name, 'none')",
    "downloads": "CASE WHEN downloads IS NULL THEN 'not reported' WHEN downloads < 1 THEN '0' "
    "ELSE '10^' || CAST(floor(log10(downloads)) AS INTEGER) END",
    "created": "coalesce(CAST(year(created_at) AS VARCHAR), 'unknown')",
}
#: Models that a stratum has at least: two, so that the variance in it can be estimated.
LEAST = 2
#: On average, a stratum has so many models of the sample: the smallest strata are pooled until this holds.
PER_STRATUM = 10
_UNITS = """
CREATE OR REPLACE TEMP TABLE unit AS
WITH units AS (
    SELECT hub_id, arg_min({stratum}, position) AS stratum FROM lake_listing WHERE run_id = $run GROUP BY hub_id
),
sizes AS (SELECT stratum, row_number() OVER (ORDER BY count(*) DESC, stratum) AS place FROM units GROUP BY stratum)
SELECT hub_id, CASE WHEN sizes.place < $most THEN sizes.place ELSE $most END AS stratum,
    sha256($seed || ':' || hub_id) AS lot
FROM units JOIN sizes USING (stratum)
"""
_SAMPLED = """
CREATE OR REPLACE TEMP TABLE sampled AS
WITH places AS (
    SELECT hub_id, stratum, row_number() OVER (PARTITION BY stratum ORDER BY lot, hub_id) AS place FROM unit
)
SELECT hub_id, allocation.size / allocation.taken AS weight
FROM places JOIN allocation USING (stratum) WHERE places.place <= allocation.taken
"""


def draw(con: duckdb.DuckDBPyConnection, run_id: str, selection: Selection) -> None:
    """Create the temporary table `sampled` for a selection with a sample."""
    assert selection.sample is not None
    stratum = "'all'" if selection.stratify is None else STRATA[selection.stratify]
    most = max(1, selection.sample // PER_STRATUM)
    con.execute(_UNITS.format(stratum=stratum), {"run": run_id, "most": most, "seed": str(selection.seed)})
    sizes = dict(con.execute("SELECT stratum, count(*) FROM unit GROUP BY stratum").fetchall())
    taken = allocate(sizes, selection.sample)
    con.execute("CREATE OR REPLACE TEMP TABLE allocation (stratum BIGINT, size DOUBLE, taken DOUBLE)")
    if taken:
        con.executemany("INSERT INTO allocation VALUES (?, ?, ?)", [(key, sizes[key], taken[key]) for key in taken])
    con.execute(_SAMPLED)


def allocate(sizes: Mapping[int, int], total: int) -> dict[int, int]:
    """Return how many of each stratum a sample of ``total`` takes, in proportion to the square root of its size.

    Power allocation (Bankier 1988, The American Statistician 42:174) lies between equal numbers, good for comparing
    strata, and proportional ones, good for the whole. A stratum gives ``LEAST`` at least and what it has at most.
    """
    taken = {key: min(size, LEAST) for key, size in sizes.items()}
    left = total - sum(taken.values())
    while left > 0:
        room = {key: sizes[key] - taken[key] for key in sorted(sizes) if sizes[key] > taken[key]}
        if not room:
            break
        parts = {key: left * sqrt(sizes[key]) / sum(sqrt(sizes[other]) for other in room) for key in room}
        whole = {key: min(room[key], int(parts[key])) for key in room}
        if not any(whole.values()):
            # Less than one each: the largest remainders.
            for key in sorted(room, key=lambda key: (-parts[key], key))[:left]:
                taken[key] += 1
            break
        for key, more in whole.items():
            taken[key] += more
        left = total - sum(taken.values())
    return taken
