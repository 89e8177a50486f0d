"""The documents that are read by default, one row each; to read another by default, add a row.

Pure: names in, names out. The names of a repository's files decide what is requested; nothing here reads a file except
the two lists of components, whose names are hostile until checked.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from harvester.extract.files import classify
from harvester.extract.lenient import decode
from harvester.extract.version import version_of


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """How documents of one name are read."""

    name: str
    #: file name that makes a document of this kind, in whatever folder
    file_name: str
    #: one line for the dictionary
    meaning: str
    #: read by default in the root folder
    default: bool = False
    #: the top level must be an object; else a list or a scalar is readable too
    must_be_object: bool = True
    #: may contain a label map
    has_labels: bool = False
    #: written in YAML, else in JSON
    yaml: bool = False


KINDS: tuple[DocumentKind, ...] = (
    DocumentKind("config", "config.json", "the model's own config, or a component's", default=True, has_labels=True),
    DocumentKind("adapter_config", "adapter_config.json", "PEFT adapter", default=True),
    DocumentKind("model_index", "model_index.json", "diffusers pipeline and its components", default=True),
    DocumentKind("generation_config", "generation_config.json", "defaults of generation", default=True),
    DocumentKind("tokenizer_config", "tokenizer_config.json", "tokenizer class, limits, templates", default=True),
    DocumentKind("quantize_config", "quantize_config.json", "quantization, beside the config (GPTQ)", default=True),
    DocumentKind("hf_quant_config", "hf_quant_config.json", "quantization, beside the config (ModelOpt)", default=True),
    DocumentKind("params", "params.json", "sizes of a model for Mistral's and Meta's own code", default=True),
    DocumentKind("config_setfit", "config_setfit.json", "SetFit: classes", default=True, has_labels=True),
    DocumentKind(
        "config_sentence_transformers",
        "config_sentence_transformers.json",
        "sentence-transformers: prompts, similarity, versions",
        default=True,
    ),
    DocumentKind(
        "modules", "modules.json", "sentence-transformers: the list of modules", default=True, must_be_object=False
    ),
    DocumentKind("preprocessor_config", "preprocessor_config.json", "image or audio preprocessing", default=True),
    DocumentKind("open_clip_config", "open_clip_config.json", "open_clip model and preprocessing", default=True),
    DocumentKind("scheduler_config", "scheduler_config.json", "diffusers scheduler"),
    DocumentKind("sentence_bert_config", "sentence_bert_config.json", "sentence-transformers: the transformer module"),
    DocumentKind("processor_config", "processor_config.json", "multimodal processor", default=True),
    DocumentKind("chat_template", "chat_template.json", "chat template of a processor", default=True),
    *(
        DocumentKind("mergekit_config", name, "mergekit: the recipe of a merge", default=True, yaml=True)
        for name in (
            "mergekit_config.yml", "mergekit_config.yaml", "mergekit_moe_config.yml", "mergekit_moe_config.yaml",
        )
    ),
)  # fmt: skip
#: Any other document, read because it was requested.
OTHER = DocumentKind("other", "", "any document requested by name", must_be_object=False, has_labels=True)

#: The model card: `README.md` at the root and nowhere else.
CARD = DocumentKind("card", "README.md", "the model card", must_be_object=False)
#: A licence file in the root folder, read because it was requested by name.
LICENSE = DocumentKind("license", "", "the text of a licence", must_be_object=False)
#: Evaluation results in the Hub's own place, read along with the card (https://huggingface.co/docs/hub/eval-results).
EVAL_RESULTS = DocumentKind("eval_results", "", "results of evaluations", must_be_object=False, yaml=True)
EVAL_RESULTS_PATH = re.compile(r"\.eval_results/[^/]+\.ya?ml")
#: Files of results taken of one repository; of 25 much evaluated models of October 2026 none had more than 5 on main.
RESULTS_CAP = 100
#: Kinds that are prose: they have no fields.
PROSE = (CARD.name, LICENSE.name)

_BY_FILE_NAME = {kind.file_name: kind for kind in KINDS}
_DEFAULT_ORDER = {kind.file_name: position for position, kind in enumerate(KINDS) if kind.default}
#: Component documents taken of one repository; the largest genuine pipelines have about 15.
COMPONENTS_CAP = 64
_FOLDER = re.compile(r"[^\x00-\x1f\x7f\\:]{1,200}\Z")
#: The files that may configure a component's folder.
_COMPONENT_FILES = ("config.json", "scheduler_config.json", "tokenizer_config.json", "preprocessor_config.json")


def index_paths() -> list[str]:
    """The documents whose components are read by default too."""
    return [kind.file_name for kind in KINDS if kind.name in ("model_index", "modules")]


def cards_version() -> int:
    """The same for what is read with a card."""
    return version_of([("cards", EVAL_RESULTS_PATH.pattern.encode())])


def kinds_version() -> int:
    """A positive digest of what is read by default: another one reads more, or less, of the same repository."""
    read = [kind.file_name for kind in KINDS if kind.default]
    return version_of(
        [("defaults", "\n".join(sorted(read)).encode()), ("components", "\n".join(_COMPONENT_FILES).encode())]
    )


def kind_of(path: str) -> DocumentKind:
    """The kind of a document, by its file name; ``OTHER`` for any that has no row."""
    known = _BY_FILE_NAME.get(path)
    if known is not None:
        return known
    if path == CARD.file_name:
        return CARD
    if EVAL_RESULTS_PATH.fullmatch(path):
        return EVAL_RESULTS
    if "/" not in path and classify(path).role == "license":
        return LICENSE
    return _BY_FILE_NAME.get(path.rpartition("/")[2], OTHER)


def default_paths(paths: Iterable[str]) -> list[str]:
    """Those of a repository's file names that are read by default, in the order of ``KINDS``."""
    return sorted({path for path in paths if path in _DEFAULT_ORDER}, key=_DEFAULT_ORDER.__getitem__)


