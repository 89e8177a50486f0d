"""Write ``harvester/extract/config/estimates/shapes.json``: how many parameters a model has, as sums of products of sizes.

Needs transformers and torch, outside this project's environment; nothing is downloaded, no weights are allocated:

    PYTHONPATH=. /tmp/facts/bin/python tools/config_shapes.py OUTPUT FOLDER_OF_CONFIGS [MODEL_TYPE ...]

For each model type its class is built on the meta device, from a genuine config where FOLDER holds one and else from the
class's defaults: once for each size that is doubled, to see which tensors depend on it, then for random sizes. The tensors
of each name are fitted exactly with products of the sizes they depend on; a model type is written where every held-out
build is met exactly. Sizes are keys of the config, ``a.b`` in a part; ``a:word`` counts a word in a list by layer.
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

import numpy as np
import torch
import transformers
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from harvester.extract.config.estimates.sizes import flat_sizes

#: Builds with random sizes for each model type, those held out of the fit among them.
SAMPLES, HELD_OUT = 110, 10
LAYERS = 4
_NUMBER = re.compile(r"(?<![A-Za-z_])\d+(?![A-Za-z_])")
#: Keys that count layers, by which lists are cut.
LAYER_KEYS = ("num_hidden_layers", "n_layer", "num_layers", "depth", "encoder_layers", "decoder_layers", "n_layers")
SKIPPED = re.compile(r"auto_adjust|token|_id\b|_ids\b|_index$|seed|transformers_version|chunk_size|max_length|_window|num_beams|logits|hash|id2label|label2id|window_size|top_k|topk|per_tok|fps|sampling|temporal_style|positions_per|seconds|num_crops")


def quiet():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    transformers.logging.set_verbosity_error()


def class_of(config_class, model_type, wanted):
    """The model class of a config: as it names it, else the library's for language, images or the bare model."""
    for name in wanted or ():
        if hasattr(transformers, name):
            return getattr(transformers, name)
    for mapping in (
        modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES, modeling_auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES if hasattr(modeling_auto,"MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES") else {},
        modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES, modeling_auto.MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING_NAMES,
        modeling_auto.MODEL_MAPPING_NAMES,
    ):
        name = mapping.get(model_type)
        if isinstance(name, (tuple, list)):
            name = name[0]
        if name and hasattr(transformers, name):
            return getattr(transformers, name)
    return None


def built(config_class, model_class, written):
    """Elements of each tensor name of the model that a config builds, numbers taken out, tied ones once; None: refused."""
    try:
        config = config_class.from_dict(copy.deepcopy(written))
        with torch.device("meta"):
            model = model_class._from_config(config)
        with contextlib.suppress(Exception):
            model.tie_weights()
        held = defaultdict(int)
        for name, parameter in model.named_parameters():
            held[_NUMBER.sub("*", name)] += parameter.numel()
        for name, buffer in model.named_buffers():
            if name.rpartition(".")[2] not in model_non_persistent(model) :
                held[_NUMBER.sub("*", name)] += buffer.numel()
        return dict(held), config.to_dict()
    except Exception as error:
        if VERBOSE: print("      ", type(error).__name__, str(error)[:150].replace("\n", " "))
        return None

VERBOSE = False

def model_non_persistent(model):
    names = set()
    for module in model.modules():
        names |= module._non_persistent_buffers_set
    return names


def walk(value, path=()):
    for key, held in value.items():
        if key in ("id2label", "label2id") or not isinstance(key, str):
            continue
        if isinstance(held, dict):
            yield from walk(held, (*path, key))
        else:
            yield (*path, key), held


def put(value, path, held):
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = held


def get(value, path):
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


def cut(scope):
    """A config with few layers: counts of layers and the lists that go with them."""
    for value in list(scope.values()):
        if isinstance(value, dict):
            cut(value)
    counts = [scope[key] for key in LAYER_KEYS if isinstance(scope.get(key), int)]
    for key, value in list(scope.items()):
        if key in LAYER_KEYS and isinstance(value, int):
            scope[key] = min(value, LAYERS)
        elif isinstance(value, list) and counts and len(value) >= max(counts) > LAYERS:
            scope[key] = spread(value, LAYERS)
    if isinstance(scope.get("mlp_only_layers"), list):
        scope["mlp_only_layers"] = [layer for layer in scope["mlp_only_layers"] if layer < LAYERS - 1]
    for key in ("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts"):
        if isinstance(scope.get(key), int) and scope[key] > 16:
            scope[key] = 16
    for key in ("first_k_dense_replace", "num_dense_layers"):
        if isinstance(scope.get(key), int):
            scope[key] = min(scope[key], 2)


