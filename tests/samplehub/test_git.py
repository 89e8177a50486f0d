"""Every repo is a git repository too: the same commits, trees and pointers, for git and dulwich, filters honoured."""

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from dulwich.client import HttpGitClient
from dulwich.repo import MemoryRepo

from samplehub import QUOTAS, FolderWorld, SampleHub, Settings, SimulatedWorld, Token, parse_fault
from samplehub.git import GitStore
from samplehub.simulated.events import Event
from samplehub.world import Repo

from .helpers import GOOD, PLAIN, ask, repos_of

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
DAY = 4


def git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """The system's git, without anybody's settings, and without asking for a password."""
    own = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **own}
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, env=environment, check=False)


def clone(url: str, folder: Path, *options: str) -> Path:
    done = git(folder, *options, "clone", "--quiet", "--bare", "--filter=blob:limit=64k", url, "cloned.git")
    assert done.returncode == 0, done.stderr
    return folder / "cloned.git"


def commits_in(cloned: Path) -> list[str]:
    return git(cloned, "rev-list", "main").stdout.split()


def blobs_in(cloned: Path) -> dict[str, int]:
    """Id and size of every blob that came along."""
    listed = git(cloned, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname) %(objectsize)")
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {oid: int(size) for kind, oid, size in rows if kind == "blob"}


@pytest.fixture(scope="module")
def moved_on() -> SimulatedWorld:
    return SimulatedWorld(300, seed=1, day=DAY)


@pytest.fixture(scope="module")
def served(moved_on: SimulatedWorld) -> Iterator[SampleHub]:
    with SampleHub(moved_on, quota=QUOTAS["free"], tokens=[Token(GOOD, granted=("*",)), Token(PLAIN)]) as hub:
        yield hub


@pytest.fixture(scope="module")
def events(moved_on: SimulatedWorld) -> list[Event]:
    return [event for day in range(1, DAY + 1) for event in moved_on.events(day)]


@pytest.fixture(scope="module")
def changed(moved_on: SimulatedWorld, events: list[Event]) -> Repo:
    """An open model whose weights were uploaded again."""
    for event in events:
        repo = moved_on.by_hub_id(event.hub_id)
        if event.kind == "weights" and repo and not (repo.facts.gated or repo.facts.private or repo.facts.disabled):
            return repo
    raise AssertionError("no weights were uploaded")


def test_git_clones_all_commits_of_a_model_in_three_requests(served: SampleHub, changed: Repo, tmp_path: Path) -> None:
    name = changed.facts.repo_id
    before = served.count(path=name)
    cloned = clone(f"{served.url}/{name}", tmp_path)
    requests = served.log[-(served.count(path=name) - before) :]
    assert [(one.bucket, one.method, one.status) for one in requests] == [
        ("api", "GET", 200),
        ("api", "POST", 200),
        ("api", "POST", 200),
    ]
    listed = ask(served.url, f"/api/models/{name}/commits/main?limit=1000").json
    assert commits_in(cloned) == [row["id"] for row in listed] == [commit.oid for commit in changed.commits]
    checked = git(cloned, "fsck", "--full", "--strict")
    assert checked.returncode == 0, checked.stderr


def test_git_holds_pointers_of_weights_at_every_commit(served: SampleHub, changed: Repo, tmp_path: Path) -> None:
    cloned = clone(f"{served.url}/{changed.facts.repo_id}.git", tmp_path)
    large = [(commit, file) for commit in changed.commits for file in commit.tree.files.values() if file.sha256]
    assert len({file.sha256 for _, file in large}) > 1
    for commit, file in large:
        shown = git(cloned, "cat-file", "blob", f"{commit.oid}:{file.path}").stdout
        assert shown == file.pointer.decode()


def test_the_old_protocol_is_spoken_too(served: SampleHub, changed: Repo, tmp_path: Path) -> None:
    cloned = clone(f"{served.url}/{changed.facts.repo_id}", tmp_path, "-c", "protocol.version=0")
    assert commits_in(cloned) == [commit.oid for commit in changed.commits]


