"""The lineage that SQL cannot say: parents from every source, what a model descends from in the end, and circles.

The steps run after the SQL file each is named for, as those of ``derive``.
"""

import json
from collections.abc import Iterator

from harvester.catalogue.step import Row, Step
from harvester.extract.ancestry import circles, roots
from harvester.extract.card import Card
from harvester.extract.lineage import HubParent, edges, header_parents


def _lineage(row: Row) -> Iterator[Row]:
    (
        hub_id, repo_id, parents, parent_ids, relation, tags, card_parents, card_relation, body_parents, adapter_base,
        has_adapter, name_or_path, merged, headers,
    ) = row  # fmt: skip
    hub_ids = [*(parent_ids or []), *[None] * len(parents or [])]
    card = Card(
        status="ok", base_models=tuple(card_parents or ()), base_model_relation=card_relation,
        body_base_models=tuple(body_parents or ()),
    )  # fmt: skip
    weights = dict.fromkeys(parent for text in headers or () for parent in header_parents(json.loads(text)))
    for edge in edges(
        hub_id, repo_id, tags=tags or (), card=card, adapter_base=adapter_base, has_adapter_config=has_adapter,
        hub_parents=[HubParent(known, name) for known, name in zip(hub_ids, parents or [], strict=False)],
        hub_relation=relation, name_or_path=name_or_path, merged=merged or (), weights=weights,
    ):  # fmt: skip
        yield (
            edge.child_hub_id, edge.child, edge.parent, edge.parent_hub_id, edge.parent_kind, edge.relation,
            edge.source, edge.self_parent,
        )  # fmt: skip


def _roots(row: Row) -> Iterator[Row]:
    yield from roots((child, parent) for child, parent in row[0] or ())


def _circles(row: Row) -> Iterator[Row]:
    yield from circles((child, parent) for child, parent in row[0] or ())


_TEXT, _FLAG = "VARCHAR", "BOOLEAN"
LINEAGE_STEPS = (
    Step(
        "70_cards.sql",
        "base.said_lineage",
        (
            ("child_hub_id", _TEXT), ("child", _TEXT), ("parent", _TEXT), ("parent_hub_id", _TEXT),
            ("parent_kind", _TEXT), ("relation", _TEXT), ("source", _TEXT), ("self_parent", _FLAG),
        ),
        """
        WITH adapters AS (
            SELECT ref.model, any_value(doc.base_model_name_or_path) AS base
            FROM base.ref AS ref JOIN base.doc AS doc USING (doc) WHERE ref.path = 'adapter_config.json'
            GROUP BY ref.model
        ),
        loaded AS (
            SELECT ref.model, any_value(doc.name_or_path) AS name
            FROM base.ref AS ref JOIN base.doc AS doc USING (doc) WHERE ref.path = 'config.json' GROUP BY ref.model
        ),
        merged AS (
            SELECT ref.model, flatten(list(doc.merged_models ORDER BY ref.path)) AS names
            FROM base.ref AS ref JOIN base.doc AS doc USING (doc)
            WHERE doc.kind = 'mergekit_config' AND NOT contains(ref.path, '/') GROUP BY ref.model
        ),
        headers AS (
            SELECT weight.model, list(DISTINCT header.metadata) AS metadata
            FROM base.weight AS weight JOIN base.header AS header USING (content)
            WHERE header.format = 'gguf' AND regexp_matches(header.metadata, '"general[.](base_model|source)[.]')
            GROUP BY weight.model
        ),
        held AS (SELECT DISTINCT model FROM base.file WHERE path = 'adapter_config.json'),
        said AS (
            SELECT model, hub_id, repo_id, base_models, base_model_ids, base_relation,
                list_filter(tags, lambda tag: starts_with(tag, 'base_model:')) AS tags
            FROM base.fact
        )
        SELECT said.hub_id, said.repo_id, said.base_models, said.base_model_ids, said.base_relation, said.tags,
            card.base_models, card.base_model_relation, card.body_base_models, adapters.base, held.model IS NOT NULL,
            loaded.name, merged.names, list_sort(headers.metadata)
        FROM said
        LEFT JOIN base.card_at AS place USING (model)
        LEFT JOIN base.card AS card USING (card)
        LEFT JOIN adapters USING (model)
        LEFT JOIN loaded USING (model)
        LEFT JOIN held USING (model)
        LEFT JOIN merged USING (model)
        LEFT JOIN headers USING (model)
        WHERE len(said.base_models) > 0 OR len(said.tags) > 0 OR len(card.base_models) > 0
            OR len(card.body_base_models) > 0 OR adapters.base IS NOT NULL OR loaded.name IS NOT NULL
            OR len(merged.names) > 0 OR headers.model IS NOT NULL
        """,
        _lineage,
    ),
    # Only models that are parents themselves: what else was made from them follows in SQL.
    Step(
        "72_lineage.sql",
        "base.top",
        (("child", _TEXT), ("root", _TEXT), ("depth", "BIGINT")),
        """
        SELECT list([edge.child, edge.parent] ORDER BY edge.child, edge.parent)
        FROM base.followed AS edge SEMI JOIN base.followed AS below ON below.parent = edge.child
        """,
        _roots,
    ),
    # What any source says; on a circle every model is a parent and has one.
    Step(
        "72_lineage.sql",
        "base.circle",
        (("child", _TEXT), ("parent", _TEXT)),
        """
        WITH edge AS (
            SELECT DISTINCT child_hub_id AS child, parent_hub_id AS parent FROM base.parent
            WHERE parent_hub_id IS NOT NULL AND NOT self_parent
        )
        SELECT list([edge.child, edge.parent])
        FROM edge SEMI JOIN edge AS below ON below.parent = edge.child
        SEMI JOIN edge AS above ON above.child = edge.parent
        """,
        _circles,
    ),
)  # fmt: skip
