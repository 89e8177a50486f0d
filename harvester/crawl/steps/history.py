"""`--with history`: the commits of a model, through git if it is served, else through the API; with the same rows.

Takes a visit, makes rows of `commits` and `file_versions` for what is new since the history was last read, and every
version of its documents, once per content.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from harvester.crawl.journal import INDEX_KINDS, Extract
from harvester.crawl.planned import KnownHistory
from harvester.crawl.steps.api_history import ApiHistory, HistoryPart
from harvester.crawl.steps.step import Names, Step
from harvester.crawl.visit_state import Visit, fetch_row, matches, oid_of, state_of
from harvester.extract.document import SIZE_CAP
from harvester.extract.files import classify
from harvester.extract.history.model import History, PastCommit, PastFile, Unreadable, pointer_of
from harvester.extract.kinds import CARD, card_paths, component_paths, default_paths, kind_of, kinds_version
from harvester.hub.budget import NotNow
from harvester.hub.documents import document
from harvester.hub.endpoints import pointer_oid
from harvester.hub.git_route import Limited, Way
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Answer, Got, Missed, Outcome
from harvester.schema.rows import Row, commits_row, file_versions_row, histories_row

#: Refusals by git that concern the repository; any other may mean that git is not served.
_BY_THE_REPOSITORY = frozenset({Outcome.GATED, Outcome.DISABLED})
#: Consecutive failures of git, while the API answers, after which this run no longer uses git.
GIT_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class _Read:
    """A history: what is new of it, how it was read, and the contents that came with it.

    Its documents are searched in ``history``, which begins with the commit number ``first``: the whole history if it
    was read whole, else the new part.
    """

    part: HistoryPart
    source: str
    #: returns those small files that came along, by oid
    blobs: Callable[[Iterable[str]], dict[str, bytes]]
    history: History
    first: int


def _from_api(part: HistoryPart) -> _Read:
    return _Read(part, "api", lambda oids: {}, part.history, part.first)


class Histories(Step):
    """Reads the history of a model; its manifest at every commit if files are read too."""

    scope = item = "history"
    bucket = "git"
    counted_as = "requests_histories"
    # A document whose bytes were never read as the kind that it is now.
    unread = """
    SELECT listed.hub_id, listed.sha FROM listed
    JOIN lake_file_versions AS file USING (hub_id)
    JOIN (SELECT unnest($paths::VARCHAR[]) AS path, unnest($kinds::VARCHAR[]) AS kind) AS wanted USING (path)
    ANTI JOIN lake_configs AS known ON known.oid = file.oid AND known.kind = wanted.kind
    WHERE file.oid IS NOT NULL
    """

    def __init__(self) -> None:
        self._git_failures = 0

    def version(self) -> int:
        """Return a digest of the kinds read by default: a pack has every version of them."""
        return kinds_version()

    def requests(self, names: Names) -> int:
        """A pack from git; through the API a page of commits, and a tree for each unknown one."""
        return 1

    def run(self, visit: Visit) -> None:
        """Read the commits and documents that are not known yet."""
        hindrance = self.hindrance(visit)
        with ExitStack() as opened:
            if self._read(visit, opened) if hindrance is None else self.miss(visit, None, hindrance):
                visit.done(self)
            else:
                visit.list_again()

    def state(self, visit: Visit) -> str | None:
        """The state that its one outcome gives."""
        outcomes = self.outcomes(visit)
        return state_of(visit, outcomes.values()) if outcomes else None

    def _read(self, visit: Visit, opened: ExitStack) -> bool:
        answer = self._new_part(visit, opened)
        if isinstance(answer, Missed):
            return self.miss(visit, None, answer)
        read = answer.value
        sent, wrong = self._documents(visit, read)
        if wrong is not None:
            # What came is known by its content; the next run reads the rest.
            return self.miss(visit, None, replace(wrong, attempts=answer.attempts + sent))
        part, chain, now = read.part, self._chain(visit, read.part), self._clock.utc()
        rows: Rows = {
            "commits": [_commit_row(visit, chain, part.first + n, one) for n, one in enumerate(part.history.commits)],
            "file_versions": [_file_row(visit, chain, step) for step in part.history.files],
            "histories": [histories_row(
                hub_id=visit.model.hub_id, repo_id=visit.repo_id, sha=visit.sha, chain=chain, commits=part.total,
                source=read.source, whole=part.whole, fetched_at=now,
            )],
            "fetches": [fetch_row(visit, "history", None, Outcome.OK, answer, answer.attempts + sent)],
        }  # fmt: skip
        self.outcomes(visit)[""] = Outcome.OK
        self._commit(rows)
        return True

    @staticmethod
    def _chain(visit: Visit, part: HistoryPart) -> str:
        assert visit.sha is not None
        known = visit.model.history
        return known.chain if known is not None and part.extends else visit.sha

    def _new_part(self, visit: Visit, opened: ExitStack) -> Answer[_Read]:
        git_failed = False
        reading, git, budget = self.reading(visit), self._hub.git, self._hub.transport.budget
        if reading.bucket is None and git.way(budget) is not Way.API:
            try:
                answer = self._by_git(visit, opened)
            except NotNow as later:
                reading.sent += later.sent
                # A 429 or a used-up window is not a failure of git: instead of waiting, the API is used.
                reading.bucket = "api" if isinstance(later, Limited) else None
                if git.way(budget) is not Way.API and reading.bucket is None:
                    raise
            else:
                answer = replace(answer, attempts=answer.attempts + reading.sent)
                if isinstance(answer, Got) or answer.revision_gone or answer.outcome in _BY_THE_REPOSITORY:
                    self._git_failures = 0
                    return answer
                reading.sent, git_failed = answer.attempts, True
        api = self._by_api(visit, wait=git_failed)
        if git_failed and isinstance(api, Got):
            # Git failed although the API answers: after a few times it counts as not served.
            self._git_failures += 1
            git.served = self._git_failures < GIT_PATIENCE
        sent = reading.sent + api.attempts
        if isinstance(api, Missed):
            return Missed(api.outcome, sent, api.status, api.error, api.at, revision_gone=api.revision_gone)
        return Got(_from_api(api.value), sent, api.status, api.at)

    def _by_git(self, visit: Visit, opened: ExitStack) -> Answer[_Read]:
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
        part = since(history, visit.model.history)
        return Got(_Read(part, "git", held.blobs, history, 0), answer.attempts, answer.status, answer.at)

    def _by_api(self, visit: Visit, *, wait: bool) -> Answer[HistoryPart]:
        assert visit.sha is not None
        paths = [path for path in visit.names or () if any(matches(path, glob) for glob in self._context.globs)]
        known, whole = visit.model.history, "files" in self._context.depths
        if known is not None and whole and not known.whole:
            known = None

        def named_by(part: HistoryPart) -> Sequence[str] | Missed:
            sent, wrong = self._make_known(visit, _from_api(part), _indices(part.history))
            walk.sent += sent
            return wrong or self._components(visit, part.history, visit.names or ())

        walk = ApiHistory(self._hub, visit.repo_id, visit.sha, known, visit.files, paths, named_by)
        return walk.read(whole=whole, wait=wait)

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
        paths |= {name for name in names if any(matches(name, glob) for glob in self._context.globs)}
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
        blobs = read.blobs(set(unknown))
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
        with self._context.alone(bytes.fromhex(step.oid), *by_kind) as is_known:
            if is_known:
                return None
            answer = document(
                self._hub, visit.repo_id, commit, step.path, cap=SIZE_CAP, oid=step.oid, sha256=step.sha256
            )
            if isinstance(answer, Got):
                self._extract(step.oid, by_kind, answer.value.data)
            return answer


def since(history: History, known: KnownHistory | None) -> HistoryPart:
    """Return the part of a whole history that is new since it was last read.

    That is all of it if main was rewritten, or if it was not read whole.
    """
    total = len(history.commits)
    first = known.commits if known is not None and known.whole else 0
    if known is None or not 0 < first <= total or history.commits[first - 1].commit != known.head:
        return HistoryPart(history, 0, total, extends=False, whole=True)
    return HistoryPart(
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
