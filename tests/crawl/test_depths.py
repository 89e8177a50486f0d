"""What `--with cards`, `weights` and `dates` request, count by count, and the rows that come of it."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from samplehub import SampleHub
from samplehub.faults import IgnoreRange
from samplehub.messages import Reply, Request
from samplehub.misbehaviour import Fault
from tests.extract.headers import Gguf, safetensors, safetensors_raw
from tests.support import SHARED, Shelf, config, harvest, mapping, one, rows, serving

CARD = "---\nlicense: mit\nlanguage: [en, no]\nbase_model: org/base\n---\n# Title\n\nText, see arXiv:1706.03762.\n"


@dataclass(kw_only=True)
class Scrambled(Fault):
    """The first bytes of a file are others."""

    name = "scrambled"

    def spoil(self, request: Request, reply: Reply) -> Reply:
        return replace(reply, body=b"\xff" * 9 + reply.body[9:]) if reply.status in (200, 206) else reply


def requests(hub: SampleHub, start: int = 0) -> list[str]:
    """What was requested, the listing left out; redirects within the Hub counted with what they lead to."""
    return [served.path for served in hub.log[start:] if served.path != "/api/models" and served.status < 300]


def first_hops(hub: SampleHub, start: int = 0) -> list[str]:
    """The requests for weights that the quota counts."""
    return [s.path for s in hub.log[start:] if s.bucket == "resolvers" and s.path.endswith((".safetensors", ".gguf"))]


def test_a_card_is_one_document_and_known_ones_cost_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    for name in ("org/base", "org/a", "org/b"):
        shelf.put(name, {"README.md": CARD if name != "org/base" else "# Nothing said\n"})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "cards"), workers=1)
        assert len(requests(hub)) == 3 + 2
        seen = len(hub.log)
        harvest(hub, tmp_path / "d", depths=("files", "cards"))
        assert requests(hub, seen) == []
    assert one(tmp_path / "d", "SELECT status, body_length, sections FROM cards WHERE repo_id = 'org/a'") == (
        "ok",
        len("# Title\n\nText, see arXiv:1706.03762."),
        ["Title"],
    )
    found = rows(tmp_path / "d", "SELECT language, code, source FROM languages WHERE repo_id = 'org/a' ORDER BY ALL")
    assert [row for row in found if row[2] == "card"] == [("en", "en", "card"), ("no", "no", "card")]
    assert one(tmp_path / "d", "SELECT paper FROM papers WHERE repo_id = 'org/b' AND source = 'card_body'") == (
        "1706.03762",
    )
    assert rows(tmp_path / "d", "SELECT path FROM configs") == []


def test_without_cards_the_card_data_of_the_manifest_fills_the_same_tables(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/base", {"README.md": "# Nothing said\n"})
    shelf.put("org/a", {"README.md": CARD})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files",))
        assert len(requests(hub)) == 2
    assert one(tmp_path / "d", "SELECT oid, status, license, body_length FROM cards") == (None, "ok", "mit", None)
    found = rows(tmp_path / "d", "SELECT parent, source, parent_hub_id IS NOT NULL FROM lineage ORDER BY source")
    assert found == [("org/base", source, True) for source in ("card", "hub", "tag")]


def test_broken_front_matter_is_a_row_with_its_line_and_the_body_is_measured(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"README.md": "---\nlicense: mit\ntags: [a\n---\n# Title\n"})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("cards",))
    status, reason, length = one(tmp_path / "d", "SELECT status, reason, body_length FROM cards")
    assert (status, length) == ("invalid", len("# Title"))
    assert reason.startswith("line ")


def test_a_header_takes_one_request_and_a_known_one_none(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    data = safetensors({"w": ("F32", (3, 5)), "b": ("F16", (7,))})
    shelf.put("org/a", {"config.json": config(), "model.safetensors": data})
    shelf.put("org/copy", {"config.json": config(65), "model.safetensors": data})
    shelf.put("org/both", {"model.safetensors": safetensors({"v": ("F32", (9,))}), "pytorch_model.bin": b"pickle"})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "weights"), workers=1)
        assert len(first_hops(hub)) == 2
        assert sum(served.path.startswith("/cdn/") for served in hub.log) == 2
        assert not any(served.authorized for served in hub.log)
        seen = len(hub.log)
        harvest(hub, tmp_path / "d", depths=("files", "weights"))
        assert first_hops(hub, seen) == []
    counted = "SELECT repo_id, parameters FROM models ORDER BY ALL"
    assert rows(tmp_path / "d", counted) == [("org/a", 22), ("org/both", 9), ("org/copy", 22)]
    assert mapping(tmp_path / "d", "SELECT repo_id, parameters_source FROM models")["org/copy"] == "header"
    attempts = (
        "SELECT repo_id, attempts FROM fetches WHERE item = 'weights' AND repo_id <> 'org/both' ORDER BY attempts"
    )
    assert [row[1] for row in rows(tmp_path / "d", attempts)] == [0, 2]
    assert one(tmp_path / "d", "SELECT parameters_by_dtype::VARCHAR FROM weights WHERE repo_id = 'org/a'") == (
        '{"F32": 15, "F16": 7}',
    )


def test_a_long_header_takes_a_second_range_at_the_object_store_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    many = {f"layer.{n:05}.weight.of.a.long.name": ("F16", (2,)) for n in range(1_500)}
    shelf.put("org/a", {"model.safetensors": safetensors(many)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("weights",))
        assert len(first_hops(hub)) == 1
        assert sum(served.path.startswith("/cdn/") for served in hub.log) == 2
    count, read, header = one(tmp_path / "d", "SELECT tensor_count, bytes_read, header_bytes FROM weights")
    assert (count, read) == (1_500, header)


def test_shards_of_one_set_are_read_and_nothing_beside_them(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    piece = [safetensors({f"w{n}": ("F16", (10 + n,))}) for n in range(2)]
    shelf.put(
        "org/a",
        {
            "model-00001-of-00002.safetensors": piece[0],
            "model-00002-of-00002.safetensors": piece[1],
            "model.safetensors.index.json": {"weight_map": {"w0": "model-00001-of-00002.safetensors"}},
            "model.fp16.safetensors": safetensors({"w": ("F16", (21,))}),
        },
    )
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("weights",))
        paths = [path.rpartition("/")[2] for path in first_hops(hub)]
    assert sorted(paths) in (
        ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
        ["model.fp16.safetensors"],
    )
    assert one(tmp_path / "d", "SELECT parameters FROM models") == (21,)


def test_a_model_in_parts_is_counted_alike_whether_its_index_was_read_or_only_named(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    piece = [safetensors({"w": ("F16", (size,))}) for size in (100, 10, 3, 4)]
    shelf.put(
        "org/pipeline",
        {
            "model_index.json": {"_class_name": "P", "unet": ["diffusers", "U"], "vae": ["diffusers", "V"]},
            "unet/diffusion_pytorch_model.safetensors": piece[0],
            "unet/diffusion_pytorch_model.fp16.safetensors": piece[0],
            "vae/diffusion_pytorch_model.safetensors": piece[1],
            "old/diffusion_pytorch_model.safetensors": piece[1],
        },
    )
    shelf.put(
        "org/named",
        {
            "model.safetensors.index.json": {"weight_map": {}},
            "model-language.safetensors": piece[2],
            "model-vision.safetensors": piece[3],
        },
    )
    sha = shelf.sha("org/pipeline")
    with serving(shelf.world()) as hub:
        for depths in (("weights",), ("files", "configs", "weights")):
            assert requests(hub).count(f"/api/resolve-cache/models/org/pipeline/{sha}/model_index.json") == (
                len(hub.log) > 0
            )
            seen = len(hub.log)
            harvest(hub, tmp_path / "d", depths=depths)
            counted = mapping(tmp_path / "d", "SELECT repo_id, parameters_header FROM models")
            assert counted == {"org/pipeline": 110, "org/named": 7}
            assert len(first_hops(hub, seen)) == (4 if depths == ("weights",) else 0)


@pytest.mark.parametrize(
    ("data", "status", "word"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n", "invalid", "pointer"),
        (safetensors_raw("{}", 1 << 40), "invalid", "claims"),
        (safetensors_raw("not json at all"), "invalid", "{"),
        (b"", "invalid", "bytes"),
    ],
)
def test_a_header_that_is_none_or_inconsistent_is_a_row_with_a_reason(
    tmp_path: Path, data: bytes, status: str, word: str
) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"model.safetensors": data})
    with serving(shelf.world()) as hub:
        assert harvest(hub, tmp_path / "d", depths=("weights",)).record["failed"] == 0
    found = one(tmp_path / "d", "SELECT status, reason, parameters FROM weights")
    assert (found[0], found[2]) == (status, None)
    assert word in found[1]


def test_a_server_that_ignores_ranges_is_not_read_on(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"model.safetensors": safetensors({"w": ("F32", (1_000, 500))})})
    with serving(shelf.world(), faults=(IgnoreRange(),)) as hub:
        result = harvest(hub, tmp_path / "d", depths=("weights",))
    assert result.record["failed"] == 1
    assert result.record["bytes_read"] < 100_000
    outcome, error = one(tmp_path / "d", "SELECT outcome, error FROM fetches WHERE item = 'weights'")
    assert outcome == "failed"
    assert "whole file" in error
    assert rows(tmp_path / "d", "SELECT scope, state FROM pending") == [("weights", "failed")]


@dataclass(kw_only=True)
class OddNames(Fault):
    """The manifest names its files so that their URLs would be other ones."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same manifest, with names that lead out of the repository."""
        body = reply.body.replace(b'"inner/', b'"../../../b/resolve/main/')
        return replace(reply, body=body) if request.path.startswith("/api/models/") else reply


