"""Uploads an export to a data set of the Hub: only the files that differ, in one commit.

In comes the folder of an export, out goes a commit. Content that arrived before a run was killed is not sent again,
because the Hub knows it by its hash; until the commit, nobody sees half of an export.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, RepoFile, constants
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.utils.tqdm import disable_progress_bars
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from harvester.errors import HubUnavailable, TokenRefused, UsageError
from harvester.export.about import CHECKSUMS
from harvester.export.rules import BY_RUN

#: Attempts at comparing and committing; within one, the client itself repeats uploads.
ATTEMPTS = 4
#: Statuses after which the same request may succeed: too many, a conflict of commits, the Hub's own errors.
_TRANSIENT = frozenset({408, 409, 412, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class File:
    """A file of an export."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publication would change. ``stale`` are files of tables on the Hub that the export does not have."""

    repo_id: str
    new: tuple[File, ...]
    changed: tuple[File, ...]
    unchanged: tuple[File, ...]
    stale: tuple[str, ...]
    head: str | None
    exists: bool

    @property
    def uploads(self) -> tuple[File, ...]:
        """The files that are sent."""
        return self.new + self.changed


def read_export(folder: Path) -> list[File]:
    """Return the files of an export, checked against its checksums. Raises UsageError if it was changed."""
    sums = folder / CHECKSUMS
    try:
        lines = sums.read_text(encoding="utf-8").splitlines()
        stated = {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError):
        raise UsageError(
            f"{folder} is not an export: it has no readable {CHECKSUMS} (see `harvester export`)"
        ) from None
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    if found.keys() != {*stated, CHECKSUMS}:
        odd = sorted(found.keys() ^ {*stated, CHECKSUMS})
        raise UsageError(f"{folder} was changed after its export ({odd[0]} is missing or was added): export again")
    files = [File(name, path.stat().st_size, _sha256(path)) for name, path in found.items()]
    for file in files:
        if file.path != CHECKSUMS and file.sha256 != stated[file.path]:
            raise UsageError(f"{folder} was changed after its export ({file.path} has another hash): export again")
    return files


def plan(api: HfApi, repo_id: str, folder: Path, files: list[File]) -> Plan:
    """Compare an export with what the Hub has. Raises the errors of huggingface_hub."""
    try:
        head = api.repo_info(repo_id, repo_type="dataset").sha
        tree = list(api.list_repo_tree(repo_id, repo_type="dataset", recursive=True, revision=head))
    except HfHubHTTPError as error:
        # Without a token, a Hub does not say whether a data set exists.
        hidden = error.response is not None and error.response.status_code == 401 and api.token is False
        if not hidden and not isinstance(error, RepositoryNotFoundError | RevisionNotFoundError):
            raise
        return unseen(folder, repo_id)
    remote = {one.path: one for one in tree if isinstance(one, RepoFile)}
    new = [file for file in files if file.path not in remote]
    same = [file for file in files if file.path in remote and _is_same(folder, file, remote[file.path])]
    changed = [file for file in files if file.path in remote and file not in same]
    local = {file.path for file in files}
    stale = sorted(path for path in remote if path not in local and _is_table(path))
    return Plan(repo_id, tuple(new), tuple(changed), tuple(same), tuple(stale), head, exists=True)


