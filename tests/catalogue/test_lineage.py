"""What a model was made from: an edge for every source that says so, as the build's SQL makes them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harvester.catalogue.lineage_steps import LINEAGE_STEPS
from harvester.catalogue.scripts import scripts
from harvester.catalogue.step import make
from harvester.extract.card import read_card
from harvester.extract.lineage import RELATIONS

TABLES = """
CREATE SCHEMA base;
CREATE TABLE base.step_error (item VARCHAR, id VARCHAR, reason VARCHAR);
CREATE TABLE base.model (model INTEGER, hub_id VARCHAR, repo_id VARCHAR, tags VARCHAR[]);
CREATE TABLE base.fact (model INTEGER, base_models VARCHAR[], base_model_ids VARCHAR[], base_relation VARCHAR);
CREATE TABLE base.model_card (model INTEGER, card INTEGER);
CREATE TABLE base.card (card INTEGER, base_models VARCHAR[], base_model_relation VARCHAR, body_base_models VARCHAR[]);
CREATE TABLE base.doc (doc INTEGER, kind VARCHAR, base_model_name_or_path VARCHAR, name_or_path VARCHAR,
    merged_models VARCHAR[]);
CREATE TABLE base.ref (model INTEGER, path VARCHAR, doc INTEGER);
CREATE TABLE base.file (model INTEGER, path VARCHAR);
CREATE TABLE base.weight (model INTEGER, content BLOB);
CREATE TABLE base.header (content BLOB, format VARCHAR, metadata VARCHAR);
"""
Edge = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A model `me/c` (its id `c`): what each source says, and the edges that follow."""

    edges: list[Edge]
    hub: tuple[tuple[str | None, str], ...] = ()
    relation: str | None = None
    tags: tuple[str, ...] = ()
    card: str | None = None
    adapter_base: str | None = None
    has_adapter: bool = False
    name_or_path: str | None = None
    merged: tuple[str, ...] = ()
    header: dict[str, Any] | None = None


def front(*lines: str) -> str:
    return "---\n" + "\n".join(lines) + "\n---\n"


BERT = "[google-bert/bert-base-cased](https://huggingface.co/google-bert/bert-base-cased)"
GPT2 = "[gpt2](https://huggingface.co/gpt2)"
HEADER = {
    "general.source.repo_url": "https://huggingface.co/a/source",
    "general.base_model.0.repo_url": "https://huggingface.co/a/base",
    "general.base_model.1.name": "No Name On The Hub",
}
TAGS = (
    "base_model:https://huggingface.co/a/b",
    "base_model:adapter:a/b",
    "base_model:c/d:Q4",
    "base_model:odd:e/f",
)
CASES = {
    "every source gives its own edge": Said(
        hub=(("p0", "a/base"),), relation="quantized",
        tags=("base_model:a/base", "base_model:quantized:a/base", "license:mit"),
        card=front("base_model: https://huggingface.co/a/base"), adapter_base="/data/models/base",
        name_or_path="a/base-v1",
        edges=[("hub", "a/base", "quantized"), ("tag", "a/base", "quantized"), ("card", "a/base", "quantized"),
               ("adapter_config", "/data/models/base", "adapter"), ("name_or_path", "a/base-v1", "unknown")],
    ),
    "the card's own word comes before the tags": Said(
        card=front("base_model: [a/b, c/d]", "base_model_relation: merge"), tags=("base_model:finetune:a/b",),
        edges=[("tag", "a/b", "finetune"), ("card", "a/b", "merge"), ("card", "c/d", "merge")],
    ),
    "without a word the tag decides": Said(
        card=front("base_model: A/B"), tags=("base_model:finetune:a/b",),
        edges=[("tag", "a/b", "finetune"), ("card", "A/B", "finetune")],
    ),
    "then an adapter config": Said(
        card=front("base_model: A/B"), has_adapter=True, name_or_path="c/d",
        edges=[("card", "A/B", "adapter"), ("name_or_path", "c/d", "unknown")],
    ),
    "then nobody": Said(tags=("base_model:a/b",), edges=[("tag", "a/b", "unknown")]),
    "a colon in a tag's parent ends no relation": Said(
        tags=TAGS, edges=[("tag", "a/b", "adapter"), ("tag", "c/d", "unknown"), ("tag", "e/f", "unknown")],
    ),
    "of two words for one parent in tags the last counts": Said(
        tags=("base_model:a/b", "base_model:merge:A/b", "base_model:finetune:a/B", "base_model:a/b"),
        edges=[("tag", "a/B", "finetune")],
    ),
    "a model that names itself is reported, evidence of it is none": Said(
        card=front("base_model: Me/C"), name_or_path="me/c", merged=("me/c",), edges=[("card", "Me/C", "unknown")],
    ),
    "also under a former name": Said(hub=(("c", "me/old-name"),), edges=[("hub", "me/old-name", "unknown")]),
    "a recipe and a header are evidence of parents": Said(
        merged=("a/one+a/lora", "a/two@main", "a/one"), header=HEADER,
        edges=[("mergekit", "a/one", "merge"), ("mergekit", "a/lora", "merge"), ("mergekit", "a/two", "merge"),
               ("weights", "a/source", "quantized"), ("weights", "a/base", "unknown")],
    ),
    "a tag may name several models": Said(
        tags=("base_model:merge:a/b+c/d",), card=front("base_model: a/b+c/d"),
        edges=[(source, name, "merge") for source in ("tag", "card") for name in ("a/b", "c/d")],
    ),
    "models that stood at the root of the Hub have one name": Said(
        tags=("base_model:adapter:openai-community/gpt2",), card=front("base_model: gpt2"),
        edges=[("tag", "openai-community/gpt2", "adapter"), ("card", "gpt2", "adapter")],
    ),
    "a trainer's sentence names the parent": Said(
        card=f"# A\n\nThis model is a fine-tuned version of {BERT} on the imdb dataset.\n",
        edges=[("card_body", "google-bert/bert-base-cased", "finetune")],
    ),
    "a trainer's sentence in an adapter's card": Said(
        card=f"# A\n\nThis is a [sentence-transformers](https://sbert.net) model finetuned from {GPT2}.\n",
        has_adapter=True,
        edges=[("card_body", "gpt2", "adapter")],
    ),
    "nothing is said": Said(name_or_path="", adapter_base="", tags=("base_model:", "base_model::"), edges=[]),
    **{
        f"the word {word!r}": Said(hub=((None, "a/b"),), relation=word, edges=[("hub", "a/b", relation)])
        for word, relation in (
            ("finetune", "finetune"), (" Fine-tuned ", "finetune"), ("lora", "adapter"), ("QUANTIZED", "quantized"),
            ("merge", "merge"), ("derived", "unknown"), ("", "unknown"), (None, "unknown"),
        )
    },
    **{
        f"a mapping in a card: {lines[0]}": Said(
            card=front("base_model:", *lines), edges=[("card", name, "unknown") for name in names]
        )
        for lines, names in (
            (("- name: Base", "  repo_url: https://huggingface.co/a/b", "- name: Other", "  url: https://hf.co/c/d"),
             ("a/b", "c/d")),
            (("- model: a/b", "  name: Base"), ("a/b",)),
            (("- name: a/b", "  url: https://github.com/x/y"), ("a/b",)),
            (("- a/b:", "- c/d"), ("a/b", "c/d")),
            (("  id: a/b",), ("a/b",)),
        )
    },
}  # fmt: skip


