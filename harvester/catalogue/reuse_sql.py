"""The tables of ``extract/reuse_rules.py`` as SQL: one bit a sign, and the expressions of the view ``reuse``."""

from collections.abc import Iterable

from harvester.extract.reuse_rules import (
    FACTS,
    HELD,
    LOADERS,
    MODALITIES,
    NEEDS,
    PIPELINE_PART,
    SHARD,
    SHOWN_MODALITIES,
    SHOWS_CONFIG,
    SIGNS,
    TRANSFORMERS_INSIDE,
    Loader,
    Need,
    sign_sql,
)
from harvester.lake.duck import quoted

_NAMES = tuple(dict.fromkeys(row.sign for row in SIGNS))
_BITS = {name: 1 << place for place, name in enumerate((*_NAMES, *FACTS))}


def reuse_placeholders() -> dict[str, str]:
    """Return what ``sql/77_reuse.sql`` leaves open, by name. Raises KeyError where a table names no sign."""
    return {
        "signs": "\n    | ".join(f"CASE WHEN {sign_sql(name)} THEN {_BITS[name]} ELSE 0 END" for name in _NAMES),
        "modality": _modality(),
        "loads_with": _listed(_loaders()),
        "missing": _listed(
            (f"modality = {quoted(need.modality)} AND ({_lacks(need)})", need.component) for need in NEEDS
        ),
        "transformers_inside": ", ".join(quoted(name) for name in TRANSFORMERS_INSIDE),
        "telling_tags": ", ".join(
            quoted(tag) for tag in sorted({"lora", "mlx", *(word for loader in LOADERS for word in loader.library)})
        ),
        "holds": ", ".join(f"{_holds(component)} AS holds_{component}" for component in HELD),
        "facts": " | ".join(f"CASE WHEN {name} THEN {_BITS[name]} ELSE 0 END" for name in FACTS),
        "has_trace": _any(("trace",)),
        "has_adapter_config": _any(("adapter_config", "sub_adapter")),
        "shard": SHARD,
        "pipeline_part": PIPELINE_PART,
        "has_config": _any(SHOWS_CONFIG),
        **{f"has_{name}": _any((name,)) for name in ("weights", "tokenizer_config", "vocabulary", "processor")},
        "unsafe_only": f"{_any(('unsafe_weights',))} AND NOT {_any(('safe_weights',))}",
    }


def _any(signs: tuple[str, ...]) -> str:
    return f"(signs & {sum(_BITS[name] for name in set(signs))} <> 0)"


def _all(signs: tuple[str, ...]) -> str:
    mask = sum(_BITS[name] for name in set(signs))
    return f"signs & {mask} = {mask}"


def _modality() -> str:
    cases = [
        f"WHEN {_all(shown)}{_none(unless)} THEN {quoted(modality)}" for modality, shown, unless in SHOWN_MODALITIES
    ]
    for modality, tasks in MODALITIES.items():
        listed = ", ".join(quoted(task) for task in sorted(tasks))
        cases.append(f"WHEN pipeline_tag IN ({listed}) THEN {quoted(modality)}")
    return f"CASE {' '.join(cases)} WHEN {_any(('tokenizer_config', 'vocabulary'))} THEN 'text' ELSE 'other' END"


def _none(signs: tuple[str, ...]) -> str:
    return f" AND NOT {_any(signs)}" if signs else ""


def _applies(loader: Loader) -> str:
    held = _all(loader.signs) + _none(loader.unless)
    if loader.library:
        words = ", ".join(quoted(word) for word in loader.library)
        held += f" AND list_has_any(words, [{words}])"
    return f"({held})"


def _loaders() -> list[tuple[str, str]]:
    conditions: dict[str, list[str]] = {}
    for loader in LOADERS:
        conditions.setdefault(loader.loads_with, []).append(_applies(loader))
    return [(" OR ".join(held), name) for name, held in conditions.items()]


def _holds(component: str) -> str:
    held = " OR ".join(_applies(loader) for loader in LOADERS if component in loader.holds)
    return f"coalesce({held}, false)"


def _lacks(need: Need) -> str:
    conditions = [_any(need.unless)] if need.unless else []
    if need.signs:
        held = f" OR holds_{need.component}" if need.component in HELD else ""
        conditions.append(f"NOT ({_any(need.signs)}{held})")
    return " OR ".join(conditions)


def _listed(cases: Iterable[tuple[str, str]]) -> str:
    items = ",\n        ".join(f"CASE WHEN {condition} THEN {quoted(word)} END" for condition, word in cases)
    return f"list_filter([\n        {items}\n    ], lambda word: word IS NOT NULL)"
