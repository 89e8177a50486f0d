"""What `--with` can name: one row per depth, from which the option, the plan, the visits and the dry run derive.

To add a depth, add a row here and what a visit does for it in ``visit.py``.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from harvester.extract.kinds import CARD, card_paths, cards_version, default_paths, kinds_version
from harvester.extract.version import version_of
from harvester.extract.weights.components import components_of
from harvester.extract.weights.plan import FORMATS
from harvester.extract.weights.sets import headers_wanted, weight_sets

Names = Sequence[str]
#: Begins the scopes that `--documents` adds.
GLOB = "documents:"
#: Entries of a tree page with dates.
DATED_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """One depth; its name is the scope under which a visit is complete, partial..., for each model."""

    name: str
    #: digest of what it reads in this version: if it differs, a complete visit may lack something
    version: Callable[[], int] = lambda: 0
    #: the documents it reads of a model's file names, and the one requested even if a listing cut its name off
    documents: Callable[[Names], list[str]] = lambda names: []
    main_document: str = ""
    #: files of which it reads the beginning
    headers: Callable[[Names], Collection[str]] = lambda names: ()
    #: requests to `api`, at least, and their field of the dry run's estimate
    requests: Callable[[Names], int] = lambda names: 0
    counted_as: str = ""
    #: only a manifest has what it needs
    needs_manifest: bool = False


DEPTHS = (
    Depth(name="files", requests=lambda names: 1, counted_as="requests_manifests", needs_manifest=True),
    Depth(name="configs", version=kinds_version, documents=default_paths, main_document="config.json"),
    Depth(name="cards", version=cards_version, documents=card_paths, main_document=CARD.file_name),
    Depth(
        name="weights", version=lambda: version_of((name, b"") for name in FORMATS), needs_manifest=True,
        headers=lambda names: headers_wanted(weight_sets((name, None) for name in names), components_of(names, ())),
    ),
    # Folders count as entries too, so this is the minimum.
    Depth(name="dates", requests=lambda names: max(1, -(-len(names) // DATED_PAGE)), counted_as="requests_dates"),
    # A pack from git; through the API a page of commits, and a tree for each unknown one.
    Depth(name="history", version=kinds_version, requests=lambda names: 1, counted_as="requests_histories"),
)  # fmt: skip
NAMES = tuple(depth.name for depth in DEPTHS)
_BY_NAME = {depth.name: depth for depth in DEPTHS}


def depths_of(scopes: Collection[str]) -> list[Depth]:
    """Return the depths among the scopes, in the order of the table."""
    return [depth for depth in DEPTHS if depth.name in scopes]


def scopes(depths: Iterable[str], globs: Iterable[str]) -> list[str]:
    """Return the scopes that are completed separately for a model: ``files``, ``configs``, ``documents:<glob>``..."""
    return [*depths, *(GLOB + glob for glob in sorted(set(globs)))]


def of_documents(scope: str) -> bool:
    """Whether a scope is completed by reading documents."""
    return scope.startswith(GLOB) or _BY_NAME[scope].main_document != ""


def scope_version(scope: str) -> int:
    """Return a digest of what a scope reads in this version: if it differs, a complete visit may lack something."""
    return 0 if scope.startswith(GLOB) else _BY_NAME[scope].version()
