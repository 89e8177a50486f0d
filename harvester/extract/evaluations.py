"""Evaluation results, one row per metric value, whatever format they have.

They are in a card's ``model-index``, or in the Hub's own places: ``.eval_results/*.yaml`` and ``evalResults``.
"""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import inf, isfinite

from harvester.extract.front_matter import Number, Yaml, excerpt, text_of

#: Most rows per card; the largest genuine ones (multilingual retrieval benchmarks) have about 6,000.
MAX_ROWS = 50_000
#: Characters kept of any one text.
MAX_TEXT = 1000
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?![\d-])")


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One row of ``evaluations``; the meaning of each field is in ``schema/reuse_tables.py``."""

    model_name: str | None
    task: str | None
    dataset: str | None
    dataset_name: str | None
    dataset_config: str | None
    dataset_split: str | None
    metric: str | None
    metric_name: str | None
    value: str | None
    number: float | None
    verified: bool | None
    source: str
    source_name: str | None
    source_url: str | None
    source_user: str | None = None
    date: str | None = None
    dataset_revision: str | None = None
    notes: str | None = None
    pull_request: int | None = None
    path: str | None = None
    error: str | None = None


def rows(index: Yaml, source: str) -> list[EvaluationRow]:
    """The rows of a ``model-index``: a list of models or a single one, ``results`` and ``metrics`` a list or a mapping.

    ``source`` says where the index was read (``card``, ``hub``). Parts that are neither list nor mapping make no rows.
    """
    return list(islice(_rows(index, source), MAX_ROWS))


def file_rows(value: Yaml, path: str | None = None) -> list[EvaluationRow]:
    """The rows of one file ``.eval_results/*.yaml``: a list of entries, or a single one."""
    made = (_entry(item, "file", path, None) for item in _items(value))
    return list(islice((row for row in made if row is not None), MAX_ROWS))


def hub_rows(value: Yaml) -> list[EvaluationRow]:
    """The rows of the Hub's ``evalResults``; an entry that the Hub could not read is a row with its ``error``."""
    found: list[EvaluationRow] = []
    for item in islice(_items(value), MAX_ROWS):
        error, data = _text(item.get("error")), item.get("data")
        row = _entry(data if isinstance(data, dict) else {}, "hub", _text(item.get("filename")), error)
        if row is not None:
            verified, number = item.get("verified"), item.get("pullRequest")
            is_number = isinstance(number, int) and not isinstance(number, bool) and abs(number) < 1 << 31
            found.append(
                replace(
                    row,
                    verified=verified if isinstance(verified, bool) else None,
                    pull_request=number if is_number else None,
                )
            )
    return found


def _entry(entry: dict[str, Yaml], source: str, path: str | None, error: str | None) -> EvaluationRow | None:
    """One result as the Hub writes it; None where it says nothing at all."""
    dataset, origin = _mapping(entry.get("dataset"), "id"), _mapping(entry.get("source"), "url")
    value, name = entry.get("value"), _text(dataset.get("id"))
    if name is None and value is None and error is None:
        return None
    return EvaluationRow(
        model_name=None,
        task=_text(dataset.get("task_id")),
        dataset=name,
        dataset_name=None,
        dataset_config=_text(dataset.get("config")),
        dataset_split=_text(dataset.get("split")),
        metric=None,
        metric_name=None,
        value=None if value is None else (_text(value) or excerpt(value, MAX_TEXT)),
        number=number_of(value),
        verified=True if _text(entry.get("verifyToken")) else None,
        source=source,
        source_name=_text(origin.get("name")),
        source_url=_text(origin.get("url")),
        source_user=_text(origin.get("user")) or _text(origin.get("org")),
        date=_date(entry.get("date")),
        dataset_revision=_text(dataset.get("revision")),
        notes=_text(entry.get("notes")),
        path=path,
        error=error,
    )


def _date(value: Yaml) -> str | None:
    """The day of an ISO date or time, as ISO text; None for any other."""
    text = (text_of(value) or "").strip()
    try:
        return dt.date.fromisoformat(text[:10]).isoformat() if _DAY.match(text) else None
    except ValueError:
        return None


def _rows(index: Yaml, source: str) -> Iterator[EvaluationRow]:
    for model in _items(index):
        for result in _items(model.get("results")):
            task = _mapping(result.get("task"), "type")
            dataset = _mapping(result.get("dataset"), "type")
            origin = _mapping(result.get("source"), "name")
            for metric in _metrics(result.get("metrics")):
                value = metric.get("value")
                yield EvaluationRow(
                    model_name=_text(model.get("name")),
                    task=_text(task.get("type")) or _text(task.get("name")),
                    dataset=_text(dataset.get("type")) or _text(dataset.get("name")),
                    dataset_name=_text(dataset.get("name")),
                    dataset_config=_text(dataset.get("config")) or _text(dataset.get("args")),
                    dataset_split=_text(dataset.get("split")),
                    metric=_text(metric.get("type")) or _text(metric.get("name")),
                    metric_name=_text(metric.get("name")),
                    value=None if value is None else (_text(value) or excerpt(value, MAX_TEXT)),
                    number=number_of(value),
                    verified=verified if isinstance(verified := metric.get("verified"), bool) else None,
                    source=source,
                    source_name=_text(origin.get("name")),
                    source_url=_text(origin.get("url")),
                )


def number_of(value: Yaml) -> float | None:
    """A value as a double: a number, or text that is one and nothing else (``84.5`` but not ``84.5%``).

    None for what is not finite: it would spoil every mean.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, Number):
        number = value.value
    elif isinstance(value, int):
        # An integer of hundreds of digits has no double.
        number = float(value) if abs(value) < 1 << 1000 else inf
    elif isinstance(value, str) and len(value) < 60:
        try:
            number = float(value.strip())
        except ValueError:
            return None
    else:
        number = value if isinstance(value, float) else inf
    return number if isfinite(number) else None


def _items(value: Yaml) -> list[dict[str, Yaml]]:
    """The mappings in a list; a mapping counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _metrics(value: Yaml) -> list[dict[str, Yaml]]:
    """The metrics of a result; a mapping that names none names them by its keys (``accuracy: 0.9``)."""
    found: list[dict[str, Yaml]] = []
    for item in _items(value):
        if any(key in item for key in ("type", "name", "value")):
            found.append(item)
        else:
            found += [{"type": name, "value": number} for name, number in item.items()]
    return found


def _mapping(value: Yaml, key: str) -> dict[str, Yaml]:
    """A mapping; a string counts as its ``key``, a list as its first item."""
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {key: value}


def _text(value: Yaml) -> str | None:
    if isinstance(value, (dict, list)):
        return excerpt(value, MAX_TEXT) if value else None
    # White space at the start is no more than what is kept; the value may be megabytes, and occur in many rows.
    text = text_of(value[: 2 * MAX_TEXT] if isinstance(value, str) else value)
    return text.strip()[:MAX_TEXT] or None if text else None
