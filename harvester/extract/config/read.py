"""A decoded document to its typed columns: the entry that picks the reader by kind."""

import re
from collections.abc import Callable, Mapping

from harvester.extract.config import other_kinds as other
from harvester.extract.config.attention import read_attention
from harvester.extract.config.code import read_code
from harvester.extract.config.convert import text
from harvester.extract.config.effective import read_effective
from harvester.extract.config.estimates import read_estimates
from harvester.extract.config.layers import read_layers
from harvester.extract.config.plan import kin, plan_for
from harvester.extract.config.quantization import read_hf_quant_config, read_quantization
from harvester.extract.config.rope import read_rope
from harvester.extract.config.submodels import (
    is_flat,
    language_scopes,
    read_blocks,
    read_flat_encoder,
    read_image_sizes,
    read_parts,
)
from harvester.extract.values import Value

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*(?:/[\w.-]+)?\Z")
_DISK = re.compile(
    r"(?i)(?:models?|outputs?|results?|checkpoints?|ckpts?|data|tmp|work|runs|save[ds]?|\.+)/|.*checkpoint-\d+"
)


def read_typed(kind: str, root: Value) -> dict[str, object]:
    """The typed columns of a document of ``kind`` that are not NULL."""
    typed: dict[str, object] = {}
    if type(root) is not dict:
        if kind == "modules":
            other.read_modules(root, typed)
            read_code(kind, root, typed)
        return typed
    reader = _READERS.get(kind, _read_config)
    reader(root, typed)
    read_code(kind, root, typed)
    if "name_or_path" in typed:
        typed["name_or_path_local"] = is_local(str(typed["name_or_path"]))
    return typed


def is_local(name: str) -> bool:
    """Whether a name is a path on a disk rather than a repo_id."""
    return _REPO.match(name) is None or _DISK.match(name) is not None


def _read_config(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    flat = is_flat(root)
    scopes = [root] if flat else language_scopes(root)
    whole = None
    for scope in scopes:
        _fill(typed, scope, whole)
        read_rope(scope, typed)
        read_layers(scope, typed)
        if "attn_config" in scope or "ffn_config" in scope:
            read_blocks(scope, typed)
        whole = text(scope.get("model_type")) or whole
    if len(scopes) > 1:
        for column in _ROOT_ONLY:
            if column not in root and column in typed:
                del typed[column]
    architectures = typed.get("architectures")
    if isinstance(architectures, list):
        typed["architecture"] = architectures[0]
    language = scopes[-1]
    read_flat_encoder(root if flat else language, typed)
    read_quantization(scopes, typed)
    if flat:
        read_image_sizes(root, typed)
    else:
        read_parts(root, scopes, typed)
    if "_class_name" in root:
        other.read_pipeline(root, typed)
    if "model_type" not in root:
        other.read_pooling(root, typed)
        other.read_timm(root, typed)
        other.read_open_clip(root, typed)
    if "sliding_window" in typed and _window_is_off(language):
        del typed["sliding_window"]
    model_type = kin(language, text(root.get("model_type")) if language is not root else None)
    read_effective(language, model_type, typed)
    read_attention(language, root, model_type, typed)
    read_estimates(root, typed, flat=flat)


#: Columns that are about the whole model and are not taken from its language part.
_ROOT_ONLY = ("model_type", "architectures", "name_or_path", "is_encoder_decoder", "problem_type")


def _fill(typed: dict[str, object], scope: Mapping[str, Value], whole: str | None) -> None:
    """Fill columns that are still empty with what the keys of ``scope`` say, the preferred key of each."""
    plan = plan_for(scope, whole)
    ranks: dict[str, int] = {}
    for key, value in scope.items():
        if key not in plan or value is None:
            continue
        column, rank, convert = plan[key]
        if column in ranks:
            if ranks[column] < rank:
                continue
        elif column in typed:
            continue
        value = convert(value)
        if value is not None:
            typed[column] = value
            ranks[column] = rank


def _window_is_off(scope: Mapping[str, Value]) -> bool:
    """Whether the config switches its sliding window off."""
    if scope.get("use_sliding_window") is False:
        return True
    kinds = scope.get("layer_types")
    return type(kinds) is list and bool(kinds) and all(kind == "full_attention" for kind in kinds)


def _read_model_index(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    other.read_pipeline(root, typed)
    other.read_components(root, typed)


def _read_scheduler(root: Mapping[str, Value], typed: dict[str, object]) -> None:
    other.read_pipeline(root, typed)
    name = text(root.get("_class_name"))
    if name is not None:
        typed["scheduler_class"] = name


_READERS: dict[str, Callable[[Mapping[str, Value], dict[str, object]], None]] = {
    "config": _read_config,
    "other": _read_config,
    "adapter_config": other.read_adapter,
    "model_index": _read_model_index,
    "scheduler_config": _read_scheduler,
    "generation_config": other.read_generation,
    "tokenizer_config": other.read_tokenizer,
    "quantize_config": other.read_quantize_config,
    "hf_quant_config": read_hf_quant_config,
    "config_sentence_transformers": other.read_sentence_transformers,
    "sentence_bert_config": other.read_sentence_transformers,
    "preprocessor_config": other.read_preprocessor,
    "processor_config": other.read_preprocessor,
    "open_clip_config": other.read_open_clip,
    "chat_template": other.read_chat_template,
    "mergekit_config": other.read_recipe,
    "eval_results": lambda root, typed: None,
}
