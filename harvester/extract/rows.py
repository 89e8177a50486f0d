"""An extracted document as rows of the lake tables its kind fills (without run_id). To add a kind, add a row below."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from harvester.extract.card import Card, read_card, read_card_data
from harvester.extract.document import extract_document
from harvester.extract.evaluations import EvaluationRow, file_rows
from harvester.extract.failure import extractor_error
from harvester.extract.kinds import CARD, EVAL_RESULTS, LICENSE
from harvester.extract.license_text import license_of_text
from harvester.extract.settings import yaml_value
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.schema.config_columns import CONFIG_COLUMNS

#: Kind of the card data that comes with a manifest: extracted like a document, stored with the manifest.
CARD_DATA = "card_data"
Extracted = dict[str, list[tuple[Any, ...]]]
_TYPED = tuple(column.name for column in CONFIG_COLUMNS)


def extracted_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    """Extract one document into its rows, by table. Pure, never raises: an exception becomes an `invalid` row."""
    try:
        return _READERS.get(kind, _config_rows)(oid, kind, path, data)
    except Exception as error:
        return error_rows(oid, kind, extractor_error(error))


def error_rows(oid: bytes, kind: str, reason: str) -> Extracted:
    """Return the one row of a document whose extraction failed for a ``reason`` that lies with the extractor."""
    if kind in (CARD.name, CARD_DATA):
        return _card_rows(oid, kind, Card(status="invalid", reason=reason))
    if kind == LICENSE.name:
        return {"license_texts": [(oid, EXTRACTOR_VERSION, None, None, "invalid", reason)]}
    return {"configs": [(oid, kind, EXTRACTOR_VERSION, "invalid", reason, False, *(None for _ in _TYPED))]}


def _config_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    found = extract_document(path, data)
    typed = found.typed
    config = (
        oid, kind, EXTRACTOR_VERSION, found.status, found.reason, found.keep_bytes, *(typed.get(c) for c in _TYPED)
    )  # fmt: skip
    return {
        "configs": [config],
        "fields": [(oid, kind, *leaf) for leaf in found.leaves],
        "labels": [(oid, kind, label_id, label) for label_id, label in found.labels],
    }


def _readme_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    return _card_rows(oid, kind, read_card(data))


def _card_data_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        return _card_rows(oid, kind, Card(status="invalid", reason=f"not JSON: {error}"[:300]))
    if not isinstance(value, dict):
        return _card_rows(oid, kind, Card(status="not_object", reason=f"card data is a {type(value).__name__}"))
    return _card_rows(oid, kind, read_card_data(value))


def _card_rows(oid: bytes, kind: str, card: Card) -> Extracted:
    papers = [f"{paper.kind}:{paper.paper}" for paper in card.papers if paper.source != "card_body"]
    body_papers = [f"{paper.kind}:{paper.paper}" for paper in card.papers if paper.source == "card_body"]
    row = (
        oid, kind, EXTRACTOR_VERSION, card.status, card.reason, card.front_matter, card.body_length,
        None if card.sections is None else list(card.sections), card.license, list(card.licenses), card.license_name,
        card.license_link, [one.language for one in card.languages], [one.code for one in card.languages],
        list(card.datasets), list(card.base_models), card.base_model_relation, list(card.metrics), papers, body_papers,
        list(card.body_base_models), card.pipeline_tag, card.library_name, card.new_version, card.co2_grams,
        card.co2_source, card.gate,
    )  # fmt: skip
    return {"cards": [row], "evaluations": _evaluation_rows(oid, kind, card.evaluations)}


def _evaluation_rows(oid: bytes, kind: str, found: Iterable[EvaluationRow]) -> list[tuple[Any, ...]]:
    return [
        (
            oid, kind, place, one.model_name, one.task, one.dataset, one.dataset_name, one.dataset_config,
            one.dataset_split, one.metric, one.metric_name, one.value, one.number, one.verified, one.source_name,
            one.source_url, one.source_user, one.date, one.dataset_revision, one.notes,
        )
        for place, one in enumerate(found)
    ]  # fmt: skip


def _eval_results_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    value, _ = yaml_value(data)
    return {**_config_rows(oid, kind, path, data), "evaluations": _evaluation_rows(oid, kind, file_rows(value))}


def _license_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    read = license_of_text(data)
    return {"license_texts": [(oid, EXTRACTOR_VERSION, read and read.license, read and read.title, "ok", None)]}


_READERS: dict[str, Callable[[bytes, str, str, bytes], Extracted]] = {
    CARD.name: _readme_rows,
    CARD_DATA: _card_data_rows,
    LICENSE.name: _license_rows,
    EVAL_RESULTS.name: _eval_results_rows,
}
