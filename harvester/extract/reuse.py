"""What a model needs to be used again, and what loads it, as tables: from its files and a few facts of its listing.

    signs       what a single file shows (``SIGNS``, from role, format, framework and name)
    loaders     which signs a library needs to load the model (``LOADERS``)
    needs       which components the simplest reusable model of a modality has (``NEEDS``)

``assess`` reads the tables for one model; ``sign_sql`` writes a sign as a SQL expression over the columns of ``files``,
so that a view over all models follows from the same rows.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harvester.extract.files import classify
from harvester.extract.roles import FORMATS


@dataclass(frozen=True, slots=True)
class Sign:
    """What one file shows. All that is given must hold; ``name`` is a regular expression for the whole path."""

    sign: str
    role: str | None = None
    formats: tuple[str, ...] = ()
    framework: str | None = None
    name: str | None = None


_SAFE = tuple(format.name for format in FORMATS if not format.unsafe)

#: A sign may stand in several rows: any of them shows it.
SIGNS = (
    Sign("config", name=r"config\.json"),
    Sign("any_config", role="config"),
    Sign("params", name=r"(original/)?params\.json"),
    Sign("pipeline_index", name=r"model_index\.json"),
    Sign("adapter_config", name=r"adapter_config\.json"),
    Sign("adapter_weights", name=r"(adapter_model|pytorch_lora_weights)\.(safetensors|bin)"),
    Sign("modules", name=r"modules\.json|config_sentence_transformers\.json"),
    Sign("open_clip", name=r"open_clip_config\.json"),
    Sign("tokenizer_config", name=r"(tokenizer/)?tokenizer_config\.json"),
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
    Sign("safe_weights", role="weights", formats=("safetensors", "gguf")),
    Sign("safe_weights", role="framework_export", formats=_SAFE),
    Sign("safetensors", role="weights", formats=("safetensors",)),
    Sign("pickle", role="weights", formats=("pickle",)),
    Sign("pickle", role="framework_export", formats=("pickle", "nemo")),
    Sign("gguf", role="weights", formats=("gguf",)),
    Sign("onnx", role="framework_export", framework="onnx"),
    Sign("onnx_folder", name=r"onnx/.*\.onnx"),
    Sign("openvino", role="framework_export", framework="openvino"),
    Sign("coreml", role="framework_export", framework="coreml"),
    Sign("tflite", role="framework_export", framework="tflite"),
    Sign("tensorflow", role="framework_export", framework="tensorflow"),
    Sign("keras", role="framework_export", framework="keras"),
    Sign("flax", role="framework_export", framework="flax"),
    Sign("mlx", role="framework_export", framework="mlx"),
    Sign("mlc", role="framework_export", framework="mlc"),
    Sign("ctranslate2", role="framework_export", framework="ctranslate2"),
    Sign("executorch", role="framework_export", framework="executorch"),
    Sign("tensorrt", role="framework_export", framework="tensorrt"),
    Sign("sklearn", role="framework_export", framework="sklearn"),
    Sign("nemo", role="framework_export", framework="nemo"),
    Sign("spacy", name=r"(.*/)?(ner|tok2vec|parser|tagger|textcat|transformer)/(model|cfg)|meta\.json"),
    Sign("stable_baselines3", role="weights", framework="stable-baselines3"),
    Sign("code", name=r"(.*/)?(modeling|configuration|pipeline|tokenization)_[^/]*\.py"),
)


@dataclass(frozen=True, slots=True)
class Loader:
    """A library and the signs it needs, all of them; ``library`` or ``tag``: only where the listing says so too."""

    loads_with: str
    signs: tuple[str, ...]
    library: tuple[str, ...] = ()
    typed: bool = False


#: In the order in which they are named. ``typed``: config.json must name a model_type (or architectures).
LOADERS = (
    Loader("transformers", ("config", "torch_weights"), typed=True),
    Loader("diffusers", ("pipeline_index", "weights")),
    Loader("peft", ("adapter_config", "adapter_weights")),
    Loader("sentence-transformers", ("modules", "weights")),
    Loader("open_clip", ("open_clip", "torch_weights")),
    Loader("timm", ("config", "torch_weights"), library=("timm",)),
    Loader("mlx", ("config", "safetensors"), library=("mlx", "mlx-lm", "mlx-vlm")),
    Loader("mlx", ("mlx",)),
    Loader("llama.cpp", ("gguf",)),
    Loader("onnxruntime", ("onnx",)),
    Loader("transformers.js", ("onnx_folder", "config"), typed=True),
    Loader("openvino", ("openvino",)),
    Loader("coreml", ("coreml",)),
    Loader("tflite", ("tflite",)),
    Loader("executorch", ("executorch",)),
    Loader("tensorrt", ("tensorrt",)),
    Loader("ctranslate2", ("ctranslate2",)),
    Loader("mlc-llm", ("mlc",)),
    Loader("tensorflow", ("tensorflow",)),
    Loader("keras", ("keras",)),
    Loader("flax", ("flax", "config")),
    Loader("sklearn", ("sklearn",)),
    Loader("nemo", ("nemo",)),
    Loader("spacy", ("spacy",), library=("spacy",)),
    Loader("stable-baselines3", ("stable_baselines3",)),
)


@dataclass(frozen=True, slots=True)
class Need:
    """A component that a modality's simplest reusable model has, and the signs that show it, any of them."""

    modality: str
    component: str
    signs: tuple[str, ...]


