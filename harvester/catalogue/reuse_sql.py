"""The tables of ``extract/reuse.py`` as SQL: one bit a sign, and the expressions of the view ``reuse`` over them."""

from collections.abc import Iterable

from harvester.extract.reuse import LOADERS, MODALITIES, NEEDS, SHOWS_CONFIG, SIGNS, sign_sql
from harvester.lake.duck import quoted

_NAMES = tuple(dict.fromkeys(row.sign for row in SIGNS))
_BITS = {name: 1 << place for place, name in enumerate(_NAMES)}


def reuse_placeholders() -> dict[str, str]:
    """Return what ``sql/77_reuse.sql`` leaves open, by name. Raises KeyError where a table names no sign."""
    return {
        "signs": "\n    | ".join(f"CASE WHEN {sign_sql(name)} THEN {_BITS[name]} ELSE 0 END" for name in _NAMES),
        "modality": _modality(),
        "loads_with": _listed(_loaders()),
        "missing": _listed(
            (f"modality = {quoted(need.modality)} AND NOT {_any(need.signs)}", need.component) for need in NEEDS
        ),
        "has_config": _any(SHOWS_CONFIG),
        **{f"has_{name}": _any((name,)) for name in ("weights", "tokenizer_config", "vocabulary", "processor")},
        "unsafe_only": f"{_any(('pickle',))} AND NOT {_any(('safe_weights',))}",
    }


def _any(signs: tuple[str, ...]) -> str:
    return f"(signs & {sum(_BITS[name] for name in set(signs))} <> 0)"


def _all(signs: tuple[str, ...]) -> str:
    mask = sum(_BITS[name] for name in set(signs))
    return f"signs & {mask} = {mask}"


def _modality() -> str:
    shown = (("pipeline_index", "pipeline"), ("adapter_config", "adapter"), ("modules", "sentence"))
    cases = [f"WHEN {_any((sign,))} THEN {quoted(modality)}" for sign, modality in shown]
    for modality, tasks in MODALITIES.items():
        listed = ", ".join(quoted(task) for task in sorted(tasks))
        cases.append(f"WHEN pipeline_tag IN ({listed}) THEN {quoted(modality)}")
    return f"CASE {' '.join(cases)} WHEN {_any(('tokenizer_config', 'vocabulary'))} THEN 'text' ELSE 'other' END"


def _loaders() -> list[tuple[str, str]]:
    conditions: dict[str, list[str]] = {}
    for loader in LOADERS:
        parts = [_all(loader.signs), *(["typed"] if loader.typed else [])]
        if loader.library:
            words = ", ".join(quoted(word) for word in loader.library)
            parts.append(f"(library_name IN ({words}) OR list_has_any(tags, [{words}]))")
        conditions.setdefault(loader.loads_with, []).append(f"({' AND '.join(parts)})")
    return [(" OR ".join(held), name) for name, held in conditions.items()]


def _listed(cases: Iterable[tuple[str, str]]) -> str:
    items = ",\n        ".join(f"CASE WHEN {condition} THEN {quoted(word)} END" for condition, word in cases)
    return f"list_filter([\n        {items}\n    ], lambda word: word IS NOT NULL)"
