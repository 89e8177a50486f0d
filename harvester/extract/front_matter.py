"""Reads YAML front matter of untrusted text into plain values.

PyYAML's parser only splits the text into events; the values are made here, so that no tag is ever executed, aliases
cannot grow without bound, and strings stay strings: ``no`` is Norwegian, ``2024-01-01`` is text, ``1.10`` keeps its
zero.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import yaml

#: A value of front matter: str, bool, None, Number, list, dict (keys are text). Harvested, so look before you use.
Yaml = Any

#: Front matter above this is not read; the largest genuine ones (results of 100 benchmarks) take some 300 kB.
MAX_BYTES = 4 * 1024 * 1024
#: Characters of all values, 16 more for each value, what aliases repeat counted each time.
MAX_EXPANDED = 2 * MAX_BYTES
#: Values, keys included, what is empty too: some 8 microseconds each. The largest genuine ones hold some 60,000.
MAX_VALUES = 250_000
#: Levels of nesting; ``model-index`` needs 8.
MAX_DEPTH = 40

_PARSER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,308})(?:\.[0-9]{1,308})?(?:[eE][-+]?[0-9]{1,4})?")
#: Digits may be parted by ``_``, as the Hub's own parser has it (``emissions: 24_700_000``); none ends in one.
_YAML_NUMBER = re.compile(
    r"[-+]?(?:\.[0-9]{1,308}|[0-9][0-9_]{0,307}(?<!_)(?:\.[0-9]{0,308})?)(?:[eE][-+]?[0-9]{1,4})?"
)
#: JSON may contain half a surrogate pair; UTF-8, and so Parquet, may not.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
#: Line breaks of YAML 1.1 that are plain characters in YAML 1.2, which the Hub reads.
_OLD_BREAKS = re.compile("[\x85\u2028\u2029]")
#: White space before nothing or a comment; half of it tabs, which libyaml refuses and the Hub's reader does not.
_TABBED = re.compile(r"^[ \t]++(?=#|\r?$)", re.MULTILINE)
#: A character above U+FFFF as JSON writes it.
_PAIR = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE)
_CORE_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))
_TEXT_TAG = "tag:yaml.org,2002:str"


class FrontMatterError(Exception):
    """Front matter that cannot be read; ``line`` counts from 1 in the text that was parsed."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Number:
    """A number that remembers how it was written: ``1.10`` is a version as often as a value."""

    text: str

    @property
    def value(self) -> float:
        """The number as a double; infinite where it is too large for one."""
        return float(self.text.replace("_", ""))

    @property
    def json(self) -> str:
        """A JSON literal that keeps every digit, where JSON has one."""
        plain = self.text.replace("_", "").removeprefix("+")
        if _JSON_NUMBER.fullmatch(plain):
            return plain
        return repr(self.value) if isfinite(self.value) else json.dumps(self.text)


@dataclass(frozen=True, slots=True)
class Parsed:
    """The value, and what was odd about the text though it could be read (None: nothing)."""

    value: Yaml
    oddity: str | None
    oddity_line: int | None = None


def parse(text: str) -> Parsed:
    """Read one YAML document. Raises FrontMatterError, and nothing else.

    Only ``true`` and ``false`` are booleans, dates stay text, an unknown tag is an error. Of equal keys the last counts
    and is reported. ``.nan`` and ``.inf`` stay text. ``<<`` merges the mappings it names. What the Hub's reader accepts
    and libyaml does not (tabs on empty lines, characters escaped as in JSON) is read, and reported.
    """
    if len(text) > MAX_BYTES:
        raise FrontMatterError(1, f"longer than {MAX_BYTES} characters")
    text = _OLD_BREAKS.sub(" ", text)
    try:
        return _parsed(text)
    except FrontMatterError as error:
        corrected = _PAIR.sub(_joined, _TABBED.sub(_untabbed, text))
        if corrected == text:
            raise
        return Parsed(_parsed(corrected).value, f"{error.reason}; corrected", error.line)


def _untabbed(blank: re.Match[str]) -> str:
    return "" if "\t" in blank[0] else blank[0]


def _joined(pair: re.Match[str]) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"


