"""Fields that an endpoint refuses: read from the refusal's words, else found by trial; never all of them dropped."""

from pathlib import Path

import pytest

from harvester.crawl.select import Selection
from harvester.errors import HubUnavailable
from harvester.hub.endpoints import first_page_path, listing_page, model
from harvester.hub.fields import LISTING_FIELDS, SINGLE_FIELDS, SUSPECTS, fields_in
from harvester.outcome import Got, Missed
from samplehub import FAULTS, SampleHub
from samplehub.misbehaviour import Fault
from tests.support import Shelf, harvest, one, rows, run, serving, small_shelf

from .opened import opened
from .refusing import WORDINGS, RefuseFields

READABLE = sorted(WORDINGS.keys() - {"bare", "nothing"})


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return small_shelf(tmp_path_factory.mktemp("fields"), 3)


def refused(hub: SampleHub) -> list[str]:
    return [f"{served.path}?{served.query}" for served in hub.log if served.status == 400]


def fields_of_last(hub: SampleHub, path: str = "/api/models") -> set[str]:
    return set(fields_in([f"{s.path}?{s.query}" for s in hub.log if s.path == path][-1]))


def test_fields_of_single_models_are_not_requested_from_a_listing() -> None:
    assert not {"usedStorage", "childrenModelCount", "cardData"} & {*LISTING_FIELDS}
    assert {"usedStorage", "childrenModelCount"} < {*SINGLE_FIELDS}


@pytest.mark.parametrize("words", READABLE)
@pytest.mark.parametrize("as_json", [True, False])
def test_a_refusal_that_can_be_read_costs_one_request(shelf: Shelf, words: str, as_json: bool) -> None:
    fault = RefuseFields(fields=("baseModels",), words=words, as_json=as_json)
    with serving(shelf.world(), faults=[fault]) as hub, opened(hub) as client:
        assert len(listing_page(client, first_page_path([], 1_000)).models) == 3
        assert len(listing_page(client, first_page_path([], 1_000)).models) == 3
        assert len(refused(hub)) == 1
        assert fields_of_last(hub) == {*LISTING_FIELDS} - {"baseModels"}


@pytest.mark.parametrize("words", ["zod", "joi", "joi, repeated", "named first", "prose"])
def test_a_list_of_what_is_legal_gives_all_that_is_refused_at_once(shelf: Shelf, words: str) -> None:
    gone = ("baseModels", "evalResults", "trendingScore")
    with serving(shelf.world(), faults=[RefuseFields(fields=gone, words=words)]) as hub, opened(hub) as client:
        assert len(listing_page(client, first_page_path([], 1_000)).models) == 3
        assert len(refused(hub)) == 1
        assert fields_of_last(hub) == {*LISTING_FIELDS} - {*gone}


@pytest.mark.parametrize("words", ["bare", "nothing"])
@pytest.mark.parametrize("name", ["baseModels", "transformersInfo"])
def test_a_refusal_that_names_nothing_loses_the_one_suspect_and_no_other_field(
    shelf: Shelf, words: str, name: str
) -> None:
    fault = RefuseFields(fields=(name,), words=words)
    with serving(shelf.world(), faults=[fault]) as hub, opened(hub) as client:
        assert len(listing_page(client, first_page_path([], 1_000)).models) == 3
        assert len(refused(hub)) <= len(SUSPECTS)
        assert fields_of_last(hub) == {*LISTING_FIELDS} - {name}


def test_two_suspects_at_once_are_found_and_what_a_listing_needs_is_kept(shelf: Shelf) -> None:
    fault = RefuseFields(fields=("evalResults", "baseModels"), words="bare")
    with serving(shelf.world(), faults=[fault]) as hub, opened(hub) as client:
        (first, *_) = listing_page(client, first_page_path([], 1_000)).models
        assert first.sha
        assert first.siblings
        assert fields_of_last(hub) >= {*LISTING_FIELDS} - {*SUSPECTS}


