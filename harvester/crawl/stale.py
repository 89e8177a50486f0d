"""Finds visits that were complete before this version read more, such as a new document kind or weight format.

Takes the listed models and their visits, makes the table ``stale`` of models, commits and scopes to visit again. Models
that have nothing of the new kind are not included.
"""

from collections.abc import Sequence

import duckdb

from harvester.crawl.depths import NAMES, steps_of
from harvester.extract.kinds import EVAL_RESULTS_PATH, KINDS, index_paths
from harvester.lake.duck import quoted

_STALE = """
CREATE OR REPLACE TABLE stale AS
WITH current AS (SELECT unnest($scopes::VARCHAR[]) AS scope, unnest($versions::INTEGER[]) AS version),
complete AS (
    SELECT visits.hub_id, visits.sha, visits.scope FROM lake_visits AS visits
    SEMI JOIN listed USING (hub_id, sha)
    JOIN current USING (scope)
    WHERE visits.state = 'complete'
    GROUP BY ALL HAVING NOT coalesce(bool_or(visits.version = current.version), false)
),
named AS (
    SELECT listing.hub_id, listing.sha, unnest(list_intersect(listing.names, $paths::VARCHAR[])) AS path
    FROM lake_listing AS listing SEMI JOIN complete USING (hub_id, sha) WHERE listing.run_id = $run
),
with_card AS (
    SELECT listing.hub_id, listing.sha,
        unnest(list_filter(listing.names, lambda name: regexp_full_match(name, $card_files))) AS path
    FROM lake_listing AS listing SEMI JOIN complete USING (hub_id, sha) WHERE listing.run_id = $run
),
requested AS (
    SELECT hub_id, sha, path FROM lake_refs
    UNION ALL
    SELECT hub_id, sha, path FROM lake_fetches
    WHERE item = 'document' AND outcome IN ('absent', 'oversized', 'invalid')
),
unread AS ({unread})
SELECT DISTINCT complete.hub_id, complete.sha, complete.scope FROM complete SEMI JOIN unread USING (hub_id, sha, scope)
"""


def make_stale(con: duckdb.DuckDBPyConnection, run_id: str, scopes: Sequence[str]) -> None:
    """Make the table ``stale`` beside the table ``listed`` of the run."""
    defaults = [kind for kind in KINDS if kind.default]
    steps = [step for step in steps_of(NAMES) if step.version()]
    current = [step for step in steps if step.scope in scopes]
    values = {
        "run": run_id,
        "scopes": [step.scope for step in current],
        "versions": [step.version() for step in current],
        "paths": [kind.file_name for kind in defaults],
        "kinds": [kind.name for kind in defaults],
        "indices": index_paths(),
        "card_files": EVAL_RESULTS_PATH.pattern,
    }
    unread = (f"SELECT hub_id, sha, {quoted(step.scope)} AS scope FROM ({step.unread})" for step in steps)
    con.execute(_STALE.replace("{unread}", " UNION ALL ".join(unread)), values)