def _parsed(text: str) -> Parsed:
    try:
        return _build(yaml.parse(text, Loader=_PARSER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(part for part in (error.context, error.problem) if part)
        raise FrontMatterError((mark.line if mark else 0) + 1, problem) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise FrontMatterError(line, f"a character YAML does not allow: U+{_code(error.character):04X}") from None
    except (yaml.YAMLError, ValueError, UnicodeError) as error:
        raise FrontMatterError(1, f"cannot be read: {error}") from None


def _code(character: object) -> int:
    if isinstance(character, int):
        return character
    return ord(character[0]) if isinstance(character, str) and character else 0


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    value: list[Yaml] | dict[str, Yaml]
    anchor: str | None
    before: int
    key: str | None = None
    has_key: bool = False


def _build(events: Iterator[Any]) -> Parsed:
    """Make the value from the events, without recursion; ``size`` bounds the time and memory of all that follows."""
    anchors: dict[str, tuple[Yaml, int]] = {}
    stack: list[_Open] = []
    root: list[Yaml] = []
    size = values = 0
    oddity: tuple[int, str] | None = None
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event, line)
            size += len(event.value) + 16
            if event.anchor:
                anchors[event.anchor] = (value, len(event.value) + 16)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise FrontMatterError(line, f"alias *{event.anchor} of nothing that came before")
            value, repeated = anchors[event.anchor]
            size += repeated
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            if event.tag and event.tag not in _CORE_TAGS:
                raise FrontMatterError(line, f"tag {event.tag} is not allowed")
            if len(stack) == MAX_DEPTH:
                raise FrontMatterError(line, f"more than {MAX_DEPTH} levels")
            stack.append(_Open([] if isinstance(event, yaml.SequenceStartEvent) else {}, event.anchor, size))
            size += 16
            continue
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            closed = stack.pop()
            value = _merged(closed.value) if "<<" in closed.value else closed.value
            if closed.anchor:
                anchors[closed.anchor] = (value, size - closed.before)
        elif isinstance(event, yaml.DocumentStartEvent) and root:
            raise FrontMatterError(line, "a second document begins")
        else:
            continue
        values += 1
        if values > MAX_VALUES:
            raise FrontMatterError(line, f"too large: {MAX_VALUES} values passed")
        if size > MAX_EXPANDED:
            raise FrontMatterError(line, f"too large: {MAX_EXPANDED} characters passed, aliases written out")
        oddity = _place(value, stack, root, line) or oddity
    value = root[0] if root else None
    return Parsed(value, oddity[1], oddity[0]) if oddity else Parsed(value, None)


def _merged(value: list[Yaml] | dict[str, Yaml]) -> list[Yaml] | dict[str, Yaml]:
    """A mapping with what ``<<`` names below its own keys; of several the first counts. Costs what ``size`` counted."""
    if isinstance(value, list):
        return value
    named = value["<<"] if isinstance(value["<<"], list) else [value["<<"]]
    if not all(isinstance(one, dict) for one in named):
        return value
    merged: dict[str, Yaml] = {key: item for one in reversed(named) for key, item in one.items()}
    return {**merged, **{key: item for key, item in value.items() if key != "<<"}}


def _place(value: Yaml, stack: list[_Open], root: list[Yaml], line: int) -> tuple[int, str] | None:
    """Put a finished value in its place; report a duplicate key."""
    if not stack:
        root.append(value)
        return None
    top = stack[-1]
    if isinstance(top.value, list):
        top.value.append(value)
    elif not top.has_key:
        if isinstance(value, (list, dict)):
            raise FrontMatterError(line, "a list or mapping as a key")
        top.key, top.has_key = text_of(value) or "", True
    else:
        key, top.has_key = top.key or "", False
        repeated = key in top.value
        top.value[key] = value
        return (line, f"the key {key[:80]!r} is there twice, the last counts") if repeated else None
    return None


def _scalar(event: Any, line: int) -> Yaml:
    text: str = event.value
    if event.tag and event.tag not in _CORE_TAGS and event.tag != "!":
        raise FrontMatterError(line, f"tag {event.tag} is not allowed")
    if not event.implicit[0] or event.tag in (_TEXT_TAG, "!"):
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    return Number(text) if _YAML_NUMBER.fullmatch(text) else text


def text_of(value: Yaml) -> str | None:
    """A scalar as the text that was written (``True`` as ``true``); None for null, lists and mappings."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        # Python refuses to write out integers of thousands of digits.
        return str(value) if abs(value) < 1 << 4096 else None
    return str(value) if isinstance(value, float) else None


def to_json(value: Yaml) -> str:
    """The value as JSON text, numbers as they were written. Takes what ``parse`` makes or decoded JSON."""
    written: list[str] = []
    _write(value, written, 0)
    return _LONE_SURROGATE.sub("\ufffd", "".join(written))


def excerpt(value: Yaml, cap: int) -> str:
    """The first ``cap`` characters of the JSON text, at a cost that does not grow with the rest of it."""
    written: list[str] = []
    _write(value, written, 0, cap)
    return _LONE_SURROGATE.sub("\ufffd", "".join(written)[:cap])


def _write(value: Yaml, written: list[str], depth: int, most: int = sys.maxsize) -> None:
    """Append the pieces of the JSON text, ``most`` of them or a few more; each has a character at least."""
    if len(written) > most:
        return
    if depth > MAX_DEPTH:
        written.append("null")
    elif isinstance(value, dict):
        opening = "{"
        for key, item in value.items():
            written.append(opening + json.dumps(str(key)[:most], ensure_ascii=False) + ": ")
            _write(item, written, depth + 1, most)
            opening = ", "
            if len(written) > most:
                return
        written.append("}" if value else "{}")
    elif isinstance(value, list):
        opening = "["
        for item in value:
            written.append(opening)
            _write(item, written, depth + 1, most)
            opening = ", "
            if len(written) > most:
                return
        written.append("]" if value else "[]")
    elif isinstance(value, Number):
        written.append(value.json)
    elif isinstance(value, float) and not isfinite(value):
        written.append(json.dumps(str(value)))
    elif isinstance(value, int) and not isinstance(value, bool):
        written.append(text_of(value) or "null")
    else:
        written.append(json.dumps(value[:most] if isinstance(value, str) else value, ensure_ascii=False))
