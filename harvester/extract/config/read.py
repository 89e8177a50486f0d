"""A decoded document to its typed columns: the entry that picks the reader by kind."""

from collections.abc import Mapping

from harvester.extract.config.convert import CONVERTERS
from harvester.extract.values import Value
from harvester.schema.config_columns import CONFIG_COLUMNS

_PLAN = {
    key: (column.name, rank, CONVERTERS[column.type])
    for column in CONFIG_COLUMNS
    for rank, key in enumerate(column.keys)
}


def read_typed(kind: str, root: Value) -> dict[str, object]:
    """The typed columns of a document of ``kind`` that are not NULL."""
    typed: dict[str, object] = {}
    if isinstance(root, dict) and kind in ("config", "other"):
        _fill(typed, root)
        for name in ("text_config", "llm_config", "language_config"):
            if isinstance(root.get(name), dict):
                _fill(typed, root[name])
        names = typed.get("architectures")
        if names:
            typed["architecture"] = names[0]  # type: ignore[index]
        typed["remote_code"] = bool(root.get("auto_map"))
    if isinstance(root, dict) and isinstance(root.get("_class_name"), str):
        typed["pipeline_class"] = root["_class_name"]
    return typed


def _fill(typed: dict[str, object], scope: Mapping[str, Value]) -> None:
    ranks: dict[str, int] = {}
    for key in _PLAN.keys() & scope.keys():
        name, rank, convert = _PLAN[key]
        value = convert(scope[key])
        if value is None or rank > ranks.get(name, rank) or (name in typed and name not in ranks):
            continue
        typed[name] = value
        ranks[name] = rank
