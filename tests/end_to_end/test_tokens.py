"""A token that the Hub refuses ends the run at once, blames no model, and leaves a run that resumes."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from harvester.errors import HubUnavailable
from samplehub import FAULTS, Settings, Token
from samplehub.messages import Refusal, Reply, Request
from samplehub.misbehaviour import Fault
from tests.support import Shelf, harvest, ids, mapping, rows, run, serving, small_shelf

WORDS = (
    "Invalid credentials in Authorization header",
    'User Access Token "census" is expired',
    'User Access Token "census" has been revoked',
    "Invalid username or password.",
    "Token is malformed",
    "Unauthorized",
    "",
)


@dataclass(kw_only=True)
class RefuseToken(Fault):
    """From the ``after``-th request with a token on, requests that carry one are 401."""

    words: str = WORDS[0]
    code: str = ""
    after: int = 0
    carried: int = 0

    def concerns(self, request: Request) -> bool:
        if request.token is None:
            return False
        self.carried += 1
        return self.carried > self.after

    def instead(self, request: Request) -> Reply:
        reply = Refusal(401, self.words, self.code).reply(as_json=request.path.startswith("/api/"))
        return reply if self.words else Reply(401)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return small_shelf(tmp_path / "shelf")


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("path", ["/api/models?", "/revision/", "/resolve-cache/"])
def test_a_refused_token_ends_the_run_and_blames_no_model(shelf: Shelf, tmp_path: Path, words: str, path: str) -> None:
    with serving(shelf.world(), faults=[RefuseToken(words=words, path=path)]) as hub:
        with pytest.raises(HubUnavailable, match="refuses the token"):
            harvest(hub, tmp_path / "d", token="hf_secret", workers=1)
        assert len([served for served in hub.log if served.status == 401]) == 1
        if path != "/api/models?":
            blamed = rows(tmp_path / "d", "SELECT outcome FROM fetches WHERE outcome NOT IN ('ok', 'absent')")
            assert blamed == []


@pytest.mark.parametrize("path", ["/resolve/", "/tree/", "/commits/", "git-upload-pack"])
def test_so_it_does_wherever_the_refusal_comes_from(shelf: Shelf, tmp_path: Path, path: str) -> None:
    faults: list[Fault] = [RefuseToken(words="Invalid username or password.", path=path)]
    if path == "/resolve/":
        faults.append(FAULTS["refuse-one-hop"]())
    if path == "/commits/":
        faults.append(FAULTS["git-refused"]())
    depths = {"/tree/": ("dates",), "/resolve/": ("configs",)}.get(path, ("history",))
    with serving(shelf.world(), faults=faults) as hub:  # noqa: SIM117
        with pytest.raises(HubUnavailable, match="refuses the token"):
            harvest(hub, tmp_path / "d", token="hf_secret", depths=depths, workers=1)
    assert rows(tmp_path / "d", "SELECT DISTINCT outcome FROM fetches") == [("ok",)]


def test_a_token_that_expires_in_mid_run_leaves_a_run_that_resumes(shelf: Shelf, tmp_path: Path) -> None:
    fault = FAULTS["expired-token"](after=6)  # type: ignore[call-arg]
    with serving(shelf.world(), faults=[fault]) as hub:  # noqa: SIM117
        with pytest.raises(HubUnavailable, match="is expired"):
            harvest(hub, tmp_path / "d", token="hf_old", workers=2)
    with serving(shelf.world()) as hub:
        done = harvest(hub.url, tmp_path / "d", token="hf_new")
    assert done.record["failed"] == 0
    assert rows(tmp_path / "d", "SELECT count(*) FROM configs WHERE status = 'ok' AND path = 'config.json'") == [(6,)]


def test_the_command_ends_with_3_and_keeps_the_token_to_itself(shelf: Shelf, tmp_path: Path) -> None:
    token = "hf_thisIsTheSecret"
    with serving(shelf.world(), faults=[RefuseToken(words=f"Token {token} is invalid\x1b[31m")]) as hub:
        done = run("harvest", "--hub", hub.url, "--data", tmp_path / "d", "--all", cwd=tmp_path, HF_TOKEN=token)
    assert done.returncode == 3, done.stderr
    assert "refuses the token" in done.stderr
    assert token not in done.stderr
    assert "\x1b" not in done.stderr


def test_a_gate_is_no_refused_token(shelf: Shelf, tmp_path: Path) -> None:
    shelf.say("org/m1", gated="manual")
    with serving(shelf.world()) as hub:
        done = harvest(hub, tmp_path / "d", token="hf_secret")
    assert done.status == "done"
    assert rows(tmp_path / "d", "SELECT DISTINCT outcome FROM fetches WHERE repo_id = 'org/m1' ORDER BY 1") != []


@pytest.mark.parametrize("token", [None, "hf_secret"])
def test_a_missing_model_is_private_or_deleted_with_and_without_a_token(
    shelf: Shelf, tmp_path: Path, token: str | None
) -> None:
    with serving(shelf.world()) as hub:
        harvest(hub, tmp_path / "d", ids("org/m0", "org/never"), token=token)
    found = mapping(tmp_path / "d", "SELECT requested_id, outcome FROM fetches WHERE item = 'manifest'")
    assert found == {"org/m0": "ok", "org/never": "private_or_deleted"}


@dataclass(kw_only=True)
class DropToken(Fault):
    """A mirror that does not pass the token on: the Hub answers as to anybody."""

    def alter(self, request: Request) -> Request:
        from dataclasses import replace

        return replace(request, headers={k: v for k, v in request.headers.items() if k != "authorization"})


def test_a_mirror_that_drops_the_token_says_of_a_missing_model_what_anybody_hears(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[DropToken()]) as hub:
        harvest(hub, tmp_path / "d", ids("org/m0", "org/never", "org/m1"), token="hf_secret", workers=1)
    found = mapping(tmp_path / "d", "SELECT requested_id, outcome FROM fetches WHERE item = 'manifest'")
    assert found == {"org/m0": "ok", "org/never": "private_or_deleted", "org/m1": "ok"}


@dataclass(kw_only=True)
class SayNotFound(Fault):
    """A mirror that answers 401 RepoNotFound for what it does not find, whoever asks."""

    def concerns(self, request: Request) -> bool:
        return self.path in request.path

    def instead(self, request: Request) -> Reply:
        return Refusal(401, "Repository not found", "RepoNotFound").reply(as_json=True)


def test_a_mirror_that_says_401_of_a_missing_model_costs_that_model_alone(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[SayNotFound(path="org/never")]) as hub:
        done = harvest(hub, tmp_path / "d", ids("org/m0", "org/never", "org/m1"), token="hf_secret", workers=1)
    assert done.status == "done"
    found = mapping(tmp_path / "d", "SELECT requested_id, outcome FROM fetches WHERE item = 'manifest'")
    assert found == {"org/m0": "ok", "org/never": "private_or_deleted", "org/m1": "ok"}


def test_a_mirror_without_a_listing_is_no_refused_token(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), faults=[SayNotFound(path="models")]) as hub:  # noqa: SIM117
        with pytest.raises(HubUnavailable, match="name them in a file"):
            harvest(hub, tmp_path / "d", token="hf_secret", workers=1)


def test_a_token_that_dies_under_such_words_blames_no_model(shelf: Shelf, tmp_path: Path) -> None:
    fault = RefuseToken(words="Repository not found", code="RepoNotFound", after=4)
    with serving(shelf.world(), faults=[fault]) as hub:  # noqa: SIM117
        with pytest.raises(HubUnavailable, match="refuses the token"):
            harvest(hub, tmp_path / "d", token="hf_secret", workers=1)
    assert rows(tmp_path / "d", "SELECT DISTINCT outcome FROM fetches") == [("ok",)]


def test_a_token_the_hub_never_issued_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    with serving(shelf.world(), tokens=[Token("hf_good")], settings=Settings()) as hub:  # noqa: SIM117
        with pytest.raises(HubUnavailable, match="Invalid credentials"):
            harvest(hub, tmp_path / "d", token="hf_bad")
