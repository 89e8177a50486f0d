"""The other pages: comparison, changes, queries, SQL, tables, and the copy for a host of files."""

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlencode, urlsplit
from xml.etree import ElementTree

import pytest

from harvester.ask.registry import find_query
from harvester.errors import UsageError
from tests.browse.conftest import SCRIPT, Site
from tests.browse.test_pages import Markup, get, rows, text_of
from tests.support import needs, run

ATOM = "{http://www.w3.org/2005/Atom}"


def test_a_comparison_aligns_configs_and_marks_differences(site: Site) -> None:
    page = text_of(site, "/compare", model=["maker/base-7b", "tuner/base-7b-chat"])
    differs = set(re.findall(r'<tr class="differs"><th scope="row"[^>]*><bdi>([^<]*)', page))
    assert {"hidden_size", "Licence"} <= differs
    assert "model_type" not in differs
    status, _, body = get(site, "/compare?" + urlencode({"model": ["maker/base-7b", "no/model"]}, doseq=True))
    assert status == 400
    assert b"no model" in body


def test_changes_are_those_of_the_table(site: Site) -> None:
    shown = json.loads(get(site, "/changes.json?kind=config&noise=true")[2])
    assert len(shown) == rows(site, "SELECT count(*) FROM changes WHERE kind = 'config'")[0][0] > 0
    silent = json.loads(get(site, "/changes.json?announced=silent&model=maker/base-7b")[2])
    wanted = rows(site, "SELECT count(*) FROM changes WHERE len(announced_by) = 0 AND NOT noise")[0][0]
    assert len(silent) == wanted
    assert "hidden_size" in text_of(site, "/changes")


def test_the_feed_is_atom_with_links_to_the_models(site: Site) -> None:
    status, headers, body = get(site, "/changes.atom")
    feed = ElementTree.fromstring(body)
    assert (status, headers["content-type"]) == (200, "application/atom+xml")
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    assert all(entry.find(f"{ATOM}id") is not None for entry in entries)
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.get("href") == f"{site.url}/model/maker/base-7b"


def test_a_query_is_a_form_with_its_rows(site: Site) -> None:
    page = text_of(site, "/queries/license_mix", min_downloads="1")
    assert 'name="min_downloads" value="1"' in page
    by_json = json.loads(get(site, "/queries/license_mix.json?min_downloads=1")[2])
    assert {row["license"] for row in by_json} >= {"gpl-3.0", "apache-2.0"}
    status, _, body = get(site, "/queries/license_mix?min_downloads=many")
    assert status == 400
    assert b"min_downloads must be a whole number" in body
    assert get(site, "/queries/nothing")[0] == 400


def test_every_query_has_a_page(site: Site) -> None:
    names = re.findall(r'href="/queries/([a-z_0-9]+)"', text_of(site, "/queries"))
    assert len(names) > 40
    assert get(site, f"/queries/{names[0]}")[0] == 200


def test_sql_shows_rows_and_errors_where_they_are(site: Site) -> None:
    page = text_of(site, "/sql", q="SELECT repo_id FROM models WHERE author = 'evil'")
    assert "evil/model" in page
    status, _, body = get(site, "/sql?" + urlencode({"q": "SELECT 1\nFROM nothing"}))
    assert status == 400
    assert '<li class="wrong"><code>FROM nothing</code>' in body.decode()


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM read_text('/etc/passwd')", "COPY models TO '/tmp/x.csv'", "CREATE TABLE t (a INT)", "ATTACH 'x'"],
)
def test_sql_cannot_leave_the_catalogue(site: Site, statement: str) -> None:
    assert get(site, "/sql.json?" + urlencode({"q": statement}))[0] == 400