_CONFIG = ("config", "params", "gguf")
_TOKENIZER_CONFIG = ("tokenizer_config", "tekken", "gguf")
#: GGUF holds config and vocabulary in the file, and Mistral's tekken.json needs no config beside it.
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
    Need("multimodal", "config", _CONFIG),
    Need("multimodal", "weights", ("weights",)),
    Need("multimodal", "tokenizer_config", _TOKENIZER_CONFIG),
    Need("multimodal", "vocabulary", ("vocabulary",)),
    Need("multimodal", "processor", ("processor", "gguf")),
    Need("pipeline", "config", ("pipeline_index",)),
    Need("pipeline", "weights", ("weights",)),
    Need("adapter", "config", ("adapter_config",)),
    Need("adapter", "weights", ("adapter_weights", "weights")),
    Need("sentence", "config", ("modules", "config")),
    Need("sentence", "weights", ("weights",)),
    Need("sentence", "tokenizer_config", ("tokenizer_config",)),
    Need("sentence", "vocabulary", ("vocabulary",)),
    Need("other", "config", ("any_config", "gguf")),
    Need("other", "weights", ("weights",)),
)

#: What stands for a config, whatever the modality.
SHOWS_CONFIG = ("config", "pipeline_index", "adapter_config", "params", "gguf")

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
        automatic-speech-recognition audio-classification text-to-speech text-to-audio audio-to-audio
        voice-activity-detection
        """.split()  # noqa: SIM905
    ),
    "multimodal": frozenset(
        """
        image-text-to-text visual-question-answering image-to-text document-question-answering video-text-to-text
        any-to-any audio-text-to-text visual-document-retrieval zero-shot-image-classification
        """.split()  # noqa: SIM905
    ),
}


@dataclass(frozen=True, slots=True)
class Reuse:
    """One row of ``reuse`` without its model: what is there, what is missing, what loads it."""

    modality: str
    has_config: bool
    has_weights: bool
    has_tokenizer_config: bool
    has_vocabulary: bool
    loads_with: tuple[str, ...]
    missing: tuple[str, ...]
    reusable: bool
    needs_code: bool
    unsafe_only: bool


def signs_of(paths: Iterable[str]) -> frozenset[str]:
    """The signs that a repository's files show together."""
    return frozenset(row.sign for path in paths for row in SIGNS if _shows(row, path))


def _shows(row: Sign, path: str) -> bool:
    if row.name is not None and not re.fullmatch(row.name, path):
        return False
    kind = classify(path)
    return (
        (row.role is None or kind.role == row.role)
        and (not row.formats or kind.format in row.formats)
        and (row.framework is None or kind.framework == row.framework)
    )


def modality_of(signs: frozenset[str], pipeline_tag: str | None) -> str:
    """The row of ``NEEDS`` a model is held to: what its files show comes before what its task says."""
    for sign, modality in (("pipeline_index", "pipeline"), ("adapter_config", "adapter"), ("modules", "sentence")):
        if sign in signs:
            return modality
    for modality, tasks in MODALITIES.items():
        if pipeline_tag in tasks:
            return modality
    return "text" if signs & {"tokenizer_config", "vocabulary"} else "other"


def assess(
    signs: frozenset[str],
    *,
    pipeline_tag: str | None = None,
    library_name: str | None = None,
    tags: Iterable[str] = (),
    typed: bool = False,
    remote_code: bool = False,
) -> Reuse:
    """Tell whether a model can be reused. ``typed``: its config names a model_type or architectures."""
    said = {library_name, *tags}
    modality = modality_of(signs, pipeline_tag)
    loads_with = dict.fromkeys(
        loader.loads_with
        for loader in LOADERS
        if signs.issuperset(loader.signs)
        and (typed or not loader.typed)
        and (not loader.library or said.intersection(loader.library))
    )
    needs = [need for need in NEEDS if need.modality == modality]
    missing = tuple(need.component for need in needs if signs.isdisjoint(need.signs))
    return Reuse(
        modality=modality,
        has_config=not signs.isdisjoint(SHOWS_CONFIG),
        has_weights="weights" in signs,
        has_tokenizer_config="tokenizer_config" in signs,
        has_vocabulary="vocabulary" in signs,
        loads_with=tuple(loads_with),
        missing=missing,
        reusable=not missing,
        needs_code=remote_code,
        unsafe_only="pickle" in signs and "safe_weights" not in signs,
    )


def sign_sql(sign: str) -> str:
    """A SQL expression that is true for a row of ``files`` that shows the sign. Made of the rows above only."""
    return " OR ".join(f"({_condition(row)})" for row in SIGNS if row.sign == sign)


def _condition(row: Sign) -> str:
    parts = [f"{column} = '{value}'" for column, value in (("role", row.role), ("framework", row.framework)) if value]
    if row.formats:
        parts.append("format IN (" + ", ".join(f"'{format}'" for format in row.formats) + ")")
    if row.name is not None:
        parts.append(f"regexp_full_match(path, '{row.name}')")
    return " AND ".join(parts)
