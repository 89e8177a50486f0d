"""Texts that name a parent: what they are cut to, and which texts of cards and headers are read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harvester.extract.card import read_card
from harvester.extract.ids import Reference, current_name, dataset_name, reference, references
from harvester.extract.lineage import header_parents


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
        ("`a/b`", "a/b", "repo"),
        ("[a/b]", "a/b", "repo"),
        ("@a/b", "a/b", "repo"),
        ("a/b#usage", "a/b", "repo"),
        ("[B of a](https://huggingface.co/a/b/tree/main)", "a/b", "repo"),
        ("[B of a](https://github.com/a/b)", "https://github.com/a/b", "url"),
        ("a/b (fine-tuned)", "a/b (fine-tuned)", "text"),
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
def test_a_reference_is_reduced_to_a_name_or_classified(written: str, name: str, kind: str) -> None:
    assert reference(written) == Reference(name, kind)


@pytest.mark.parametrize("nothing", ["", "  ", ".", "None", "null", "./", "N/A"])
def test_nothing_is_no_reference(nothing: str) -> None:
    assert reference(nothing) is None


def test_datasets_are_cut_to_their_name() -> None:
    assert dataset_name("https://huggingface.co/datasets/a/b/viewer?x") == "a/b"
    assert dataset_name(" The  Pile ") == "The Pile"
    assert dataset_name("datasets/a/b") == "a/b"
    assert dataset_name("") is None


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("a/b+c/d", ["a/b", "c/d"]),
        ("a/b, c/d and e/f", ["a/b", "c/d", "e/f"]),
        ("a/b\nhttps://huggingface.co/c/d", ["a/b", "c/d"]),
        ("a/b and others", ["a/b and others"]),
        ("https://huggingface.co/a/b + c/d@main", ["a/b", "c/d"]),
        ("a/b+a/b", ["a/b"]),
        ("bert+crf", ["bert+crf"]),
        ("./runs/a+b/c", ["./runs/a+b/c"]),
        ("none", []),
    ],
)
def test_a_text_may_name_several_models(written: str, names: list[str]) -> None:
    assert [one.name for one in references(written)] == names


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
    assert [one.name for text in card.body_base_models for one in references(text)] == named


def test_a_header_names_what_was_converted_and_its_parents() -> None:
    metadata = {
        "general.source.repo_url": "https://huggingface.co/a/source",
        "general.base_model.0.repo_url": "https://huggingface.co/a/base",
        "general.base_model.0.name": "Base",
        "general.base_model.1.name": "No Name On The Hub",
    }
    assert header_parents(metadata) == [("a/source", "quantized"), ("a/base", "unknown")]


def test_models_that_were_at_the_root_of_the_hub_have_one_name() -> None:
    assert current_name("bert-base-uncased") == "google-bert/bert-base-uncased"
    assert current_name("GPT2") == "openai-community/gpt2"
    assert current_name("a/b") == "a/b"


@given(st.text(max_size=600))
@example("#")
def test_any_text_is_read(text: str) -> None:
    assert all(one.name and one.kind in ("repo", "path", "url", "text") for one in references(text))
