"""What changed in one model between two revisions, two times, or last: rows of `changes`, put together and as text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.encode import exact, json_value
from harvester.ask.names import Found, find_model
from harvester.ask.run import frame
from harvester.ask.text import count, fold, printable
from harvester.errors import UsageError

#: Characters of a value shown in the terminal.
VALUE = 200
_SHA = re.compile(r"[0-9a-f]{4,64}\Z")
_TITLES = {
    "config": "Config", "label": "Labels", "license": "License", "lineage": "Base models", "card": "Card",
    "gating": "Gating", "file": "Files",
}  # fmt: skip

_HEADS = """
SELECT name.sha, min(coalesce(run.listed_at, run.started_at)) AS noticed_at
FROM base.name AS name JOIN base.model_key AS key USING (model) JOIN base.run AS run ON run.run = name.from_run
WHERE key.hub_id = $hub_id AND name.sha IS NOT NULL
GROUP BY name.sha ORDER BY noticed_at, name.sha
"""
_CHANGES = """
SELECT repo_id, changed_at, from_sha, to_sha, kind, path, field, change, old, new, noise, announced_by, source
FROM changes
WHERE hub_id = $hub_id AND changed_at > $after AND changed_at <= $until
ORDER BY changed_at, kind, path, field
"""
_LAST = "SELECT max(changed_at) AS changed_at FROM changes WHERE hub_id = $hub_id"


@dataclass(frozen=True, slots=True)
class Point:
    """A place in a model's known history: a time in UTC, and the commit that was its head then."""

    at: datetime
    sha: str | None


@dataclass(frozen=True, slots=True)
class Diff:
    """The net changes after ``since`` up to ``until``, in the columns of `changes`."""

    found: Found
    since: Point | None
    until: Point | None
    rows: pl.DataFrame


def diff(con: DuckDBPyConnection, model: str, revisions: tuple[str, ...] = ()) -> Diff:
    """Compare two revisions of a model: commits (a prefix will do), or times (ISO; a date is its end, UTC).

    One revision is compared with the newest, none asks for the last change. What changed and changed back is no change.
    Raises UsageError for an unknown model or revision.
    """
    found = find_model(con, model)
    heads = [Point(at, sha) for sha, at in frame(con, _HEADS, {"hub_id": found.hub_id}).iter_rows()]
    if not revisions:
        at = frame(con, _LAST, {"hub_id": found.hub_id})["changed_at"][0]
        if at is None:
            return Diff(found, None, heads[-1] if heads else None, _rows(con, found, datetime.min, datetime.min))
        rows = _rows(con, found, at, at, last=True)
        return Diff(found, Point(at, rows["from_sha"][0]), Point(at, rows["to_sha"][-1]), rows)
    points = [_point(text, heads, found) for text in revisions]
    if len(points) == 1:
        points.append(Point(datetime.max, heads[-1].sha if heads else None))
    since, until = sorted(points[:2], key=lambda point: point.at)
    return Diff(found, since, until, _rows(con, found, since.at, until.at))


def _point(text: str, heads: list[Point], found: Found) -> Point:
    asked = text.strip().lower()
    matching = [head for head in heads if head.sha is not None and head.sha.startswith(asked)]
    if _SHA.match(asked) and len(matching) == 1:
        return matching[0]
    if _SHA.match(asked) and len(matching) > 1:
        raise UsageError(f"{text!r} fits {len(matching)} commits of {printable(found.repo_id)}; give more digits")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        known = ", ".join((head.sha or "?")[:10] for head in heads[-8:])
        raise UsageError(
            f"{printable(text)!r} is neither a time nor a harvested commit of {printable(found.repo_id)}; "
            f"the newest of {count(len(heads))} known: {known}"
        ) from None
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    if len(text.strip()) <= len("2026-11-01"):
        at = datetime.combine(at.date(), time.max)
    before = [head for head in heads if head.at <= at]
    return Point(at, before[-1].sha if before else None)


def _rows(
    con: DuckDBPyConnection, found: Found, after: datetime, until: datetime, *, last: bool = False
) -> pl.DataFrame:
    text = _CHANGES.replace("changed_at > $after", "changed_at >= $after") if last else _CHANGES
    rows = frame(con, text, {"hub_id": found.hub_id, "after": after, "until": until})
    return rows if last else _net(rows)


