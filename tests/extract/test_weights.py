"""Headers of weight files: counts from the first bytes, and a reason where they lie."""

import json
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.extract.weights import gguf, safetensors
from harvester.extract.weights.header import NeedMore, WeightHeader
from harvester.extract.weights.plan import MAX_REQUESTS, cut_short, first_range, next_range, read_header
from tests.extract.headers import Gguf, safetensors_raw
from tests.extract.headers import safetensors as written

HEADERS = Path(__file__).resolve().parents[3] / "shared" / "real" / "headers"
TINY = written({"a.weight": ("BF16", [2, 3]), "a.bias": ("F32", [3]), "n": ("I64", [])}, {"format": "pt"})


def ok(answer: WeightHeader | NeedMore) -> WeightHeader:
    assert isinstance(answer, WeightHeader)
    assert answer.status == "ok", answer.reason
    return answer


def refused(answer: WeightHeader | NeedMore) -> tuple[str, str]:
    assert isinstance(answer, WeightHeader)
    assert answer.parameters is None
    assert answer.tensor_count is None
    return answer.status, answer.reason or ""


def test_a_safetensors_header_is_counted() -> None:
    header = ok(safetensors.read(TINY, len(TINY)))
    assert (header.tensor_count, header.parameters) == (3, 10)
    assert header.parameters_by_dtype == {"BF16": 6, "F32": 3, "I64": 1}
    assert header.metadata == {"format": "pt"}
    assert header.header_bytes == 8 + int.from_bytes(TINY[:8], "little")


def test_order_of_members_spaces_and_padding_do_not_matter() -> None:
    text = '{ "a" : {"shape":[ 2 , 2 ], "data_offsets":[0,8],\n"dtype":"F16"} , "__metadata__":{"a b":"c","n":1} }   '
    header = ok(safetensors.read(safetensors_raw(text)))
    assert (header.parameters, header.metadata) == (4, {"a b": "c", "n": "1"})
    assert ok(safetensors.read(safetensors_raw("{}"))).tensor_count == 0
    assert ok(safetensors.read(safetensors_raw('{"__metadata__":{}}'))).parameters == 0


def entry(dtype: str = "F32", shape: str = "[1]", offsets: str = "[0,4]") -> str:
    return f'{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}'


