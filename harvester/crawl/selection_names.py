"""Names that people give to selections: one name means one selection of a harvest directory. Reads only the lake."""

from harvester.crawl.select import Selection
from harvester.errors import UsageError
from harvester.lake.duck import connection
from harvester.lake.parts import Lake

_HOLDER = """
SELECT selection_id
FROM (
    SELECT selection_id, arg_max(name, run_id) FILTER (name IS NOT NULL) AS name FROM lake_selections
    GROUP BY selection_id
)
WHERE name = $name AND selection_id <> $selection_id
"""


def require_free_name(lake: Lake, selection: Selection) -> None:
    """Raise UsageError if the selection's name, if it has one, names another selection of this directory."""
    name = selection.name
    if name is None:
        return
    with connection(lake) as con:
        holder = con.execute(_HOLDER, {"name": name, "selection_id": selection.selection_id}).fetchone()
    if holder is not None:
        raise UsageError(
            f"--name {name} already names another selection of this directory ({holder[0]}): choose another name"
        )
