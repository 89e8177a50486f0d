"""An extracted document as rows of the lake tables its kind fills (without run_id). To add a kind, add a row below."""

import json
from collections.abc import Callable, Iterable

from harvester.extract.card import Card, read_card, read_card_data
from harvester.extract.document import extract_document
from harvester.extract.evaluations import EvaluationRow, file_rows
from harvester.extract.failure import extractor_error
from harvester.extract.kinds import CARD, EVAL_RESULTS, LICENSE
from harvester.extract.license_text import license_of_text
from harvester.extract.settings import yaml_value
from harvester.extract.version import EXTRACTOR_VERSION
from harvester.schema.rows import (
    Row,
    cards_row,
    configs_row,
    evaluations_row,
    fields_row,
    labels_row,
    license_texts_row,
)

#: Kind of the card data that comes with a manifest: extracted like a document, stored with the manifest.
CARD_DATA = "card_data"
Extracted = dict[str, list[Row]]


def extracted_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    """Extract one document into its rows, by table. Pure, never raises: an exception becomes an `invalid` row."""
    try:
        return _READERS.get(kind, _config_rows)(oid, kind, path, data)
    except Exception as error:
        return error_rows(oid, kind, extractor_error(error))


def error_rows(oid: bytes, kind: str, reason: str) -> Extracted:
    """Return the one row of a document whose extraction failed for a ``reason`` in the extractor."""
    if kind in (CARD.name, CARD_DATA):
        return _card_rows(oid, kind, Card(status="invalid", reason=reason))
    if kind == LICENSE.name:
        row = license_texts_row(
            oid=oid, extractor=EXTRACTOR_VERSION, license=None, title=None, status="invalid", reason=reason
        )
        return {"license_texts": [row]}
    config = configs_row(
        oid=oid, kind=kind, extractor=EXTRACTOR_VERSION, status="invalid", reason=reason, keep_bytes=False, typed={}
    )
    return {"configs": [config]}


def _config_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    found = extract_document(path, data)
    config = configs_row(
        oid=oid, kind=kind, extractor=EXTRACTOR_VERSION, status=found.status, reason=found.reason,
        keep_bytes=found.keep_bytes, typed=found.typed,
    )  # fmt: skip
    return {
        "configs": [config],
        "fields": [
            fields_row(oid=oid, kind=kind, field=field, type=type_, value=value, number=number)
            for field, type_, value, number in found.leaves
        ],
        "labels": [labels_row(oid=oid, kind=kind, label_id=label_id, label=label) for label_id, label in found.labels],
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
    row = cards_row(
        oid=oid, kind=kind, extractor=EXTRACTOR_VERSION, status=card.status, reason=card.reason,
        front_matter=card.front_matter, body_length=card.body_length, sections=card.sections, license=card.license,
        licenses=card.licenses, license_name=card.license_name, license_link=card.license_link,
        languages=[one.language for one in card.languages], language_codes=[one.code for one in card.languages],
        datasets=card.datasets, base_models=card.base_models, base_model_relation=card.base_model_relation,
        metrics=card.metrics, papers=papers, body_papers=body_papers, body_base_models=card.body_base_models,
        pipeline_tag=card.pipeline_tag, library_name=card.library_name, new_version=card.new_version,
        co2_grams=card.co2_grams, co2_source=card.co2_source, gate=card.gate,
    )  # fmt: skip
    return {"cards": [row], "evaluations": _evaluation_rows(oid, kind, card.evaluations)}


def _evaluation_rows(oid: bytes, kind: str, found: Iterable[EvaluationRow]) -> list[Row]:
    return [evaluations_row(oid=oid, kind=kind, place=place, result=one) for place, one in enumerate(found)]


def _eval_results_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    value, _ = yaml_value(data)
    return {**_config_rows(oid, kind, path, data), "evaluations": _evaluation_rows(oid, kind, file_rows(value))}


def _license_rows(oid: bytes, kind: str, path: str, data: bytes) -> Extracted:
    read = license_of_text(data)
    license, title = (None, None) if read is None else (read.license, read.title)
    row = license_texts_row(
        oid=oid, extractor=EXTRACTOR_VERSION, license=license, title=title, status="ok", reason=None
    )
    return {"license_texts": [row]}


_READERS: dict[str, Callable[[bytes, str, str, bytes], Extracted]] = {
    CARD.name: _readme_rows,
    CARD_DATA: _card_data_rows,
    LICENSE.name: _license_rows,
    EVAL_RESULTS.name: _eval_results_rows,
}
