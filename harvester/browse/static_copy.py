"""`harvester browse --output DIR`: pages as files for any host of files: queries, changes, tables, the models on top.

Links are relative, nothing needs a server or a script. A page that fails is left out, and reported.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from harvester.ask.query_pages import overview
from harvester.ask.registry import queries
from harvester.browse import changes, query_page, search, sql_page, views
from harvester.browse.app import STATIC, changes_context, columns_frame, tables_frame
from harvester.browse.html import render
from harvester.browse.links import StaticLinks
from harvester.browse.model import model_page
from harvester.browse.search import State
from harvester.browse.store import Store
from harvester.browse.tables import MEDIA, encoded
from harvester.errors import HarvesterError, UsageError

#: What marks a directory as a copy that may be replaced.
MARK = "harvester-browse.txt"


class Copy:
    """A copy while it is written: its directory, its pages, and what went wrong."""

    def __init__(self, store: Store, root: Path, models: int):
        self.store, self.root = store, root
        rows = store.rows(
            "SELECT models.repo_id, search.hub_id FROM base.search AS search "
            "JOIN models ON models.hub_id = search.hub_id WHERE search.place < $models ORDER BY search.place",
            {"models": models},
        )
        self.models: dict[str, str] = dict(rows.rows())
        self.tables = sql_page.tables(store)
        names = ["index", "models", "changes", "queries", "tables", "report"]
        names += [f"queries/{query.name}" for query in queries()]
        names += [f"tables/{table['name']}" for table in self.tables]
        names += [f"model/{hub_id}" for hub_id in self.models.values()]
        data = [name for name in names if name.partition("/")[0] in ("queries", "tables", "changes", "models")]
        self.pages = frozenset((*names, *(f"{name}.{suffix}" for name in data for suffix in MEDIA), "changes.atom"))
        self.failed: list[str] = []

    def links(self, name: str) -> StaticLinks:
        """Return the links of a page."""
        return StaticLinks(name, self.pages, self.models)

    def page(self, name: str, template: str, section: str, context: dict[str, Any]) -> None:
        """Write a page."""
        text = render(template, views.shared(self.store, self.links(name), section) | context)
        self.write(f"{name}.html", [text.encode()])

    def table(self, name: str, rows: pl.DataFrame) -> None:
        """Write a table in every format."""
        for suffix in MEDIA:
            self.write(f"{name}.{suffix}", encoded(rows, suffix))

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file of the copy."""
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            file.writelines(chunks)


def copy(data: Path, output: Path, models: int, selection: str | None = None) -> list[str]:
    """Write a static copy with the pages of the ``models`` most downloaded models; return what failed.

    A directory that holds anything but an older copy is refused. Raises UsageError for it, and HarvesterError if there
    is no catalogue.
    """
    store = Store(data, selection)
    _ = store.con
    try:
        _empty(output)
        made = Copy(store, output, models)
        _pages(made)
        shutil.copytree(STATIC, output / "static", ignore=shutil.ignore_patterns("*.js"))
    except OSError as error:
        raise UsageError(f"cannot write {output}: {error.strerror or error}") from None
    return made.failed


def _empty(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise UsageError(f"cannot write {output}: it is a file")
    if output.is_dir() and any(output.iterdir()):
        if not (output / MARK).is_file():
            raise UsageError(f"{output} holds other files: give an empty directory, or one with an older copy")
        shutil.rmtree(output)
    output.mkdir(parents=True, exist_ok=True)
    (output / MARK).write_text("A copy made by `harvester browse --output`, which replaces this directory.\n")


def _pages(made: Copy) -> None:
    store = made.store
    state = State()
    for name in ("index", "models"):
        made.page(name, "models.html", "models", _models(made, state))
    made.table("models", search.shown(store, list(made.models.values()), state.columns))
    feed = changes.Feed()
    made.page("changes", "changes.html", "changes", changes_context(store, feed))
    rows = changes.changed(store, feed, search.DOWNLOAD)
    made.table("changes", rows)
    links = made.links("changes")
    updated = views.shared(store, links, "changes")["source"]["listed_at"]
    made.write("changes.atom", [changes.atom(rows, links, "", updated)])
    made.page("queries", "queries.html", "queries", {"themes": query_page.themes()})
    made.table("queries", overview())
    for query in queries():
        context = query_page.query_page(store, query.name, ())
        if context["error"]:
            made.failed.append(f"queries/{query.name}: {context['error']}")
        made.page(f"queries/{query.name}", "query.html", "queries", context)
        if context["frame"] is not None:
            made.table(f"queries/{query.name}", context["frame"])
    made.page("tables", "tables.html", "tables", {"tables": made.tables})
    made.table("tables", tables_frame(store))
    for table in made.tables:
        made.page(f"tables/{table['name']}", "one_table.html", "tables", {"table": table})
        made.table(f"tables/{table['name']}", columns_frame(table))
    for hub_id in made.models.values():
        links = made.links(f"model/{hub_id}")
        try:
            made.page(f"model/{hub_id}", "model.html", "models", model_page(store, hub_id, links))
        except HarvesterError as error:
            made.failed.append(f"model/{hub_id}: {error}")
    from harvester.report.page import page
    from harvester.report.study import study

    try:
        made.write("report.html", [page(study(store.con)).encode("utf-8", "replace")])
    except HarvesterError as error:
        made.failed.append(f"report: {error}")


def _models(made: Copy, state: State) -> dict[str, Any]:
    context = views.models(made.store, state)
    frame = search.shown(made.store, list(made.models.values()), state.columns)
    return context | {"frame": frame, "page_rows": frame.height}