def test_a_path_that_leads_out_of_its_repository_is_not_requested(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"inner/model.safetensors": safetensors({"w": ("F32", (1,))}), "inner/x.json": {}})
    with serving(shelf.world(), faults=(OddNames(),)) as hub:
        result = harvest(hub, tmp_path / "d", depths=("files", "weights", "configs"), documents=("**/*.json",))
        assert first_hops(hub) == []
        assert not any(served.path.endswith("x.json") for served in hub.log)
    assert result.record["failed"] == 0
    found = rows(tmp_path / "d", "SELECT DISTINCT item, outcome, error FROM fetches WHERE path LIKE '%..%' ORDER BY 1")
    assert found == [
        (item, "invalid", "the path has a . or .. part: not requested") for item in ("document", "weights")
    ]


def test_a_gguf_header_gives_architecture_and_context(tmp_path: Path) -> None:
    header = Gguf().string("general.architecture", "llama").number("llama.context_length", 4096)
    data = header.tensor("w", (4, 8)).bytes()
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"m-Q4_0.gguf": data + bytes(-len(data) % 32) + bytes(128)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("weights",))
        assert len(first_hops(hub)) == 1
    found = one(tmp_path / "d", "SELECT architecture, context_length, parameters, variant FROM weights")
    assert found == ("llama", 4096, 32, "Q4_0")
    # The manifest that was read for the weights has the files too.
    assert one(tmp_path / "d", "SELECT path, size, source FROM files") == ("m-Q4_0.gguf", 288, "manifest")


