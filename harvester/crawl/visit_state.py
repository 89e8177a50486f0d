"""The state of one model's visit, and the rows of the lake that its answers become. Sends nothing."""

import hashlib
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from harvester.crawl.journal import Extract, Journal
from harvester.crawl.planned import NOT_SERVED, KnownFile, PlannedModel
from harvester.extract.files import classify_all
from harvester.extract.rows import CARD_DATA
from harvester.hub.endpoints import Manifest, blob_oid, pointer_oid
from harvester.lake.parts import Rows
from harvester.outcome import FAILURES, Got, Missed, Outcome
from harvester.schema.rows import Row, fetches_row, files_row, manifests_row, refs_row

if TYPE_CHECKING:
    from harvester.crawl.steps.step import Step

#: Kind under which the header of a weight file is known, by the content's id; its row goes the way of other rows.
HEADER = "header"


#: Outcomes of one file that apply to every other file of the repository too.
OF_THE_WHOLE_REPO = frozenset({Outcome.GATED, Outcome.PRIVATE_OR_DELETED, Outcome.DISABLED})


#: State of a scope at whose visit code of ours raised: final for this version of the extractors.
ERRED = "erred"


def credentials_digest(token: str | None) -> str:
    """Return 16 hex digits that change with the token but do not reveal it; empty without a token."""
    return "" if not token else hashlib.blake2b(token.encode(), digest_size=8, person=b"harvester").hexdigest()


@dataclass(slots=True)
class Reading:
    """How far one step of a visit got."""

    #: paths left to request; None before they are known
    queue: deque[str] | None = None
    #: outcomes of what only this step requests, by path
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    #: requests sent for an item that has no outcome yet
    sent: int = 0
    #: the bucket of its next request, if it is not the step's usual one
    bucket: str | None = None
    #: it read what the listing names, so it must compare that with the manifest
    ahead: bool = False
    #: an extractor raised an exception
    erred: bool = False


@dataclass(slots=True)
class Visit:
    """The state of one visit."""

    model: PlannedModel
    repo_id: str
    sha: str | None
    names: tuple[str, ...] | None
    files: dict[str, KnownFile] | None
    #: the step that reads the manifest: any visit may need it
    manifest: "Step"
    #: the steps of the planned scopes, and those of them that are not done, in the order they are taken
    steps: tuple["Step", ...]
    left: list["Step"]
    #: the commit is unknown or gone: the model is requested without a pinned commit
    unpinned: bool = False
    relisted: bool = False
    readings: dict[str, Reading] = field(default_factory=dict)
    #: outcomes of documents, whichever step requested them
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    #: an outcome that applies to the whole repository, with its error
    refused: tuple[Outcome, str] | None = None

    def awaits(self, scope: str) -> bool:
        """Whether the step of a scope is not done."""
        return any(step.scope == scope for step in self.left)

    def done(self, step: "Step") -> None:
        """Take a step off those that are left."""
        self.left = [other for other in self.left if other is not step]

    @property
    def awaits_manifest(self) -> bool:
        """Whether the manifest is read next."""
        return bool(self.left) and self.left[0] is self.manifest

    def next(self, *, ahead: bool) -> "Step | None":
        """Return the step to take next; with ``ahead``, one that need not wait for the manifest before it."""
        if not ahead:
            return self.left[0] if self.left else None
        # Not if the model has to be listed again first, or if no names are known.
        if not self.awaits_manifest or self.unpinned or self.names is None:
            return None
        for step in self.left:
            if step.runs_ahead and step.reading(self).queue != deque():
                return step
            if not step.runs_ahead and step.item != "manifest":
                return None
        return None

    def bucket(self, step: "Step") -> str:
        """Return the bucket of a step's next request."""
        return step.reading(self).bucket or step.bucket

    def list_again(self) -> None:
        """Let the model be requested without a pinned commit, before the steps that are left."""
        self.unpinned = True
        if not self.awaits_manifest:
            self.left.insert(0, self.manifest)

    def names_file(self, path: str) -> bool:
        """Whether the manifest, else the listing, names a file."""
        return path in (self.files if self.files is not None else self.names or ())

    def move(self) -> None:
        """Forget what was read at another commit: it does not apply to this one."""
        self.left = list(self.steps)
        self.readings, self.outcomes = {}, {}
        self.model.prior.clear()


def matches(path: str, glob: str) -> bool:
    """Whether a `--documents` glob matches a path, or the end of it (`*.json` in any folder)."""
    return fnmatchcase(path, glob) or PurePosixPath(path).match(glob)


def leads_out(path: str) -> bool:
    """Whether a path leaves its repository: its URL would be another one (``a/../../b``)."""
    return any(part in (".", "..") for part in path.replace("\\", "/").split("/"))


