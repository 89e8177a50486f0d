"""Build models on the meta device from configs with other sizes, and count the elements of their tensors."""

import contextlib
import copy
import itertools
import random
import re
from collections import defaultdict
from typing import Any, NamedTuple

import torch
import transformers
from transformers.models.auto import modeling_auto

from harvester.extract.config.estimates.sizes import flat_sizes

Config = dict[str, Any]

#: Layers of a build: enough for each kind to occur.
LAYERS = 4
#: Experts of a build.
EXPERTS = 16
#: Numbers of layers and experts in the names of tensors, and the layer of a language part.
NUMBER = re.compile(r"(?:(?<=s\.)|(?<=\.h\.)|(?<=layer\.)|(?<=block\.))\d+(?=\.)")
LAYER = re.compile(r"^(?!.*(?:vision|visual|audio)).*?\blayers\.(\d+)\.")
LAYER_KEYS = ("num_hidden_layers", "n_layer", "num_layers", "depth", "encoder_layers", "decoder_layers", "n_layers")
#: Layers that take the keys and values of another, and the list by layer without them.
SHARED, KEPT = "num_kv_shared_layers", "kept_layer_types"
UNSAVED = ("per_layer_config", "quantization_config", "torch_dtype", "dtype", "auto_map", "_name_or_path")


def class_of(model_type: str, wanted: list[str] | None) -> Any:
    """Return the class that a config names, else the library's for images and text, language, speech, or the model."""
    mappings = ("IMAGE_TEXT_TO_TEXT", "MULTIMODAL_LM", "CAUSAL_LM", "SPEECH_SEQ_2_SEQ")
    tables = [getattr(modeling_auto, f"MODEL_FOR_{name}_MAPPING_NAMES", {}) for name in mappings]
    names = [*(wanted or ()), *(table.get(model_type) for table in (*tables, modeling_auto.MODEL_MAPPING_NAMES))]
    for name in names:
        name = name[0] if isinstance(name, tuple | list) else name
        if name and hasattr(transformers, name):
            return getattr(transformers, name)
    return None


class Built(NamedTuple):
    """Elements by the name of a tensor (numbers taken out, tied ones once), the config that was built, and names."""

    held: dict[str, int]
    config: Config
    #: tensors whose elements differ by the kind of their layer
    uneven: set[str]


def built(config_class: Any, model_class: Any, written: Config, split: set[str]) -> Built | None:
    """Build a config; None where it is refused. The tensors in ``split`` are counted by kind of layer."""
    try:
        config = config_class.from_dict(copy.deepcopy(written))
        with torch.device("meta"):
            model = model_class._from_config(config)
        with contextlib.suppress(Exception):
            model.tie_weights()
        resolved = config.to_dict()
    except Exception:
        return None
    kinds = layer_kinds(resolved)
    held: dict[str, int] = defaultdict(int)
    each: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    unsaved = {name for module in model.modules() for name in module._non_persistent_buffers_set}
    for name, tensor in itertools.chain(model.named_parameters(), model.named_buffers()):
        if name.rpartition(".")[2] in unsaved:
            continue
        plain, layer = NUMBER.sub("*", name), LAYER.match(name)
        kind = kinds[int(layer[1])] if layer and int(layer[1]) < len(kinds) else ""
        each[plain][kind].add(tensor.numel())
        held[f"{plain}@{kind}" if plain in split else plain] += tensor.numel()
    uneven = {
        name
        for name, found in each.items()
        if len(found) > 1
        and all(len(sizes) == 1 for sizes in found.values())
        and len(set(map(max, found.values()))) > 1
    }
    return Built(dict(held), resolved, uneven)


def layer_kinds(config: Config) -> list[str]:
    """Return the kind of each layer of the language part, where a list has them."""
    for scope in (config, *(part for part in config.values() if isinstance(part, dict))):
        for key in ("layer_types", "layers_block_type"):
            if isinstance(scope.get(key), list):
                return [str(kind) for kind in scope[key]]
    return []


def walk(value: Config, path: tuple[str, ...] = ()) -> Any:
    """Yield the path and value of each leaf, but for label maps."""
    for key, held in value.items():
        if key in ("id2label", "label2id") or not isinstance(key, str):
            continue
        if isinstance(held, dict):
            yield from walk(held, (*path, key))
        else:
            yield (*path, key), held


def put(value: Config, path: tuple[str, ...], held: object) -> None:
    """Set a leaf."""
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = held


def get(value: Config, path: tuple[str, ...]) -> Any:
    """Return a leaf."""
    for key in path:
        value = value[key]
    return value


