"""What a model was made from: an edge for every source that says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.extract.card import read_card
from harvester.extract.ids import Reference, current_name, dataset_name, reference, references
from harvester.extract.lineage import (
    RELATIONS,
    HubParent,
    LineageRow,
    edges,
    header_parents,
    hub_parents,
    relation_of,
)


def told(rows: list[LineageRow]) -> list[tuple[str, str, str]]:
    return [(row.source, row.parent, row.relation) for row in rows]


@pytest.mark.parametrize(
    ("written", "name", "kind"),
    [
        ("meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B", "repo"),
        ("gpt2", "gpt2", "repo"),
        (" https://huggingface.co/ehartford/Wizard-30B ", "ehartford/Wizard-30B", "repo"),
        ("https://huggingface.co/a/b/tree/main/unet?x=1", "a/b", "repo"),
        ("http://hf.co/gpt2/tree/main", "gpt2", "repo"),
        ("huggingface.co/a/b", "a/b", "repo"),
        ("hf://a/b", "a/b", "repo"),
        ("a/b@refs/pr/1", "a/b", "repo"),
        ("'a/b'", "a/b", "repo"),
        ("a/b/", "a/b", "repo"),
        ("a/b:Q4_K_M", "a/b", "repo"),
        ("hf.co/a/b:Q4_K_M", "a/b", "repo"),
        ("https://huggingface.co/a/b.git", "a/b", "repo"),
        ("models/", "models/", "path"),
        ("/home/user/models/llama", "/home/user/models/llama", "path"),
        ("./output/checkpoint-500", "./output/checkpoint-500", "path"),
        ("output/checkpoint-500", "output/checkpoint-500", "path"),
        ("C:\\models\\llama", "C:\\models\\llama", "path"),
        ("../x", "../x", "path"),
        ("models/hub/llama", "models/hub/llama", "path"),
        ("https://huggingface.co/datasets/a/b", "https://huggingface.co/datasets/a/b", "url"),
        ("https://github.com/a/b", "https://github.com/a/b", "url"),
        ("Llama 3 (8B)", "Llama 3 (8B)", "text"),
    ],
)  # fmt: skip
def test_a_reference_is_cut_to_a_name_or_told_apart(written: str, name: str, kind: str) -> None:
    assert reference(written) == Reference(name, kind)


@pytest.mark.parametrize("nothing", ["", "  ", ".", "None", "null", "./", "N/A"])
def test_nothing_is_no_reference(nothing: str) -> None:
    assert reference(nothing) is None


def test_every_source_gives_its_own_edge() -> None:
    rows = edges(
        "c0",
        "me/child",
        hub_parents=[HubParent("p0", "a/base")],
        hub_relation="quantized",
        tags=["base_model:a/base", "base_model:quantized:a/base", "license:mit"],
        card=read_card(b"---\nbase_model: https://huggingface.co/a/base\n---\n"),
        adapter_base="/data/models/base",
        name_or_path="a/base-v1",
    )
    assert told(rows) == [
        ("hub", "a/base", "quantized"),
        ("tag", "a/base", "quantized"),
        ("card", "a/base", "quantized"),
        ("adapter_config", "/data/models/base", "adapter"),
        ("name_or_path", "a/base-v1", "unknown"),
    ]
    assert [row.parent_hub_id for row in rows] == ["p0", None, None, None, None]
    assert [row.parent_kind for row in rows] == ["repo", "repo", "repo", "path", "repo"]


def test_the_cards_own_word_comes_before_the_tags() -> None:
    card = read_card(b"---\nbase_model: [a/b, c/d]\nbase_model_relation: merge\n---\n")
    assert told(edges("c", "me/c", tags=["base_model:finetune:a/b"], card=card)) == [
        ("tag", "a/b", "finetune"),
        ("card", "a/b", "merge"),
        ("card", "c/d", "merge"),
    ]


def test_without_a_word_the_tag_decides_then_the_adapter_config_then_nobody() -> None:
    card = read_card(b"---\nbase_model: A/B\n---\n")
    assert told(edges("c", "me/c", tags=["base_model:finetune:a/b"], card=card)) == [
        ("tag", "a/b", "finetune"),
        ("card", "A/B", "finetune"),
    ]
    assert told(edges("c", "me/c", card=card, has_adapter_config=True)) == [("card", "A/B", "adapter")]
    assert told(edges("c", "me/c", tags=["base_model:a/b"])) == [("tag", "a/b", "unknown")]
    assert told(edges("c", "me/c", card=card)) == [("card", "A/B", "unknown")]


def test_a_colon_in_a_tags_parent_ends_no_relation() -> None:
    tags = [
        "base_model:https://huggingface.co/a/b",
        "base_model:adapter:a/b",
        "base_model:c/d:Q4",
        "base_model:odd:e/f",
    ]
    assert told(edges("c", "me/c", tags=tags)) == [
        ("tag", "a/b", "adapter"),
        ("tag", "c/d", "unknown"),
        ("tag", "e/f", "unknown"),
    ]


def test_a_model_that_names_itself_is_reported() -> None:
    card = read_card(b"---\nbase_model: Me/C\n---\n")
    (row,) = edges("c", "me/c", card=card, name_or_path="me/c")
    assert (row.source, row.self_parent) == ("card", True)
    (renamed,) = edges("c", "me/c", hub_parents=[HubParent("c", "me/old-name")])
    assert renamed.self_parent


@pytest.mark.parametrize(
    ("word", "relation"),
    [("finetune", "finetune"), ("Fine-tuned", "finetune"), ("lora", "adapter"), ("QUANTIZED", "quantized"),
     ("merge", "merge"), ("derived", "unknown"), (None, "unknown"), ("", "unknown")],
)  # fmt: skip
def test_relations_are_a_closed_list(word: str | None, relation: str) -> None:
    assert relation_of(word) == relation


def test_the_listings_base_models_are_parents() -> None:
    told = {"relation": "adapter", "models": [{"_id": "p", "id": "a/b"}, {"id": "c/d"}, {"x": 1}, 5]}
    assert hub_parents(told) == ([HubParent("p", "a/b"), HubParent(None, "c/d")], "adapter")
    assert hub_parents(None) == hub_parents({"models": "?"}) == ([], None)


def test_datasets_are_cut_to_their_name() -> None:
    assert dataset_name("https://huggingface.co/datasets/a/b/viewer?x") == "a/b"
    assert dataset_name(" The  Pile ") == "The Pile"
    assert dataset_name("datasets/a/b") == "a/b"
    assert dataset_name("") is None


@given(st.text(max_size=600), st.lists(st.text(max_size=50) | st.just("base_model::"), max_size=3))
def test_any_text_makes_edges(text: str, tags: list[str]) -> None:
    rows = edges("c", "me/c", tags=[*tags, f"base_model:{text}"], adapter_base=text, name_or_path=text)
    assert all(row.parent and row.relation in RELATIONS for row in rows)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("a/b+c/d", ["a/b", "c/d"]),
        ("https://huggingface.co/a/b + c/d@main", ["a/b", "c/d"]),
        ("a/b+a/b", ["a/b"]),
        ("bert+crf", ["bert+crf"]),
        ("./runs/a+b/c", ["./runs/a+b/c"]),
        ("none", []),
    ],
)
def test_a_text_may_name_several_models(written: str, names: list[str]) -> None:
    assert [one.name for one in references(written)] == names


@pytest.mark.parametrize(
    ("front", "named"),
    [
        (
            "- name: Base\n  repo_url: https://huggingface.co/a/b\n- name: Other\n  url: https://hf.co/c/d",
            ["a/b", "c/d"],
        ),
        ("- model: a/b\n  name: Base", ["a/b"]),
        ("- name: a/b\n  url: https://github.com/x/y", ["a/b"]),
        ("- a/b:\n- c/d", ["a/b", "c/d"]),
        ("  id: a/b", ["a/b"]),
    ],
)
def test_a_mapping_names_a_model_by_what_leads_to_the_hub(front: str, named: list[str]) -> None:
    card = read_card(f"---\nbase_model:\n{front}\n---\n".encode())
    assert [row.parent for row in edges("c", "me/c", card=card)] == named


BERT = "[google-bert/bert-base-cased](https://huggingface.co/google-bert/bert-base-cased)"
GPT2 = "[gpt2](https://huggingface.co/gpt2)"


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        (f"This model is a fine-tuned version of {BERT} on the imdb dataset.", ["google-bert/bert-base-cased"]),
        (f"This is a [sentence-transformers](https://sbert.net) model finetuned from {GPT2}.", ["gpt2"]),
        (f"This model is a LoRA fine-tuned version of the {BERT}", ["google-bert/bert-base-cased"]),
        ("This model is a fine-tuned version of [/home/me/x](https://huggingface.co//home/me/x) on", ["/home/me/x"]),
        ("This model is a fine-tuned version of [None](https://huggingface.co/None) on", []),
        (f"A fine-tuned version of {BERT} is at a/b.", []),
        (f"See {BERT}.", []),
        ("This model is a fine-tuned version of [x](https://github.com/x/y)", []),
    ],
)  # fmt: skip
def test_the_sentence_of_a_trainer_names_the_parent(sentence: str, named: list[str]) -> None:
    card = read_card(f"# A\n\n{sentence}\n".encode())
    assert told(edges("c", "me/c", card=card)) == [("card_body", name, "finetune") for name in named]


def test_a_recipe_and_a_header_are_evidence_of_parents() -> None:
    metadata = {
        "general.source.repo_url": "https://huggingface.co/a/source",
        "general.base_model.0.repo_url": "https://huggingface.co/a/base",
        "general.base_model.0.name": "Base",
        "general.base_model.1.name": "No Name On The Hub",
    }
    assert header_parents(metadata) == [("a/source", "quantized"), ("a/base", "unknown")]
    rows = edges("c", "me/c", merged=["a/one+a/lora", "a/two@main"], weights=header_parents(metadata))
    assert told(rows) == [
        ("mergekit", "a/one", "merge"), ("mergekit", "a/lora", "merge"), ("mergekit", "a/two", "merge"),
        ("weights", "a/source", "quantized"), ("weights", "a/base", "unknown"),
    ]  # fmt: skip
    assert edges("c", "me/c", merged=["me/c"], weights=[("me/c", "quantized")]) == []


def test_a_tag_may_name_several_models() -> None:
    rows = edges("c", "me/c", tags=["base_model:merge:a/b+c/d"], card=read_card(b"---\nbase_model: a/b+c/d\n---\n"))
    assert told(rows) == [(source, name, "merge") for source in ("tag", "card") for name in ("a/b", "c/d")]


def test_models_that_stood_at_the_root_of_the_hub_have_one_name() -> None:
    assert current_name("bert-base-uncased") == "google-bert/bert-base-uncased"
    assert current_name("GPT2") == "openai-community/gpt2"
    assert current_name("a/b") == "a/b"
    rows = edges(
        "c", "me/c", tags=["base_model:adapter:openai-community/gpt2"], card=read_card(b"---\nbase_model: gpt2\n---\n")
    )
    assert told(rows) == [("tag", "openai-community/gpt2", "adapter"), ("card", "gpt2", "adapter")]
