"""A JSON value to its leaves: a field path, a type, a JSON text and a number for each.

Comes in: a decoded value. Goes out: ``Flattened``. Iterative, so nesting is bounded by ``MAX_DEPTH`` and not by the
stack; cost is linear in the document but for field paths, whose sum ``PATHS_CAP`` bounds.
"""

import re
from collections.abc import Iterable, Iterator
from hashlib import md5
from json import JSONEncoder
from json.encoder import encode_basestring

from harvester.extract.lenient import MAX_DEPTH, decode
from harvester.extract.values import Flattened, Leaf, LongInt, Value

#: Longest JSON text of one leaf, bytes of UTF-8; above it the value is NULL and the document's bytes are kept.
VALUE_CAP = 64 * 1024
#: Leaves of one document; beyond it the document is oversized. The largest genuine one, a tokenizer with its words,
#: has some 130,000; each takes up to 400 bytes until it is stored.
LEAVES_CAP = 250_000
#: Characters of field paths of nested containers, all leaves together; beyond it the document is oversized.
PATHS_CAP = 16 * 1024 * 1024

#: Fields that are label maps, at any depth, as a regular expression.
LABEL_MAPS = r"(^|\.)(id2label|label2id)$"
_LABEL_MAPS = frozenset(("id2label", "label2id"))
_NESTED_LABEL_MAPS = (".id2label", ".label2id")
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INFINITY = float("inf")
_encode = JSONEncoder(ensure_ascii=False, check_circular=False).encode


class TooLarge(Exception):
    """The value has more leaves than ``LEAVES_CAP``, or longer field paths than ``PATHS_CAP`` characters."""


class TooDeep(Exception):
    """The value is nested deeper than ``MAX_DEPTH``."""


def flatten(root: Value, *, unusual: bool = True, cap: int = VALUE_CAP) -> Flattened:
    """The leaves of ``root`` in document order. ``unusual=False`` promises no lone surrogate and no ``LongInt`` inside.

    A root that is itself a leaf has the field ''; a text above ``cap`` bytes is left out. Raises TooDeep, TooLarge.
    """
    # Characters that fit the cap whatever they are: UTF-8 takes at most four bytes each.
    sure = cap // 4
    leaves: list[Leaf] = []
    add = leaves.append
    text = _careful_text if unusual else encode_basestring
    dump = _careful_dump if unusual else _dump
    keep_bytes = False
    objects_inside = arrays_with_objects(root, 0) if type(root) is list else set()
    path_characters = 0
    # The root is the only entry of a first frame, as if it were an item without a name.
    entries: Iterator[tuple[str, Value]] = iter((("", root),))
    prefix, in_array = "", True
    stack: list[tuple[Iterator[tuple[str, Value]], str, bool]] = []
    while True:
        for key, value in entries:
            if (key.isidentifier() and key.isascii()) or in_array or _PLAIN_KEY.match(key):
                field = prefix + key
            else:
                field = prefix + text(key)
            kind = type(value)
            if kind is int:
                try:
                    add((field, "integer", f"{value!r}", value + 0.0))  # as repr() and float(), without their calls
                except OverflowError:
                    add((field, "integer", repr(value), _INFINITY if value > 0 else -_INFINITY))
                continue
            if kind is str:
                written = text(value)
                if len(written) > sure and len(written.encode()) > cap:
                    add((field, "string", None, None))
                    keep_bytes = True
                else:
                    add((field, "string", written, None))
                continue
            if value is None:
                add((field, "null", "null", None))
                continue
            if value is False:
                add((field, "boolean", "false", None))
                continue
            if value is True:
                add((field, "boolean", "true", None))
                continue
            if kind is float:
                add((field, "number", f"{value!r}" if value * 0.0 == 0.0 else _not_finite(value), value))
                continue
            if kind is LongInt:
                negative = value.digits.startswith("-")
                add((field, "integer", value.digits, -_INFINITY if negative else _INFINITY))
                continue
            if kind is dict:
                name = "object"
                if not value:
                    add((field, name, "{}", None))
                    continue
                if not (field in _LABEL_MAPS or field.endswith(_NESTED_LABEL_MAPS)):
                    stack.append((entries, prefix, in_array))
                    entries, prefix, in_array = iter(value.items()), field and field + ".", False
                    path_characters += len(prefix) * len(value)
                    break
                if not _SCALARS.issuperset(map(type, value.values())):
                    check_depth(value, len(stack))
            else:
                name = "array"
                if not value:
                    add((field, name, "[]", None))
                    continue
                kinds = set(map(type, value))
                if list in kinds and not in_array:
                    objects_inside |= arrays_with_objects(value, len(stack))
                if dict in kinds or id(value) in objects_inside:
                    stack.append((entries, prefix, in_array))
                    entries, prefix, in_array = _items(value), field, True
                    path_characters += len(prefix) * len(value)
                    break
            written = dump(value)
            if len(written) > sure and len(written.encode()) > cap:
                add((field, name, None, None))
                keep_bytes = True
            else:
                add((field, name, written, None))
        else:
            if not stack:
                return Flattened(leaves, keep_bytes)
            entries, prefix, in_array = stack.pop()
            continue
        if len(stack) > MAX_DEPTH:
            raise TooDeep
        if path_characters > PATHS_CAP or len(leaves) + len(value) > LEAVES_CAP:
            raise TooLarge


