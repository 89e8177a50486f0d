"""Makes the pictures of the README in docs/images/ from a harvest of the sample Hub: a plot of the report, and a page.

`make screenshots` writes them. The page needs Chromium.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import harvester
from harvester.report.draw import svg
from harvester.report.findings import finding
from harvester.report.plots import find_plot

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLOURS = (ROOT / "harvester" / "report" / "colours.css").read_text(encoding="utf-8")
#: Bytes of a picture: a README should load at once.
LARGEST = 150_000
PLOT = "license_mix"
PAGE = "/"


def plot(data: Path) -> str:
    """Return a plot of the report as a file of its own, whose colours follow the reader's, on the page's background."""
    chosen = find_plot(PLOT)
    assert chosen is not None
    with harvester.connect(data) as con:
        rows = chosen.answer(con)
        said = finding(chosen, rows, chosen.size(con))
    picture = svg(chosen.encoding, rows, f"{chosen.question} {said}")
    opening, rest = picture.split(">", 1)
    return f'{opening}><style>{COLOURS}</style><rect width="100%" height="100%" fill="var(--page)"/>{rest}\n'


def screenshot(data: Path, target: Path) -> None:
    """Take a picture of the first page that `harvester browse` serves."""
    serving = subprocess.Popen(
        [sys.executable, "-u", "-m", "harvester", "browse", "--data", str(data), "--port", "0"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        address = re.search(r"http://\S+", serving.stdout.readline())
        assert address is not None
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1120, "height": 680})
            page.goto(address[0] + PAGE)
            page.wait_for_load_state("networkidle")
            page.screenshot(path=target)
            browser.close()
    finally:
        serving.terminate()
        serving.wait()


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "sample-hub"
        harvester.harvest(hub="sample", sort="downloads", limit=300, data=data, quiet=True)
        (IMAGES / "licences.svg").write_text(plot(data), encoding="utf-8")
        screenshot(data, IMAGES / "browse.png")
    for image in sorted(IMAGES.iterdir()):
        print(f"{image.relative_to(ROOT)}: {image.stat().st_size:,} bytes")
        assert image.stat().st_size < LARGEST, image


if __name__ == "__main__":
    main()