def _net(rows: pl.DataFrame) -> pl.DataFrame:
    """Put successive changes of one thing together; what came back to what it was is left out."""
    things: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        # A file's coming and going has no field, its content has one: they are the same thing.
        field = "" if row["kind"] == "file" and row["path"] is not None else row["field"]
        things.setdefault((row["kind"], row["path"] or "", field), []).append(row)
    found = [joined for _, steps in sorted(things.items()) if (joined := _joined(steps)) is not None]
    return pl.DataFrame(found, schema=rows.schema)


def _joined(steps: list[dict[str, Any]]) -> dict[str, Any] | None:
    first, last = steps[0], steps[-1]
    was, is_ = first["change"] != "added", last["change"] != "removed"
    if not was and not is_:
        return None
    if was and is_ and first["old"] is not None and first["old"] == last["new"]:
        return None
    if was and is_:
        change = last["change"] if len({step["change"] for step in steps}) == 1 else "changed"
    else:
        change = "removed" if was else "added"
    announced = dict.fromkeys(word for step in steps for word in step["announced_by"])
    return {
        **last, "from_sha": first["from_sha"], "old": first["old"], "change": change,
        "noise": all(step["noise"] for step in steps), "announced_by": list(announced),
    }  # fmt: skip


def as_json(found: Diff) -> Iterator[str]:
    """Yield the rows as JSON, one object a line, with hub_id first."""
    rows = exact(found.rows.select(pl.lit(found.found.hub_id).alias("hub_id"), pl.all()))
    for row in rows.iter_rows(named=True):
        yield "{" + ", ".join(f'"{name}": {json_value(value)}' for name, value in row.items()) + "}\n"


def as_text(found: Diff, width: int | None = None) -> str:
    """Return the changes for a terminal of ``width`` columns, by kind, noise last."""
    lines = [f"{printable(found.found.repo_id)}  {_range(found)}", ""]
    meant, noise = found.rows.filter(~pl.col("noise")), found.rows.filter(pl.col("noise"))
    for kind in dict.fromkeys([*_TITLES, *meant["kind"].to_list()]):
        group = meant.filter(pl.col("kind") == kind)
        if group.height:
            lines += [_TITLES.get(kind, kind), *_listed(group, width), ""]
    if noise.height:
        lines += ["Noise (version stamps, formatting)", *_listed(noise, width), ""]
    if found.rows.height == 0:
        return lines[0] + "\nnothing changed between what was harvested\n"
    told = sorted({word for words in meant["announced_by"].to_list() for word in words})
    if meant.height:
        lines.append(f"Announced by: {', '.join(told)}" if told else "Announced by nothing: silent")
    return "\n".join(lines).rstrip() + "\n"


def _range(found: Diff) -> str:
    return " -> ".join(_told(point) for point in (found.since, found.until) if point is not None)


def _told(point: Point) -> str:
    sha = (point.sha or "unknown")[:10]
    return sha if point.at.year in (1, 9999) else f"{sha} ({point.at.isoformat(sep=' ', timespec='seconds')})"


def _listed(group: pl.DataFrame, width: int | None) -> list[str]:
    lines = []
    for row in group.iter_rows(named=True):
        name = " ".join(printable(part) for part in (row["path"], row["field"]) if part not in (None, "content"))
        sign = {"added": "+", "removed": "-"}.get(row["change"], "~")
        values = " -> ".join(_value(value) for value in (row["old"], row["new"]))
        if row["change"] == "added":
            values = _value(row["new"])
        elif row["change"] == "removed":
            values = _value(row["old"])
        if row["kind"] == "file" and row["field"] != "weight_format":
            values = "" if row["change"] != "changed" else values
        extra = " (permuted)" if row["change"] == "permuted" else ""
        text = f"{name}{extra}" + (f": {values}" if values else "")
        first, *more = fold(text, max(width - 4, 20)) if width is not None else [text]
        lines += [f"  {sign} {first}", *(f"      {rest}" for rest in more)]
    return lines


def _value(value: str | None) -> str:
    if value is None:
        return "(not told)"
    shown = value[:VALUE]
    # Content ids: enough digits to tell them apart.
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", value):
        shown = value[:10]
    return printable(shown) + (f"... ({len(value):,} characters)" if len(value) > VALUE else "")
