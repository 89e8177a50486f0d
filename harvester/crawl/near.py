"""Suggestions for a selection that lists nothing: similar names that the lake or the Hub has.

Takes the selection and the lake, returns one line. Nothing is requested.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import duckdb

from harvester.crawl.select import Selection
from harvester.errors import HarvesterError
from harvester.lake.duck import connection
from harvester.lake.parts import Lake

#: Names suggested of each kind, and how alike they must be (difflib's ratio).
SUGGESTED, ALIKE = 3, 0.6
#: The Hub's tasks (huggingface.co/tasks and the pipeline tags of its listing).
TASKS = (
    "any-to-any", "audio-classification", "audio-text-to-text", "audio-to-audio", "automatic-speech-recognition",
    "depth-estimation", "document-question-answering", "feature-extraction", "fill-mask", "graph-ml",
    "image-classification", "image-feature-extraction", "image-segmentation", "image-text-to-image",
    "image-text-to-text", "image-text-to-video", "image-to-3d", "image-to-image", "image-to-text", "image-to-video",
    "keypoint-detection", "mask-generation", "multiple-choice", "object-detection", "question-answering",
    "reinforcement-learning", "robotics", "sentence-similarity", "summarization", "table-question-answering",
    "tabular-classification", "tabular-regression", "text-classification", "text-generation", "text-ranking",
    "text-retrieval", "text-to-3d", "text-to-audio", "text-to-image", "text-to-speech", "text-to-video",
    "text2text-generation", "time-series-forecasting", "token-classification", "translation",
    "unconditional-image-generation", "video-classification", "video-text-to-text", "video-to-video",
    "visual-document-retrieval", "visual-question-answering", "voice-activity-detection",
    "zero-shot-classification", "zero-shot-image-classification", "zero-shot-object-detection",
)  # fmt: skip
#: Libraries that the Hub's listing names most.
LIBRARIES = (
    "adapter-transformers", "allennlp", "asteroid", "bertopic", "coreml", "diffusers", "espnet", "fairseq", "fastai",
    "fasttext", "flair", "gguf", "jax", "joblib", "keras", "mlx", "mlx-image", "ml-agents", "nemo", "onnx", "open_clip",
    "openvino", "paddlenlp", "paddleocr", "peft", "pyannote-audio", "pytorch", "rust", "safetensors", "sample-factory",
    "sentence-transformers", "setfit", "sklearn", "spacy", "span-marker", "speechbrain", "stable-baselines3", "stanza",
    "tensorboard", "tensorflowtts", "tf", "tf-keras", "tflite", "timm", "transformers", "transformers.js",
    "ultralytics", "unity-sentis",
)  # fmt: skip

_KNOWN = {
    "author": "SELECT DISTINCT author FROM lake_facts",
    "task": "SELECT DISTINCT pipeline_tag FROM lake_facts",
    "library": "SELECT DISTINCT library_name FROM lake_facts",
    "tag": "SELECT DISTINCT unnest(tags) FROM lake_facts",
}


def nothing_listed(lake: Lake, selection: Selection) -> str:
    """Return the line for a selection that no model fits."""
    given = {
        "author": (selection.author,), "task": (selection.task,), "library": (selection.library,),
        "tag": selection.tags, "search": (selection.search,),
    }  # fmt: skip
    named = [(kind, word) for kind, words in given.items() for word in words if word]
    flags = " and ".join(f"--{kind} {word}" for kind, word in named) or "this selection"
    near = [
        f"{kind} {', '.join(found)}"
        for kind, word in named
        if kind in _KNOWN and (found := _near(word, [*_closed(kind), *_known(lake, kind)]))
    ]
    return f"no model matches {flags}" + (f"; similar names: {'; '.join(near)}" if near else "")


def _closed(kind: str) -> tuple[str, ...]:
    return {"task": TASKS, "library": LIBRARIES}.get(kind, ())


def _known(lake: Lake, kind: str) -> list[str]:
    """Return the names of a kind that the lake has seen; none if it cannot be read."""
    try:
        with connection(lake, views=["facts"]) as con:
            return [row[0] for row in con.execute(_KNOWN[kind]).fetchall() if row[0]]
    except (HarvesterError, duckdb.Error):
        return []


def _near(word: str, known: Iterable[str]) -> list[str]:
    """Return the names most similar to the word, ignoring case; not the word itself."""
    by_folded = {name.lower(): name for name in known if name != word}
    return [by_folded[found] for found in get_close_matches(word.lower(), by_folded, SUGGESTED, ALIKE)]