def test_a_field_that_no_harvest_can_do_without_ends_the_run(shelf: Shelf) -> None:
    fault = RefuseFields(fields=("sha",), words="bare")
    with (
        serving(shelf.world(), faults=[fault]) as hub,
        opened(hub) as client,
        pytest.raises(HubUnavailable, match="refuses the listing"),
    ):
        listing_page(client, first_page_path([], 1_000))


def test_a_refusal_of_another_parameter_is_not_taken_for_one_of_fields(shelf: Shelf) -> None:
    with serving(shelf.world()) as hub, opened(hub) as client:
        with pytest.raises(HubUnavailable, match="sort"):
            listing_page(client, first_page_path([("sort", "nonsense")], 1_000))
        assert len(hub.log) == 1


@pytest.mark.parametrize("words", READABLE)
def test_a_gateway_that_times_out_before_the_refusal_does_not_end_the_run(
    shelf: Shelf, tmp_path: Path, words: str
) -> None:
    faults: list[Fault] = [
        FAULTS["server-error"](times=3, path="/api/models?", statuses=(504,)),  # type: ignore[call-arg]
        RefuseFields(fields=("evalResults",), words=words),
    ]
    with serving(shelf.world(), faults=faults) as hub:
        harvest(hub, tmp_path, Selection(author="org"))
        assert len(refused(hub)) == 1
        harvest(hub, tmp_path, Selection(author="org"))
        assert len(refused(hub)) == 1
    assert rows(tmp_path, "SELECT count(*) FROM models") == [(3,)]


def test_used_storage_comes_with_the_manifest(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[RefuseFields()]) as hub:
        harvest(hub, tmp_path)
        assert refused(hub) == []
    assert one(tmp_path, "SELECT count(*) FROM models WHERE used_storage > 0") == (3,)


@pytest.mark.parametrize("words", sorted(WORDINGS))
def test_one_model_is_read_without_what_its_endpoint_refuses(shelf: Shelf, words: str) -> None:
    fault = RefuseFields(fields=("usedStorage", "spaces"), words=words, listing=False, single=True)
    with serving(shelf.world(), faults=[fault]) as hub, opened(hub) as client:
        for name in ("org/m0", "org/m1"):
            answer = model(client, name, None, SINGLE_FIELDS, blobs=True)
            assert isinstance(answer, Got)
            assert all(file.size is not None for file in answer.value.files)
        # and the listing, another endpoint, keeps them
        assert client.refused.of("listing") == frozenset()
        assert hub.log[-1].status == 200
        assert len([served for served in hub.log if served.path.startswith("/api/models/org/m1")]) == 1


def test_one_model_is_read_plainly_where_nothing_else_is_taken(shelf: Shelf, tmp_path: Path) -> None:
    fault = RefuseFields(fields=("siblings",), words="bare", listing=False, single=True)
    with serving(shelf.world(), faults=[fault]) as hub:
        harvest(hub, tmp_path, workers=1)
        before = len(refused(hub))
        shelf.put("org/m9", {"config.json": {"model_type": "bert"}})
    with serving(shelf.world(), faults=[fault]) as hub:
        harvest(hub, tmp_path)
        assert before <= 2 * len(SUSPECTS)
        assert refused(hub) == []
    assert one(tmp_path, "SELECT count(*) FROM files WHERE size IS NULL") == (0,)
    shelf.remove("org/m9")


def test_a_refusal_about_one_model_teaches_nothing_about_the_others(shelf: Shelf) -> None:
    fault = RefuseFields(fields=("siblings", "sha"), words="bare", listing=False, single=True, path="/org/m1")
    with serving(shelf.world(), faults=[fault, FAULTS["gone-sha"](path="nothing")]) as hub, opened(hub) as client:
        assert isinstance(model(client, "org/m0", None, SINGLE_FIELDS, blobs=True), Got)
        answer = model(client, "org/m1", None, SINGLE_FIELDS, blobs=True)
        assert isinstance(answer, Missed)
        assert len(hub.log) == 2
        assert client.refused.learned == {}


def test_the_command_reads_a_hub_that_refuses_fields(shelf: Shelf, tmp_path: Path) -> None:
    fault = RefuseFields(fields=("evalResults", "inferenceProviderMapping"), words="bare")
    with serving(shelf.world(), faults=[fault]) as hub:
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
