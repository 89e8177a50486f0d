"""A document whole: its status, and what comes out of it."""

import json

import pytest

from harvester.extract.document import SIZE_CAP, extract_document
from harvester.schema.config_columns import CONFIG_COLUMNS

CONFIG = {"model_type": "bert", "hidden_size": 768, "id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0}}


def test_a_config_gives_leaves_typed_columns_and_labels() -> None:
    read = extract_document("config.json", json.dumps(CONFIG).encode())
    assert (read.status, read.reason, read.keep_bytes) == ("ok", None, False)
    assert [leaf[0] for leaf in read.leaves] == ["model_type", "hidden_size", "id2label", "label2id"]
    assert read.labels == [(0, "a"), (1, "b")]
    assert read.typed["hidden_size"] == 768
    assert read.typed["num_labels"] == 2
    assert read.typed["labels_disagree"] == "id2label and label2id disagree on 1 labels"


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("config.json", b"[]", "not_object"),
        ("config.json", b'"x"', "not_object"),
        ("unet/config.json", b"null", "not_object"),
        ("adapter_config.json", b"[{}]", "not_object"),
        ("modules.json", b'[{"name": "0"}]', "ok"),
        ("modules.json", b"{}", "ok"),
        ("anything/else.json", b"[1, 2]", "ok"),
        ("anything/else.json", b"[1, 2,]", "lenient"),
        ("config.json", b"{'a': 1}", "invalid"),
        ("config.json", b" " * (SIZE_CAP + 1), "oversized"),
        ("config.json", b"[" * 100_000, "invalid"),
        ("config.json", b'{"a":' * 600 + b"1" + b"}" * 600, "invalid"),
        ("config.json", b'{"a": [' + b"{}," * 1_100_000 + b"{}]}", "oversized"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_document_that_cannot_be_read_says_why_and_gives_nothing_else(path: str, data: bytes, status: str) -> None:
    read = extract_document(path, data)
    assert read.status == status
    assert (read.reason is None) == (status == "ok")
    if status in ("invalid", "not_object", "oversized"):
        assert (read.leaves, read.typed, read.labels) == ([], {}, [])


def test_deep_nesting_is_refused_with_its_line() -> None:
    deep = extract_document("config.json", b'{\n"b": ' + b'{"a":' * 600 + b"1" + b"}" * 601)
    assert deep.reason == "line 2: nested deeper than 500 levels"


def test_the_list_of_modules_has_leaves_and_columns() -> None:
    data = b'[{"idx": 0, "type": "sentence_transformers.models.Transformer"}, {"type": "torch.nn.Pooling"}]'
    read = extract_document("modules.json", data)
    assert [leaf[0] for leaf in read.leaves] == ["[0].idx", "[0].type", "[1].type"]
    assert read.typed == {"sentence_modules": ["Transformer", "Pooling"]}


def test_typed_columns_are_named_once_and_have_a_comment_and_a_type_of_the_lake() -> None:
    names = [column.name for column in CONFIG_COLUMNS]
    assert len(names) == len(set(names)) >= 60
    for column in CONFIG_COLUMNS:
        assert column.type in {"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR[]"}
        assert len(column.comment) > 8


def test_the_columns_of_the_contract_are_there() -> None:
    contract = """
        model_type architecture architectures hidden_size intermediate_size num_hidden_layers
        num_attention_heads num_key_value_heads head_dim vocab_size context_length rope_theta
        rope_type rope_factor sliding_window num_experts num_experts_per_token hidden_act norm_eps
        tie_word_embeddings dtype quant_method quant_bits remote_code num_labels
        transformers_version name_or_path base_model_name_or_path lora_rank pipeline_class
        vision_hidden_size vision_num_hidden_layers audio_hidden_size
    """
    assert set(contract.split()) <= {column.name for column in CONFIG_COLUMNS}
