"""Sorts a repository's weight files into sets that each are the whole model, and counts one of them.

The same weights are often there as safetensors and as pickles, in several precisions and quantizations, in one file and
in shards: one set counts. An adapter counts its own weights, a pipeline the sum of its components.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.extract.files import classify
from harvester.extract.variants import shard_groups, shard_of, variant_of, without_variant
from harvester.extract.weights.header import WeightHeader
from harvester.extract.weights.plan import FORMATS

#: Which format's set is taken where there are several: headers can be read of the first two only.
_FORMAT_ORDER = {"safetensors": 0, "gguf": 1, "pickle": 2}
#: Names that libraries give to the weights they load; any other name in the same folder is something beside them.
_USUAL = ("model", "pytorch_model", "diffusion_pytorch_model", "open_clip_model", "open_clip_pytorch_model")
_INDEX = re.compile(r"(?P<folder>(?:[^/]+/)*)(?P<stem>[^/]{1,200})\.safetensors\.index(?P<variant>\.\w{1,20})?\.json")
_ADAPTER = ("adapter_model", "pytorch_lora_weights", "adapters", "adapter")


@dataclass(frozen=True, slots=True)
class WeightSet:
    """Files that together are one model: ``name`` is without variant, shard number and suffix; ``size`` in bytes."""

    folder: str
    name: str
    variant: str | None
    format: str
    paths: tuple[str, ...]
    missing: int
    size: int


@dataclass(frozen=True, slots=True)
class ModelParameters:
    """The parameters of a model and the files they were counted in; None with the reason where they cannot be told."""

    parameters: int | None
    paths: tuple[str, ...]
    reason: str | None


def weight_sets(files: Iterable[tuple[str, int | None]]) -> list[WeightSet]:
    """The sets among a repository's files, given as path and size in bytes (None: not known). In order of path.

    An index (``model.safetensors.index.json``) beside files that do not tell what they are a piece of
    (``model-language.safetensors``, ``rank-0.safetensors``) makes them one set.
    """
    groups: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    indices = []
    for path, size in files:
        kind = classify(path)
        if kind.role == "weights" and kind.format in _FORMAT_ORDER:
            shard = shard_of(path)
            groups[shard.group if shard else path, kind.format][path] = size or 0
        elif index := _INDEX.fullmatch(path):
            indices.append((index["folder"], index["stem"] + (index["variant"] or "")))
    for folder, stem in indices:
        _gather(groups, folder, stem)
    return [_set(group, format, members) for (group, format), members in sorted(groups.items()) if members]


def _gather(groups: dict[tuple[str, str], dict[str, int]], folder: str, stem: str) -> None:
    """Make one group of what an index stands for, where the names do not do so by themselves."""
    beside = {
        group: group.removeprefix(folder)
        for group, format in groups
        if format == "safetensors" and group.rpartition("/")[0] == folder.rstrip("/")
    }
    own = [group for group, name in beside.items() if name.startswith(stem)]
    if any("*" in group or group == f"{folder}{stem}.safetensors" for group in own or beside):
        return
    loose = own or [group for group, name in beside.items() if not name.startswith(_ADAPTER)]
    members = {path: size for group in loose for path, size in groups.pop((group, "safetensors")).items()}
    groups[f"{folder}{stem}*", "safetensors"].update(members)


def _set(group: str, format: str, members: Mapping[str, int]) -> WeightSet:
    # What an index gathered is named as the index.
    first = f"{group[:-1]}.safetensors" if group.endswith("*") else min(members)
    folder, _, name = without_variant(first).rpartition("/")
    stem = name.rpartition(".")[0].lower()
    missing = sum(group.missing_count for group in shard_groups(members))
    variant = variant_of(first)
    return WeightSet(folder, stem, variant, format, tuple(sorted(members)), missing, sum(members.values()))


def chosen_sets(
    sets: Sequence[WeightSet], parts: Sequence[str] | None = None, *, adapter: bool = False
) -> list[WeightSet]:
    """One set for each part of the model: those whose parameters make up the model's.

    ``parts`` are the folders that a pipeline's ``model_index.json`` or a ``modules.json`` names (the root is empty);
    None for a model in one piece, whose set is looked for at the root, then in the shallowest folder that has one.
    ``adapter``: there is an ``adapter_config.json``. Parts without weights (a scheduler, a tokenizer) give nothing.
    """
    by_folder: dict[str, list[WeightSet]] = defaultdict(list)
    for candidate in sets:
        by_folder[candidate.folder].append(candidate)
    if parts is None:
        if not by_folder:
            return []
        shallow = min(folder.count("/") + bool(folder) for folder in by_folder)
        top = [one for folder, held in by_folder.items() if folder.count("/") + bool(folder) == shallow for one in held]
        return [_best(top, adapter)]
    named = dict.fromkeys(part.strip("/").removeprefix("./") for part in parts)
    return [_best(by_folder[part], adapter) for part in named if part in by_folder]


def _best(sets: Sequence[WeightSet], adapter: bool) -> WeightSet:
    usual = (*_ADAPTER, *_USUAL) if adapter else (*_USUAL, *_ADAPTER)

    def order(one: WeightSet) -> tuple[bool, int, bool, int, bool, int, tuple[str, ...]]:
        named = usual.index(one.name) if one.name in usual else len(usual)
        beside = one.name.startswith("mmproj")
        return beside, _FORMAT_ORDER[one.format], one.missing > 0, named, one.variant is not None, -one.size, one.paths

    return min(sets, key=order)


def headers_wanted(
    sets: Sequence[WeightSet], parts: Sequence[str] | None = None, *, adapter: bool = False
) -> list[str]:
    """The paths whose headers tell the model's parameters, in order; those of formats without a header left out."""
    chosen = chosen_sets(sets, parts, adapter=adapter)
    return [path for one in chosen if one.format in FORMATS for path in one.paths]


def model_parameters(
    sets: Sequence[WeightSet],
    headers: Mapping[str, WeightHeader],
    parts: Sequence[str] | None = None,
    *,
    adapter: bool = False,
) -> ModelParameters:
    """The model's parameters from the headers that were read, by path."""
    chosen = chosen_sets(sets, parts, adapter=adapter)
    total = 0
    notes = []
    for one in chosen:
        if one.format not in FORMATS:
            return ModelParameters(None, (), f"{one.paths[0]}: a {one.format} has no header to count in")
        if one.missing:
            return ModelParameters(None, (), f"{one.paths[0]}: {one.missing} shards are missing")
        for path in one.paths:
            header = headers.get(path)
            if header is None or header.parameters is None:
                why = header.reason if header else "its header was not read"
                return ModelParameters(None, (), f"{path}: {why}")
            total += header.parameters
            notes += [header.reason] if header.reason else []
    if not chosen:
        return ModelParameters(None, (), "no weights")
    reason = "; ".join(dict.fromkeys(notes)) or None
    return ModelParameters(total, tuple(path for one in chosen for path in one.paths), reason)
