-- title: Models that depend on models that are gone
-- question: How many live models were made, at any distance, from a model that vanished?
-- param model VARCHAR = NULL: this model instead, gone or not: its name, a former name, or its hub_id
-- param limit BIGINT = 50: rows to return
-- column repo_id VARCHAR: name of the model
-- column noticed_at TIMESTAMP: when it was found to be gone; NULL if it is not
-- column children BIGINT: live models made directly from it
-- column descendants BIGINT: live models made from it, directly or indirectly
-- column depth BIGINT: longest distance of a live descendant, in steps (each counted by its shortest path)
-- column downloads BIGINT: sum of the descendants' downloads in 30 days; NULL if none is reported
-- trap: models that nothing is known to depend on are not listed
-- trap: paths lead through models that are gone too; descendants with weights of their own still load
-- trap: only parents that were seen under some name can be followed
-- see: 131 bases gone, 1,318 models derived from them, 1,921 downstream (2025-04-16)
WITH RECURSIVE edges AS (
    SELECT DISTINCT parent_hub_id AS parent, child_hub_id AS child
    FROM lineage
    WHERE parent_hub_id IS NOT NULL AND parent_hub_id <> child_hub_id
),

starts AS (
    SELECT tombstones.hub_id, arg_max(tombstones.repo_id, tombstones.noticed_at) AS repo_id,
        max(tombstones.noticed_at) AS noticed_at
    FROM tombstones
    WHERE $model IS NULL AND tombstones.cause <> 'renamed' AND tombstones.returned_at IS NULL
        AND tombstones.hub_id NOT IN (SELECT hub_id FROM models)
    GROUP BY tombstones.hub_id
    UNION ALL
    SELECT names.hub_id, arg_max(names.repo_id, names.last_seen),
        (
            SELECT max(tombstones.noticed_at) FROM tombstones
            WHERE tombstones.hub_id = names.hub_id AND tombstones.cause <> 'renamed' AND tombstones.returned_at IS NULL
        )
    FROM names
    WHERE names.hub_id IN (SELECT hub_id FROM names WHERE repo_id = $model OR hub_id = $model)
    GROUP BY names.hub_id
),

-- One row per start and descendant: a later, longer path to it is not followed again.
reached(start, hub_id, depth) USING KEY (start, hub_id) AS (
    SELECT hub_id, hub_id, CAST(0 AS BIGINT)
    FROM starts
    UNION
    SELECT reached.start, edges.child, min(reached.depth) + 1
    FROM reached
    INNER JOIN edges ON edges.parent = reached.hub_id
    LEFT JOIN recurring.reached AS known ON known.start = reached.start AND known.hub_id = edges.child
    WHERE known.hub_id IS NULL
    GROUP BY reached.start, edges.child
)

SELECT
    any_value(starts.repo_id) AS repo_id,
    any_value(starts.noticed_at) AS noticed_at,
    count(*) FILTER (WHERE reached.depth = 1) AS children,
    count(*) AS descendants,
    max(reached.depth) AS depth,
    CAST(sum(models.downloads) AS BIGINT) AS downloads
FROM reached
INNER JOIN starts ON starts.hub_id = reached.start
INNER JOIN models ON models.hub_id = reached.hub_id
WHERE reached.depth > 0
GROUP BY reached.start
ORDER BY descendants DESC, repo_id
LIMIT $limit
