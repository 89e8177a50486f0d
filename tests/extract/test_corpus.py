"""Every document of the corpora of genuine and made-up repositories is read, and none makes an extractor fail."""

from collections import Counter
from pathlib import Path

import pytest

from harvester.extract.kinds import CARD, kind_of
from harvester.extract.rows import extracted_rows

SHARED = Path(__file__).resolve().parents[3] / "shared"
STATUSES = {"ok", "lenient", "absent", "invalid", "not_object", "oversized", None}


def repositories(corpus: str) -> list[tuple[str, bytes]]:
    """The documents of a corpus by their path in their repository; a flat corpus holds one document a repository."""
    folder = SHARED / corpus
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent: the corpora are not shipped")
    flat = {"configs": "config.json", "cards": CARD.file_name, "broken": "config.json"}
    found = []
    for file in sorted(folder.rglob("*")):
        is_document = file.suffix in {".json", ".md", ".yml", ".yaml"} or file.name.upper().startswith("LICENSE")
        if file.is_file() and (is_document or folder.name == "broken"):
            inside = file.relative_to(folder)
            path = flat.get(folder.name, file.name) if len(inside.parts) == 1 else "/".join(inside.parts[1:])
            found.append((path, file.read_bytes()))
    return found


@pytest.mark.parametrize(
    "corpus", ["real/configs", "real/cards", "real/broken", "real/2026-10/configs", "real/2026-10/cards", "cases/repos"]
)
def test_every_document_is_read_to_rows(corpus: str) -> None:
    ends: Counter[str | None] = Counter()
    for path, data in repositories(corpus):
        kind = kind_of(path).name
        made = extracted_rows(b"o", kind, path, data)
        (row,) = made.get("configs") or made.get("cards") or made["license_texts"]
        assert not any(isinstance(value, str) and value.startswith("extractor error") for value in row), path
        ends[row[4] if kind == "license" else row[3]] += 1
    assert ends
    assert set(ends) <= STATUSES
