"""What a step between two documents did to their label maps: rows label by label.

Comes in: the leaves ``id2label`` and ``label2id`` of two documents, at any depth. Goes out: ``MapChange`` rows. Pure.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harvester.extract.labels import is_number, is_placeholder, labels_by_index, labels_by_label
from harvester.extract.lenient import decode
from harvester.extract.values import LongInt, Value


@dataclass(frozen=True, slots=True)
class MapLeaf:
    """One label map as a leaf: its field, JSON type and JSON text (None: too large, compared by ``digest``)."""

    field: str
    type: str
    value: str | None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class MapChange:
    """One row of `changes`: of kind label, or of kind config where a map changed and no label did.

    ``field`` of a label is its class index, after the path of the sub-model that has the map. ``noise``: placeholders
    that a library wrote or left out.
    """

    kind: str
    field: str
    change: str
    old: str | None
    new: str | None
    noise: bool = False


@dataclass(frozen=True, slots=True)
class LabelSide:
    """The label maps of one document, and the rows of `labels` that were read out of it (its outermost map)."""

    leaves: tuple[MapLeaf, ...]
    labels: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Maps:
    """The two maps of one (sub-)model, both as class index to label; ``counted``: `labels` has them."""

    forward: Mapping[int, str]
    backward: Mapping[int, str]
    counted: bool

    @property
    def labels(self) -> Mapping[int, str]:
        return self.forward or self.backward


def label_changes(old: LabelSide, new: LabelSide) -> Iterator[MapChange]:
    """Yield what changed, in the order of fields and class indices.

    The labels are those of ``id2label``, else of ``label2id``; if they are equal and only ``label2id`` changed, its
    changes are reported. Every other difference of a map is a config row, so that nothing is silent.
    """
    before, after = ({leaf.field: leaf for leaf in side.leaves} for side in (old, new))
    models: dict[str, None] = {}
    for field in [*before, *after]:
        models[field.rpartition(".")[0]] = None
    for prefix in sorted(models):
        names = [f"{prefix}." * bool(prefix) + name for name in ("id2label", "label2id")]
        sides = [_maps(leaves, names, side) for leaves, side in ((before, old), (after, new))]
        rows = list(_labels(prefix, *sides))
        yield from rows
        if rows:
            continue
        for name in names:
            was, is_ = before.get(name), after.get(name)
            if was is None or is_ is None:
                if was is not None:
                    yield MapChange("config", name, "removed", was.value, None)
                elif is_ is not None:
                    yield MapChange("config", name, "added", None, is_.value)
            elif (was.type, _canonical(was)) != (is_.type, _canonical(is_)):
                yield MapChange("config", name, "changed", was.value, is_.value)


def _labels(prefix: str, before: _Maps, after: _Maps) -> Iterator[MapChange]:
    old, new = before.labels, after.labels
    if old == new and before.backward and after.backward:
        old, new = before.backward, after.backward
    # Labels that are left out have no meaning: a library adds or removes them automatically.
    noise = is_placeholder(old) and is_placeholder(new) and not before.counted and not after.counted
    kept = set(old.values()) & set(new.values())
    for index in sorted(old.keys() | new.keys()):
        was, is_ = old.get(index), new.get(index)
        if was == is_:
            continue
        if was is None or is_ is None:
            change = "added" if was is None else "removed"
        else:
            change = "permuted" if was in kept and is_ in kept else "changed"
        # One placeholder for another names nothing; one more, of a model that classifies, is another class.
        renumbered = was is not None and is_ is not None and is_number(was) and is_number(is_)
        yield MapChange("label", f"{prefix}." * bool(prefix) + str(index), change, was, is_, noise or renumbered)


def _maps(leaves: Mapping[str, MapLeaf], names: list[str], side: LabelSide) -> _Maps:
    forward, backward = leaves.get(names[0]), leaves.get(names[1])
    outermost = names[0] == "id2label"
    by_index = labels_by_index(_value(forward))
    if outermost and forward is not None and forward.value is None and forward.type in ("object", "array"):
        by_index = dict(side.labels)
    by_label = {index: label for label, index in labels_by_label(_value(backward)).items()}
    return _Maps(by_index, by_label, outermost and bool(side.labels))


def _value(leaf: MapLeaf | None) -> Value:
    return None if leaf is None or leaf.value is None else decode(leaf.value.encode()).value


def _canonical(leaf: MapLeaf) -> str | None:
    """The map's text whatever the order of its keys."""
    if leaf.value is None or leaf.type != "object":
        return leaf.value or leaf.digest
    return json.dumps(_value(leaf), sort_keys=True, default=_digits)


def _digits(value: LongInt) -> str:
    return value.digits
