"""Whether one model can be used again: reads the tables of ``reuse_rules.py`` over its paths and a few facts. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from harvester.extract.files import FileKind, classify_all
from harvester.extract.reuse_rules import (
    LOADERS,
    MODALITIES,
    NEEDS,
    PIPELINE_PART,
    SHARD,
    SHOWN_MODALITIES,
    SHOWS_CONFIG,
    SIGNS,
    TRANSFORMERS_INSIDE,
    Sign,
)


@dataclass(frozen=True, slots=True)
class Reuse:
    """One row of ``reuse`` without its model: what is there, what is missing, what loads it."""

    modality: str
    has_config: bool
    has_weights: bool
    has_tokenizer_config: bool
    has_vocabulary: bool
    loads_with: tuple[str, ...]
    missing: tuple[str, ...]
    reusable: bool
    needs_code: bool
    unsafe_only: bool


def signs_of(paths: Iterable[str]) -> frozenset[str]:
    """The signs that a repository's files show, alone and together: ``torn``, ``torn_part`` and ``hollow_part`` too."""
    listed = list(paths)
    kinds = list(zip(listed, classify_all(listed), strict=True))
    return frozenset(row.sign for path, kind in kinds for row in SIGNS if _shows(row, path, kind)) | _torn(kinds)


def _shows(row: Sign, path: str, kind: FileKind) -> bool:
    return (
        (row.name is None or re.fullmatch(row.name, path) is not None)
        and (row.role is None or kind.role == row.role)
        and (not row.formats or kind.format in row.formats)
        and (row.framework is None or kind.framework == row.framework)
    )


def _torn(kinds: Iterable[tuple[str, FileKind]]) -> frozenset[str]:
    groups: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    ggufs: set[str] = set()
    configured = set()
    for path, kind in kinds:
        folder = path[: path.rfind("/") + 1]
        if re.fullmatch(PIPELINE_PART + r"config\.json", path):
            configured.add(folder)
        if kind.role in ("weights", "framework_export"):
            shard = re.search(SHARD, path)
            name = path if shard is None else re.sub(SHARD, r"*-of-\2", path, count=1)
            groups[folder, name].append((shard[1], shard[2]) if shard else ("", "0"))
            if kind.format == "gguf":
                ggufs.add(name)
    torn: set[str] = set()
    whole: set[str] = set()
    whole_gguf = False
    for (folder, name), shards in groups.items():
        missing = max(int(total) for _, total in shards) > len({place for place, _ in shards})
        (torn if missing else whole).add(folder)
        whole_gguf |= not missing and name in ggufs
    broken = torn - whole
    shown = {
        "torn": ("" in broken and not whole_gguf) or (bool(torn) and not whole),
        "torn_part": any(re.fullmatch(PIPELINE_PART, folder) for folder in broken),
        "hollow_part": bool(configured - whole - torn),
    }
    return frozenset(sign for sign, seen in shown.items() if seen)


def modality_of(signs: frozenset[str], pipeline_tag: str | None) -> str:
    """The row of ``NEEDS`` a model is held to: what its files show comes before what its task says."""
    for modality, shown, unless in SHOWN_MODALITIES:
        if signs.issuperset(shown) and signs.isdisjoint(unless):
            return modality
    for modality, tasks in MODALITIES.items():
        if pipeline_tag in tasks:
            return modality
    return "text" if signs & {"tokenizer_config", "vocabulary"} else "other"


def assess(
    signs: frozenset[str],
    *,
    pipeline_tag: str | None = None,
    library_name: str | None = None,
    tags: Iterable[str] = (),
    typed: bool | None = None,
    based: bool = True,
    remote_code: bool = False,
) -> Reuse:
    """Tell whether a model can be reused.

    ``typed``: its config names a model_type or architectures; None: it was not read. ``based``: a base model is named.
    """
    said = {library_name, *tags}
    if typed is None:
        typed = "trace" in signs and library_name in (None, *TRANSFORMERS_INSIDE)
    facts = {"typed": typed, "based": based, "lora": "lora" in said, "mlx_made": "mlx" in said}
    signs |= {fact for fact, holds in facts.items() if holds}
    modality = modality_of(signs, pipeline_tag)
    loaders = [
        loader
        for loader in LOADERS
        if signs.issuperset(loader.signs)
        and signs.isdisjoint(loader.unless)
        and (not loader.library or said.intersection(loader.library))
    ]
    held = {component for loader in loaders for component in loader.holds}
    missing = tuple(
        need.component
        for need in NEEDS
        if need.modality == modality
        and (
            not signs.isdisjoint(need.unless)
            or (need.signs and signs.isdisjoint(need.signs) and need.component not in held)
        )
    )
    return Reuse(
        modality=modality,
        has_config=not signs.isdisjoint(SHOWS_CONFIG),
        has_weights="weights" in signs,
        has_tokenizer_config="tokenizer_config" in signs,
        has_vocabulary="vocabulary" in signs,
        loads_with=tuple(dict.fromkeys(loader.loads_with for loader in loaders)),
        missing=missing,
        reusable=not missing,
        needs_code=remote_code,
        unsafe_only="unsafe_weights" in signs and "safe_weights" not in signs,
    )
