"""The past as the API tells it, where its pages go wrong."""

from dataclasses import dataclass, replace
from pathlib import Path

from harvester.crawl.steps.api_history import ApiHistory
from harvester.hub.commits import commits, paths_info
from harvester.hub.tree import read_tree
from harvester.outcome import Missed, Outcome
from samplehub.messages import Reply, Request
from samplehub.misbehaviour import Fault
from tests.hub.opened import opened
from tests.support import Shelf, config, serving


@dataclass(kw_only=True)
class Circle(Fault):
    """Every page of commits names itself as the next, and more commits than there are."""

    def concerns(self, request: Request) -> bool:
        """Only lists of commits."""
        return "/commits/" in request.path

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same page, and no end."""
        again = ("Link", f'<{request.target}>; rel="next"')
        return reply.without("Link", "X-Total-Count").plus(again, ("X-Total-Count", "9"))


def test_pages_that_go_in_a_loop_are_a_failure_and_not_the_whole_past(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"config.json": config(32)})
    sha = shelf.sha("org/m")
    with serving(shelf.world(), faults=[Circle()]) as sample, opened(sample) as hub:
        answer = commits(hub, "org/m", sha)
        assert isinstance(answer, Missed)
        assert (answer.outcome, answer.error) == (Outcome.FAILED, "the pages of commits loop")
        walk = ApiHistory(hub, "org/m", sha, None, None).read(whole=True, wait=True)
        assert isinstance(walk, Missed)
        assert len(sample.log) <= 4


@dataclass(kw_only=True)
class Endless(Fault):
    """An answer announces a billion bytes."""

    def spoil(self, request: Request, reply: Reply) -> Reply:
        """The same, by its own account far longer."""
        return replace(reply, announced_length=10**9, close=True)


def test_answers_above_the_cap_are_oversized_and_not_requested_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "hub")
    shelf.put("org/m", {"config.json": config(32)})
    sha = shelf.sha("org/m")
    with serving(shelf.world(), faults=[Endless()]) as sample, opened(sample) as hub:
        for answer in (
            commits(hub, "org/m", sha), read_tree(hub, "org/m", sha), paths_info(hub, "org/m", sha, ["config.json"]),
        ):  # fmt: skip
            assert isinstance(answer, Missed)
            assert (answer.outcome, answer.attempts) == (Outcome.OVERSIZED, 1)
