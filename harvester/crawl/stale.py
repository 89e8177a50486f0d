"""Finds visits that were complete before this version read more, such as a new document kind or weight format.

Takes the listed models and their visits, makes the table ``stale`` of models, commits and scopes to visit again. Models
that have nothing of the new kind are not included.
"""

from collections.abc import Sequence

import duckdb

from harvester.crawl.depths import scope_version
from harvester.extract.kinds import EVAL_RESULTS_PATH, KINDS, index_paths

_STALE = """
CREATE OR REPLACE TABLE stale AS
WITH current AS (SELECT unnest($scopes::VARCHAR[]) AS scope, unnest($versions::INTEGER[]) AS version),
complete AS (
    SELECT visits.hub_id, visits.sha, visits.scope FROM lake_visits AS visits
    SEMI JOIN listed USING (hub_id, sha)
    JOIN current USING (scope)
    WHERE visits.state = 'complete' AND current.version <> 0
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
asked AS (
    SELECT hub_id, sha, path FROM lake_refs
    UNION ALL
    SELECT hub_id, sha, path FROM lake_fetches
    WHERE item = 'document' AND outcome IN ('absent', 'oversized', 'invalid')
),
-- Of the past, a document whose bytes were never read as the kind that it is now.
unread AS (
    SELECT hub_id, sha, 'configs' AS scope FROM named ANTI JOIN asked USING (hub_id, sha, path)
    UNION ALL SELECT hub_id, sha, 'configs' FROM named WHERE path IN (SELECT unnest($indices::VARCHAR[]))
    UNION ALL SELECT hub_id, sha, 'configs' FROM lake_listing WHERE run_id = $run AND names IS NULL
    UNION ALL SELECT hub_id, sha, 'cards' FROM with_card ANTI JOIN asked USING (hub_id, sha, path)
    UNION ALL SELECT hub_id, sha, 'weights' FROM listed
    UNION ALL
    SELECT listed.hub_id, listed.sha, 'history'
    FROM listed
    JOIN lake_file_versions AS file USING (hub_id)
    JOIN (SELECT unnest($paths::VARCHAR[]) AS path, unnest($kinds::VARCHAR[]) AS kind) AS wanted USING (path)
    ANTI JOIN lake_configs AS known ON known.oid = file.oid AND known.kind = wanted.kind
    WHERE file.oid IS NOT NULL
)
SELECT DISTINCT complete.hub_id, complete.sha, complete.scope FROM complete SEMI JOIN unread USING (hub_id, sha, scope)
"""


def make_stale(con: duckdb.DuckDBPyConnection, run_id: str, scopes: Sequence[str]) -> None:
    """Make the table ``stale`` beside the table ``listed`` of the run."""
    defaults = [kind for kind in KINDS if kind.default]
    values = {
        "run": run_id,
        "scopes": list(scopes),
        "versions": [scope_version(scope) for scope in scopes],
        "paths": [kind.file_name for kind in defaults],
        "kinds": [kind.name for kind in defaults],
        "indices": index_paths(),
        "card_files": EVAL_RESULTS_PATH.pattern,
    }
    con.execute(_STALE, values)
