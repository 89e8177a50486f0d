"""The small files of simulated repos: generation and preprocessing settings, broken configs."""

import json

import msgspec

from samplehub.content import File, plain_file
from samplehub.simulated.plan import Family, Sketch
from samplehub.world import Json

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


def as_json(value: Json) -> bytes:
    """JSON as the libraries write it: two spaces, a newline at the end."""
    # json writes the numbers as Python libraries do; msgspec indents ten times faster than json
    return msgspec.json.format(json.dumps(value, ensure_ascii=False).encode(), indent=2) + b"\n"


def json_file(path: str, value: Json) -> File:
    """A JSON document."""
    return plain_file(path, as_json(value))


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
    """An irregular config; each form was seen on the Hub (docs/hub-protocol.md 9) or is plausible."""
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
