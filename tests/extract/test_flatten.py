"""The leaves of a document: what is one, how its path is written, what its value and number say."""

import json
import math
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harvester.extract.flatten import LEAVES_CAP, VALUE_CAP, TooDeep, TooLarge, flatten
from harvester.extract.lenient import MAX_DEPTH, decode
from harvester.extract.values import Leaf


def leaves(text: str) -> list[Leaf]:
    decoded = decode(text.encode())
    assert decoded.status != "invalid"
    return flatten(decoded.value, unusual=decoded.unusual).leaves


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{"a": "x"}', [("a", "string", '"x"', None)]),
        ('{"a": {"b": {"c": 1}}}', [("a.b.c", "integer", "1", 1.0)]),
        ('{"a": null, "b": true, "c": false}', [
            ("a", "null", "null", None), ("b", "boolean", "true", None), ("c", "boolean", "false", None),
        ]),
        ('{"a": {}, "b": []}', [("a", "object", "{}", None), ("b", "array", "[]", None)]),
        ('{"a": [1, "x", null, [2.5, []]]}', [("a", "array", '[1, "x", null, [2.5, []]]', None)]),
        ('{"a": [{"b": 1}, 2, [3]]}', [
            ("a[0].b", "integer", "1", 1.0), ("a[1]", "integer", "2", 2.0), ("a[2]", "array", "[3]", None),
        ]),
        ('{"a": [[[{}], 1], [2]]}', [
            ("a[0][0][0]", "object", "{}", None), ("a[0][1]", "integer", "1", 1.0), ("a[1]", "array", "[2]", None),
        ]),
        ('[{"name": "0"}, {"name": "1"}]', [("[0].name", "string", '"0"', None), ("[1].name", "string", '"1"', None)]),
        ('{"id2label": {"0": "a"}}', [("id2label", "object", '{"0": "a"}', None)]),
        ('{"text_config": {"label2id": {"a": 0}}}', [("text_config.label2id", "object", '{"a": 0}', None)]),
        ('[{"id2label": {"0": "a"}}]', [("[0].id2label", "object", '{"0": "a"}', None)]),
        ('{"id2label": ["a", "b"], "label2id": null}', [
            ("id2label", "array", '["a", "b"]', None), ("label2id", "null", "null", None),
        ]),
        ('{"my_id2label": {"0": "a"}}', [('my_id2label."0"', "string", '"a"', None)]),
        ("{}", [("", "object", "{}", None)]),
        ("[]", [("", "array", "[]", None)]),
        ("[1, 2]", [("", "array", "[1, 2]", None)]),
        ("3", [("", "integer", "3", 3.0)]),
    ],
)  # fmt: skip
def test_a_leaf_is_a_scalar_an_empty_container_an_array_without_objects_or_a_label_map(
    document: str, expected: list[Leaf]
) -> None:
    assert leaves(document) == expected


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("hidden_size", "hidden_size"),
        ("mm-projector", "mm-projector"),
        ("_x9", "_x9"),
        ("a.b", '"a.b"'),
        ("9a", '"9a"'),
        ("", '""'),
        ("-a", '"-a"'),
        ("é", '"é"'),
        ("ª", '"ª"'),
        ('say "no"', '"say \\"no\\""'),
        ("line\nbreak", '"line\\nbreak"'),
        ("模型", '"模型"'),
        ("\ud800", '"\\ud800"'),
        ("a\n", '"a\\n"'),
    ],
)
def test_a_key_that_is_no_plain_word_is_written_as_a_json_string(key: str, written: str) -> None:
    assert [leaf[0] for leaf in leaves(json.dumps({key: {key: 1}}))] == [f"{written}.{written}"]


@pytest.mark.parametrize(
    ("literal", "type_", "value", "number"),
    [
        ("1", "integer", "1", 1.0),
        ("-0", "integer", "0", 0.0),
        ("1.0", "number", "1.0", 1.0),
        ("1e3", "number", "1000.0", 1000.0),
        ("1e-05", "number", "1e-05", 1e-05),
        ("0.00001", "number", "1e-05", 1e-05),
        ("1e999", "number", "Infinity", math.inf),
        ("-1e999", "number", "-Infinity", -math.inf),
        ("Infinity", "number", "Infinity", math.inf),
        ("-Infinity", "number", "-Infinity", -math.inf),
        ("9007199254740993", "integer", "9007199254740993", 9007199254740992.0),
        ("1000000000000000019884624838656", "integer", "1000000000000000019884624838656", 1e30),
        ("1" + "0" * 400, "integer", "1" + "0" * 400, math.inf),
        ("-1" + "0" * 400, "integer", "-1" + "0" * 400, -math.inf),
        ("9" * 5000, "integer", "9" * 5000, math.inf),
        ("-" + "9" * 5000, "integer", "-" + "9" * 5000, -math.inf),
    ],
)
def test_a_number_keeps_its_kind_and_its_last_digit(literal: str, type_: str, value: str, number: float) -> None:
    assert leaves(f'{{"a": {literal}}}') == [("a", type_, value, number)]


def test_nan_is_a_number() -> None:
    [(_, type_, value, number)] = leaves('{"a": NaN}')
    assert (type_, value) == ("number", "NaN")
    assert number is not None
    assert math.isnan(number)


