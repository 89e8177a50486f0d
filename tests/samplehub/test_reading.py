"""What the sample Hub reads out of a card."""

from pathlib import Path

from harvester.samplehub.reading import front_matter
from harvester.samplehub.world import Repo
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
