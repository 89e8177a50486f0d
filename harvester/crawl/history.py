"""Reads the history of visited models, through git if it is served, else through the API; both give the same rows.

Takes a visit, returns rows of `commits` and `file_versions` for what is new since the history was last read, and every
version of its documents, once per content.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harvester.clock import Clock
from harvester.crawl.api_history import ApiHistory, Past
from harvester.crawl.journal import INDEX_KINDS, Extract, Journal
from harvester.crawl.planned import KnownHistory
from harvester.crawl.visit_state import OF_THE_WHOLE_REPO, Commit, OidGate, Visit, fetch_row, matches, oid_of
from harvester.extract.document import SIZE_CAP
from harvester.extract.files import classify
from harvester.extract.history.model import History, PastCommit, PastFile, Unreadable, pointer_of
from harvester.extract.kinds import CARD, card_paths, component_paths, default_paths, kind_of
from harvester.hub.budget import NotNow
from harvester.hub.documents import document
from harvester.hub.endpoints import Hub, pointer_oid
from harvester.hub.git_route import Limited, Way
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Answer, Got, Missed, Outcome
from harvester.schema.rows import Row, commits_row, file_versions_row, histories_row

#: Refusals by git that concern the repository; any other may mean that git is not served.
_TOLD_BY_GIT = frozenset({Outcome.GATED, Outcome.DISABLED})
#: Consecutive failures of git, while the API answers, after which this run no longer uses git.
GIT_PATIENCE = 3


class _Files(Protocol):
    """The contents of small files, if the pack has them (``OpenPack``)."""

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return those that exist, by oid."""


class _NoFiles:
    """None came along."""

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """Return nothing."""
        return {}


@dataclass(frozen=True, slots=True)
class _Read:
    """A history: what is new of it, how it was read, and the contents that came with it.

    Its documents are searched in ``history``, which begins with the commit number ``first``: the whole history if it
    was read whole, else the new part.
    """

    past: Past
    source: str
    files: _Files
    history: History
    first: int


def _from_api(past: Past) -> _Read:
    return _Read(past, "api", _NoFiles(), past.history, past.first)


