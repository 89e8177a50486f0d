"""Finds models: takes criteria, returns the models that meet all of them, scored, and why others do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.criteria import CRITERIA, facts, known_class, known_format, parse_bytes, parse_count
from harvester.ask.parameters import Param
from harvester.ask.rows import Rows
from harvester.ask.run import frame
from harvester.ask.score import NEEDS, RANKS, points, reasons
from harvester.defaults import FOUND
from harvester.errors import UsageError

#: Of the models that meet all criteria, only so many are scored: the most downloaded.
SCORED = 1000
#: Near misses that are shown.
NEAR = 10

_FITTING = """
WITH fitting AS MATERIALIZED (
    SELECT models.hub_id FROM {facts} WHERE {demands}
    ORDER BY models.downloads DESC NULLS LAST, models.likes DESC NULLS LAST, models.repo_id
    LIMIT $scored
),

{ranks}

SELECT
    models.repo_id, models.pipeline_tag, models.library_name, models.license, models.parameters,
    coalesce(models.context_length_effective, models.context_length) AS context_length,
    array_to_string(models.formats, ', ') AS formats, models.gated, models.downloads, models.likes,
    {points} AS score{more}
FROM {chosen}
LEFT JOIN ranks ON ranks.downloads = models.downloads
ORDER BY score DESC, models.downloads DESC NULLS LAST, models.likes DESC NULLS LAST, models.repo_id
LIMIT $limit
"""
_MISSES = """
WITH judged AS MATERIALIZED (
    SELECT models.repo_id, models.downloads, {judged} FROM {facts}
),

counted AS (
    SELECT *, {lacking} AS lacking FROM judged
)

