"""Each diff of docs/extending.md applies to a copy of the project, and what it adds works there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = re.findall(r"^## (.+?)\n.*?^```diff\n(.*?)^```", (ROOT / "docs/extending.md").read_text(), re.M | re.S)
COLUMN = """
from harvester.extract.rows import extracted_rows
from harvester.schema.config_columns import CONFIG_COLUMNS
rows = extracted_rows(b"", "config", "config.json", b'{"final_logit_softcapping": 30.0}')
names = [column.name for column in CONFIG_COLUMNS]
assert 30.0 in rows["configs"][0] and "final_logit_softcapping" in names
"""
KIND = """
from harvester.extract.kinds import default_paths, kind_of
assert kind_of("video_preprocessor_config.json").name == "video_preprocessor"
assert default_paths(["a.txt", "video_preprocessor_config.json"]) == ["video_preprocessor_config.json"]
"""
DEPTH = """
import click, tempfile
from pathlib import Path
from harvester.cli import cli
from harvester.options import harvest_options
from tests.support import Shelf, harvest, rows, run, serving
depths = harvest_options(limit=1, depths="licenses").depths
command = cli.get_command(click.Context(cli), "harvest")
assert "licenses" in command.get_help(click.Context(command))
shelf, data = Shelf(Path(tempfile.mkdtemp())), Path(tempfile.mkdtemp())
shelf.put("org/a", {"LICENSE": "MIT License", "config.json": {}})
shelf.put("org/b", {"config.json": {}})
with serving(shelf.world()) as hub:
    estimate = run("harvest", "--hub", hub.url, "--data", data, "--all", "--with", "licenses", "--dry-run").stdout
    assert "at most 1 resolvers" in estimate, estimate
    first, second = (harvest(hub, data, depths=depths).record for _ in range(2))
assert (first["planned"], first["requests_resolvers"]) == (2, 1)
assert (second["planned"], second["requests_resolvers"]) == (0, 0)
assert rows(data, "SELECT path, outcome FROM fetches WHERE item = 'document'") == [("LICENSE", "ok")]
"""
ENDPOINT = """
import tempfile
from pathlib import Path
from harvester.clock import SystemClock
from harvester.hub.connect import HubSettings, open_hub
from harvester.hub.endpoints import branches
from harvester.outcome import Got, Missed
from tests.support import serving, small_shelf
shelf = small_shelf(Path(tempfile.mkdtemp()), models=1)
with serving(shelf.world()) as served:
    hub = open_hub(HubSettings(served.url), SystemClock(), print)
    found, missing = branches(hub, "org/m0"), branches(hub, "org/none")
    hub.transport.close()
assert isinstance(found, Got) and found.value == ["main"], found
assert isinstance(missing, Missed), missing
"""
OPTION = """
import click, inspect
from harvester import harvest
from harvester.cli import cli
from harvester.options import harvest_options
typed = cli.get_command(click.Context(cli), "harvest").make_context("harvest", []).params
assert typed["read_timeout"] == inspect.signature(harvest).parameters["read_timeout"].default == 30
assert harvest_options(limit=1, read_timeout=5).read_timeout == 5
"""
#: Per section, what is run in the copy.
CHECKS = {
    "A typed column of `configs` and `models`": ["-c", COLUMN],
    "A query": ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/ask/test_queries.py", "-k", "softcapping"],
    "A kind of document": ["-c", KIND],
    "A depth of `--with`": ["-c", DEPTH],
    "An endpoint": ["-c", ENDPOINT],
    "An option of `harvest`": ["-c", OPTION],
}


def test_every_section_is_checked() -> None:
    assert [name for name, _ in SECTIONS] == [*CHECKS]


@pytest.mark.skipif(shutil.which("git") is None, reason="git, which applies the diffs, is not installed")
@pytest.mark.parametrize(("name", "diff"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_a_worked_example_works(name: str, diff: str, tmp_path: Path) -> None:
    for part in ("harvester", "queries", "tests", "pyproject.toml"):
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / part)
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent), "PYTHONPATH": str(tmp_path)}
    applied = subprocess.run(
        ["git", "apply", "-"], cwd=tmp_path, input=diff, text=True, capture_output=True, env=environment
    )
    assert applied.returncode == 0, applied.stderr
    done = subprocess.run(
        [sys.executable, *CHECKS[name]], cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