def not_served(missed: Missed, *, again: bool) -> Missed:
    """Return the outcome of a file that is named but answers EntryNotFound, after its model was listed again.

    The Hub may go on listing a stale commit (docs/hub-protocol.md 3). If a second run finds the same (``again``), the
    file is absent at that commit, which is final.
    """
    error = f"{NOT_SERVED}: {missed.error}"[:500]
    return replace(missed, outcome=Outcome.ABSENT if again else Outcome.MISMATCH, error=error)


def fetch_row(visit: Visit, item: str, path: str | None, outcome: Outcome, answer: Got[Any] | Missed, sent: int) -> Row:
    """Return the row of `fetches` for one requested item; ``sent`` counts its requests."""
    return fetches_row(
        hub_id=visit.model.hub_id, requested_id=visit.model.requested_id, repo_id=visit.repo_id, sha=visit.sha,
        item=item, path=path, outcome=outcome, http_status=answer.status, attempts=sent,
        error=answer.error if isinstance(answer, Missed) else None, fetched_at=answer.at,
    )  # fmt: skip


def ref_row(visit: Visit, path: str, kind: str, oid: bytes, at: datetime) -> Row:
    """Return the row of `refs` for a document that is known."""
    return refs_row(
        hub_id=visit.model.hub_id, repo_id=visit.repo_id, sha=visit.sha, path=path, kind=kind, oid=oid, fetched_at=at
    )


def state_of(visit: Visit, outcomes: Collection[Outcome]) -> str:
    """Return the state of a scope for the lake table ``visits``, from the outcomes of its items."""
    ends = {*outcomes, *([visit.refused[0]] if visit.refused is not None else [])}
    if ends & (FAILURES | {Outcome.PRIVATE_OR_DELETED, Outcome.REPLACED}):
        return "partial"
    if Outcome.DISABLED in ends:
        return "disabled"
    return "gated" if Outcome.GATED in ends else "complete"


def oid_of(file: KnownFile) -> bytes | None:
    """Return the git blob id of a file; for an LFS file that of the pointer, which follows from sha256 and size."""
    if file.oid is None and file.sha256 is not None and file.size is not None:
        return bytes.fromhex(pointer_oid(file.sha256.hex(), file.size))
    return file.oid


def known_files(manifest: Manifest) -> dict[str, KnownFile]:
    """Return the files of a manifest by path."""
    return {
        f.path: KnownFile(
            f.size, bytes.fromhex(f.oid) if f.oid else None, bytes.fromhex(f.sha256) if f.sha256 else None
        )
        for f in manifest.files
    }


def manifest_rows(hub_id: str, manifest: Manifest, at: datetime) -> Rows:
    """Return the rows of the lake tables ``manifests`` and ``files`` for a manifest."""
    files = []
    kinds = classify_all([f.path for f in manifest.files])
    for f, kind in zip(manifest.files, kinds, strict=True):
        oid, sha256 = (bytes.fromhex(h) if h else None for h in (f.oid, f.sha256))
        if f.oid and f.sha256 and f.size is not None and f.oid == pointer_oid(f.sha256, f.size):
            oid = None
        xet_hash = bytes.fromhex(f.xet_hash) if f.xet_hash else None
        files.append(
            files_row(
                hub_id=hub_id, sha=manifest.sha, source=manifest.source, path=f.path, size=f.size, oid=oid,
                sha256=sha256, xet_hash=xet_hash, role=kind.role, format=kind.format, framework=kind.framework,
                unsafe=kind.unsafe, last_commit=f.last_commit, last_commit_at=f.last_commit_at,
                scan_status=f.scan_status,
            )
        )  # fmt: skip
    sizes = [f.size for f in manifest.files]
    total = sum(s for s in sizes if s is not None) if all(s is not None for s in sizes) else None
    info = manifest.info
    card_oid = None if info.card_data is None else bytes.fromhex(blob_oid(info.card_data.encode()))
    head = manifests_row(
        hub_id=hub_id, repo_id=info.repo_id, sha=manifest.sha, fetched_at=at, source=manifest.source,
        file_count=len(files), total_size=total, used_storage=info.used_storage, card_data=info.card_data,
        card_data_oid=card_oid, gguf=info.gguf, spaces=info.spaces, children=info.children,
    )  # fmt: skip
    return {"manifests": [head], "files": files}


def card_data_of(manifest: Manifest, journal: Journal) -> tuple[Extract, ...]:
    """Return the card data that came with a manifest as what is to extract, unless the same was extracted before."""
    if manifest.info.card_data is None:
        return ()
    data = manifest.info.card_data.encode()
    oid = bytes.fromhex(blob_oid(data))
    return () if journal.is_known(oid, CARD_DATA) else (Extract(oid, CARD_DATA, "", data),)
