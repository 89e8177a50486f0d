"""Architectures: when each appeared, the config.json each writes, and the tensors each has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samplehub.simulated import bodies, shapes, sizes
from samplehub.simulated.shapes import Shapes
from samplehub.simulated.sizes import Size
from samplehub.world import Json

F32, F16, BF16 = "float32", "float16", "bfloat16"
TEXT, SEEN, HEARD = "text-generation", "image-text-to-text", "automatic-speech-recognition"
TEXT_HEADS = {
    "text-classification": "ForSequenceClassification",
    "token-classification": "ForTokenClassification",
    "question-answering": "ForQuestionAnswering",
    "sentence-similarity": "Model",
}
AUDIO_HEADS = {"audio-classification": "ForSequenceClassification"}


@dataclass(frozen=True, slots=True)
class Architecture:
    """One generation of an architecture.

    The model type, the class and the task of its plain form, the classes of its heads by task, its sizes, config and
    tensors; the year (a fraction of it included) from which on models are made of it, and the licences that its makers
    choose from.
    """

    name: str
    model_type: str
    plain: str
    task: str
    heads: Mapping[str, str]
    sizes: tuple[Size, ...]
    body: Callable[[Size], Json]
    tensors: Callable[[Size, int, str], Shapes]
    since: float
    licenses: tuple[str, ...]
    dtype: str = F32
    arxiv: str | None = None


_APACHE, _FREE = ("apache-2.0",), ("apache-2.0", "apache-2.0", "mit")


def _decoder(
    name: str,
    since: float,
    license: str,
    of: tuple[Size, ...],
    body: Callable[[Size], Json],
    tensors: Callable[[Size, int, str], Shapes] = shapes.llama,
    dtype: str = BF16,
    arxiv: str | None = None,
) -> Architecture:
    """A row of a decoder, whose class is named after the body."""
    kind = body.__name__
    plain = f"{kind.capitalize()}ForCausalLM"
    return Architecture(name, kind, plain, TEXT, TEXT_HEADS, of, body, tensors, since, (license,), dtype, arxiv)


#: A row is a generation; to add one, write its body, its sizes and its tensors, and name it in a theme of ``plan``.
_ROWS = (
    _decoder("llama", 2023.2, "other", sizes.LLAMA, bodies.llama, dtype=F16, arxiv="2302.13971"),
    _decoder("llama2", 2023.55, "llama2", sizes.LLAMA_2, bodies.llama, dtype=F16, arxiv="2307.09288"),
    _decoder("mistral", 2023.75, "apache-2.0", sizes.MISTRAL, bodies.mistral, arxiv="2310.06825"),
    _decoder("mixtral", 2023.95, "apache-2.0", sizes.MIXTRAL, bodies.mixtral, shapes.mixtral, arxiv="2401.04088"),
    _decoder("llama3", 2024.3, "llama3", sizes.LLAMA_3, bodies.llama),
    _decoder("qwen2", 2024.43, "apache-2.0", sizes.QWEN_2, bodies.qwen2, shapes.qwen2, arxiv="2407.10671"),
    _decoder("nemo", 2024.55, "apache-2.0", sizes.NEMO, bodies.mistral),
    _decoder("llama3.1", 2024.57, "llama3.1", sizes.LLAMA_31, bodies.llama, arxiv="2407.21783"),
    _decoder("llama3.2", 2024.74, "llama3.2", sizes.LLAMA_32, bodies.llama, arxiv="2407.21783"),
    _decoder("qwen3", 2025.33, "apache-2.0", sizes.QWEN_3, bodies.qwen3, shapes.qwen3, arxiv="2505.09388"),
    Architecture(
        "gemma3", "gemma3", "Gemma3ForConditionalGeneration", SEEN, {}, sizes.GEMMA_3, bodies.gemma3, shapes.gemma3,
        2025.2, ("gemma",), BF16, "2503.19786",
    ),
    Architecture(
        "gpt2", "gpt2", "GPT2LMHeadModel", TEXT, TEXT_HEADS, sizes.GPT2, bodies.gpt2, shapes.gpt2, 2019.1, ("mit",),
    ),
    Architecture(
        "bert", "bert", "BertForMaskedLM", "fill-mask", TEXT_HEADS, sizes.BERT, bodies.encoder, shapes.bert, 2018.8,
        _APACHE, F32, "1810.04805",
    ),
    Architecture(
        "roberta", "roberta", "RobertaForMaskedLM", "fill-mask", TEXT_HEADS, sizes.ROBERTA, bodies.roberta,
        shapes.roberta, 2019.6, ("mit",), F32, "1907.11692",
    ),
    Architecture(
        "t5", "t5", "T5ForConditionalGeneration", "text2text-generation", {}, sizes.T5, bodies.t5, shapes.t5, 2020.8,
        _APACHE, F32, "1910.10683",
    ),
    Architecture(
        "whisper", "whisper", "WhisperForConditionalGeneration", HEARD, {}, sizes.WHISPER, bodies.whisper,
        shapes.whisper, 2022.75, _FREE, F32, "2212.04356",
    ),
    Architecture(
        "wav2vec2", "wav2vec2", "Wav2Vec2ForCTC", HEARD, AUDIO_HEADS, sizes.WAV2VEC2, bodies.wav2vec2, shapes.wav2vec2,
        2020.5, _FREE, F32, "2006.11477",
    ),
    Architecture(
        "vit", "vit", "ViTForImageClassification", "image-classification", {}, sizes.VIT, bodies.vit, shapes.vit,
        2020.8, _APACHE, F32, "2010.11929",
    ),
    Architecture(
        "clip", "clip", "CLIPModel", "zero-shot-image-classification", {}, sizes.CLIP, bodies.clip, shapes.clip,
        2021.0, ("mit",), F32, "2103.00020",
    ),
)  # fmt: skip
ARCHITECTURES = {row.name: row for row in _ROWS}


def config_of(row: Architecture, size: Size, task: str, version: str, extra: Json) -> Json:
    """A whole config.json for ``task``: the body, the class, the type and what a fine-tune adds."""
    prefix = row.plain.partition("For")[0].removesuffix("LMHeadModel")
    head = row.heads.get(task)
    # from version 4.56 on the writer says dtype
    dtype = "dtype" if int(version.split(".")[1]) >= 56 else "torch_dtype"
    config = row.body(size) | {
        "architectures": [prefix + head if head else row.plain],
        "model_type": row.model_type,
        dtype: row.dtype,
        "transformers_version": version,
    }
    return dict(sorted((config | extra).items()))
