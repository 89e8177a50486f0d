"""The label map of a config: class index to class name, from ``id2label`` and ``label2id``."""

import re
from collections.abc import Mapping

from harvester.extract.values import Value

#: Longest label kept, characters; longer ones are cut.
LABEL_CAP = 1000
_PLACEHOLDER = re.compile(r"LABEL_(0|[1-9][0-9]*)\Z")
_INDEX = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\Z")


def read_labels(config: Mapping[str, Value]) -> tuple[list[tuple[int, str]], str | None]:
    """The labels in order of index, and how the two maps disagree, if they do.

    ``id2label`` counts; ``label2id`` where there is none. The placeholder map is no label map (DESIGN.md, typed
    columns) unless the config says that it classifies.
    """
    forward = _by_index(config.get("id2label"))
    backward = _by_label(config.get("label2id"))
    labels = forward or {index: label for label, index in backward.items()}
    if not labels:
        return [], None
    if is_placeholder(labels) and not says_classification(config):
        return [], None
    return sorted(labels.items()), _disagreement(forward, backward)


def is_placeholder(labels: Mapping[int, str]) -> bool:
    """Whether every label is ``LABEL_n`` of its own index: what libraries write when nobody named the classes."""
    for index, label in labels.items():
        found = _PLACEHOLDER.match(label)
        if found is None or int(found.group(1)) != index:
            return False
    return True


def says_classification(config: Mapping[str, Value]) -> bool:
    """Whether ``num_labels`` or a classification head anywhere in ``architectures`` speaks for placeholder labels."""
    if config.get("num_labels") is not None or config.get("_num_labels") is not None:
        return True
    names = config.get("architectures")
    if isinstance(names, str):
        names = [names]
    return isinstance(names, list) and any(isinstance(name, str) and "Classification" in name for name in names)


def _by_index(map_: Value) -> dict[int, str]:
    if isinstance(map_, list):
        return {index: label[:LABEL_CAP] for index, label in enumerate(map_) if isinstance(label, str)}
    if not isinstance(map_, dict):
        return {}
    return {
        int(key): value[:LABEL_CAP] if type(value) is str else str(value)[:LABEL_CAP]
        for key, value in map_.items()
        if _INDEX.match(key) and type(value) in (str, int, float)
    }


def _by_label(map_: Value) -> dict[str, int]:
    if not isinstance(map_, dict):
        return {}
    found = {}
    for label, index in map_.items():
        if type(index) is int and -(2**63) <= index < 2**63:
            found[label[:LABEL_CAP]] = index
        elif type(index) is str and _INDEX.match(index):
            found[label[:LABEL_CAP]] = int(index)
    return found


def _disagreement(forward: Mapping[int, str], backward: Mapping[str, int]) -> str | None:
    if not forward or not backward:
        return None
    known = forward.items()
    wrong = [label for label, index in backward.items() if (index, label) not in known]
    missing = set(forward.values()) - backward.keys()
    if not wrong and not missing:
        return None
    return f"id2label and label2id disagree on {len(missing.union(wrong))} labels"
