"""What changed in one model between two revisions, two times, or last: rows of `changes`, put together and as text."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.names import Found, find_model
from harvester.ask.page import Page
from harvester.ask.run import frame
from harvester.ask.text import count, fold
from harvester.errors import UsageError
from harvester.terminal import printable

#: Characters of a value shown in the terminal.
VALUE = 200
#: Longer values are shown from their first difference on, with some characters before it.
SHOWN, BEFORE = 60, 10
_SHA = re.compile(r"[0-9a-f]{4,64}\Z")
_TITLES = {
    "config": "Config", "label": "Labels", "license": "License", "lineage": "Base models", "card": "Card",
    "gating": "Gating", "file": "Files",
}  # fmt: skip

#: Commits that a run found at the head, and those of the history that was read, in its order.
_HEADS = """
SELECT name.sha, min(coalesce(run.listed_at, run.started_at)) AS noticed_at, min_by(name.repo_id, name.from_run) AS name
FROM base.name AS name JOIN base.model_key AS key USING (model) JOIN base.run AS run ON run.run = name.from_run
ANTI JOIN base.pinned AS pinned ON pinned.model = name.model AND pinned.place = name.from_run
WHERE key.hub_id = $hub_id AND name.sha IS NOT NULL
GROUP BY name.sha ORDER BY noticed_at, name.sha
"""
_COMMITS = """
SELECT past.commit, coalesce(max(past.committed_at) OVER (ORDER BY past.number), $before_all) AS committed_at,
    past.number
FROM base.commit AS past JOIN base.model_key AS key USING (model)
WHERE key.hub_id = $hub_id ORDER BY past.number
"""
_CHANGES = """
SELECT repo_id, changed_at, from_sha, to_sha, kind, path, field, change, old, new, noise, announced_by, source
FROM changes
WHERE hub_id = $hub_id
ORDER BY changed_at, kind, path, field
"""
#: Commits listed in the error about an unknown one.
NAMED = 8
#: Behind every commit of the same time.
_LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a model's known history: the time it was noticed or requested (UTC), and the head at that time.

    ``commit`` is its position among the commits of the history: a time that never decreases (datetime.min before the
    first commit that has one), and the commit's number.
    """

    at: datetime
    sha: str | None
    commit: tuple[datetime, int]
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Diff:
    """The net changes after ``since`` up to ``until``, in the columns of `changes`."""

    found: Found
    since: Point | None
    until: Point | None
    rows: pl.DataFrame


def diff(con: DuckDBPyConnection, model: str, revisions: tuple[str, ...] = ()) -> Diff:
    """Compare two revisions of a model: commits (a prefix is enough), or times (ISO; a date means its end, UTC).

    One revision is compared with the newest, none means the last change. A value that changed back is not a change.
    Raises UsageError for an unknown model or revision.
    """
    found = find_model(con, model)
    points = _points(con, found)
    rows = frame(con, _CHANGES, {"hub_id": found.hub_id})
    if not revisions:
        return _last(found, points, rows)
    points_given = [_point(text, points, found) for text in revisions]
    if len(points_given) == 1:
        newest = points[-1].sha if points else None
        points_given.append(Point(datetime.max, newest, (datetime.max, _LAST), found.repo_id))
    since, until = sorted(points_given[:2], key=lambda point: (point.commit, point.at))
    commits = {point.sha: point.commit for point in points}
    return Diff(found, since, until, _net(_between(rows, since, until, commits)))


def _points(con: DuckDBPyConnection, found: Found) -> list[Point]:
    """The commits that are known, oldest first: of the history in its order, others by when they were noticed."""
    params = {"hub_id": found.hub_id}
    heads = {sha: (at, name) for sha, at, name in frame(con, _HEADS, params).iter_rows()}
    points = []
    for commit, committed_at, number in frame(con, _COMMITS, params | {"before_all": datetime.min}).iter_rows():
        at, name = heads.pop(commit, (committed_at, None))
        points.append(Point(at, commit, (committed_at, number), name))
    points += [Point(at, sha, (at, _LAST), name) for sha, (at, name) in heads.items()]
    return sorted(points, key=lambda point: point.commit)


def _place(row: dict[str, Any], commits: dict[str | None, tuple[datetime, int]]) -> tuple[datetime, int]:
    """The position of a change: that of its commit, or the time it was noticed."""
    known = commits.get(row["to_sha"]) if row["source"] == "git" else None
    return known or (row["changed_at"], _LAST)


def _between(
    rows: pl.DataFrame, since: Point, until: Point, commits: dict[str | None, tuple[datetime, int]]
) -> pl.DataFrame:
    kept = []
    for number, row in enumerate(rows.iter_rows(named=True)):
        place = _place(row, commits)
        if row["source"] == "git":
            inside = since.commit < place <= until.commit
        else:
            inside = since.at < row["changed_at"] <= until.at
        if inside:
            kept.append((place, number))
    return rows[[number for _, number in sorted(kept)]]


def _last(found: Found, points: list[Point], rows: pl.DataFrame) -> Diff:
    if rows.height == 0:
        return Diff(found, None, points[-1] if points else None, rows)
    commits = {point.sha: point.commit for point in points}
    places = [_place(row, commits) for row in rows.iter_rows(named=True)]
    last = max(places)
    rows = rows.filter(pl.Series([place == last for place in places]))
    known = {point.sha: point for point in points}
    ends = [known.get(sha, Point(last[0], sha, last)) for sha in (rows["from_sha"][0], rows["to_sha"][-1])]
    return Diff(found, ends[0], ends[1], rows)


