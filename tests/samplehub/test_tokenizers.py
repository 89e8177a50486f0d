"""Tokenizers of simulated models: what `transformers` insists on is there, and where it is installed it opens them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from samplehub.simulated.architectures import ARCHITECTURES
from samplehub.simulated.tokenizers import tokenizer


def tokenizers() -> Iterator[tuple[str, Any, Any]]:
    """Architecture, tokenizer.json and tokenizer_config.json of each that has them."""
    for kind in ARCHITECTURES:
        files = {file.path: file for file in tokenizer(0, 0, kind, 512, chat=True)}
        if "tokenizer.json" in files:
            yield kind, *(json.loads(files[path].read()) for path in ("tokenizer.json", "tokenizer_config.json"))


NEEDED = {
    "BPE": {"vocab", "merges", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk"},
    "WordPiece": {"vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word"},
    "Unigram": {"vocab", "unk_id"},
}


def test_tokenizers_hold_what_their_reader_insists_on() -> None:
    kinds = set()
    for name, whole, settings in tokenizers():
        model = whole["model"]
        kinds.add(model["type"])
        assert NEEDED[model["type"]] <= model.keys(), name
        assert {"normalizer", "pre_tokenizer", "post_processor", "decoder"} <= whole.keys()
        for token in whole["added_tokens"]:
            assert {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"} == token.keys()
        for left, right in model.get("merges", ()):
            assert {left, right, left + right} <= model["vocab"].keys(), name
        held = {token["content"] for token in whole["added_tokens"]}
        assert {value for key, value in settings.items() if key.endswith("_token") and isinstance(value, str)} <= held
        assert settings["tokenizer_class"] not in ("Gpt2Tokenizer", "ClipTokenizer"), name
    assert kinds == set(NEEDED)


def test_wav2vec2_hears_as_many_letters_as_its_config_says() -> None:
    (letters,) = (file for file in tokenizer(0, 0, "wav2vec2", 0, chat=False) if file.path == "vocab.json")
    assert len(json.loads(letters.read())) == ARCHITECTURES["wav2vec2"].sizes[0].vocab


def test_tokenizers_open() -> None:
    library = pytest.importorskip("tokenizers")
    for name, whole, _ in tokenizers():
        opened = library.Tokenizer.from_str(json.dumps(whole))
        assert opened.encode("lamo theko").ids, name
