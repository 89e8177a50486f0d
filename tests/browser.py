"""Pages in a real browser: what they request, how they look at a width, and what axe finds in them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

#: Debian's browser, and its names elsewhere.
NAMES = ("chromium", "chromium-browser", "google-chrome")
#: What axe calls a finding that keeps people from using a page.
BAD = ("serious", "critical")


def launched() -> Iterator[Any]:
    """A playwright Browser, closed at the end; skips where Chromium or playwright is missing."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make setup)")
    with sync_api.sync_playwright() as playwright:
        # Chromium refuses to run as root with its sandbox; these pages are ours.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(chromium: Any, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Any]:
    """Open a page, and close it; fails on an error of the page, and on a request to another place than the page's."""
    wrong: list[str] = []
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    context.on("request", lambda request: None if _same_place(request.url, url) else wrong.append(request.url))
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(url)
        yield page
        assert wrong == []
    finally:
        context.close()


def _same_place(requested: str, page: str) -> bool:
    ours, theirs = urlsplit(page), urlsplit(requested)
    return theirs.scheme in ("data", "blob") or (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)


def serious(page: Any) -> list[str]:
    """The serious and critical findings of axe in a page, with the elements that have them."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed (make setup)")
    found = axe.Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes'][:5]]}" for one in found if one["impact"] in BAD]


def overflows(page: Any) -> bool:
    """Whether a page must be scrolled sideways."""
    script = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(page.evaluate(script))
