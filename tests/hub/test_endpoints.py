"""The questions to the Hub and every way they may end."""

import hashlib
import json
from pathlib import Path
from typing import TypeVar

import pytest

from harvester.errors import HubUnavailable
from harvester.hub.documents import Content, document
from harvester.hub.endpoints import (
    ONE_HOP_REFUSALS,
    Hub,
    Manifest,
    blob_oid,
    first_page_path,
    listing_page,
    model,
    pointer_oid,
    with_limit,
)
from harvester.hub.fields import MANIFEST_FIELDS
from harvester.outcome import Answer, Got, Missed, Outcome
from samplehub import FAULTS, Settings, Token
from samplehub.world import World
from tests.support import Shelf, config, serving

from .opened import opened

T = TypeVar("T")
ODD_PATH = "sub folder/ü#?%41+&=;,'.json"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("hub"))
    shelf.put("org/plain", {"config.json": config(), "model.safetensors": b"weights", ODD_PATH: {"odd": 1}})
    shelf.put("org/many", {"config.json": config(), **{f"shards/{n:04}.txt": b"" for n in range(1_050)}})
    shelf.put("org/gated", {"config.json": config(1)}, gated="manual")
    shelf.put("org/disabled", {"config.json": config(2)}, disabled=True)
    shelf.put("org/before", {"config.json": config(3)})
    shelf.rename("org/before", "org/after")
    shelf.put("org/empty", {})
    return shelf


@pytest.fixture(scope="module")
def world(shelf: Shelf) -> World:
    return shelf.world()


def manifest_of(hub: Hub, repo_id: str, revision: str | None = None) -> Answer[Manifest]:
    return model(hub, repo_id, revision, MANIFEST_FIELDS, blobs=True)


def got(answer: Answer[T]) -> T:
    assert isinstance(answer, Got), answer
    return answer.value


def missed(answer: Answer[object]) -> Missed:
    assert isinstance(answer, Missed), answer
    return answer


def test_a_manifest_has_every_file_with_size_and_ids_for_one_request(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        sha = shelf.sha("org/plain")
        answer = got(manifest_of(client, "org/plain", sha))
        files = {file.path: file for file in answer.files}
        text = json.dumps(config()).encode()
        assert (files["config.json"].size, files["config.json"].oid) == (len(text), blob_oid(text))
        assert files["model.safetensors"].sha256 == hashlib.sha256(b"weights").hexdigest()
        assert files["model.safetensors"].oid == pointer_oid(hashlib.sha256(b"weights").hexdigest(), 7)
        assert ODD_PATH in files
        assert (answer.sha, answer.source, answer.renamed_to) == (sha, "manifest", None)
        assert [(served.bucket, served.path) for served in hub.log] == [
            ("api", f"/api/models/org/plain/revision/{sha}")
        ]


def test_a_manifest_that_may_be_cut_is_read_as_a_tree(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = manifest_of(client, "org/many", shelf.sha("org/many"))
        value = got(answer)
        assert value.source == "tree"
        assert len({file.path for file in value.files}) == len(value.files) == 1_051
        assert hub.count(path="/tree/") == 2
        assert answer.attempts == len(hub.log) == 3


@pytest.mark.parametrize("path", ["/revision/", "/tree/", "/api/models?"])
def test_json_that_was_cut_without_a_transport_error_is_requested_again(world: World, shelf: Shelf, path: str) -> None:
    with serving(world, faults=[FAULTS["wrong-length"](times=1, path=path)]) as hub, opened(hub) as client:
        assert len(listing_page(client, first_page_path([], 1_000)).models) == 6
        assert len(got(manifest_of(client, "org/many", shelf.sha("org/many"))).files) == 1_051
        assert len(hub.log) == 1 + 3 + 1


def test_an_empty_repository_has_no_files(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        assert got(manifest_of(client, "org/empty", shelf.sha("org/empty"))).files == ()


def test_a_renamed_model_answers_under_its_new_name(world: World) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = manifest_of(client, "org/before")
        assert got(answer).renamed_to == "org/after"
        assert answer.attempts == len(hub.log) == 2


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("hf_anybody", 404)])
def test_a_model_nobody_may_know_of_is_private_or_deleted(world: World, token: str | None, status: int) -> None:
    with serving(world) as hub, opened(hub, token=token) as client:
        answer = missed(manifest_of(client, "org/never"))
        assert (answer.outcome, answer.status, answer.attempts) == (Outcome.PRIVATE_OR_DELETED, status, 1)


def test_a_refused_token_ends_the_run_and_is_not_taken_for_a_missing_model(world: World) -> None:
    with serving(world, tokens=[Token("hf_good")]) as hub, opened(hub, token="hf_bad") as client:
        with pytest.raises(HubUnavailable, match="refuses the token"):
            manifest_of(client, "org/plain")
        assert len(hub.log) == 1


def test_a_commit_that_is_gone_is_distinguished_from_a_model_that_is(world: World, shelf: Shelf) -> None:
    with serving(world, faults=[FAULTS["gone-sha"]()]) as hub, opened(hub) as client:
        answer = missed(manifest_of(client, "org/plain", shelf.sha("org/plain")))
        assert answer.revision_gone
        answer = missed(document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10_000))
        assert answer.revision_gone


