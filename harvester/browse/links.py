"""Addresses of pages: absolute paths where they are served, relative files in a static copy."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

#: Names that an address holds as they are; other models are addressed by their id.
_PLAIN = re.compile(r"[A-Za-z0-9_-][\w.-]*(/[A-Za-z0-9_-][\w.-]*)?", re.ASCII)
Params = Mapping[str, object] | Sequence[tuple[str, object]]


class Links:
    """Addresses on the server."""

    static = False

    def page(self, name: str = "", params: Params = (), *, query: str = "") -> str | None:
        """Return the address of a page by its path, such as ``queries/license_mix``; None if there is none."""
        text = query or urlencode(list(params.items()) if isinstance(params, Mapping) else list(params))
        return f"/{quote(name)}" + (f"?{text}" if text else "")

    def data(self, name: str, suffix: str, params: Params = (), *, query: str = "") -> str | None:
        """Return the address of the table behind a page, as csv, json or parquet."""
        return self.page(f"{name}.{suffix}", params, query=query)

    def model(self, name: str | None, hub_id: str | None = None) -> str | None:
        """Return the address of a model's page."""
        if name is not None and len(name) <= 200 and _PLAIN.fullmatch(name):
            return f"/model/{quote(name)}"
        if hub_id is not None:
            return f"/model/{quote(hub_id, safe='')}"
        return f"/model/?{urlencode({'name': name})}" if name else None

    def asset(self, name: str) -> str:
        """Return the address of a file of the application."""
        return f"/static/{name}"


class StaticLinks(Links):
    """Addresses in a static copy, relative to one page of it."""

    static = True

    def __init__(self, page: str, pages: frozenset[str], models: Mapping[str, str]):
        """``page`` is the page that holds the links; ``pages`` are all pages; ``models`` the ids of models by name."""
        self._up = "../" * page.count("/")
        self._pages, self._models = pages, models

    def page(self, name: str = "", params: Params = (), *, query: str = "") -> str | None:
        """Return the relative address of a page of the copy."""
        held = name or "index"
        return f"{self._up}{quote(held)}.html" if held in self._pages and not params and not query else None

    def data(self, name: str, suffix: str, params: Params = (), *, query: str = "") -> str | None:
        """Return the relative address of a table of the copy."""
        held = f"{name}.{suffix}"
        return f"{self._up}{quote(held)}" if held in self._pages else None

    def model(self, name: str | None, hub_id: str | None = None) -> str | None:
        """Return the relative address of a model's page, if the copy has it."""
        held = self._models.get(name or "")
        return self.page(f"model/{held}") if held else None

    def asset(self, name: str) -> str:
        """Return the relative address of a file of the application."""
        return f"{self._up}static/{name}"
