"""Bytes to a JSON value, with how it was read: strictly, leniently where the meaning is certain, or not at all.

Comes in: the bytes of one document. Goes out: a ``Decoded``. Never raises, never guesses: what is not JSON but for a
byte order mark, NaN and infinities, duplicate keys, comments or trailing commas is invalid, with its line.
"""

import re
import sys
from collections.abc import Callable
from itertools import count
from json import JSONDecodeError, JSONDecoder
from typing import NamedTuple

import msgspec

from harvester.extract.values import LongInt, Value

#: Longest reason kept, characters; what a document says is quoted in it.
REASON_CAP = 300
#: Most names of duplicate keys in a reason.
_NAMED_DUPLICATES = 5
#: Python refuses to convert longer digit strings (sys.int_info.default_max_str_digits).
_INT_DIGITS = sys.int_info.default_max_str_digits

#: Values of one document, keys left out. Each takes up to 400 bytes of memory and a microsecond; the largest genuine
#: document, a tokenizer with 128,000 words, has 410,000.
VALUES_CAP = 500_000
#: Steps in search of comments and trailing commas; what is no JSON after so many is invalid.
_EXTRAS_CAP = 1_000_000
#: Levels of nesting read; genuine configs stay below 20.
MAX_DEPTH = 500
_BRACKET = re.compile(r'["\[\]{}]')
_POINTER = b"version https://git-lfs.github.com/spec/"
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |\r?$)", re.MULTILINE)
_NOTABLE = re.compile(r'["/#,\]}]')
#: possessive, so that a hostile string costs no memory and is looked at once
_STRING_REST = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_NEWLINE = re.compile(r"[^\r\n]")
_BLANK = re.compile(r"[ \t\n\r]*")
_PYTHON_WORD = re.compile(r"(?:True|False|None)\b")


class Decoded(NamedTuple):
    """What was read: ``status`` is ok, lenient, invalid or oversized; ``reason`` says why it is not ok."""

    status: str
    reason: str | None
    value: Value = None
    #: the value may contain a lone surrogate or a ``LongInt``, so it must be written with care
    unusual: bool = False


class _Notes:
    """What the decoder met on its way that strict JSON does not know."""

    __slots__ = ("constants", "duplicates", "long_integers")

    def __init__(self) -> None:
        self.long_integers = False
        self.duplicates: dict[str, None] = {}
        self.constants: dict[str, None] = {}

    def object(self, pairs: list[tuple[str, Value]]) -> Value:
        """Build an object; the last of several equal keys wins."""
        value = dict(pairs)
        if len(value) != len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen and len(self.duplicates) <= _NAMED_DUPLICATES:
                    self.duplicates[key] = None
                seen.add(key)
        return value

    def constant(self, word: str) -> float:
        """Read NaN, Infinity or -Infinity."""
        self.constants[word] = None
        return float(word)


#: Decodes what is strict JSON without lone surrogates and without numbers beyond double or 4,300 digits, in half the
#: time of the standard decoder; it refuses all else, but hides duplicate keys.
_quick = msgspec.json.Decoder().decode


