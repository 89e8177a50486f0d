"""Write ``harvester/extract/config/estimates/shapes.json``: parameters of a model as sums of products of its sizes.

Needs transformers, torch and numpy, outside this project's environment. Nothing is downloaded or allocated:

    PYTHONPATH=. /tmp/facts/bin/python tools/config_shapes.py OUTPUT FOLDER_OF_CONFIGS MODEL_TYPE...

For each model type its class is built on the meta device, from a genuine config where FOLDER holds one and else from
the class's defaults: once for each size that is doubled, to see which tensors depend on it, then for random sizes. The
tensors of each name are fitted with products of the sizes they depend on; a model type is written where every build
is met exactly, those that were held out of the fit too, and its layers varied. Sizes are keys of the config, ``a.b`` in
a part; ``a:word`` counts a word in a list by layer (``sizes.flat_sizes``, which the extractor uses as well).

A default of the class is written for a key that a config may leave out, where the class takes that value whatever the
other sizes are; where it takes another size, the name of that size. For a key whose value follows in another way
nothing is written, and a config without it has no estimate. ``MODEL_TYPE+part+part`` builds with parts that may be
null.
"""

import contextlib
import copy
import itertools
import json
import logging
import random
import re
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

from config_builds import (
    KEPT,
    LAYER_KEYS,
    SHARED,
    Built,
    Config,
    built,
    class_of,
    clean,
    cut,
    get,
    other_names,
    part_types,
    put,
    relist,
    sizes,
    walk,
)
from config_fit import Terms, by_layer, evaluate, exact, fit
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

#: Builds with random sizes for each model type, and those of them held out of the fit.
SAMPLES, HELD_OUT = 110, 10
#: Keys that change no tensor, or only within limits of their own.
SKIPPED = re.compile(
    r"auto_adjust|sparse_step|token|_id\b|_ids\b|_index$|seed|version|chunk_size|max_length|_window|num_beams|logits|hash|window_size"
    r"|top_k|topk|per_tok|fps|sampling|temporal_style|positions_per|seconds|num_crops|_eps$|_range$|dropout|theta"
)
#: Keys that may be null and then leave a part of the model out.
NULLABLE = re.compile(r"size|dim|rank|num_|n_|width|heads|layers")
#: Model types whose rule holds for these values alone.
ONLY = {
    "llama4": {"text_config.interleave_moe_layer_step": 1},
    "qwen3_next": {"decoder_sparse_step": 1},
    "qwen3_vl_moe": {"text_config.decoder_sparse_step": 1},
}
#: Values to start from where the defaults leave a part of the model out, and keys that a class does not write itself.
_GEMMA4 = {
    "global_head_dim": 512, "num_global_key_value_heads": 2, "num_experts": 8, "top_k_experts": 2,
    "moe_intermediate_size": 64, SHARED: 1,
}  # fmt: skip
START: dict[str, Config] = {
    "nemotron_h": {"layers_block_type": ["linear_attention", "full_attention", "mlp", "moe"]},
    "glm4v_moe": {"text_config.head_dim": 128},
    "gemma4_text": _GEMMA4,
    "gemma4": {f"text_config.{key}": value for key, value in _GEMMA4.items()},
    "gemma4_unified": {f"text_config.{key}": value for key, value in _GEMMA4.items()},
}
#: Other keys for a size: of configs of the models' own code, or of what the library makes of those.
READ = {
    "step3p7": {
        "vision_config.width": "vision_config.hidden_size",
        "vision_config.layers": "vision_config.num_hidden_layers",
        "vision_config.heads": "vision_config.num_attention_heads",
        "text_config.attention_other_setting.num_attention_heads": "text_config.num_sliding_attention_heads",
    },
    "glm5_next": {
        "text_config.linear_head_dim": "text_config.linear_attn_config.head_dim",
        "text_config.linear_num_heads": "text_config.linear_attn_config.num_heads",
        "text_config.linear_conv_kernel_dim": "text_config.linear_attn_config.short_conv_kernel_size",
    },
    "bailing_hybrid": {
        "head_dim": "linear_head_dim",
        "num_attention_heads": "linear_num_heads",
        "short_conv_kernel_size": "linear_conv_kernel_dim",
    },
}
#: Model types of parts that configs of the models' own code have.
TYPES = {"step3p7": {"vision_config": "perception_encoder"}}
#: Defaults of keys that a class does not write itself, and of those to start from.
DEFAULTS: dict[str, Config] = {
    name: {
        f"{part}global_head_dim": 512,
        f"{part}num_global_key_value_heads": f"{part}num_key_value_heads",
        **dict.fromkeys((f"{part}{SHARED}", f"{part}num_experts", f"{part}moe_intermediate_size"), 0),
    }
    for name, part in (("gemma4", "text_config."), ("gemma4_unified", "text_config."), ("gemma4_text", ""))
}
#: Layers for multi-token prediction: the key that counts them, how many copies of the embedding each has in the
#: checkpoints that hold any (as their safetensors headers show), and the lists by layer they belong to.
_QWEN35 = ("mtp_num_hidden_layers", 0, ["layer_types:full_attention"])
AHEAD = {
    **dict.fromkeys(("qwen3_5", "qwen3_5_moe", "qwen3_5_text", "qwen3_5_moe_text"), _QWEN35),
    "qwen3_next": ("num_nextn_predict_layers", 0, ["layer_types:full_attention"]),
    "glm5_next": (
        "num_nextn_predict_layers", 0, ["layer_types:deepseek_sparse_attention", "mlp_layer_types:sparse"],
    ),
    "bailing_hybrid": ("num_nextn_predict_layers", 0, ["layer_types:full_attention", "mlp_layer_types:sparse"]),
    "step3p7": ("num_nextn_predict_layers", 1, ["layer_types:sliding_attention", "mlp_layer_types:dense"]),
}  # fmt: skip
#: Model types with the tensors of another: their own class changes sizes that the builds would not vary.
SAME = {"falcon_mamba": ("mamba", "FalconMambaForCausalLM")}


