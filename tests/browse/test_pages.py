"""The pages as HTTP answers: what they refuse, what they say to a browser, and that numbers equal their SQL."""

import http.client
import io
import json
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import duckdb
import polars as pl
import pytest

import harvester
from tests.browse.conftest import IMAGE, SCRIPT, TURNED, Site, browsing

PAGES = ("/models", "/model/maker/base-7b", "/model/evil/model", "/nowhere")


def get(site: Site, path: str, *, host: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)) as connection:
        connection.request(method, path, headers={"Host": host if host is not None else f"127.0.0.1:{site.port}"})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def text_of(site: Site, path: str, **params: object) -> str:
    status, _, body = get(site, path + ("?" + urlencode(params, doseq=True) if params else ""))
    assert status == 200, body
    return body.decode()


def rows(site: Site, query: str, **params: object) -> list[tuple[Any, ...]]:
    with closing(harvester.connect(site.data)) as con:
        return con.execute(query, params).fetchall() if params else con.execute(query).fetchall()


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_is_not_its_own(site: Site, path: str) -> None:
    headers = get(site, path)[1]
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "", "[::1", "localhost@evil.example"])
def test_only_names_of_this_machine_are_answered(site: Site, host: str) -> None:
    status, headers, body = get(site, "/models", host=host)
    assert status in (400, 403)
    assert b"maker" not in body
    assert status == 400 or "content-security-policy" in headers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8643", "[::1]:80"])
def test_each_name_of_this_machine_is_answered(site: Site, host: str) -> None:
    assert get(site, "/models", host=host)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(site: Site, method: str) -> None:
    assert get(site, "/models", method=method)[0] == 405