@pytest.mark.parametrize(
    ("data", "size", "status", "reason"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", 134, "invalid", "LFS pointer"),
        (b"", 0, "invalid", "0 bytes hold no header"),
        (
            safetensors_raw("{}", 1 << 62),
            1000,
            "invalid",
            "claims a header of 4611686018427387904 bytes in a file of 1000",
        ),
        (safetensors_raw("{}", 1 << 62), None, "oversized", "more than 25000000"),
        (safetensors_raw("{}", 25_000_001), 1 << 40, "oversized", "more than 25000000"),
        (safetensors_raw("", 0), 100, "invalid", "claims a header of 0 bytes"),
        (safetensors_raw("<!doctype html>"), None, "invalid", "does not begin with {"),
        (safetensors_raw('{"a":1}'), None, "invalid", "expected a tensor for 'a'"),
        (safetensors_raw('{"a":{}}'), None, "invalid", "lacks a dtype"),
        (safetensors_raw('{"a"'), None, "invalid", "expected :"),
        (safetensors_raw('{"a":'), None, "invalid", "ends too early"),
        (safetensors_raw('{"a":' + entry()), None, "invalid", "expected , or }"),
        (safetensors_raw('{"a":' + entry() + "} x"), None, "invalid", "something follows"),
        (safetensors_raw('{"a":' + entry() + ',"a":' + entry() + "}"), None, "invalid", "'a' is there twice"),
        (safetensors_raw('{"a":' + entry(shape="[2]") + "}"), None, "invalid", "of 2 F32 takes 4 bytes"),
        (safetensors_raw('{"a":' + entry(offsets="[4,0]") + "}"), None, "invalid", "ends before it begins"),
        (safetensors_raw('{"a":' + entry(shape="[1]x") + "}"), None, "invalid", "tensor 'a' is not JSON"),
        (safetensors_raw('{"a":' + entry(shape="[true]") + "}"), None, "invalid", "lacks a dtype, shape"),
        (safetensors_raw('{"a":' + entry(shape="[1.0]") + "}"), None, "invalid", "lacks a dtype, shape"),
        (safetensors_raw('{"a":' + entry(shape="[-1]") + "}"), None, "invalid", "lacks a dtype, shape"),
        (safetensors_raw('{"a":' + entry("X9", "[999]") + "}"), None, "invalid", "of 999 X9 takes 4 bytes"),
        (safetensors_raw('{"a":' + entry() + "}") + bytes(2), 64, "invalid", "of 2 bytes of data"),
        (safetensors_raw(b'{"\xff":1}'), None, "invalid", "byte 10 is not UTF-8"),
        (
            safetensors_raw("{" + ",".join(f'"{n}":' + entry(f"X{n}", "[0]", "[0,0]") for n in range(65)) + "}"),
            None,
            "invalid",
            "more than 64 dtypes",
        ),
        (safetensors_raw('{"__metadata__":[]}'), None, "invalid", "__metadata__ is no object"),
        (safetensors_raw('{"__metadata__":{"a":{}}}'), None, "invalid", "expected a text in __metadata__"),
        (safetensors_raw("{" * 100_000), None, "invalid", "expected a name"),
    ],
)
def test_a_safetensors_header_that_is_inconsistent_is_a_row_with_a_reason(
    data: bytes, size: int | None, status: str, reason: str
) -> None:
    told = refused(safetensors.read(data, size))
    assert told[0] == status
    assert reason in told[1]


def test_tensors_that_share_their_bytes_do_not_inflate_the_count() -> None:
    shared = ",".join(f'"t{i}":' + entry(shape="[1000]", offsets="[0,4000]") for i in range(100))
    data = safetensors_raw("{" + shared + "}")
    assert refused(safetensors.read(data, len(data) + 4000))[0] == "invalid"


def test_a_long_header_takes_two_requests_and_never_more() -> None:
    names = {f"model.layers.{i}.mlp.experts.{j}.down_proj.weight": ("F16", [1]) for i in range(60) for j in range(40)}
    whole = written(names)
    data = whole[: first_range("safetensors", len(whole))]
    first = read_header("safetensors", data, len(whole))
    assert isinstance(first, NeedMore)
    begin, end = next_range(data, first)
    assert (begin, end + 1) == (100 * 1024, len(whole) - 2 * len(names))
    assert ok(read_header("safetensors", whole[: end + 1], len(whole))).tensor_count == 2400


def test_a_header_cut_anywhere_asks_for_more() -> None:
    end = 8 + int.from_bytes(TINY[:8], "little")
    for cut in range(end):
        answer = safetensors.read(TINY[:cut], len(TINY))
        assert isinstance(answer, NeedMore)
        assert cut < answer.upto <= len(TINY)


def test_a_claim_of_ten_million_tensors_costs_no_memory() -> None:
    tracemalloc.start()
    answers = [
        gguf.read(Gguf().bytes(tensors=10_000_000), 1 << 40),
        gguf.read(Gguf().bytes(tensors=1 << 60), 1 << 40),
        gguf.read(Gguf().bytes(pairs=1 << 60), 1 << 40),
        gguf.read(Gguf().bytes(tensors=1000), 2000),
        safetensors.read(safetensors_raw("{" + '"a":{},' * 10, 24_999_999), 1 << 40),
    ]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20
    assert [answer.status for answer in answers if isinstance(answer, WeightHeader)] == [
        "oversized", "oversized", "oversized", "invalid"
    ]  # fmt: skip


