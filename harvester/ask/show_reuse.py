"""Sections of a model's page: measured weights, parents by source, whether it can be reused, conflicts.

A section without known facts is an empty text.
"""

from duckdb import DuckDBPyConnection

from harvester.ask.run import frame
from harvester.ask.text import count, fold, table
from harvester.terminal import printable

#: Weight files, parents and conflicts shown; the rest is counted.
SHOWN = 12

_WEIGHTS = """
SELECT path, format, variant, parameters, tensor_count AS tensors, status, reason, count(*) OVER () AS total
FROM weights WHERE hub_id = $hub_id ORDER BY path LIMIT $limit
"""
_PARENTS = """
SELECT parent, relation, source, parent_hub_id IS NOT NULL AS known, self_parent OR in_cycle AS circular,
    count(*) OVER () AS total
FROM lineage WHERE child_hub_id = $hub_id
ORDER BY list_position(['hub', 'tag', 'card', 'adapter_config', 'name_or_path'], source), parent LIMIT $limit
"""
_ROOTS = "SELECT root, depth FROM lineage_roots WHERE child_hub_id = $hub_id ORDER BY depth, root LIMIT $limit"
#: The verdict on the model ``$hub_id``.
MODEL_REUSE = """
SELECT modality, reusable, missing, loads_with, needs_remote_code, gated, unsafe_only, missing_shards, has_config,
    has_weights, has_tokenizer_config, has_vocabulary, has_processor
FROM reuse WHERE hub_id = $hub_id
"""
#: Disagreements about the model ``$hub_id``.
MODEL_CONFLICTS = """
SELECT kind, left_value, left_source, right_value, right_source, count(*) OVER () AS total
FROM conflicts WHERE hub_id = $hub_id ORDER BY ALL LIMIT $limit
"""


def weights_section(con: DuckDBPyConnection, hub_id: str, width: int | None) -> str:
    """The headers that were read (--with weights)."""
    return _listed(con, "Weights, measured in their headers", _WEIGHTS, hub_id, width)


def lineage_section(con: DuckDBPyConnection, hub_id: str, width: int | None) -> str:
    """The parents according to each source, and the root models."""
    body = _listed(con, "Parents by source", _PARENTS, hub_id, width)
    roots = frame(con, _ROOTS, {"hub_id": hub_id, "limit": SHOWN})
    if roots.height:
        ends = ", ".join(f"{printable(root)} ({count(depth)} levels up)" for root, depth in roots.iter_rows())
        body += f"  root models:  {ends}\n"
    return body


def reuse_section(con: DuckDBPyConnection, hub_id: str, width: int | None) -> str:
    """Whether the model can be used again, with what, and what to mind."""
    found = frame(con, MODEL_REUSE, {"hub_id": hub_id})
    if found.height == 0:
        return ""
    row = found.row(0, named=True)
    verdict = "complete" if row["reusable"] else f"missing: {', '.join(row['missing'] or [])}"
    lines = [f"Reuse (as {row['modality']}): {verdict}"]
    loaders = ", ".join(row["loads_with"] or []) or "nothing that is known"
    first, *more = fold(loaders, width - 14) if width is not None and width > 40 else [loaders]
    lines += [f"  loads with: {first}", *(" " * 14 + rest for rest in more)]
    minds = [
        *(["needs code from a repository"] if row["needs_remote_code"] else []),
        *([f"gated ({printable(row['gated'])})"] if row["gated"] not in (None, "false") else []),
        *(["all weights are in formats that can contain a pickle"] if row["unsafe_only"] else []),
        *([f"{count(row['missing_shards'])} shards are missing"] if row["missing_shards"] else []),
    ]
    lines += [f"  note: {mind}" for mind in minds]
    return "\n".join(lines) + "\n"


def conflicts_section(con: DuckDBPyConnection, hub_id: str, width: int | None) -> str:
    """Disagreements between sources."""
    return _listed(con, "Conflicts", MODEL_CONFLICTS, hub_id, width)


def _listed(con: DuckDBPyConnection, title: str, query: str, hub_id: str, width: int | None) -> str:
    rows = frame(con, query, {"hub_id": hub_id, "limit": SHOWN})
    if rows.height == 0:
        return ""
    total = rows["total"][0]
    more = f", the first {rows.height}" if total > rows.height else ""
    body = table(rows.drop("total"), None if width is None else width - 2)
    return "\n".join([f"{title} ({count(total)}{more})", *("  " + line for line in body.splitlines())]) + "\n"