def test_dulwich_fetches_into_memory_in_three_requests(served: SampleHub, changed: Repo) -> None:
    memory = MemoryRepo()
    name = changed.facts.repo_id
    before = served.count(path=name)
    refs = HttpGitClient(served.url).fetch(f"/{name}", memory, filter_spec=b"blob:limit=64k").refs
    assert served.count(path=name) - before == 3
    assert refs[b"refs/heads/main"].decode() == changed.head.oid
    walked = [entry.commit.id.decode() for entry in memory.get_walker([refs[b"refs/heads/main"]])]
    assert walked == [commit.oid for commit in changed.commits]
    for commit in changed.commits:
        held = memory[commit.oid.encode()]
        assert held.tree.decode() == commit.tree.oid
        assert b"@" in held.author
        for file in commit.tree.files.values():
            mode, oid = memory[held.tree].lookup_path(memory.__getitem__, file.path.encode())
            assert (mode, oid.decode()) == (0o100644, file.oid)
            assert memory[oid].data == (file.read() if file.sha256 is None else file.pointer)


def test_after_another_day_the_new_commits_come_on_top(events: list[Event], tmp_path: Path) -> None:
    world = SimulatedWorld(300, seed=1)
    event = next(event for event in events if event.kind == "license" and world.by_hub_id(event.hub_id))
    with SampleHub(world, quota=QUOTAS["boundless"]) as hub:
        (tmp_path / "before").mkdir()
        before = commits_in(clone(f"{hub.url}/{event.repo_id}", tmp_path / "before"))
        hub.move_to(event.day)
        after = commits_in(clone(f"{hub.url}/{event.repo_id}", tmp_path))
    assert event.commit in after
    assert after[-len(before) :] == before
    assert len(after) > len(before)


@pytest.fixture
def folder_hub(tmp_path: Path) -> Path:
    """A repo with one plain file of 100 kB beside its config."""
    repo = tmp_path / "repos" / "lab__words"
    repo.mkdir(parents=True)
    (repo / "config.json").write_text('{"model_type": "bert"}')
    (repo / "vocab.txt").write_text("word\n" * 20_000)
    return tmp_path / "repos"


def test_a_filter_leaves_large_files_out(folder_hub: Path, tmp_path: Path) -> None:
    with SampleHub(FolderWorld(folder_hub), quota=None) as hub:
        sizes = blobs_in(clone(f"{hub.url}/lab/words", tmp_path)).values()
    assert sizes
    assert max(sizes) < 64 * 1024


@pytest.mark.parametrize("how", ["setting", "fault"])
def test_a_hub_that_ignores_filters_sends_everything(how: str, folder_hub: Path, tmp_path: Path) -> None:
    settings = Settings(git_filter=how != "setting")
    faults = [parse_fault("git-unfiltered")] if how == "fault" else []
    with SampleHub(FolderWorld(folder_hub), quota=None, settings=settings, faults=faults) as hub:
        assert 100_000 in blobs_in(clone(f"{hub.url}/lab/words", tmp_path)).values()


REFS = "/info/refs?service=git-upload-pack"


@pytest.mark.parametrize(
    ("settings", "faults", "status"),
    [(Settings(git_status=404), (), 404), (Settings(git_status=403), (), 403), (Settings(), ("git-refused",), 403)],
)
def test_a_hub_may_refuse_git_and_nothing_else(
    settings: Settings, faults: tuple[str, ...], status: int, folder_hub: Path
) -> None:
    struck = [parse_fault(name) for name in faults]
    with SampleHub(FolderWorld(folder_hub), quota=None, settings=settings, faults=struck) as hub:
        assert ask(hub.url, f"/lab/words{REFS}").status == status
        assert ask(hub.url, f"/lab/words.git{REFS}").status == status
        assert ask(hub.url, "/lab/words/git-upload-pack", method="POST", body=b"0000").status == status
        assert ask(hub.url, "/api/models/lab/words/commits/main").status == 200


def test_git_requests_are_counted_where_the_setting_says(folder_hub: Path) -> None:
    for bucket in ("api", "resolvers", "pages"):
        with SampleHub(FolderWorld(folder_hub), settings=Settings(git_bucket=bucket)) as hub:
            assert ask(hub.url, f"/lab/words{REFS}").headers["ratelimit"].startswith(f'"{bucket}";r=')
    with SampleHub(FolderWorld(folder_hub), settings=Settings(git_bucket=None)) as hub:
        answer = ask(hub.url, f"/lab/words{REFS}")
        assert (answer.status, "ratelimit" in answer.headers) == (200, False)


