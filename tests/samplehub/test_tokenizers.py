"""Tokenizers of simulated models: what `transformers` insists on is there, and where it is installed it opens them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from samplehub.world import Repo


def tokenizers(repos: list[Repo]) -> Iterator[tuple[str, Any, Any]]:
    """Model, tokenizer.json and tokenizer_config.json of each distinct tokenizer."""
    seen = set()
    for repo in repos:
        files = repo.head.tree.files
        for path, file in files.items():
            if path.endswith("tokenizer.json") and file.oid not in seen:
                seen.add(file.oid)
                settings = files[path.replace("tokenizer.json", "tokenizer_config.json")]
                yield repo.facts.repo_id, json.loads(file.read()), json.loads(settings.read())


NEEDED = {
    "BPE": {"vocab", "merges", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk"},
    "WordPiece": {"vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"},
    "Unigram": {"vocab", "unk_id"},
}


def test_tokenizers_hold_what_their_reader_insists_on(repos: list[Repo]) -> None:
    kinds = set()
    for name, whole, settings in tokenizers(repos):
        model = whole["model"]
        kinds.add(model["type"])
        assert NEEDED[model["type"]] <= model.keys(), name
        assert {"normalizer", "pre_tokenizer", "post_processor", "decoder"} <= whole.keys()
        for token in whole["added_tokens"]:
            assert {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"} == token.keys()
        for left, right in model.get("merges", ()):
            assert {left, right, left + right} <= model["vocab"].keys(), name
        assert settings["tokenizer_class"] not in ("Gpt2Tokenizer", "ClipTokenizer"), name
    assert kinds == set(NEEDED)


def test_tokenizers_open(repos: list[Repo]) -> None:
    library = pytest.importorskip("tokenizers")
    for name, whole, _ in tokenizers(repos):
        opened = library.Tokenizer.from_str(json.dumps(whole))
        assert opened.encode("lamo theko").ids, name
