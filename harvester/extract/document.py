"""One document whole: bytes in; status, leaves, typed columns and labels out. Pure, and never raises."""

from typing import NamedTuple

from harvester.extract.config.read import read_typed
from harvester.extract.flatten import LEAVES_CAP, TooDeep, TooLarge, flatten
from harvester.extract.kinds import kind_of
from harvester.extract.labels import read_labels
from harvester.extract.lenient import decode, too_deep
from harvester.extract.settings import decode_yaml
from harvester.extract.values import Leaf

#: Largest document read, bytes. huggingface.js refuses a config.json above 10 MB; the largest genuine one is 1.2 MB.
#: Reading the most hostile document of this size takes 250 MB and 3 seconds on one core: it is no more than
#: ``lenient.VALUES_CAP`` values, ``flatten.LEAVES_CAP`` leaves and ``flatten.PATHS_CAP`` characters of paths.
SIZE_CAP = 10 * 1024 * 1024


__all__ = ["SIZE_CAP", "Extracted", "Leaf", "extract_document"]


class Extracted(NamedTuple):
    """The extracted contents of a document.

    ``status`` is ok, lenient, invalid, not_object or oversized; ``typed`` has the columns of ``CONFIG_COLUMNS`` that
    are not NULL; ``keep_bytes`` if a leaf is too large to be stored separately.
    """

    status: str
    reason: str | None
    leaves: list[Leaf]
    typed: dict[str, object]
    labels: list[tuple[int, str]]
    keep_bytes: bool


def extract_document(path: str, data: bytes) -> Extracted:
    """Read the document at ``path``; the result depends on its bytes and ``kind_of(path)`` alone."""
    if len(data) > SIZE_CAP:
        return _unread("oversized", f"{len(data)} bytes, the cap is {SIZE_CAP}")
    kind = kind_of(path)
    decoded = decode_yaml(data) if kind.yaml else decode(data)
    if decoded.status in ("invalid", "oversized"):
        return _unread(decoded.status, decoded.reason)
    root = decoded.value
    if kind.must_be_object and type(root) is not dict:
        return _unread("not_object", f"top level is {_WORDS.get(type(root), 'a number')}")
    try:
        flat = flatten(root, unusual=decoded.unusual)
    except TooDeep:
        return _unread("invalid", too_deep(data))
    except TooLarge:
        return _unread("oversized", f"more than {LEAVES_CAP} leaves, or too long field paths")
    typed = read_typed(kind.name, root)
    rows: list[tuple[int, str]] = []
    if type(root) is dict and kind.has_labels:
        labels = read_labels(root)
        rows = labels.rows
        if labels.count is not None:
            typed["num_labels"] = labels.count
        if labels.disagreement is not None:
            typed["labels_disagree"] = labels.disagreement
    return Extracted(decoded.status, decoded.reason, flat.leaves, typed, rows, flat.keep_bytes)


def _unread(status: str, reason: str | None) -> Extracted:
    return Extracted(status, reason, [], {}, [], False)


_WORDS: dict[type, str] = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