def publish(
    folder: Path, repo_id: str, *, endpoint: str, token: str | None, private: bool = False, delete: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Plan, str]:  # fmt: skip
    """Upload an export, and return what changed and the URL of the data set.

    ``delete`` removes files of tables that the export does not have. Raises UsageError, HubUnavailable, TokenRefused.
    """
    files = read_export(folder)
    if token is None:
        raise UsageError("publishing needs a token that may write: set HF_TOKEN, or run `hf auth login`")
    api = _api(endpoint, token)
    done: list[Plan] = []

    def attempt() -> None:
        wanted = plan(api, repo_id, folder, files)
        if not wanted.exists:
            api.create_repo(repo_id, repo_type="dataset", private=private, exist_ok=True)
            wanted = plan(api, repo_id, folder, files)
        done[:] = done or [wanted]
        gone = wanted.stale if delete else ()
        if not wanted.uploads and not gone:
            return
        additions = [CommitOperationAdd(file.path, folder / file.path) for file in wanted.uploads]
        deletions = [CommitOperationDelete(path) for path in gone]
        # Uploaded in an order that can be followed, committed together.
        api.create_commit(
            repo_id, [*additions, *deletions], repo_type="dataset", parent_commit=wanted.head,
            commit_message=f"Publish {len(additions)} files, remove {len(deletions)}",
        )  # fmt: skip

    with explained(endpoint):
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential_jitter(1, 30),
            retry=retry_if_exception(_is_transient),
            reraise=True,
            before_sleep=lambda _: say("the Hub refused or was interrupted; comparing again"),
        )
        retrying(attempt)
    return done[0], f"{endpoint}/datasets/{repo_id}"


def preview(folder: Path, repo_id: str, *, endpoint: str, token: str | None) -> Plan:
    """Return what `publish` would change. Nothing is written. Raises UsageError, HubUnavailable, TokenRefused."""
    files = read_export(folder)
    with explained(endpoint):
        return plan(_api(endpoint, token), repo_id, folder, files)


def unseen(folder: Path, repo_id: str) -> Plan:
    """Return a plan for a Hub that cannot be seen: every file is new. Raises UsageError."""
    return Plan(repo_id, tuple(read_export(folder)), (), (), (), None, exists=False)


def _api(endpoint: str, token: str | None) -> HfApi:
    disable_progress_bars()
    if endpoint != "https://huggingface.co":
        # Mirrors and the sample Hub take LFS uploads only.
        constants.HF_HUB_DISABLE_XET = True
    return HfApi(endpoint=endpoint, token=token or False, library_name="harvester")


@contextmanager
def explained(endpoint: str) -> Iterator[None]:
    """Turn the client's errors into ours; no message repeats a token."""
    try:
        yield
    except (HfHubHTTPError, httpx2.HTTPError, ValueError, RuntimeError, OSError) as error:
        cause = _cause(error)
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            status = cause.response.status_code
            if status in (401, 403):
                raise TokenRefused(
                    f"{endpoint} refuses to write ({status}): the token needs write access to this repository"
                ) from None
            raise HubUnavailable(f"{endpoint} answered {status}; publish again to continue") from None
        if isinstance(cause, httpx2.HTTPError):
            raise HubUnavailable(
                f"{endpoint} cannot be reached ({type(cause).__name__}); publish again to continue"
            ) from None
        raise HubUnavailable(f"the upload failed ({type(cause).__name__}); publish again to continue") from None


def _cause(error: BaseException) -> BaseException:
    """Return the error of the client behind one that wraps it."""
    while error.__cause__ is not None and not isinstance(error, HfHubHTTPError | httpx2.HTTPError):
        error = error.__cause__
    return error


def _is_transient(error: BaseException) -> bool:
    cause = _cause(error)
    if isinstance(cause, HfHubHTTPError):
        return cause.response is not None and cause.response.status_code in _TRANSIENT
    return isinstance(cause, httpx2.HTTPError)


def _is_same(folder: Path, file: File, remote: RepoFile) -> bool:
    if remote.lfs is not None:
        return bool(remote.lfs.sha256 == file.sha256)
    if remote.size != file.size:
        return False
    content = (folder / file.path).read_bytes()
    return bool(
        hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest() == remote.blob_id
    )


def _is_table(path: str) -> bool:
    """Whether a file of the Hub belongs to a table of an export, rather than to whoever added it."""
    first, _, rest = path.partition("/")
    return path.endswith(".parquet") and (not rest or (first in BY_RUN and rest.startswith("run=")))


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
