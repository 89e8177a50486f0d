"""The description of the JSON answers, as OpenAPI 3.1: derived from facets, queries and tables."""

from typing import Any

from harvester.ask.registry import Query, queries
from harvester.browse.changes import ANNOUNCED, KINDS
from harvester.browse.facets import FACETS
from harvester.browse.model import MODEL_TABLES
from harvester.browse.search import CHOICES, ORDERS
from harvester.browse.tables import MEDIA

_KINDS = {"INTEGER": "integer", "BIGINT": "integer", "DOUBLE": "number", "BOOLEAN": "boolean"}


def description(version: str) -> dict[str, Any]:
    """Return the OpenAPI document."""
    paths: dict[str, Any] = {
        "/models.{format}": _path("Models that a search finds, at most 100,000", _search()),
        "/model-data/{table}.{format}": _path(
            "One model's rows of a table",
            [
                _parameter("table", "path", {"enum": list(MODEL_TABLES)}, "Table of the catalogue."),
                _parameter("model", "query", {}, "Name, former name or hub_id.", required=True),
            ],
        ),
        "/changes.{format}": _path(
            "Changes, newest first",
            [
                _several("kind", {"enum": list(KINDS)}, "Only changes of these kinds."),
                _parameter("announced", "query", {"enum": list(ANNOUNCED)}, "Only silent or announced changes."),
                _parameter("noise", "query", {"enum": ["true", "false"]}, "Include version stamps and formatting."),
                _parameter("model", "query", {}, "Only changes of this model."),
            ],
        ),
        "/sql.{format}": _path(
            "Rows of a statement that only reads",
            [_parameter("q", "query", {}, "The statement, in DuckDB's SQL.", required=True)],
        ),
        "/tables.{format}": _path("Tables with their descriptions", []),
        "/tables/{table}.{format}": _path(
            "Columns of a table with their types and meanings", [_parameter("table", "path", {}, "Table.")]
        ),
        "/queries.{format}": _path("The shipped queries", []),
    }
    for query in queries():
        paths[f"/queries/{query.name}.{{format}}"] = _path(query.question, _query(query))
    return {
        "openapi": "3.1.0",
        "info": {"title": "harvester browse", "version": version, "description": "Read-only. Tables as rows."},
        "paths": paths,
    }


def _path(summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    formats = _parameter("format", "path", {"enum": list(MEDIA)}, "Format of the rows.")
    rows = {"schema": {"type": "array", "items": {"type": "object"}}}
    return {
        "get": {
            "summary": summary,
            "parameters": [formats, *parameters],
            "responses": {
                "200": {
                    "description": "The rows. The header x-truncated says whether there are more.",
                    "content": {
                        media.partition(";")[0]: rows if name == "json" else {} for name, media in MEDIA.items()
                    },
                },
                "400": {"description": "A parameter or statement is wrong: a page that says why."},
            },
        }
    }


def _parameter(name: str, place: str, schema: dict[str, Any], text: str, *, required: bool = False) -> dict[str, Any]:
    needed = required or place == "path"
    return {"name": name, "in": place, "required": needed, "schema": {"type": "string"} | schema, "description": text}


def _several(name: str, items: dict[str, Any], text: str) -> dict[str, Any]:
    schema = {"type": "array", "items": {"type": "string"} | items}
    return _parameter(name, "query", schema, text) | {"style": "form", "explode": True}


def _search() -> list[dict[str, Any]]:
    orders = [f"{sign}{name}" for name in ORDERS for sign in ("", "-")]
    return [
        _parameter("q", "query", {}, "Words in names, authors or tags."),
        _parameter("author", "query", {}, "Author."),
        _several("tag", {}, "Tags, all of which a model has."),
        *(_several(facet.name, {}, f"{facet.title}: any of these values; ~ for unknown.") for facet in FACETS),
        _parameter("sort", "query", {"enum": orders}, "Order; with - ascending."),
        _several("column", {"enum": list(CHOICES)}, "Columns beside repo_id."),
    ]


def _query(query: Query) -> list[dict[str, Any]]:
    return [
        _parameter(
            param.name, "query", {"type": _KINDS.get(param.type, "string")},
            f"{param.meaning} (default: {'NULL' if param.default is None else param.default})",
        )
        for param in query.params
    ]  # fmt: skip