def test_dates_come_with_the_expanded_tree_in_place_of_the_siblings(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {f"f{n}.json": {"n": n} for n in range(60)})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "dates"))
        # One model info, and 60 files by 50 a page.
        assert len(requests(hub)) == 1 + 2
        seen = len(hub.log)
        harvest(hub, tmp_path / "d", depths=("files", "dates"))
        assert requests(hub, seen) == []
    counts = (
        "SELECT any_value(source), count(*), count(last_commit), count(last_commit_at), count(scan_status) FROM files"
    )
    assert one(tmp_path / "d", counts) == ("tree", 60, 60, 60, 60)


def test_dates_alone_leave_what_another_run_knew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"README.md": CARD, "config.json": config()})
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("files", "configs"))
        seen = len(hub.log)
        harvest(hub, tmp_path / "d", depths=("dates",))
        assert len(requests(hub, seen)) == 1
    assert one(tmp_path / "d", "SELECT license FROM cards") == ("mit",)
    assert one(tmp_path / "d", "SELECT hidden_size, file_count FROM models") == (64, 2)
    assert one(tmp_path / "d", "SELECT count(*), count(last_commit_at) FROM files") == (2, 2)


def test_genuine_vocabularies_are_read_in_few_ranges(tmp_path: Path) -> None:
    source = SHARED / "real/headers"
    if not source.is_dir():
        pytest.skip(f"{source} is absent: genuine headers are not shipped")
    for path in sorted(source.glob("*.gguf")):
        folder = tmp_path / "hub/real" / path.stem
        folder.mkdir(parents=True)
        shutil.copy(path, folder / path.name)
    with serving(Shelf(tmp_path / "hub").world()) as hub:
        harvest(hub, tmp_path / "d", depths=("weights",))
    found = rows(tmp_path / "d", "SELECT path, status, architecture, tensor_count FROM weights ORDER BY path")
    assert [(row[1], row[3]) for row in found] == [("ok", 0)] * 3
    assert all(row[2] for row in found)
    assert one(tmp_path / "d", "SELECT max(attempts) FROM fetches WHERE item = 'weights'")[0] <= 4


@pytest.mark.parametrize("times", [1, None])
def test_a_damaged_weights_header_is_read_once_more_and_never_believed(tmp_path: Path, times: int | None) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/a", {"model.safetensors": safetensors({"w": ("F32", [1000, 1000])}) + bytes(300_000)})
    with serving(shelf.world(), faults=[Scrambled(path="model.safetensors", times=times)]) as hub:
        record = harvest(hub, tmp_path / "d", depths=("weights",)).record
        assert record["failed"] == (times is None)
    outcomes = rows(tmp_path / "d", "SELECT outcome, attempts FROM fetches WHERE item = 'weights'")
    assert [outcome for outcome, _ in outcomes] == ["mismatch" if times is None else "ok"]
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", depths=("weights",))
    assert rows(tmp_path / "d", "SELECT status, tensor_count FROM weights") == [("ok", 1)]
