"""What the sample Hub reads out of a card."""

from pathlib import Path

import pytest

from samplehub.front_matter import parse
from samplehub.reading import front_matter
from samplehub.world import Repo
from tests.support import Shelf


def test_the_hub_reads_yaml_as_javascript_does_and_no_bomb(tmp_path: Path) -> None:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 30))
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/no", {"README.md": "---\nlanguage: no\ndate: 2024-01-01\n---\n"})
    shelf.put("org/bomb", {"README.md": f"---\na0: &a0 [x]\n{levels}\n---\n"})
    read = {}
    for name in ("org/no", "org/bomb"):
        repo = shelf.world().find(name)
        assert isinstance(repo, Repo)
        read[name] = front_matter(repo.head.tree)
    assert read == {"org/no": {"language": "no", "date": "2024-01-01"}, "org/bomb": {}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1.10\nb: 010\nc: 2_000\nd: .inf\ne: 1e999", {"a": 1.1, "b": 10, "c": 2000, "d": ".inf", "e": "1e999"}),
        ("a: ~\nb: True\nc: yes\nd:", {"a": None, "b": True, "c": "yes", "d": None}),
        ("2: x\ntrue: y", {"2": "x", "true": "y"}),
        ("a: &a {b: *a}", {}),
        ("a: !!python/name:os.system", {}),
        ("a: !!binary aGk=", {}),
        ("a: " + "[" * 200 + "]" * 200, {}),
        ("a: [", {}),
        ("- a", {}),
        ("a: " + "9" * 5_000, {"a": "9" * 5_000}),
    ],
)  # fmt: skip
def test_values_are_those_of_yaml_1_2_and_what_is_no_json_is_nothing(text: str, value: object) -> None:
    assert parse(text) == value
