"""What a model needs to be reused, and what loads it, as tables.

    signs       what a single file shows (``SIGNS``, from role, format, framework and name)
    facts       what the repository as a whole shows (``FACTS``): signs as well, found by the view
    loaders     which signs a library needs to load the model, and what it includes (``LOADERS``)
    needs       which components the simplest reusable model of a modality has (``NEEDS``)

``sign_sql`` writes a sign as a SQL expression over the columns of ``files``; the view over all models follows from the
same rows (``catalogue/reuse_sql.py``).
"""

import re
from dataclasses import dataclass

from harvester.extract.roles import FORMATS


@dataclass(frozen=True, slots=True)
class Sign:
    """What one file shows. All given conditions must be met; ``name`` is a regular expression for the whole path."""

    sign: str
    role: str | None = None
    formats: tuple[str, ...] = ()
    framework: str | None = None
    name: str | None = None


_SAFE = tuple(format.name for format in FORMATS if not format.unsafe)
_UNSAFE = tuple(format.name for format in FORMATS if format.unsafe)

#: A sign may have several rows: any of them shows it.
SIGNS = (
    Sign("config", name=r"config\.json"),
    Sign("any_config", role="config"),
    Sign("params", name=r"(original/)?params\.json"),
    Sign("pipeline_index", name=r"model_index\.json"),
    Sign("adapter_config", name=r"adapter_config\.json"),
    Sign("sub_adapter", name=r"([^/]+/){1,2}adapter_config\.json"),
    Sign("adapter_weights", role="weights", name=r"([^/]+/){0,2}adapter_model([-_.][^/]*)?"),
    Sign("lora_weights", role="weights", name=r"pytorch_lora_weights[^/]*|learned_embeds[^/]*"),
    Sign("modules", name=r"modules\.json|config_sentence_transformers\.json"),
    Sign("static", name=r"[^/]*StaticEmbedding/tokenizer\.json"),
    # The equivalent of a config in libraries with their own format.
    Sign(
        "own_config", name=r"config\.cfg|hyperparams\.yaml|mlc-chat-config\.json|genai_config\.json|bert_config\.json"
    ),
    Sign(
        "trace",
        name=r"tokenizer_config\.json|generation_config\.json|processor_config\.json|preprocessor_config\.json",
    ),
    Sign("open_clip", name=r"open_clip_config\.json"),
    Sign("tokenizer_config", name=r"((tokenizer|0_[^/]+)/)?tokenizer_config\.json"),
    Sign("vocabulary", role="vocabulary"),
    Sign("vocabulary", name=r"(.*/)?(tokenizer|tekken)\.json"),
    Sign("vocabulary", formats=("gguf",), role="weights"),
    Sign("tekken", name=r"tekken\.json"),
    Sign(
        "processor",
        name=r"(.*/)?(preprocessor_config|processor_config|image_processor|video_preprocessor_config)\.json",
    ),
    Sign("weights", role="weights"),
    Sign("weights", role="framework_export"),
    Sign("torch_weights", role="weights", name=r"(open_clip_|open_clip_pytorch_|pytorch_)?model([-_.][^/]*)?"),
    Sign("diffusion_weights", role="weights", name=r"diffusion_pytorch_model([-_.][^/]*)?"),
    Sign("single_file", role="weights", formats=("safetensors", "pickle"), name=r"[^/]+"),
    Sign("safe_weights", role="weights", formats=("safetensors", "gguf")),
    Sign("safe_weights", role="framework_export", formats=_SAFE),
    Sign("safetensors", role="weights", formats=("safetensors",)),
    Sign("pickle", role="weights", formats=("pickle",)),
    Sign("unsafe_weights", role="weights", formats=_UNSAFE),
    Sign("unsafe_weights", role="framework_export", formats=_UNSAFE),
    Sign("gguf", role="weights", formats=("gguf",)),
    Sign("onnx", role="framework_export", framework="onnx"),
    Sign("onnx_folder", name=r"onnx/.*\.onnx"),
    Sign("openvino", role="framework_export", framework="openvino"),
    Sign("coreml", role="framework_export", framework="coreml"),
    Sign("tflite", role="framework_export", framework="tflite"),
    Sign("litertlm", role="framework_export", framework="tflite", name=r".*\.(litertlm|task)"),
    Sign("tensorflow", role="framework_export", framework="tensorflow"),
    Sign("saved_model", role="framework_export", formats=("saved_model",)),
    Sign("keras", role="framework_export", framework="keras"),
    Sign("flax", role="framework_export", framework="flax"),
    Sign("mlx", role="framework_export", framework="mlx"),
    Sign("mlc", role="framework_export", framework="mlc"),
    Sign("ctranslate2", role="framework_export", framework="ctranslate2"),
    Sign("executorch", role="framework_export", framework="executorch"),
    Sign("tensorrt", role="framework_export", framework="tensorrt"),
    Sign("sklearn", role="framework_export", framework="sklearn"),
    Sign("nemo", role="framework_export", framework="nemo"),
    Sign("fasttext", role="framework_export", framework="fasttext"),
    Sign("spacy", role="framework_export", framework="spacy"),
    Sign("consolidated", role="weights", name=r"(original/)?consolidated[^/]*"),
    Sign("stable_baselines3", role="weights", framework="stable-baselines3"),
)


