"""Which rows of the lake still count after parts were lost, as SQL conditions; without a loss, all of them.

A visit may have rows in several batches. If one of them is lost, the visit no longer counts as complete, and the model
is visited again: documents and manifests that still exist cost no request.
"""

from collections.abc import Sequence

from harvester.lake.duck import quoted
from harvester.lake.parts import GROUPS, Loss

#: Tables whose loss leaves a hole in a history: its commits and files, and the documents of its commits.
_OF_HISTORIES = frozenset(table for table, group in GROUPS.items() if group in ("history", "document"))

_WITH_MANIFEST = "(hub_id, sha) IN (SELECT (hub_id, sha) FROM lake_manifests)"
_WITH_FILES = """(hub_id, sha) IN (
    SELECT (manifests.hub_id, manifests.sha) FROM lake_manifests AS manifests
    LEFT JOIN (
        SELECT hub_id, sha, count(DISTINCT path) AS files FROM lake_files WHERE source <> 'listing' GROUP BY hub_id, sha
    ) AS stored USING (hub_id, sha)
    WHERE coalesce(stored.files, 0) >= manifests.file_count
)"""
_KNOWN = """(oid, kind) IN (
    SELECT (oid, kind) FROM (
        SELECT oid, kind FROM lake_configs UNION SELECT oid, kind FROM lake_cards
        UNION SELECT oid, 'license' AS kind FROM lake_license_texts
    ) SEMI JOIN lake_documents USING (oid)
)"""


def valid_visits(losses: Sequence[Loss]) -> str:
    """Return the condition for rows of `visits` (named ``visits``)."""
    if not losses:
        return "true"
    files = _WITH_FILES if any("files" in loss.tables for loss in losses) else _WITH_MANIFEST
    newest = max(loss.at for loss in losses)
    return (
        f"CASE WHEN scope IN ('files', 'dates') THEN {files} "
        f"WHEN scope = 'history' THEN {_not_lost(losses, 'visited_at')} "
        f"ELSE epoch_us(visited_at) > {newest} END"
    )


def valid_histories(losses: Sequence[Loss]) -> str:
    """Return the condition for rows of `histories`."""
    return _not_lost(losses, "fetched_at")


def valid_refs(losses: Sequence[Loss]) -> str:
    """Return the condition for rows of `refs`: the document is still there."""
    return _KNOWN if losses else "true"


def _not_lost(losses: Sequence[Loss], column: str) -> str:
    conditions = []
    for loss in losses:
        if not _OF_HISTORIES.intersection(loss.tables):
            continue
        runs = f" AND run_id IN ({', '.join(map(quoted, loss.run_ids))})" if loss.run_ids else ""
        conditions.append(f"(epoch_us({column}) <= {loss.at}{runs})")
    return f"NOT ({' OR '.join(conditions)})" if conditions else "true"
