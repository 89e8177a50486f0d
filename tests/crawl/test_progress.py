"""How long it takes, and what a person sees of it."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from harvester.clock import SystemClock
from harvester.crawl.progress import Reporter, estimate, waiting
from harvester.hub.budget import Budget, Window

SPENT_WINDOW = Window(quota=500, length=300.0, remaining=0, reset_by=1_000.0, announced=True)


@pytest.mark.parametrize(
    ("now", "share", "left", "seconds"),
    [
        # 10 of 500 cost 10 requests: 500 more are one window after the reset.
        (760.0, 1.0, 500, 240 + 300),
        (970.0, 1.0, 500, 30 + 300),
        (970.0, 0.5, 500, 30 + 600),
        # A new window has room for all: the pace so far.
        (1_001.0, 1.0, 100, 200.0),
    ],
)
def test_the_time_left_counts_down_to_the_reset_and_keeps_to_the_share(
    now: float, share: float, left: int, seconds: float
) -> None:
    assert estimate(left, 10, 20.0, {"api": 10}, {"api": SPENT_WINDOW}, now, share) == seconds


def test_waiting_for_a_window_is_said_of_the_budget_in_use() -> None:
    windows = {"api": SPENT_WINDOW, "resolvers": replace(SPENT_WINDOW, remaining=300)}
    assert waiting(windows, {"api": 3}, 760.0, 1.0) == "waiting 240 s for api"
    assert waiting(windows, {"resolvers": 3}, 760.0, 1.0) == ""
    # With half of the quota to ourselves, 200 of 500 are none of ours.
    assert waiting({"api": replace(SPENT_WINDOW, remaining=200)}, {"api": 3}, 900.0, 0.5) == "waiting 100 s for api"
    assert waiting(windows, {"api": 3}, 1_001.0, 1.0) == ""


@pytest.mark.parametrize("width", [80, 120])
def test_a_narrow_terminal_keeps_the_bar_and_the_count(width: int) -> None:
    screen = io.StringIO()
    reporter = Reporter(stream=screen)
    reporter._console = Console(file=screen, width=width, force_terminal=True, highlight=False)
    reporter.start("models", 3_000_000)
    reporter.tick("models", 1_234_567, 3_000_000, Budget(SystemClock()), 86_400.0, "waiting 240 s for resolvers")
    assert reporter._bar is not None
    reporter._bar.refresh()
    reporter.finish()
    assert "1234567/3000000" in screen.getvalue()
    assert "\u2501" * 4 in screen.getvalue()
    assert "about 24.0 h left" in screen.getvalue()