def test_metadata_is_capped() -> None:
    header = ok(safetensors.read(written({}, {"a": "x" * 10_000, **{f"k{i}": "y" * 4000 for i in range(100)}})))
    assert len(str(header.metadata["a"])) == safetensors.MAX_VALUE
    assert len(json.dumps(header.metadata)) < 2 * safetensors.MAX_METADATA
    assert header.reason == "metadata above the caps was cut"


def test_names_and_metadata_in_any_script_are_read_raw_and_escaped() -> None:
    text = (
        '{"__metadata__":{"ключ":"値\\u00e9é🙂\\ud83d\\ude42"},"слой.qzeros":'
        + entry()
        + ',"\\u0441":'
        + entry("F16", "[2]")
        + "}"
    )
    header = ok(safetensors.read(safetensors_raw(text)))
    assert header.metadata == {"ключ": "値éé🙂🙂"}
    assert (header.parameters, header.elements_by_dtype) == (2, {"F32": 1, "F16": 2})
    lie = refused(safetensors.read(safetensors_raw('{"слой":1}')))[1]
    assert "слой" in lie


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_gguf_header_is_counted_in_every_version_and_byte_order(version: int, order: str) -> None:
    file = Gguf(version, order).string("general.architecture", "llama").number("llama.context_length", 8192)
    file.number("general.file_type", 15).number("general.alignment", 64).strings("tokenizer.ggml.tokens", ["a"] * 100)
    file.number("x.flag", True, 7).number("x.float", 0.5, 6).number("x.signed", -5, 11).array(
        "x.short", 0, 3, b"\1\2\3"
    )
    file.string("tokenizer.chat_template", "{{ x }}").string("general.name", "n" * 5000)
    file.tensor("token_embd.weight", [256, 10], 12).tensor("norm", [256], 0).tensor("scalar", [])
    data = file.bytes()
    header = ok(gguf.read(data, len(data) + 100_000))
    assert (header.tensor_count, header.parameters) == (3, 2560 + 256 + 1)
    assert header.parameters_by_dtype == {"Q4_K": 2560, "F32": 257}
    assert (header.architecture, header.context_length, header.file_type) == ("llama", 8192, "Q4_K_M")
    assert header.header_bytes == -(-len(data) // 64) * 64
    assert header.metadata["gguf.byte_order"] == ("little" if order == "<" else "big")
    assert (header.metadata["x.flag"], header.metadata["x.float"], header.metadata["x.signed"]) == (True, 0.5, -5)
    assert header.metadata["x.short"] == [1, 2, 3]
    assert len(str(header.metadata["general.name"])) == gguf.KEPT_TEXT
    assert not {"tokenizer.ggml.tokens", "tokenizer.chat_template"} & set(header.metadata)


def test_gguf_arrays_are_kept_up_to_a_cap_and_named_beyond() -> None:
    heads = [0, 0, 0, 2] * 22
    file = Gguf().string("general.architecture", "nemotron_h").tensor("a", [1])
    file.array("nemotron_h.attention.head_count_kv", 4, 88, struct.pack("<88I", *heads))
    file.strings("general.languages", ["en"] * 17).strings("tokenizer.ggml.tokens", ["a"] * 10)
    file.array("x.long", 4, 1025, bytes(4 * 1025)).array("x.nested", 9, 1, struct.pack("<IQI", 4, 1, 7))
    header = ok(gguf.read(file.bytes()))
    assert header.metadata["nemotron_h.attention.head_count_kv"] == heads
    assert header.metadata["general.languages"] == ["en"] * 17
    assert "tokenizer.ggml.tokens" not in header.metadata
    assert header.reason == "left out of the metadata: x.long (1025 items), x.nested (1 arrays)"


def test_gguf_metadata_is_capped_as_a_whole() -> None:
    file = Gguf().tensor("a", [1])
    for i in range(40):
        file.strings(f"x.{i}", ["y" * 1000] * 20)
    header = ok(gguf.read(file.bytes()))
    assert len(json.dumps(header.metadata)) < 2 * gguf.KEPT_CHARACTERS
    assert header.reason == "left out of the metadata: x.26, x.27, x.28, x.29, x.30 and 9 more"


def test_a_gguf_without_tensors_is_a_vocabulary_unless_it_is_a_first_shard() -> None:
    assert ok(gguf.read(Gguf().bytes())).reason == "no tensors: a vocabulary only"
    assert ok(gguf.read(Gguf().number("split.count", 14, 2).bytes())).reason is None


def test_metadata_that_is_null_is_empty() -> None:
    header = ok(safetensors.read(safetensors_raw('{"__metadata__":null,"a":' + entry() + "}")))
    assert (header.metadata, header.parameters) == ({}, 1)


def test_dtypes_and_tensor_types_to_come_are_counted_and_named() -> None:
    later = ok(safetensors.read(safetensors_raw('{"a":' + entry("F5", "[6]") + "}")))
    assert (later.parameters_by_dtype, later.reason) == ({"F5": 6}, "dtype not known: F5")
    fork = ok(gguf.read(Gguf().tensor("a", [8], 137).bytes(), 1 << 20))
    assert (fork.parameters_by_dtype, fork.reason) == ({"type 137": 8}, "tensor types not known: type 137")


def test_split_files_give_their_number() -> None:
    file = Gguf().string("general.architecture", "llama").number("split.no", 1, 2).number("split.count", 5, 2)
    assert ok(gguf.read(file.bytes())).metadata["split.count"] == 5


def many_types() -> bytes:
    file = Gguf()
    for kind in range(1000, 1200):
        file.tensor(f"t{kind}", [1], kind)
    return file.bytes()


NESTED = b"\x09\0\0\0\1\0\0\0\0\0\0\0"


@pytest.mark.parametrize(
    ("data", "size", "status", "reason"),
    [
        (b"version https://git-lfs.github.com/spec/v1", 134, "invalid", "LFS pointer"),
        (b"<html>", 1000, "invalid", "does not begin with GGUF"),
        (Gguf(4).bytes(), 1000, "invalid", "version 4 is not known"),
        (Gguf().bytes(tensors=10_000_000), None, "oversized", "more than 500000"),
        (Gguf().bytes(pairs=100_001), None, "oversized", "more than 100000"),
        (Gguf().array("a", 0, 2_000_000, b"").bytes(), 1 << 40, "oversized", "'a' claims 2000000 items"),
        (Gguf().array("a", 99, 1, b"").bytes(), 1 << 40, "invalid", "array type 99 is not known"),
        (Gguf().array("a", 9, 1, NESTED * 5).bytes(), 1 << 40, "oversized", "nested more than 4 deep"),
        (Gguf().array("a", 8, 1025, b"\xff" * 8).bytes(), 1 << 40, "oversized", "a text in 'a' claims"),
        (Gguf().tensor("a", [1] * 9).bytes(), 1 << 40, "invalid", "9 dimensions"),
        (Gguf().tensor("a", [1 << 40, 1 << 20]).bytes(), 1 << 40, "invalid", "tensor 'a' ends at byte"),
        (Gguf().tensor("a", [4], 0, 1 << 50).bytes(), 1 << 40, "invalid", "tensor 'a' ends at byte"),
        (Gguf().tensor("a", [1]).tensor("a", [1]).bytes(), 1 << 40, "invalid", "'a' is there twice"),
        (many_types(), 1 << 40, "invalid", "more than 64 tensor types"),
        (Gguf().bytes(tensors=2) + bytes(24), 50, "invalid", "the header runs to byte 56 of a file of 50"),
    ],
)
def test_a_gguf_header_that_is_inconsistent_is_a_row_with_a_reason(
    data: bytes, size: int | None, status: str, reason: str
) -> None:
    told = refused(gguf.read(data, size))
    assert told[0] == status
    assert reason in told[1]


def vocabulary(words: int, merges: int) -> bytes:
    file = Gguf().string("general.architecture", "llama").string("tokenizer.ggml.model", "gpt2")
    file.strings("tokenizer.ggml.tokens", [f"word{i}" for i in range(words)])
    file.array("tokenizer.ggml.token_type", 5, words, bytes(4 * words))
    file.strings("tokenizer.ggml.merges", [f"wo{i} rd{i}" for i in range(merges)])
    for i in range(300):
        file.tensor(f"blk.{i}.attn_k.weight", [4096, 1024], 12, i)
    return file.bytes()


def test_a_large_vocabulary_takes_two_requests() -> None:
    whole = vocabulary(150_000, 150_000)
    size = len(whole) + (1 << 34)
    data, requests = whole[: first_range("gguf", size)], 1
    while isinstance(answer := read_header("gguf", data, size), NeedMore):
        requests += 1
        data = whole[: next_range(data, answer)[1] + 1]
    assert ok(answer).tensor_count == 300
    assert requests == 2


def test_a_gguf_header_cut_anywhere_asks_for_more_and_gets_there() -> None:
    whole = vocabulary(50, 50)
    size = len(whole) + (1 << 34)
    for cut in range(0, len(whole), 53):
        data, requests = whole[:cut], 1
        while isinstance(answer := gguf.read(data, size), NeedMore):
            assert answer.upto > len(data)
            data, requests = whole[: answer.upto], requests + 1
        assert ok(answer).tensor_count == 300
        assert requests <= MAX_REQUESTS


def test_a_header_that_cannot_be_reckoned_is_read_in_growing_ranges() -> None:
    file = Gguf()
    for number in range(40_000):
        file.string(f"key.{number:06}", "x" * 150)
    whole = file.bytes()
    data, requests = whole[: first_range("gguf", 1 << 34)], 1
    while isinstance(answer := gguf.read(data, 1 << 34), NeedMore):
        data, requests = whole[: answer.upto], requests + 1
    assert ok(answer).tensor_count == 0
    assert requests <= MAX_REQUESTS


def test_what_never_ends_has_a_row() -> None:
    assert cut_short("gguf", b"GGUF", 100).reason == "the header goes on after 4 bytes of 100"
    with pytest.raises(KeyError):
        read_header("onnx", b"")


@given(st.binary(max_size=300), st.none() | st.integers(0, 1000), st.sampled_from(["<", ">"]), st.integers(1, 3))
def test_any_bytes_make_a_row_or_a_question(data: bytes, size: int | None, order: str, version: int) -> None:
    start = Gguf(version, order).bytes(tensors=2, pairs=2)
    for candidate in (data, start + data, b"GGUF" + data):
        assert isinstance(gguf.read(candidate, size), (WeightHeader, NeedMore))
    for candidate in (data, safetensors_raw(data), safetensors_raw(b'{"a":{' + data)):
        assert isinstance(safetensors.read(candidate, size), (WeightHeader, NeedMore))


@given(st.data())
def test_a_damaged_header_never_raises(data: st.DataObject) -> None:
    for whole, read in ((TINY, safetensors.read), (vocabulary(3, 3)[:400], gguf.read)):
        damaged = bytearray(whole)
        for place in data.draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=4)):
            damaged[place] = data.draw(st.integers(0, 255))
        assert isinstance(read(bytes(damaged), len(damaged)), (WeightHeader, NeedMore))


def test_genuine_headers_are_read() -> None:
    if not HEADERS.is_dir():
        pytest.skip("the genuine headers are not beside this checkout (../shared/real/headers)")
    counts = {}
    for path in HEADERS.iterdir():
        data = path.read_bytes()
        answer = read_header("gguf" if ".gguf" in path.name else "safetensors", data)
        if path.name.endswith(".partial"):
            assert isinstance(answer, NeedMore)
        else:
            counts[path.name.partition("~")[0]] = ok(answer).tensor_count, ok(answer).parameters
    assert counts["pypi_akiki"] == (15, 276_609)
    assert counts["sgl-project+ome"] == (31, 46_282)
    assert counts["llama_cpp_ggml-vocab-phi-3.gguf"] == (0, 0)