class HistoryReader:
    """Reads the histories of visits; shared by all workers. ``whole``: the manifest at every commit is wanted."""

    def __init__(
        self, hub: Hub, journal: Journal, clock: Clock, commit: Commit, *, by_git: bool, whole: bool,
        globs: Sequence[str],
    ):  # fmt: skip
        self._hub, self._journal, self._clock, self._commit = hub, journal, clock, commit
        self._by_git, self._whole, self._globs = by_git, whole, tuple(globs)
        self._gate = OidGate()
        self._git_failures = 0

    def read(self, visit: Visit) -> bool:
        """Read the history of one model; False if its commit is gone. Raises NotNow (call again), Stopped."""
        if visit.refused is not None:
            outcome, error = visit.refused
            self._missed(visit, Missed(outcome, 0, None, error, self._clock.utc()))
            return True
        with ExitStack() as opened:
            return self._read(visit, opened)

    def _read(self, visit: Visit, opened: ExitStack) -> bool:
        answer = self._past(visit, opened)
        if isinstance(answer, Missed):
            if answer.revision_gone and not visit.relisted:
                return False
            if answer.outcome in OF_THE_WHOLE_REPO:
                visit.refused = (answer.outcome, answer.error)
            self._missed(visit, answer)
            return True
        read = answer.value
        sent, wrong = self._documents(visit, read)
        if wrong is not None:
            # What came is known by its content; the next run reads the rest.
            self._missed(visit, replace(wrong, attempts=answer.attempts + sent))
            return True
        past, chain, now = read.past, self._chain(visit, read.past), self._clock.utc()
        rows: Rows = {
            "commits": [_commit_row(visit, chain, past.first + n, one) for n, one in enumerate(past.history.commits)],
            "file_versions": [_file_row(visit, chain, step) for step in past.history.files],
            "histories": [histories_row(
                hub_id=visit.model.hub_id, repo_id=visit.repo_id, sha=visit.sha, chain=chain, commits=past.total,
                source=read.source, whole=past.whole, fetched_at=now,
            )],
            "fetches": [fetch_row(visit, "history", None, Outcome.OK, answer, answer.attempts + sent)],
        }  # fmt: skip
        visit.history_outcome = Outcome.OK
        self._commit(rows)
        return True

    def _missed(self, visit: Visit, missed: Missed) -> None:
        visit.history_outcome = missed.outcome
        row = fetch_row(visit, "history", None, missed.outcome, missed, missed.attempts)
        self._commit({"fetches": [row]}, failed=int(missed.outcome in FAILURES))

    @staticmethod
    def _chain(visit: Visit, past: Past) -> str:
        assert visit.sha is not None
        known = visit.model.history
        return known.chain if known is not None and past.extends else visit.sha

    def way(self) -> Way:
        """Return how a history would be read now."""
        return self._hub.git.way(self._hub.transport.budget) if self._by_git else Way.API

    def _past(self, visit: Visit, opened: ExitStack) -> Answer[_Read]:
        git_failed = False
        if not visit.past_by_api and self.way() is not Way.API:
            try:
                answer = self._past_by_git(visit, opened)
            except NotNow as later:
                visit.history_sent += later.sent
                # A 429 or a used-up window is not a failure of git: instead of waiting, the API is used.
                visit.past_by_api = isinstance(later, Limited)
                if self.way() is not Way.API and not visit.past_by_api:
                    raise
            else:
                answer = replace(answer, attempts=answer.attempts + visit.history_sent)
                if isinstance(answer, Got) or answer.revision_gone or answer.outcome in _TOLD_BY_GIT:
                    self._git_failures = 0
                    return answer
                visit.history_sent, git_failed = answer.attempts, True
        api = self._past_by_api(visit, wait=git_failed)
        if git_failed and isinstance(api, Got):
            # Git failed although the API answers: after a few times it counts as not served.
            self._git_failures += 1
            self._hub.git.served = self._git_failures < GIT_PATIENCE
        sent = visit.history_sent + api.attempts
        if isinstance(api, Missed):
            return Missed(api.outcome, sent, api.status, api.error, api.at, revision_gone=api.revision_gone)
        return Got(_from_api(api.value), sent, api.status, api.at)

    def _past_by_git(self, visit: Visit, opened: ExitStack) -> Answer[_Read]:
        from harvester.extract.history.pack import OpenPack
        from harvester.hub.git import read_pack

        assert visit.sha is not None
        answer = read_pack(self._hub, visit.repo_id, visit.sha, wait=False)
        if isinstance(answer, Missed):
            return answer
        pack = answer.value
        contents = {
            oid.hex(): (file.sha256.hex() if file.sha256 else None, file.size)
            for file in (visit.files or {}).values()
            if (oid := oid_of(file)) is not None
        }
        try:
            held = opened.enter_context(OpenPack(pack.data))
            try:
                history = held.history(visit.sha, contents)
            except Unreadable:
                if pack.head == visit.sha:
                    raise
                error = f"main is at {pack.head}, whose history does not contain the listed commit"
                return Missed(
                    Outcome.ABSENT, answer.attempts, answer.status, error, answer.at, revision_gone=not visit.relisted
                )
        except Unreadable as error:
            return Missed(Outcome.INVALID, answer.attempts, answer.status, f"git: {error}", answer.at)
        past = since(history, visit.model.history)
        return Got(_Read(past, "git", held, history, 0), answer.attempts, answer.status, answer.at)

    def _past_by_api(self, visit: Visit, *, wait: bool) -> Answer[Past]:
        assert visit.sha is not None
        paths = [path for path in visit.names or () if any(matches(path, glob) for glob in self._globs)]
        known = visit.model.history
        if known is not None and self._whole and not known.whole:
            known = None

        def named_by(past: Past) -> Sequence[str] | Missed:
            sent, wrong = self._make_known(visit, _from_api(past), _indices(past.history))
            walk.sent += sent
            return wrong or self._components(visit, past.history, visit.names or ())

        walk = ApiHistory(self._hub, visit.repo_id, visit.sha, known, visit.files, paths, named_by)
        return walk.read(whole=self._whole, wait=wait)

    def _documents(self, visit: Visit, read: _Read) -> tuple[int, Missed | None]:
        """Make every version of every document known; the requests sent, and the first that failed.

        The indices first: which other documents there are is read in them.
        """
        sent, wrong = self._make_known(visit, read, _indices(read.history))
        if wrong is not None:
            return sent, wrong
        names = {step.path for step in read.history.files}
        paths = {
            *default_paths(names),
            *card_paths(names),
            CARD.file_name,
            *self._components(visit, read.history, names),
        }
        paths |= {name for name in names if any(matches(name, glob) for glob in self._globs)}
        more, wrong = self._make_known(visit, read, [step for step in read.history.files if step.path in paths])
        return sent + more, wrong

    def _components(self, visit: Visit, history: History, names: Collection[str]) -> list[str]:
        """The component configs that any version of an index names; those of versions read before count too."""
        versions = {(step.path, bytes.fromhex(step.oid)) for step in _indices(history) if step.oid}
        versions |= set(visit.model.history.indices) if visit.model.history is not None else set()
        found: dict[str, None] = {}
        for path, oid in sorted(versions):
            data = self._journal.known_data(oid, kind_of(path).name)
            if data is not None:
                found |= dict.fromkeys(component_paths(path, data, names))
        return list(found)

    def _make_known(self, visit: Visit, read: _Read, steps: Iterable[PastFile]) -> tuple[int, Missed | None]:
        """Make versions of documents known, once for each kind; the requests sent, and the first failure."""
        unknown: dict[str, dict[str, PastFile]] = {}
        for step in steps:
            kind = kind_of(step.path).name
            if step.oid is not None and not self._journal.is_known(bytes.fromhex(step.oid), kind):
                unknown.setdefault(step.oid, {}).setdefault(kind, step)
        blobs = read.files.blobs(set(unknown))
        sent, wrong = 0, None
        for oid, by_kind in unknown.items():
            data = blobs.get(oid)
            if data is not None and pointer_of(data) is None:
                self._extract(oid, by_kind, data)
                continue
            step = next(iter(by_kind.values()))
            commit = read.history.commits[step.number - read.first].commit
            answer = self._document(visit, by_kind, commit)
            sent += 0 if answer is None else answer.attempts
            if isinstance(answer, Missed) and answer.outcome in FAILURES and wrong is None:
                error = f"{step.path} at {commit[:12]}: {answer.error}"[:500]
                wrong = Missed(answer.outcome, answer.attempts, answer.status, error, answer.at)
        return sent, wrong

    def _extract(self, oid: str, by_kind: Mapping[str, PastFile], data: bytes) -> None:
        self._commit({}, tuple(Extract(bytes.fromhex(oid), kind, step.path, data) for kind, step in by_kind.items()))

    def _document(self, visit: Visit, by_kind: Mapping[str, PastFile], commit: str) -> Answer[Any] | None:
        """Fetch one version of a document that the pack does not have; None if it is too large, or known by now."""
        step = next(iter(by_kind.values()))
        assert step.oid is not None
        if step.size is not None and step.size > SIZE_CAP:
            return None
        oid = bytes.fromhex(step.oid)
        while not self._gate.enter(oid):
            # The worker that held it may have failed.
            if all(self._journal.is_known(oid, kind) for kind in by_kind):
                return None
        try:
            answer = document(
                self._hub, visit.repo_id, commit, step.path, cap=SIZE_CAP, oid=step.oid, sha256=step.sha256
            )
            if isinstance(answer, Got):
                self._extract(step.oid, by_kind, answer.value.data)
            return answer
        finally:
            self._gate.leave(oid)


