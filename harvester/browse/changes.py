"""The feed of changes: filters in, rows of `changes` out, newest first; and the same as Atom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import polars as pl

from harvester.browse.links import Links
from harvester.browse.model import find
from harvester.browse.store import Store
from harvester.errors import UsageError
from harvester.terminal import printable

PAGE, ENTRIES = 100, 50
KINDS = ("config", "label", "license", "lineage", "card", "file", "gating")
#: Whether something else in the same step announced the change.
ANNOUNCED = {
    "all": "TRUE", "silent": "coalesce(len(announced_by), 0) = 0", "announced": "len(announced_by) > 0",
}  # fmt: skip
_ROWS = """
SELECT changed_at, repo_id, hub_id, kind, path, field, change, old, new, noise, announced_by, from_sha, to_sha, source
FROM changes
WHERE {where}
ORDER BY changed_at DESC NULLS LAST, repo_id, kind, path, field, "new" LIMIT $limit OFFSET $offset
"""
_ATOM = "{http://www.w3.org/2005/Atom}"


@dataclass(frozen=True, slots=True)
class Feed:
    """Which changes are shown; equal to its URL."""

    kinds: tuple[str, ...] = ()
    announced: str = "all"
    noise: bool = False
    model: str = ""
    page: int = 1

    def query(self, page: int | None = None) -> str:
        """Return the filters as a query string."""
        pairs: list[tuple[str, object]] = [("kind", kind) for kind in self.kinds]
        pairs += [("announced", self.announced)] if self.announced != "all" else []
        pairs += [("noise", "true")] if self.noise else []
        pairs += [("model", self.model)] if self.model else []
        number = self.page if page is None else page
        return urlencode([*pairs, *([("page", number)] if number > 1 else [])])


def read_feed(pairs: Sequence[tuple[str, str]]) -> Feed:
    """Return the filters of a query string. Raises UsageError for a parameter or a value that there is not."""
    feed = Feed()
    for name, value in pairs:
        match name:
            case "kind" if value in KINDS:
                feed = replace(feed, kinds=(*feed.kinds, value))
            case "announced" if value in ANNOUNCED:
                feed = replace(feed, announced=value)
            case "noise" if value in ("true", "false"):
                feed = replace(feed, noise=value == "true")
            case "model":
                feed = replace(feed, model=value.strip()[:500])
            case "page" if value.isdecimal() and 1 <= int(value[:9]) <= 1_000_000:
                feed = replace(feed, page=int(value))
            case _:
                raise UsageError(f"changes have no parameter {name!r} with the value {value!r}")
    return feed


def changed(store: Store, feed: Feed, limit: int = PAGE + 1) -> pl.DataFrame:
    """Return a page of changes, and one more if there is a next page. Raises UsageError for an unknown model."""
    where = [ANNOUNCED[feed.announced]]
    bound: dict[str, object] = {"limit": limit, "offset": (feed.page - 1) * PAGE}
    if feed.kinds:
        where.append("list_contains($kinds, kind)")
        bound["kinds"] = list(feed.kinds)
    if not feed.noise:
        where.append("NOT coalesce(noise, FALSE)")
    if feed.model:
        where.append("hub_id = $hub_id")
        bound["hub_id"] = find(store, feed.model).hub_id
    return store.rows(_ROWS.format(where=" AND ".join(where)), bound)


def atom(rows: pl.DataFrame, links: Links, base: str, updated: datetime | None) -> bytes:
    """Return changes as an Atom feed: one entry per model and step. ``base`` is the address of the site."""
    ElementTree.register_namespace("", _ATOM[1:-1])
    feed = ElementTree.Element(f"{_ATOM}feed")
    _text(feed, "title", "Changes of models")
    _text(feed, "id", "urn:harvester:changes")
    _text(feed, "updated", _time(updated))
    author = ElementTree.SubElement(feed, f"{_ATOM}author")
    _text(author, "name", "harvester")
    steps: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        steps.setdefault((row["hub_id"], row["to_sha"], row["changed_at"]), []).append(row)
    for (hub_id, sha, at), held in list(steps.items())[:ENTRIES]:
        entry = ElementTree.SubElement(feed, f"{_ATOM}entry")
        name = printable(held[0]["repo_id"])
        kinds = ", ".join(dict.fromkeys(row["kind"] for row in held))
        _text(entry, "title", f"{name}: {kinds}")
        _text(entry, "id", f"urn:harvester:{hub_id}:{sha}:{at:%Y%m%dT%H%M%S}")
        _text(entry, "updated", _time(at))
        address = links.model(held[0]["repo_id"], hub_id)
        if address is not None:
            ElementTree.SubElement(entry, f"{_ATOM}link", {"href": base + address})
        _text(entry, "content", "\n".join(_line(row) for row in held))
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _line(row: dict[str, Any]) -> str:
    place = " ".join(printable(part) for part in (row["path"], row["field"]) if part)
    values = " -> ".join(printable(value[:200]) if value is not None else "-" for value in (row["old"], row["new"]))
    announced = ", ".join(row["announced_by"] or ()) or "silent"
    return f"{row['kind']} {place} {row['change']}: {values} ({announced})"


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{_ATOM}{name}").text = text


def _time(at: datetime | None) -> str:
    return f"{at or datetime(1970, 1, 1):%Y-%m-%dT%H:%M:%SZ}"
