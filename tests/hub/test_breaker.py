"""A Hub that is down: the run waits, one request at a time looks, the first answer lets all go on."""

import threading

import pytest

from harvester.errors import HubUnavailable
from harvester.hub.breaker import FAILURES_IN_A_ROW, PROBE_FIRST, Breaker
from harvester.hub.budget import Stopped

from .clock import HandClock


def down(clock: HandClock, said: list[str]) -> Breaker:
    breaker = Breaker(clock, said.append)
    for _ in range(FAILURES_IN_A_ROW):
        breaker.failed()
    return breaker


def waiting(breaker: Breaker) -> tuple[threading.Thread, list[str]]:
    """A worker that waits, and how its wait ends."""
    ends: list[str] = []

    def wait() -> None:
        try:
            breaker.wait()
            ends.append("goes on")
        except Stopped:
            ends.append("stopped")

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, ends


def test_a_few_failures_are_bad_luck() -> None:
    said: list[str] = []
    breaker = Breaker(HandClock(), said.append)
    for _ in range(3):
        for _ in range(FAILURES_IN_A_ROW - 1):
            breaker.failed()
        breaker.passed()
    assert (breaker.open, said) == (False, [])


def test_a_hub_that_is_down_is_reported_once() -> None:
    said: list[str] = []
    breaker = down(HandClock(), said)
    breaker.failed()
    assert breaker.open
    assert len(said) == 1
    assert "does not answer" in said[0]


def test_one_request_at_a_time_looks_whether_it_is_back() -> None:
    clock = HandClock()
    breaker = down(clock, [])
    clock.move(PROBE_FIRST)
    breaker.wait()
    thread, ends = waiting(breaker)
    assert ends == []
    breaker.passed()
    thread.join(5)
    assert ends == ["goes on"]


def test_the_first_answer_is_reported_with_the_time_it_took() -> None:
    clock, said = HandClock(), []  # type: tuple[HandClock, list[str]]
    breaker = down(clock, said)
    clock.move(75)
    breaker.passed()
    assert not breaker.open
    assert said[1:] == ["the Hub answers again after 75 s"]
    breaker.wait()


def test_whoever_waits_is_stopped_with_the_run() -> None:
    breaker = down(HandClock(), [])
    thread, ends = waiting(breaker)
    breaker.close()
    thread.join(5)
    assert ends == ["stopped"]
    with pytest.raises(Stopped):
        breaker.wait()


def test_a_client_that_cannot_wait_gives_up() -> None:
    clock = HandClock()
    breaker = Breaker(clock, lambda _: None, longest=30.0)
    for _ in range(FAILURES_IN_A_ROW):
        breaker.failed()
    clock.move(29.0)
    assert breaker.wait()
    clock.move(2.0)
    with pytest.raises(HubUnavailable, match="has not answered for 31 s"):
        breaker.wait()