def _point(text: str, points: list[Point], found: Found) -> Point:
    prefix = text.strip().lower()
    matching = [point for point in points if point.sha is not None and point.sha.startswith(prefix)]
    if _SHA.match(prefix) and len(matching) == 1:
        return matching[0]
    if _SHA.match(prefix) and len(matching) > 1:
        raise UsageError(f"{text!r} matches {len(matching)} commits of {printable(found.repo_id)}; give more of it")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        if not points:
            raise UsageError(
                f"no commit of {printable(found.repo_id)} is known: harvest it with --with files or history"
            ) from None
        known = ", ".join((point.sha or "?")[:10] for point in points[: -NAMED - 1 : -1])
        raise UsageError(
            f"{printable(text)!r} is neither a time nor a known commit of {printable(found.repo_id)}; "
            f"the newest of {count(len(points))} known: {known}"
        ) from None
    if at.tzinfo is not None:
        at = at.astimezone(UTC).replace(tzinfo=None)
    if len(text.strip()) <= len("2026-11-01"):
        at = datetime.combine(at.date(), time.max)
    before = [point for point in points if point.commit <= (at, _LAST)]
    # Before the first known revision, the first one is used.
    named = [point.name for point in before or points[:1] if point.name is not None]
    return Point(at, before[-1].sha if before else None, (at, _LAST), named[-1] if named else None)


def _net(rows: pl.DataFrame) -> pl.DataFrame:
    """Combine successive changes of one item; values that changed back are left out."""
    steps_by_item: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        # An added or removed file has no field, a changed one has: both are changes of the same item.
        field = "" if row["kind"] == "file" and row["path"] is not None else row["field"]
        steps_by_item.setdefault((row["kind"], row["path"] or "", field), []).append(row)
    found = [joined for _, steps in sorted(steps_by_item.items()) if (joined := _joined(steps)) is not None]
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


def rows_of(found: Diff) -> pl.DataFrame:
    """Return the rows with hub_id first."""
    return found.rows.select(pl.lit(found.found.hub_id).alias("hub_id"), pl.all())


def diff_page(con: DuckDBPyConnection, model: str, revisions: tuple[str, ...] = ()) -> Page:
    """Compare as ``diff`` does; return the page."""
    found = diff(con, model, revisions)
    return Page(lambda width: as_text(found, width), lambda: {"changes": rows_of(found)})


def as_text(found: Diff, width: int | None = None) -> str:
    """Return the changes for a terminal of ``width`` columns, by kind, noise last."""
    title = f"{printable(found.found.repo_id)}  {_range(found)}"
    lines = ["\n  ".join(fold(title, width - 2)) if width is not None else title, ""]
    meant, noise = found.rows.filter(~pl.col("noise")), found.rows.filter(pl.col("noise"))
    for kind in dict.fromkeys([*_TITLES, *meant["kind"].to_list()]):
        group = meant.filter(pl.col("kind") == kind)
        if group.height:
            lines += [_TITLES.get(kind, kind), *_listed(group, width), ""]
    if noise.height:
        lines += ["Noise (version stamps, formatting)", *_listed(noise, width), ""]
    names = [point.name for point in (found.since, found.until) if point is not None and point.name is not None]
    if len(set(names)) > 1:
        lines += ["Name", f"  ~ {printable(names[0])} -> {printable(names[1])}", ""]
    elif found.rows.height == 0:
        return lines[0] + "\nnothing changed between the harvested revisions\n"
    words = sorted({word for words in meant["announced_by"].to_list() for word in words})
    if meant.height:
        lines.append(f"Announced by: {', '.join(words)}" if words else "Not announced (silent)")
    return "\n".join(lines).rstrip() + "\n"


def _range(found: Diff) -> str:
    return " -> ".join(_told(point) for point in (found.since, found.until) if point is not None)


def _told(point: Point) -> str:
    sha = point.sha[:10] if point.sha else "nothing harvested yet"
    at = point.commit[0]
    return sha if at in (datetime.min, datetime.max) else f"{sha} ({at.isoformat(sep=' ', timespec='seconds')})"


def _listed(group: pl.DataFrame, width: int | None) -> list[str]:
    lines = []
    for row in group.iter_rows(named=True):
        name = " ".join(printable(part) for part in (row["path"], row["field"]) if part not in (None, "content"))
        sign = {"added": "+", "removed": "-"}.get(row["change"], "~")
        values = " -> ".join(map(_value, _from_the_difference(row["old"], row["new"])))
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


def _from_the_difference(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Cut the common beginning of two long values, so that the difference is visible."""
    if old is None or new is None or max(len(old), len(new)) <= SHOWN:
        return old, new
    shorter = min(len(old), len(new))
    alike = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), shorter) - BEFORE
    return (old, new) if alike <= 1 else ("..." + old[alike:], "..." + new[alike:])


def _value(value: str | None) -> str:
    if value is None:
        return "(above 64 kB, not shown)"
    shown = value[:VALUE]
    # Content ids: enough digits to distinguish them.
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", value):
        shown = value[:10]
    return printable(shown) + (f"... ({len(value):,} characters)" if len(value) > VALUE else "")
