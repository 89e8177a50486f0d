"""The announced windows: what may be sent when, as arithmetic, as a lock around it, and as whole windows."""

import heapq
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harvester.hub.budget import (
    CONTENDED_IN_FLIGHT,
    PROBE_PATIENCE,
    SEND,
    UNTIL_AN_ANSWER,
    Budget,
    Decision,
    NotNow,
    OutOfRequests,
    Stopped,
    Window,
    decide,
    learn,
)
from harvester.hub.ratelimit import Announcement

from .clock import HandClock

#: A window of 100 requests whose reset is known to be at 300, asked at 200.
OPEN = Window(quota=100, length=300, remaining=100, reset_after=299, reset_by=300, announced=True, answers=5)


def spent_by_others(taken: int, own: int, remaining: int) -> Window:
    return replace(OPEN, remaining=remaining, others=taken, own=own, answered_at=200.0)


DECISIONS = {
    "the first request goes alone": (Window(), 0, 200, 1.0, SEND),
    "others wait for what the first one learns": (Window(), 1, 200, 1.0, UNTIL_AN_ANSWER),
    "where nothing is announced a fixed pace is kept": (Window(answers=1, sent_at=200), 0, 200.5, 1.0, Decision(200.6)),
    "and the pace lets the next one go": (Window(answers=1, sent_at=200), 3, 200.6, 1.0, SEND),
    "what remains may be sent": (replace(OPEN, remaining=5), 0, 200, 1.0, SEND),
    "what is in flight counts as spent": (replace(OPEN, remaining=50), 9, 200, 1.0, SEND),
    "near the end few are in flight": (replace(OPEN, remaining=5), 4, 200, 1.0, UNTIL_AN_ANSWER),
    "nothing more than remains": (replace(OPEN, remaining=5), 5, 200, 1.0, Decision(300)),
    "an empty window is waited out": (replace(OPEN, remaining=0), 0, 200, 1.0, Decision(300)),
    "a share leaves the rest to others": (replace(OPEN, remaining=51), 0, 200, 0.5, SEND),
    "a share is not exceeded": (replace(OPEN, remaining=50), 0, 200, 0.5, Decision(300)),
    "a new window is probed": (replace(OPEN, remaining=0, sent_at=299), 0, 300, 1.0, SEND),
    "old requests in flight do not delay the probe": (replace(OPEN, remaining=0, sent_at=299), 7, 301, 1.0, SEND),
    "one probe is enough": (replace(OPEN, sent_at=300.5), 1, 301, 1.0, Decision(300.5 + PROBE_PATIENCE + 0.01)),
    "a probe that got lost is sent again": (replace(OPEN, sent_at=300.5), 0, 301, 1.0, SEND),
    "a probe that takes too long gets company": (replace(OPEN, sent_at=300.5), 1, 306, 1.0, SEND),
    "a pause is kept however much remains": (replace(OPEN, not_before=210), 0, 200, 1.0, Decision(210)),
    "a pause that is over is over": (replace(OPEN, not_before=210), 0, 210, 1.0, SEND),
    "beside others few go at a time": (spent_by_others(50, 50, 90), CONTENDED_IN_FLIGHT, 200, 1.0, UNTIL_AN_ANSWER),
    "beside others the next may go after an answer": (spent_by_others(50, 50, 90), 0, 200, 1.0, SEND),
    "beside others on stale news one goes at a time": (spent_by_others(50, 50, 90), 1, 201, 1.0, UNTIL_AN_ANSWER),
    "the last unit is left to the other process": (spent_by_others(50, 50, 1), 0, 200, 1.0, Decision(300)),
    "two units taken by others may be chance": (spent_by_others(2, 50, 90), 10, 200, 1.0, SEND),
}


@pytest.mark.parametrize(("window", "in_flight", "now", "share", "decision"), DECISIONS.values(), ids=DECISIONS)
def test_what_is_decided(window: Window, in_flight: int, now: float, share: float, decision: Decision) -> None:
    assert decide(window, in_flight, now, share=share, pace=0.6) == decision


def told(remaining: int, reset_in: int) -> Announcement:
    return Announcement("api", remaining, reset_in, 100, 300)


def test_a_first_answer_bounds_the_reset_from_both_sides() -> None:
    window = learn(Window(), told(99, 100), sent_at=200.0, now=200.4)
    assert (window.announced, window.quota, window.length, window.remaining) == (True, 100, 300, 99)
    assert (window.reset_after, window.reset_by) == (299.0, 300.4)


