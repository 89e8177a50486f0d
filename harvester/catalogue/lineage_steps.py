"""The lineage that SQL cannot compute: which models a text names, the roots of a model, and cycles.

The steps run after the SQL file each is named for, as those of ``python_steps``.
"""

import json
from collections.abc import Iterator

from harvester.catalogue.step import Row, Step
from harvester.extract.ancestry import circles, roots
from harvester.extract.ids import current_name, references
from harvester.extract.lineage import header_parents


def _references(row: Row) -> Iterator[Row]:
    text: str = row[0]
    yield from (
        (text, part, one.name, one.kind, current_name(one.name).lower()) for part, one in enumerate(references(text))
    )


def _header_parents(row: Row) -> Iterator[Row]:
    content, metadata = row
    for place, (text, relation) in enumerate(header_parents(json.loads(metadata))):
        yield content, metadata, text, relation, place


def _roots(row: Row) -> Iterator[Row]:
    yield from roots((child, parent) for child, parent in row[0] or ())


def _cycles(row: Row) -> Iterator[Row]:
    yield from circles((child, parent) for child, parent in row[0] or ())


_TEXT = "VARCHAR"
LINEAGE_STEPS = (
    Step(
        "70_cards.sql",
        "base.header_parent",
        (("content", "BLOB"), ("metadata", _TEXT), ("text", _TEXT), ("relation", _TEXT), ("place", "INTEGER")),
        """
        SELECT content, metadata FROM base.header
        WHERE format = 'gguf' AND regexp_matches(metadata, '"general[.](base_model|source)[.]')
        """,
        _header_parents,
    ),
    # Each text is read once, however many models name their parent by it.
    Step(
        "71_claims.sql",
        "base.reference",
        (("text", _TEXT), ("part", "INTEGER"), ("name", _TEXT), ("kind", _TEXT), ("key", _TEXT)),
        "SELECT DISTINCT text FROM base.claim",
        _references,
    ),
    # Only models that are parents themselves: what else was made from them follows in SQL.
    Step(
        "72_lineage.sql",
        "base.parent_root",
        (("child", _TEXT), ("root", _TEXT), ("depth", "BIGINT")),
        """
        SELECT list([edge.child, edge.parent] ORDER BY edge.child, edge.parent)
        FROM base.main_edge AS edge SEMI JOIN base.main_edge AS below ON below.parent = edge.child
        """,
        _roots,
    ),
    # What any source says; on a circle every model is a parent and has one.
    Step(
        "72_lineage.sql",
        "base.cycle_edge",
        (("child", _TEXT), ("parent", _TEXT)),
        """
        WITH edge AS (
            SELECT DISTINCT child_hub_id AS child, parent_hub_id AS parent FROM base.edge
            WHERE parent_hub_id IS NOT NULL AND NOT self_parent
        )
        SELECT list([edge.child, edge.parent])
        FROM edge SEMI JOIN edge AS below ON below.parent = edge.child
        SEMI JOIN edge AS above ON above.child = edge.parent
        """,
        _cycles,
    ),
)  # fmt: skip
