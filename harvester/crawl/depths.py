"""What `--with` can name: one row per depth, from which the option, the plan, the visits and the dry run derive."""

from collections.abc import Iterable

from harvester.crawl.steps.cards import Cards
from harvester.crawl.steps.configs import Configs
from harvester.crawl.steps.dates import Dates
from harvester.crawl.steps.documents import GLOB, Matching
from harvester.crawl.steps.files import Files
from harvester.crawl.steps.history import Histories
from harvester.crawl.steps.step import ITEMS, Step
from harvester.crawl.steps.weights import Weights

DEPTHS: tuple[type[Step], ...] = (
    Files,
    Configs,
    Cards,
    Weights,
    Dates,
    Histories,
)
NAMES = tuple(depth.scope for depth in DEPTHS)


def scopes(depths: Iterable[str], globs: Iterable[str]) -> list[str]:
    """Return the scopes that are completed separately for a model: ``files``, ``configs``, ``documents:<glob>``..."""
    return [*depths, *(GLOB + glob for glob in sorted(set(globs)))]


def steps_of(scopes: Iterable[str]) -> list[Step]:
    """Return new steps for the scopes, in the order in which a visit takes them."""
    wanted = list(scopes)
    steps: list[Step] = [depth() for depth in DEPTHS if depth.scope in wanted]
    steps += [Matching(scope.removeprefix(GLOB)) for scope in wanted if scope.startswith(GLOB)]
    return sorted(steps, key=lambda step: ITEMS.index(step.item))
