"""A sample: who is drawn, how often, with which weight, and that nobody else is read."""

from pathlib import Path

import duckdb
import pytest

from harvester.crawl.sample import STRATA, allocate, draw
from harvester.crawl.select import Selection
from harvester.errors import UsageError
from samplehub import SimulatedWorld
from tests.support import harvest, mapping, one, rows, serving


def listing(con: duckdb.DuckDBPyConnection, order: str) -> None:
    con.execute(f"""
        CREATE OR REPLACE TABLE lake_listing AS
        SELECT 'r' AS run_id, row_number() OVER (ORDER BY {order}) AS position, 'm' || i AS hub_id,
            'a' || (i % 7) || '/m' || i AS repo_id, 'a' || (i % 7) AS author,
            CASE WHEN i % 10 = 0 THEN 'rare' ELSE 'common' END AS pipeline_tag, 'l' || (i % 40) AS library_name,
            CASE WHEN i % 50 > 0 THEN i * i END AS downloads, make_timestamp(2023 + i % 3, 1, 1, 0, 0, 0) AS created_at
        FROM range(1000) AS t(i)
    """)


def drawn(con: duckdb.DuckDBPyConnection, **flags: object) -> dict[str, float]:
    draw(con, "r", Selection(all=True, **flags))  # type: ignore[arg-type]
    return dict(con.execute("SELECT hub_id, weight FROM sampled").fetchall())


@pytest.mark.parametrize("stratify", [None, *STRATA])
def test_a_sample_has_the_wanted_size_and_stands_for_all_models(stratify: str | None) -> None:
    with duckdb.connect() as con:
        listing(con, "i")
        first = drawn(con, sample=100, stratify=stratify, seed=1)
        assert len(first) == 100
        assert sum(first.values()) == pytest.approx(1000)
        listing(con, "hash(i)")
        assert drawn(con, sample=100, stratify=stratify, seed=1) == first
        assert drawn(con, sample=100, stratify=stratify, seed=2).keys() != first.keys()


def test_every_model_of_a_stratum_is_drawn_equally_often() -> None:
    with duckdb.connect() as con:
        listing(con, "i")
        counts = dict.fromkeys(("rare", "common"), 0)
        for seed in range(30):
            drawn(con, sample=100, stratify="task", seed=seed)
            for task, count in con.execute(
                "SELECT pipeline_tag, count(*) FROM sampled JOIN lake_listing USING (hub_id) GROUP BY ALL"
            ).fetchall():
                counts[task] += count
        # Two each, and of the 96 others a fourth: in proportion to the roots of 100 and 900.
        assert counts == {"rare": 30 * 26, "common": 30 * 74}


@pytest.mark.parametrize(
    ("sizes", "total", "taken"),
    [
        ({1: 10, 2: 10}, 10, {1: 5, 2: 5}),
        ({1: 900, 2: 100}, 80, {1: 59, 2: 21}),
        ({1: 1, 2: 50}, 20, {1: 1, 2: 19}),
        ({1: 3, 2: 4}, 100, {1: 3, 2: 4}),
        ({}, 10, {}),
    ],
)
def test_strata_give_in_proportion_to_the_roots_of_their_sizes(
    sizes: dict[int, int], total: int, taken: dict[int, int]
) -> None:
    assert allocate(sizes, total) == taken


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"sample": 10, "limit": 20}, "complete listing"),
        ({"all": True, "sample": 1}, "at least 2"),
        ({"all": True, "stratify": "task"}, "need --sample"),
    ],
)
def test_a_sample_of_anything_but_a_listing_is_wrong_usage(flags: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Selection(**flags).check()  # type: ignore[arg-type]


def test_a_harvest_reads_the_sample_and_nothing_else(tmp_path: Path) -> None:
    selection = Selection(all=True, sample=20, stratify="task", seed=7)
    with serving(SimulatedWorld(200)) as hub:
        first = harvest(hub, tmp_path, selection, depths=("configs",))
        again = harvest(hub, tmp_path, selection, depths=("configs",))
        visible = hub.count(path="/api/models")
    assert (first.record["listed"], again.record["unchanged"], visible) == (20, 20, 2)
    assert one(tmp_path, "SELECT count(*), count(DISTINCT hub_id) FROM models") == (20, 20)
    weights = mapping(tmp_path, "SELECT hub_id, weight FROM model_weights")
    assert len(weights) == 20
    assert 150 < sum(weights.values()) <= 200
    assert rows(tmp_path, "SELECT DISTINCT run_id FROM selection_members") != []
    (flags,) = one(tmp_path, "SELECT flags FROM selections")
    assert '"seed": 7' in flags
    assert one(tmp_path, "SELECT count(*) FROM tombstones") == (0,)
