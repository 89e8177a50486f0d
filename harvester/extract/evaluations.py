"""The evaluation results of a card's ``model-index``, one row a metric value; whatever shape its author gave it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite

from harvester.extract.front_matter import Number, Yaml, excerpt, text_of

#: Rows kept of one card; the largest genuine ones (multilingual retrieval benchmarks) hold some 6,000.
MAX_ROWS = 50_000
#: Characters kept of any one text.
MAX_TEXT = 1000


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


def rows(index: Yaml, source: str) -> list[EvaluationRow]:
    """The rows of a ``model-index``: a list of models or a single one, ``results`` and ``metrics`` a list or a mapping.

    ``source`` tells where the index was read (``card``, ``hub``). Parts that are neither list nor mapping make no rows.
    """
    found: list[EvaluationRow] = []
    for row in _rows(index, source):
        found.append(row)
        if len(found) == MAX_ROWS:
            break
    return found


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
    """The mappings in a list; a mapping stands for a list of one."""
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
    """A mapping; a bare word stands for its ``key``, a list for its first item."""
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else {key: value}


def _text(value: Yaml) -> str | None:
    if isinstance(value, (dict, list)):
        return excerpt(value, MAX_TEXT) if value else None
    # White space at the start is no more than what is kept; the value may be megabytes, and stand in many rows.
    text = text_of(value[: 2 * MAX_TEXT] if isinstance(value, str) else value)
    return text.strip()[:MAX_TEXT] or None if text else None