#: Signs that no single file shows. ``typed``: the config names a model_type or architectures (or was not read, and
#: other files are those of transformers). ``based``: a base model is named (or the adapter's config was not read).
#: ``lora``: tagged so. ``mlx_made``: tagged as MLX, whose quantized layout others do not read. ``torn``: shards are
#: missing and no other whole set is beside them. ``torn_part``, ``hollow_part``: so in a folder of a pipeline, or there
#: is a config and no weights.
FACTS = ("typed", "based", "lora", "mlx_made", "torn", "torn_part", "hollow_part")

#: Components that can be inside of what is loaded.
HELD = _ALL = ("config", "tokenizer_config", "vocabulary", "processor")
_GRAPH = ("config", "processor")
#: Libraries whose models are transformers inside, as far as a config that was not read can be guessed.
TRANSFORMERS_INSIDE = ("transformers", "sentence-transformers", "setfit")


@dataclass(frozen=True, slots=True)
class Loader:
    """A library and the signs it needs, all of them, and none of ``unless``.

    ``library``: only where the listing's library or tags say so too. ``holds``: components that what it loads has in
    itself.
    """

    loads_with: str
    signs: tuple[str, ...]
    library: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()


_YOLO = ("ultralytics", "yolov5", "yolov8", "yolo11", "yolov10")
_SINGLE = ("diffusers", "diffusion-single-file", "stable-diffusion", "stable-diffusion-xl")
#: In the order in which they are named.
LOADERS = (
    Loader("transformers", ("config", "torch_weights", "typed"), unless=("torn", "mlx_made")),
    Loader("diffusers", ("pipeline_index", "weights"), unless=("torn_part", "hollow_part")),
    Loader("diffusers", ("config", "diffusion_weights"), unless=("torn",), holds=("processor",)),
    Loader("diffusers", ("lora_weights",), holds=("config",)),
    Loader(
        "diffusers",
        ("single_file", "lora"),
        unless=("adapter_config", "sub_adapter", "config", "pipeline_index"),
        holds=("config",),
    ),
    Loader("diffusers", ("single_file",), _SINGLE, unless=("config", "pipeline_index", "torn"), holds=_GRAPH),
    Loader("peft", ("adapter_config", "adapter_weights")),
    Loader("peft", ("sub_adapter", "adapter_weights"), unless=("config", "pipeline_index"), holds=("config",)),
    Loader("sentence-transformers", ("modules", "weights"), unless=("torn",)),
    Loader("sentence-transformers", ("config", "torch_weights"), ("sentence-transformers",), unless=("torn",)),
    Loader("open_clip", ("open_clip", "torch_weights"), holds=_ALL),
    Loader("timm", ("config", "torch_weights"), ("timm",), unless=("torn",), holds=("processor",)),
    Loader("mlx", ("config", "safetensors"), ("mlx", "mlx-lm", "mlx-vlm"), unless=("torn",)),
    Loader("mlx", ("mlx",)),
    Loader("mistral-inference", ("params", "tekken", "weights"), unless=("torn",)),
    Loader("llama-models", ("params", "consolidated"), unless=("tekken",), holds=("tokenizer_config",)),
    Loader("lerobot", ("config", "safetensors"), ("lerobot",), unless=("torn",), holds=("processor",)),
    Loader("llama.cpp", ("gguf",), holds=_ALL),
    Loader("onnxruntime", ("onnx",), holds=_GRAPH),
    Loader("transformers.js", ("onnx_folder", "config", "typed")),
    Loader("openvino", ("openvino",), holds=_GRAPH),
    Loader("coreml", ("coreml",), holds=_GRAPH),
    Loader("tflite", ("tflite",), holds=_GRAPH),
    Loader("litert-lm", ("litertlm",), holds=_ALL),
    Loader("executorch", ("executorch",), holds=_GRAPH),
    Loader("tensorrt", ("tensorrt",), holds=_GRAPH),
    Loader("ctranslate2", ("ctranslate2",), holds=("tokenizer_config",)),
    Loader("mlc-llm", ("mlc",), holds=("config",)),
    Loader("tensorflow", ("saved_model",), holds=_GRAPH),
    Loader("tensorflow", ("tensorflow",)),
    Loader("keras", ("keras", "config"), holds=_ALL),
    Loader("keras", ("keras",), holds=_GRAPH),
    Loader("keras", ("saved_model",), ("keras", "tf-keras"), holds=_GRAPH),
    Loader("flax", ("flax", "config")),
    Loader("sklearn", ("sklearn",), holds=_ALL),
    Loader("sklearn", ("pickle",), ("sklearn", "scikit-learn"), holds=_ALL),
    Loader("nemo", ("nemo",), holds=_ALL),
    Loader("spacy", ("spacy", "own_config"), holds=_ALL),
    Loader("fasttext", ("fasttext",), holds=_ALL),
    Loader("fasttext", ("pickle",), ("fasttext",), holds=_ALL),
    Loader("flair", ("pickle",), ("flair",), holds=_ALL),
    Loader("speechbrain", ("own_config", "pickle"), ("speechbrain",), holds=_ALL),
    Loader("ultralytics", ("pickle",), _YOLO, holds=_ALL),
    Loader("stable-baselines3", ("stable_baselines3",), holds=_ALL),
)


