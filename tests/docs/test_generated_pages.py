import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("make_docs", ROOT / "tools" / "make_docs.py")
assert _spec is not None
assert _spec.loader is not None
make_docs = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make_docs)


@pytest.mark.parametrize("name", sorted(make_docs.PAGES))
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == make_docs.PAGES[name]().rstrip() + "\n", "run `make docs`"


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