def large_leaves(data: bytes) -> list[tuple[str, str]]:
    """The leaves of a readable document whose text is above ``VALUE_CAP``: field and a digest of the text.

    A label map's digest does not depend on the order of its keys.
    """
    decoded = decode(data)
    found = []
    for field, kind, value, _ in flatten(decoded.value, unusual=decoded.unusual, cap=len(data) * 8 + 64).leaves:
        if value is None or len(value) <= VALUE_CAP // 4 or len(value.encode()) <= VALUE_CAP:
            continue
        if kind == "object":
            held = decode(value.encode()).value
            value = "".join(sorted(f"{_careful_text(key)}:{_careful_dump(held[key])}\n" for key in held))
        found.append((field, md5(value.encode(), usedforsecurity=False).hexdigest()))
    return found


_SCALARS = frozenset((str, int, float, bool, type(None), LongInt))


def _items(values: Iterable[Value]) -> Iterator[tuple[str, Value]]:
    return ((f"[{index}]", value) for index, value in enumerate(values))


def arrays_with_objects(root: list[Value], depth: int) -> set[int]:
    """The ids of ``root`` and of the arrays nested in it that contain an object at any depth; raises TooDeep."""
    found: set[int] = set()
    level = [root]
    nested: list[tuple[list[Value], list[Value]]] = []
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise TooDeep
        below = []
        for array in level:
            for item in array:
                kind = type(item)
                if kind is dict:
                    found.add(id(array))
                elif kind is list:
                    nested.append((array, item))
                    below.append(item)
        level = below
    for outer, inner in reversed(nested):
        if id(inner) in found:
            found.add(id(outer))
    return found


def check_depth(root: Value, depth: int = 0) -> None:
    """Raise TooDeep if ``root``, standing ``depth`` levels deep, goes below ``MAX_DEPTH``."""
    level = [root]
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise TooDeep
        level = [
            item
            for value in level
            for item in (value.values() if type(value) is dict else value)
            if type(item) is dict or type(item) is list
        ]


def _not_finite(value: float) -> str:
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def _dump(value: Value) -> str:
    """JSON text of an array or a label map."""
    if type(value) is list:
        kinds = set(map(type, value))
        if kinds == _TEXTS:
            return "[" + ", ".join(map(encode_basestring, value)) + "]"
        if kinds <= _NUMBERS:
            written = repr(value)
            if "n" not in written:  # neither nan nor inf: Python writes a list of numbers as JSON does
                return written
    return _encode(value)


_TEXTS = {str}
_NUMBERS = {int, float}


def _careful_text(value: str) -> str:
    """JSON text of a string that may contain lone surrogates: they stay escaped, so that the text is valid UTF-8."""
    return _escape_surrogates(encode_basestring(value))


def _escape_surrogates(written: str) -> str:
    return written if written.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", written)


def _careful_dump(value: Value) -> str:
    """JSON text of an array or label map that may contain lone surrogates or a ``LongInt``."""
    try:
        return _escape_surrogates(_dump(value))
    except TypeError:
        return _escape_surrogates("".join(_pieces(value)))


def _pieces(root: Value) -> Iterator[str]:
    """The pieces of the JSON text of ``root``, written without recursion and with each ``LongInt`` as written."""
    stack: list[tuple[Iterator[tuple[str, Value]], str]] = []
    entries: Iterator[tuple[str, Value]] = iter((("", root),))
    closer, separator = "", ""
    while True:
        for label, value in entries:
            yield separator + label
            separator = ", "
            if type(value) is dict:
                stack.append((entries, closer))
                entries = iter([(encode_basestring(key) + ": ", item) for key, item in value.items()])
                closer, separator = "}", ""
                yield "{"
                break
            if type(value) is list:
                stack.append((entries, closer))
                entries, closer, separator = iter([("", item) for item in value]), "]", ""
                yield "["
                break
            yield value.digits if type(value) is LongInt else _encode(value)
        else:
            yield closer
            if not stack:
                return
            entries, closer = stack.pop()
            separator = ", "
