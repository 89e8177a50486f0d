"""The tokenizer files of simulated models: few words, and such that `transformers` and `tokenizers` open them.

A ``tokenizer.json`` that is an LFS file on the Hub has its genuine size: spaces follow its last brace.
"""

from functools import lru_cache

from samplehub.content import File, Generated, Head, generated_file, plain_file
from samplehub.simulated.chance import Dice
from samplehub.simulated.documents import CHAT_TEMPLATE, json_file
from samplehub.simulated.words import FREQUENT, SYLLABLES
from samplehub.world import Json

_WORDPIECE = ("bert",)
_LLAMA_3 = ("llama3", "llama3.1", "llama3.2")
_QWEN = ("qwen2", "qwen3")
_BYTE_PAIRS = ("gpt2", "roberta", "whisper", "clip", "nemo", *_LLAMA_3, *_QWEN)
#: those that come with the files of a byte-pair encoding beside tokenizer.json
_WITH_MERGES = ("gpt2", "roberta", "whisper", "clip", *_QWEN)
#: the class that genuine models of an architecture name
_CLASSES = {
    "bert": "BertTokenizer",
    "clip": "CLIPTokenizer",
    "gemma3": "GemmaTokenizer",
    "gpt2": "GPT2Tokenizer",
    "llama": "LlamaTokenizer",
    "llama2": "LlamaTokenizer",
    "mistral": "LlamaTokenizer",
    "mixtral": "LlamaTokenizer",
    "qwen2": "Qwen2Tokenizer",
    "qwen3": "Qwen2Tokenizer",
    "roberta": "RobertaTokenizer",
    "t5": "T5Tokenizer",
    "whisper": "WhisperTokenizer",
}
#: bytes of the SentencePiece models, and of the tokenizer.json files that are too large for git
_PIECES = {"t5": 791_656, "gemma3": 4_689_074}
_LLAMA_PIECES = 499_723
_LARGE = {"qwen3": 11_422_654, "gemma3": 33_384_568}
#: the letters that Wav2Vec2 recognises, in the order of its vocabulary
_HEARD = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ")

