"""Sections of a model's page about time: a timeline, and downloads by day, with gaps."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection
from rich.cells import cell_len

from harvester.ask.run import frame
from harvester.ask.text import count, fold
from harvester.terminal import printable

#: Events and days shown; earlier ones are counted.
EVENTS, DAYS = 15, 14
#: Changes named in one event, and characters of a value there; others are counted, longer values left out.
NAMED, VALUE = 4, 60
#: Columns of the longest bar.
BAR = 30

_CHANGES = """
SELECT changed_at, to_sha, kind, path, field, change, old, new, noise, announced_by, source
FROM changes WHERE hub_id = $hub_id ORDER BY changed_at, to_sha, kind, path, field
"""
# A commit without a time gets that of the one before it.
_COMMITS = """
SELECT committed_at, coalesce(committed_at, max(committed_at) OVER (ORDER BY position DESC)) AS place, "commit",
    position, title
FROM commits WHERE hub_id = $hub_id
"""
_TOMBSTONES = """
SELECT repo_id, noticed_at, cause, renamed_to, returned_at FROM tombstones WHERE hub_id = $hub_id ORDER BY noticed_at
"""
_NAMES = "SELECT repo_id, first_seen FROM names WHERE hub_id = $hub_id ORDER BY first_seen, repo_id"
#: Downloads of the model ``$hub_id`` by day, newest first; a day without a listing of the model is a row without them.
DOWNLOADS_BY_DAY = """
WITH observed AS (
    SELECT observed_at::DATE AS day, arg_max(downloads, observed_at) AS downloads
    FROM observations WHERE hub_id = $hub_id GROUP BY day
),
days AS (
    SELECT unnest(generate_series(min(day)::TIMESTAMP, max(day)::TIMESTAMP, INTERVAL 1 DAY))::DATE AS day FROM observed
)
SELECT days.day::VARCHAR AS day, observed.day IS NOT NULL AS seen, observed.downloads
FROM days LEFT JOIN observed USING (day) ORDER BY days.day DESC
"""
_WORDS = {"deleted_or_private": "gone: deleted or made private", "disabled": "disabled by the Hub"}
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a model: a commit, a step between two harvests, a rename, a disappearance."""

    #: UTC, as it is ordered; ``timed`` says whether the time is its own.
    at: datetime
    #: Its place among the events of one moment.
    place: int
    sha: str | None
    text: str
    timed: bool
    #: Its rows of `changes`.
    changes: Sequence[dict[str, Any]] = ()


def timeline(con: DuckDBPyConnection, hub_id: str) -> list[Event]:
    """Return commits, changes, renames and disappearances, newest first."""
    params = {"hub_id": hub_id}
    found = [*_steps(con, params), *_appearances(con, params)]
    return sorted(found, key=lambda event: (event.at, event.place), reverse=True)


def timeline_section(con: DuckDBPyConnection, hub_id: str, width: int | None) -> str:
    """The timeline as text; empty if nothing happened."""
    events = timeline(con, hub_id)
    if not events:
        return ""
    lines = ["Timeline (UTC, newest first)"]
    for event in events[:EVENTS]:
        when = f"{event.at:%Y-%m-%d %H:%M}" if event.timed else "no time reported"
        head = f"  {when:16}  {(event.sha or '')[:8]:8}  "
        first, *more = _wrapped(event.text, max(width - len(head), 30)) if width is not None else [event.text]
        lines += [(head + first).rstrip(), *(" " * len(head) + rest for rest in more)]
    if len(events) > EVENTS:
        lines.append(
            f"  ... and {count(len(events) - EVENTS)} earlier events (see tables changes, commits, tombstones)"
        )
    return "\n".join(lines) + "\n"


def _wrapped(text: str, width: int) -> Iterable[str]:
    """Lines of whole words, so that field names are not split if possible."""
    line = ""
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line = ""
        *full, line = fold(f"{line} {word}" if line else word, width)
        yield from full
    yield line


def _steps(con: DuckDBPyConnection, params: dict[str, Any]) -> Iterable[Event]:
    """Each commit of the history with what it changed, and each harvest that noticed a change."""
    changes: dict[tuple[datetime | None, str], list[dict[str, Any]]] = {}
    for row in frame(con, _CHANGES, params).iter_rows(named=True):
        # Changes of a commit are listed at the commit; those noticed by harvests, at their time.
        at = None if row["source"] == "git" else row["changed_at"]
        changes.setdefault((at, row["to_sha"]), []).append(row)
    for committed_at, place, commit, position, title in frame(con, _COMMITS, params).iter_rows():
        rows = changes.pop((None, commit), [])
        parts = _summary(rows)
        text = f"{_short(title or 'commit')}" + (f": {parts}" if parts else "")
        yield Event(place or datetime.min, -position, commit, text, committed_at is not None, rows)
    for (_, sha), rows in changes.items():
        at = rows[0]["changed_at"]
        yield Event(at or datetime.min, 0, sha, _summary(rows), at is not None, rows)