"""
_COUNTS = "SELECT {counts} FROM counted"
_NEAR = """
SELECT repo_id, CASE {misses} END AS misses, CASE {has} END AS has, downloads
FROM counted
WHERE lacking = 1
ORDER BY downloads DESC NULLS LAST, repo_id
LIMIT $near
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What `find` found: the models, what each criterion excluded, and which models miss only one criterion.

    ``models`` has a column ``explanation`` if requested. ``criteria``: criterion, wanted, excluded (models that do not
    meet it), unknown (of these, models of which it is not known), only_this (models that meet all others).
    ``near_misses``: repo_id, misses (the criterion), has (or unknown), wanted, downloads; empty if a model was found.
    """

    models: pl.DataFrame
    criteria: pl.DataFrame
    near_misses: pl.DataFrame


class FoundRows(Rows):
    """The models found, with what each criterion excluded and the near misses (see ``Found``)."""

    criteria: Rows
    near_misses: Rows

    @classmethod
    def of(cls, found: Found) -> Self:
        """Return the rows of a result."""
        rows = cls(found.models)
        rows.criteria, rows.near_misses = Rows(found.criteria), Rows(found.near_misses)
        return rows


def find(
    con: DuckDBPyConnection,
    *,
    task: str | None = None,
    language: str | Sequence[str] | None = None,
    license: str | None = None,
    license_class: str | None = None,
    library: str | None = None,
    architecture: str | None = None,
    weights_format: str | None = None,
    min_params: int | str | None = None,
    max_params: int | str | None = None,
    min_context: int | None = None,
    fits: int | str | None = None,
    evaluated_on: str | None = None,
    updated_since: date | str | None = None,
    gated: bool | None = None,
    safe_only: bool = False,
    adapters: bool = False,
    limit: int = FOUND,
    explain: bool = False,
) -> Found:
    """Find the ``limit`` models with the highest score that meet every given criterion (None: no criterion).

    task: the Hub's pipeline_tag. language: codes among the tags, all of them. license: the Hub's tag, ``none`` for
    models without. license_class: open, restricted, non-commercial or none (the macro license_class). library:
    library_name or a library among the tags. architecture: model_type, first architecture or diffusers pipeline class;
    from the Hub's excerpt if no config was read. weights_format: format of weights or of a framework export, such as
    ``gguf``. min_params, max_params: parameters, also as text such as ``7B``. min_context: positions that a model can
    use. fits: bytes of memory, also as text such as ``24GB``, that hold its weights and a fifth more
    (models.min_memory_bytes); what long contexts and large batches need comes on top. evaluated_on: a dataset that it
    reports a result on, by id or name. updated_since: last commit at or after this UTC time. gated: gated or not.
    safe_only: no weights that can contain a pickle, and no code from a repository. adapters: adapters, too; they are
    left out otherwise, and never meet ``fits``, as the memory of their base model is not known.

    Comparisons ignore case. A model of which a fact is unknown does not meet a criterion about it. Columns: repo_id,
    pipeline_tag, library_name, license, parameters, context_length, formats (of weights, joined with ', '), gated,
    downloads (30 days), likes, score (0 to 100, see ``harvester.ask.score``). ``criteria`` and ``near_misses`` are
    computed if nothing is found or ``explain`` is set, which also adds the column ``explanation``.
    Raises UsageError for an unknown format or class of licences, an invalid number, amount or time, or a limit below 1.
    """
    if limit < 1:
        raise UsageError(f"--limit must be at least 1, got {limit}")
    languages = [language] if isinstance(language, str) else [*(language or ())]
    given: dict[str, Any] = {
        "task": task, "language": [one.lower() for one in languages] or None, "license": license,
        "license_class": None if license_class is None else known_class(license_class), "library": library,
        "architecture": architecture, "min_params": _count(min_params), "max_params": _count(max_params),
        "min_context": min_context, "fits": parse_bytes(fits) if isinstance(fits, str) else fits,
        "weights_format": None if weights_format is None else known_format(weights_format),
        "evaluated_on": evaluated_on, "updated_since": _since(updated_since), "gated": gated,
        "safe_only": safe_only or None, "no_adapter": None if adapters else True,
    }  # fmt: skip
    bound = {name: value for name, value in given.items() if value is not None}
    demands = "\n        AND ".join(["TRUE", *(f"({CRITERIA[name].condition})" for name in bound)])
    text = _FITTING.format(
        demands=demands, facts=_facts(bound), chosen=facts(NEEDS, "fitting"), ranks=RANKS, points=points(),
        more=f", {_words(bound)}" if explain else "",
    )  # fmt: skip
    models = frame(con, text, bound | {"limit": limit, "scored": max(limit, SCORED)})
    if explain:
        models = models.with_columns(pl.col("meets", "reasons").list.join("; ")).with_columns(
            explanation=pl.format("meets {}. Score {}: {}", "meets", "score", "reasons")
        )
        models = models.drop("meets", "reasons")
    criteria, near_misses = _excluded(con, bound, near=not models.height) if explain or not models.height else _NOTHING
    return Found(models, criteria, near_misses)


_SINCE = Param("updated-since", "TIMESTAMP", None, "")
_NOTHING = (
    pl.DataFrame(
        schema={
            "criterion": pl.String, "wanted": pl.String, "excluded": pl.Int64, "unknown": pl.Int64,
            "only_this": pl.Int64,
        }
    ),
    pl.DataFrame(
        schema={
            "repo_id": pl.String, "misses": pl.String, "has": pl.String, "wanted": pl.String, "downloads": pl.Int64,
        }
    ),
)  # fmt: skip


def _since(given: date | str | None) -> object:
    return _SINCE.convert(given.isoformat() if isinstance(given, date) else given)


def _count(given: int | str | None) -> int | None:
    return parse_count(given) if isinstance(given, str) else given


def _facts(bound: dict[str, Any]) -> str:
    return facts(need for name in bound for need in CRITERIA[name].needs)


def _words(bound: dict[str, Any]) -> str:
    """Return the expressions of what a model meets and of its score, in words."""
    met = ", ".join(f"'{_title(name)}: ' || coalesce({CRITERIA[name].has}, 'unknown')" for name in bound)
    return f"CAST([{met or repr('every criterion: none was given')}] AS VARCHAR[]) AS meets, {reasons()} AS reasons"


def _excluded(con: DuckDBPyConnection, bound: dict[str, Any], near: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return what each criterion excluded, and the models that miss only one."""
    if not bound:
        return _NOTHING
    judged = ", ".join(
        f"({CRITERIA[name].condition}) AS meets_{name}, {CRITERIA[name].has if near else 'NULL'} AS has_{name}"
        for name in bound
    )
    lacking = " + ".join(f"CAST(coalesce(NOT meets_{name}, TRUE) AS INTEGER)" for name in bound)
    head = _MISSES.format(judged=judged, facts=_facts(bound), lacking=lacking)
    counts = ", ".join(
        f"""count(*) FILTER (WHERE meets_{name} IS NOT TRUE), count(*) FILTER (WHERE meets_{name} IS NULL),
        count(*) FILTER (WHERE meets_{name} IS NOT TRUE AND lacking = 1)"""
        for name in bound
    )
    wanted = {name: _wanted(name, value) for name, value in bound.items()}
    numbers = frame(con, head + _COUNTS.format(counts=counts), bound).row(0)
    rows = [(_title(name), wanted[name], *numbers[3 * place : 3 * place + 3]) for place, name in enumerate(bound)]
    criteria = pl.DataFrame(rows, schema=_NOTHING[0].schema, orient="row")
    if not near:
        return criteria, _NOTHING[1]
    misses = " ".join(f"WHEN meets_{name} IS NOT TRUE THEN '{name}'" for name in bound)
    has = " ".join(f"WHEN meets_{name} IS NOT TRUE THEN has_{name}" for name in bound)
    found = frame(con, head + _NEAR.format(misses=misses, has=has), bound | {"near": NEAR})
    titles = {name: _title(name) for name in bound}
    return criteria, found.select(
        "repo_id",
        pl.col("misses").replace(titles),
        pl.col("has").fill_null("unknown"),
        pl.col("misses").replace(wanted).alias("wanted"),
        "downloads",
    )


def _title(name: str) -> str:
    return name.replace("_", "-")


def _wanted(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return CRITERIA[name].wants.format(str(value).lower() if isinstance(value, bool) else value)
