"""The page about pinning models: every command runs, every recipe is valid, and the table of classes is the code's."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harvester.lock.classes import CLASSES
from tests.lock.support import FILES, command
from tests.support import Shelf, environment, serving

PAGE = (Path(__file__).parents[2] / "docs/how-to/pin-models.md").read_text(encoding="utf-8")
NAMES = ("openai-community/gpt2", "BAAI/bge-m3")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def shell(value: Any) -> Iterator[str]:
    """The commands of harvester in a recipe, in its order."""
    if isinstance(value, str):
        yield from (line.strip() for line in value.splitlines() if line.strip().startswith("harvester "))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from shell(item)


def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(tmp_path / "hub")
    for name in NAMES:
        shelf.put(name, FILES)
    project = tmp_path / "project"
    project.mkdir()
    (project / "models.txt").write_text("\n".join(NAMES))
    (project / "app.py").write_text("AutoModel.from_pretrained('BAAI/bge-m3')")
    monkeypatch.chdir(project)
    commands = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    recipes = [line for block in blocks("yaml") for line in shell(yaml.safe_load(block))]
    assert (len(commands), len(recipes)) == (11, 5)
    with serving(shelf.world()) as hub:
        for line in [*commands, *recipes]:
            words = shlex.split(line.partition(" ||")[0])[1:]
            words += ["--yes"] if words[0] == "update" and "--yes" not in words else []
            words += [] if words[0] == "check" and "--data" in words else ["--hub", hub.url]
            done = command(*words)
            assert done.code == 0, f"{line}\n{done}"
        variables = environment(HF_ENDPOINT=hub.url, PYTHONPATH=str(Path(__file__).parents[2]))
        (call,) = (block for block in blocks("python") if "lock.check" in block)
        assert subprocess.run([sys.executable, "-c", call], env=variables, check=False).returncode == 0
    assert {path.name for path in project.iterdir()} >= {"models.lock", "models.sarif", "models.xml", "report.md"}
    (reader,) = (block for block in blocks("python") if block.startswith("# locked.py"))
    Path("locked.py").write_text(reader)
    found = subprocess.check_output([sys.executable, "locked.py", NAMES[0]], text=True).strip()
    assert f'commit = "{found}"' in Path("models.lock").read_text()


def test_recipes_are_valid_and_load_at_the_locked_commit() -> None:
    workflows = [yaml.safe_load(block) for block in blocks("yaml")]
    assert [set(map(str, one)) & {"jobs", "models", "repos"} for one in workflows] == [
        {"jobs"}, {"jobs"}, {"models"}, {"repos"},
    ]  # fmt: skip
    loading = [block for block in blocks("python") if "from locked import" in block]
    for block in loading:
        calls = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.Call)]
        keywords = {word.arg for call in calls for word in call.keywords}
        assert "revision" in keywords
    assert len(loading) == 3
    assert all("--revision" in block for block in blocks("sh"))


def test_the_table_of_classes_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (x?) ?\| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [(one.name, "x" if one.matters else "", one.meaning) for one in CLASSES]
