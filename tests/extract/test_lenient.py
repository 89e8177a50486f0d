"""Which bytes are read, how, and what is said of those that are not."""

import json
from json import JSONDecodeError

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.extract.lenient import decode

CONFIG = '{\n  "model_type": "llama",\n  "hidden_size": 4096\n}'

LENIENT = {
    "byte order mark": (b"\xef\xbb\xbf" + CONFIG.encode(), "byte order mark"),
    "NaN": (b'{"a": NaN}', "numbers unknown to JSON: NaN"),
    "infinities": (
        b'{"time_step_limit": [0.0, Infinity], "b": -Infinity}',
        "numbers unknown to JSON: Infinity, -Infinity",
    ),
    "duplicate keys": (b'{"a": 1, "b": 2, "a": 3}', "duplicate keys: a"),
    "nested duplicate keys": (b'{"a": {"b": 1, "b": 1}}', "duplicate keys: b"),
    "line comment": (b'{"a": 1 // the first\n}', "comments"),
    "comment before all": (b"// note\n" + CONFIG.encode(), "comments"),
    "comment after all": (CONFIG.encode() + b"\n# end", "comments"),
    "block comment": (b'{"a": /* or\n 2 */ 1}', "comments"),
    "hash comment": (b'{"a": 1 # the first\n}', "comments"),
    "trailing comma": (b'{"a": [1, 2,], "b": 3,\n}', "trailing commas"),
    "trailing comma before a comment": (b'{"a": 1, // last\n}', "comments; trailing commas"),
    "everything": (
        b'\xef\xbb\xbf{"a": NaN, "a": 1, /* x */}',
        "byte order mark; comments; trailing commas; numbers unknown to JSON: NaN; duplicate keys: a",
    ),
}
INVALID = {
    "single quotes": (b"{\n'a': 1}", "line 2: single quotes"),
    "Python True": (b'{"a": 1,\n "b": True}', "line 2: Python literal True"),
    "Python None": (b'{"a": None}', "line 1: Python literal None"),
    "UTF-16 little endian": (CONFIG.encode("utf-16"), "line 1: UTF-16 or UTF-32"),
    "UTF-16 without mark": (CONFIG.encode("utf-16-be"), "line 1: UTF-16 or UTF-32"),
    "bad byte": (b'{"a": 1,\n"b": "\xa5"}', "line 2: byte 0xa5 is not UTF-8"),
    "encoded surrogate": (b'{"b": "\xed\xa0\x80"}', "line 1: byte 0xed is not UTF-8"),
    "conflict markers": (b'<<<<<<< HEAD\n{"a": 1}\n=======\n{"a": 2}\n>>>>>>> x\n', "line 1: merge conflict marker"),
    "conflict inside": (
        b'{\n<<<<<<< HEAD\r\n"a": 1\r\n=======\r\n"a": 2\n>>>>>>> x\n}',
        "line 2: merge conflict marker",
    ),
    "two documents": (b'{"a": 1}\n{"b": 2}', "line 2: a second document begins"),
    "text after": (b'{"a": 1} and so on', "line 1: text after the document: 'and so on'"),
    "empty": (b"", "line 1: empty file"),
    "blank": (b" \r\n\t", "line 1: empty file"),
    "only a mark": (b"\xef\xbb\xbf", "line 1: empty file"),
    "only a comment": (b"// nothing here", "truncated"),
    "LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n",
        "line 1: a Git LFS pointer instead of the document",
    ),
    "truncated object": (b'{"a": 1,\n"b": [1, 2', "line 2: truncated"),
    "truncated string": (b'{"a": "b', "line 1: truncated"),
    "unterminated comment": (b'{"a": 1 /* }', "line 1: not JSON at '/* }'"),
    "commas alone": (b"[,]", "line 1: not JSON at ',]'"),
    "two commas": (b'{"a": [1, ,]}', "line 1: not JSON"),
    "comma after an opening comment": (b"[ /* x */ , ]", "line 1: not JSON"),
    "unquoted key": (b"{a: 1}", "line 1: not JSON at 'a: 1}'"),
    "raw line break in a string": (b'{"a": "b\nc"}', "line 1: control character U+000A in a string"),
    "bad escape": (b'{"a": "\\x41"}', "line 1: invalid escape in a string"),
    "leading zero": (b'{"a": 01}', "line 1: not JSON"),
    "HTML": (b"<!DOCTYPE html>", "line 1: not JSON at '<!DOCTYPE html>'"),
    "deep": (b"[" * 100_000, "line 1: nested deeper than 500 levels"),
}


