"""The generated pages of docs/ are what the code, the schema and the sample Hub give now."""

import re
from pathlib import Path

import pytest

from harvester.schema.catalogue import CATALOGUE_TABLES
from tools import docs_data, make_docs

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return make_docs.pages()


def test_every_generated_page_is_what_the_code_says(pages: dict[str, str]) -> None:
    stale = [name for name, text in pages.items() if (DOCS / name).read_text(encoding="utf-8") != text]
    assert stale == [], "run `make docs`"
    assert {"cli.md", "python.md", "data-dictionary.md", "lake.md", "macros.md", "queries/index.md"} <= set(pages)


def test_a_theme_that_is_gone_leaves_no_page(pages: dict[str, str]) -> None:
    assert {f"queries/{path.name}" for path in (DOCS / "queries").iterdir()} <= set(pages)


def test_every_table_has_one_theme_and_an_example() -> None:
    themed = [name for _, names in docs_data.THEMES.values() for name in names]
    assert sorted(themed) == sorted(table.name for table in CATALOGUE_TABLES)
    assert set(docs_data.EXAMPLES) == set(themed)


#: Words that native readers stumble over, where the field has a term.
ODD_WORDS = re.compile(r"\b(told|anew|asked for|asked in vain|brings|settled|mends?|mended)\b", re.IGNORECASE)
READ = ["README.md", "docs", "queries"]


def test_what_users_read_uses_the_terms_of_the_field() -> None:
    paths = [
        path for name in READ for path in [ROOT / name, *(ROOT / name).rglob("*")] if path.suffix in (".md", ".sql")
    ]
    found = [(str(path), word) for path in paths for word in ODD_WORDS.findall(path.read_text(encoding="utf-8"))]
    assert len(paths) > 50
    assert found == []