def decode(data: bytes) -> Decoded:
    """Read one document. Cost is linear in ``len(data)``.

    Any nesting that Python's own decoder takes is read: at least ``MAX_DEPTH`` levels from an ordinary stack.
    """
    if too_many_values(data):
        return Decoded("oversized", f"more than {VALUES_CAP} values")
    colons = data.count(b":")
    if data.count(b'":') == colons:  # else a colon is in a string, or after a blank, and the proof below fails
        try:
            value = _quick(data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
        else:
            # Each member of an object spends one colon: as many members left as colons means no key came twice.
            if _members(value) == colons:
                return Decoded("ok", None, value)
    return _decode_with_notes(data)


def too_many_values(data: bytes) -> bool:
    """Whether a document has more values than ``VALUES_CAP``, before any is made: each follows a comma or a bracket."""
    if len(data) <= VALUES_CAP or _openings(data) <= VALUES_CAP:
        return False
    # Commas in strings open nothing.
    return data.count(b'"') > 4 * VALUES_CAP or _openings(_TEXT.sub(b"", data)) > VALUES_CAP


def _openings(data: bytes) -> int:
    return data.count(b",") + data.count(b"[") + data.count(b"{")


_NESTED = frozenset((dict, list))


def _members(root: Value) -> int:
    """The members of all objects in ``root``."""
    count = 0
    stack = [root]
    while stack:
        value = stack.pop()
        if type(value) is dict:
            count += len(value)
            stack += [item for item in value.values() if type(item) in _NESTED]
        elif type(value) is list:
            stack += [item for item in value if type(item) in _NESTED]
    return count


def _decode_with_notes(data: bytes) -> Decoded:
    """Read with the standard decoder what the quick one did not take, and say why."""
    trouble = _not_text(data)
    if trouble is not None:
        return _invalid(trouble)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _invalid(f"line {line}: byte 0x{data[error.start]:02x} is not UTF-8")
    how: list[str] = []
    if text.startswith("\ufeff"):
        text = text[1:]
        how.append("byte order mark")
    if not text.strip(" \t\r\n"):
        return _invalid("line 1: empty file")
    notes = _Notes()
    try:
        value = _scan(text, notes)
    except RecursionError:
        return _invalid(too_deep(data))
    except JSONDecodeError as error:
        conflict = _CONFLICT.search(text)
        if conflict is not None:
            return _invalid(f"line {_line(text, conflict.start())}: merge conflict marker")
        plain, blanked = _blank_extras(text)
        if not blanked:
            return _invalid(_explain(text, error))
        how += blanked
        notes = _Notes()
        try:
            value = _scan(plain, notes)
        except RecursionError:
            return _invalid(too_deep(data))
        except JSONDecodeError as second:
            return _invalid(_explain(plain, second))
    if notes.constants:
        how.append("numbers unknown to JSON: " + ", ".join(notes.constants))
    if notes.duplicates:
        names = list(notes.duplicates)
        more = ", ..." if len(names) > _NAMED_DUPLICATES else ""
        how.append("duplicate keys: " + ", ".join(name[:60] for name in names[:_NAMED_DUPLICATES]) + more)
    unusual = notes.long_integers or b"\\ud" in data or b"\\uD" in data
    return Decoded("lenient" if how else "ok", _printable("; ".join(how)) if how else None, value, unusual)


def _not_text(data: bytes) -> str | None:
    """Recognise bytes that are no UTF-8 JSON at all."""
    if data.startswith(_POINTER):
        return "line 1: a Git LFS pointer instead of the document"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        return "line 1: UTF-16 or UTF-32, not UTF-8"
    return None


def _scan(text: str, notes: _Notes) -> Value:
    """Decode the one value of ``text``; raises JSONDecodeError, RecursionError."""
    try:
        return _scan_with(text, notes, None)
    except JSONDecodeError:
        raise
    except ValueError:
        notes.long_integers = True
        return _scan_with(text, notes, _long_int)


def _scan_with(text: str, notes: _Notes, parse_int: Callable[[str], int | LongInt] | None) -> Value:
    decoder = JSONDecoder(object_pairs_hook=notes.object, parse_constant=notes.constant, parse_int=parse_int)
    value: Value
    value, end = decoder.raw_decode(text, _BLANK.match(text).end())  # type: ignore[union-attr]
    end = _blank_end(text, end)
    if end != len(text):
        raise JSONDecodeError("Extra data", text, end)
    return value


def _long_int(digits: str) -> int | LongInt:
    """An int, or its text where Python refuses to convert it."""
    return int(digits) if len(digits) < _INT_DIGITS else LongInt(digits)


def _blank_extras(text: str) -> tuple[str, list[str]]:
    """Overwrite comments and trailing commas with spaces, so that positions and lines stay; say which were met."""
    spans: list[tuple[int, int]] = []
    position = 0
    comma = -1  # a comma that no value has followed yet
    last = ""  # the last character that is neither blank nor in a comment
    met: dict[str, None] = {}
    for step in count():
        found = _NOTABLE.search(text, position)
        if step > _EXTRAS_CAP:
            return text, []
        if found is None:
            break
        start = found.start()
        gap = text[position:start].rstrip(" \t\r\n")
        if gap:
            last = gap[-1]
            comma = -1
        character = text[start]
        position_before, position = position, start + 1
        if character in "/#":
            stop = _comment_end(text, start)
            if stop is None:
                break
            if spans and spans[-1][1] == position_before and not gap:
                spans[-1] = (spans[-1][0], stop)
            else:
                spans.append((start, stop))
            position = stop
            met["comments"] = None
            continue
        if character == ",":
            comma = start if last not in ("", "[", "{", ",") else -1
        elif character == '"':
            position = _STRING_REST.match(text, position).end()  # type: ignore[union-attr]
            comma = -1
        elif comma >= 0:
            spans.append((comma, comma + 1))
            met["trailing commas"] = None
            comma = -1
        last = character
    parts: list[str] = []
    copied = 0
    for start, stop in sorted(spans):
        parts += (text[copied:start], _NO_NEWLINE.sub(" ", text[start:stop]))
        copied = stop
    parts.append(text[copied:])
    return "".join(parts), list(met)


def _comment_end(text: str, start: int) -> int | None:
    """Where the comment that begins at ``start`` ends (its newline stays out), or None if there is none."""
    if text.startswith("/*", start):
        end = text.find("*/", start + 2)
        return None if end < 0 else end + 2
    if text[start] == "#" or text.startswith("//", start):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    return None


def _explain(text: str, error: JSONDecodeError) -> str:
    """Describe the text at which the decoder stopped."""
    at = error.pos
    character = text[at : at + 1]
    where = f"line {_line(text, at)}: "
    if error.msg == "Extra data":
        if character in '{["':
            return where + "a second document begins"
        return where + f"text after the document: {_quote(text, at)}"
    if error.msg.startswith("Unterminated string") or not text[at:].strip(" \t\r\n"):
        return f"line {_line(text, len(text))}: truncated"
    if character == "'":
        return where + "single quotes"
    word = _PYTHON_WORD.match(text, at)
    if word is not None:
        return where + f"Python literal {word.group()}"
    if error.msg.startswith("Invalid control character"):
        return where + f"control character U+{ord(character):04X} in a string"
    if error.msg.startswith("Invalid \\"):
        return where + "invalid escape in a string"
    return where + f"not JSON at {_quote(text, at)}"


def _blank_end(text: str, start: int) -> int:
    """Where the white space that begins at ``start`` ends."""
    found = _BLANK.match(text, start)
    return found.end() if found else start


def too_deep(data: bytes) -> str:
    """The reason of a document that is nested deeper than ``MAX_DEPTH``, with the line where it is."""
    text = data.decode("utf-8", "replace")
    depth = position = 0
    while depth <= MAX_DEPTH and (found := _BRACKET.search(text, position)):
        position = found.end()
        if found.group() == '"':
            position = _STRING_REST.match(text, position).end()  # type: ignore[union-attr]
        else:
            depth += 1 if found.group() in "[{" else -1
    return f"line {_line(text, position)}: nested deeper than {MAX_DEPTH} levels"


def _quote(text: str, at: int) -> str:
    return repr(text[at : at + 20].split("\n")[0])


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _invalid(reason: str) -> Decoded:
    return Decoded("invalid", _printable(reason))


def _printable(reason: str) -> str:
    """The reason as valid UTF-8 of bounded length."""
    return reason[:REASON_CAP].encode("utf-8", "backslashreplace").decode()
