"""The pages in a real browser: typing, clicking, going back, forms, what axe finds. Nothing requests another host."""

import re
from typing import Any

import pytest

from tests.browse.conftest import Site
from tests.browser import opened, overflows, serious


def names(page: Any) -> list[str]:
    """The models in the table of results."""
    return [text.strip() for text in page.locator("table.models tbody th").all_inner_texts()]


def test_typing_searches_and_going_back_leads_to_what_was_there(chromium: Any, site: Site) -> None:
    with opened(chromium, f"{site.url}/models") as page:
        before = names(page)
        assert len(before) == 50
        page.locator("#q").press_sequentially("chat")
        # The policy of the pages forbids what wait_for_function does.
        page.locator("table.models tbody tr").nth(1).wait_for(state="detached")
        page.locator(".total", has_text=re.compile("^1 model of")).wait_for()
        assert names(page) == ["tuner/base-7b-chat"]
        assert page.url == f"{site.url}/models?q=chat"
        page.go_back()
        page.locator("table.models tbody tr").nth(49).wait_for()
        assert page.url == f"{site.url}/models"
        assert names(page) == before


def test_facets_a_model_and_the_way_back(chromium: Any, site: Site) -> None:
    with opened(chromium, f"{site.url}/models?q=base") as page:
        page.get_by_role("link", name="apache-2.0 1").click()
        assert names(page) == ["tuner/base-7b-chat"]
        page.get_by_role("link", name="tuner/base-7b-chat").click()
        assert page.locator("h1").inner_text() == "tuner/base-7b-chat"
        assert page.locator("svg.lineage a").count() == 1
        page.locator("svg.lineage a").click()
        assert page.locator("h1").inner_text() == "maker/base-7b"
        page.go_back()
        page.go_back()
        assert names(page) == ["tuner/base-7b-chat"]
        page.get_by_role("link", name="Remove all").click()
        assert len(names(page)) == 50


def test_models_are_chosen_and_compared(chromium: Any, site: Site) -> None:
    with opened(chromium, f"{site.url}/models?q=base") as page:
        for name in ("maker/base-7b", "tuner/base-7b-chat"):
            page.get_by_label(f"Compare {name}", exact=True).check()
        page.get_by_role("button", name="Compare the selected").click()
        assert "hidden_size" in " ".join(page.locator("tr.differs").all_inner_texts())


def test_columns_and_order_are_chosen(chromium: Any, site: Site) -> None:
    with opened(chromium, f"{site.url}/models") as page:
        page.locator("summary", has_text="Columns").click()
        page.get_by_role("checkbox", name="sha", exact=True).check()
        page.get_by_role("button", name="Show").click()
        assert "sha" in page.locator("table.models thead").inner_text()
        page.locator("table.models thead").get_by_role("link", name="repo_id").click()
        assert names(page)[0] == "evil/model"
        assert "column=sha" in page.url


def test_a_form_runs_a_query_and_sql_shows_its_error(chromium: Any, site: Site) -> None:
    with opened(chromium, f"{site.url}/queries/license_mix") as page:
        page.locator("input[name=limit]").fill("1")
        page.get_by_role("button", name="Run").click()
        assert "limit=1" in page.url
        assert page.locator("table tbody tr").count() == 1
        page.goto(f"{site.url}/sql")
        page.locator("textarea").fill("SELECT count(*) AS models FROM models")
        page.locator("textarea").press("Control+Enter")
        page.wait_for_selector("table tbody td")
        assert page.locator("table tbody td").inner_text() == "64"


def test_a_wrong_statement_is_marked(chromium: Any, site: Site) -> None:
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(f"{site.url}/sql?q=SELECT+1%0AFROM+nothing")
        assert page.get_by_role("alert").is_visible()
        assert page.locator("li.wrong").inner_text() == "FROM nothing"
    finally:
        context.close()


def test_without_scripts_the_search_is_a_form(chromium: Any, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{site.url}/models")
        page.locator("#q").fill("chat")
        page.get_by_role("button", name="Search").click()
        assert names(page) == ["tuner/base-7b-chat"]
    finally:
        context.close()


def test_hostile_text_is_only_text(chromium: Any, site: Site) -> None:
    with opened(chromium, f"{site.url}/model/evil/model") as page:
        assert "owned" not in page.title()
        assert page.locator("main img, main script").count() == 0
        assert "<script>" in page.locator("main").inner_text()
        page.goto(f"{site.url}/models")
        assert "owned" not in page.title()


PAGES = ("/models", "/models?q=zzz", "/model/maker/base-7b", "/model/evil/model", "/changes", "/queries/license_mix",
         "/compare?model=maker/base-7b&model=tuner/base-7b-chat", "/sql", "/tables/models")  # fmt: skip


@pytest.mark.parametrize(("width", "dark"), [(400, True), (1440, False)])
def test_pages_are_accessible_and_fit(chromium: Any, site: Site, width: int, dark: bool) -> None:
    with opened(chromium, f"{site.url}/models", width=width, dark=dark) as page:
        for path in PAGES:
            page.goto(site.url + path)
            assert (path, serious(page)) == (path, [])
            assert (path, overflows(page)) == (path, False)
