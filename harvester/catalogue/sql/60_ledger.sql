-- How each thing asked for ended, and what is left to ask.
CREATE VIEW runs AS SELECT {{run_columns}} FROM base.run;

CREATE TABLE fetches AS
WITH asked AS (
    SELECT * FROM lake_fetches
    QUALIFY row_number() OVER (
        PARTITION BY run_id, requested_id, item, coalesce(path, '') ORDER BY fetched_at DESC) = 1
),
-- A document known by its oid took no request, so no row was written for it.
known AS (
    SELECT refs.run_id, refs.hub_id, refs.repo_id AS requested_id, refs.repo_id, refs.sha, 'document' AS item, refs.path,
        'ok' AS outcome, NULL::INTEGER AS http_status, 0 AS attempts, NULL::VARCHAR AS error, refs.fetched_at
    FROM lake_refs AS refs
    ANTI JOIN lake_fetches AS fetches ON fetches.run_id = refs.run_id AND fetches.hub_id = refs.hub_id
        AND fetches.path = refs.path AND fetches.item = 'document'
)
SELECT run_id, hub_id, requested_id, repo_id, sha, item, path, outcome, http_status, attempts, error, fetched_at FROM asked
UNION ALL BY NAME SELECT * FROM known
ORDER BY run_id, requested_id, item, path;

CREATE TABLE pending AS
WITH newest AS (
    SELECT selection_id, max(run) AS run FROM base.run WHERE listed_at IS NOT NULL GROUP BY selection_id
),
wanted AS (
    SELECT newest.selection_id, member.model,
        unnest(list_concat(run."with", list_transform(run.documents, lambda pattern: 'documents:' || pattern))) AS scope
    FROM newest JOIN base.run AS run USING (run)
    JOIN base.selection AS selection ON selection.selection_id = newest.selection_id
    JOIN base.member AS member ON member.selection = selection.selection AND member.to_run = 2147483647
),
visited AS (
    SELECT hub_id, sha, scope, arg_max(state, (state = 'complete', visited_at)) AS state FROM lake_visits
    GROUP BY hub_id, sha, scope
)
SELECT wanted.selection_id, fact.hub_id, fact.repo_id, fact.sha, wanted.scope, CASE visited.state
        WHEN 'partial' THEN 'failed' ELSE coalesce(visited.state, 'pending') END AS state
FROM wanted
JOIN base.fact AS fact ON fact.model = wanted.model
LEFT JOIN visited ON visited.hub_id = fact.hub_id AND visited.sha = fact.sha AND visited.scope = wanted.scope
WHERE visited.state IS DISTINCT FROM 'complete'
ORDER BY wanted.selection_id, fact.hub_id, wanted.scope;
