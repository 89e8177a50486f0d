"""The arithmetic of the published figures: catalogues built to have the published shares, and others."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import duckdb
import pytest
from small_catalogue import in_memory

from harvester.ask.registry import queries
from harvester.ask.run import query

PUBLISHED = sorted(asked.name for asked in queries() if asked.theme == "published")
START = datetime(2026, 1, 1)
Columns = Mapping[str, list[Any]]


def fill(con: duckdb.DuckDBPyConnection, table: str, columns: Columns) -> None:
    values = ", ".join(f"unnest(${name})" for name in columns)
    con.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}", dict(columns))


def ids(count: int) -> Columns:
    return {"hub_id": [f"h{n}" for n in range(count)], "repo_id": [f"x/m{n}" for n in range(count)]}


def licenses() -> dict[str, Columns]:
    """10,000: without licence are 16 of 100 above a million downloads, 251 of 1,000 above 1,000, 6,440 of all."""
    none = [n < 16 if n < 100 else n < 100 + 235 if n < 1000 else n < 1000 + 6189 for n in range(10_000)]
    shares = {
        "apache-2.0": 0.4442, "mit": 0.1634, "other": 0.1219, "openrail": 0.0558, "creativeml-openrail-m": 0.0435,
        "cc-by-nc-4.0": 0.0213, "llama2": 0.0153, "llama3": 0.0147, "gemma": 0.0129,
    }  # fmt: skip
    named = [name for name, share in shares.items() for _ in range(round(share * 3560))]
    rest = iter(named + ["cc-by-4.0"] * (3560 - len(named)))
    downloads = [2_000_000] * 100 + [2_000] * 900 + [5] * 9_000
    return {"models": {**ids(10_000), "license": [None if no else next(rest) for no in none], "downloads": downloads}}


def relations() -> dict[str, Columns]:
    """10,000 models, of which 2,809 have a base model; these and 305 bases are not isolated."""
    kinds = ["adapter"] * 1196 + ["finetune"] * 1009 + ["quantized"] * 540 + ["merge"] * 64
    models = {
        **ids(10_000), "base_relation": [*kinds, *[None] * (10_000 - len(kinds))],
        "base_models": [*[["x/m9999"]] * len(kinds), *[[]] * (10_000 - len(kinds))],
    }  # fmt: skip
    parents = [f"h{9_999 - n % 305}" for n in range(len(kinds))]
    return {
        "models": models,
        "lineage": {"child_hub_id": [f"h{n}" for n in range(len(kinds))], "parent_hub_id": parents},
    }


def families() -> dict[str, Columns]:
    """10,000 derived models, of which so many were made from each base."""
    children = {
        "Qwen/Qwen1.5-0.5B": 601, "black-forest-labs/FLUX.1-dev": 595, "Qwen/Qwen1.5-1.8B": 565, "google/gemma-2b": 440,
        "google/gemma-7b": 177, "distilbert/distilbert-base-uncased": 170,
        "stabilityai/stable-diffusion-xl-base-1.0": 153,
    }  # fmt: skip
    parents = [name for name, count in children.items() for _ in range(count)]
    parents += ["someone/else"] * (10_000 - len(parents))
    edges = {"child_hub_id": list(ids(10_000)["hub_id"]), "parent": parents, "parent_kind": ["repo"] * 10_000}
    return {"models": ids(10_000), "lineage_edges": edges}


def changes() -> dict[str, Columns]:
    """A parent, and 10,000 fine-tunes: 1,976 change the licence, 4,106 the task, 2,419 the languages."""
    models = {
        **ids(10_001), "license": ["mit"] * 8_025 + ["gemma"] * 1_976, "pipeline_tag": ["a"] * 5_895 + ["b"] * 4_106,
        "languages": [["en", "de"]] * 4_000 + [["de", "en"]] * 3_582 + [["fr"]] * 2_419,
    }  # fmt: skip
    edges = {
        "child_hub_id": [f"h{n}" for n in range(1, 10_001)], "parent_hub_id": ["h0"] * 10_000,
        "relation": ["finetune"] * 10_000,
    }  # fmt: skip
    return {"models": models, "lineage_edges": edges}


def languages_and_datasets() -> dict[str, Columns]:
    """10,000 models in English, and for each published ratio so many models; the same of data sets."""
    spoken = {"zh": 583, "fr": 531, "es": 483, "de": 475, "ja": 406}
    trained = {"GLUE": 6840, "generator": 6360, "squad": 3620, "dair-ai/emotion": 3438, "imagenet-1k": 3039}
    models = {
        **ids(10_000),
        "languages": [["en", *(name for name, count in spoken.items() if n < count)] for n in range(10_000)],
    }
    used = [(f"h{n}", name) for name, count in {"imagefolder": 10_000, **trained}.items() for n in range(count)]
    return {"models": models, "datasets": {"hub_id": [one for one, _ in used], "dataset": [name for _, name in used]}}


def sizes_and_downloads() -> dict[str, Columns]:
    """1,000 models, of which 355 were downloaded and 670 have a card; three quartiles of parameters."""
    sizes = [100_000_000] * 100 + [124_000_000] * 200 + [765_000_000] * 400 + [6_740_000_000] * 250 + [10**11] * 50
    models = {
        **ids(1_000), "parameters": sizes, "parameters_source": ["header"] * 1_000, "downloads": [1] * 355 + [0] * 645,
        "file_count": [3] * 1_000,
    }  # fmt: skip
    cards = {"hub_id": [f"h{n}" for n in range(670)], "path": ["README.md"] * 670, "role": ["card"] * 670}
    return {"models": models, "files": cards}


def turnover() -> dict[str, Columns]:
    """Of 10 models listed first and 10,000 added later, 2,269 are gone."""
    seen = [START] * 10 + [datetime(2026, 1, 8)] * 10_000
    gone = {"hub_id": [f"h{n}" for n in range(5, 2_274)], "cause": ["deleted_or_private"] * 2_269}
    return {"models": ids(1), "names": {**ids(10_010), "first_seen": seen}, "tombstones": gone}


BUILT = {
    "published_licenses": licenses, "published_relations": relations, "published_families": families,
    "published_changes_along_lineage": changes, "published_languages_and_datasets": languages_and_datasets,
    "published_sizes_and_downloads": sizes_and_downloads, "published_turnover": turnover,
}  # fmt: skip


@pytest.fixture(params=PUBLISHED)
def built(request: pytest.FixtureRequest) -> Iterator[tuple[str, duckdb.DuckDBPyConnection]]:
    with in_memory(
        runs=[{"run_id": "1", "hub": "https://huggingface.co", "listed_at": "2026-01-01", "selection_id": "s"}],
        selections=[{"selection_id": "s", "flags": '{"all": true}'}],
    ) as con:
        for table, columns in BUILT[request.param]().items():
            fill(con, table, columns)
        yield request.param, con


def test_a_catalogue_with_the_published_shares_has_the_published_figures(
    built: tuple[str, duckdb.DuckDBPyConnection],
) -> None:
    name, con = built
    rows = query(con, name).rows(named=True)
    assert rows
    for row in rows:
        assert row["ours"] == pytest.approx(row["published"], rel=0.01), row["figure"]
        assert row["verdict"] == "within"
        assert row["low"] < row["published"] < row["high"]
    con.execute("UPDATE selections SET flags = '{\"limit\": 300}'")
    assert set(query(con, name)["verdict"]) == {"not comparable"}
