-- The outcome of each requested item, and what is still to be requested.
CREATE VIEW runs AS SELECT {{run_columns}} FROM base.run;

CREATE TABLE fetches AS
WITH keyed AS (
    SELECT *, hash(run_id, requested_id, item, coalesce(path, '')) AS item_hash FROM lake_fetches
),
-- Few items have several answers: only they are held and sorted.
several AS (SELECT item_hash FROM keyed GROUP BY item_hash HAVING count(*) > 1),
requested AS (
    SELECT * FROM keyed ANTI JOIN several USING (item_hash)
    UNION ALL
    -- The last answer counts, with the requests of all.
    (SELECT * REPLACE (sum(attempts) OVER one_item AS attempts)
    FROM keyed SEMI JOIN several USING (item_hash)
    WINDOW one_item AS (PARTITION BY run_id, requested_id, item, coalesce(path, ''))
    QUALIFY row_number() OVER (one_item ORDER BY fetched_at DESC) = 1)
),
-- The id under which a model and commit were requested: an id file may name one model by several revisions.
named AS (
    SELECT run_id, hub_id, sha, min(requested_id) AS requested_id FROM lake_fetches
    WHERE item = 'manifest' AND hub_id IS NOT NULL GROUP BY run_id, hub_id, sha
),
-- A document known by its oid took no request, so no row was written for it.
free AS (
    SELECT refs.run_id, refs.hub_id, coalesce(named.requested_id, refs.repo_id) AS requested_id, refs.repo_id, refs.sha,
        refs.path, refs.fetched_at
    FROM lake_refs AS refs
    LEFT JOIN named ON named.run_id = refs.run_id AND named.hub_id = refs.hub_id AND named.sha = refs.sha
    ANTI JOIN lake_fetches AS fetches ON fetches.run_id = refs.run_id AND fetches.hub_id = refs.hub_id
        AND fetches.sha = refs.sha AND fetches.path = refs.path AND fetches.item = 'document'
),
-- A model that was listed again in its visit may have been read at two commits.
known AS (
    SELECT free.run_id, free.hub_id, free.requested_id, free.repo_id, free.sha, 'document' AS item, free.path,
        'ok' AS outcome, NULL::INTEGER AS http_status, 0 AS attempts, NULL::VARCHAR AS error, free.fetched_at
    FROM free
    ANTI JOIN requested ON requested.run_id = free.run_id AND requested.requested_id = free.requested_id
        AND requested.path = free.path AND requested.item = 'document'
    QUALIFY row_number() OVER (
        PARTITION BY free.run_id, free.requested_id, free.path ORDER BY free.fetched_at DESC) = 1
)
SELECT run_id, hub_id, requested_id, repo_id, sha, item, path, outcome, http_status, attempts::INTEGER AS attempts, error,
    fetched_at
FROM requested
UNION ALL BY NAME SELECT * FROM known
ORDER BY run_id, requested_id, item, path;

-- What the newest run of each selection requested and did not get: still pending, failed, gated, disabled.
CREATE TABLE base.unread AS
WITH newest AS (
    SELECT selection_id, max(run) AS run FROM base.run WHERE listed_at IS NOT NULL GROUP BY selection_id
),
-- Of the models of an id file, the commits that its revisions stand for.
named_sha AS (
    SELECT DISTINCT newest.selection_id, key.model, fetches.sha
    FROM lake_fetches AS fetches
    JOIN base.run AS run USING (run_id)
    JOIN newest USING (run)
    JOIN base.model_key AS key USING (hub_id)
    JOIN base.pinned_sha AS pinned ON pinned.hub_id = fetches.hub_id AND pinned.sha = fetches.sha
    WHERE fetches.item = 'manifest'
),
wanted AS (
    SELECT newest.selection_id, member.model,
        unnest(list_concat(run."with", list_transform(run.documents, lambda pattern: 'documents:' || pattern))) AS scope
    FROM newest JOIN base.run AS run USING (run)
    JOIN base.selection AS selection ON selection.selection_id = newest.selection_id
    JOIN base.member AS member ON member.selection = selection.selection AND member.to_run = 2147483647
),
visited AS (
    SELECT hub_id, sha, scope, arg_max(state, (state = 'complete', run_id, visited_at)) AS state FROM lake_visits
    GROUP BY hub_id, sha, scope
)
SELECT wanted.selection_id, fact.hub_id, fact.repo_id, coalesce(named_sha.sha, fact.sha) AS sha, wanted.scope,
    CASE visited.state WHEN 'partial' THEN 'failed' ELSE coalesce(visited.state, 'pending') END AS state
FROM wanted
JOIN base.fact AS fact ON fact.model = wanted.model
LEFT JOIN named_sha ON named_sha.selection_id = wanted.selection_id AND named_sha.model = wanted.model
LEFT JOIN visited ON visited.hub_id = fact.hub_id AND visited.sha = coalesce(named_sha.sha, fact.sha)
    AND visited.scope = wanted.scope
WHERE coalesce(visited.state, 'pending') NOT IN ('complete', 'erred')
ORDER BY wanted.selection_id, fact.hub_id, wanted.scope;

CREATE VIEW pending AS
SELECT selection_id, hub_id, repo_id, sha, scope, state FROM base.unread WHERE state IN ('pending', 'failed');
