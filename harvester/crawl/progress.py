"""Reports the progress of a run, as text or as JSON lines (`--json`), on stderr."""

import json
import sys
import time
from importlib.util import find_spec
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column

from harvester.hub.budget import Budget, Window, usable
from harvester.terminal import printable

#: Seconds between two lines if there is no terminal for a progress bar.
LINE_EVERY = 15.0


def budget_text(name: str, window: Window, now: float) -> str:
    """Return `api 499/500, reset 295 s` for a bucket; `api ?` while nothing is announced."""
    if not window.announced:
        return f"{name} ?"
    left = max(window.reset_by - now, 0.0)
    remaining = window.remaining if left > 0 else window.quota
    return f"{name} {remaining}/{window.quota}, reset {left:.0f} s"


def estimate(
    left: int, done: int, elapsed: float, spent: dict[str, int], windows: dict[str, Window], now: float,
    share: float = 1.0,
) -> float | None:  # fmt: skip
    """Return the seconds that ``left`` models take, from what ``done`` models cost; None before the first is done.

    The slowest of: the pace so far, and for each announced budget what is left of this window (``now`` is monotonic)
    and the windows after it that are needed, of which ``share`` of the quota may be used.
    """
    if done <= 0 or left <= 0:
        return None
    pace = left * elapsed / done
    found = [
        _windows(left * spent.get(name, 0) / done, window, now, share)
        for name, window in windows.items()
        if window.announced and window.quota
    ]
    return max(found, default=0.0) or pace


def _windows(needed: float, window: Window, now: float, share: float) -> float:
    """Return the seconds until ``needed`` requests may have been sent; 0 if this window has room for them."""
    to_reset, may = max(window.reset_by - now, 0.0), usable(window.quota, share)
    beyond = needed - (_room(window, share) if to_reset else may)
    return 0.0 if beyond <= 0 else (to_reset or window.length) + beyond / may * window.length


def _room(window: Window, share: float) -> int:
    """Return the requests that this window still takes from us."""
    return max(window.remaining - (window.quota - usable(window.quota, share)), 0)


def waiting(windows: dict[str, Window], spent: dict[str, int], now: float, share: float) -> str:
    """Return `waiting 240 s for api` if a budget in use has nothing left before its reset; else an empty text."""
    for name, window in windows.items():
        to_reset = window.reset_by - now
        if spent.get(name) and window.announced and to_reset > 0 and not _room(window, share):
            return f"waiting {to_reset:.0f} s for {name}"
    return ""


class Reporter:
    """The output of a running crawl: one-line messages, and a progress bar with both budgets."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, stream: TextIO | None = None):
        self._quiet, self._json = quiet, as_json
        self._stream = stream or sys.stderr
        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._bar: Progress | None = None
        self._task: int | None = None
        self._last_line = 0.0

    def say(self, message: str) -> None:
        """Print one line."""
        if self._json:
            self._emit({"event": "message", "message": message})
        elif not self._quiet:
            # Names and messages of a Hub are data: control characters must not reach the terminal.
            self._console.print(printable(message))

    def warn(self, message: str) -> None:
        """Print one line, also with `--quiet`."""
        quiet, self._quiet = self._quiet, False
        self.say(message)
        self._quiet = quiet

    def start(self, what: str, total: int | None) -> None:
        """Begin a phase."""
        self.finish()
        # In a notebook rich draws into a widget.
        draws = self._console.is_terminal or (self._console.is_jupyter and find_spec("ipywidgets") is not None)
        if self._quiet or self._json or not draws:
            self._last_line = time.monotonic()
            return
        # The bar and the count keep their width; the text about budgets is cut if the terminal is narrow.
        rest = TextColumn("{task.fields[budgets]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"))
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=12), MofNCompleteColumn(), TimeElapsedColumn(), rest,
            console=self._console, transient=True, expand=True,
        )  # fmt: skip
        self._bar.start()
        self._task = self._bar.add_task(what, total=total, budgets="")

    def tick(
        self, what: str, done: int, total: int | None, budget: Budget, eta: float | None = None, note: str = "",
    ) -> None:  # fmt: skip
        """Show how many models are done, how long the rest takes, a note, and both budgets."""
        now = time.monotonic()
        texts = [f"about {duration(eta)} left"] if eta is not None else []
        texts += [note] if note else []
        texts += [budget_text(name, budget.window(name), now) for name in ("api", "resolvers")]
        budgets = " | ".join(texts)
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, budgets=budgets)  # type: ignore[arg-type]
        elif now - self._last_line >= LINE_EVERY:
            self._last_line = now
            if self._json:
                self._emit({"event": "progress", "phase": what, "done": done, "total": total, "eta_seconds": eta,
                            "waiting": note or None})  # fmt: skip
            else:
                self.say(f"{what}: {done:,}" + (f" of {total:,}" if total else "") + f" models | {budgets}")

    def finish(self) -> None:
        """End the phase."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = self._task = None

    def result(self, record: dict[str, object]) -> None:
        """Give the result of the run to a program."""
        if self._json:
            self._emit({"event": "result", **record})

    def _emit(self, record: dict[str, object]) -> None:
        print(json.dumps(record, ensure_ascii=True, default=str), file=self._stream, flush=True)


def duration(seconds: float) -> str:
    """Return seconds as `45 s`, `12 min`, `3.5 h` or `10.5 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.1f} days"
