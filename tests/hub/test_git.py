"""A history by git: how many requests it takes, and what becomes of a Hub that will not or cannot."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harvester.clock import SystemClock
from harvester.extract.history.model import History
from harvester.extract.history.pack import OpenPack
from harvester.hub.connect import HubSettings, close_hub, open_hub
from harvester.hub.endpoints import Hub
from harvester.hub.git import read_pack
from harvester.outcome import Got, Missed, Outcome
from samplehub import SampleHub, Settings, Token, parse_fault
from samplehub.faults import GitRefused
from tests.support import Shelf, config, serving

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "hub")
    made.put("org/m", {"config.json": config(32)}, revision="1")
    made.put("org/m", {"config.json": config(64), "vocab.txt": "word\n" * 30_000, "model.safetensors": b"w"})
    return made


def read(pack: bytes, head: str) -> History:
    with OpenPack(pack) as held:
        return held.history(head, {})


@contextmanager
def asking(sample: SampleHub, token: str | None = None) -> Iterator[Hub]:
    hub = open_hub(HubSettings(sample.url, token=token), SystemClock(), lambda _: None)
    try:
        yield hub
    finally:
        close_hub(hub)


def test_a_commit_is_handed_out_by_its_id_in_one_request(shelf: Shelf) -> None:
    with serving(shelf.world()) as sample, asking(sample) as hub:
        answer = read_pack(hub, "org/m", shelf.sha("org/m"))
        assert isinstance(answer, Got)
        assert (answer.attempts, len(sample.log)) == (1, 1)
        assert hub.git.bucket == "api"
    history = read(answer.value.data, shelf.sha("org/m"))
    assert [commit.title for commit in history.commits] == ["Upload m@1", "Upload m"]
    with OpenPack(answer.value.data) as pack:
        blobs = b"".join(pack.blobs(step.oid for step in history.files if step.oid).values())
    sizes = {(step.number, step.path): step.size for step in history.files}
    assert sizes[1, "vocab.txt"] is None
    assert sizes[1, "model.safetensors"] == 1
    assert b'"hidden_size": 64' in blobs


def test_an_older_protocol_takes_three_requests_and_is_remembered(shelf: Shelf) -> None:
    with serving(shelf.world(), settings=Settings(git_protocol=0)) as sample, asking(sample) as hub:
        asked = []
        for _ in range(2):
            before = len(sample.log)
            answer = read_pack(hub, "org/m", shelf.sha("org/m"))
            assert isinstance(answer, Got)
            asked.append(len(sample.log) - before)
            assert len(read(answer.value.data, answer.value.head).commits) == 2
        # The first of them tried by the id; protocol 0 takes two, for its refs come with the first answer.
        assert asked == [3, 2]


def test_the_usual_exchange_takes_three_requests(shelf: Shelf) -> None:
    with serving(shelf.world()) as sample, asking(sample) as hub:
        hub.git.by_id = False
        answer = read_pack(hub, "org/m", shelf.sha("org/m"))
        assert isinstance(answer, Got)
        assert answer.attempts == len(sample.log) == 3


def test_a_commit_that_main_has_left_leads_to_another_head(shelf: Shelf) -> None:
    with serving(shelf.world()) as sample, asking(sample) as hub:
        answer = read_pack(hub, "org/m", "ab" * 20)
        assert isinstance(answer, Got)
        assert answer.value.head == shelf.sha("org/m")
        assert hub.git.by_id


def test_a_pack_above_the_cap_is_requested_without_files(shelf: Shelf) -> None:
    shelf.put("org/m", {f"{n}.json": {"text": f"{n}" * 20_000 + str(hash(str(n)))} for n in range(20)})
    with serving(shelf.world()) as sample, asking(sample) as hub:
        whole = read_pack(hub, "org/m", shelf.sha("org/m"))
        assert isinstance(whole, Got)
        cap = len(whole.value.data) - 500
        answer = read_pack(hub, "org/m", shelf.sha("org/m"), cap=cap)
        assert isinstance(answer, Got)
        assert (answer.attempts, answer.value.with_files) == (2, False)
        none = read_pack(hub, "org/m", shelf.sha("org/m"), cap=100)
        assert isinstance(none, Missed)
        assert (none.outcome, none.attempts) == (Outcome.OVERSIZED, 2)


def test_gated_models_want_the_token_as_git_sends_it(shelf: Shelf) -> None:
    shelf.say("org/m", gated="auto")
    tokens = [Token("hf_may", granted=("*",)), Token("hf_may_not")]
    with serving(shelf.world(), tokens=tokens) as sample:
        for token, outcome in (("hf_may", None), ("hf_may_not", Outcome.GATED), (None, Outcome.GATED)):
            with asking(sample, token) as hub:
                answer = read_pack(hub, "org/m", shelf.sha("org/m"))
                assert (answer.outcome if isinstance(answer, Missed) else None) is outcome


def test_a_renamed_model_is_followed(shelf: Shelf) -> None:
    shelf.rename("org/m", "org/renamed")
    with serving(shelf.world()) as sample, asking(sample) as hub:
        hub.git.by_id = False
        answer = read_pack(hub, "org/m", shelf.sha("org/renamed"))
        assert isinstance(answer, Got)
        assert answer.value.head == shelf.sha("org/renamed")


def test_a_server_that_wants_the_ending_is_asked_once_without(shelf: Shelf) -> None:
    without = GitRefused(status=404, path="/org/m/")
    with serving(shelf.world(), faults=[without]) as sample, asking(sample) as hub:
        asked = []
        for _ in range(2):
            answer = read_pack(hub, "org/m", shelf.sha("org/m"))
            assert isinstance(answer, Got)
            asked.append(answer.attempts)
        assert asked == [2, 1]
        assert hub.git.suffix == ".git"


def test_a_repository_that_is_not_there_teaches_nothing_of_the_others(shelf: Shelf) -> None:
    missing = GitRefused(status=404, path="/org/none")
    with serving(shelf.world(), faults=[missing]) as sample, asking(sample) as hub:
        answer = read_pack(hub, "org/none", "ab" * 20)
        assert isinstance(answer, Missed)
        assert answer.attempts == 2
        assert (hub.git.suffix, hub.git.answered) == ("", False)
        assert isinstance(read_pack(hub, "org/m", shelf.sha("org/m")), Got)


@pytest.mark.parametrize(("fault", "outcome"), [("git-refused", Outcome.FAILED), ("html=1", Outcome.FAILED)])
def test_a_hub_without_git_is_reported_and_nothing_is_raised(shelf: Shelf, fault: str, outcome: Outcome) -> None:
    with serving(shelf.world(), faults=[parse_fault(fault)]) as sample, asking(sample) as hub:
        answer = read_pack(hub, "org/m", shelf.sha("org/m"))
        assert isinstance(answer, Missed)
        assert answer.outcome not in (Outcome.GATED, Outcome.DISABLED)
        assert answer.error.startswith("git: ")


def test_where_git_was_given_up_a_failed_request_is_not_repeated(shelf: Shelf) -> None:
    with serving(shelf.world(), faults=[GitRefused(status=500)]) as sample, asking(sample) as hub:
        hub.git.served = False
        answer = read_pack(hub, "org/m", shelf.sha("org/m"))
        assert isinstance(answer, Missed)
        assert (answer.outcome, answer.status, answer.attempts, len(sample.log)) == (Outcome.FAILED, 500, 1, 1)
