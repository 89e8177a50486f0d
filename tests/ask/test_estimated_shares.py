"""The 95% intervals of a sample: how often they have the true share, over 1,000 draws."""

import random
import re
from collections import Counter

import pytest
from small_catalogue import in_memory

from harvester.ask.registry import find_query
from harvester.crawl.sample import allocate

DRAWS, DRAWN = 1_000, 300
#: Strata of a synthetic population: models, and the share of each licence among them.
STRATA = {
    1: (4_000, {"none": 0.70, "mit": 0.10, "apache-2.0": 0.15, "gemma": 0.05}),
    2: (1_500, {"none": 0.45, "mit": 0.20, "apache-2.0": 0.25, "gemma": 0.10}),
    3: (400, {"none": 0.20, "mit": 0.15, "apache-2.0": 0.60, "gemma": 0.05}),
    4: (30, {"none": 0.10, "mit": 0.20, "apache-2.0": 0.40, "gemma": 0.30}),
}


@pytest.mark.parametrize("seed", [5])
def test_intervals_have_the_true_share_in_95_of_100_samples(seed: int) -> None:
    chance = random.Random(seed)
    strata: dict[int, list[str]] = {}
    licenses: dict[str, str] = {}
    for stratum, (size, mix) in STRATA.items():
        names = [f"{stratum}-{n}" for n in range(size)]
        strata[stratum] = names
        licenses |= dict(zip(names, chance.choices(list(mix), list(mix.values()), k=size), strict=True))
    truth = {value: count / len(licenses) for value, count in Counter(licenses.values()).items()}
    taken = allocate({stratum: len(names) for stratum, names in strata.items()}, DRAWN)
    assert sum(taken.values()) == DRAWN
    # Prepared once: planning takes ten times as long as the answer.
    values = {"$by": "'license'", "$min_downloads": "0", "$limit": "100"}
    text = re.sub(r"\$\w+", lambda name: values[name[0]], find_query("estimated_shares").sql)
    covered, means = Counter[str](), Counter[str]()
    with in_memory(selections=[{"selection_id": "1", "flags": '{"sample": 300}'}]) as con:
        con.execute("SET threads = 1; DROP TABLE models")
        columns = (
            "license",
            "pipeline_tag",
            "library_name",
            "gated",
            "model_type",
            "base_relation",
            "config_status",
            "architecture",
            "dtype",
            "quant_method",
            "remote_code",
            "parameters_source",
        )
        con.execute(f"CREATE TABLE models (hub_id VARCHAR, {' VARCHAR, '.join(columns)} VARCHAR, downloads BIGINT)")
        con.execute(f"PREPARE shares AS {text}")
        for _ in range(DRAWS):
            drawn = [(name, len(names) / taken[key]) for key, names in strata.items()
                     for name in chance.sample(names, taken[key])]  # fmt: skip
            con.execute("DELETE FROM models; DELETE FROM model_weights")
            given = {"ids": [name for name, _ in drawn], "weights": [weight for _, weight in drawn],
                      "licenses": [licenses[name] for name, _ in drawn]}  # fmt: skip
            con.execute("INSERT INTO models (hub_id, license) SELECT unnest($ids), unnest($licenses)",
                        {key: given[key] for key in ("ids", "licenses")})  # fmt: skip
            con.execute("INSERT INTO model_weights SELECT '1', unnest($ids), unnest($weights)",
                        {key: given[key] for key in ("ids", "weights")})  # fmt: skip
            for value, _models, _estimated, share, low, high in con.execute("EXECUTE shares").fetchall():
                covered[value] += low <= truth[value] <= high
                means[value] += share
    for value, share in truth.items():
        assert 0.93 <= covered[value] / DRAWS <= 0.97, (value, covered[value])
        assert means[value] / DRAWS == pytest.approx(share, abs=0.005)
