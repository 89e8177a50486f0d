"""Finds models: takes criteria, returns the most downloaded models that meet all of them."""

import math
import re

import polars as pl
from duckdb import DuckDBPyConnection

from harvester.ask.run import frame
from harvester.defaults import FOUND
from harvester.errors import UsageError
from harvester.extract.roles import FORMATS

_COUNT = re.compile(r"(\d+(?:[._]\d+)*)\s*([kmbt]?)", re.IGNORECASE)
_BYTES = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([kmgt])(i?)b", re.IGNORECASE)
_POWERS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}

_WEIGHTS = "role IN ('weights', 'framework_export')"

#: The condition of each criterion. An unknown fact meets no condition.
_DEMANDS = {
    "task": "lower(models.pipeline_tag) = lower($task)",
    "language": "list_contains(models.languages, lower($language))",
    "license": "lower(coalesce(nullif(models.license, ''), 'none')) = lower($license)",
    "library": "(lower(models.library_name) = lower($library) OR list_contains(models.tags, lower($library)))",
    "architecture": """lower($architecture) IN (
        lower(models.model_type), lower(models.architecture), lower(models.pipeline_class),
        CASE WHEN models.model_type IS NULL AND json_valid(models.config_stub)
            THEN lower(json_extract_string(models.config_stub, '$.model_type')) END,
        CASE WHEN models.architecture IS NULL AND json_valid(models.config_stub)
            THEN lower(json_extract_string(models.config_stub, '$.architectures[0]')) END
    )""",
    "min_params": "models.parameters >= $min_params",
    "max_params": "models.parameters <= $max_params",
    "min_context": "coalesce(models.context_length_effective, models.context_length) >= $min_context",
    "weights_format": f"models.hub_id IN (SELECT hub_id FROM files WHERE {_WEIGHTS} AND format = $weights_format)",
    # An adapter needs the memory of its base model too, which is not known here.
    "fits": """models.min_memory_bytes <= $fits
        AND models.peft_type IS NULL AND models.config_path IS DISTINCT FROM 'adapter_config.json'""",
    "evaluated_on": """models.hub_id IN (
        SELECT hub_id FROM evaluations
        WHERE value IS NOT NULL AND lower($evaluated_on) IN (lower(dataset), lower(dataset_name))
    )""",
    "gated": "(models.gated <> 'false') = $gated",
    # No known file that can run code when the model is loaded, and no code from a repository.
    "safe_only": f"""$safe_only
        AND models.hub_id IN (SELECT hub_id FROM files WHERE {_WEIGHTS} GROUP BY hub_id HAVING NOT bool_or(unsafe))
        AND NOT coalesce(models.names_code, FALSE) AND NOT coalesce(models.remote_code, FALSE)
        AND models.hub_id NOT IN (SELECT hub_id FROM reuse WHERE needs_remote_code)
        AND NOT coalesce(list_contains(models.tags, 'custom_code'), FALSE)""",
}

_FITTING = """
WITH fitting AS (
    SELECT
        hub_id, repo_id, pipeline_tag, library_name, license, parameters,
        coalesce(context_length_effective, context_length) AS context_length, gated, downloads, likes
    FROM models
    WHERE {demands}
    ORDER BY downloads DESC NULLS LAST, likes DESC NULLS LAST, repo_id
    LIMIT $limit
),

weight_formats AS (
    SELECT hub_id, string_agg(DISTINCT format, ', ' ORDER BY format) AS formats
    FROM files
    WHERE {weights} AND hub_id IN (SELECT hub_id FROM fitting)
    GROUP BY hub_id
)

SELECT
    fitting.repo_id, fitting.pipeline_tag, fitting.library_name, fitting.license, fitting.parameters,
    fitting.context_length, weight_formats.formats, fitting.gated, fitting.downloads, fitting.likes
FROM fitting
LEFT JOIN weight_formats ON weight_formats.hub_id = fitting.hub_id
ORDER BY fitting.downloads DESC NULLS LAST, fitting.likes DESC NULLS LAST, fitting.repo_id
"""


