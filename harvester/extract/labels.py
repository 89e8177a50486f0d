"""The label map of a config: class index to class name, from ``id2label`` and ``label2id``, or a list of names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harvester.extract.config.convert import cut, integer, mapping
from harvester.extract.values import Value

#: Longest label kept, characters; longer ones are cut.
LABEL_CAP = 1000
_KEYS = frozenset(("id2label", "label2id", "num_labels", "_num_labels"))
#: Keys of timm's and SetFit's documents.
_LISTED = frozenset(("label_names", "num_classes", "pretrained_cfg", "normalize_embeddings"))
_PLACEHOLDER = re.compile(r"LABEL_(0|[1-9][0-9]*)\Z")
_INDEX = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels in order of index, how many classes the config states, and how its two maps disagree."""

    rows: list[tuple[int, str]]
    count: int | None
    disagreement: str | None


_NONE = Labels([], None, None)


def read_labels(config: Mapping[str, Value]) -> Labels:
    """Read ``id2label``, else ``label2id``, and ``num_labels``.

    The placeholder map does not count unless the config says that the model is a classifier.
    """
    if config.keys().isdisjoint(_KEYS):
        return _NONE if config.keys().isdisjoint(_LISTED) else _listed(config)
    stated = integer(config.get("num_labels"))
    if stated is None:
        stated = integer(config.get("_num_labels"))
    forward = labels_by_index(config.get("id2label"))
    backward = labels_by_label(config.get("label2id"))
    labels = forward or {index: label for label, index in backward.items()}
    if (not labels or is_placeholder(labels)) and not config.keys().isdisjoint(_LISTED):
        listed = _listed(config)
        if listed.rows:
            return listed
    if not labels or (stated is None and is_placeholder(labels) and not _has_classification_head(config)):
        return Labels([], stated, None)
    return Labels(sorted(labels.items()), len(labels) if stated is None else stated, _disagreement(forward, backward))


def _listed(config: Mapping[str, Value]) -> Labels:
    """Classes in order of their index: timm's ``label_names``, SetFit's ``labels``."""
    names: Value = None
    count = None
    if type(config.get("architecture")) is str:
        trained = mapping(config.get("pretrained_cfg"))
        names = config.get("label_names") or trained.get("label_names")
        count = integer(config.get("num_classes", trained.get("num_classes")))
    elif "normalize_embeddings" in config:
        names = config.get("labels")
    listed = [str(name) if type(name) is int else name for name in names] if type(names) is list else None
    labels = labels_by_index(listed)
    if count is None or count <= 0:
        count = len(labels) or None
    return Labels(sorted(labels.items()), count, None)


def is_placeholder(labels: Mapping[int, str]) -> bool:
    """Whether every label is ``LABEL_n`` of its own index: what libraries write if the classes have no names."""
    for index, label in labels.items():
        found = _PLACEHOLDER.match(label)
        if found is None or int(found.group(1)) != index:
            return False
    return True


def is_number(label: str) -> bool:
    """Whether a label is ``LABEL_n``, of whichever index."""
    return _PLACEHOLDER.match(label) is not None


def _has_classification_head(config: Mapping[str, Value]) -> bool:
    """Whether ``architectures`` contains a classification head."""
    names = config.get("architectures")
    if type(names) is str:
        names = [names]
    return type(names) is list and any(type(name) is str and "Classif" in name for name in names)


def labels_by_index(map_: Value) -> dict[int, str]:
    """Return class index to label of an ``id2label``: a map, or a list of labels. Empty where it is neither."""
    if type(map_) is list:
        return {index: cut(label, LABEL_CAP) for index, label in enumerate(map_) if type(label) is str}
    if type(map_) is not dict:
        return {}
    return {
        int(key): cut(value if type(value) is str else str(value), LABEL_CAP)
        for key, value in map_.items()
        if _INDEX.match(key) and type(value) in (str, int, float)
    }


def labels_by_label(map_: Value) -> dict[str, int]:
    """Return label to class index of a ``label2id``; empty where it is no map."""
    if type(map_) is not dict:
        return {}
    found = {label: integer(index) for label, index in map_.items()}
    return {cut(label, LABEL_CAP): index for label, index in found.items() if index is not None}


def _disagreement(forward: Mapping[int, str], backward: Mapping[str, int]) -> str | None:
    if not forward or not backward:
        return None
    known = forward.items()
    wrong = [label for label, index in backward.items() if (index, label) not in known]
    missing = set(forward.values()) - backward.keys()
    if not wrong and not missing:
        return None
    return f"id2label and label2id disagree on {len(missing.union(wrong))} labels"
