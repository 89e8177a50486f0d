"""The notebook of docs/ has the cells of its script, and they run, from a harvest to a plot."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import needs


def test_the_notebook_runs_from_a_harvest_to_a_plot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(find_spec(name) is None for name in ("nbclient", "ipykernel")):
        pytest.skip("nbclient and ipykernel are not installed (make setup)")
    needs("report")
    needs("notebook")
    from tools import make_notebook

    written = json.loads(make_notebook.NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    made = make_notebook.notebook()
    assert ["".join(cell["source"]) for cell in written] == [cell.source for cell in made.cells], "run `make docs`"
    # The kernel is a process of its own: its files are in the folder, and it is told of no Hub.
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    cells = make_notebook.run(made, tmp_path).cells
    assert cells[1].outputs[0].data["text/plain"] == "('done', 100, 0)"
    assert "100 live models" in cells[7].outputs[0].text
    assert "image/svg+xml" in cells[-1].outputs[-1].data