def insert(con: duckdb.DuckDBPyConnection, table: str, *values: object) -> None:
    con.execute(f"INSERT INTO base.{table} VALUES ({', '.join('?' * len(values))})", list(values))


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """All cases at once, each a model of its own number and all of one name."""
    con = duckdb.connect()
    con.execute(TABLES)
    for model, said in enumerate(CASES.values()):
        hub_ids, names = [[one[place] for one in said.hub] for place in (0, 1)]
        known = [*(hub_id for hub_id in hub_ids if hub_id)]
        insert(con, "model", model, "c", "me/c", list(said.tags))
        insert(con, "fact", model, names or None, known, said.relation)
        if said.card is not None:
            card = read_card(said.card.encode())
            insert(con, "card", model, list(card.base_models), card.base_model_relation, list(card.body_base_models))
            insert(con, "model_card", model, model)
        for place, (path, kind) in enumerate(
            (("adapter_config.json", "adapter_config"), ("config.json", "config"), ("mergekit.yml", "mergekit_config"))
        ):
            told = [said.adapter_base, said.name_or_path, list(said.merged) or None]
            if told[place] is not None:
                only = [value if n == place else None for n, value in enumerate(told)]
                insert(con, "ref", model, path, 3 * model + place)
                insert(con, "doc", 3 * model + place, kind, *only)
        if said.has_adapter:
            insert(con, "file", model, "adapter_config.json")
        if said.header:
            insert(con, "weight", model, b"h")
            insert(con, "header", b"h", "gguf", json.dumps(said.header))
    steps = {step.table: step for step in LINEAGE_STEPS}
    texts = dict(scripts())
    scratch: Path = tmp_path_factory.mktemp("steps")
    make(con, steps["base.header_parent"], scratch)
    con.execute(texts["71_claims.sql"])
    make(con, steps["base.reference"], scratch)
    con.execute(duckdb.extract_statements(texts["72_lineage.sql"])[0])
    yield con
    con.close()


@pytest.mark.parametrize("case", CASES)
def test_what_is_said_makes_these_edges(con: duckdb.DuckDBPyConnection, case: str) -> None:
    found = con.execute(
        "SELECT source, parent, relation FROM base.stated_parent WHERE model = ?", [list(CASES).index(case)]
    ).fetchall()
    assert sorted(found) == sorted(CASES[case].edges)


def test_relations_are_a_closed_list_and_kinds_and_ids_are_kept(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT source, parent_hub_id, parent_kind, self_parent FROM base.stated_parent WHERE model = 0 ORDER BY source"
    ).fetchall()
    assert rows == [
        ("adapter_config", None, "path", False), ("card", None, "repo", False), ("hub", "p0", "repo", False),
        ("name_or_path", None, "repo", False), ("tag", None, "repo", False),
    ]  # fmt: skip
    assert con.execute("SELECT parent FROM base.stated_parent WHERE self_parent ORDER BY parent").fetchall() == [
        ("Me/C",), ("me/old-name",)
    ]  # fmt: skip
    relations = {word for (word,) in con.execute("SELECT DISTINCT relation FROM base.stated_parent").fetchall()}
    assert relations <= set(RELATIONS)
