"""How each table of the catalogue is carried forward when the lake got new parts: one row a table.

The SQL files are written for the whole lake, and a full build runs them as they are. An update runs the same
statements, each over the part of the lake that its rule names, and puts the outcome in the place of the old rows. To
add a table: write its statement in a file of `sql/`, and give it a row here. A table without a row is no error: the
build then makes everything anew. A test compares every table of an updated catalogue with one that was built anew.

The rules:

- ``of_model``: a model's rows follow from the lake's rows about that model, from documents, and from tables of keys.
  The statement sees the touched models alone: in the lake, and in every table that has a column ``model``.
- ``of_content``: the rows of a document, card or weight header follow from the lake's rows about that content. The
  statement sees the touched contents alone, in the lake; all other tables whole.
- ``of_run``: the rows of a run follow from the lake's rows of that run. The statement sees the touched runs alone.
- ``of_pair``: the rows of a step between two documents; the statement sees the steps of the touched models.
- ``added``: what is said of a value (a tag, a path) never changes, and a value that nobody bears any more does no
  harm: rows about values not met before are added.
- ``past`` and ``now``: states by run. A new run closes states of ``now``, which go to ``past``; all others stay.
- ``whole``: a small table, or one in which any model can move any other's row. It is made anew, from whole tables.
- ``passing``: dropped by the file that makes it; it holds the touched models alone.

``by`` is the column that says whose a row is. ``key`` is an integer given at build: rows known by ``natural`` keep
theirs, others get new ones above.
"""

from dataclasses import dataclass
from enum import Enum


class How(Enum):
    """What a statement sees of the lake, and what becomes of the old rows."""

    OF_MODEL = "of_model"
    OF_CONTENT = "of_content"
    OF_RUN = "of_run"
    OF_PAIR = "of_pair"
    ADDED = "added"
    PAST = "past"
    NOW = "now"
    WHOLE = "whole"
    PASSING = "passing"


@dataclass(frozen=True, slots=True)
class Rule:
    """One table's rule."""

    how: How
    by: tuple[str, ...] = ()
    key: str | None = None
    natural: tuple[str, ...] = ()
    #: keys follow the order of ``natural``: where a new row would come between old ones, everything is made anew
    ordered: bool = False


def _of_model(by: str = "model", *, key: str | None = None, natural: tuple[str, ...] = ()) -> Rule:
    return Rule(How.OF_MODEL, (by,), key, natural)


def _of_content(by: str, *, key: str | None = None, natural: tuple[str, ...] = ()) -> Rule:
    return Rule(How.OF_CONTENT, (by,), key, natural)


_WHOLE, _PASSING = Rule(How.WHOLE), Rule(How.PASSING)
_OF_PAIR = Rule(How.OF_PAIR, ("old_doc", "new_doc"))

RULES: dict[str, Rule] = {
    # 10_runs, 20_observations
    "base.run": Rule(How.WHOLE, key="run", natural=("run_id",), ordered=True),
    "base.selection": Rule(How.WHOLE, key="selection", natural=("selection_id",)),
    "base.fact_key": _of_model("hub_id"),
    "base.model_key": _of_model("hub_id", key="model", natural=("hub_id",)),
    "base.name": _of_model(),
    "base.observed_past": Rule(How.PAST, ("model",)),
    "base.observed_now": Rule(How.NOW, ("model",)),
    "base.member_past": Rule(How.PAST, ("selection", "model")),
    "base.member_now": Rule(How.NOW, ("selection", "model")),
    "base.seen": _WHOLE,
    "base.named": _WHOLE,
    # 30_documents
    "base.document": _of_content("oid"),
    "base.doc": _of_content("oid", key="doc", natural=("oid", "kind")),
    "base.leaf": _of_content("doc"),
    "base.label": _of_content("doc"),
    "base.config_head": _of_model(),
    "base.asked_ref": _PASSING,
    "base.asked_in_vain": _PASSING,
    "base.public_elsewhere": _PASSING,
    "base.ref": _of_model(),
    "base.unread": _of_model(),
    # 40_files, 45_weights
    "base.file_head": _of_model(),
    "base.file": _of_model(),
    "base.weights_head": _of_model(),
    "base.header": _of_content("content"),
    "base.weight": _of_model(),
    "base.variant": Rule(How.ADDED, ("path",)),
    "base.measured": _of_model(),
    # 47_tombstones, 50_models
    "base.listed": _WHOLE,
    "base.tombstone": _WHOLE,
    "base.gone": _WHOLE,
    "base.config_path": _of_model(),
    "base.file_count": _of_model(),
    "base.fact": _of_model(),
    "base.model": _of_model(),
    "base.current": _WHOLE,
    # 60_ledger
    "fetches": Rule(How.OF_RUN, ("run_id",)),
    "pending": _WHOLE,
    "base.tag_fact": Rule(How.ADDED, ("tag",)),
    # 70_cards
    "base.card": _of_content("oid", key="card", natural=("oid", "kind")),
    "base.card_at": _of_model(),
    "base.evaluation": _of_content("card"),
    "base.license_text": _of_content("oid"),
    "base.license_file": _of_model(),
    # 72_lineage, 73_ancestry
    "base.said_lineage": _of_model("child_hub_id"),
    "base.holder": _WHOLE,
    "base.parent": _WHOLE,
    "base.followed": _WHOLE,
    "base.top": _WHOLE,
    "base.circle": _WHOLE,
    "lineage": _WHOLE,
    "lineage_roots": _WHOLE,
    # 77_reuse, 78_conflicts
    "base.sign": _of_model(),
    "base.missing_shards": _of_model(),
    "base.model_type": _WHOLE,
    # 80_revisions to 85_announced
    "base.pinned": _of_model(),
    "base.revision": _of_model(),
    "base.said": _of_model(),
    "base.said_change": _of_model(),
    "base.gate_change": _of_model(),
    "base.chain": _of_model(),
    "base.past": _of_model(),
    "base.past_file": _of_model(),
    "base.past_doc": _of_model(),
    "base.past_doc_step": _of_model(),
    "base.past_file_change": _of_model(),
    "base.past_format_change": _of_model(),
    "base.past_card": _of_model(),
    "base.past_said_change": _of_model(),
    "base.past_announced": _of_model(),
    "base.past_place": _of_model(),
    "base.doc_step": _of_model(),
    "base.doc_pair": Rule(How.ADDED, ("old_doc", "new_doc")),
    "base.large_leaf": Rule(How.ADDED, ("doc", "field")),
    "base.map_change": _OF_PAIR,
    "base.field_change": _OF_PAIR,
    "base.quiet_pair": _OF_PAIR,
    "base.tree_at": _of_model(),
    "base.tree_file": _PASSING,
    "base.file_change": _of_model(),
    "base.card_seen": _of_model(),
    "base.announced": _of_model(),
}
