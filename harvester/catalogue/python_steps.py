"""Steps of the build that SQL cannot do: the extractors' results for tags and names, as tables.

A step runs after the SQL file it is named for.
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from harvester.catalogue.lineage_steps import LINEAGE_STEPS
from harvester.catalogue.step import Row, Step, make
from harvester.extract.card_body import paper_of
from harvester.extract.evaluations import hub_rows
from harvester.extract.flatten import LABEL_MAPS, large_leaves
from harvester.extract.ids import dataset_name
from harvester.extract.label_changes import LabelSide, MapLeaf, label_changes
from harvester.extract.languages import in_tags
from harvester.extract.resaved import LOOKED_AT, Leaf, unmeant
from harvester.extract.variants import companions, variant_of
from harvester.extract.weights.components import components_of
from harvester.extract.weights.header import WeightHeader
from harvester.extract.weights.sets import chosen_sets, model_parameters, weight_sets
from harvester.lake.duck import quoted


def run_steps(con: duckdb.DuckDBPyConnection, after: str, scratch: Path) -> None:
    """Make the tables that follow a SQL file in the current database of ``con``."""
    for step in STEPS:
        if step.after == after:
            make(con, step, scratch)


def _tag_facts(row: Row) -> Iterator[Row]:
    tag: str = row[0]
    prefix, _, value = tag.partition(":")
    if prefix == "license" and value:
        yield tag, "license", value, None
    elif prefix == "dataset":
        name = dataset_name(value)
        if name:
            yield tag, "dataset", name, None
    elif prefix in ("arxiv", "doi"):
        paper = paper_of(value, "tag")
        if paper:
            yield tag, paper.kind, paper.paper, None
    else:
        kind = "language" if in_tags([tag]) else "doubtful_language"
        yield from ((tag, kind, found.language, found.code) for found in in_tags([tag], doubtful=True))


def _hub_evaluations(row: Row) -> Iterator[Row]:
    models, text = row
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    for model, one in product(models, list(hub_rows(value))):
        yield (
            model, one.task, one.dataset, one.dataset_config, one.dataset_split, one.value, one.number, one.verified,
            one.source_name, one.source_url, one.source_user, one.date, one.dataset_revision, one.notes,
            one.pull_request, one.path, one.error,
        )  # fmt: skip


def _variants(row: Row) -> Iterator[Row]:
    yield row[0], variant_of(row[0])


def _large_leaves(row: Row) -> Iterator[Row]:
    doc, data = row
    yield from ((doc, field, digest) for field, digest in large_leaves(data))


def _map_changes(row: Row) -> Iterator[Row]:
    old_doc, new_doc, old, new, old_labels, new_labels = row
    for found in label_changes(_side(old, old_labels), _side(new, new_labels)):
        yield old_doc, new_doc, found.kind, found.field, found.change, found.old, found.new, found.noise


def _resaved_fields(row: Row) -> Iterator[Row]:
    old_doc, new_doc, old, new = row
    for field in unmeant((Leaf(**leaf) for leaf in old), (Leaf(**leaf) for leaf in new)):
        yield old_doc, new_doc, field


def _side(leaves: list[dict[str, Any]] | None, labels: list[dict[str, Any]] | None) -> LabelSide:
    return LabelSide(
        tuple(MapLeaf(**leaf) for leaf in leaves or ()),
        tuple((label["label_id"], label["label"]) for label in labels or ()),
    )


def _counted_weights(row: Row) -> Iterator[Row]:
    model, files, held_headers, adapter, indices, hub_elements = row
    headers = {held["path"]: _header(held) for held in held_headers}
    found = model_parameters(
        weight_sets(((file["path"], file["size"]) for file in files), headers, hub_elements),
        headers,
        components_of((file["path"] for file in files), ((index["path"], index["bytes"]) for index in indices or ())),
        adapter=adapter,
    )
    yield model, found.parameters, list(found.paths), found.reason


def _main_weight_set(row: Row) -> Iterator[Row]:
    model, files, adapter, indices = row
    chosen = chosen_sets(
        weight_sets((file["path"], file["size"]) for file in files),
        components_of((file["path"] for file in files), ((index["path"], index["bytes"]) for index in indices or ())),
        adapter=adapter,
    )
    if chosen and not any(one.missing for one in chosen):
        yield model, sum(one.size for one in chosen)


def _header(held: dict[str, Any]) -> WeightHeader:
    return WeightHeader(
        format=held["format"], status=held["status"], reason=held["reason"], parameters=held["parameters"],
        elements_by_dtype=json.loads(held["elements"] or "{}"), tensor_names=tuple(json.loads(held["names"] or "[]")),
    )  # fmt: skip


def _companions(row: Row) -> Iterator[Row]:
    model, files = row
    yield from ((model, path) for path in sorted(companions((file["path"], file["size"]) for file in files)))


_TEXT, _FLAG = "VARCHAR", "BOOLEAN"
STEPS = (
    *LINEAGE_STEPS,
    Step(
        "60_ledger.sql",
        "base.hub_evaluation",
        (
            ("model", "INTEGER"), ("task", _TEXT), ("dataset", _TEXT), ("dataset_config", _TEXT),
            ("dataset_split", _TEXT), ("value", _TEXT), ("number", "DOUBLE"), ("verified", _FLAG),
            ("source_name", _TEXT), ("source_url", _TEXT), ("source_user", _TEXT), ("date", _TEXT),
            ("dataset_revision", _TEXT), ("notes", _TEXT), ("pull_request", "INTEGER"), ("path", _TEXT),
            ("error", _TEXT),
        ),
        """
        SELECT list(model), eval_results FROM base.fact
        WHERE eval_results IS NOT NULL AND eval_results <> '[]' GROUP BY eval_results
        """,
        _hub_evaluations,
    ),
    Step(
        "45_weights.sql",
        "base.variant",
        (("path", _TEXT), ("variant", _TEXT)),
        # A name with a variant contains a digit, or one of these words.
        """
        SELECT DISTINCT path FROM base.file
        WHERE role IN ('weights', 'framework_export')
            AND regexp_matches(path, '(?i)[0-9]|half|gptq|awq|quanti[sz]ed')
        """,
        _variants,
    ),
    Step(
        "45_weights.sql",
        "base.companion",
        (("model", "INTEGER"), ("path", _TEXT)),
        """
        SELECT model, list({'path': path, 'size': size}) FROM base.file
        SEMI JOIN (
            SELECT model FROM base.file
            WHERE format = 'gguf' AND regexp_matches(
                lower(parse_filename(path)), 'proj|mtp|nextn|eagle|dflash|draft|medusa|speculator|assistant'
            )
        ) AS named USING (model)
        WHERE format = 'gguf' AND role = 'weights' GROUP BY model
        """,
        _companions,
    ),
    Step(
        "45_weights.sql",
        "base.counted_weights",
        (("model", "INTEGER"), ("parameters", "BIGINT"), ("paths", "VARCHAR[]"), ("reason", _TEXT)),
        # The indices beside the weights, as in the crawl.
        """
        WITH indexed AS (
            SELECT weight.model, list({'path': weight.path, 'bytes': document.bytes}) AS indices
            FROM base.weight AS weight JOIN base.document AS document ON document.oid = weight.content
            WHERE weight.path IN ('model_index.json', 'modules.json') GROUP BY weight.model
        ),
        headed AS (
            SELECT weight.model, list({'path': weight.path, 'format': header.format, 'status': header.status,
                'reason': header.reason, 'parameters': header.parameters, 'elements': header.elements_by_dtype,
                'names': header.tensor_names}) AS headers
            FROM base.weight AS weight JOIN base.header AS header USING (content) GROUP BY weight.model
        ),
        held AS (SELECT model, list({'path': path, 'size': size}) AS files FROM base.weight GROUP BY model),
        adapters AS (SELECT DISTINCT model FROM base.file WHERE path = 'adapter_config.json'),
        reported AS (
            SELECT key.model, arg_max(facts.parameters_hub, facts.observed_at) AS elements
            FROM lake_facts AS facts JOIN base.model_key AS key USING (hub_id) GROUP BY key.model
        )
        SELECT headed.model, held.files, headed.headers, adapters.model IS NOT NULL, indexed.indices, reported.elements
        FROM headed JOIN held USING (model) LEFT JOIN indexed USING (model) LEFT JOIN adapters USING (model)
        LEFT JOIN reported USING (model)
        """,
        _counted_weights,
    ),
    # Models with several sets of weights, one of which counts.
    Step(
        "46_headers.sql",
        "base.main_weight_set",
        (("model", "INTEGER"), ("size", "BIGINT")),
        """
        WITH held AS (
            SELECT model, list({'path': path, 'size': size}) AS files
            FROM base.file
            SEMI JOIN (SELECT model FROM base.weight_count WHERE sets > 1 OR NOT plain) AS several USING (model)
            WHERE role = 'weights' OR path IN ('model_index.json', 'modules.json')
                OR contains(path, '.safetensors.index.')
            GROUP BY model
        ),
        indexed AS (
            SELECT ref.model, list({'path': ref.path, 'bytes': document.bytes}) AS indices
            FROM base.ref AS ref JOIN base.document AS document USING (oid)
            WHERE ref.path IN ('model_index.json', 'modules.json') GROUP BY ref.model
        ),
        adapters AS (SELECT DISTINCT model FROM base.file WHERE path = 'adapter_config.json')
        SELECT held.model, held.files, adapters.model IS NOT NULL, indexed.indices
        FROM held LEFT JOIN indexed USING (model) LEFT JOIN adapters USING (model)
        """,
        _main_weight_set,
    ),
    Step(
        "82_document_steps.sql",
        "base.large_leaf",
        (("doc", "INTEGER"), ("field", _TEXT), ("digest", _TEXT)),
        """
        SELECT doc.doc, doc.oid FROM base.doc AS doc
        SEMI JOIN (SELECT old_doc AS doc FROM base.doc_pair UNION SELECT new_doc FROM base.doc_pair) AS paired
            USING (doc)
        WHERE doc.keep_bytes
        """,
        _large_leaves,
        reads=True,
    ),
    Step(
        "82_document_steps.sql",
        "base.map_change",
        (
            ("old_doc", "INTEGER"), ("new_doc", "INTEGER"), ("kind", _TEXT), ("field", _TEXT), ("change", _TEXT),
            ("old", _TEXT), ("new", _TEXT), ("noise", _FLAG),
        ),
        # Steps in which a map of either document is not as it is in the other.
        f"""
        WITH paired AS (SELECT old_doc AS doc FROM base.doc_pair UNION SELECT new_doc FROM base.doc_pair),
        maps AS (
            SELECT leaf.doc, leaf.field, leaf.type, leaf.value, large.digest
            FROM base.leaf AS leaf SEMI JOIN paired USING (doc)
            LEFT JOIN base.large_leaf AS large ON large.doc = leaf.doc AND large.field = leaf.field
            WHERE regexp_matches(leaf.field, {quoted(LABEL_MAPS)})
        ),
        reported AS (
            SELECT doc,
                list({{'field': field, 'type': type, 'value': value, 'digest': digest}} ORDER BY field) AS leaves
            FROM maps GROUP BY doc
        ),
        labels AS (
            SELECT doc, list({{'label_id': label_id, 'label': label}} ORDER BY label_id) AS labels
            FROM base.label SEMI JOIN reported USING (doc) GROUP BY doc
        )
        SELECT pair.old_doc, pair.new_doc, old.leaves, new.leaves, old_labels.labels, new_labels.labels
        FROM base.doc_pair AS pair
        LEFT JOIN reported AS old ON old.doc = pair.old_doc
        LEFT JOIN reported AS new ON new.doc = pair.new_doc
        LEFT JOIN labels AS old_labels ON old_labels.doc = pair.old_doc
        LEFT JOIN labels AS new_labels ON new_labels.doc = pair.new_doc
        WHERE old.leaves IS DISTINCT FROM new.leaves
        """,
        _map_changes,
    ),
    Step(
        "60_ledger.sql",
        "base.tag_meaning",
        (("tag", _TEXT), ("kind", _TEXT), ("value", _TEXT), ("code", _TEXT)),
        """
        SELECT DISTINCT tag FROM (SELECT unnest(tags) AS tag FROM base.model)
        WHERE length(tag) IN (2, 3) OR regexp_matches(tag, '^(license|dataset|arxiv|doi|language):')
        """,
        _tag_facts,
    ),
    Step(
        "82_field_steps.sql",
        "base.resaved_field",
        (("old_doc", "INTEGER"), ("new_doc", "INTEGER"), ("field", _TEXT)),
        # All leaves of both documents, where a field that moved is among those that differ.
        f"""
        WITH looked_at AS (
            SELECT DISTINCT old_doc, new_doc FROM base.field_step WHERE regexp_matches(field, {quoted(LOOKED_AT)})
        ),
        reported AS (
            SELECT doc, list({{'field': field, 'type': type, 'value': value}}) AS leaves
            FROM base.leaf
            SEMI JOIN (SELECT old_doc AS doc FROM looked_at UNION SELECT new_doc FROM looked_at) AS paired USING (doc)
            WHERE NOT regexp_matches(field, {quoted(LABEL_MAPS)}) GROUP BY doc
        )
        SELECT pair.old_doc, pair.new_doc, old.leaves, new.leaves
        FROM looked_at AS pair
        JOIN reported AS old ON old.doc = pair.old_doc JOIN reported AS new ON new.doc = pair.new_doc
        """,
        _resaved_fields,
    ),
)  # fmt: skip