def card_paths(paths: Iterable[str]) -> list[str]:
    """Those of a repository's file names that are read with its card: the card, and at most ``RESULTS_CAP`` results."""
    known = frozenset(paths)
    results = sorted(path for path in known if EVAL_RESULTS_PATH.fullmatch(path))
    return [*([CARD.file_name] if CARD.file_name in known else []), *results[:RESULTS_CAP]]


def component_paths(path: str, data: bytes, names: Collection[str]) -> list[str]:
    """The component configs that a ``model_index.json`` or ``modules.json`` at ``path`` names.

    ``names`` are the repository's file names; empty means unknown, then the likeliest file of each component is
    given. Names that leave the repository are dropped. Never raises.
    """
    kind = kind_of(path).name
    if kind not in ("model_index", "modules"):
        return []
    value = decode(data).value
    folders = _pipeline_folders(value) if kind == "model_index" else _module_folders(value)
    base = path.rpartition("/")[0]
    known = frozenset(names)
    found: dict[str, None] = {}
    for folder, likely in folders:
        if not _is_inside(folder):
            continue
        where = "/".join(part for part in (base, folder) if part)
        where = where + "/" if where else ""
        candidates = (likely,) if likely == "sentence_bert_config.json" and not folder else _COMPONENT_FILES
        if known:
            paths = [where + name for name in dict.fromkeys((likely, *candidates)) if where + name in known]
        else:
            paths = [where + likely]
        found.update(dict.fromkeys(paths))
        if len(found) >= COMPONENTS_CAP:
            break
    return [component for component in list(found)[:COMPONENTS_CAP] if component != path]


def component_folders(indices: Iterable[tuple[str, bytes]]) -> list[str] | None:
    """The folders of the parts that a ``model_index.json`` or ``modules.json`` names, given as path and bytes.

    A pipeline comes before modules; the root is empty. None where neither is given or names any. Never raises.
    """
    found: list[str] = []
    for path, data in sorted(indices):
        value = decode(data).value
        folders = _pipeline_folders(value) if kind_of(path).name == "model_index" else _module_folders(value)
        found = found or [folder for folder, _ in folders if _is_inside(folder)]
    return found[:COMPONENTS_CAP] or None


def _pipeline_folders(index: object) -> list[tuple[str, str]]:
    """Of a diffusers pipeline: the folder of each component and the file that likely configures it."""
    if not isinstance(index, dict):
        return []
    return [
        (name, _likely_file(value[1]))
        for name, value in index.items()
        if isinstance(value, list)
        and len(value) >= 2
        and isinstance(value[0], str)
        and isinstance(value[1], str)
        and name
        and not name.startswith("_")
    ]


def _likely_file(class_name: str) -> str:
    if "Scheduler" in class_name:
        return "scheduler_config.json"
    if "Tokenizer" in class_name:
        return "tokenizer_config.json"
    if class_name.endswith(("Processor", "FeatureExtractor", "ProcessorFast")):
        return "preprocessor_config.json"
    return "config.json"


def _module_folders(modules: object) -> list[tuple[str, str]]:
    """Of a sentence-transformers model: the folder of each module and the file that configures it."""
    if not isinstance(modules, list):
        return []
    return [
        (item["path"], "config.json" if item["path"] else "sentence_bert_config.json")
        for item in modules
        if isinstance(item, dict) and isinstance(item.get("path"), str)
    ]


def _is_inside(folder: str) -> bool:
    """Whether a folder name read from a document stays inside the repository; '' is the root."""
    if not folder:
        return True
    return bool(_FOLDER.match(folder)) and all(part not in ("", ".", "..") for part in folder.split("/"))