def test_further_answers_narrow_the_reset_down_and_never_widen_it() -> None:
    window = learn(Window(), told(99, 100), sent_at=200.0, now=200.4)
    window = learn(window, told(98, 99), sent_at=200.7, now=200.9)
    assert (window.reset_after, window.reset_by) == (299.0, 299.9)
    window = learn(window, told(97, 100), sent_at=200.2, now=202.0)
    assert window.reset_by == 299.9


def test_answers_that_arrive_in_another_order_give_no_quota_back() -> None:
    window = learn(replace(OPEN, remaining=90), told(95, 100), sent_at=199.5, now=200.0)
    assert window.remaining == 90


def test_an_answer_of_the_window_before_changes_nothing() -> None:
    assert learn(OPEN, told(0, 1), sent_at=290.0, now=290.5) == OPEN


def test_an_answer_of_the_next_window_starts_it_again() -> None:
    window = learn(replace(OPEN, remaining=0), told(99, 300), sent_at=300.1, now=300.3)
    assert (window.remaining, window.reset_by) == (99, 600.3)


def test_a_window_nobody_asked_in_for_long_is_started_again() -> None:
    window = learn(replace(OPEN, remaining=0), told(99, 20), sent_at=5_000.0, now=5_000.1)
    assert (window.remaining, window.reset_by) == (99, 5_020.1)


def test_what_others_spend_is_the_fall_beyond_our_own_requests() -> None:
    window = learn(replace(OPEN, remaining=90, own=1), told(80, 100), sent_at=199.9, now=200.0)
    assert (window.own, window.others) == (2, 9)


def test_neighbours_of_the_last_window_are_expected_in_the_next() -> None:
    busy = replace(OPEN, remaining=0, own=30, others=30)
    window = learn(busy, told(1, 300), sent_at=300.1, now=300.3)
    assert decide(window, 0, 300.4) == Decision(600.3)


def test_a_request_that_may_not_go_now_is_refused_where_nobody_waits() -> None:
    budget = Budget(HandClock())
    budget.acquire("api", wait=False)
    with pytest.raises(NotNow):
        budget.acquire("api", wait=False)


def test_the_buckets_do_not_share_a_window() -> None:
    clock = HandClock()
    budget = Budget(clock)
    budget.release("api", budget.acquire("api"), [Announcement("api", 0, 100, 500, 300)])
    assert not budget.ready("api")
    assert budget.ready("resolvers")
    clock.move(101)
    assert budget.ready("api")


def test_an_answer_of_one_bucket_may_announce_another() -> None:
    budget = Budget(HandClock())
    sent = budget.acquire("api")
    budget.release("api", sent, [Announcement("api", 9, 100, 10, 300), Announcement("resolvers", 0, 50, 10, 300)])
    assert budget.ready("api")
    assert not budget.ready("resolvers")


def test_a_lost_request_is_in_flight_no_more() -> None:
    budget = Budget(HandClock())
    budget.release("api", budget.acquire("api"), [Announcement("api", 1, 100, 10, 300)])
    budget.release("api", budget.acquire("api"), None)
    assert budget.ready("api")


def test_a_429_of_the_window_waits_for_its_reset() -> None:
    clock = HandClock()
    budget = Budget(clock)
    budget.release("api", budget.acquire("api"), [Announcement("api", 9, 100, 10, 300)])
    budget.hold("api", 1.0, window_spent=True)
    clock.move(99)
    assert not budget.ready("api")
    clock.move(1)
    assert budget.ready("api")
    assert budget.spent()["api"].rate_limited == 1


def test_a_429_of_another_limiter_pauses_and_does_not_wait_out_the_window() -> None:
    clock = HandClock()
    budget = Budget(clock, seed=1)
    budget.release("api", budget.acquire("api"), [Announcement("api", 9, 100, 10, 300)])
    budget.hold("api", 4.0, window_spent=False)
    clock.move(3.9)
    assert not budget.ready("api")
    clock.move(1.2)
    assert budget.ready("api")


def test_every_request_counts_against_the_most_that_may_be_sent() -> None:
    budget = Budget(HandClock(), max_requests=2)
    for bucket in ("api", "resolvers"):
        budget.acquire(bucket)
    with pytest.raises(OutOfRequests):
        budget.acquire("elsewhere")
    assert sum(spent.requests for spent in budget.spent().values()) == 2