def test_gated_and_private_models_want_a_token(served: SampleHub, moved_on: SimulatedWorld, tmp_path: Path) -> None:
    repos = repos_of(moved_on)
    gated = next(repo for repo in repos if repo.facts.gated and not repo.facts.disabled)
    private = next(repo for repo in repos if repo.facts.private)
    for number, repo in enumerate((gated, private)):
        target = f"/{repo.facts.repo_id}{REFS}"
        stranger = ask(served.url, target)
        assert stranger.status == 401
        # git asks for a password at this challenge only
        assert stranger.headers["www-authenticate"].startswith("Basic ")
        assert ask(served.url, target, authorization=f"Bearer {GOOD}").status == 200
        with_password = served.url.replace("http://", f"http://anybody:{GOOD}@")
        (tmp_path / str(number)).mkdir()
        cloned = clone(f"{with_password}/{repo.facts.repo_id}", tmp_path / str(number))
        assert commits_in(cloned) == [commit.oid for commit in repo.commits]
    assert ask(served.url, f"/{gated.facts.repo_id}{REFS}", authorization=f"Bearer {PLAIN}").status == 403
    assert ask(served.url, f"/{private.facts.repo_id}{REFS}", authorization=f"Bearer {PLAIN}").status == 404
    assert ask(served.url, f"/{gated.facts.repo_id}{REFS}", authorization="Basic hf_never").status == 401


def test_an_old_name_leads_git_to_the_new_one(
    served: SampleHub, moved_on: SimulatedWorld, events: list[Event], tmp_path: Path
) -> None:
    for event in events:
        repo = moved_on.by_hub_id(event.hub_id)
        if event.kind == "renamed" and repo and not (repo.facts.gated or repo.facts.private or repo.facts.disabled):
            assert ask(served.url, f"/{event.before}.git{REFS}").status == 307
            cloned = clone(f"{served.url}/{event.before}.git", tmp_path)
            assert commits_in(cloned) == [commit.oid for commit in repo.commits]
            return
    raise AssertionError("nobody was renamed")


def test_nobody_pushes_and_nonsense_is_refused(served: SampleHub, changed: Repo) -> None:
    name = changed.facts.repo_id
    assert ask(served.url, f"/{name}/info/refs?service=git-receive-pack").status == 403
    assert ask(served.url, f"/{name}/git-receive-pack", method="POST", body=b"0000").status == 403
    assert ask(served.url, f"/{name}/info/refs").status == 404
    assert ask(served.url, f"/{name}/git-upload-pack").status == 404
    assert ask(served.url, f"/nobody/nothing{REFS}").status == 401
    assert ask(served.url, f"/{name}/git-upload-pack", method="POST", body=b"zzzz").status == 500


def test_a_packed_request_is_unpacked_within_bounds(served: SampleHub, changed: Repo) -> None:
    def post(body: bytes) -> tuple[int, bytes]:
        target = f"/{changed.facts.repo_id}/git-upload-pack"
        sent = {"content_encoding": "gzip", "git_protocol": "version=2"}
        answer = ask(served.url, target, method="POST", body=body, **sent)
        return answer.status, answer.body

    status, body = post(gzip.compress(b"0014command=ls-refs\n0000"))
    assert status == 200
    assert changed.head.oid.encode() in body
    assert post(b"not gzip")[0] == 400
    assert post(gzip.compress(bytes(9 * 1024 * 1024)))[0] == 413


def test_few_repositories_are_kept_and_none_after_the_end(moved_on: SimulatedWorld) -> None:
    store = GitStore(kept=2)
    folders = []
    for repo in repos_of(moved_on)[:5]:
        with store.repository(repo) as folder:
            assert (folder / "HEAD").is_file()
        folders.append(folder)
    assert [folder.exists() for folder in folders] == [False, False, False, True, True]
    with store.repository(repos_of(moved_on)[4]) as again:
        assert again == folders[4]
    store.close()
    assert not folders[4].parent.exists()
