"""The listing: orders, cursors, filters, fields."""

import base64
import json
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from samplehub import SampleHub, Settings, SimulatedWorld
from samplehub.world import SORT_KEYS, Repo, sort_value

from .helpers import Get, Recorded, ask, repos_of


def pages(get: Get, target: str) -> list[Any]:
    """Every row, following ``Link`` to its end."""
    rows: list[Any] = []
    onward: str | None = target
    while onward:
        got = get(onward)
        assert got.status == 200
        rows += got.json
        link = got.headers.get("link")
        onward = None
        if link:
            parts = urlsplit(link.split(">")[0][1:])
            onward = f"{parts.path}?{parts.query}"
    return rows


def public(repos: list[Repo]) -> list[Repo]:
    return [repo for repo in repos if not repo.facts.private]


@pytest.mark.parametrize(("key", "direction"), [("createdAt", 1), *((key, -1) for key in SORT_KEYS)])
def test_every_order_is_walked_whole_by_its_cursor(get: Get, repos: list[Repo], key: Any, direction: int) -> None:
    rows = pages(get, f"/api/models?sort={key}&direction={direction}&limit=37")
    by_id = {repo.facts.repo_id: repo for repo in repos}
    assert sorted(row["id"] for row in rows) == sorted(repo.facts.repo_id for repo in public(repos))
    values = [sort_value(by_id[row["id"]], key) for row in rows]
    assert values == sorted(values, reverse=direction == -1)
    ties = [(a, b) for a, b, x, y in zip(rows, rows[1:], values, values[1:], strict=False) if x == y]
    assert all(a["_id"] < b["_id"] for a, b in ties)


def test_the_default_order_is_trending_downwards_a_thousand_a_page(get: Get, repos: list[Repo]) -> None:
    got = get("/api/models?limit=99999")
    assert len(got.json) == len(public(repos))
    scores = [row["trendingScore"] for row in got.json]
    assert scores == sorted(scores, reverse=True)
    assert "link" not in got.headers


def test_a_page_is_cut_at_the_cap_and_links_on() -> None:
    with SampleHub(SimulatedWorld(60), quota=None, settings=Settings(listing_cap=25)) as hub:
        first = ask(hub.url, "/api/models?sort=createdAt&direction=1&limit=1000")
        assert len(first.json) == 25
        assert first.headers["link"].startswith(f"<{hub.url}/api/models?sort=createdAt&direction=1&limit=1000&cursor=")


def test_a_cursor_can_be_built_for_any_date(get: Get, repos: list[Repo]) -> None:
    boundary = repos[150].facts.created_at
    cursor = base64.b64encode(json.dumps({"_id": {"$gt": f"{boundary:08x}" + "0" * 16}}).encode()).decode()
    rows = get(f"/api/models?sort=createdAt&direction=1&limit=1&cursor={quote(cursor, safe='')}").json
    expected = next(repo for repo in public(repos) if repo.facts.created_at >= boundary)
    assert rows[0]["id"] == expected.facts.repo_id


def test_private_models_are_never_listed_and_closed_ones_are(get: Get, repos: list[Repo]) -> None:
    listed = {row["id"] for row in get("/api/models").json}
    assert {repo.facts.repo_id for repo in repos if repo.facts.private}.isdisjoint(listed)
    assert {repo.facts.repo_id for repo in repos if repo.facts.disabled or repo.facts.gated} <= listed


@pytest.mark.parametrize("tag", ["transformers", "gguf", "text-generation", "license:mit", "base_model:quantized:{}"])
def test_filter_finds_tags_libraries_and_tasks(get: Get, repos: list[Repo], tag: str) -> None:
    quantized = next(
        repo for repo in repos if repo.facts.base_models and repo.facts.base_models.relation == "quantized"
    )
    assert quantized.facts.base_models is not None
    tag = tag.format(quantized.facts.base_models.models[0][1])
    rows = get(f"/api/models?filter={quote(tag)}").json
    expected = {
        repo.facts.repo_id
        for repo in public(repos)
        if tag in repo.words.tags or tag in (repo.words.library_name, repo.facts.pipeline_tag)
    }
    assert expected
    assert {row["id"] for row in rows} == expected


def test_filters_must_all_hold(get: Get) -> None:
    both = get("/api/models?filter=safetensors&filter=pytorch&full=true").json
    assert both
    assert all({"safetensors", "pytorch"} <= set(row["tags"]) for row in both)


def test_author_task_search_and_gated_select(get: Get, repos: list[Repo]) -> None:
    author = repos[0].author
    assert {row["author"] for row in get(f"/api/models?author={author}&full=true").json} == {author}
    assert get("/api/models?author=nobody-at-all").json == []
    tasks = {row["pipeline_tag"] for row in get("/api/models?pipeline_tag=fill-mask").json}
    assert tasks == {"fill-mask"}
    found = get("/api/models?search=-GGUF").json
    assert found
    assert all("-gguf" in row["id"].lower() for row in found)
    gated = get("/api/models?gated=true&expand=gated").json
    assert {row["gated"] for row in gated} == {"auto", "manual"}
    assert {row["gated"] for row in get("/api/models?gated=false&expand=gated").json} == {False}


def test_apps_find_what_they_open(get: Get) -> None:
    rows = get("/api/models?apps=ollama&full=true").json
    assert rows
    assert all(any(one["rfilename"].endswith(".gguf") for one in row["siblings"]) for row in rows)
    assert len(get("/api/models?apps=ollama&apps=vllm").json) > len(rows)
    assert get("/api/models?apps=vllm").json != get("/api/models").json