def test_infinities_and_long_integers_within_arrays_keep_their_spelling() -> None:
    assert leaves('{"a": [0.0, Infinity], "b": [-Infinity, NaN, "nan"]}') == [
        ("a", "array", "[0.0, Infinity]", None),
        ("b", "array", '[-Infinity, NaN, "nan"]', None),
    ]
    long = "8" * 5000
    document = f'{{"a": [1, {long}, ["é", true]], "id2label": {{"0": {long}, "b": [null]}}}}'
    assert [leaf[2] for leaf in leaves(document)] == [f'[1, {long}, ["é", true]]', f'{{"0": {long}, "b": [null]}}']


def test_lone_surrogates_stay_escaped_and_everything_else_is_not() -> None:
    [(_, _, value, _), (_, _, array, _)] = leaves('{"a": "\\u00e9\\ud83d\\ude00\\udfff", "b": ["\\ud800"]}')
    assert value == '"é😀\\udfff"'
    assert array == '["\\ud800"]'


def test_a_leaf_above_the_cap_has_no_value_and_keeps_the_bytes() -> None:
    just = json.dumps(list(range(VALUE_CAP // 7)))
    small, large = flatten({"a": [1] * 10}), flatten({"a": ["é" * (VALUE_CAP // 2)], "b": 1})
    assert not small.keep_bytes
    assert large.keep_bytes
    assert large.leaves == [("a", "array", None, None), ("b", "integer", "1", 1.0)]
    assert flatten(json.loads(just)).leaves == [("", "array", just, None)]
    assert flatten({"a": "x" * VALUE_CAP}).leaves == [("a", "string", None, None)]


def nested(levels: int, opener: str = '{"a":', closer: str = "}") -> str:
    return opener * levels + "1" + closer * levels


@pytest.mark.parametrize(("opener", "closer"), [('{"a":', "}"), ("[", "]"), ('[{"a":', "}]")])
def test_nesting_is_read_to_the_cap_and_refused_beyond(opener: str, closer: str) -> None:
    levels = MAX_DEPTH // (2 if opener.startswith("[{") else 1)
    assert len(leaves(nested(levels, opener, closer))) == 1
    with pytest.raises(TooDeep):
        leaves(nested(levels + 1, opener, closer))


def test_a_label_map_nested_beyond_the_cap_is_refused() -> None:
    with pytest.raises(TooDeep):
        leaves('{"id2label": ' + nested(MAX_DEPTH) + "}")


def test_leaves_and_paths_have_caps() -> None:
    with pytest.raises(TooLarge):
        flatten([{}] * (LEAVES_CAP + 1))
    long_key = "k" * 1_000_000
    with pytest.raises(TooLarge):
        flatten({long_key: {str(index): 1 for index in range(100)}})


TOKEN = re.compile(r'\.?("(?:[^"\\]|\\.)*"|[A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]')


def tokens(field: str) -> list[str | int]:
    """A field path back to its keys and indexes."""
    found: list[str | int] = []
    position = 0
    while position < len(field):
        match = TOKEN.match(field, position)
        assert match is not None, field
        position = match.end()
        word = match.group(1)
        found.append(int(match.group(2)) if word is None else json.loads(word) if word.startswith('"') else word)
    return found


def rebuilt(rows: list[Leaf]) -> Any:
    """A document from its leaves."""
    root: dict[str | int, Any] = {}
    for field, _, value, _ in rows:
        assert value is not None
        node = root
        path: list[str | int] = ["", *tokens(field)]
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node[path[-1]] = Whole(json.loads(value))
    return solid(root[""])


class Whole:
    def __init__(self, value: Any) -> None:
        self.value = value


def solid(node: Any) -> Any:
    if isinstance(node, Whole):
        return node.value
    if node and all(isinstance(key, int) for key in node):
        return [solid(node[index]) for index in range(len(node))]
    return {key: solid(value) for key, value in node.items()}


keys = st.text(max_size=4) | st.sampled_from(["a", "b-c", "id2label", "label2id", "0"])
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=25,
)
KINDS = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    list: "array",
    dict: "object",
}


def holds_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(holds_object, value)))


@settings(deadline=None, max_examples=300)
@given(documents, st.booleans())
@example([[{}], [[]]], True)
@example({"": {"": []}}, False)
def test_the_leaves_rebuild_the_document(document: Any, unusual: bool) -> None:
    rows = flatten(document, unusual=unusual).leaves
    assert rebuilt(rows) == document
    assert len({row[0] for row in rows}) == len(rows)
    for field, type_, value, number in rows:
        field.encode()
        assert value is not None
        value.encode()
        read = json.loads(value)
        assert KINDS[type(read)] == type_
        assert json.dumps(read, ensure_ascii=False) == value
        assert type_ != "array" or not holds_object(read)
        assert type_ != "object" or read == {} or tokens(field)[-1] in ("id2label", "label2id")
        assert (number is None) == (type_ not in ("integer", "number"))


@settings(deadline=None)
# A high surrogate before a low one is one character once it was JSON.
@given(
    st.text(alphabet=st.characters(categories=["Cs", "Ll", "So"]), max_size=6).map(
        lambda text: json.loads(json.dumps(text))
    )
)
def test_lone_surrogates_anywhere_come_back(text: str) -> None:
    document = {text: [text, {"b": text}], "c": [text]}
    rows = flatten(document).leaves
    assert rebuilt(rows) == document
    for field, _, value, _ in rows:
        (field + (value or "")).encode()
