"""The label map: its rows, the number of classes, the placeholder rule, and maps that disagree."""

from typing import Any

import pytest

from harvester.extract.labels import read_labels

PLACEHOLDER = {"0": "LABEL_0", "1": "LABEL_1"}


def test_labels_come_in_order_of_index() -> None:
    labels = read_labels({"id2label": {"10": "k", "2": "c", "-1": "none"}})
    assert labels.rows == [(-1, "none"), (2, "c"), (10, "k")]
    assert labels.count == 3
    assert labels.disagreement is None


@pytest.mark.parametrize(
    ("config", "rows", "count"),
    [
        ({"id2label": PLACEHOLDER}, 0, None),
        ({"id2label": PLACEHOLDER, "architectures": ["BertForMaskedLM"]}, 0, None),
        ({"id2label": PLACEHOLDER, "num_labels": 2}, 2, 2),
        ({"id2label": PLACEHOLDER, "_num_labels": 2}, 2, 2),
        ({"id2label": PLACEHOLDER, "architectures": ["BertModel", "BertForSequenceClassification"]}, 2, 2),
        ({"id2label": PLACEHOLDER, "architectures": "ViTForImageClassification"}, 2, 2),
        ({"label2id": {"LABEL_0": 0, "LABEL_1": 1}}, 0, None),
        ({"id2label": {"0": "LABEL_0", "1": "cat"}}, 2, 2),
        ({"id2label": {"0": "LABEL_1", "1": "LABEL_0"}}, 2, 2),
        ({"num_labels": 5}, 0, 5),
        ({"num_labels": 3, "id2label": {"0": "a"}}, 1, 3),
        ({"num_labels": None, "id2label": None}, 0, None),
        ({"id2label": {}}, 0, None),
        ({}, 0, None),
    ],
)
def test_a_placeholder_map_counts_only_where_the_config_says_that_it_classifies(
    config: dict[str, Any], rows: int, count: int | None
) -> None:
    labels = read_labels(config)
    assert (len(labels.rows), labels.count) == (rows, count)


def test_label2id_is_used_where_there_is_no_id2label() -> None:
    assert read_labels({"label2id": {"neg": 0, "pos": "1", "odd": None}}).rows == [(0, "neg"), (1, "pos")]


def test_maps_that_disagree_are_reported() -> None:
    labels = read_labels({"id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 2, "c": 3}})
    assert labels.rows == [(0, "a"), (1, "b")]
    assert labels.disagreement == "id2label and label2id disagree on 2 labels"
    assert read_labels({"id2label": {"0": "a"}, "label2id": {"a": "0"}}).disagreement is None


def test_odd_maps_are_read_as_far_as_they_are_maps() -> None:
    assert read_labels({"id2label": ["a", "b"]}).rows == [(0, "a"), (1, "b")]
    assert read_labels({"id2label": {"0": 7, "1": 0.5, "x": "y", "2": None, "3": {"n": 1}}}).rows == [
        (0, "7"),
        (1, "0.5"),
    ]
    assert read_labels({"id2label": {"9" * 30: "far", "0": "\ud800"}}).rows == [(0, "\\ud800")]
    assert read_labels({"id2label": 3, "label2id": "x", "architectures": 4}).rows == []


@pytest.mark.parametrize(
    ("config", "labels", "count"),
    [
        ({"architecture": "resnet18", "num_classes": 2, "label_names": ["cat", "dog"]}, ["cat", "dog"], 2),
        ({"architecture": "x", "pretrained_cfg": {"num_classes": 2, "label_names": ["cat", "dog"]}}, ["cat", "dog"], 2),
        ({"architecture": "x", "num_classes": 1000, "pretrained_cfg": {"num_classes": 1000}}, [], 1000),
        ({"architecture": "x", "num_classes": 0}, [], None),
        ({"architecture": "x", "num_classes": 2, "label_names": ["a", "b"], "id2label": PLACEHOLDER}, ["a", "b"], 2),
        ({"num_classes": 80, "label_names": ["cat"]}, [], None),
        ({"normalize_embeddings": False, "labels": ["no", "yes"]}, ["no", "yes"], 2),
        ({"normalize_embeddings": False, "labels": [1, 2, 3]}, ["1", "2", "3"], 3),
        ({"normalize_embeddings": False, "labels": None}, [], None),
        ({"labels": ["no", "yes"]}, [], None),
        ({"id2label": ["O", "B-LOC"]}, ["O", "B-LOC"], 2),
    ],
)
def test_classes_listed_by_timm_and_setfit_are_labels(
    config: dict[str, Any], labels: list[str], count: int | None
) -> None:
    read = read_labels(config)
    assert [label for _, label in read.rows] == labels
    assert read.count == count