class Rule:
    """The search for the rule of one model type."""

    def __init__(self, model_type: str, genuine: Config | None) -> None:
        self.model_type, *self.parts = model_type.split("+")
        self.config_class = CONFIG_MAPPING[self.model_type]
        self.model_class = class_of(self.model_type, genuine.get("architectures") if genuine else None)
        self.depends: dict[str, set[str]] = defaultdict(set)
        self.fixed: Config = {}
        self.whole: dict[str, tuple[str, ...]] = {}
        self.split: set[str] = set()
        self.rng = random.Random(7)
        written = copy.deepcopy(genuine) if genuine else self.config_class().to_dict()
        for part in self.parts:
            written[part] = {}
        self.base = clean(self.config_class.from_dict(clean(written)).to_dict())
        if (
            self.model_type == "lfm2"
        ):  # the extractor puts the width that is built in the place of the one that is written
            self.base["block_auto_adjust_ff_dim"] = False
        self.start = START.get(self.model_type, {})
        for key, value in self.start.items():
            put(self.base, tuple(key.split(".")), value)
        cut(self.base)

    def build(self, written: Config) -> Built | None:
        """Build one config; keys to start from that its class drops stay in it."""
        answer = built(self.config_class, self.model_class, written, self.split)
        for key in self.start if answer is not None else ():
            path = tuple(key.split("."))
            put(answer.config, path, get(written, path))
        return answer

    def look(self, base: Config, held: dict[str, int], groups: set[str] | None = None) -> None:
        """Note which groups each size changes, of ``base`` with the elements ``held``; ``groups`` limits them."""
        for path, value in list(walk(base)):
            if SKIPPED.search(path[-1]) or path[-1] in LAYER_KEYS:
                continue
            options: list[Any] = []
            if type(value) is bool:
                options = [not value]
            elif type(value) is int and 0 < value < 10**7:
                options = [value * 2, value * 3, value + 1, value // 2]
            elif type(value) is float and 0 < value < 10**7:
                options = [value * 2, value / 2]
            elif (value is None and NULLABLE.search(path[-1])) or (type(value) is int and value == 0):
                options = [64, 1]
            if options:
                self._try(base, held, groups, path, value, options)

    def _try(self, base: Config, held: Any, groups: Any, path: Any, value: Any, options: list[Any]) -> None:
        name = ".".join(path)
        for option in options:
            tried = copy.deepcopy(base)
            put(tried, path, option)
            answer = self.build(tried)
            if answer is None:
                continue
            changed = {group for group in {*held, *answer.held} if held.get(group, 0) != answer.held.get(group, 0)}
            if groups is not None:
                changed &= groups
            if changed and (value is None or type(value) is float or (type(value) is int and value == 0)):
                self.fixed[name] = value
            elif changed:
                self.whole[name] = path
                for group in changed:
                    self.depends[group].add(name)
            return
        if value is not None and type(value) is not float and value != 0 and groups is None:
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
                sample: Any = defaultdict(int, answer.held)
                sample["sizes"], sample["uneven"] = sizes(answer.config), answer.uneven
                made.append(sample)
            if len(made) == SAMPLES:
                break
        return made

    def find(self) -> tuple[Config | None, str]:
        """Return the row of the table and a line about it; None with the reason where there is none."""
        samples: list[Any] = []
        for _ in range(3):  # until every tensor that differs by the kind of its layer is counted by kind
            first = self.build(self.base) if self.model_class else None
            if first is None:
                return None, "its model is refused"
            held, self.base = first.held, clean(first.config)
            self.depends.clear()
            self.look(self.base, held)
            for path in list(self.whole.values()):
                if type(get(self.base, path)) is bool:
                    flipped = copy.deepcopy(self.base)
                    put(flipped, path, not get(self.base, path))
                    answer = self.build(flipped)
                    if answer is not None:
                        groups = {g for g in (*held, *answer.held) if held.get(g, 0) != answer.held.get(g, 0)}
                        self.look(flipped, answer.held, groups)
            samples = self.samples()
            uneven = {name for sample in samples for name in sample.pop("uneven")}
            if uneven <= self.split:
                break
            self.split |= uneven
        if len(samples) < SAMPLES // 2:
            return None, f"only {len(samples)} builds"
        layers = sorted({key for sample in samples for key in sample["sizes"] if by_layer(key)})
        vary = [key for key in layers if len({sample["sizes"].get(key, 0) for sample in samples}) > 1]
        still = [key for key in layers if ":" not in key and key not in vary and not key.endswith(SHARED)]
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
        return self._row(terms), f"{len(terms)} products"

    def _row(self, terms: Terms) -> Config:
        """Return the row of the table for these products."""
        # Checkpoints hold keys and values of every layer, also of those that the library has share them.
        summed: Terms = defaultdict(float)
        for chosen, number in terms.items():
            summed[tuple(sorted(key.replace(KEPT, "layer_types") for key in chosen))] += number
        terms = summed
        used = sorted({key for chosen in terms for key in chosen})
        prefix = next((key.rpartition(".")[0] + "." for key in used if key.startswith("text_config.")), "")
        kinds = {path: [name] for path, name in part_types(self.base).items()}
        for path, name in TYPES.get(self.model_type, {}).items():
            kinds[path].append(name)
        row: Config = {
            "class": self.model_class.__name__,
            "types": kinds,
            "keys": used,
            "defaults": self.defaults(used),
            "fixed": {**self.fixed, **ONLY.get(self.model_type, {})},
            "terms": [[exact(number), [used.index(key) for key in chosen]] for chosen, number in sorted(terms.items())],
        }
        counted = ""
        if self.model_type in AHEAD:
            counted, copies, lists = AHEAD[self.model_type]
            row["ahead"] = [prefix + counted, copies, [f"{prefix}{key}" for key in ("num_hidden_layers", *lists)]]
        names = {**other_names(self.config_class, self.base), **READ.get(self.model_type, {})}
        row["names"] = {other: name for other, name in names.items() if name in (*used, prefix + counted)}
        return row

    def defaults(self, used: list[str]) -> Config:
        """Return what the class takes for each key that a config may leave out; see the module."""
        written = self.config_class.from_dict({part: {} for part in self.parts}).to_dict()
        plain, left_out = sizes(written), clean(copy.deepcopy(written))
        other = copy.deepcopy(left_out)
        for path in self.whole.values():
            with contextlib.suppress(KeyError, TypeError):
                if type(get(other, path)) is int:
                    put(other, path, get(other, path) * 2)
        found: Config = dict(DEFAULTS.get(self.model_type, {}))
        for key in (key for key in used if ":" not in key and key not in self.start):
            path, values = tuple(key.removeprefix("!").split(".")), []
            for base in (left_out, other):
                left = copy.deepcopy(base)
                with contextlib.suppress(Exception):
                    scope = get(left, path[:-1])
                    scope.pop(path[-1], None)
                    values.append(sizes(self.config_class.from_dict(left).to_dict()))
            listed = by_layer(key) and any(other.startswith(key.rpartition(".")[0]) and ":" in other for other in used)
            if listed:  # the number of layers is that of the list
                continue
            if len(values) == 2 and key in values[0] and values[0][key] == values[1].get(key) == plain.get(key):
                found[key] = values[0][key]
                continue
            part = key.rpartition(".")[0]
            same = [
                name
                for name in used
                if name != key
                and name.rpartition(".")[0] == part
                and len(values) == 2
                and key in values[0]
                and all(one.get(name) == one[key] for one in values)
            ]
            if same:
                found[key] = same[0]
        return found

    def _keys(self, group: str, samples: list[Any], layers: list[str]) -> Any:
        """Yield the sizes a group may be made of: those it depends on, or what follows, and counts of layers."""
        own = [key for key in sorted(self.depends[group]) if key not in layers]
        variants = [own]
        whole = sorted(self.depends[group] | self.depends[group.replace(".bias", ".weight")])
        if whole != own:  # what a bias depends on is hidden while a switch leaves it out
            variants.append([key for key in whole if key not in layers and not key.endswith("hidden_size")])
        for key in own:
            part, dot, last = key.rpartition(".")
            head, width, patches = (f"{part}{dot}{name}" for name in ("head_dim", "hidden_size", "patches"))
            if last in ("num_attention_heads", "num_heads") and head not in own and head in samples[0]["sizes"]:
                for left_out in ((key, width), (key,), (width,), ()):
                    variants.append([*(other for other in own if other not in left_out), head])
            if last == "image_size":
                sides = (key, f"{part}{dot}patch_size")
                variants = [[*(k for k in one if k not in sides), patches] for one in variants] + variants
        kind = group.partition("@")[2]
        # a tensor that is counted by kind of layer first with the layers of that kind
        counts = sorted(layers, key=lambda key: not (kind and key.endswith(f":{kind}")))
        for keys in variants:
            if "*" in group:
                yield from ([*keys, one] for one in counts)
                yield from ([*keys, *pair] for pair in itertools.combinations(counts, 2))
            yield keys
            if "*" not in group:
                yield from ([*keys, one] for one in layers)


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