@dataclass(frozen=True, slots=True)
class Need:
    """A component that a modality's simplest reusable model has, and the signs that show it, any of them.

    A sign of ``unless`` shows that it is not whole. Without ``signs`` it is there unless one of those is seen.
    """

    modality: str
    component: str
    signs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


_CONFIG = ("config", "params", "gguf", "own_config")
_TOKENIZER_CONFIG = ("tokenizer_config", "tekken", "gguf")
_WHOLE = ("text", "vision", "audio", "speech", "multimodal", "sentence", "adapter", "other")
#: GGUF files contain config and vocabulary, and Mistral's tekken.json needs no config beside it.
NEEDS = (
    Need("text", "config", _CONFIG),
    Need("text", "weights", ("weights",)),
    Need("text", "tokenizer_config", _TOKENIZER_CONFIG),
    Need("text", "vocabulary", ("vocabulary",)),
    Need("vision", "config", _CONFIG),
    Need("vision", "weights", ("weights",)),
    Need("vision", "processor", ("processor",)),
    Need("audio", "config", _CONFIG),
    Need("audio", "weights", ("weights",)),
    Need("audio", "processor", ("processor",)),
    Need("speech", "config", _CONFIG),
    Need("speech", "weights", ("weights",)),
    Need("multimodal", "config", _CONFIG),
    Need("multimodal", "weights", ("weights",)),
    Need("multimodal", "tokenizer_config", _TOKENIZER_CONFIG),
    Need("multimodal", "vocabulary", ("vocabulary",)),
    Need("multimodal", "processor", ("processor", "gguf")),
    Need("pipeline", "config", ("pipeline_index",)),
    Need("pipeline", "weights", ("weights",), unless=("hollow_part",)),
    Need("pipeline", "weight_shards", unless=("torn_part",)),
    Need("adapter", "config", ("adapter_config",)),
    Need("adapter", "weights", ("weights",)),
    Need("adapter", "base_model", ("based",)),
    Need("sentence", "config", ("modules", "config")),
    Need("sentence", "weights", ("weights",)),
    Need("sentence", "tokenizer_config", ("tokenizer_config", "static")),
    Need("sentence", "vocabulary", ("vocabulary",)),
    Need("other", "config", ("any_config", "gguf")),
    Need("other", "weights", ("weights",)),
    *(Need(modality, "weight_shards", unless=("torn",)) for modality in _WHOLE),
)

