"""Reads file names as sets of weights: the quantization or precision of a file, and its shard number."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

#: How many missing shards of one group are named; the rest is counted.
_MISSING_NAMED = 1000
#: Longer paths are no shard and no variant to us: it keeps the expressions below linear in practice.
_LONGEST = 1024
#: Paths whose reading is remembered: most weight files of the Hub share a few thousand names.
_REMEMBERED = 1 << 13

_GGUF = (
    r"(?:ud[-_])?(?:i?q[1-8](?:_[0-9k](?:_(?:[sml]|x{1,2}[sl]|nl|[48]_[48]|[48]))?|_(?:x{1,2}s|[sml]|xl|nl|k_?x{1,2}l))"
    r"|tq[12]_0|i2_s)"
)
_PLAIN = (
    r"mxfp[468](?:_moe)?|nvfp4|bf16|bfloat16|fp16|f16|float16|half|fp32|f32|float32|fp64|f64|fp4|nf4|e4m3fn"
    r"|fp8(?:_(?:e4m3|e5m2)(?:fn)?(?:_scaled)?)?|float8(?:_(?:e4m3|e5m2)(?:fn)?)?"
    r"|q?u?int[48](?:_[a-z0-9]+(?:_vnni)?)?|q[248]f(?:16|32)|q[248]|bnb[48]|w[48]a(?:16|8|4)"
    r"|gptq|awq|[2-8]-?bits?(?:-+(?:\d{2,4}|1)g)?|\d(?:\.\d{1,2})?bpw|quantized|quantised"
)
_TOKEN = re.compile(rf"(?<![a-z0-9])({_GGUF}|{_PLAIN})(?![a-z0-9])", re.IGNORECASE)
_IS_GGUF = re.compile(_GGUF, re.IGNORECASE)
_SAME = {
    "f16": "fp16",
    "float16": "fp16",
    "half": "fp16",
    "bfloat16": "bf16",
    "f32": "fp32",
    "float32": "fp32",
    "f64": "fp64",
    "quantised": "quantized",
    "float8": "fp8",
}

_SHARD = re.compile(
    r"(?P<head>.*?[-_.](?:shard)?)(?P<index>\d{1,6})(?P<of>[-_]?of[-_]?)(?P<total>\d{1,6})(?P<tail>[^/\d][^/]*|)",
    re.DOTALL,
)
#: Meta's and MLC's shards carry no total.
_OPEN_SHARD = re.compile(
    r"(?P<head>(?:.*/)?(?:consolidated\.|params_shard_))(?P<index>\d{1,6})(?P<tail>\.[a-z]+)", re.DOTALL
)
#: A number at the end of a name that may be a shard's; not after a word that numbers copies of one model.
_NUMBERED = re.compile(
    r"(?P<head>(?:[^/]+/)*(?:[^/]*?[^/\d])?)(?P<index>\d{1,6})(?P<tail>(?:\.[a-z]\w{0,15})?\.safetensors)", re.DOTALL
)
_COPIES = re.compile(
    r"(?:epochs?|steps?|checkpoints?|ckpts?|iters?|iterations?|versions?|seeds?|folds?|runs?|trials?|(?<![a-z])(?:v|e|s|ep))"
    r"[-_. ]*\Z",
    re.IGNORECASE,
)
#: Files beside a model's own weights that another program loads with it: a projector, or a draft model.
_PROJECTOR = re.compile(r"(?:.*[-_.])?(?:mm-?proj|mm[-_]projector|projector)(?:[-_.].*)?\.gguf", re.IGNORECASE)
_DRAFT = re.compile(
    r"(?:.*[-_.])?(?:mtp|nextn|eagle\d?|dflash|drafts?|drafter|medusa|speculator|assistant)(?:[-_.].*)?\.gguf",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shard:
    """One file of a set that is one weight set cut in pieces.

    ``group`` is the path with the index replaced by ``*``, the same for all files of the set; ``index`` is as written
    (some sets start at 0); ``total`` is None if names do not contain it.
    """

    group: str
    index: int
    total: int | None


@dataclass(frozen=True, slots=True)
class ShardGroup:
    """The files of one set that a repository has, and what is missing.

    ``missing`` names the indices that should be there, at most 1,000 of them; ``missing_count`` counts them all.
    """

    group: str
    total: int | None
    paths: tuple[str, ...]
    missing: tuple[int, ...]
    missing_count: int

    @property
    def complete(self) -> bool:
        """Whether every shard that the names promise is there."""
        return not self.missing_count


@lru_cache(_REMEMBERED)
def shard_of(path: str) -> Shard | None:
    """Read ``name-00001-of-00005.ext`` and its like (``shard1of4``, ``consolidated.00``); None: no shard."""
    if len(path) > _LONGEST:
        return None
    folder, slash, name = path.rpartition("/")
    found = _SHARD.fullmatch(name)
    if found:
        total = int(found["total"])
        group = f"{folder}{slash}{found['head']}*{found['of']}{found['total']}{found['tail']}"
        return Shard(group, int(found["index"]), total) if total else None
    found = _OPEN_SHARD.fullmatch(path)
    return Shard(f"{found['head']}*{found['tail']}", int(found["index"]), None) if found else None


def shard_groups(paths: Iterable[str]) -> list[ShardGroup]:
    """Group the sharded files among ``paths`` (of one repository), in order of their group, and find missing ones.

    A set with index 0 is counted from 0, any other from 1. Without a total, only gaps below the highest index can be
    found.
    """
    found: dict[str, dict[int, str]] = defaultdict(dict)
    totals: dict[str, int | None] = {}
    for path in paths:
        shard = shard_of(path)
        if shard:
            found[shard.group].setdefault(shard.index, path)
            totals[shard.group] = shard.total
    return [_group(group, totals[group], found[group]) for group in sorted(found)]


def _group(group: str, total: int | None, files: dict[int, str]) -> ShardGroup:
    first = 0 if 0 in files or total is None else 1
    last = first + total if total is not None else max(files) + 1
    named: list[int] = []
    for index in range(first, last):
        if index not in files:
            named.append(index)
            if len(named) == _MISSING_NAMED:
                break
    present = sum(first <= index < last for index in files)
    return ShardGroup(group, total, tuple(files[i] for i in sorted(files)), tuple(named), last - first - present)


def numbered_families(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """Return safetensors files that differ only by a number, each family in order, from 0 or 1 without a gap.

    They are the shards of one set or copies of one model: only their tensors show which.
    """
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for path in paths:
        match = _NUMBERED.fullmatch(path) if len(path) <= _LONGEST and shard_of(path) is None else None
        if match and not _COPIES.search(match["head"]):
            found[f"{match['head']}*{match['tail']}"].setdefault(int(match["index"]), path)
    families = []
    for _, files in sorted(found.items()):
        if len(files) > 1 and min(files) in (0, 1) and max(files) - min(files) + 1 == len(files):
            families.append(tuple(files[index] for index in sorted(files)))
    return families


def companions(files: Iterable[tuple[str, int | None]]) -> set[str]:
    """Return the GGUF files of one repository that are loaded beside a model: projectors (mmproj) and draft models.

    A draft's name proves nothing alone (a whole model with its MTP layers may be called so): it counts where another
    GGUF of the repository is more than twice as large.
    """
    ggufs = [(path, size) for path, size in files if path.endswith(".gguf") and len(path) <= _LONGEST]
    beside = {path for path, _ in ggufs if _PROJECTOR.fullmatch(path.rpartition("/")[2])}
    drafts = [(path, size) for path, size in ggufs if path not in beside and _DRAFT.fullmatch(path.rpartition("/")[2])]
    named = beside.union(path for path, _ in drafts)
    largest = max((size or 0 for path, size in ggufs if path not in named), default=None)
    if largest is not None:
        beside.update(path for path, size in drafts if 2 * (size or 0) < largest or not largest)
    return beside


@lru_cache(_REMEMBERED)
def variant_of(path: str) -> str | None:
    """The quantization or precision in the name of a weight file, else of its folder; None if there is none.

    GGUF kinds in capitals (``Q4_K_M``, ``IQ2_XS``, ``UD-Q4_K_XL``), all else in small letters (``fp16``, ``bf16``,
    ``int8``, ``4bit-128g``); words with the same meaning are one (``F16``, ``float16`` and ``fp16`` are ``fp16``). The
    result is what the name claims; the content is not read.
    """
    if len(path) > _LONGEST:
        return None
    parts = path.split("/")
    for part in (parts[-1], *parts[-2:-1]):
        found = _TOKEN.findall(part)
        if found:
            return _spelled(found[-1])
    return None


@lru_cache(_REMEMBERED)
def without_variant(path: str) -> str:
    """The path with every variant word and shard number taken out of the file's name: equal for copies of one model."""
    folder, slash, name = path[:_LONGEST].rpartition("/")
    shard = shard_of(name)
    name = shard.group.partition("*")[0].rstrip("-_.") + _extension(name) if shard else name
    bare = re.sub(r"[-_.]{2,}", ".", _TOKEN.sub("", name))
    return folder + slash + re.sub(r"[-_]+\.", ".", bare).strip("-_.")


def _extension(name: str) -> str:
    return name[name.rfind(".") :] if "." in name else ""


def _spelled(token: str) -> str:
    if _IS_GGUF.fullmatch(token) and "_" in token:
        return token.upper().replace("UD_", "UD-")
    word = token.lower()
    return _SAME.get(word, word)
