"""The facets of the search as rows of data: a column of ``base.search``, and how its values are selected and counted.

To add a facet, add a column in ``catalogue/sql/95_search.sql`` and a row here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: its name in the URL, its title, its column, and the column of `models` (or table) it comes from."""

    name: str
    title: str
    column: str
    source: str
    #: Lower bounds of ranges; a plain facet has none.
    bounds: tuple[int, ...] = ()
    #: The column holds a list.
    several: bool = False

    @property
    def values(self) -> str:
        """The SQL of a row's values, as one text or NULL."""
        if self.bounds:
            whens = " ".join(
                f"WHEN {self.column} >= {low} THEN '{label}'"
                for low, label in sorted(zip(self.bounds, self.labels, strict=True), reverse=True)
            )
            return f"CASE {whens} END"
        if self.several:
            # A model without any counts as unknown, as one without a value does.
            return f"unnest(CASE WHEN len({self.column}) > 0 THEN {self.column} ELSE [NULL] END)"
        return f"{self.column}::VARCHAR"

    @property
    def condition(self) -> str:
        """The SQL of whether a row has one of the values ``$name``, or no value if that is selected."""
        unknown = f"$unknown_{self.name}"
        if self.several:
            return f"(list_has_any({self.column}, ${self.name}) OR ({unknown} AND coalesce(len({self.column}), 0) = 0))"
        return f"(list_contains(${self.name}, {self.values}) OR ({unknown} AND {self.values} IS NULL))"

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the ranges, such as ``1B-3B``."""
        ends = (*self.bounds[1:], None)
        return tuple(
            f"{short(low)}-{short(high)}" if high else f"{short(low)}+"
            for low, high in zip(self.bounds, ends, strict=True)
        )


def short(number: int) -> str:
    """Return a number as ``7B``, ``350M``, ``128k``."""
    for power, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if number >= power:
            return f"{number / power:.3g}{letter}"
    return str(number)


_BILLION = 10**9
FACETS = (
    Facet("task", "Task", "task", "pipeline_tag"),
    Facet("library", "Library", "library", "library_name"),
    Facet("license", "Licence", "license", "license"),
    Facet("architecture", "Architecture", "architecture", "architecture"),
    Facet(
        "params", "Parameters", "parameters", "parameters",
        bounds=(0, 100_000_000, _BILLION, 3 * _BILLION, 8 * _BILLION, 15 * _BILLION, 40 * _BILLION, 100 * _BILLION),
    ),
    Facet(
        "context", "Context length", "context", "context_length_effective, else context_length",
        bounds=(0, 1_000, 4_000, 8_000, 32_000, 128_000, 1_000_000),
    ),
    Facet("format", "Format of weights", "formats", "files.format", several=True),
    Facet("language", "Language", "languages", "languages", several=True),
    Facet("gated", "Gated", "gated", "gated"),
    Facet("reusable", "Reusable", "reusable", "reuse.reusable"),
    Facet("safe", "Safe to load", "safe", "no pickle, no code from a repository"),
)  # fmt: skip

#: What a value is called where its text says little.
NAMED = {
    ("gated", "false"): "open", ("gated", "auto"): "gated, automatic", ("gated", "manual"): "gated, by hand",
    ("reusable", "true"): "complete", ("reusable", "false"): "something is missing",
    ("safe", "true"): "yes", ("safe", "false"): "no",
}  # fmt: skip
