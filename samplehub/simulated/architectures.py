"""Architectures and the config.json each writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from samplehub.simulated import bodies, sizes
from samplehub.simulated.sizes import Size
from samplehub.world import Json

F32, BF16 = "float32", "bfloat16"
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
    """The model type, the class and the task of its plain form, the classes of its heads by task, sizes, body."""

    model_type: str
    plain: str
    task: str
    heads: Mapping[str, str]
    sizes: tuple[Size, ...]
    body: Callable[[Size], Json]
    dtype: str = F32
    arxiv: str | None = None


#: A row is an architecture; to add one, write its body and its sizes, and name it in a theme of ``plan``.
_ROWS = (
    Architecture("llama", "LlamaForCausalLM", TEXT, TEXT_HEADS, sizes.LLAMA, bodies.llama, BF16, "2302.13971"),
    Architecture("mistral", "MistralForCausalLM", TEXT, TEXT_HEADS, sizes.MISTRAL, bodies.mistral, BF16, "2310.06825"),
    Architecture("mixtral", "MixtralForCausalLM", TEXT, TEXT_HEADS, sizes.MIXTRAL, bodies.mixtral, BF16, "2401.04088"),
    Architecture("qwen2", "Qwen2ForCausalLM", TEXT, TEXT_HEADS, sizes.QWEN, bodies.qwen2, BF16, "2407.10671"),
    Architecture("gemma3", "Gemma3ForConditionalGeneration", SEEN, {}, sizes.GEMMA, bodies.gemma3, BF16, "2503.19786"),
    Architecture("gpt2", "GPT2LMHeadModel", TEXT, TEXT_HEADS, sizes.GPT2, bodies.gpt2),
    Architecture("bert", "BertForMaskedLM", "fill-mask", TEXT_HEADS, sizes.BERT, bodies.encoder, F32, "1810.04805"),
    Architecture(
        "roberta", "RobertaForMaskedLM", "fill-mask", TEXT_HEADS, sizes.ROBERTA, bodies.roberta, F32, "1907.11692"
    ),
    Architecture(
        "t5", "T5ForConditionalGeneration", "text2text-generation", {}, sizes.T5, bodies.t5, F32, "1910.10683"
    ),
    Architecture(
        "whisper", "WhisperForConditionalGeneration", HEARD, {}, sizes.WHISPER, bodies.whisper, F32, "2212.04356"
    ),
    Architecture("wav2vec2", "Wav2Vec2ForCTC", HEARD, AUDIO_HEADS, sizes.WAV2VEC2, bodies.wav2vec2, F32, "2006.11477"),
    Architecture(
        "vit", "ViTForImageClassification", "image-classification", {}, sizes.VIT, bodies.vit, F32, "2010.11929"
    ),
    Architecture("clip", "CLIPModel", "zero-shot-image-classification", {}, sizes.CLIP, bodies.clip, F32, "2103.00020"),
)
ARCHITECTURES = {row.model_type: row for row in _ROWS}


def config_of(row: Architecture, size: Size, task: str, version: str, extra: Json) -> Json:
    """A whole config.json for ``task``: the body, the class, the type and what a fine-tune adds."""
    prefix = row.plain.partition("For")[0].removesuffix("LMHeadModel")
    head = row.heads.get(task)
    config = row.body(size) | {
        "architectures": [prefix + head if head else row.plain],
        "model_type": row.model_type,
        "torch_dtype": row.dtype,
        "transformers_version": version,
    }
    return dict(sorted((config | extra).items()))
