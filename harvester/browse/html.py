"""Turns templates and data into HTML. Harvested text is escaped and its control characters are shown, never obeyed."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harvester.ask.encode import json_value
from harvester.ask.text import size
from harvester.browse.facets import NAMED, short
from harvester.terminal import printable, printable_lines

#: Characters of a value shown in a table.
CELL = 240
#: Columns with bytes.
_BYTES = frozenset(
    ("size", "total_size", "used_storage", "bytes_of_weights", "min_memory_bytes", "spare_bytes", "bytes", "bytes_read",
     "kv_cache_bytes_per_token", "header_bytes", "total_bytes", "storage")
)  # fmt: skip
#: Columns with a number that is read as 7B.
_SHORT = frozenset(("parameters",))
#: Git blob ids and SHA-256.
_CONTENT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHARES = ("share", "_share")


@cache
def environment() -> Environment:
    """Return the environment of all templates: everything is escaped, an unknown name is an error."""
    env = Environment(
        loader=PackageLoader("harvester.browse"), autoescape=True, undefined=StrictUndefined, finalize=_finalize,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    env.filters.update(
        cell=cell, kind=kind, count=count, size=size, short=short, when=when, day=day, named=named, safe_url=safe_url,
        cut=cut, brief=brief,
    )  # fmt: skip
    return env


def render(template: str, context: Mapping[str, Any]) -> str:
    """Return a page."""
    # A lone surrogate cannot be encoded.
    return environment().get_template(template).render(context).encode("utf-8", "replace").decode()


def _finalize(value: object) -> object:
    """What an expression of a template becomes: text can neither hide nor reorder what is beside it."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable_lines(value)
    return value


def count(value: int | None) -> str:
    """Return a number with thousands separators; a dash if it is unknown."""
    return "–" if value is None else f"{value:,}"


def when(value: datetime | None) -> str:
    """Return a UTC time to the minute."""
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"


def day(value: datetime | None) -> str:
    """Return a UTC day."""
    return "" if value is None else f"{value:%Y-%m-%d}"


def named(value: str | None, facet: str) -> str:
    """Return what a value of a facet is called."""
    return "unknown" if value is None else NAMED.get((facet, value), value) or "(empty)"


def cut(text: str, length: int = CELL) -> str:
    """Return text, cut where it is longer."""
    return text if len(text) <= length else f"{text[:length]}… ({len(text):,} characters)"


def brief(value: str | None) -> str | None:
    """Return the start of a content id, which is enough to distinguish it; other text as it is."""
    return f"{value[:10]}…" if value is not None and _CONTENT.fullmatch(value) else value


def kind(value: object) -> str:
    """Return the class of a table's cell: null, num or text."""
    if value is None:
        return "null"
    return "num" if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else "text"


def cell(value: object, column: str = "") -> str:
    """Return a value as a table shows it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "yes" if value else "no"
        case int():
            if column in _BYTES:
                return size(value)
            return short(value) if column in _SHORT else f"{value:,}"
        case float():
            if column.endswith(_SHARES) and 0 <= value <= 1:
                return f"{value:.1%}"
            return f"{value:,.6g}" if abs(value) < 1e15 else repr(value)
        case datetime():
            return when(value)
        case date():
            return value.isoformat()
        case str():
            return cut(printable(value))
        case list():
            return cut(", ".join(printable(one) if isinstance(one, str) else json_value(one) for one in value))
    return cut(printable(json_value(value)))


def safe_url(text: object) -> str | None:
    """Return a harvested address if a browser may open it: http or https with a host, nothing hidden in it."""
    if not isinstance(text, str) or len(text) > 2_000 or not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        return text if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else None
    except ValueError:
        return None
