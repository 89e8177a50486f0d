"""Sorts a repository's weight files into sets that each are the whole model, and counts one of them.

The same weights are often there as safetensors and as pickles, in several precisions and quantizations, in one file and
in shards: one set counts. An adapter counts its own weights, a pipeline the sum of its components.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harvester.extract.files import classify
from harvester.extract.variants import (
    companions,
    numbered_families,
    shard_groups,
    shard_of,
    variant_of,
    without_variant,
)
from harvester.extract.weights.header import NO_TENSORS, WeightHeader
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
    #: loaded beside the model: a projector or a draft
    companion: bool = False


@dataclass(frozen=True, slots=True)
class ModelParameters:
    """The parameters of a model and the files they were counted in; None with the reason if there are none."""

    parameters: int | None
    paths: tuple[str, ...]
    reason: str | None


def weight_sets(
    files: Iterable[tuple[str, int | None]],
    headers: Mapping[str, WeightHeader] | None = None,
    hub_elements: int | None = None,
) -> list[WeightSet]:
    """The sets among a repository's files, given as path and size in bytes (None: not known). In order of path.

    Files that differ only by a number, without a total, are one set if their ``headers`` have different tensors, unless
    ``hub_elements`` (the Hub's own count) is that of a single one; if headers do not decide, they are one set if their
    elements add up to it.

    An index (``model.safetensors.index.json``) beside files whose names do not show what they belong to
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
    if headers:
        _join_numbered(groups, headers, hub_elements)
    beside = companions((path, size) for held in groups.values() for path, size in held.items())
    return [
        _set(group, format, members, companion=beside.issuperset(members))
        for (group, format), members in sorted(groups.items())
        if members
    ]


def _join_numbered(
    groups: dict[tuple[str, str], dict[str, int]], headers: Mapping[str, WeightHeader], hub_elements: int | None
) -> None:
    """Make one group of each family of numbered files whose headers have different tensors."""
    for family in numbered_families(path for path, format in groups if format == "safetensors"):
        read = [headers.get(path) for path in family]
        if _are_shards([header for header in read if header is not None], len(family), hub_elements):
            members = {path: size for one in family for path, size in groups.pop((one, "safetensors")).items()}
            groups[family[0], "safetensors"] = members


def _are_shards(headers: Sequence[WeightHeader], count: int, hub_elements: int | None) -> bool:
    elements = [sum(header.elements_by_dtype.values()) for header in headers]
    if len(headers) < count or any(header.status != "ok" for header in headers):
        return False
    if not all(header.tensor_names for header in headers):
        return hub_elements is not None and sum(elements) == hub_elements
    names = [set(header.tensor_names) for header in headers]
    apart = len(set().union(*names)) == sum(map(len, names))
    return apart and (hub_elements not in elements or sum(elements) == hub_elements)


def _gather(groups: dict[tuple[str, str], dict[str, int]], folder: str, stem: str) -> None:
    """Make one group of the files of an index, if their names do not."""
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


def _set(group: str, format: str, members: Mapping[str, int], *, companion: bool) -> WeightSet:
    # What an index gathered is named as the index.
    first = f"{group[:-1]}.safetensors" if group.endswith("*") else min(members)
    folder, _, name = without_variant(first).rpartition("/")
    stem = name.rpartition(".")[0].lower()
    missing = sum(group.missing_count for group in shard_groups(members))
    variant = variant_of(first)
    return WeightSet(folder, stem, variant, format, tuple(sorted(members)), missing, sum(members.values()), companion)


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
        form, varied = _FORMAT_ORDER[one.format], one.variant is not None
        return one.companion, form, one.missing > 0, named, varied, -one.size, one.paths

    return min(sets, key=order)


def headers_wanted(
    sets: Sequence[WeightSet], parts: Sequence[str] | None = None, *, adapter: bool = False
) -> list[str]:
    """The paths whose headers give the model's parameters, in order, without formats that have no header.

    Of files that differ only by a number all are wanted, as their tensors distinguish shards from copies.
    """
    chosen = chosen_sets(sets, parts, adapter=adapter)
    families = numbered_families(one.paths[0] for one in sets if one.format == "safetensors" and len(one.paths) == 1)
    family_of = {path: family for family in families for path in family}
    wanted = [path for one in chosen if one.format in FORMATS for path in one.paths]
    return list(dict.fromkeys(name for path in wanted for name in family_of.get(path, (path,))))


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
    if not total and NO_TENSORS in notes:
        return ModelParameters(None, (), f"{chosen[0].paths[0]}: {NO_TENSORS}")
    return ModelParameters(total, tuple(path for one in chosen for path in one.paths), reason)
