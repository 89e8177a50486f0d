"""The small files of simulated repos: tokenizers, generation and preprocessing settings, broken configs."""

import json
from functools import lru_cache

import msgspec

from harvester.samplehub.content import File, Padded, lfs_file, plain_file, sha256_of
from harvester.samplehub.simulated.chance import Dice
from harvester.samplehub.simulated.plan import Family, Sketch
from harvester.samplehub.simulated.words import SYLLABLES
from harvester.samplehub.world import Json

GITATTRIBUTES = plain_file(
    ".gitattributes",
    "".join(
        f"*.{end} filter=lfs diff=lfs merge=lfs -text\n"
        for end in ("bin", "gguf", "h5", "onnx", "pt", "safetensors", "zip")
    ).encode(),
)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)
_WORDPIECE = ("bert",)
_BYTE_PAIRS = ("gpt2", "roberta", "qwen2", "whisper", "clip")


def as_json(value: Json) -> bytes:
    """JSON as the libraries write it: two spaces, a newline at the end."""
    # json writes the numbers as Python libraries do; msgspec indents ten times faster than json
    return msgspec.json.format(json.dumps(value, ensure_ascii=False).encode(), indent=2) + b"\n"


def json_file(path: str, value: Json) -> File:
    """A JSON document."""
    return plain_file(path, as_json(value))


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
    words = [*dict.fromkeys(special.values()), *dict.fromkeys(dice.pick(SYLLABLES) for _ in range(40))]
    kind = "WordPiece" if model_type in _WORDPIECE else "BPE"
    whole = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": words.index(token), "content": token, "special": True} for token in dict.fromkeys(special.values())
        ],
        "model": {"type": kind, "vocab": {word: place for place, word in enumerate(words)}, "merges": []},
    }
    settings: Json = {
        "clean_up_tokenization_spaces": True,
        "model_max_length": context or 1000000000000000019884624838656,
        "tokenizer_class": f"{model_type.capitalize()}Tokenizer",
        **special,
    }
    if chat:
        settings["chat_template"] = CHAT_TEMPLATE
    files = [
        json_file("tokenizer.json", whole),
        json_file("tokenizer_config.json", settings),
        json_file("special_tokens_map.json", special),
    ]
    if model_type in _WORDPIECE:
        files.append(plain_file("vocab.txt", "\n".join(words).encode()))
    elif model_type in _BYTE_PAIRS:
        files.append(json_file("vocab.json", {word: place for place, word in enumerate(words)}))
        files.append(
            plain_file("merges.txt", b"#version: 0.2\n" + "\n".join(" ".join(word) for word in words[-9:]).encode())
        )
    else:
        pieces = Padded(b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02", 2048, dice.pick(SYLLABLES).encode() * 8)
        name = "spiece.model" if model_type == "t5" else "tokenizer.model"
        files.append(lfs_file(name, pieces, sha256_of(pieces)))
    return tuple(files)


def generation_config(family: Family, model_type: str, chat: bool) -> File:
    """The generation settings of a family."""
    value: Json = {"bos_token_id": 1, "eos_token_id": 2, "transformers_version": family.version}
    if model_type == "gpt2":
        value = {
            "_from_model_config": True,
            "bos_token_id": 50256,
            "eos_token_id": 50256,
            "transformers_version": family.version,
        }
    if chat:
        value = {"do_sample": True, "temperature": 0.7, "top_p": 0.9, **value}
    return json_file("generation_config.json", value)


def preprocessor_config(model_type: str) -> File | None:
    """The settings of an image or sound front end."""
    if model_type in ("vit", "clip", "gemma3"):
        side = {"vit": 224, "clip": 224, "gemma3": 896}[model_type]
        value: Json = {
            "do_normalize": True,
            "do_resize": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5],
            "image_processor_type": {"vit": "ViTImageProcessor", "clip": "CLIPImageProcessor"}.get(
                model_type, "Gemma3ImageProcessor"
            ),
            "size": {"height": side, "width": side},
        }
        return json_file("preprocessor_config.json", value)
    if model_type in ("whisper", "wav2vec2"):
        value = {
            "feature_extractor_type": f"{model_type.capitalize()}FeatureExtractor",
            "feature_size": 80 if model_type == "whisper" else 1,
            "padding_value": 0.0,
            "sampling_rate": 16000,
        }
        return json_file("preprocessor_config.json", value)
    return None


def spoiled(good: bytes, quirk: str) -> bytes:
    """A config as it should not be; each form was met on the Hub (HUB.md 9) or may be."""
    match quirk:
        case "truncated":
            return good[: len(good) * 2 // 3]
        case "nan":
            return good.replace(b"{\n", b'{\n  "max_time_step": Infinity,\n  "noise_floor": NaN,\n', 1)
        case "trailing-comma":
            return good.rstrip().removesuffix(b"}").rstrip() + b",\n}\n"
        case "bom":
            return b"\xef\xbb\xbf" + good
        case "pointer":
            return b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab12" * 16 + b"\nsize 665\n"
        case "conflict":
            return b"<<<<<<< HEAD\n" + good + b"=======\n" + good + b">>>>>>> upload\n"
        case "empty-config":
            return b""
        case "list":
            return b"[\n" + good.rstrip() + b"\n]\n"
        case "duplicate-keys":
            return good.replace(b"{\n", b'{\n  "hidden_size": 1,\n  "model_type": "unknown",\n', 1)
    return good


def odd(sketch: Sketch) -> bool:
    """Whether a model's config is one of the spoiled ones."""
    return spoiled(b"{\n}", sketch.quirk) != b"{\n}"
