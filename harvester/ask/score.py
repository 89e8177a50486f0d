"""The score of `find`: takes ids of models, gives points with the reason of each in words. Judges no quality.

Of 100 points, 50 are for downloads: 50 times the share of the other models in the population that have fewer. Each of
five facts has 10: an open licence, nothing missing that loading needs, neither own code nor a pickle, a card, and a
reported result of an evaluation. What is unknown has no points, and the reason says so.
"""

from dataclasses import dataclass

from harvester.ask.criteria import OWN_CODE, SOURCES

DOWNLOADS, FACT = 50, 10
#: Sources of the facts.
NEEDS = tuple(SOURCES)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact with points: whether it holds (NULL: unknown), and in words what holds, what does not, what is unknown."""

    name: str
    holds: str
    yes: str
    no: str
    unknown: str


FACTS = (
    Fact(
        "licence", "CASE license_class(models.license) WHEN 'open' THEN TRUE WHEN 'unknown' THEN NULL ELSE FALSE END",
        "'open (' || models.license || ')'",
        "license_class(models.license) || coalesce(' (' || models.license || ')', '')",
        "'unknown class (' || models.license || ')'",
    ),
    Fact(
        "files", "models.reusable",
        "'nothing is missing that loading needs'",
        "'missing: ' || array_to_string(models.lacks, ', ')",
        "'unknown whether something is missing'",
    ),
    Fact(
        "safety", f"NOT {OWN_CODE} AND NOT models.pickle",
        "'no own code, no pickle'",
        f"CASE WHEN {OWN_CODE} THEN 'runs code of the repository' ELSE 'weights can contain a pickle' END",
        "'unknown whether it has own code or a pickle'",
    ),
    Fact(
        "card",
        "CASE WHEN models.card_file THEN TRUE WHEN models.file_count IS NOT NULL THEN FALSE END",
        "'has one'", "'has none'", "'unknown whether it has one'",
    ),
    Fact(
        "evaluation",
        "CASE WHEN models.datasets IS NOT NULL THEN TRUE WHEN models.card_read THEN FALSE END",
        "'reports a result'", "'reports no result'", "'unknown whether it reports a result'",
    ),
)  # fmt: skip

#: Of each number of downloads, the share of the other models of the population with fewer (0 to 1).
RANKS = """ranks AS (
    SELECT
        downloads,
        coalesce(
            (sum(count(*)) OVER (ORDER BY downloads) - count(*)) / nullif(sum(count(*)) OVER () - 1, 0), 0
        ) AS above
    FROM models WHERE downloads IS NOT NULL GROUP BY downloads
)"""
_DOWNLOADED = f"CAST(coalesce(round({DOWNLOADS} * ranks.above), 0) AS INTEGER)"


def points() -> str:
    """Return the expression of the score, for a statement that reads ``models`` and joins ``ranks``."""
    facts = [f"CASE WHEN {fact.holds} THEN {FACT} ELSE 0 END" for fact in FACTS]
    return " + ".join([_DOWNLOADED, *facts])


def reasons() -> str:
    """Return the expression of the score in words, one part per reason."""
    downloads = f"""{_DOWNLOADED} || ' of {DOWNLOADS} for downloads: ' || CASE
        WHEN models.downloads IS NULL THEN 'unknown'
        ELSE 'more than ' || CAST(floor(100 * ranks.above) AS INTEGER) || '% of the other models' END"""
    parts = [downloads]
    for fact in FACTS:
        words = f"CASE WHEN {fact.holds} THEN {fact.yes} WHEN NOT ({fact.holds}) THEN {fact.no} ELSE {fact.unknown} END"
        given = f"CASE WHEN {fact.holds} THEN {FACT} ELSE 0 END"
        parts.append(f"{given} || ' of {FACT} for {fact.name}: ' || coalesce({words}, 'unknown')")
    return f"[{', '.join(parts)}]"
