"""The routes of `harvester browse`: a request in, a page, a part of one or a table out. Every answer only reads."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from harvester.browse import search, views
from harvester.browse.html import render
from harvester.browse.links import Links
from harvester.browse.model import MODEL_TABLES, model_page, model_table
from harvester.browse.security import LOOPBACK, Guard
from harvester.browse.store import Store
from harvester.browse.tables import MEDIA, download
from harvester.errors import HarvesterError, LocalError

STATIC = Path(__file__).parent / "static"


class Pages:
    """The pages of one catalogue; each method answers the requests of a route."""

    def __init__(self, data: Path):
        self.store = Store(data)
        self.links = Links()

    def page(self, template: str, section: str, status: int = 200, **context: object) -> HTMLResponse:
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

    def models_table(self, request: Request) -> Response:
        """The models found, as a table."""
        state = search.read_state(request.query_params.multi_items())
        frame = search.found(self.store, state, search.DOWNLOAD + 1)
        return download(frame, suffix(request), "models", most=search.DOWNLOAD)

    def model(self, request: Request) -> Response:
        """One model."""
        asked = request.path_params["name"] or request.query_params.get("name", "")
        return self.page("model.html", "models", **model_page(self.store, asked, self.links))

    def model_rows(self, request: Request) -> Response:
        """One model's rows of a table."""
        table = request.path_params["table"]
        if table not in MODEL_TABLES:
            raise HTTPException(404)
        frame = model_table(self.store, request.query_params.get("model", ""), table)
        return download(frame, suffix(request), table, most=search.DOWNLOAD)

    def failed(self, request: Request, error: Exception) -> Response:
        """An error of ours, on a page."""
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
        except HarvesterError as error:
            return HTMLResponse(render("plain_error.html", {"message": str(error)}), status)


def suffix(request: Request) -> str:
    """Return the format that an address ends with. Raises HTTPException for another."""
    found: str = request.path_params["suffix"]
    if found not in MEDIA:
        raise HTTPException(404)
    return found


def application(data: Path, hosts: tuple[str, ...] | None = LOOPBACK) -> Starlette:
    """Return the application over a harvest's catalogue, for requests to ``hosts`` (None: to any)."""
    pages = Pages(data)
    routes = [
        Route("/", lambda request: RedirectResponse("/models"), name="home"),
        Route("/models", pages.models),
        Route("/models.{suffix:str}", pages.models_table),
        Route("/model/{name:path}", pages.model),
        Route("/model-data/{table:str}.{suffix:str}", pages.model_rows),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={HarvesterError: pages.failed, HTTPException: pages.refused},
    )