def test_a_document_takes_one_request_and_has_the_id_of_its_bytes(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10_000)
        text = json.dumps(config()).encode()
        assert got(answer) == Content(text, blob_oid(text))
        assert [(served.bucket, served.status) for served in hub.log] == [("resolvers", 200)]


def test_a_name_with_every_character_is_requested_as_it_is(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        assert got(document(client, "org/plain", shelf.sha("org/plain"), ODD_PATH, cap=10_000)).data == b'{"odd": 1}'


@pytest.mark.parametrize("status", [403, 404])
def test_a_hub_that_refuses_the_short_way_is_asked_the_long_way_from_then_on(
    world: World, shelf: Shelf, status: int
) -> None:
    fault = FAULTS["refuse-one-hop"](status=status)  # type: ignore[call-arg]
    with serving(world, faults=[fault]) as hub, opened(hub) as client:
        sha = shelf.sha("org/plain")
        for _ in range(ONE_HOP_REFUSALS):
            assert isinstance(document(client, "org/plain", sha, "config.json", cap=10_000), Got)
        assert isinstance(document(client, "org/plain", sha, ODD_PATH, cap=10_000), Got)
        refused = [served for served in hub.log if served.status == status]
        assert len(refused) == ONE_HOP_REFUSALS
        assert len(hub.log) == ONE_HOP_REFUSALS * 3 + 2


def test_a_file_that_is_not_there_is_absent_and_the_short_way_is_kept(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = missed(document(client, "org/plain", shelf.sha("org/plain"), "none.json", cap=10_000))
        assert (answer.outcome, answer.status, len(hub.log)) == (Outcome.ABSENT, 404, 1)
        assert client.one_hop.served


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("hf_anybody", 403)])
def test_a_document_behind_a_gate_is_gated(world: World, shelf: Shelf, token: str | None, status: int) -> None:
    with serving(world) as hub, opened(hub, token=token) as client:
        answer = missed(document(client, "org/gated", shelf.sha("org/gated"), "config.json", cap=10_000))
        assert (answer.outcome, answer.status, len(hub.log)) == (Outcome.GATED, status, 1)


def test_a_gate_opens_for_who_was_granted_access(world: World, shelf: Shelf) -> None:
    granted = Token("hf_granted", granted=("org/gated",))
    with serving(world, tokens=[granted]) as hub, opened(hub, token="hf_granted") as client:
        assert isinstance(document(client, "org/gated", shelf.sha("org/gated"), "config.json", cap=10_000), Got)


def test_a_disabled_model_keeps_its_documents(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = missed(document(client, "org/disabled", shelf.sha("org/disabled"), "config.json", cap=10_000))
        assert answer.outcome == Outcome.DISABLED


def test_a_document_above_the_cap_is_not_read(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = missed(document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10))
        assert answer.outcome == Outcome.OVERSIZED
        assert "above the limit of 10" in answer.error
        assert client.transport.traffic.bytes_read == 0


def test_wrong_bytes_are_requested_once_more_and_then_reported(world: World, shelf: Shelf) -> None:
    with serving(world, faults=[FAULTS["wrong-bytes"]()]) as hub, opened(hub) as client:
        answer = missed(document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10_000))
        assert (answer.outcome, answer.attempts, len(hub.log)) == (Outcome.MISMATCH, 2, 2)


