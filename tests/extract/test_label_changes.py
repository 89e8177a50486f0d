import json
from typing import Any

import pytest

from harvester.extract.document import extract_document
from harvester.extract.flatten import VALUE_CAP, large_leaves
from harvester.extract.label_changes import LabelSide, MapLeaf, label_changes

AB = {"0": "A", "1": "B"}
BACK = {"A": 0, "B": 1}
PLACEHOLDER = {"0": "LABEL_0", "1": "LABEL_1"}
CLASSIFIER = {"architectures": ["BertForSequenceClassification"]}


def side(document: dict[str, Any]) -> LabelSide:
    found = extract_document("config.json", json.dumps(document).encode())
    maps = (leaf for leaf in found.leaves if leaf[0].endswith(("id2label", "label2id")))
    return LabelSide(tuple(MapLeaf(field, kind, value) for field, kind, value, _ in maps), tuple(found.labels))


def told(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[object, ...]]:
    rows = label_changes(side(old), side(new))
    return [(row.kind, row.field, row.change, row.old, row.new, *["noise"] * row.noise) for row in rows]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"id2label": AB}, {"id2label": {"1": "B", "0": "A"}}, []),
        ({"id2label": AB}, {"id2label": AB | {"2": "C"}}, [("label", "2", "added", None, "C")]),
        ({"id2label": AB}, {"id2label": {"0": "A"}}, [("label", "1", "removed", "B", None)]),
        ({"id2label": AB}, {"id2label": {"0": "A", "1": "C"}}, [("label", "1", "changed", "B", "C")]),
        (
            {"id2label": AB},
            {"id2label": {"0": "B", "1": "A"}},
            [("label", "0", "permuted", "A", "B"), ("label", "1", "permuted", "B", "A")],
        ),
        ({"id2label": AB}, {"id2label": ["A", "C"]}, [("label", "1", "changed", "B", "C")]),
        ({"label2id": BACK}, {"label2id": {"A": 0, "C": 1}}, [("label", "1", "changed", "B", "C")]),
        ({"id2label": None}, {"id2label": {"0": "A"}}, [("label", "0", "added", None, "A")]),
        ({"id2label": AB, "label2id": BACK}, {}, [("label", str(n), "removed", AB[str(n)], None) for n in range(2)]),
    ],
    ids=["order", "added", "removed", "renamed", "permuted", "list", "label2id alone", "null", "dropped"],
)
def test_labels_are_reported_one_by_one(old: dict[str, Any], new: dict[str, Any], expected: list[object]) -> None:
    assert told(old, new) == expected


@pytest.mark.parametrize("prefix", ["text_config", 'a."b.c"'])
def test_the_labels_of_a_sub_model_carry_its_path(prefix: str) -> None:
    leaves = [LabelSide((MapLeaf(f"{prefix}.id2label", "object", f'{{"0": "{name}"}}'),)) for name in "AB"]
    assert [(row.kind, row.field) for row in label_changes(*leaves)] == [("label", f"{prefix}.0")]


def test_a_label2id_that_turns_by_itself_is_reported_and_one_that_says_the_same_is_a_field() -> None:
    plain, both = {"id2label": AB}, {"id2label": AB, "label2id": BACK}
    wrong = {"id2label": AB, "label2id": {"B": 0, "A": 1}}
    assert [row[:3] for row in told(both, wrong)] == [("label", "0", "permuted"), ("label", "1", "permuted")]
    assert told(plain, both) == [("config", "label2id", "added", None, '{"A": 0, "B": 1}')]


def test_placeholders_are_noise_unless_the_model_classifies() -> None:
    assert told({"id2label": PLACEHOLDER}, {})[0] == ("label", "0", "removed", "LABEL_0", None, "noise")
    assert told({"text_config": {"id2label": PLACEHOLDER}}, {})[0][1:3] == ("text_config.0", "removed")
    grown = PLACEHOLDER | {"2": "LABEL_2"}
    assert told({**CLASSIFIER, "id2label": PLACEHOLDER}, {**CLASSIFIER, "id2label": grown}) == [
        ("label", "2", "added", None, "LABEL_2")
    ]
    assert told({"id2label": PLACEHOLDER}, {"id2label": AB})[0] == ("label", "0", "changed", "LABEL_0", "A")


def test_what_is_no_class_stays_a_field() -> None:
    assert told({"id2label": {"a": "x"}}, {"id2label": {"a": "y"}}) == [
        ("config", "id2label", "changed", '{"a": "x"}', '{"a": "y"}')
    ]


def test_hostile_maps_are_compared_as_they_stand() -> None:
    odd = {"0": "\ud800", "1": None, "2": {"deep": [1]}, str(10**30): "far"}
    assert told({"id2label": {"0": "A"}}, {"id2label": odd}) == [("label", "0", "changed", "A", "\\ud800")]


def test_values_too_large_to_keep_have_digests() -> None:
    def document(word: str, *, turned: bool = False) -> bytes:
        labels = [(str(n), f"{word}{n}") for n in range(VALUE_CAP // 8)]
        return json.dumps(
            {"id2label": dict(reversed(labels) if turned else labels), "long": word * VALUE_CAP, "short": [word]}
        ).encode()

    first = dict(large_leaves(document("a")))
    assert first.keys() == {"id2label", "long"}
    assert first == dict(large_leaves(document("a", turned=True)))
    assert not first.items() & dict(large_leaves(document("b"))).items()


def test_one_placeholder_for_another_is_noise_and_a_name_is_not() -> None:
    head = {"architectures": ["XForSequenceClassification"]}
    swapped = told({**head, "id2label": {"0": "LABEL_0"}}, {**head, "id2label": {"0": "LABEL_1"}})
    assert swapped[0] == ("label", "0", "changed", "LABEL_0", "LABEL_1", "noise")
    named = told({**head, "id2label": {"0": "LABEL_0"}}, {**head, "id2label": {"0": "spam"}})
    assert named[0] == ("label", "0", "changed", "LABEL_0", "spam")
    more = told({**head, "id2label": {"0": "LABEL_0"}}, {**head, "id2label": {"0": "LABEL_0", "1": "LABEL_1"}})
    assert more[0] == ("label", "1", "added", None, "LABEL_1")