_SENTENCES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
_END = "<|endoftext|>"
_SPECIAL = {
    "bert": {
        "cls_token": "[CLS]",
        "mask_token": "[MASK]",
        "pad_token": "[PAD]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]",
    },
    "clip": {"bos_token": "<|startoftext|>", "eos_token": _END, "pad_token": _END, "unk_token": _END},
    "gemma3": {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"},
    "gpt2": {"bos_token": _END, "eos_token": _END, "unk_token": _END},
    "roberta": {
        "bos_token": "<s>",
        "cls_token": "<s>",
        "eos_token": "</s>",
        "mask_token": "<mask>",
        "pad_token": "<pad>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
    },
    "t5": {"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"},
    "whisper": {"bos_token": _END, "eos_token": _END, "pad_token": _END, "unk_token": _END},
    **{kind: {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"} for kind in _LLAMA_3},
    **{kind: {"eos_token": "<|im_end|>", "pad_token": _END} for kind in _QWEN},
}
#: tokens that are special without a role
_FURTHER = {
    "gemma3": ("<start_of_turn>", "<end_of_turn>", "<start_of_image>"),
    "whisper": ("<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|translate|>", "<|notimestamps|>"),
    "t5": tuple(f"<extra_id_{number}>" for number in range(3)),
    **dict.fromkeys(_LLAMA_3, ("<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>")),
    **dict.fromkeys(_QWEN, ("<|im_start|>",)),
}


def special_tokens(kind: str) -> dict[str, str]:
    """The special tokens of an architecture's tokenizer, by their role."""
    return _SPECIAL.get(kind, _SENTENCES)


@lru_cache(maxsize=256)
def tokenizer(seed: int, family: int, kind: str, context: int, chat: bool) -> tuple[File, ...]:
    """The tokenizer's files, the same for the whole family (``chat`` adds a template to its settings).

    ``kind`` is the name of an architecture.
    """
    if kind == "vit":
        return ()
    if kind == "wav2vec2":
        return _letters()
    dice = Dice(seed, "tokenizer", family)
    special = special_tokens(kind)
    named = [*dict.fromkeys((*special.values(), *_FURTHER.get(kind, ())))]
    words = [*dict.fromkeys(dice.pick(SYLLABLES) for _ in range(40)), *FREQUENT]
    if kind not in _WORDPIECE:
        # these tokenizers write the space before a word
        words = [("Ġ" if kind in _BYTE_PAIRS else "▁") + word for word in words]
    merges = _merges(words)
    letters = sorted({letter for word in words for letter in word})
    tokens = [*dict.fromkeys([*named, *letters, *(left + right for left, right in merges), *words])]
    places = {token: place for place, token in enumerate(tokens)}
    added = [_added(token, places[token]) for token in named]
    settings: Json = {
        "added_tokens_decoder": {str(one["id"]): {k: v for k, v in one.items() if k != "id"} for one in added},
        "clean_up_tokenization_spaces": True,
        "model_max_length": context or 1000000000000000019884624838656,
        "tokenizer_class": _CLASSES.get(kind, "PreTrainedTokenizerFast"),
        **special,
    }
    if kind in ("llama", "llama2", "mistral", "mixtral"):
        settings |= {"add_bos_token": True, "add_eos_token": False, "legacy": True}
    if chat:
        settings["chat_template"] = CHAT_TEMPLATE
    files = [
        _whole_file(kind, _whole(kind, special, added, places, merges)),
        json_file("tokenizer_config.json", settings),
        json_file("special_tokens_map.json", special),
    ]
    if kind in _WORDPIECE:
        files.append(plain_file("vocab.txt", "\n".join(tokens).encode()))
    elif kind in _WITH_MERGES:
        files.append(json_file("vocab.json", places))
        lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
        files.append(plain_file("merges.txt", "\n".join(lines).encode()))
    elif kind not in _BYTE_PAIRS:
        head = b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02"
        pieces = Generated(
            Head.of(lambda: head), _PIECES.get(kind, _LLAMA_PIECES) - len(head), dice.pick(SYLLABLES).encode()
        )
        files.append(generated_file("spiece.model" if kind == "t5" else "tokenizer.model", pieces))
    return tuple(files)


@lru_cache(maxsize=1)
def _letters() -> tuple[File, ...]:
    """The files of a tokenizer of letters."""
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    settings = {
        "do_lower_case": False,
        "tokenizer_class": "Wav2Vec2CTCTokenizer",
        "word_delimiter_token": "|",
        **special,
    }
    return (
        json_file("vocab.json", {letter: place for place, letter in enumerate(_HEARD)}),
        json_file("tokenizer_config.json", settings),
        json_file("special_tokens_map.json", special),
    )


def _merges(words: list[str]) -> list[tuple[str, str]]:
    """Pairs by which letters become the words, one letter after the other."""
    pairs = [(word[:end], word[end]) for word in words for end in range(1, len(word))]
    return [*dict.fromkeys(pairs)]


def _added(token: str, place: int) -> dict[str, Json]:
    return {
        "id": place,
        "content": token,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": True,
    }


def _whole_file(kind: str, whole: Json) -> File:
    file = json_file("tokenizer.json", whole)
    if kind not in _LARGE:
        return file
    return generated_file(file.path, Generated(Head.of(file.read), _LARGE[kind] - file.size, b" "))


def _whole(
    kind: str,
    special: dict[str, str],
    added: list[dict[str, Json]],
    places: dict[str, int],
    merges: list[tuple[str, str]],
) -> Json:
    """The members of ``tokenizer.json`` that its reader insists on."""
    unknown = special.get("unk_token")
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    spaced = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    whole: Json = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level if kind in _BYTE_PAIRS else spaced,
        "post_processor": None,
        "decoder": byte_level if kind in _BYTE_PAIRS else spaced,
    }
    if kind in _WORDPIECE:
        whole["pre_tokenizer"] = {"type": "BertPreTokenizer"}
        whole["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": True}
        whole["model"] = {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": places,
        }
    elif kind == "t5":
        whole["model"] = {
            "type": "Unigram",
            "unk_id": places[str(unknown)],
            "vocab": [[token, -float(place)] for token, place in places.items()],
            "byte_fallback": False,
        }
    else:
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