def find(
    con: DuckDBPyConnection,
    *,
    task: str | None = None,
    language: str | None = None,
    license: str | None = None,
    library: str | None = None,
    architecture: str | None = None,
    weights_format: str | None = None,
    min_params: int | str | None = None,
    max_params: int | str | None = None,
    min_context: int | None = None,
    fits: int | str | None = None,
    evaluated_on: str | None = None,
    gated: bool | None = None,
    safe_only: bool = False,
    limit: int = FOUND,
) -> pl.DataFrame:
    """Return the ``limit`` most downloaded models that meet every given criterion (None: no criterion).

    task: the Hub's pipeline_tag. language: a code among the tags. license: the Hub's tag, ``none`` for models without.
    library: library_name or a library among the tags. architecture: model_type, first architecture or diffusers
    pipeline class; from the Hub's excerpt if no config was read. weights_format: format of weights or of a framework
    export, such as ``gguf``. min_params, max_params: parameters, also as text such as ``7B``. min_context: positions
    that a model can use. fits: bytes of memory, also as text such as ``24GB``, that hold its weights and a fifth more
    (models.min_memory_bytes); never an adapter. evaluated_on: a dataset that it reports a result on, by id or name.
    gated: gated or not. safe_only: no weights that can contain a pickle, and no code from a repository.

    Comparisons ignore case. A model whose parameters, context, files or licence are unknown does not meet a criterion
    about them. Columns: repo_id, pipeline_tag, library_name, license, parameters, context_length,
    formats (of weights, joined with ', '), gated, downloads (30 days), likes.
    Raises UsageError for an unknown format or a limit below 1.
    """
    if limit < 1:
        raise UsageError(f"--limit must be at least 1, got {limit}")
    known = [row.name for row in FORMATS]
    if weights_format is not None and weights_format not in known:
        raise UsageError(f"unknown format of weights {weights_format!r} (formats: {', '.join(known)})")
    given: dict[str, str | int | None] = {
        "task": task, "language": language, "license": license, "library": library, "architecture": architecture,
        "weights_format": weights_format, "min_params": _count(min_params), "max_params": _count(max_params),
        "min_context": min_context, "fits": parse_bytes(fits) if isinstance(fits, str) else fits,
        "evaluated_on": evaluated_on, "gated": gated, "safe_only": safe_only or None,
    }  # fmt: skip
    bound = {name: value for name, value in given.items() if value is not None}
    demands = "\n        AND ".join(["TRUE", *(_DEMANDS[name] for name in bound)])
    return frame(con, _FITTING.format(demands=demands, weights=_WEIGHTS), bound | {"limit": limit})


def _count(given: int | str | None) -> int | None:
    return parse_count(given) if isinstance(given, str) else given


def parse_count(text: str) -> int:
    """Read a number of parameters or positions: ``7B``, ``350M``, ``1.5b``, ``128k`` (thousands), ``131072``.

    Raises UsageError for anything else.
    """
    match = _COUNT.fullmatch(text.strip())
    try:
        if match is not None:
            value = float(match[1].replace("_", "")) if "." in match[1] else int(match[1].replace("_", ""))
            return round(value * _POWERS[match[2].lower()])
    except ValueError:
        pass
    raise UsageError(f"expected a number such as 7B, 350M or 131072, got {text!r}")


def parse_bytes(text: str) -> int:
    """Read an amount of memory: ``24GB`` (decimal), ``24GiB`` (binary), ``512MB``. Raises UsageError otherwise."""
    match = _BYTES.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"expected an amount of memory such as 24GB or 512MB, got {text!r}")
    power = "kmgt".index(match[2].lower()) + 1
    unit = 1024.0 if match[3] else 1000.0
    return round(float(match[1]) * math.pow(unit, power))
