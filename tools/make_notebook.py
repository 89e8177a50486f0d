"""Writes docs/notebooks/first-finding.ipynb: the cells below, run, with what they show.

`python -m tools.make_notebook` writes it; a test compares its cells with these and runs them.
"""

import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebooks" / "first-finding.ipynb"
#: Kind and text of each cell. The last one shows a plot.
CELLS = (
    (
        "markdown",
        "# Your first finding, in a notebook\n\n"
        "How many popular models can only be loaded from a pickle, a format that can run code? The models are those of "
        "the sample Hub, so they are simulated, and no network is needed. Leave out `hub` for the real Hub.\n\n"
        "This needs the extras `notebook` and `report`: `pip install '.[notebook,report]'` in a checkout.",
    ),
    (
        "code",
        "import altair\n"
        "import harvester\n\n"
        'result = harvester.harvest(hub="sample", sort="downloads", limit=100, data="first-finding", quiet=True)\n'
        "result.status, result.listed, result.failed",
    ),
    ("markdown", "The catalogue answers in SQL. Results are polars DataFrames; `.df()` gives a pandas one."),
    (
        "code",
        'catalogue = harvester.Catalogue("first-finding")\n'
        'catalogue.sql("SELECT repo_id, license, parameters, downloads FROM models ORDER BY downloads DESC LIMIT 5")',
    ),
    ("markdown", "The question is one of the shipped queries, `catalogue.queries()` lists all:"),
    ("code", 'found = catalogue.query("pickle_share")\nfound'),
    ("markdown", "Every number is about a population. Give it with the finding:"),
    ("code", "print(catalogue.population)"),
    ("markdown", "Which formats do the most downloaded models come in? The same, as a plot:"),
    (
        "code",
        "formats = catalogue.sql(\n"
        "    \"SELECT format, count(DISTINCT hub_id) AS models FROM files WHERE role = 'weights' \"\n"
        '    "GROUP BY format ORDER BY models DESC, format"\n'
        ")\n"
        "altair.renderers.enable('svg')\n"
        "altair.Chart(formats).mark_bar().encode(\n"
        "    x=altair.X('models', title='models with weights in this format'),\n"
        "    y=altair.Y('format', sort='-x', title=None),\n"
        ").properties(title='100 simulated models')",
    ),
)


def notebook() -> nbformat.NotebookNode:
    """Return the notebook, not run yet."""
    made = nbformat.v4.new_notebook()
    for number, (kind, text) in enumerate(CELLS):
        cell = nbformat.v4.new_markdown_cell(text) if kind == "markdown" else nbformat.v4.new_code_cell(text)
        cell["id"] = f"cell-{number}"
        made.cells.append(cell)
    return made


def run(made: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """Run every cell in a folder. Raises CellExecutionError."""
    NotebookClient(
        made, timeout=120, kernel_name="python3", record_timing=False, resources={"metadata": {"path": str(folder)}}
    ).execute()
    return made


def main() -> None:
    """Write the notebook with its outputs."""
    NOTEBOOK.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(run(notebook(), Path(folder)), NOTEBOOK)


if __name__ == "__main__":
    main()
