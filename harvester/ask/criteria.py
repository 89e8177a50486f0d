"""The criteria of `find`: of each, a condition, and what a model has there in words. Runs nothing.

To add a criterion, add a row to ``CRITERIA``, an option in ``cli_ask.py`` and a parameter in ``find.py`` and
``catalogue.py``. A condition is TRUE, FALSE, or NULL if the fact is unknown; only TRUE meets it.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harvester.errors import UsageError
from harvester.extract.roles import FORMATS

_COUNT = re.compile(r"(\d+(?:[._]\d+)*)\s*([kmbt]?)", re.IGNORECASE)
_BYTES = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([kmgt])(i?)b", re.IGNORECASE)
_POWERS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
#: Classes of the macro `license_class` that can be demanded.
LICENSE_CLASSES = ("open", "restricted", "non-commercial", "none")

WEIGHTS = "role IN ('weights', 'framework_export')"
_STUB = "CASE WHEN json_valid(models.config_stub) THEN lower(json_extract_string(models.config_stub, '{}')) END"
_TYPE = f"coalesce(lower(models.model_type), {_STUB.format('$.model_type')})"
_CLASS = f"coalesce(lower(models.architecture), {_STUB.format('$.architectures[0]')})"
_CONTEXT = "coalesce(models.context_length_effective, models.context_length)"


@dataclass(frozen=True, slots=True)
class Source:
    """Facts about models from another table: columns, and a statement with one row per hub_id. {only} is a filter."""

    columns: tuple[str, ...]
    sql: str


SOURCES: Mapping[str, Source] = {
    "adapter": Source(
        ("adapter_file",),
        "SELECT DISTINCT hub_id, TRUE AS adapter_file FROM files WHERE path = 'adapter_config.json' {only}",
    ),
    "formats": Source(
        ("formats",),
        f"""SELECT hub_id, list(DISTINCT format ORDER BY format) AS formats FROM files WHERE {WEIGHTS} {{only}}
        GROUP BY hub_id""",
    ),
    "pickle": Source(
        ("pickle",), f"SELECT hub_id, bool_or(unsafe) AS pickle FROM files WHERE {WEIGHTS} {{only}} GROUP BY hub_id"
    ),
    "card": Source(("card_file",), "SELECT DISTINCT hub_id, TRUE AS card_file FROM files WHERE role = 'card' {only}"),
    "text": Source(("card_read",), "SELECT DISTINCT hub_id, TRUE AS card_read FROM cards WHERE TRUE {only}"),
    "reuse": Source(
        ("reusable", "lacks", "needs_code"),
        """SELECT hub_id, any_value(reusable) AS reusable, any_value(missing) AS lacks,
            bool_or(needs_remote_code) AS needs_code
        FROM reuse WHERE TRUE {only} GROUP BY hub_id""",
    ),
    "results": Source(
        ("datasets",),
        """SELECT hub_id, list_distinct(list(dataset) || list(dataset_name)) AS datasets
        FROM evaluations WHERE value IS NOT NULL {only} GROUP BY hub_id""",
    ),
}  # fmt: skip

#: Whether a model is an adapter, which needs its base model too. NULL: its file names are not known.
ADAPTER = """(CASE
    WHEN models.peft_type IS NOT NULL OR models.config_path = 'adapter_config.json' OR models.base_relation = 'adapter'
        OR models.adapter_file THEN TRUE
    WHEN models.file_count IS NOT NULL THEN FALSE END)"""
#: Whether loading a model runs code that comes with it. NULL: neither its file names nor its weights are known.
OWN_CODE = """(CASE
    WHEN models.names_code OR models.remote_code OR models.needs_code
        OR list_contains(models.tags, 'custom_code') THEN TRUE
    WHEN models.file_count IS NOT NULL OR models.pickle IS NOT NULL THEN FALSE END)"""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion: its condition on ``models``, and an expression that says what a model has (NULL: unknown)."""

    condition: str
    has: str
    #: What is demanded, where that is not the value itself.
    wants: str = "{}"
    #: The sources that either uses.
    needs: tuple[str, ...] = ()