#: The equivalents of a config, for any modality.
SHOWS_CONFIG = (
    "config", "pipeline_index", "adapter_config", "params", "gguf", "modules", "open_clip", "own_config",
)  # fmt: skip

#: What files show comes before what the task says: all signs of the first, none of the second.
SHOWN_MODALITIES = (
    ("pipeline", ("pipeline_index",), ()),
    ("adapter", ("adapter_config",), ()),
    ("sentence", ("modules",), ()),
    ("adapter", ("lora_weights",), ("config",)),
    ("adapter", ("sub_adapter",), ("config",)),
    ("adapter", ("lora", "single_file"), ("config", "gguf")),
)

#: The modality of a task (``pipeline_tag``); of any other, and of none, see ``modality_of``.
MODALITIES = {
    "text": frozenset(
        """
        text-generation text-classification token-classification question-answering fill-mask summarization translation
        text2text-generation zero-shot-classification table-question-answering feature-extraction text-ranking
        conversational multiple-choice
        """.split()  # noqa: SIM905
    ),
    "sentence": frozenset(("sentence-similarity",)),
    "vision": frozenset(
        """
        image-classification object-detection image-segmentation depth-estimation image-feature-extraction
        zero-shot-object-detection mask-generation video-classification keypoint-detection image-to-image
        unconditional-image-generation
        """.split()  # noqa: SIM905
    ),
    "audio": frozenset(
        """
        automatic-speech-recognition audio-classification audio-to-audio voice-activity-detection
        """.split()  # noqa: SIM905
    ),
    "speech": frozenset(("text-to-speech", "text-to-audio")),
    "multimodal": frozenset(
        """
        image-text-to-text visual-question-answering image-to-text document-question-answering video-text-to-text
        any-to-any audio-text-to-text visual-document-retrieval zero-shot-image-classification
        """.split()  # noqa: SIM905
    ),
}

#: Shards as names count them, and the parts of a pipeline that have weights, as the view sees them.
SHARD = r"(\d{1,6})-of-(\d{1,6})"
PIPELINE_PART = (
    r"(unet|transformer|vae|text_encoder|image_encoder|prior|decoder|movq|vqvae|safety_checker|controlnet)[^/]*/"
)


def sign_sql(sign: str) -> str:
    """A SQL expression that is true for a row of ``files`` that shows the sign. Made of the rows above only."""
    return " OR ".join(f"({_condition(row)})" for row in SIGNS if row.sign == sign)


def _condition(row: Sign) -> str:
    parts = [f"{column} = '{value}'" for column, value in (("role", row.role), ("framework", row.framework)) if value]
    if row.formats:
        parts.append("format IN (" + ", ".join(f"'{format}'" for format in row.formats) + ")")
    if row.name is not None:
        parts.append(named_sql(row.name))
    return " AND ".join(parts)


def named_sql(pattern: str) -> str:
    """A SQL condition for a path that matches as a whole: few get to the regular expression, which costs the most."""
    if re.fullmatch(r"(\w|-|\||\\\.)+", pattern):
        return "path IN (" + ", ".join(f"'{name}'" for name in pattern.replace("\\", "").split("|")) + ")"
    ending = re.search(r"(?<=[)*+?}])(\w|/|\\\.)+$", pattern)
    whole = f"regexp_full_match(path, '{pattern}')"
    if ending is None or "|" in re.sub(r"\(.*\)", "", pattern):
        return whole
    return "ends_with(path, '" + ending[0].replace("\\", "") + f"') AND {whole}"