def test_a_closed_budget_sends_nothing() -> None:
    budget = Budget(HandClock())
    budget.close()
    with pytest.raises(Stopped):
        budget.acquire("api")


class SimulatedBucket:
    """A fixed window on the Hub's own clock, announced in whole seconds rounded up."""

    def __init__(self, quota: int, length: int, phase: float):
        self.quota, self.length, self.phase = quota, length, phase
        self.used: dict[int, int] = {}
        self.refused = 0

    def count(self, now: float) -> Announcement:
        number, elapsed = divmod(now + self.phase, self.length)
        used = self.used.get(int(number), 0)
        if used >= self.quota:
            self.refused += 1
        else:
            self.used[int(number)] = used = used + 1
        reset_in = max(1, -int(-(self.length - elapsed) // 1))
        return Announcement("api", self.quota - used, reset_in, self.quota, self.length)


@dataclass
class Process:
    """What one process knows and has in flight."""

    workers: int
    share: float = 1.0
    window: Window = field(default_factory=Window)
    in_flight: int = 0

    def sends_at(self, now: float) -> float:
        """When it would send its next request: now, later, or (infinity) after an answer."""
        decision = decide(self.window, self.in_flight, now, share=self.share)
        if decision.wait_until is not None:
            return decision.wait_until
        return now if self.in_flight < self.workers else float("inf")


def crawl(bucket: SimulatedBucket, seconds: float, latency: float, processes: list[Process]) -> None:
    """Send whatever may be sent for some seconds; the Hub counts a request halfway through its latency."""
    now, number = 0.0, 0
    events: list[tuple[float, int, bool, Process, float, Announcement | None]] = []
    while now < seconds:
        turn = min(processes, key=lambda process: (process.sends_at(now), process.in_flight))
        sends_at = turn.sends_at(now)
        if sends_at <= now:
            number += 1
            turn.in_flight += 1
            turn.window = replace(turn.window, sent_at=now)
            heapq.heappush(events, (now + latency / 2, number, False, turn, now, None))
        elif not events or sends_at < events[0][0]:
            now = sends_at
        else:
            now, place, counted, turn, sent_at, announced = heapq.heappop(events)
            if not counted:
                heapq.heappush(events, (now + latency / 2, place, True, turn, sent_at, bucket.count(now)))
                continue
            assert announced is not None
            turn.in_flight -= 1
            turn.window = replace(turn.window, answers=turn.window.answers + 1, answered_at=now)
            turn.window = learn(turn.window, announced, sent_at, now)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    quota=st.integers(5, 120), length=st.sampled_from([3, 10]), phase=st.floats(0, 10),
    latency=st.floats(0.001, 0.1), workers=st.sampled_from([1, 4, 8]),
)  # fmt: skip
def test_a_lone_process_is_never_refused_and_spends_every_window_whole(
    quota: int, length: int, phase: float, latency: float, workers: int
) -> None:
    bucket = SimulatedBucket(quota, length, phase)
    crawl(bucket, 6 * length, latency, [Process(workers)])
    assert bucket.refused == 0
    # One worker can send no more than the time between two answers allows.
    reachable = min(quota, int((length - 1.2 - 2 * latency) / latency) * workers)
    whole = [bucket.used.get(number, 0) for number in sorted(bucket.used)[1:-1]]
    assert min(whole) >= reachable


def test_half_a_share_spends_half_of_every_window() -> None:
    bucket = SimulatedBucket(100, 10, 0.3)
    crawl(bucket, 60, 0.01, [Process(4, share=0.5)])
    assert [bucket.used[number] for number in sorted(bucket.used)[:-1]] == [50] * 5


@pytest.mark.parametrize("phase", [0.0, 0.3, 2.7])
@pytest.mark.parametrize("latency", [0.01, 0.15])
def test_three_processes_on_one_quota_share_it_and_are_hardly_ever_refused(latency: float, phase: float) -> None:
    bucket = SimulatedBucket(200, 10, phase)
    crawl(bucket, 80, latency, [Process(8) for _ in range(3)])
    windows = sorted(bucket.used)[1:-1]
    assert bucket.refused <= 3 * len(bucket.used)
    assert sum(bucket.used[number] for number in windows) >= 0.9 * 200 * len(windows)
