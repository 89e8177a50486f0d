"""Weights of real size: shapes as published, headers as their readers want them, any range without the whole."""

import math
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplehub import SampleHub
from samplehub.content import Generated, Head
from samplehub.messages import Request
from samplehub.reading import header_parameters
from samplehub.simulated.architectures import ARCHITECTURES
from samplehub.simulated.diffusion import GENERATIONS
from samplehub.simulated.gguf import gguf
from samplehub.simulated.image_shapes import convnext, resnet
from samplehub.simulated.shapes import Shapes
from samplehub.simulated.sizes import LLAMA_31
from samplehub.simulated.weights import elements
from samplehub.world import Repo

from .helpers import Find, Get, ask

#: Parameters as the authors' own checkpoints have them (safetensors totals on the Hub).
PUBLISHED = {
    ("llama2", "7B"): 6_738_415_616,
    ("llama2", "13B"): 13_015_864_320,
    ("llama2", "70B"): 68_976_648_192,
    ("llama3.1", "8B"): 8_030_261_248,
    ("llama3.2", "1B"): 1_235_814_400,
    ("mistral", "7B"): 7_241_732_096,
    ("mixtral", "8x7B"): 46_702_792_704,
    ("qwen2", "0.5B"): 494_032_768,
    ("qwen3", "8B"): 8_190_735_360,
    ("gemma3", "4B"): 4_300_079_472,
    ("gpt2", "124M"): 124_439_808,
    ("whisper", "small"): 241_734_912,
    ("wav2vec2", "base"): 94_396_320,
    ("clip", "base-patch32"): 151_277_313,
}
PARTS = {
    ("v1", "unet"): 859_520_964,
    ("v1", "vae"): 83_653_863,
    ("v1", "text_encoder"): 123_060_480,
    ("xl", "unet"): 2_567_463_684,
    ("xl", "text_encoder_2"): 694_659_840,
    ("flux", "transformer"): 11_901_408_320,
    ("flux", "text_encoder_2"): 4_762_310_656,
}


def count(shapes: Shapes) -> int:
    return sum(math.prod(shape) for name, shape in shapes if "running" not in name)


@pytest.mark.parametrize("key", PUBLISHED, ids=" ".join)
def test_an_architecture_has_the_published_number_of_parameters(key: tuple[str, str]) -> None:
    row = ARCHITECTURES[key[0]]
    (size,) = (size for size in row.sizes if size.label == key[1])
    assert elements(row.name, size, 0, row.task) == PUBLISHED[key]


def test_parts_of_pipelines_and_models_of_timm_have_the_published_number_of_parameters() -> None:
    assert {key: count(GENERATIONS[key[0]].parts[key[1]].tensors(4)) for key in PARTS} == PARTS
    assert count(resnet((3, 4, 6, 3), True, 1000)) == 25_557_032
    assert count(convnext((3, 3, 9, 3), (96, 192, 384, 768), 1000)) == 28_589_128


def test_a_label_in_billions_is_what_the_weights_hold() -> None:
    billions = {
        (row.name, size.label): (float(found[1]), elements(row.name, size, 0, row.task) / 1e9)
        for row in ARCHITECTURES.values()
        for size in row.sizes
        if (found := re.fullmatch(r"([\d.]+)B", size.label))
    }
    assert len(billions) > 15
    assert {key: pair for key, pair in billions.items() if not 0.85 < pair[1] / pair[0] < 1.25} == {}


def test_a_quantized_file_has_the_size_that_llama_cpp_gives_it() -> None:
    # bartowski/Meta-Llama-3.1-8B-Instruct-GGUF, whose headers have 8 MB of vocabulary
    published = {"Q4_K_M": 4.92e9, "Q6_K": 6.60e9, "Q8_0": 8.54e9}
    sizes = {kind: gguf("llama", "x", LLAMA_31[0], kind, "").length for kind in published}
    assert sizes == pytest.approx(published, rel=0.01)