def spread(values, count):
    """A few entries of a list by layer in which every kind that occurs is kept."""
    if not all(isinstance(value, str) for value in values):
        return values[:count]
    kinds = list(dict.fromkeys(values))
    return (kinds + values)[:max(count, len(kinds))] if len(kinds) > 1 else values[:count]


def relisted(scope, rng):
    """Other lists by layer: another number of layers, the kinds in another order."""
    for value in scope.values():
        if isinstance(value, dict):
            relisted(value, rng)
    lists = {k: v for k, v in scope.items() if isinstance(v, list) and len(v) >= LAYERS and all(isinstance(x, str) for x in v)}
    for key in LAYER_KEYS:
        if isinstance(scope.get(key), int):
            length = rng.randint(max(3, *(len(set(v)) for v in lists.values()), 2) , 8)
            scope[key] = length
            for name, held in lists.items():
                kinds = list(dict.fromkeys(held))
                scope[name] = [rng.choice(kinds) for _ in range(length)]
                if name == "mlp_layer_types":
                    dense = rng.randint(0, length - 1)
                    scope[name] = ["dense"] * dense + ["sparse"] * (length - dense)
            break


def sizes(written):
    return flat_sizes({key: value for key, value in written.items() if key not in ("id2label", "label2id")})


def fit(group, samples, keys):
    """Coefficients of the fewest products of ``keys`` that give the elements of a group in every sample exactly."""
    held = [sample["_sizes"] for sample in samples]
    values = [sample[group] for sample in samples]
    for key in keys:  # what a layer holds, times the layers
        if (":" in key or key.rpartition(".")[2] in LAYER_KEYS) and len(keys) > 3:
            counts = [one.get(key, 0) for one in held]
            if all((value % count == 0) if count else not value for value, count in zip(values, counts)):
                some = [{**sample, group: sample[group] // count} for sample, count in zip(samples, counts) if count]
                terms = fit(group, some, [other for other in keys if other != key])
                if terms is not None:
                    return {tuple(sorted((*chosen, key))): coefficient for chosen, coefficient in terms.items()}
    switches = [key for key in keys if f"!{key}" in held[0]]
    whole = [key for key in keys if key not in switches]
    on = [key for switch in switches for key in (switch, f"!{switch}")
          if all(one.get(key, 0) or not value for one, value in zip(held, values)) and any(not one.get(key, 0) for one in held)]
    rows = [i for i, value in enumerate(values) if value and all(held[i].get(key, 0) > 0 for key in whole)]
    if len(rows) > len(whole) + 2:
        logs = np.log(np.array([[float(held[i].get(key, 0)) for key in whole] + [math.e] for i in rows]))
        powers, *_ = np.linalg.lstsq(logs, np.log(np.array([float(values[i]) for i in rows])), rcond=None)
        counts = [round(power) for power in powers[:-1]]
        if all(0 <= count <= 4 for count in counts):
            chosen = tuple(sorted([*on, *(key for key, count in zip(whole, counts) for _ in range(count))]))
            product = math.prod(held[rows[0]].get(key, 0) for key in chosen)
            coefficient = values[rows[0]] / product if product else 0
            terms = {chosen: int(coefficient) if coefficient == int(coefficient) else coefficient}
            if all(evaluate(terms, one) == value for one, value in zip(held, values)):
                return terms
    linear = [chosen for degree in range(len(keys) + 1) for chosen in itertools.combinations(keys, degree)]
    squared = [tuple(sorted((*chosen, key))) for chosen in linear for key in chosen if key in whole]
    for candidates in (linear, list(dict.fromkeys(linear + squared))):
        columns = [(chosen, [math.prod(one.get(key, 0) for key in chosen) for one in held]) for chosen in candidates]
        columns = [(chosen, column) for chosen, column in columns if any(column)]
        if len(columns) <= 0.75 * len(samples):
            found = solved(columns, samples, group)
            if found is not None:
                return found
    return None


def solved(candidates, samples, group):
    """The coefficients of given products, where rounded ones meet every sample exactly."""
    target = np.array([float(s[group]) for s in samples])
    weight = 1.0 / np.maximum(np.abs(target), target.max() * 1e-2)
    for floor in (1e-4, 1e-6):
        kept, solution = candidates, None
        while solution is None or len(kept) < len(solution):
            matrix = np.array([[float(x) for x in c] for _, c in kept]).T
            scale = np.abs(matrix).max(axis=0)
            solution, *_ = np.linalg.lstsq(matrix / scale * weight[:, None], target * weight, rcond=1e-13)
            kept = [one for one, part in zip(kept, np.abs(solution)) if part > floor * target.max()]
            if not kept:
                break
        found = {}
        for (chosen, _), coefficient in zip(kept, solution / scale):
            rounded = round(coefficient * 4) / 4
            if rounded:
                found[chosen] = int(rounded) if rounded == int(rounded) else rounded
        if found and len(found) < 12 and all(evaluate(found, s["_sizes"]) == s[group] for s in samples):
            return found
    return None


def evaluate(terms, held):
    return sum(coefficient * math.prod(held.get(key, 0) for key in chosen) for chosen, coefficient in terms.items())


def base_of(model_type, config_class, genuine):
    written = copy.deepcopy(genuine) if genuine else config_class().to_dict()
    for key in ("quantization_config", "torch_dtype", "dtype", "auto_map", "_name_or_path"):
        written.pop(key, None)
    for part in written.values():
        if isinstance(part, dict):
            part.pop("quantization_config", None); part.pop("torch_dtype", None); part.pop("dtype", None); part.pop("auto_map", None)
    try:
        written = config_class.from_dict(written).to_dict()
    except Exception as error:
        print("   ", str(error)[:200]); return None
    written.pop("dtype", None)
    if model_type == "lfm2":  # the effective width stands in its place
        written["block_auto_adjust_ff_dim"] = False
    cut(written)
    return written


def row(model_type, genuine, rng):
    config_class = CONFIG_MAPPING[model_type]
    model_class = class_of(config_class, model_type, genuine.get("architectures") if genuine else None)
    if model_class is None:
        return None, "no class"
    base = base_of(model_type, config_class, genuine)
    if base is None:
        return None, "its config is refused"
    first = built(config_class, model_class, base)
    if first is None:
        return None, "its model is refused"
    held, base = first[0], {**first[1]}
    base.pop("dtype", None)
    depends, fixed, whole = defaultdict(set), {}, {}

    def look(base, held, groups=None):
        """What each size changes of ``base``; with ``groups`` only what concerns these."""
        for path, value in list(walk(base)):
            name = ".".join(path)
            if SKIPPED.search(path[-1]) or path[-1] in LAYER_KEYS or (groups is not None and name not in whole):
                continue
            if type(value) is bool:
                options = [not value]
            elif type(value) is int and 0 < value < 10**7:
                options = [value * 2, value * 3, value + 1, value // 2]
            elif value is None and re.search(r"size|dim|rank|num_|n_|width|heads|layers", path[-1]):
                options = [64]
            else:
                continue
            for option in options:
                tried = copy.deepcopy(base)
                put(tried, path, option)
                answer = built(config_class, model_class, tried)
                if answer is not None:
                    changed = {g for g in set(held) | set(answer[0]) if held.get(g, 0) != answer[0].get(g, 0)}
                    if changed and value is None:
                        fixed[name] = None
                    elif changed:
                        whole[name] = path
                        for group in changed if groups is None else changed & groups:
                            depends[group].add(name)
                    break
            else:
                if value is not None:
                    fixed[name] = value

    look(base, held)
    for name, path in list(whole.items()):
        if type(get(base, path)) is bool:
            flipped = copy.deepcopy(base)
            put(flipped, path, not get(base, path))
            answer = built(config_class, model_class, flipped)
            if answer is not None:
                look(flipped, answer[0], {g for g in answer[0] if held.get(g, 0) != answer[0][g]})
    samples = []
    attempts = 0
    while len(samples) < SAMPLES and attempts < 3 * SAMPLES:
        attempts += 1
        tried = copy.deepcopy(base)
        for name, path in whole.items():
            value = get(base, path)
            if type(value) is bool:
                put(tried, path, rng.random() < 0.5 if rng.random() < 0.5 else value)
            elif "dense" in path[-1] and "layer" in path[-1] or "first_k" in path[-1]:
                put(tried, path, rng.randint(1, 2))
            elif rng.random() < 0.8:
                put(tried, path, value * rng.choice((1, 2, 4)) if value % 2 or rng.random() < 0.8 else value // 2)
        if rng.random() < 0.8:
            relisted(tried, rng)
        answer = built(config_class, model_class, tried)
        if answer is None:
            continue
        sample = defaultdict(int, answer[0])
        sample["_sizes"] = sizes(answer[1])
        samples.append(sample)
    if len(samples) < SAMPLES // 2:
        return None, f"only {len(samples)} of {attempts} builds"
    train, test = samples[HELD_OUT:], samples[:HELD_OUT]
    groups = sorted({g for s in samples for g in s if g != "_sizes"})
    counts = sorted({k for s in samples for k in s["_sizes"] if ":" in k or k.rpartition(".")[2] in LAYER_KEYS})
    counts = [k for k in counts if len({s["_sizes"].get(k, 0) for s in samples}) > 1]
    total = defaultdict(float)
    for group in groups:
        scope_counts = counts
        keys = sorted(depends.get(group, ())) 
        layered = "*" in group
        keys = [key for key in keys if key not in scope_counts]
        variants = [keys]
        for key in keys:
            part, _, last = key.rpartition(".")
            head = f"{part}.head_dim" if part else "head_dim"
            width = f"{part}.hidden_size" if part else "hidden_size"
            if last == "num_attention_heads" and head not in keys and head in samples[0]["_sizes"]:
                variants += [[*(k for k in keys if k not in (key, width)), head], [*(k for k in keys if k != key), head],
                             [*(k for k in keys if k != width), head], [*keys, head]]
        for key in [k for k in keys if k.rpartition(".")[2] == "image_size"]:
            part = key.rpartition(".")[0]
            patches = f"{part}.patches" if part else "patches"
            variants = [[*(k for k in one if k.rpartition(".")[2] not in ("image_size", "patch_size")), patches] for one in variants] + variants
        tries = []
        for keys in variants:
          tries += [keys] if not layered else [[*keys, k] for k in scope_counts] + [[*keys, *pair] for pair in itertools.combinations(scope_counts, 2)] + [keys]
        terms = None
        for attempt in tries[:150]:
            if len(attempt) > 12:
                continue
            terms = fit(group, train, attempt)
            if terms is not None:
                break
        if terms is None:
            return None, f"{group} with {sorted(depends.get(group, ()))} {scope_counts} {[s[group] for s in train[:4]]}"
        for chosen, coefficient in terms.items():
            total[chosen] += coefficient
    terms = {k: v for k, v in total.items() if v}
    for sample in test:
        real = sum(v for g, v in sample.items() if g != "_sizes")
        if abs(evaluate(terms, sample["_sizes"]) - real) > 1e-6 * real:
            return None, f"held out: {evaluate(terms, sample['_sizes'])} is not {real}"
    default = sizes(config_class().to_dict()) if True else {}
    used = sorted({key for chosen in terms for key in chosen})
    return {
        "class": model_class.__name__,
        "keys": used,
        "defaults": {key: default[key] for key in used if key in default and ":" not in key},
        "fixed": fixed,
        "terms": [[coefficient if coefficient != int(coefficient) else int(coefficient), [used.index(k) for k in chosen]] for chosen, coefficient in sorted(terms.items())],
    }, f"{len(terms)} products of {len(used)} sizes, {len(samples)} of {attempts} builds"


def main():
    quiet()
    output, folder, *wanted = sys.argv[1:]
    genuine = {}
    for path in sorted(Path(folder).rglob("*.json")):
        try:
            value = json.loads(path.read_text())
        except ValueError:
            continue
        if isinstance(value, dict) and isinstance(value.get("model_type"), str) and value.get("architectures"):
            genuine.setdefault(value["model_type"], value)
    done = json.loads(Path(output).read_text()) if Path(output).exists() else {}
    for model_type in wanted:
        if model_type not in CONFIG_MAPPING:
            print(f"{model_type:24} not in this version", flush=True); continue
        for source in [genuine[model_type]] if model_type in genuine else [None]:
            try:
                made, why = row(model_type, source, random.Random(7))
            except Exception as error:
                made, why = None, f"{type(error).__name__}: {error}"
            print(f"{model_type:24} {'genuine' if source else 'default'} {'' if made else 'NO '}{why[:900]}", flush=True)
            if made:
                done[model_type] = made
                break
        Path(output).write_text(json.dumps(done, indent=0, sort_keys=True))


if __name__ == "__main__":
    main()