def test_inference_providers_find_what_they_serve(get: Get) -> None:
    served = get("/api/models?inference_provider=all&expand=inferenceProviderMapping&expand=inference").json
    assert served
    assert {row["inference"] for row in served} == {"warm"}
    mine = get("/api/models?inference_provider=hf-inference&expand=inferenceProviderMapping").json
    assert 0 < len(mine) < len(served)
    for row in mine:
        assert "hf-inference" in {one["provider"] for one in row["inferenceProviderMapping"]}
    assert {row["id"] for row in get("/api/models?inference=warm").json} == {row["id"] for row in served}
    assert get("/api/models?inference_provider=nobody").json == []


def test_library_is_silently_ignored(get: Get) -> None:
    assert get("/api/models?library=timm").json == get("/api/models").json


@pytest.mark.parametrize("spelling", ["expand", "expand[]", "expand%5B%5D"])
def test_expand_gives_the_asked_fields_only(get: Get, spelling: str) -> None:
    rows = get(f"/api/models?limit=5&{spelling}=downloads&{spelling}=sha").json
    assert all(list(row) == ["_id", "id", "sha", "downloads"] for row in rows)


@pytest.mark.parametrize("key", ["downloads", "likes", "trendingScore", "lastModified"])
def test_only_creation_runs_upwards(get: Get, key: str) -> None:
    assert get(f"/api/models?sort={key}&direction=1").status == 400
    assert get(f"/api/models?sort={key}&direction=-1&limit=3").json == get(f"/api/models?sort={key}&limit=3").json


def test_the_default_order_refuses_to_run_upwards_too(get: Get) -> None:
    assert get("/api/models?direction=1").status == 400


def refused(get: Get, target: str) -> tuple[set[str], str]:
    """The legal names in a 400, and what stands behind them."""
    got = get(target)
    assert got.status == 400
    head, _, listed = got.json["error"].partition("expected one of ")
    names, _, place = listed.partition("\n")
    assert head == "✖ Invalid option: "
    return {name.strip('"') for name in names.split("|")}, place.strip()


def test_a_refused_field_is_answered_with_the_legal_ones_and_its_place(get: Get, model: Repo) -> None:
    names, place = refused(get, f"/api/models/{model.facts.repo_id}?expand=author&expand=cardData.license")
    assert place == "→ at expand[1]"
    assert {"usedStorage", "childrenModelCount", "xetEnabled"} <= names


@pytest.mark.parametrize("field", ["usedStorage", "childrenModelCount"])
def test_a_listing_refuses_what_a_single_model_takes(get: Get, model: Repo, recorded: Recorded, field: str) -> None:
    assert field in get(f"/api/models/{model.facts.repo_id}?expand[]={field}").json
    names, place = refused(get, f"/api/models?expand[]=sha&expand[]=tags&expand[]={field}")
    assert place == "→ at expand[2]"
    assert field not in names
    assert names == set(recorded("expand-allowlist.listing.read-from-400.json")["models"])


def test_siblings_in_a_row_are_names_only(get: Get, model: Repo) -> None:
    rows = get(f"/api/models?author={model.author}&expand=siblings&blobs=true").json
    row = next(row for row in rows if row["id"] == model.facts.repo_id)
    assert row["siblings"] == [{"rfilename": path} for path in model.head.tree.files]


def test_full_config_and_card_data_add_their_fields(get: Get) -> None:
    plain = get("/api/models?limit=50").json
    full = get("/api/models?limit=50&full=true&config=true&cardData=true").json
    added = set().union(*full) - set().union(*plain)
    assert added == {"author", "gated", "disabled", "lastModified", "sha", "siblings", "config", "cardData"}


def test_skip_passes_rows_over(get: Get) -> None:
    assert get("/api/models?skip=7&limit=3").json == get("/api/models?limit=10").json[7:]


@pytest.mark.parametrize("query", ["sort=size", "cursor=!!!", "cursor=e30%3D", "sort=createdAt&cursor=bm90IGpzb24%3D"])
def test_nonsense_is_a_400(get: Get, query: str) -> None:
    got = get(f"/api/models?{query}")
    assert got.status == 400
    assert got.json["error"]


def test_a_filtered_page_may_end_early_and_still_links_on() -> None:
    world = SimulatedWorld(120)
    with SampleHub(world, quota=None, settings=Settings(scan_limit=10)) as hub:
        first = ask(hub.url, "/api/models?filter=gguf&limit=5&sort=createdAt&direction=1")
        assert len(first.json) < 5
        assert "link" in first.headers
        rows = pages(lambda target: ask(hub.url, target), "/api/models?filter=gguf&limit=5&sort=createdAt&direction=1")
    expected = [repo.facts.repo_id for repo in public(repos_of(world)) if "gguf" in repo.words.tags]
    assert [row["id"] for row in rows] == expected


@pytest.mark.parametrize("ascending", ["ignored", "honoured"])
def test_a_hub_may_take_an_ascending_order(ascending: Any) -> None:
    with SampleHub(SimulatedWorld(30), quota=None, settings=Settings(ascending=ascending)) as hub:
        up, down = (ask(hub.url, f"/api/models?sort=likes&direction={way}").json for way in (1, -1))
        assert (up == down) == (ascending == "ignored")


def test_a_hub_may_ignore_direction() -> None:
    with SampleHub(SimulatedWorld(30), quota=None, settings=Settings(honour_direction=False)) as hub:
        up, down = (ask(hub.url, f"/api/models?sort=createdAt&direction={way}").json for way in (1, -1))
        assert up == down