def test_every_header_accounts_for_every_byte_of_its_file(repos: list[Repo]) -> None:
    seen: set[bytes] = set()
    widths = {"F32": 4, "F16": 2, "BF16": 2, "I32": 4}
    for file in (file for repo in repos for file in repo.head.tree.files.values()):
        content = file.content
        if file.path.endswith(".safetensors") and isinstance(content, Generated) and content.head.key not in seen:
            seen.add(content.head.key)
            held = sum(widths[dtype] * number for dtype, number in header_parameters(file))
            assert len(content.head.read()) + held == file.size, file.path
    assert len(seen) > 50


def test_shards_are_those_of_their_index(repos: list[Repo]) -> None:
    sharded = [repo for repo in repos if "model.safetensors.index.json" in repo.head.tree.files]
    assert sharded
    for repo in sharded:
        files = repo.head.tree.files
        shards = [file for path, file in files.items() if re.fullmatch(r"model-\d{5}-of-\d{5}\.safetensors", path)]
        assert len(shards) > 1
        assert max(file.size for file in shards) < 5_100_000_000


def test_the_safetensors_library_opens_the_headers(repos: list[Repo], tmp_path: Path) -> None:
    library: Any = pytest.importorskip("safetensors")
    repo = next(repo for repo in repos if "model.safetensors.index.json" in repo.head.tree.files)
    for path, file in repo.head.tree.files.items():
        if path.endswith(".safetensors"):
            assert isinstance(file.content, Generated)
            with (tmp_path / "sparse").open("wb") as sparse:
                sparse.write(file.content.head.read())
                sparse.truncate(file.size)
            with library.safe_open(tmp_path / "sparse", framework="np") as opened:
                assert len(opened.keys()) == len(list(header_parameters(file)))


@given(st.binary(max_size=40), st.integers(0, 90), st.binary(min_size=1, max_size=7), st.data())
def test_any_range_of_generated_bytes_is_that_of_the_whole(
    data: bytes, length: int, fill: bytes, draw: st.DataObject
) -> None:
    content = Generated(Head.of(lambda: data), length, fill)
    whole = data + (fill * length)[:length]
    start, stop = draw.draw(st.integers(0, 140)), draw.draw(st.integers(0, 140))
    assert content.size == len(whole)
    assert content.read(start, stop) == whole[start:stop]


@pytest.fixture(scope="module")
def largest(find: Find) -> tuple[Repo, str]:
    """A public model with a file of more than 4 GB, and that file's path."""

    def path_of(repo: Repo) -> str | None:
        return next((file.path for file in repo.head.tree.files.values() if file.size > 4 << 30), None)

    repo = find(lambda repo: path_of(repo) is not None)
    path = path_of(repo)
    assert path
    return repo, path


def test_a_range_at_the_end_of_a_large_file_takes_no_memory(
    hub: SampleHub, get: Get, largest: tuple[Repo, str]
) -> None:
    repo, path = largest
    size = repo.head.tree.files[path].size
    head = get(f"/{repo.facts.repo_id}/resolve/main/{path}", method="HEAD")
    assert head.headers["x-linked-size"] == str(size)
    target = "/" + head.headers["location"].split("/", 3)[3]
    got = get(target, Range=f"bytes={size - 100}-")
    assert (got.status, len(got.body), got.headers["content-range"]) == (
        206,
        100,
        f"bytes {size - 100}-{size - 1}/{size}",
    )
    tracemalloc.start()
    try:
        reply = hub.answer(Request("GET", target, {}, b"", "127.0.0.1"))
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
    assert reply.length == size
    assert reply.rest
    assert next(reply.rest.pieces(10)) == repo.head.tree.files[path].content.read(len(reply.body), len(reply.body) + 10)


def test_a_whole_answer_longer_than_a_piece_arrives_complete(hub: SampleHub, find: Find) -> None:
    repo = find(lambda repo: any(9 << 20 < file.size < 100 << 20 for file in repo.head.tree.files.values()))
    (file, *_) = (file for file in repo.head.tree.files.values() if 9 << 20 < file.size < 100 << 20)
    location = ask(hub.url, f"/{repo.facts.repo_id}/resolve/main/{file.path}").headers["location"]
    assert ask(hub.url, "/" + location.split("/", 3)[3]).body == file.read()