CRITERIA: Mapping[str, Criterion] = {
    "task": Criterion("lower(models.pipeline_tag) = lower($task)", "models.pipeline_tag"),
    "language": Criterion(
        "CASE WHEN len(models.languages) > 0 THEN list_has_all(models.languages, $language) END",
        "nullif(array_to_string(models.languages, ', '), '')",
    ),
    "license": Criterion(
        "lower(coalesce(nullif(models.license, ''), 'none')) = lower($license)",
        "coalesce(models.license, 'none declared')",
    ),
    "license_class": Criterion(
        "nullif(license_class(models.license), 'unknown') = $license_class",
        "license_class(models.license) || coalesce(' (' || models.license || ')', '')",
    ),
    "library": Criterion(
        "lower(models.library_name) = lower($library) OR list_contains(models.tags, lower($library))",
        "models.library_name",
    ),
    "architecture": Criterion(
        f"""CASE WHEN lower($architecture) IN ({_TYPE}, {_CLASS}, lower(models.pipeline_class)) THEN TRUE
        WHEN coalesce({_TYPE}, {_CLASS}, models.pipeline_class) IS NOT NULL THEN FALSE END""",
        f"coalesce(models.architecture, models.pipeline_class, models.model_type, {_CLASS}, {_TYPE})",
    ),
    "min_params": Criterion("models.parameters >= $min_params", "format('{:,}', models.parameters)", "at least {:,}"),
    "max_params": Criterion("models.parameters <= $max_params", "format('{:,}', models.parameters)", "at most {:,}"),
    "min_context": Criterion(f"{_CONTEXT} >= $min_context", f"format('{{:,}}', {_CONTEXT})", "at least {:,}"),
    "weights_format": Criterion(
        """CASE WHEN list_contains(models.formats, $weights_format) THEN TRUE
        WHEN models.file_count IS NOT NULL OR models.formats IS NOT NULL THEN FALSE END""",
        "coalesce(array_to_string(models.formats, ', '), CASE WHEN models.file_count >= 0 THEN 'no weights' END)",
        needs=("formats",),
    ),
    # An adapter needs the memory of its base model too, which is not known here.
    "fits": Criterion(
        f"CASE WHEN NOT coalesce({ADAPTER}, FALSE) THEN models.min_memory_bytes <= $fits END",
        f"CASE WHEN NOT coalesce({ADAPTER}, FALSE) THEN format('{{:,}} bytes', models.min_memory_bytes) END",
        "at most {:,} bytes", ("adapter",),
    ),
    "evaluated_on": Criterion(
        """CASE WHEN len(list_filter(models.datasets, lambda name: lower(name) = lower($evaluated_on))) > 0 THEN TRUE
        WHEN models.card_read OR models.datasets IS NOT NULL THEN FALSE END""",
        """coalesce(
            array_to_string(list_sort(models.datasets), ', '), CASE WHEN models.card_read THEN 'no result reported' END
        )""",
        needs=("results", "text"),
    ),
    "updated_since": Criterion(
        "models.last_modified >= $updated_since", "strftime(models.last_modified, '%Y-%m-%d')", "{:%Y-%m-%d} or later"
    ),
    "gated": Criterion("(models.gated <> 'false') = $gated", "models.gated"),
    "safe_only": Criterion(
        f"$safe_only AND NOT {OWN_CODE} AND NOT models.pickle",
        f"""CASE WHEN {OWN_CODE} THEN 'runs code of the repository'
        WHEN models.pickle THEN 'weights can contain a pickle'
        WHEN NOT {OWN_CODE} AND NOT models.pickle THEN 'no code, no pickle' END""",
        "no code, no pickle", ("pickle", "reuse"),
    ),
    "no_adapter": Criterion(
        f"$no_adapter AND NOT coalesce({ADAPTER}, FALSE)",
        f"CASE WHEN {ADAPTER} THEN 'adapter' WHEN NOT {ADAPTER} THEN 'no adapter' END",
        "no adapter", ("adapter",),
    ),
}  # fmt: skip


def facts(needs: Iterable[str], only: str = "") -> str:
    """Return a FROM item ``models``: all models, or those of the table ``only``, with the columns of some sources."""
    chosen = f"AND hub_id IN (SELECT hub_id FROM {only})" if only else ""
    names = sorted(set(needs))
    columns = "".join(f", of_{name}.{column}" for name in names for column in SOURCES[name].columns)
    joins = "".join(
        f" LEFT JOIN ({SOURCES[name].sql.format(only=chosen)}) AS of_{name} ON of_{name}.hub_id = every.hub_id"
        for name in names
    )
    where = f" WHERE every.hub_id IN (SELECT hub_id FROM {only})" if only else ""
    return f"(SELECT every.*{columns} FROM models AS every{joins}{where}) AS models"


def known_format(name: str) -> str:
    """Return the name of a format of weights. Raises UsageError for any other."""
    known = [row.name for row in FORMATS]
    if name not in known:
        raise UsageError(f"unknown format of weights {name!r} (formats: {', '.join(known)})")
    return name


def known_class(name: str) -> str:
    """Return a class of licences. Raises UsageError for any other."""
    if name.lower() not in LICENSE_CLASSES:
        raise UsageError(f"unknown class of licences {name!r} (classes: {', '.join(LICENSE_CLASSES)})")
    return name.lower()


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
