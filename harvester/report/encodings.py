"""How a plot shows the rows of its query: one class per kind of plot, whose fields name columns. Draws nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Bars:
    """One horizontal bar per row, with its numbers beside it; missing values are apart, in grey.

    ``label`` columns are joined. The length is ``share``, else ``count``. ``marker`` is a second share, as a diamond.
    ``part`` is a count contained in ``count``, as a darker part of the bar. ``missing`` maps values that mean
    that there is none to words; NULL always does. If the rows are ``exclusive``, those after the first ``top`` are
    summed up as others. ``ordered`` rows keep their order and are all shown. ``lead`` introduces the first
    row in words.
    """

    label: tuple[str, ...]
    noun: str
    count: str = "models"
    share: str | None = "share"
    marker: str | None = "download_share"
    part: str | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    absent: str = "not stated"
    lead: str = "Most frequent"
    top: int = 12
    exclusive: bool = True
    ordered: bool = False


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Several shares of each row as marks on one line; ``shares`` maps columns to words."""

    label: str
    shares: Mapping[str, str]
    count: str = "models"


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """From ``low`` to ``high``, with ``middle`` as a mark, one line per row, on a logarithmic scale of ``unit``."""

    label: str
    noun: str
    low: str
    middle: str
    high: str
    unit: str
    count: str
    absent: str = "not stated"
    top: int = 14


@dataclass(frozen=True, kw_only=True)
class Trend:
    """``middle`` of each period as a mark, from ``low`` to ``high`` as a line, on a logarithmic scale of ``unit``."""

    time: str
    middle: str
    low: str
    high: str
    unit: str
    count: str
    words: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """One upright bar per period: ``count`` over ``time``."""

    time: str
    noun: str
    count: str = "models"


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A circle per row and period whose area is ``count``; the rows with the largest sums, NULL apart."""

    label: str
    time: str
    noun: str
    count: str = "models"
    absent: str = "not stated"
    top: int = 12


@dataclass(frozen=True, kw_only=True)
class Families:
    """Trees of models, one per root, as ``largest_families`` returns them."""


Encoding = Bars | Dots | Ranges | Trend | Columns | Matrix | Families