def test_sql_is_limited_in_rows_and_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvester.browse.sql_page.DOWNLOAD", 7)
    _, headers, body = get(site, "/sql.json?" + urlencode({"q": "SELECT * FROM range(100)"}))
    assert len(json.loads(body)) == 7
    assert headers["x-truncated"] == "true"
    monkeypatch.setattr("harvester.browse.sql_page.SECONDS", 0.2)
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"
    assert b"stopped after 0.2 seconds" in get(site, "/sql?" + urlencode({"q": endless}))[2]


def test_tables_explain_their_columns(site: Site) -> None:
    assert "context_length" in text_of(site, "/tables/models")
    columns = json.loads(get(site, "/tables/files.json")[2])
    assert [row["name"] for row in columns] == [name for name, *_ in rows(site, "DESCRIBE files")]
    assert get(site, "/tables/nothing")[0] == 404


def test_openapi_describes_answers_that_exist(site: Site) -> None:
    described = json.loads(text_of(site, "/openapi.json"))
    for path in ("/models.{format}", "/changes.{format}", "/tables.{format}", "/queries.{format}"):
        assert path in described["paths"]
        assert get(site, path.replace("{format}", "json"))[0] == 200
    assert any(name.startswith("/queries/license_mix") for name in described["paths"])


def test_differences_between_revisions_are_those_of_diff(site: Site) -> None:
    assert "hidden_size: 64 -&gt; 128" in text_of(site, "/diff", model="maker/base-7b")


def test_a_copy_has_only_links_that_lead_somewhere(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("browse")
    from harvester.browse.static_copy import copy

    # The report has tests of its own, and three queries stand for all.
    few = tuple(find_query(name) for name in ("license_mix", "shared_files", "latest_changes"))
    monkeypatch.setattr("harvester.browse.static_copy.queries", lambda: few)
    monkeypatch.setattr("harvester.browse.query_page.queries", lambda: few)
    monkeypatch.setattr("harvester.report.study.study", lambda con: None)
    monkeypatch.setattr("harvester.report.page.page", lambda found: "<p>The report</p>")
    root = tmp_path / "site"
    assert copy(data, root, 3) == []
    pages = sorted(root.rglob("*.html"))
    assert {"index.html", "report.html"} <= {page.name for page in pages}
    assert len(list((root / "model").iterdir())) == 3
    for page in pages:
        markup = Markup()
        text = page.read_text()
        markup.feed(text)
        assert SCRIPT not in text
        assert page.name == "report.html" or not any(tag in ("script", "form") for tag, _ in markup.elements)
        for _, attrs in markup.elements:
            href = attrs.get("href") or ""
            parts = urlsplit(href)
            if not href or parts.scheme in ("http", "https"):
                continue
            assert not href.startswith("/"), (page, href)
            if parts.path:
                assert Path(os.path.normpath(page.parent / unquote(parts.path))).is_file(), (page, href)
    assert (root / "queries" / "license_mix.parquet").is_file()
    # An older copy is replaced, other files are not.
    (root / "harvester-browse.txt").unlink()
    with pytest.raises(UsageError, match="holds other files"):
        copy(data, root, 1)


def test_a_selection_restricts_the_pages(site: Site) -> None:
    from harvester.browse import search
    from harvester.browse.store import Store

    ((selection,),) = rows(site, "SELECT selection_id FROM selections")
    store = Store(site.data, selection)
    total, _ = search.counted(store, search.State())
    assert total == rows(site, "SELECT count(*) FROM models")[0][0]
    tagged = rows(site, "SELECT count(*) FROM models WHERE list_contains(tags, 'transformers')")
    assert search.suggested(store, search.read_state([("q", "transf")]))["tag"] == [("transformers", tagged[0][0])]
    assert "Population: " in text_of(site, "/models")
    with pytest.raises(UsageError, match="no selection is called"):
        _ = Store(site.data, "nothing").con


def test_a_directory_without_a_catalogue_is_explained(tmp_path: Path) -> None:
    needs("browse")
    done = run("browse", "--data", tmp_path)
    assert done.returncode == 2
    assert "is not a harvest" in done.stderr