def since(history: History, known: KnownHistory | None) -> Past:
    """Return the part of a whole history that is new since it was last read.

    That is all of it if main was rewritten, or if it was not read whole.
    """
    total = len(history.commits)
    first = known.commits if known is not None and known.whole else 0
    if known is None or not 0 < first <= total or history.commits[first - 1].commit != known.head:
        return Past(history, 0, total, extends=False, whole=True)
    return Past(
        History(history.commits[first:], [step for step in history.files if step.number >= first]), first, total,
        extends=True, whole=True,
    )  # fmt: skip


def _indices(history: History) -> list[PastFile]:
    """The versions of documents that name others."""
    return [step for step in history.files if "/" not in step.path and kind_of(step.path).name in INDEX_KINDS]


def _commit_row(visit: Visit, chain: str, number: int, one: PastCommit) -> Row:
    return commits_row(
        hub_id=visit.model.hub_id, chain=chain, number=number, commit=one.commit, title=one.title,
        message=one.message, authors=one.authors, committed_at=one.committed_at, on_main=one.on_main,
    )  # fmt: skip


def _file_row(visit: Visit, chain: str, step: PastFile) -> Row:
    kind = classify(step.path)
    sha256 = bytes.fromhex(step.sha256) if step.sha256 else None
    # Documents are known by their oid, weights by their content.
    pointer_known = kind.role == "weights" and step.sha256 is not None and step.size is not None
    follows = pointer_known and step.oid == pointer_oid(step.sha256 or "", step.size or 0)
    oid = bytes.fromhex(step.oid) if step.oid and not follows else None
    return file_versions_row(
        hub_id=visit.model.hub_id, chain=chain, number=step.number, path=step.path, present=step.oid is not None,
        size=step.size, oid=oid, sha256=sha256, role=kind.role, format=kind.format,
    )  # fmt: skip
