"""The report in Chromium: at phone, tablet and desktop widths, light and dark."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser import opened, overflows, serious


@pytest.mark.parametrize(("width", "dark"), [(400, True), (800, False), (1440, True)])
def test_a_report_fits_and_is_accessible(report: Path, chromium: Any, width: int, dark: bool) -> None:
    requests: list[str] = []
    with opened(chromium, report.as_uri(), width=width, dark=dark) as page:
        page.on("request", lambda request: requests.append(request.url))
        assert page.locator("svg:visible").count() == page.locator("figure").count()
        assert not overflows(page)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert not overflows(page)
        if width != 800:
            # Rows are alike: a few of each table are enough, and axe is slow.
            page.evaluate("document.querySelectorAll('tr:nth-child(n+4)').forEach(one => one.remove())")
            assert serious(page) == []
        assert requests == []


def test_labels_of_pictures_are_not_cut_off_and_do_not_overlap(report: Path, chromium: Any) -> None:
    script = """svg => {
        const boxes = [...svg.querySelectorAll('text')].filter(one => one.textContent.trim())
            .map(one => [one.textContent, one.getBoundingClientRect()]);
        const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
        const wrong = boxes.filter(([, box]) => box.left < 0 || box.right > innerWidth).map(([text]) => text);
        boxes.forEach(([text, box], n) => boxes.slice(n + 1).forEach(([other, next]) => {
            if (over(box, next)) wrong.push(text + ' / ' + other);
        }));
        return wrong;
    }"""
    for width in (400, 1440):
        with opened(chromium, report.as_uri(), width=width) as page:
            wrong = [found for svg in page.locator("svg:visible").all() for found in svg.evaluate(script)]
            assert wrong == []


def test_the_data_of_a_figure_is_one_click_away(report: Path, chromium: Any) -> None:
    with opened(chromium, report.as_uri()) as page:
        figure = page.locator("figure#license_mix")
        assert not figure.locator("table").is_visible()
        figure.locator("summary").click()
        assert figure.locator("table").is_visible()
        with page.expect_download() as download:
            figure.locator("a[download]").click()
        saved = Path(download.value.path()).read_text(encoding="utf-8")
        assert saved.startswith("license,models,share,downloads,download_share\n")
        assert download.value.suggested_filename == "license_mix.csv"


def test_a_report_prints(report: Path, chromium: Any) -> None:
    with opened(chromium, report.as_uri()) as page:
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert page.locator("svg:visible").count() == page.locator("figure").count()
        assert page.pdf(format="A4").startswith(b"%PDF")
