"""Two to four models side by side: facts, typed columns and leaves of their configs, rows that differ marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harvester.ask.frames import identifier
from harvester.ask.names import Found
from harvester.browse.model import FACTS, find
from harvester.browse.store import Store
from harvester.errors import UsageError
from harvester.schema.config_columns import CONFIG_COLUMNS

LEAST, MOST = 2, 4
#: Leaves compared of each config.
LEAVES = 1_000
_LEAVES = """
SELECT field, left(value, 300) AS value FROM config_fields WHERE hub_id = $hub_id AND path = $path
ORDER BY field LIMIT $limit
"""
#: Facts that differ for any two models and say nothing of what they are.
_OWN = ("sha", "hub_id", "first_seen", "last_seen")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison: a value for each model, None where it has none."""

    title: str
    column: str
    values: tuple[Any, ...]
    comment: str = ""

    @property
    def differs(self) -> bool:
        """Whether two models have different values."""
        return any(value != self.values[0] for value in self.values[1:])


def compared(store: Store, names: Sequence[str]) -> dict[str, Any]:
    """Return the models and the rows of each part of their comparison.

    Raises UsageError for too few or too many names, for an unknown one, and for a model that is gone.
    """
    if not LEAST <= len(names) <= MOST:
        raise UsageError(f"select {LEAST} to {MOST} models to compare, got {len(names)}")
    found = [find(store, name) for name in names]
    for one in found:
        if not one.live:
            raise UsageError(f"{one.repo_id} is not in the current catalogue, so it cannot be compared")
    columns = dict.fromkeys(("config_path", *(name for _, name, _ in FACTS), *(c.name for c in CONFIG_COLUMNS)))
    listed = ", ".join(map(identifier, columns))
    models = [
        store.dicts(f"SELECT {listed} FROM models WHERE hub_id = $hub_id", {"hub_id": one.hub_id})[0] for one in found
    ]
    facts = [_row(title, name, models) for title, name, _ in FACTS if name not in _OWN]
    typed = [_row(column.name, column.name, models, column.comment) for column in CONFIG_COLUMNS]
    return {
        "found": found, "facts": [row for row in facts if _known(row)], "typed": [row for row in typed if _known(row)],
        "leaves": _aligned(store, found, models), "paths": [model["config_path"] for model in models],
    }  # fmt: skip


def _row(title: str, column: str, models: list[dict[str, Any]], comment: str = "") -> Row:
    return Row(title, column, tuple(model[column] for model in models), comment)


def _known(row: Row) -> bool:
    return any(value not in (None, []) for value in row.values)


def _aligned(store: Store, found: list[Found], models: list[dict[str, Any]]) -> list[Row]:
    """Return one row per field of the configs, in the order of fields."""
    held = []
    for one, model in zip(found, models, strict=True):
        params = {"hub_id": one.hub_id, "path": model["config_path"], "limit": LEAVES}
        rows = store.dicts(_LEAVES, params) if model["config_path"] is not None else []
        held.append({row["field"]: row["value"] or "(above 64 kB)" for row in rows})
    fields = sorted({name for leaves in held for name in leaves})
    return [Row(name, name, tuple(leaves.get(name) for leaves in held)) for name in fields]