def sizes(written: Config) -> dict[str, Any]:
    """Return the sizes as the extractor sees them, and the layers of each kind with keys and values of their own."""
    found: dict[str, Any] = flat_sizes(
        {key: held for key, held in written.items() if key not in ("id2label", "label2id")}
    )
    for prefix, scope in (
        ("", written),
        *((f"{key}.", part) for key, part in written.items() if isinstance(part, dict)),
    ):
        if isinstance(scope.get(SHARED), int) and isinstance(scope.get("layer_types"), list):
            kinds = scope["layer_types"]
            for kind in kinds[: len(kinds) - scope[SHARED]]:
                found[f"{prefix}{KEPT}:{kind}"] = found.get(f"{prefix}{KEPT}:{kind}", 0) + 1
    return found


def other_names(config_class: Any, written: Config) -> dict[str, str]:
    """Return the keys that the classes of a config and of its parts read as others, by path."""
    config = config_class.from_dict(copy.deepcopy(written))
    parts = {
        "": config,
        **{f"{key}.": getattr(config, key) for key in config.sub_configs if getattr(config, key, None)},
    }
    return {
        f"{prefix}{other}": f"{prefix}{name}"
        for prefix, part in parts.items()
        for other, name in getattr(part, "attribute_map", {}).items()
    }


def clean(written: Config) -> Config:
    """Return a config without what is no size, or follows from others."""
    for scope in (written, *(part for part in written.values() if isinstance(part, dict))):
        for key in UNSAVED:
            scope.pop(key, None)
    return written


def cut(scope: Config) -> None:
    """Leave few layers and experts, and of the lists by layer an entry of each kind."""
    for value in list(scope.values()):
        if isinstance(value, dict):
            cut(value)
    counts = [scope[key] for key in LAYER_KEYS if isinstance(scope.get(key), int)]
    for key, value in list(scope.items()):
        if key in LAYER_KEYS and isinstance(value, int):
            scope[key] = min(value, LAYERS)
        elif isinstance(value, list) and counts and len(value) >= max(counts) > LAYERS:
            kinds = list(dict.fromkeys(value)) if all(isinstance(one, str) for one in value) else []
            scope[key] = [*kinds, *value][: max(LAYERS, len(kinds))] if len(kinds) > 1 else value[:LAYERS]
        elif key in ("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts") and value:
            scope[key] = min(value, EXPERTS)
        elif key in ("first_k_dense_replace", "num_dense_layers") and value:
            scope[key] = min(value, 2)
    if isinstance(scope.get("mlp_only_layers"), list):
        scope["mlp_only_layers"] = [layer for layer in scope["mlp_only_layers"] if layer < LAYERS - 1]


def relist(scope: Config, rng: random.Random) -> None:
    """Take another number of layers, their kinds in another order."""
    for value in scope.values():
        if isinstance(value, dict):
            relist(value, rng)
    key = next((key for key in LAYER_KEYS if isinstance(scope.get(key), int)), None)
    lists = {name: held for name, held in scope.items() if isinstance(held, list) and len(held) >= LAYERS}
    words = {name: held for name, held in lists.items() if all(isinstance(one, str) for one in held)}
    if key is None and not words:
        return
    length = rng.randint(max(3, 3, *(len(set(held)) for held in words.values())), 8)
    for name in LAYER_KEYS:
        if name == key or (key in ("encoder_layers", "decoder_layers") and isinstance(scope.get(name), int)):
            scope[name] = length
    for name, held in lists.items():
        if name == "moe_layers":
            scope[name] = list(range(length))
        elif name == "mlp_layer_types":
            dense = rng.randint(0, length - 1)
            scope[name] = ["dense"] * dense + ["sparse"] * (length - dense)
        elif name in words:
            kinds = list(dict.fromkeys(held))
            scope[name] = [rng.choice(kinds) for _ in range(length)]
        elif all(isinstance(one, int | float) for one in held):
            scope[name] = [held[0]] * length
    if SHARED in scope:
        scope[SHARED] = rng.randint(0, length // 2)
    if isinstance(scope.get("mlp_only_layers"), list) and "mlp_layer_types" in words:
        scope["mlp_only_layers"] = list(range(scope["mlp_layer_types"].count("dense")))


def part_types(written: Config, before: str = "") -> dict[str, str]:
    """Return the model type of each part of a config that has one, by path."""
    found = {}
    for key, value in written.items():
        if isinstance(value, dict):
            if isinstance(value.get("model_type"), str):
                found[before + key] = value["model_type"]
            found.update(part_types(value, f"{before}{key}."))
    return found
