"""Every command of the tutorials, the how-to guides and the explanations runs; links lead somewhere."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.commands import ROOT, check_page
from tests.support import Shelf, config, serving

DOCS = ROOT / "docs"
#: In one folder, in this order: each begins with the harvest that it needs, and what was read before costs nothing.
GUIDES = (
    "tutorial/first-finding.md", "null.md", "budgets.md", "how-to/find-pickles.md", "how-to/choose-a-model.md",
    "how-to/audit-licences.md", "how-to/study-a-family.md", "how-to/track-changes.md", "how-to/take-a-model-down.md",
)  # fmt: skip
ANCHOR = re.compile(r"[^\w\- ]")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reader")


@pytest.mark.parametrize("page", GUIDES)
def test_a_guide_does_what_it_says(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = check_page(DOCS / page, folder, monkeypatch)
    assert shown >= (4 if page.startswith("tutorial") else 0)


def test_the_tutorial_of_the_real_hub_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path / "hub")
    for number in range(6):
        shelf.put(
            f"Qwen/Qwen-{number}",
            {"config.json": config(64 + number), "README.md": "# A model\n"},
            pipeline_tag="text-generation", downloads=number,
        )  # fmt: skip
    (tmp_path / "models.txt").write_text("Qwen/Qwen-0\n", encoding="utf-8")
    with serving(shelf.world()) as hub:
        check_page(DOCS / "tutorial/real-hub.md", tmp_path, monkeypatch, hub.url)


def test_the_site_builds_and_every_page_is_in_it(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed (make setup)")
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/how-to/find-pickles.html").is_file()


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as forges and mkdocs make them."""
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {ANCHOR.sub("", head.lower()).strip().replace(" ", "-") for head in heads}


def test_links_between_files_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "data/README.md"]
    broken, seen = [], 0
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                assert target.startswith(("https://", "http://127.0.0.1")), (page, target)
                continue
            seen += 1
            name, _, anchor = target.partition("#")
            file = (page.parent / name).resolve() if name else page
            if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
                broken.append((page.relative_to(ROOT).as_posix(), target))
    assert broken == []
    assert seen > 80
