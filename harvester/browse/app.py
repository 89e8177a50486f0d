"""The routes of `harvester browse`: a request in, a page, a part of one or a table out. Every answer only reads."""

from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from harvester import __version__
from harvester.ask.diff import as_text, diff
from harvester.ask.query_pages import overview
from harvester.ask.run import UnknownName
from harvester.browse import changes, compare, query_page, search, sql_page, views
from harvester.browse.facets import FACETS
from harvester.browse.html import render
from harvester.browse.links import Links
from harvester.browse.model import MODEL_TABLES, conflicts, find, model_page, model_table
from harvester.browse.openapi import description
from harvester.browse.security import LOOPBACK, Guard
from harvester.browse.store import Store
from harvester.browse.tables import MEDIA, download
from harvester.errors import HarvesterError, LocalError, UsageError

OTHER_VERSION = "this catalogue was built by another version of harvester: run `harvester build`"
STATIC = Path(__file__).parent / "static"
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


class Pages:
    """The pages of one catalogue; each method answers the requests of a route."""

    def __init__(self, store: Store):
        self.store = store
        self.links = Links()
        self._report: tuple[object, str] | None = None
        self._lock = Lock()

    def page(self, template: str, section: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Return a page."""
        return HTMLResponse(render(template, views.shared(self.store, self.links, section) | context), status)

    def models(self, request: Request) -> Response:
        """The search, or with ``part`` the piece of it that typing replaces."""
        state = search.read_state(request.query_params.multi_items())
        match request.query_params.get("part"):
            case "results":
                return self.page("results.html", "models", **views.results(self.store, state))
            case "facets":
                return self.page("facets.html", "models", **views.facets(self.store, state))
        return self.page("models.html", "models", **views.models(self.store, state))

    def facet(self, request: Request) -> Response:
        """All values of one facet of the search."""
        facet = next((one for one in FACETS if one.name == request.path_params["name"]), None)
        if facet is None:
            raise HTTPException(404)
        pairs = request.query_params.multi_items()
        state = search.read_state([pair for pair in pairs if pair[0] != "contains"])
        text = request.query_params.get("contains", "").strip()[:200]
        return self.page("facet.html", "models", **views.facet(self.store, state, facet, text))

    def models_table(self, request: Request) -> Response:
        """The models found, as a table."""
        state = search.read_state(request.query_params.multi_items())
        frame = search.found(self.store, state, search.DOWNLOAD + 1)
        return download(frame, suffix(request), "models", most=search.DOWNLOAD)

    def model(self, request: Request) -> Response:
        """One model."""
        requested = request.path_params["name"] or request.query_params.get("name", "")
        return self.page("model.html", "models", **model_page(self.store, requested, self.links))

    def conflicts(self, request: Request) -> Response:
        """Where the sources about a model disagree."""
        found = find(self.store, request.query_params.get("model", ""))
        return self.page("conflicts.html", "models", **conflicts(self.store, found))

    def model_rows(self, request: Request) -> Response:
        """One model's rows of a table."""
        table = request.path_params["table"]
        if table not in MODEL_TABLES:
            raise HTTPException(404)
        frame = model_table(self.store, request.query_params.get("model", ""), table)
        return download(frame, suffix(request), table, most=search.DOWNLOAD)

    def compare(self, request: Request) -> Response:
        """Models side by side, or the form to choose them."""
        names = [name.strip() for name in request.query_params.getlist("model") if name.strip()]
        comparison, error = None, ""
        if len(names) > 1:
            try:
                comparison = compare.compared(self.store, names)
            except UsageError as wrong:
                error = str(wrong)
        status = 400 if error else 200
        return self.page("compare.html", "compare", status, names=names, comparison=comparison, error=error)

    def diff(self, request: Request) -> Response:
        """What changed in a model between two revisions."""
        model, since, until = (request.query_params.get(name, "").strip() for name in ("model", "since", "until"))
        text, error = "", ""
        if model:
            try:
                if until and not since:
                    raise UsageError("give the revision before the second one too")
                text = as_text(diff(self.store.con, model, tuple(one for one in (since, until) if one)))
            except UsageError as wrong:
                error = str(wrong)
        status = 400 if error else 200
        return self.page("diff.html", "models", status, model=model, since=since, until=until, text=text, error=error)

    def changes(self, request: Request) -> Response:
        """The feed of changes."""
        feed = changes.read_feed(request.query_params.multi_items())
        return self.page("changes.html", "changes", **changes_context(self.store, feed))

    def changes_table(self, request: Request) -> Response:
        """The changes as a table, or as Atom."""
        feed = changes.read_feed(request.query_params.multi_items())
        if request.path_params["suffix"] == "atom":
            rows = changes.changed(self.store, feed)
            base = f"{request.url.scheme}://{request.headers.get('host', '')}"
            updated = views.shared(self.store, self.links, "changes")["source"]["listed_at"]
            return Response(changes.atom(rows, self.links, base, updated), media_type="application/atom+xml")
        frame = changes.changed(self.store, feed, search.DOWNLOAD + 1)
        return download(frame, suffix(request), "changes", most=search.DOWNLOAD)

    def queries(self, request: Request) -> Response:
        """The shipped queries."""
        return self.page("queries.html", "queries", themes=query_page.themes())

    def query(self, request: Request) -> Response:
        """One query with its parameters."""
        context = query_page.query_page(self.store, request.path_params["name"], request.query_params.multi_items())
        return self.page("query.html", "queries", 400 if context["error"] else 200, **context)

    def query_table(self, request: Request) -> Response:
        """The rows of a query."""
        name = request.path_params["name"]
        frame = query_page.answer(self.store, name, request.query_params.multi_items(), search.DOWNLOAD + 1)
        return download(frame, suffix(request), name, most=search.DOWNLOAD)

    def sql(self, request: Request) -> Response:
        """The SQL page."""
        text = request.query_params.get("q", "")
        answer = sql_page.answered(self.store, text) if text.strip() else None
        return self.page(
            "sql.html", "sql", 400 if answer and answer.error else 200, answer=answer,
            tables=sql_page.tables(self.store), examples=sql_page.EXAMPLES, seconds=int(sql_page.SECONDS),
            most=sql_page.ROWS,
            download_rows=sql_page.DOWNLOAD,
        )  # fmt: skip

    def sql_table(self, request: Request) -> Response:
        """The rows of a statement."""
        answer = sql_page.answered(self.store, request.query_params.get("q", ""), sql_page.DOWNLOAD)
        if answer.frame is None:
            raise UsageError(answer.error)
        return download(answer.frame, suffix(request), "result", most=sql_page.DOWNLOAD, more=answer.more)

    def tables(self, request: Request) -> Response:
        """The tables of the catalogue."""
        return self.page("tables.html", "tables", tables=sql_page.tables(self.store))

    def table(self, request: Request) -> Response:
        """One table: its columns with their meanings."""
        return self.page("one_table.html", "tables", table=self._table(request))

    def table_columns(self, request: Request) -> Response:
        """The columns of a table, as a table."""
        held = self._table(request)
        return download(columns_frame(held), suffix(request), str(held["name"]), most=search.DOWNLOAD)

    def _table(self, request: Request) -> dict[str, Any]:
        for table in sql_page.tables(self.store):
            if table["name"] == request.path_params["name"]:
                return table
        raise HTTPException(404)

    def listed(self, request: Request) -> Response:
        """The list of queries or of tables, as a table."""
        name = request.path_params["name"]
        if name not in ("queries", "tables"):
            raise HTTPException(404)
        frame = overview() if name == "queries" else tables_frame(self.store)
        return download(frame, suffix(request), name, most=search.DOWNLOAD)

    def report(self, request: Request) -> Response:
        """The report, made once per build. Its own policy allows its inline style, and no script."""
        from harvester.report.page import page
        from harvester.report.study import study

        with self._lock:
            con, built = self.store.con, self.store.built
            if self._report is None or self._report[0] != built:
                self._report = (built, page(study(con)))
        return HTMLResponse(self._report[1], headers={"content-security-policy": REPORT_POLICY})

    def openapi(self, request: Request) -> Response:
        """The description of the JSON answers."""
        return JSONResponse(description(__version__))

    def failed(self, request: Request, error: Exception) -> Response:
        """An error of ours, on a page."""
        if isinstance(error, UnknownName):
            # Statements of people are answered on their own pages: what fails here is ours.
            return self.error(503, OTHER_VERSION)
        status = 503 if isinstance(error, LocalError) else 400
        return self.error(status, str(error))

    def refused(self, request: Request, error: Exception) -> Response:
        """A page that does not exist."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self.error(status, "There is no such page." if status == 404 else "This cannot be answered.")

    def error(self, status: int, message: str) -> Response:
        """Return a page that says what is wrong."""
        try:
            return self.page("error.html", "", status, message=message)
        except UnknownName:
            return HTMLResponse(render("plain_error.html", {"message": OTHER_VERSION}), 503)
        except HarvesterError as error:
            return HTMLResponse(render("plain_error.html", {"message": str(error)}), status)


def changes_context(store: Store, feed: changes.Feed) -> dict[str, Any]:
    """Return what the page of changes needs."""
    return {
        "feed": feed, "frame": changes.changed(store, feed), "kinds": changes.KINDS, "page_rows": changes.PAGE,
    }  # fmt: skip


def tables_frame(store: Store) -> pl.DataFrame:
    """Return the tables with their descriptions, as a table."""
    return pl.DataFrame(
        [(table["name"], table["comment"]) for table in sql_page.tables(store)],
        schema={"name": pl.String, "comment": pl.String}, orient="row",
    )  # fmt: skip


def columns_frame(table: dict[str, Any]) -> pl.DataFrame:
    """Return the columns of a table with their types and meanings, as a table."""
    return pl.DataFrame(table["columns"], schema={"name": pl.String, "type": pl.String, "comment": pl.String})


def suffix(request: Request) -> str:
    """Return the format that an address ends with. Raises HTTPException for another."""
    found: str = request.path_params["suffix"]
    if found not in MEDIA:
        raise HTTPException(404)
    return found


def application(store: Store, hosts: tuple[str, ...] | None = LOOPBACK) -> Starlette:
    """Return the application over a harvest's catalogue, for requests to ``hosts`` (None: to any)."""
    pages = Pages(store)
    routes = [
        Route("/", lambda request: RedirectResponse("/models"), name="home"),
        Route("/models", pages.models),
        Route("/models.{suffix:str}", pages.models_table),
        Route("/facets/{name:str}", pages.facet),
        Route("/model/{name:path}", pages.model),
        Route("/model-data/{table:str}.{suffix:str}", pages.model_rows),
        Route("/conflicts", pages.conflicts),
        Route("/compare", pages.compare),
        Route("/diff", pages.diff),
        Route("/changes", pages.changes),
        Route("/changes.{suffix:str}", pages.changes_table),
        Route("/queries", pages.queries),
        Route("/queries/{name:str}.{suffix:str}", pages.query_table),
        Route("/queries/{name:str}", pages.query),
        Route("/sql", pages.sql),
        Route("/sql.{suffix:str}", pages.sql_table),
        Route("/tables", pages.tables),
        Route("/tables/{name:str}.{suffix:str}", pages.table_columns),
        Route("/tables/{name:str}", pages.table),
        Route("/report", pages.report),
        Route("/openapi.json", pages.openapi),
        Route("/{name:str}.{suffix:str}", pages.listed),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={HarvesterError: pages.failed, HTTPException: pages.refused},
    )