def _appearances(con: DuckDBPyConnection, params: dict[str, Any]) -> Iterable[Event]:
    """When the model was first seen, renamed, gone and back."""
    for number, (repo_id, first_seen) in enumerate(frame(con, _NAMES, params).iter_rows()):
        if number == 0 and first_seen is not None:
            yield Event(first_seen, -(1 << 62), None, f"first seen, as {printable(repo_id)}", True)
    for row in frame(con, _TOMBSTONES, params).iter_rows(named=True):
        name = printable(row["repo_id"])
        if row["cause"] == "renamed":
            text = f"renamed from {name} to {printable(row['renamed_to'] or '?')}"
        elif row["cause"] == "replaced":
            text = f"gone: {name} is another model now"
        else:
            text = _WORDS.get(row["cause"], printable(row["cause"]))
        yield Event(row["noticed_at"], 1, None, text, True)
        if row["returned_at"] is not None:
            back = f"back under the name {name}" if row["cause"] == "renamed" else "back"
            yield Event(row["returned_at"], 1, None, back, True)


def _summary(rows: list[dict[str, Any]]) -> str:
    meant = [row for row in rows if not row["noise"]]
    parts = [text for row in meant if row["kind"] not in ("file", "label", "config") for text in [_step(row)]]
    fields = [row for row in meant if row["kind"] == "config"]
    parts += [_step(row) for row in fields[:NAMED]]
    if len(fields) > NAMED:
        parts.append(f"{count(len(fields) - NAMED)} more fields")
    labels = Counter(row["change"] for row in meant if row["kind"] == "label")
    parts += [f"{count(number)} {'label' if number == 1 else 'labels'} {change}" for change, number in labels.items()]
    parts += [_step(row) for row in meant if row["field"] == "weight_format"]
    if parts:
        words = dict.fromkeys(word for row in meant for word in row["announced_by"] or ())
        parts[-1] += f" ({'announced by ' + ', '.join(words) if words else 'silent'})"
    files = [row for row in meant if row["kind"] == "file" and row["path"] is not None]
    numbers = Counter(row["change"] for row in files)
    if 0 < len(files) <= NAMED:
        parts.append("files " + " ".join(_SIGNS[row["change"]] + printable(row["path"]) for row in files))
    elif files:
        parts.append("files " + " ".join(f"{_SIGNS[change]}{count(number)}" for change, number in numbers.items()))
    if rows and not meant:
        parts.append("only version stamps or formatting")
    return "; ".join(parts)


def _step(row: dict[str, Any]) -> str:
    name = printable("weights" if row["field"] == "weight_format" else row["field"] or row["kind"])
    old, new = row["old"], row["new"]
    if row["change"] == "added":
        return f"+{name}" + (f" {printable(new)}" if new is not None and len(new) <= VALUE else "")
    if row["change"] == "removed":
        return f"-{name}"
    if old is None or new is None or max(len(old), len(new)) > VALUE:
        return f"{name} changed"
    return f"{name} {printable(old)} -> {printable(new)}"


def _short(title: str) -> str:
    return printable(title) if len(title) <= VALUE else printable(title[:VALUE]) + "..."


def downloads_section(con: DuckDBPyConnection, hub_id: str) -> str:
    """Downloads by day; a day without a listing of the model is a gap. Empty for fewer than three days."""
    days = frame(con, DOWNLOADS_BY_DAY, {"hub_id": hub_id})
    if days.height < 3:
        return ""
    shown = days.head(DAYS)
    most = max((value for value in shown["downloads"].to_list() if value is not None), default=0)
    title = "Downloads (of the previous 30 days), by day"
    lines = [title if days.height <= DAYS else f"{title}; the newest {DAYS} of {count(days.height)} days"]
    digits = len(count(most))
    for day, seen, downloads in shown.iter_rows():
        if not seen:
            lines.append(f"  {day}  not seen")
        elif downloads is None:
            lines.append(f"  {day}  not reported")
        else:
            bar = "#" * round(BAR * downloads / (most or 1))
            lines.append(f"  {day}  {count(downloads):>{digits}}  {bar}".rstrip())
    return "\n".join(lines) + "\n"