def test_wrong_bytes_that_come_right_are_good(world: World, shelf: Shelf) -> None:
    with serving(world, faults=[FAULTS["wrong-bytes"](times=1)]) as hub, opened(hub) as client:
        answer = document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10_000)
        assert got(answer).data == json.dumps(config()).encode()
        assert answer.attempts == 2


def test_bytes_that_are_not_those_of_the_manifest_are_a_mismatch(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        answer = document(client, "org/plain", shelf.sha("org/plain"), "config.json", cap=10_000, oid="0" * 40)
        assert missed(answer).outcome == Outcome.MISMATCH


@pytest.mark.parametrize("digest", [None, hashlib.sha256(b"weights").hexdigest()])
def test_a_file_of_the_object_store_has_the_id_of_its_pointer(world: World, shelf: Shelf, digest: str | None) -> None:
    with serving(world) as hub, opened(hub, token="hf_secret") as client:
        sha = shelf.sha("org/plain")
        answer = document(client, "org/plain", sha, "model.safetensors", cap=10_000, sha256=digest)
        whole = hashlib.sha256(b"weights").hexdigest()
        assert got(answer) == Content(b"weights", pointer_oid(whole, 7), whole)
        elsewhere = [served for served in hub.log if not served.bucket]
        assert [served.authorized for served in elsewhere] == [False]


def test_a_file_of_the_object_store_that_is_another_one_is_a_mismatch(world: World, shelf: Shelf) -> None:
    with serving(world) as hub, opened(hub) as client:
        sha = shelf.sha("org/plain")
        answer = document(client, "org/plain", sha, "model.safetensors", cap=10_000, sha256="0" * 64)
        assert missed(answer).outcome == Outcome.MISMATCH


def test_a_listing_is_read_page_by_page_in_the_order_of_creation(world: World) -> None:
    with serving(world, settings=Settings(listing_cap=2)) as hub, opened(hub) as client:
        path: str | None = first_page_path([("sort", "createdAt"), ("direction", "1")], 1_000)
        found = []
        while path is not None:
            page = listing_page(client, path)
            found += [(info.hub_id, info.repo_id) for info in page.models]
            path = page.next
        assert found == sorted(found)
        assert [name for _, name in found] == [
            "org/plain", "org/many", "org/gated", "org/disabled", "org/after", "org/empty",
        ]  # fmt: skip
        assert len(hub.log) == 3


def test_a_smaller_page_of_the_same_listing_keeps_everything_else() -> None:
    path = "/api/models?sort=createdAt&limit=1000&cursor=a%3D%3D&expand%5B%5D=sha"
    assert with_limit(path, 10) == "/api/models?sort=createdAt&cursor=a%3D%3D&expand%5B%5D=sha&limit=10"


def test_a_hub_that_does_not_list_is_no_hub(world: World) -> None:
    with serving(world) as hub, opened(hub) as client, pytest.raises(HubUnavailable, match="refuses the listing"):
        listing_page(client, "/api/models?expand=nonsense")


def test_the_id_of_a_document_is_the_one_git_gives() -> None:
    # `printf 'hello\n' | git hash-object --stdin`
    assert blob_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_the_pointer_id_agrees_with_the_recorded_one() -> None:
    recorded = Path(__file__).parents[2] / "../shared/recorded/model-info.blobs.mcpotato--42-eicar-street.json"
    if not recorded.is_file():
        pytest.skip("the recorded answers (../shared/recorded beside the repository) are not here")
    files = json.loads(recorded.read_bytes())["siblings"]
    large = [file for file in files if "lfs" in file]
    assert large
    for file in large:
        assert pointer_oid(file["lfs"]["sha256"], file["lfs"]["size"]) == file["blobId"]
