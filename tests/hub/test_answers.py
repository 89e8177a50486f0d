"""Answers of the Hub as typed values: recorded ones hold the right values, hostile ones only ever raise BadAnswer."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.hub.answers import (
    BadAnswer,
    ModelInfo,
    Sibling,
    decode_json,
    model_info,
    model_page,
    next_link,
    sibling,
)
from harvester.hub.values import INT64, LIST_CAP, TEXT_CAP, integer, moment, sha_of, text
from tests.support import SHARED

RECORDED = SHARED / "recorded"


def recorded(name: str) -> Any:
    path = RECORDED / name
    if not path.is_file():
        pytest.skip("the recorded answers (../shared/recorded beside the repository) are not here")
    return decode_json(path.read_bytes())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
#: Every key that is read, and what some of them hold.
KEYS = (
    "_id", "id", "modelId", "author", "sha", "createdAt", "lastModified", "pipeline_tag", "library_name", "tags",
    "baseModels", "config", "safetensors", "usedStorage", "downloads", "downloadsAllTime", "likes", "trendingScore",
    "gated", "private", "disabled", "siblings", "cardData", "gguf",
)  # fmt: skip
INNER = ("rfilename", "path", "size", "blobId", "oid", "lfs", "xetHash", "lastCommit", "securityFileStatus", "models",
         "relation", "total", "parameters", "type", "date", "status", "_id", "id")  # fmt: skip
NESTED = JSON | st.lists(st.dictionaries(st.sampled_from(INNER), JSON, max_size=4), max_size=3)
MODEL = st.dictionaries(
    st.sampled_from(KEYS), NESTED | st.dictionaries(st.sampled_from(INNER), NESTED, max_size=4), max_size=10
)


def texts_of(info: ModelInfo) -> Iterator[str]:
    for value in (getattr(info, name) for name in info.__struct_fields__):
        if isinstance(value, str):
            yield value
        elif isinstance(value, tuple):
            yield from (v.path if isinstance(v, Sibling) else v for v in value)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(MODEL, st.booleans())
def test_whatever_a_model_holds_it_is_read_or_refused(value: dict[str, Any], named: bool) -> None:
    if named:
        value |= {"_id": "64" * 12, "id": "org/name"}
    try:
        info = model_info(value)
    except BadAnswer:
        assert not named
        return
    for found in texts_of(info):
        assert "\0" not in found
        found.encode("utf-8")
    for number in (info.downloads, info.likes, info.used_storage, info.parameters_hub):
        assert number is None or -INT64 <= number <= INT64


@settings(max_examples=120, deadline=None, derandomize=True)
@given(JSON)
def test_whatever_a_page_is_it_is_read_or_refused(value: object) -> None:
    try:
        models, wrong = model_page(value)
    except BadAnswer:
        assert not isinstance(value, list)
        return
    assert isinstance(value, list)
    assert len(models) + len(wrong) == len(value)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda t: json.dumps(t).encode()))
def test_whatever_the_bytes_are_they_are_json_or_refused(body: bytes) -> None:
    try:
        decode_json(body)
    except BadAnswer as error:
        assert str(error).startswith("not JSON")  # noqa: PT017


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a":1', b"[1,2", b"nul", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        decode_json(body)


@pytest.mark.parametrize(("body", "value"), [(b'"\\ud800"', "\ud800"), (b"[Infinity]", [float("inf")])])
def test_odd_json_is_read(body: bytes, value: object) -> None:
    assert decode_json(body) == value


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.text(alphabet='<>;=" relnxt,/?&https:é\0', max_size=60))
def test_whatever_a_link_header_holds_it_gives_a_target_or_none(value: str) -> None:
    found = next_link({"link": value})
    assert found is None or f"<{found}>" in value


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ('<https://huggingface.co/api/models?cursor=a%3D%3D>; rel="next"', "https://huggingface.co/api/models?cursor=a%3D%3D"),
        ('<https://x/prev>; rel="prev", <https://x/next>; rel="next"', "https://x/next"),
        ("<https://x/n>; rel=next", "https://x/n"),
        ('<https://x/n>; rel="last"', None),
        ("", None),
    ],
)  # fmt: skip
def test_the_next_page_is_the_link_that_says_so(value: str, target: str | None) -> None:
    assert next_link({"link": value}) == target


def test_names_tags_and_numbers_are_cut_to_what_can_be_kept() -> None:
    info = model_info(
        {"_id": "x" * 100, "id": "o/" + "n" * 400, "tags": ["t" * 10_000] * 20_000, "downloads": 2**63, "likes": 3.0}
    )
    assert (len(info.hub_id), len(info.repo_id)) == (64, 256)
    assert info.tags is not None
    assert (len(info.tags), len(info.tags[0])) == (LIST_CAP, TEXT_CAP)
    assert (info.downloads, info.likes) == (None, 3)


def test_a_model_without_an_id_is_refused_with_its_reason() -> None:
    with pytest.raises(BadAnswer, match="without _id"):
        model_info({"id": "org/name"})
    with pytest.raises(BadAnswer, match="without id"):
        model_info({"_id": "64"})
    with pytest.raises(BadAnswer, match="got list"):
        model_info([])


def test_one_row_that_is_no_model_does_not_lose_the_page() -> None:
    models, wrong = model_page([{"_id": "1", "id": "a/b"}, 5, {"id": "a/c"}, {"_id": "2", "id": "a/d"}])
    assert [m.repo_id for m in models] == ["a/b", "a/d"]
    assert len(wrong) == 2


def test_false_and_zero_are_reported_and_missing_is_not() -> None:
    told = model_info({"_id": "1", "id": "a/b", "gated": False, "private": False, "downloads": 0, "tags": []})
    assert (told.gated, told.private, told.downloads, told.tags) == ("false", False, 0, ())
    silent = model_info({"_id": "1", "id": "a/b"})
    assert (silent.gated, silent.private, silent.downloads, silent.tags, silent.siblings) == (None,) * 5


def test_a_name_that_comes_twice_is_kept_once() -> None:
    info = model_info({"_id": "1", "id": "a/b", "siblings": [{"rfilename": "f"}, {"rfilename": "f", "size": 3}]})
    assert info.siblings == (Sibling("f", 3),)


def test_chat_templates_stay_out_of_the_excerpts() -> None:
    stub = {"model_type": "bert", "tokenizer_config": {"chat_template": "x" * 9_000, "bos_token": "<s>"}}
    info = model_info({"_id": "1", "id": "a/b", "config": stub})
    assert info.config_stub == '{"model_type": "bert", "tokenizer_config": {"bos_token": "<s>"}}'


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2024-02-19T10:57:45.000Z", datetime(2024, 2, 19, 10, 57, 45)),
        ("2024-02-19T12:57:45+02:00", datetime(2024, 2, 19, 10, 57, 45)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (5, None),
    ],
)
def test_times_are_utc(value: object, found: datetime | None) -> None:
    assert moment(value) == found


@pytest.mark.parametrize(
    ("value", "found"),
    [(True, None), (1.5, None), (1e300, None), (float("inf"), None), (-5, -5), ("5", None), (2**63 - 1, 2**63 - 1)],
)
def test_an_integer_is_one_that_fits(value: object, found: int | None) -> None:
    assert integer(value) == found


def test_text_has_no_lone_surrogates() -> None:
    assert text("a\ud800b\0") == "a?b�"


@pytest.mark.parametrize("value", ["main", "g" * 40, "A" * 39, None, 5, "é" * 40])
def test_a_commit_is_forty_hex_digits(value: object) -> None:
    assert sha_of(value) is None
    assert sha_of("AB" * 20) == "ab" * 20


def test_the_recorded_model_with_blobs_has_its_files() -> None:
    info = model_info(recorded("model-info.blobs.mcpotato--42-eicar-street.json"))
    assert (info.hub_id, info.repo_id) == ("621ffdc136468d709f17ddb4", "mcpotato/42-eicar-street")
    assert info.sha == "8b3861f6931c4026b0cd22b38dbc09e7668983ac"
    assert (info.used_storage, info.downloads, info.likes, info.gated) == (22, 0, 4, "false")
    assert info.created_at == datetime(2022, 3, 2, 23, 29, 5)
    assert info.siblings is not None
    by_path = {s.path: s for s in info.siblings}
    assert by_path["danger.dat"] == Sibling("danger.dat", 66, "8acd02161fff53f9df9597e377e22b04bc34feff")
    weights = by_path["pytorch_model.bin"]
    assert weights.sha256 == "f9343d7d7ec5c3d8bcced056c438fc9f1d3819e9ca3d42418a40857050e10e20"
    assert (weights.size, weights.oid) == (22, "cd1c6d8bde5006076655711a49feae66f07d707e")


def test_the_recorded_gpt2_has_its_listing_facts() -> None:
    info = model_info(recorded("model-info.expand.openai-community--gpt2.json")["body"])
    assert (info.hub_id, info.sha) == ("621ffdc036468d709f17434d", "607a30d783dfa663caf39e06633721c8d4cfcd7e")
    assert (info.downloads, info.downloads_all_time, info.likes) == (15740994, 932329010, 4194)
    assert (info.trending_score, info.pipeline_tag, info.gated) == (16.0, "text-generation", "false")
    assert info.tags is not None
    assert "license:mit" in info.tags


@pytest.mark.parametrize(
    ("name", "gated", "disabled"),
    [
        ("model-info.expand.meta-llama--Llama-3.1-8B.gated-manual.json", "manual", False),
        ("model-info.expand.ykilcher--gpt-4chan.disabled-gated.json", "auto", True),
    ],
)
def test_recorded_gates_are_words(name: str, gated: str, disabled: bool) -> None:
    info = model_info(recorded(name)["body"])
    assert (info.gated, info.disabled) == (gated, disabled)


def test_the_recorded_tree_has_files_with_their_last_commit() -> None:
    entries = [sibling(entry) for entry in recorded("tree.expand.google-bert--bert-base-uncased@dd4bc8b2.json")]
    by_path = {entry.path: entry for entry in entries if entry is not None}
    config = by_path["config.json"]
    assert (config.size, config.oid) == (313, "fca794a5f07ff8f963fe8b61e3694b0fb7f955df")
    assert config.last_commit == "bb3c1c3256d2598217df9889a14a2e811587891d"
    assert config.last_commit_at == datetime(2019, 6, 18, 9, 6, 51)
    weights = by_path["pytorch_model.bin"]
    assert weights.sha256 == "097417381d6c7230bd9e3557456d726de6e83245ec8b24f529f60198a67b203a"
    assert weights.size == 440473133


def test_a_row_that_is_nested_without_end_costs_itself_and_not_the_page() -> None:
    deep = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    good = b'{"_id": "1", "id": "a/b", "tags": ["x [[[ \\" {"]}'
    page = b"[" + good + b', {"_id": "2", "id": "c/d", "config": ' + deep + b"}, " + good.replace(b"a/b", b"e/f") + b"]"
    models, wrong = model_page(decode_json(page))
    assert [model.repo_id for model in models] == ["a/b", "c/d", "e/f"]
    assert wrong == []
    assert models[0].tags == ('x [[[ " {',)
    with pytest.raises(BadAnswer):
        decode_json(b"[" * 50_000)
