"""Which key of a config feeds which column, by model type: general keys, generated facts and a person's overrides."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from harvester.extract.config.convert import CONVERTERS, boolean, distinct_texts, integer, text
from harvester.extract.config.model_types import KEYS
from harvester.extract.config.overrides import OVERRIDES, PARAMS, UNET
from harvester.extract.values import Value
from harvester.schema.config_columns import CONFIG_COLUMNS

#: What a key feeds: the column, the rank of the key among those of the column (0 counts first), and how it is read.
Target = tuple[str, int, Callable[[Value], object]]
Plan = Mapping[str, Target]

_TYPES = {column.name: column.type for column in CONFIG_COLUMNS}
_GENERAL = {column.name: column.keys for column in CONFIG_COLUMNS if column.keys}
_OVERRIDES = {(name, row.column): row.keys for row in OVERRIDES for name in row.model_types}
_SPECIAL = frozenset(KEYS) | {name for name, _ in _OVERRIDES}


def _dtype(value: Value) -> str | None:
    name = text(value)
    return name.removeprefix("torch.") if name else None


def _first_integer(value: Value) -> int | None:
    return integer(value[0]) if type(value) is list and value else integer(value)


def _size(value: Value) -> int | None:
    """A size of the model: a negative or zero one is a way to say none."""
    number = integer(value)
    return number if number is not None and number >= 0 else None


def _switch(value: Value) -> int | None:
    number = integer(value)
    return number if number is not None and number > 0 else None


#: Columns that are not read as their type alone would be.
_READERS: dict[str, Callable[[Value], object]] = {
    "dtype": _dtype,
    "bos_token_id": _first_integer,
    "eos_token_id": _first_integer,
    "pad_token_id": _first_integer,
    "sliding_window": _switch,
    "layer_types": distinct_texts,
    "tie_word_embeddings": boolean,
    "context_length": _size,
}


def kin(scope: Mapping[str, Value], whole: str | None = None) -> str | None:
    """What decides how a config is read: its model type, or a substitute for it.

    ``whole`` is the model type of the config that ``scope`` is the language part of.
    """
    name = scope.get("model_type")
    if type(name) is str and name:
        return name
    if whole is not None:
        return next((named for named in (f"{whole}_text", f"{whole}_text_model") if named in _SPECIAL), None)
    class_name = scope.get("_class_name")
    if type(class_name) is str and class_name.startswith(("UNet", "ControlNet", "MultiControlNet")):
        return UNET
    return PARAMS if "dim" in scope and "hidden_dim" in scope else None


def plan_for(scope: Mapping[str, Value], whole: str | None = None) -> Plan:
    """The plan for a config, or for the language part of one of the model type ``whole``."""
    name = kin(scope, whole)
    return _plan(name if name in _SPECIAL else None)


@cache
def _plan(model_type: str | None) -> Plan:
    """The plan of a model type in ``_SPECIAL``, or the general one; there are no more of them than rows."""
    facts = dict(_pairs(KEYS.get(model_type, ""))) if model_type else {}
    targets: dict[str, Target] = {}
    for column, general in _GENERAL.items():
        override = _OVERRIDES.get((model_type, column)) if model_type else None
        if override is not None:
            keys: Iterable[str] = override
        else:
            keys = dict.fromkeys((*((facts[column],) if column in facts else ()), *general))
        for rank, key in enumerate(keys):
            decided = override is not None or (rank == 0 and column in facts)
            if key not in targets or decided:
                targets[key] = (column, rank, _READERS.get(column) or CONVERTERS[_TYPES[column]])
    return targets


def _pairs(text_: str) -> Iterable[tuple[str, str]]:
    for pair in text_.split():
        column, _, key = pair.partition("=")
        yield column, key or column
