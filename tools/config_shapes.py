"""Write ``harvester/extract/config/estimates/shapes.json``: parameters of a model as sums of products of its sizes.

Needs transformers, torch and numpy, outside this project's environment. Nothing is downloaded or allocated:

    PYTHONPATH=. /tmp/facts/bin/python tools/config_shapes.py OUTPUT FOLDER_OF_CONFIGS MODEL_TYPE...

For each model type its class is built on the meta device, from a genuine config where FOLDER holds one and else from
the class's defaults: once for each size that is doubled, to see which tensors depend on it, then for random sizes. The
tensors of each name are fitted with products of the sizes they depend on; a model type is written where every build
is met exactly, those that were held out of the fit too, and its layers varied. Sizes are keys of the config, ``a.b`` in
a part; ``a:word`` counts a word in a list by layer (``sizes.flat_sizes``, which the extractor uses as well).
"""

import contextlib
import copy
import itertools
import json
import logging
import math
import random
import re
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from harvester.extract.config.estimates.sizes import flat_sizes

Config = dict[str, Any]
Terms = dict[tuple[str, ...], float]

#: Builds with random sizes for each model type, and those of them held out of the fit.
SAMPLES, HELD_OUT = 110, 10
#: Layers of a build: enough for each kind to occur.
LAYERS = 4
#: Experts of a build.
EXPERTS = 16
#: Numbers of layers and experts in the names of tensors.
NUMBER = re.compile(r"(?:(?<=s\.)|(?<=\.h\.)|(?<=layer\.)|(?<=block\.))\d+(?=\.)")
LAYER_KEYS = ("num_hidden_layers", "n_layer", "num_layers", "depth", "encoder_layers", "decoder_layers", "n_layers")
#: Keys that change no tensor, or only within limits of their own.
SKIPPED = re.compile(
    r"auto_adjust|sparse_step|token|_id\b|_ids\b|_index$|seed|version|chunk_size|max_length|_window|num_beams|logits|hash|window_size"
    r"|top_k|topk|per_tok|fps|sampling|temporal_style|positions_per|seconds|num_crops"
)
#: Keys that may be null and then leave a part of the model out.
NULLABLE = re.compile(r"size|dim|rank|num_|n_|width|heads|layers")
#: Model types whose rule holds for these values alone.
ONLY = {
    "llama4": {"text_config.interleave_moe_layer_step": 1},
    "qwen3_next": {"decoder_sparse_step": 1},
    "qwen3_vl_moe": {"text_config.decoder_sparse_step": 1},
}
#: Model types with the tensors of another: their own class changes sizes that the builds would not vary.
SAME = {"falcon_mamba": ("mamba", "FalconMambaForCausalLM")}
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


def built(config_class: Any, model_class: Any, written: Config) -> tuple[dict[str, int], Config] | None:
    """Return elements by tensor name (numbers taken out, tied ones once) and the config; None where it is refused."""
    try:
        config = config_class.from_dict(copy.deepcopy(written))
        with torch.device("meta"):
            model = model_class._from_config(config)
        with contextlib.suppress(Exception):
            model.tie_weights()
    except Exception:
        return None
    held: dict[str, int] = defaultdict(int)
    unsaved = {name for module in model.modules() for name in module._non_persistent_buffers_set}
    for name, tensor in itertools.chain(model.named_parameters(), model.named_buffers()):
        if name.rpartition(".")[2] not in unsaved:
            held[NUMBER.sub("*", name)] += tensor.numel()
    return dict(held), config.to_dict()


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


def sizes(written: Config) -> dict[str, int]:
    """Return the sizes as the extractor sees them."""
    return flat_sizes({key: value for key, value in written.items() if key not in ("id2label", "label2id")})


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
        if name == "mlp_layer_types":
            dense = rng.randint(0, length - 1)
            scope[name] = ["dense"] * dense + ["sparse"] * (length - dense)
        elif name in words:
            kinds = list(dict.fromkeys(held))
            scope[name] = [rng.choice(kinds) for _ in range(length)]
        elif all(isinstance(one, int | float) for one in held):
            scope[name] = [held[0]] * length
    if isinstance(scope.get("mlp_only_layers"), list) and "mlp_layer_types" in words:
        scope["mlp_only_layers"] = list(range(scope["mlp_layer_types"].count("dense")))


def by_layer(key: str) -> bool:
    """Whether a size counts layers."""
    return ":" in key or key.rpartition(".")[2] in LAYER_KEYS