class Markup(HTMLParser):
    """What of a page is markup: its elements and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "path", ["/models", "/model/evil/model", "/models?" + urlencode({"q": SCRIPT, "tag": IMAGE, "task": SCRIPT})]
)
def test_harvested_text_is_never_markup(site: Site, path: str) -> None:
    page = text_of(site, path)
    markup = Markup()
    markup.feed(page)
    assert SCRIPT not in page
    assert "\u202e" not in page
    assert {attrs.get("src") for tag, attrs in markup.elements if tag == "script"} == {"/static/app.js"}
    assert not any(name.startswith("on") or name == "style" for _, attrs in markup.elements for name in attrs)
    assert not any((attrs.get("href") or "").startswith("javascript") for _, attrs in markup.elements)
    assert "&lt;script&gt;" in page


def test_a_model_page_shows_hostile_text_as_it_is(site: Site) -> None:
    page = text_of(site, "/model/evil/model")
    assert "safe\\u202egnp.exe" in page
    assert TURNED not in page


FOUND = {
    "": "TRUE",
    "q=base-7b": "contains(lower(repo_id), 'base-7b')",
    "q=base+CHAT": "contains(lower(repo_id), 'base') AND contains(lower(repo_id), 'chat')",
    "q=transformers": "list_contains(tags, 'transformers')",
    "author=tuner": "author = 'tuner'",
    "tag=transformers": "list_contains(tags, 'transformers')",
    "license=mit&license=gpl-3.0": "license IN ('mit', 'gpl-3.0')",
    "license=~&task=~": "license IS NULL AND pipeline_tag IS NULL",
    "format=safetensors": "hub_id IN (SELECT hub_id FROM files WHERE role = 'weights' AND format = 'safetensors')",
    "language=en": "list_contains(languages, 'en')",
    "reusable=true": "hub_id IN (SELECT hub_id FROM reuse WHERE reusable)",
    "params=0-100M": "parameters < 100000000",
    "q=%25": "FALSE",
}


@pytest.mark.parametrize("query", FOUND)
def test_a_search_finds_what_its_sql_says(site: Site, query: str) -> None:
    found = json.loads(get(site, f"/models.json?{query}")[2])
    wanted = rows(
        site,
        f"SELECT repo_id FROM models WHERE {FOUND[query]} "
        "ORDER BY downloads DESC NULLS LAST, likes DESC NULLS LAST, repo_id",
    )
    assert [row["repo_id"] for row in found] == [name for (name,) in wanted]
    total = f"<strong>{len(wanted)}</strong> model"
    assert total in text_of(site, f"/models?{query}")
    assert total in text_of(site, f"/models?{query}&part=facets")


def test_safe_is_what_find_calls_safe(site: Site) -> None:
    with harvester.Catalogue(site.data) as catalogue:
        wanted = set(catalogue.find(safe_only=True, limit=1_000)["repo_id"])
    assert {row["repo_id"] for row in json.loads(get(site, "/models.json?safe=true")[2])} == wanted


def test_facets_count_what_selecting_a_value_would_show(site: Site) -> None:
    from harvester.browse import search
    from harvester.browse.store import Store

    store = Store(site.data)
    for query in ((), (("license", "mit"),), (("license", "mit"), ("task", "fill-mask"), ("q", "o"))):
        state = search.read_state(query)
        _, counts = search.counted(store, state)
        for facet, values in counts.items():
            for value, models in values:
                key = search.UNKNOWN if value is None else value
                alone = search.read_state([*(pair for pair in query if pair[0] != facet), (facet, key)])
                assert search.counted(store, alone)[0] == models, (query, facet, value)


def test_a_sorted_search_puts_what_is_unknown_last(site: Site) -> None:
    for sort, order in (("likes", "likes DESC"), ("-downloads", "downloads ASC"), ("-repo_id", "lower(repo_id) ASC")):
        found = json.loads(get(site, f"/models.json?sort={sort}&column=downloads&column=likes")[2])
        column = order.split()[0].replace("lower(repo_id)", "repo_id")
        wanted = [value for (value,) in rows(site, f"SELECT {column} FROM models ORDER BY {order} NULLS LAST")]
        assert [row[column] for row in found] == wanted


def test_pages_follow_each_other(site: Site) -> None:
    first, second = (text_of(site, f"/models?q=many&page={page}") for page in (1, 2))
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert len({name for page in (first, second) for name in page.split('value="many/')[1:]}) == 60


@pytest.mark.parametrize("query", ["sort=nothing", "page=0", "page=x", "column=nothing", "nothing=1"])
def test_a_wrong_address_is_explained(site: Site, query: str) -> None:
    status, _, body = get(site, f"/models?{query}")
    assert status == 400
    assert b'role="alert"' in body


def test_every_format_has_the_same_rows(site: Site) -> None:
    by_json = json.loads(get(site, "/models.json?q=tuner")[2])
    by_csv = pl.read_csv(io.BytesIO(get(site, "/models.csv?q=tuner")[2]))
    by_parquet = pl.read_parquet(io.BytesIO(get(site, "/models.parquet?q=tuner")[2]))
    names = [row["repo_id"] for row in by_json]
    assert names == by_csv["repo_id"].to_list() == by_parquet["repo_id"].to_list() != []


def test_a_model_page_shows_the_family_the_change_and_the_copies(site: Site) -> None:
    page = text_of(site, "/model/maker/base-7b")
    assert "tuner/base-7b-chat is made from maker/base-7b" in page
    assert "The same weights (SHA-256)" in page
    assert "hidden_size 64 -&gt; 128" in page
    assert 'href="#typed-hidden_size"' in page
    assert "gpl-3.0" in page


def test_a_model_is_found_by_its_id_and_an_unknown_one_is_explained(site: Site) -> None:
    ((hub_id,),) = rows(site, "SELECT hub_id FROM models WHERE repo_id = 'maker/base-7b'")
    assert "maker/base-7b" in text_of(site, f"/model/{hub_id}")
    status, _, body = get(site, "/model/" + quote("maker/base-8b"))
    assert status == 400
    assert b"did you mean maker/base-7b?" in body


def test_a_models_rows_can_be_downloaded(site: Site) -> None:
    found = json.loads(get(site, "/model-data/files.json?model=maker/base-7b")[2])
    wanted = rows(site, "SELECT path FROM files WHERE repo_id = 'maker/base-7b'")
    assert sorted(row["path"] for row in found) == sorted(path for (path,) in wanted)
    assert get(site, "/model-data/runs.json?model=maker/base-7b")[0] == 404


def test_all_values_of_a_facet_are_on_its_page_and_a_text_filters_them(site: Site) -> None:
    counted = rows(site, "SELECT license, count(*) FROM models GROUP BY license")
    page = text_of(site, "/facets/license")
    assert page.count("<tr>") == len(counted) + 1
    filtered = text_of(site, "/facets/license", contains="APACHE", task="text-generation")
    assert "license=apache-2.0" in filtered
    assert "license=mit" not in filtered
    assert SCRIPT not in page
    assert get(site, "/facets/nothing")[0] == 404


def test_a_catalogue_of_another_version_says_to_build_it(site: Site, tmp_path: Path) -> None:
    (tmp_path / "catalogue.duckdb").write_bytes((site.data / "catalogue.duckdb").read_bytes())
    with closing(duckdb.connect(tmp_path / "catalogue.duckdb")) as con:
        con.execute("ALTER TABLE base.search DROP COLUMN likes")
    with browsing(tmp_path) as other:
        status, _, body = get(other, "/models?sort=likes")
    assert status == 503
    assert b"harvester build" in body
    assert b"Binder" not in body
