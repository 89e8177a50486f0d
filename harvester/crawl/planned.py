"""A planned model: what a visit is given to read, and what earlier visits of the same commit left known."""

from dataclasses import dataclass, field

#: Beginning of the reason for a file that is named at a commit but not served there.
NOT_SERVED = "named but not served"


@dataclass(frozen=True, slots=True)
class PriorDocument:
    """The final outcome of a document from an earlier, unfinished visit at the same commit."""

    outcome: str
    kind: str | None = None
    oid: bytes | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of a manifest that was read before."""

    size: int | None
    oid: bytes | None
    sha256: bytes | None


@dataclass(frozen=True, slots=True)
class KnownHistory:
    """The history of a model as last read: its chain, the head at that time, and the commits up to it.

    ``whole``: it has every file of every commit. ``indices``: path and oid of each version of a document that names
    others.
    """

    chain: str
    head: str
    commits: int
    whole: bool
    indices: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """One model to visit: its commit as listed, its file names, the scopes to read, and what is known already."""

    hub_id: str
    repo_id: str
    sha: str | None
    requested_id: str
    names: tuple[str, ...] | None
    scopes: frozenset[str]
    prior: dict[str, PriorDocument] = field(default_factory=dict)
    manifest: dict[str, KnownFile] | None = None
    history: KnownHistory | None = None
