"""What is published: a source distribution, the wheel that it builds, and what they say they need."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

from harvester import __version__
from tests.support import EXTRAS

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: What a module takes from an extra, by the folders that only that extra's command runs.
OF_EXTRAS = {"browse": ("harvester/browse/",), "report": ("harvester/report/",), "s3": ("harvester/lake/objects.py",)}


def run(command: list[str], folder: Path, path: Path | None = None) -> str:
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the source distribution, as it lies where it is installed."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)], ROOT)
    (source,) = folder.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)], folder)
    (wheel,) = folder.glob("*.whl")
    assert wheel.name == f"hub_harvester-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_a_built_wheel_holds_all_that_the_package_reads(unpacked: Path) -> None:
    for package in ("harvester", "samplehub"):
        wanted = {
            path.relative_to(ROOT) for path in (ROOT / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }  # fmt: skip
        assert {path for path in wanted if not (unpacked / path).is_file()} == set()
    (metadata,) = unpacked.glob("*.dist-info/METADATA")
    assert "License-Expression: Apache-2.0" in metadata.read_text(encoding="utf-8")
    assert list(unpacked.glob("*.dist-info/licenses/LICENSE"))
    assert (unpacked / "harvester/py.typed").is_file()


def test_a_built_wheel_lists_the_queries(unpacked: Path, tmp_path: Path) -> None:
    where = run([sys.executable, "-c", "import harvester; print(harvester.__file__)"], tmp_path, unpacked)
    assert Path(where.strip()).is_relative_to(unpacked)
    code = "import sys, samplehub; print(samplehub.__file__, any(name.startswith('harvester') for name in sys.modules))"
    where, harvester = run([sys.executable, "-c", code], tmp_path, unpacked).split()
    assert Path(where).is_relative_to(unpacked)
    assert harvester == "False"
    listed = run([sys.executable, "-m", "harvester", "queries"], tmp_path, unpacked)
    shipped = sorted(path.stem for path in (ROOT / "queries").rglob("*.sql"))
    assert all(name in listed for name in shipped)


def distributions(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in requirements}


def test_what_is_imported_is_declared() -> None:
    """A dependency of a dependency may go away; only what is declared is sure to be there."""
    core = distributions(PROJECT["dependencies"])
    extras = {name: distributions(lines) for name, lines in PROJECT["optional-dependencies"].items()}
    providers = packages_distributions()
    undeclared = set()
    for path in [*(ROOT / "harvester").rglob("*.py"), *(ROOT / "samplehub").rglob("*.py")]:
        place = path.relative_to(ROOT).as_posix()
        allowed = core.union(*(extras[name] for name, folders in OF_EXTRAS.items() if place.startswith(folders)))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for top in {name.split(".")[0] for name in names}:
                if top in sys.stdlib_module_names or top in ("harvester", "samplehub"):
                    continue
                if top not in providers and find_spec(top) is None:
                    # Of an extra that is not installed: its distribution is not known here.
                    continue
                found = {name.lower().replace("_", "-") for name in providers.get(top, [top])}
                if not found & allowed:
                    undeclared.add((place, top))
    assert undeclared == set()


def test_tests_know_what_an_extra_installs() -> None:
    for extra, names in EXTRAS.items():
        declared = distributions(PROJECT["optional-dependencies"][extra])
        assert {"vl-convert-python" if name == "vl_convert" else name for name in names.split()} == declared


def test_the_citation_has_the_version_of_the_package() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