def evaluate(terms: Terms, held: dict[str, int]) -> float:
    """Return the sum of the products."""
    return sum(coefficient * math.prod(held.get(key, 0) for key in chosen) for chosen, coefficient in terms.items())


def exact(number: float) -> float:
    """Return a whole number as one."""
    return int(number) if number == int(number) else number


def fit(group: str, samples: list[Any], keys: list[str]) -> Terms | None:
    """Return the products of ``keys`` that give the elements of a group in every sample; None: there are none."""
    held = [sample["sizes"] for sample in samples]
    values = [sample[group] for sample in samples]
    if not any(values):
        return {}
    for key in keys if len(keys) > 3 else ():  # what a layer holds, times the layers
        counts = [one.get(key, 0) for one in held]
        if by_layer(key) and all(value % n == 0 if n else not value for value, n in zip(values, counts, strict=True)):
            some = [{**sample, group: sample[group] // n} for sample, n in zip(samples, counts, strict=True) if n]
            terms = fit(group, some, [other for other in keys if other != key])
            if terms is not None:
                return {tuple(sorted((*chosen, key))): coefficient for chosen, coefficient in terms.items()}
    terms = one_product(held, values, keys)
    if terms is not None:
        return terms
    whole = [key for key in keys if f"!{key}" not in held[0]]
    linear = [chosen for degree in range(len(keys) + 1) for chosen in itertools.combinations(keys, degree)]
    layers = [key for key in keys if by_layer(key)]
    if len(layers) > 1:
        linear = [chosen for chosen in linear if len([key for key in chosen if key in layers]) == 1]
    squared = [tuple(sorted((*chosen, key))) for chosen in linear for key in chosen if key in whole]
    cubed = [tuple(sorted((*chosen, key))) for chosen in squared for key in chosen if key in whole and len(keys) < 4]
    for candidates in (linear, linear + squared, linear + squared + cubed):
        columns = [(c, [math.prod(one.get(key, 0) for key in c) for one in held]) for c in dict.fromkeys(candidates)]
        columns = [(chosen, column) for chosen, column in columns if any(column)]
        if len(columns) <= 0.75 * len(samples):
            terms = solved(columns, held, values)
            if terms is not None:
                return terms
    return None


def one_product(held: list[dict[str, int]], values: list[int], keys: list[str]) -> Terms | None:
    """Return the one product that gives all values, by the logarithms of the sizes."""
    switches = [key for key in keys if f"!{key}" in held[0]]
    whole = [key for key in keys if key not in switches]
    on = [
        key
        for switch in switches
        for key in (switch, f"!{switch}")
        if all(one.get(key, 0) or not value for one, value in zip(held, values, strict=True))
        and not all(one.get(key, 0) for one in held)
    ]
    rows = [i for i, value in enumerate(values) if value and all(held[i].get(key, 0) > 0 for key in whole)]
    if len(rows) <= len(whole) + 2:
        return None
    logs = np.log(np.array([[float(held[i].get(key, 0)) for key in whole] + [math.e] for i in rows]))
    powers, *_ = np.linalg.lstsq(logs, np.log(np.array([float(values[i]) for i in rows])), rcond=None)
    counts = [round(power) for power in powers[:-1]]
    if not all(0 <= count <= 4 for count in counts):
        return None
    chosen = tuple(sorted([*on, *(key for key, count in zip(whole, counts, strict=True) for _ in range(count))]))
    product = math.prod(held[rows[0]].get(key, 0) for key in chosen)
    terms = {chosen: exact(values[rows[0]] / product)} if product else {}
    return terms if all(evaluate(terms, one) == value for one, value in zip(held, values, strict=True)) else None


def solved(columns: list[Any], held: list[dict[str, int]], values: list[int]) -> Terms | None:
    """Return the coefficients of given products, where quarters meet every value exactly."""
    target = np.array([float(value) for value in values])
    weight = 1.0 / np.maximum(np.abs(target), target.max() * 1e-2)
    for floor in (1e-4, 1e-6):
        kept, solution, scale = columns, np.zeros(len(columns) + 1), np.ones(1)
        while kept and len(kept) < len(solution):
            matrix = np.array([[float(x) for x in column] for _, column in kept]).T
            scale = np.abs(matrix).max(axis=0)
            solution, *_ = np.linalg.lstsq(matrix / scale * weight[:, None], target * weight, rcond=1e-13)
            kept = [one for one, part in zip(kept, np.abs(solution), strict=True) if part > floor * target.max()]
        if not kept:
            continue
        pairs = zip(kept, solution / scale, strict=True)
        terms = {chosen: exact(round(number * 4) / 4) for (chosen, _), number in pairs if round(number * 4)}
        right = all(evaluate(terms, one) == value for one, value in zip(held, values, strict=True))
        if terms and len(terms) < 12 and right:
            return terms
    return None


def part_types(written: Config, before: str = "") -> dict[str, str]:
    """Return the model type of each part of a config that has one, by path."""
    found = {}
    for key, value in written.items():
        if isinstance(value, dict):
            if isinstance(value.get("model_type"), str):
                found[before + key] = value["model_type"]
            found.update(part_types(value, f"{before}{key}."))
    return found


class Rule:
    """The search for the rule of one model type."""

    def __init__(self, model_type: str, genuine: Config | None) -> None:
        self.model_type = model_type
        self.config_class = CONFIG_MAPPING[model_type]
        self.model_class = class_of(model_type, genuine.get("architectures") if genuine else None)
        self.depends: dict[str, set[str]] = defaultdict(set)
        self.fixed: Config = {}
        self.whole: dict[str, tuple[str, ...]] = {}
        self.rng = random.Random(7)
        written = copy.deepcopy(genuine) if genuine else self.config_class().to_dict()
        self.base = clean(self.config_class.from_dict(clean(written)).to_dict())
        if model_type == "lfm2":  # the extractor puts the width that is built in the place of the one that is written
            self.base["block_auto_adjust_ff_dim"] = False
        cut(self.base)

    def build(self, written: Config) -> tuple[dict[str, int], Config] | None:
        """Build one config."""
        return built(self.config_class, self.model_class, written)

    def look(self, base: Config, held: dict[str, int], groups: set[str] | None = None) -> None:
        """Note which groups each size changes, of ``base`` with the elements ``held``; ``groups`` limits them."""
        for path, value in list(walk(base)):
            name = ".".join(path)
            if SKIPPED.search(path[-1]) or path[-1] in LAYER_KEYS or (groups is not None and name not in self.whole):
                continue
            if type(value) is bool:
                options = [not value]
            elif type(value) is int and 0 < value < 10**7:
                options = [value * 2, value * 3, value + 1, value // 2]
            elif value is None and NULLABLE.search(path[-1]):
                options = [64]
            else:
                continue
            self._try(base, held, groups, path, value, options)

    def _try(self, base: Config, held: Any, groups: Any, path: Any, value: Any, options: list[Any]) -> None:
        name = ".".join(path)
        for option in options:
            tried = copy.deepcopy(base)
            put(tried, path, option)
            answer = self.build(tried)
            if answer is None:
                continue
            changed = {group for group in {*held, *answer[0]} if held.get(group, 0) != answer[0].get(group, 0)}
            if changed and value is None:
                self.fixed[name] = None
            elif changed:
                self.whole[name] = path
                for group in changed if groups is None else changed & groups:
                    self.depends[group].add(name)
            return
        if value is not None:
            self.fixed[name] = value

    def samples(self) -> list[Any]:
        """Build random sizes: powers of two of the base's, so that what must divide still does."""
        made: list[Any] = []
        for _ in range(3 * SAMPLES):
            tried = copy.deepcopy(self.base)
            for path in self.whole.values():
                value = get(self.base, path)
                if type(value) is bool:
                    put(tried, path, self.rng.random() < 0.5)
                elif "first_k" in path[-1] or ("dense" in path[-1] and "layer" in path[-1]):
                    put(tried, path, self.rng.randint(1, 2))
                elif self.rng.random() < 0.8:
                    halves = value % 2 == 0 and self.rng.random() < 0.2
                    put(tried, path, value // 2 if halves else value * self.rng.choice((1, 2, 4)))
            if self.rng.random() < 0.8:
                relist(tried, self.rng)
            answer = self.build(tried)
            if answer is not None:
                sample: Any = defaultdict(int, answer[0])
                sample["sizes"] = sizes(answer[1])
                made.append(sample)
            if len(made) == SAMPLES:
                break
        return made

    def find(self) -> tuple[Config | None, str]:
        """Return the row of the table and a line about it; None with the reason where there is none."""
        first = self.build(self.base) if self.model_class else None
        if first is None:
            return None, "its model is refused"
        held, self.base = first[0], clean(first[1])
        self.look(self.base, held)
        for path in list(self.whole.values()):
            if type(get(self.base, path)) is bool:
                flipped = copy.deepcopy(self.base)
                put(flipped, path, not get(self.base, path))
                answer = self.build(flipped)
                if answer is not None:
                    self.look(flipped, answer[0], {g for g in answer[0] if held.get(g, 0) != answer[0][g]})
        samples = self.samples()
        if len(samples) < SAMPLES // 2:
            return None, f"only {len(samples)} builds"
        layers = sorted({key for sample in samples for key in sample["sizes"] if by_layer(key)})
        vary = [key for key in layers if len({sample["sizes"].get(key, 0) for sample in samples}) > 1]
        still = [key for key in layers if ":" not in key and key not in vary]
        if still or not vary:
            return None, f"the layers stay as they are: {still}"
        return self._fitted(samples, vary)

    def _fitted(self, samples: list[Any], layers: list[str]) -> tuple[Config | None, str]:
        terms: Terms = defaultdict(float)
        for group in sorted({group for sample in samples for group in sample if group != "sizes"}):
            found = None
            for keys in itertools.islice(self._keys(group, samples, layers), 150):
                found = fit(group, samples[HELD_OUT:], keys) if len(keys) <= 12 else None
                if found is not None:
                    break
            if found is None:
                return None, f"{group} with {sorted(self.depends[group])}"
            for chosen, coefficient in found.items():
                terms[chosen] += coefficient
        terms = {chosen: coefficient for chosen, coefficient in terms.items() if coefficient}
        for sample in samples[:HELD_OUT]:
            real = sum(value for group, value in sample.items() if group != "sizes")
            if evaluate(terms, sample["sizes"]) != real:
                return None, f"held out: {evaluate(terms, sample['sizes'])} is not {real}"
        default = sizes(self.config_class().to_dict())
        used = sorted({key for chosen in terms for key in chosen})
        return {
            "class": self.model_class.__name__,
            "types": part_types(self.base),
            "keys": used,
            "defaults": {key: default[key] for key in used if key in default and ":" not in key},
            "fixed": {**self.fixed, **ONLY.get(self.model_type, {})},
            "terms": [[exact(number), [used.index(key) for key in chosen]] for chosen, number in sorted(terms.items())],
        }, f"{len(terms)} products of {len(used)} sizes"

    def _keys(self, group: str, samples: list[Any], layers: list[str]) -> Any:
        """Yield the sizes a group may be made of: those it depends on, or what follows, and counts of layers."""
        own = [key for key in sorted(self.depends[group]) if key not in layers]
        variants = [own]
        for key in own:
            part, dot, last = key.rpartition(".")
            head, width, patches = (f"{part}{dot}{name}" for name in ("head_dim", "hidden_size", "patches"))
            if last == "num_attention_heads" and head not in own and head in samples[0]["sizes"]:
                for left_out in ((key, width), (key,), (width,), ()):
                    variants.append([*(other for other in own if other not in left_out), head])
            if last == "image_size":
                sides = (key, f"{part}{dot}patch_size")
                variants = [[*(k for k in one if k not in sides), patches] for one in variants] + variants
        for keys in variants:
            if "*" in group:
                yield from ([*keys, one] for one in layers)
                yield from ([*keys, *pair] for pair in itertools.combinations(layers, 2))
            yield keys


def main() -> None:
    """Add the model types named to the table, as far as a rule is found."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    output, folder, *wanted = sys.argv[1:]
    genuine: dict[str, Config] = {}
    for path in sorted(Path(folder).rglob("*.json")):
        with contextlib.suppress(ValueError):
            value = json.loads(path.read_text())
            if isinstance(value, dict) and isinstance(value.get("model_type"), str) and value.get("architectures"):
                genuine.setdefault(value["model_type"], value)
    done = json.loads(Path(output).read_text()) if Path(output).exists() else {}
    for model_type in (one for one in wanted if one not in SAME):
        try:
            row, why = Rule(model_type, genuine.get(model_type)).find()
        except Exception as error:
            row, why = None, f"{type(error).__name__}: {error}"
        print(f"{model_type:24} {'' if row else 'NO '}{why[:300]}", flush=True)
        if row:
            done[model_type] = row
        for alike, (other, class_name) in SAME.items():
            if other in done:
                done[alike] = {**done[other], "class": class_name}
        Path(output).write_text(json.dumps(done, separators=(",", ":"), sort_keys=True))


if __name__ == "__main__":
    main()
