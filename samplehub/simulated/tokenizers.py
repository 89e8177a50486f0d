"""The tokenizer files of simulated models: small, and such that `transformers` and `tokenizers` open them."""

from functools import lru_cache

from samplehub.content import File, Padded, lfs_file, plain_file, sha256_of
from samplehub.simulated.chance import Dice
from samplehub.simulated.documents import CHAT_TEMPLATE, json_file
from samplehub.simulated.words import SYLLABLES
from samplehub.world import Json

_WORDPIECE = ("bert",)
_BYTE_PAIRS = ("gpt2", "roberta", "qwen2", "whisper", "clip")
#: the class that genuine models of an architecture name
_CLASSES = {
    "bert": "BertTokenizer",
    "clip": "CLIPTokenizer",
    "gemma3": "GemmaTokenizer",
    "gpt2": "GPT2Tokenizer",
    "llama": "LlamaTokenizer",
    "mistral": "LlamaTokenizer",
    "mixtral": "LlamaTokenizer",
    "qwen2": "Qwen2Tokenizer",
    "roberta": "RobertaTokenizer",
    "t5": "T5Tokenizer",
    "whisper": "WhisperTokenizer",
}


def special_tokens(model_type: str) -> dict[str, str]:
    """The special tokens of an architecture's tokenizer."""
    if model_type in _WORDPIECE:
        return {
            "cls_token": "[CLS]",
            "mask_token": "[MASK]",
            "pad_token": "[PAD]",
            "sep_token": "[SEP]",
            "unk_token": "[UNK]",
        }
    if model_type in ("gpt2", "qwen2", "whisper"):
        return {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
    if model_type == "roberta":
        return {
            "bos_token": "<s>",
            "eos_token": "</s>",
            "mask_token": "<mask>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
        }
    return {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


@lru_cache(maxsize=256)
def tokenizer(seed: int, family: int, model_type: str, context: int, chat: bool) -> tuple[File, ...]:
    """The tokenizer's files, the same for the whole family (``chat`` adds a template to its settings)."""
    if model_type in ("vit", "wav2vec2"):
        return ()
    dice = Dice(seed, "tokenizer", family)
    special = special_tokens(model_type)
    syllables = [*dict.fromkeys(dice.pick(SYLLABLES) for _ in range(40))]
    merges = _merges(syllables)
    letters = sorted({letter for syllable in syllables for letter in syllable})
    tokens = [*dict.fromkeys([*special.values(), *letters, *(left + right for left, right in merges), *syllables])]
    places = {token: place for place, token in enumerate(tokens)}
    settings: Json = {
        "clean_up_tokenization_spaces": True,
        "model_max_length": context or 1000000000000000019884624838656,
        "tokenizer_class": _CLASSES.get(model_type, "PreTrainedTokenizerFast"),
        **special,
    }
    if chat:
        settings["chat_template"] = CHAT_TEMPLATE
    files = [
        json_file("tokenizer.json", _whole(model_type, special, places, merges)),
        json_file("tokenizer_config.json", settings),
        json_file("special_tokens_map.json", special),
    ]
    if model_type in _WORDPIECE:
        files.append(plain_file("vocab.txt", "\n".join(tokens).encode()))
    elif model_type in _BYTE_PAIRS:
        files.append(json_file("vocab.json", places))
        lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
        files.append(plain_file("merges.txt", "\n".join(lines).encode()))
    else:
        pieces = Padded(b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02", 2048, dice.pick(SYLLABLES).encode() * 8)
        name = "spiece.model" if model_type == "t5" else "tokenizer.model"
        files.append(lfs_file(name, pieces, sha256_of(pieces)))
    return tuple(files)


def _merges(syllables: list[str]) -> list[tuple[str, str]]:
    """Pairs by which letters become the syllables, one letter after the other."""
    pairs = [(word[:end], word[end]) for word in syllables for end in range(1, len(word))]
    return [*dict.fromkeys(pairs)]


def _whole(model_type: str, special: dict[str, str], places: dict[str, int], merges: list[tuple[str, str]]) -> Json:
    """The members of ``tokenizer.json`` that its reader insists on."""
    added = [
        {
            "id": places[token],
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for token in dict.fromkeys(special.values())
    ]
    unknown = special["unk_token"]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    whole: Json = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": None,
        "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    }
    if model_type in _WORDPIECE:
        whole["pre_tokenizer"] = {"type": "BertPreTokenizer"}
        whole["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": True}
        whole["model"] = {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": places,
        }
        return whole
    if model_type in _BYTE_PAIRS:
        whole["pre_tokenizer"], whole["decoder"] = byte_level, byte_level
    if model_type == "t5":
        whole["model"] = {
            "type": "Unigram",
            "unk_id": places[unknown],
            "vocab": [[token, -float(place)] for token, place in places.items()],
            "byte_fallback": False,
        }
        return whole
    whole["model"] = {
        "type": "BPE",
        "dropout": None,
        "unk_token": unknown,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": places,
        "merges": [list(pair) for pair in merges],
    }
    return whole
