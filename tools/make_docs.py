"""Writes the generated pages of docs/ from the code, with outputs of the sample Hub.

`python -m tools.make_docs` writes them; a test compares them with what it would write.
"""

from functools import partial
from pathlib import Path

from tools.docs_published import published_figures
from tools.docs_queries import query_list, query_page, themes
from tools.docs_reference import command_line, data_dictionary, exit_codes, lake, macros, python_api, sample_note
from tools.docs_sample import MODELS, sample

DOCS = Path(__file__).parents[1] / "docs"


def pages() -> dict[str, str]:
    """Return every generated page by its path below docs/. Harvests the sample Hub."""
    note = sample_note(MODELS)
    made = {
        "cli.md": command_line, "python.md": python_api, "lake.md": lake, "exit-codes.md": exit_codes,
        "queries/index.md": query_list,
    }  # fmt: skip
    with sample() as con:
        asked = {"data-dictionary.md": partial(data_dictionary, con, note), "macros.md": partial(macros, con, note)}
        asked["published-figures.md"] = partial(published_figures, con, note)
        asked |= {f"queries/{theme}.md": partial(query_page, con, theme, note) for theme in themes()}
        return {name: page().rstrip() + "\n" for name, page in (made | asked).items()}


def main() -> None:
    """Write all pages."""
    for name, text in pages().items():
        target = DOCS / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
