"""What the Hub extracts from a repo's files: config stub, card, weight headers, tags (docs/hub-protocol.md 2.3)."""

import json
import re
import struct
from collections.abc import Iterator, Mapping

from samplehub.content import Commit, File, Tree
from samplehub.front_matter import items, parse
from samplehub.world import Json, Reading

#: the bounds of the official clients (docs/hub-protocol.md 8), and of a document that is read at all
MAX_HEADER = 25_000_000
MAX_DOCUMENT = 2_000_000
_QUANTIZATION = ("bits", "load_in_4bit", "load_in_8bit", "quant_method")
_TOKENS = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
#: libraries whose models the Hub can serve
SERVED = ("transformers", "diffusers", "sentence-transformers")
_PAPER = re.compile(rb"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")
_RESULTS = re.compile(r"\.eval_results/[^/]+\.ya?ml")
_FRONT_MATTER = re.compile(rb"\A(?:\xef\xbb\xbf)?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)


def read_commit(commit: Commit) -> Reading:
    """Everything the Hub reads at one commit; what it cannot parse it leaves out."""
    tree = commit.tree
    config = document(tree, "config.json")
    card = front_matter(tree)
    mask = _token(document(tree, "tokenizer_config.json").get("mask_token"))
    return Reading(
        config=stub(tree, config),
        card_data=card or None,
        safetensors=safetensors_parameters(tree),
        mask_token=mask,
        widget_data=card.get("widget"),
        model_index=card.get("model-index"),
        eval_results=eval_results(tree),
        transformers_info=transformers_info(tree, config),
    )


def document(tree: Tree, path: str) -> Mapping[str, Json]:
    """A JSON object of the tree; empty if it is absent, too large, not strict JSON or not an object."""
    file = tree.files.get(path)
    if file is None or file.sha256 is not None or file.size > MAX_DOCUMENT:
        return {}
    try:
        value = json.loads(file.read().decode(), parse_constant=_not_json)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _not_json(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _token(value: Json) -> str | None:
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None


def stub(tree: Tree, config: Mapping[str, Json]) -> Json:
    """The few members of the configs that the Hub's ``config`` field contains."""
    found: Json = {}
    for key in ("architectures", "model_type", "auto_map"):
        if config.get(key) is not None:
            found[key] = config[key]
    quantization = config.get("quantization_config")
    if isinstance(quantization, dict):
        found["quantization_config"] = {key: quantization[key] for key in _QUANTIZATION if key in quantization}
    if "tokenizer_config.json" in tree.files or "model_type" in found:
        tokenizer = document(tree, "tokenizer_config.json")
        tokens = {key: _token(tokenizer.get(key)) for key in _TOKENS}
        found["tokenizer_config"] = {key: value for key, value in tokens.items() if value is not None}
        if isinstance(tokenizer.get("chat_template"), str):
            found["tokenizer_config"]["chat_template"] = tokenizer["chat_template"]
    if (template := tree.files.get("chat_template.jinja")) and template.size <= MAX_DOCUMENT:
        found["chat_template_jinja"] = template.read().decode("utf-8", "replace")
    if adapter := document(tree, "adapter_config.json"):
        keys = ("base_model_name_or_path", "task_type")
        found["peft"] = {key: adapter[key] for key in keys if adapter.get(key) is not None}
    if isinstance(pipeline := document(tree, "model_index.json").get("_class_name"), str):
        found["diffusers"] = {"_class_name": pipeline}
    if isinstance(sklearn := config.get("sklearn"), dict):
        found["sklearn"] = {key: sklearn[key] for key in ("model", "model_format") if key in sklearn}
    return found


#: the ending of a class and the auto class and task that go with it; the first that fits counts
_AUTO = (
    ("ForCausalLM", "AutoModelForCausalLM", "text-generation"),
    ("LMHeadModel", "AutoModelForCausalLM", "text-generation"),
    ("ForMaskedLM", "AutoModelForMaskedLM", "fill-mask"),
    ("ForSequenceClassification", "AutoModelForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "AutoModelForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "AutoModelForQuestionAnswering", "question-answering"),
    ("ForImageClassification", "AutoModelForImageClassification", "image-classification"),
    ("ForCTC", "AutoModelForCTC", "automatic-speech-recognition"),
)


def transformers_info(tree: Tree, config: Mapping[str, Json]) -> Json:
    """The auto class that loads a transformers model; None if no config names a class."""
    classes = config.get("architectures")
    if "model_type" not in config or not isinstance(classes, list) or not classes or not isinstance(classes[0], str):
        return None
    fits = [(auto, task) for ending, auto, task in _AUTO if classes[0].endswith(ending)]
    info = {"auto_model": fits[0][0] if fits else "AutoModel"}
    if fits:
        info["pipeline_tag"] = fits[0][1]
    if "preprocessor_config.json" in tree.files:
        info["processor"] = "AutoProcessor"
    elif "tokenizer_config.json" in tree.files:
        info["processor"] = "AutoTokenizer"
    return info


def front_matter(tree: Tree) -> dict[str, Json]:
    """The YAML block at the start of README.md; empty if there is none that parses."""
    file = tree.files.get("README.md")
    if file is None or file.size > MAX_DOCUMENT:
        return {}
    match = _FRONT_MATTER.match(file.read())
    try:
        return parse(match.group(1).decode()) if match else {}
    except UnicodeDecodeError:
        return {}


def eval_results(tree: Tree) -> Json:
    """The results in the files ``.eval_results/*.yaml``, one per entry; None if there are no such files."""
    results: list[Json] = []
    for path, file in tree.files.items():
        if not _RESULTS.fullmatch(path) or file.size > MAX_DOCUMENT:
            continue
        entries = items(file.read().decode("utf-8", "replace"))
        results += [{"filename": path, "verified": False, "data": entry} for entry in entries]
        results += [] if entries else [{"filename": path, "error": "no result could be read"}]
    return results or None


def safetensors_parameters(tree: Tree) -> Json:
    """Parameter counts per dtype over the safetensors files at the root; None if there are none that can be read."""
    counts: dict[str, int] = {}
    for file in _weights(tree):
        for dtype, count in header_parameters(file):
            counts[dtype] = counts.get(dtype, 0) + count
    return {"parameters": counts, "total": sum(counts.values())} if counts else None


def _weights(tree: Tree) -> Iterator[File]:
    for file in tree.files.values():
        if file.path.endswith(".safetensors") and "/" not in file.path and file.size >= 8:
            yield file


def header_parameters(file: File) -> Iterator[tuple[str, int]]:
    """(dtype, elements) of each tensor of a safetensors file; nothing if the header is inconsistent."""
    (length,) = struct.unpack("<Q", file.content.read(0, 8))
    if length > min(MAX_HEADER, file.size - 8):
        return
    try:
        header = json.loads(file.content.read(8, 8 + length))
        tensors = [item for name, item in header.items() if name != "__metadata__"]
        for tensor in tensors:
            count = 1
            for size in tensor["shape"]:
                count *= int(size)
                if not 0 <= count < 2**63:
                    raise ValueError("no tensor has so many elements")
            yield str(tensor["dtype"]), count
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return


#: file endings and names that the Hub makes a tag of
_FORMATS = (
    ("pytorch", re.compile(r"pytorch_model.*\.bin$|\.(?:pt|pth|ckpt)$")),
    ("tf", re.compile(r"tf_model.*\.h5$")),
    ("jax", re.compile(r"flax_model.*\.msgpack$")),
    ("onnx", re.compile(r"\.onnx$")),
    ("safetensors", re.compile(r"\.safetensors$")),
    ("gguf", re.compile(r"\.gguf$")),
)


def library_of(tree: Tree, card: Mapping[str, Json]) -> str | None:
    """The library of a repo: as declared in the card, else inferred from its files."""
    if isinstance(said := card.get("library_name"), str):
        return said
    if "model_index.json" in tree.files:
        return "diffusers"
    if "config_sentence_transformers.json" in tree.files or "modules.json" in tree.files:
        return "sentence-transformers"
    if "adapter_config.json" in tree.files:
        return "peft"
    return "transformers" if "model_type" in document(tree, "config.json") else None


def tags_of(tree: Tree, card: Mapping[str, Json], library: str | None, task: str | None) -> tuple[str, ...]:
    """The tags in the Hub's order: library, formats, model type, those of the card, and the prefixed ones."""
    tags: list[str] = [library] if library else []
    tags += [name for name, ending in _FORMATS if any(ending.search(path) for path in tree.files)]
    model_type = document(tree, "config.json").get("model_type")
    tags += [model_type] if isinstance(model_type, str) else []
    tags += [task] if task else []
    tags += listed(card.get("tags")) + listed(card.get("language"))
    tags += [f"dataset:{name}" for name in listed(card.get("datasets"))]
    tags += [f"arxiv:{paper}" for paper in papers(tree)]
    bases = listed(card.get("base_model"))
    tags += [f"base_model:{name}" for name in bases]
    if relation := relation_of(tree, card):
        tags += [f"base_model:{relation}:{name}" for name in bases]
    tags += [f"license:{name}" for name in listed(card.get("license"))]
    tags += ["eval-results"] if card.get("model-index") else []
    tags += ["co2_eq_emissions"] if "co2_eq_emissions" in card else []
    tags += ["text-generation-inference"] if library == "transformers" and task == "text-generation" else []
    tags += ["endpoints_compatible"] if library in SERVED else []
    chats = "chat_template" in document(tree, "tokenizer_config.json") or "chat_template.jinja" in tree.files
    return tuple(dict.fromkeys([*tags, "region:us", *(["conversational"] if chats else [])]))


def papers(tree: Tree) -> list[str]:
    """The arXiv numbers that the card links to, in order."""
    file = tree.files.get("README.md")
    if file is None or file.size > MAX_DOCUMENT:
        return []
    return [number.decode() for number in dict.fromkeys(_PAPER.findall(file.read()))]


def relation_of(tree: Tree, card: Mapping[str, Json]) -> str | None:
    """The relation of a repo to its base model: from the card, else from its files; None without a base model."""
    if not listed(card.get("base_model")):
        return None
    if isinstance(said := card.get("base_model_relation"), str):
        return said
    if "adapter_config.json" in tree.files or "lora" in listed(card.get("tags")):
        return "adapter"
    quantized = "quantization_config" in document(tree, "config.json")
    if quantized or any(path.endswith(".gguf") for path in tree.files):
        return "quantized"
    return "merge" if len(listed(card.get("base_model"))) > 1 else "finetune"


def listed(value: Json) -> list[str]:
    """A card's value as a list of strings: it may be one, several, or invalid."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
