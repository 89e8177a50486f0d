"""Reads a model's history through the API, if git is refused or not wanted.

Takes a head, returns the same `History` that git would give. The manifest at every commit takes one tree per commit; if
files are not wanted, only documents are followed, from the head to each commit that changed one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from harvester.crawl.planned import KnownFile, KnownHistory
from harvester.crawl.visit_state import oid_of
from harvester.extract.history.model import History, PastFile, past_commit
from harvester.extract.kinds import CARD, KINDS
from harvester.hub.answers import Sibling
from harvester.hub.commits import commits, paths_info
from harvester.hub.endpoints import SIBLINGS_LIMIT, Hub
from harvester.hub.tree import read_tree
from harvester.outcome import Answer, Got, Missed

#: The files of a manifest: git blob id, SHA-256 of an LFS file, size in bytes.
_Files = dict[str, tuple[str | None, str | None, int | None]]


#: Most requests for trees of one model: above it, only documents are followed.
TREES_CAP = 2_000


@dataclass(slots=True)
class HistoryPart:
    """A history as far as it was read: commits from ``first`` on (earlier ones are known), and the chain's total.

    ``whole``: every file of every commit; else only documents.
    """

    history: History
    first: int
    total: int
    extends: bool
    whole: bool


@dataclass(slots=True)
class ApiHistory:
    """One model's walk; counts its requests."""

    hub: Hub
    repo_id: str
    sha: str
    known: KnownHistory | None
    #: the manifest at the head, if it was read
    manifest: Mapping[str, KnownFile] | None
    #: if only documents are followed: further paths, and those that index documents name
    paths: Sequence[str] = ()
    named_by: Callable[[HistoryPart], Sequence[str] | Missed] = lambda part: ()
    sent: int = 0

    def read(self, *, whole: bool, wait: bool) -> Answer[HistoryPart]:
        """Read what is new since the known head. Raises NotNow (nothing was sent), Stopped."""
        listed = commits(self.hub, self.repo_id, self.sha, known=self.known.head if self.known else None, wait=wait)
        self.sent += listed.attempts
        if isinstance(listed, Missed):
            return listed
        newest = listed.value.entries
        places = {entry.commit: place for place, entry in enumerate(newest)}
        total = listed.value.total
        new, extends = len(newest), False
        if self.known and (place := places.get(self.known.head)) is not None and total - place == self.known.commits:
            new, extends = place, True
        elif len(newest) < total:
            # The known head is there, but its ancestors are other commits: all of them are new.
            return replace(self, known=None, sent=self.sent).read(whole=whole, wait=True)
        chain = tuple(
            past_commit(e.commit, e.title, e.message, e.authors, e.date) for e in reversed(newest[:new])
        )  # fmt: skip
        whole = whole and new * max(1, -(-len(self.manifest or ()) // SIBLINGS_LIMIT)) <= TREES_CAP
        part = HistoryPart(History(chain), total - new, total, extends, whole)
        ids = [entry.commit for entry in newest[: new + int(extends)]]
        answer = self._trees(part, ids) if whole else self._documents(part, ids, places)
        if answer is not None:
            return replace(answer, attempts=self.sent)
        return Got(part, self.sent, listed.status, listed.at)

    def _trees(self, part: HistoryPart, ids: Sequence[str]) -> Missed | None:
        """Compare the trees of neighbouring commits, newest first; that of the known head, if any, is the last."""
        after: _Files | None = None
        for place, commit in enumerate(ids):
            files = self._known_files() if place == 0 else None
            if files is None:
                tree = read_tree(self.hub, self.repo_id, commit)
                self.sent += tree.attempts
                if isinstance(tree, Missed):
                    return replace(tree, error=f"tree of {commit[:12]}: {tree.error}", revision_gone=False)
                files = {f.path: (f.oid, f.sha256, f.size) for f in tree.value}
            if after is not None:
                part.history.files += _steps(files, after, part.total - place)
            after = files
        if after is not None and not part.extends:
            part.history.files += _steps({}, after, 0)
        part.history.files.sort(key=lambda step: (step.number, step.path))
        return None

    def _known_files(self) -> _Files | None:
        if self.manifest is None:
            return None
        return {
            path: (oid.hex() if (oid := oid_of(f)) else None, f.sha256.hex() if f.sha256 else None, f.size)
            for path, f in self.manifest.items()
        }

    def _documents(self, part: HistoryPart, ids: Sequence[str], places: Mapping[str, int]) -> Missed | None:
        """Follow the documents read by default, then those that their indices name, at whatever commit they do."""
        paths = list(dict.fromkeys([CARD.file_name, *(kind.file_name for kind in KINDS if kind.default), *self.paths]))
        missed = self._follow(part, ids, places, paths)
        if missed is None:
            named = self.named_by(part)
            if isinstance(named, Missed):
                return named
            more = [path for path in named if path not in paths]
            missed = self._follow(part, ids, places, more) if more else None
        part.history.files.sort(key=lambda step: (step.number, step.path))
        return missed

    def _follow(
        self, part: HistoryPart, ids: Sequence[str], places: Mapping[str, int], paths: Sequence[str]
    ) -> Missed | None:
        """Follow paths from the head: each answer has their last commit, and the next request is for its parent."""
        place = 0
        after: dict[str, Sibling] = {}
        end = len(ids)
        while place < end:
            answer = paths_info(self.hub, self.repo_id, ids[place], paths)
            self.sent += answer.attempts
            if isinstance(answer, Missed):
                return replace(answer, error=f"paths at {ids[place][:12]}: {answer.error}", revision_gone=False)
            here = {entry.path: entry for entry in answer.value}
            if place:
                part.history.files += _document_steps(here, after, part.total - place)
            touched = [places.get(entry.last_commit or "", place) for entry in answer.value]
            after, place = here, max(min(touched, default=end), place) + 1
        if not part.extends:
            part.history.files += _document_steps({}, after, 0)
        return None


def _document_steps(before: Mapping[str, Sibling], after: Mapping[str, Sibling], number: int) -> list[PastFile]:
    def hashes(files: Mapping[str, Sibling]) -> _Files:
        return {path: (f.oid, f.sha256, f.size) for path, f in files.items()}

    return _steps(hashes(before), hashes(after), number)


def _steps(before: _Files, after: _Files, number: int) -> list[PastFile]:
    """What the commit ``number`` did that led from one state to the next."""
    steps = [PastFile(number, path, None) for path in before.keys() - after.keys()]
    for path, (oid, sha256, size) in after.items():
        old = before.get(path)
        if oid is not None and (old is None or old[0] != oid):
            steps.append(PastFile(number, path, oid, size, sha256))
    return steps
