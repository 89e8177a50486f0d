"""Tells a person, or a program (`--json`), how far a run is. Progress goes to stderr."""

import json
import sys
import time
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harvester.hub.budget import Budget, Window

#: Seconds between two lines where there is no terminal to draw a bar on.
LINE_EVERY = 15.0


def budget_text(name: str, window: Window, now: float) -> str:
    """Return `api 499/500, reset 295 s` for a bucket; `api ?` while nothing is announced."""
    if not window.announced:
        return f"{name} ?"
    left = max(window.reset_by - now, 0.0)
    remaining = window.remaining if left > 0 else window.quota
    return f"{name} {remaining}/{window.quota}, reset {left:.0f} s"


def estimate(left: int, done: int, elapsed: float, spent: dict[str, int], windows: dict[str, Window]) -> float | None:
    """Return the seconds that ``left`` models take, from what ``done`` models cost; None before the first is done.

    The slower of what the announced quotas allow (requests a model times models left, a window's quota at a time) and,
    where nothing is announced, the pace so far.
    """
    if done <= 0 or left <= 0:
        return None
    announced = [
        left * spent.get(name, 0) / done / window.quota * window.length
        for name, window in windows.items()
        if window.announced and window.quota
    ]
    return max(announced, default=left * elapsed / done)


class Reporter:
    """What the crawl says while it works: one-line messages, and a bar with both budgets."""

    def __init__(self, *, quiet: bool = False, as_json: bool = False, stream: TextIO | None = None):
        self._quiet, self._json = quiet, as_json
        self._stream = stream or sys.stderr
        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._bar: Progress | None = None
        self._task: int | None = None
        self._last_line = 0.0

    def say(self, message: str) -> None:
        """Say one line."""
        if self._json:
            self._emit({"event": "message", "message": message})
        elif not self._quiet:
            # Names and messages of a Hub are data: control characters must not reach the terminal.
            self._console.print("".join(c if c.isprintable() else repr(c)[1:-1] for c in message))

    def warn(self, message: str) -> None:
        """Say one line that even `--quiet` does not hide."""
        quiet, self._quiet = self._quiet, False
        self.say(message)
        self._quiet = quiet

    def start(self, what: str, total: int | None) -> None:
        """Begin a phase."""
        self.finish()
        if self._quiet or self._json or not self._console.is_terminal:
            self._last_line = time.monotonic()
            return
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[budgets]}"), console=self._console, transient=True,
        )  # fmt: skip
        self._bar.start()
        self._task = self._bar.add_task(what, total=total, budgets="")

    def tick(self, what: str, done: int, total: int | None, budget: Budget, eta: float | None = None) -> None:
        """Show how many models are done and what both budgets hold."""
        now = time.monotonic()
        budgets = " | ".join(budget_text(name, budget.window(name), now) for name in ("api", "resolvers"))
        if eta is not None:
            budgets += f" | about {duration(eta)} left"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, budgets=budgets)  # type: ignore[arg-type]
        elif now - self._last_line >= LINE_EVERY:
            self._last_line = now
            if self._json:
                self._emit({"event": "progress", "phase": what, "done": done, "total": total, "eta_seconds": eta})
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
