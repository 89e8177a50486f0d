"""Which columns the answers in a journal have, and how to convert answers of another version.

Takes what a journal says about its layout, returns a function from its rows to rows of this version's tables. New
columns are NULL, removed columns are dropped; anything else that cannot be converted raises Unconvertible.
"""

from collections.abc import Callable, Mapping

import msgspec

from harvester import __version__
from harvester.lake.parts import TABLES, Rows

#: Version of the journal's own tables (`PRAGMA user_version`); 0 if none was recorded.
VERSION = 1
#: Columns of answers in journals that did not record them.
UNRECORDED = {
    "listing": "position requested_id observed_at hub_id repo_id author sha created_at last_modified pipeline_tag "
    "library_name tags base_models base_model_ids base_relation config_stub parameters_hub parameters_by_dtype_hub "
    "used_storage listed_files downloads downloads_all_time likes trending_score gated private disabled facts_hash "
    "names",
    "facts": "observed_at hub_id repo_id author sha created_at last_modified pipeline_tag library_name tags "
    "base_models base_model_ids base_relation config_stub parameters_hub parameters_by_dtype_hub used_storage "
    "listed_files facts_hash",
    "manifests": "hub_id repo_id sha fetched_at source file_count total_size used_storage card_data card_data_oid gguf",
    "files": "hub_id sha source path size oid sha256 xet_hash role format framework unsafe last_commit last_commit_at "
    "scan_status",
    "refs": "hub_id repo_id sha path kind oid fetched_at",
    "weights": "content format tensor_count parameters parameters_by_dtype elements_by_dtype metadata architecture "
    "context_length file_type header_bytes bytes_read status reason",
    "histories": "hub_id repo_id sha chain commits source whole fetched_at",
    "commits": "hub_id chain number commit title message authors committed_at on_main",
    "file_versions": "hub_id chain number path present size oid sha256 role format",
    "visits": "hub_id sha scope state credentials visited_at",
    "fetches": "hub_id requested_id repo_id sha item path outcome http_status attempts error fetched_at",
    "tombstones": "hub_id repo_id last_seen noticed_at cause renamed_to returned_at",
}


class Unconvertible(Exception):
    """An answer that cannot be converted to this version's tables; the message says why."""


class Layout(msgspec.Struct, frozen=True):
    """The columns of each table's rows, in their order, and the version of harvester that wrote them."""

    columns: dict[str, tuple[str, ...]]
    harvester_version: str = ""

    @classmethod
    def current(cls) -> "Layout":
        """Return this version's."""
        tables = TABLES.values()
        return cls({t.name: tuple(n for n in t.names if n != "run_id") for t in tables}, __version__)

    @classmethod
    def unrecorded(cls) -> "Layout":
        """Return that of journals which recorded none."""
        return cls({name: tuple(columns.split()) for name, columns in UNRECORDED.items()})


def converter(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> Callable[[Rows], Rows]:
    """Return what turns rows with the columns ``before`` into rows with the columns ``after``; raises Unconvertible."""

    def convert(rows: Rows) -> Rows:
        converted: Rows = {}
        for table, tuples in rows.items():
            if table not in before or table not in after:
                raise Unconvertible(f"this version has no table {table!r}")
            old = before[table]
            if any(len(row) != len(old) for row in tuples):
                raise Unconvertible(f"rows of {table!r} have not the {len(old)} columns they are said to have")
            places = [old.index(name) if name in old else None for name in after[table]]
            converted[table] = [tuple(None if n is None else row[n] for n in places) for row in tuples]
        return converted

    return convert
