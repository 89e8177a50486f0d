-- The outcome of each requested item, and what is still to be requested.
CREATE VIEW runs AS SELECT {{run_columns}} FROM base.run;

-- Rows are found by digests of the ids and paths that would make wide keys.
CREATE TABLE fetches AS
WITH keyed AS NOT MATERIALIZED (
    SELECT *, hash(run_id, requested_id, item, coalesce(path, '')) AS item_hash FROM lake_fetches
),
-- Few items have several answers: only they are held and sorted.
several AS (SELECT item_hash FROM keyed GROUP BY item_hash HAVING count(*) > 1),
requested AS NOT MATERIALIZED (
    SELECT * FROM keyed ANTI JOIN several USING (item_hash)
    UNION ALL
    -- The last answer counts, with the requests of all.
    (SELECT * REPLACE (sum(attempts) OVER one_item AS attempts)
    FROM keyed SEMI JOIN several USING (item_hash)
    WINDOW one_item AS (PARTITION BY run_id, requested_id, item, coalesce(path, ''))
    QUALIFY row_number() OVER (one_item ORDER BY fetched_at DESC) = 1)
),
-- The id under which a model and commit were requested, where it was not the name: an id file may name one model by
-- several revisions.
named AS (
    SELECT hash(run_id, hub_id, sha) AS visit, min(requested_id) AS requested_id
    FROM lake_fetches SEMI JOIN (
        SELECT run_id, hub_id, sha FROM lake_fetches
        WHERE item = 'manifest' AND hub_id IS NOT NULL AND requested_id IS DISTINCT FROM repo_id
    ) AS renamed USING (run_id, hub_id, sha)
    WHERE item = 'manifest' GROUP BY visit
),
stored AS NOT MATERIALIZED (
    SELECT refs.run_id, refs.hub_id, coalesce(named.requested_id, refs.repo_id) AS requested_id, refs.repo_id, refs.sha,
        refs.path, refs.fetched_at,
        hash(refs.run_id, coalesce(named.requested_id, refs.repo_id), 'document', refs.path) AS item_hash
    FROM lake_refs AS refs LEFT JOIN named ON named.visit = hash(refs.run_id, refs.hub_id, refs.sha)
),
-- A document known by its oid took no request, so no row was written for it.
free AS NOT MATERIALIZED (
    SELECT stored.* FROM stored
    ANTI JOIN (SELECT hash(run_id, hub_id, sha, path) AS document FROM lake_fetches WHERE item = 'document') AS read
        ON read.document = hash(stored.run_id, stored.hub_id, stored.sha, stored.path)
    -- A model that was listed again in its visit may have been read at two commits.
    ANTI JOIN (SELECT item_hash FROM keyed WHERE item = 'document') AS answered
        ON answered.item_hash = stored.item_hash
),
twice AS (SELECT item_hash FROM stored GROUP BY item_hash HAVING count(*) > 1),
known AS (
    SELECT * FROM free ANTI JOIN twice USING (item_hash)
    UNION ALL
    (SELECT * FROM free SEMI JOIN twice USING (item_hash)
    QUALIFY row_number() OVER (PARTITION BY item_hash ORDER BY fetched_at DESC) = 1)
)
SELECT run_id, hub_id, requested_id, repo_id, sha, item, path, outcome, http_status, attempts::INTEGER AS attempts, error,
    fetched_at
FROM requested
UNION ALL
SELECT run_id, hub_id, requested_id, repo_id, sha, 'document', path, 'ok', NULL, 0, NULL, fetched_at FROM known;

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
complete AS (SELECT hash(hub_id, sha, scope) AS item FROM lake_visits WHERE state = 'complete'),
visited AS (
    SELECT hub_id, sha, scope, arg_max(state, (run_id, visited_at)) AS state FROM lake_visits
    WHERE state <> 'complete' GROUP BY hub_id, sha, scope
)
SELECT wanted.selection_id, model.hub_id, model.repo_id, coalesce(named_sha.sha, model.sha) AS sha, wanted.scope,
    CASE visited.state WHEN 'partial' THEN 'failed' ELSE coalesce(visited.state, 'pending') END AS state
FROM wanted
JOIN base.model AS model ON model.model = wanted.model
LEFT JOIN named_sha ON named_sha.selection_id = wanted.selection_id AND named_sha.model = wanted.model
LEFT JOIN visited ON visited.hub_id = model.hub_id AND visited.sha = coalesce(named_sha.sha, model.sha)
    AND visited.scope = wanted.scope
ANTI JOIN complete ON complete.item = hash(model.hub_id, coalesce(named_sha.sha, model.sha), wanted.scope)
WHERE coalesce(visited.state, 'pending') <> 'erred'
ORDER BY wanted.selection_id, model.hub_id, wanted.scope;

CREATE VIEW pending AS
SELECT selection_id, hub_id, repo_id, sha, scope, state FROM base.unread WHERE state IN ('pending', 'failed');