@pytest.mark.parametrize("name", LENIENT)
def test_what_is_certain_is_read_and_said(name: str) -> None:
    data, reason = LENIENT[name]
    decoded = decode(data)
    assert decoded.status == "lenient"
    assert decoded.reason == reason


@pytest.mark.parametrize("name", INVALID)
def test_what_is_not_certain_is_invalid_with_line_and_reason(name: str) -> None:
    data, reason = INVALID[name]
    decoded = decode(data)
    assert decoded.status == "invalid"
    assert reason in (decoded.reason or "")


def test_a_byte_order_mark_comments_and_trailing_commas_change_no_value() -> None:
    dressed = '\ufeff// c\n{\n  "model_type": /* what */ "llama", # kind\n  "hidden_size": 4096,\n}\n'
    assert decode(dressed.encode()).value == json.loads(CONFIG)


def test_comments_and_commas_within_strings_are_text() -> None:
    data = b'{"url": "https://huggingface.co/#x", "b": ",]", "c": "/* \\" */",}'
    assert decode(data).value == {"url": "https://huggingface.co/#x", "b": ",]", "c": '/* " */'}


def test_the_last_of_equal_keys_wins() -> None:
    assert decode(b'{"a": 1, "a": {"b": 2}}').value == {"a": {"b": 2}}


def test_windows_line_ends_are_strict_json() -> None:
    assert decode(CONFIG.replace("\n", "\r\n").encode()).status == "ok"


def test_an_integer_of_five_thousand_digits_is_kept_to_the_last() -> None:
    digits = "7" * 5000
    decoded = decode(f'{{"a": {digits}, "b": 1}}'.encode())
    assert decoded.status == "ok"
    assert decoded.value["a"].digits == digits
    assert decoded.value["b"] == 1


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1' + b" " * 300_000 + b"}x",
        b"/*" * 300_000,
        b'"' * 300_001,
        b"[" + b"//\n" * 200_000 + b"x",
        b"," * 300_000,
        b"[1" + b",/**/" * 100_000 + b"]",
        b'{"a":1,' + b'"a":1,' * 100_000 + b"}",
        b'["' + b"\\\\" * 300_000,
        b"<<<<<<<" * 100_000,
        b"[" + b"1," * 200_000 + b"}",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_hostile_repetition_is_answered(data: bytes) -> None:
    assert decode(data).status in {"lenient", "invalid"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(values, st.sampled_from([None, 0, 2]), st.booleans())
def test_strict_json_is_ok_and_equals_plain_json(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    decoded = decode(text.encode("utf-8", "surrogatepass" if ascii_only else "strict"))
    assert decoded.status == "ok"
    assert decoded.value == json.loads(text)


@settings(deadline=None)
@given(values, st.text(alphabet=" \t\nab,]}\"'", max_size=10))
def test_comments_between_tokens_change_nothing(value: object, words: str) -> None:
    comment = "/*" + words.replace("*/", "") + "*/"
    dressed = "\n".join(comment + line for line in json.dumps(value, indent=1).split("\n"))
    decoded = decode(dressed.encode())
    assert decoded.status == "lenient"
    assert decoded.value == value


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:/*#\n\\ 1eN', max_size=60).map(str.encode))
@example(b'{"a":1,}//')
@example(b"-")
def test_no_bytes_raise_and_ok_means_strict(data: bytes) -> None:
    decoded = decode(data)
    assert decoded.status in {"ok", "lenient", "invalid"}
    assert (decoded.reason is None) == (decoded.status == "ok")
    try:
        plain = json.loads(data.decode())
    except (UnicodeDecodeError, JSONDecodeError, RecursionError):
        assert decoded.status != "ok"
    else:
        assert decoded.status != "invalid"
        assert repr(decoded.value) == repr(plain)
    if decoded.reason is not None:
        decoded.reason.encode()
