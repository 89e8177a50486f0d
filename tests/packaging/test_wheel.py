import os
import subprocess
import sys
import zipfile
from pathlib import Path

from harvester import __version__

ROOT = Path(__file__).parents[2]


def run(command: list[str], folder: Path, path: Path | None = None) -> str:
    environment = {**os.environ, **({"PYTHONPATH": str(path)} if path else {})}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_built_wheel_lists_the_queries_and_holds_the_catalogues_sql(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)], tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    assert any((unpacked / "harvester/catalogue/sql").glob("*.sql"))
    where = run([sys.executable, "-c", "import harvester; print(harvester.__file__)"], tmp_path, unpacked)
    assert Path(where.strip()).is_relative_to(unpacked)
    code = "import sys, samplehub; print(samplehub.__file__, any(name.startswith('harvester') for name in sys.modules))"
    where, harvester = run([sys.executable, "-c", code], tmp_path, unpacked).split()
    assert Path(where).is_relative_to(unpacked)
    assert harvester == "False"
    listed = run([sys.executable, "-m", "harvester", "queries"], tmp_path, unpacked)
    shipped = sorted(path.stem for path in (ROOT / "queries").rglob("*.sql"))
    assert all(name in listed for name in shipped)


def test_the_citation_has_the_version_of_the_package() -> None:
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
