-- title: Generations
-- question: How many steps are models away from the models that they were ultimately made from?
-- column depth BIGINT: steps from the nearest root; 1 is a child of it
-- column models BIGINT: live models at this distance
-- column share DOUBLE: share of all models with a known root, 0 to 1
-- column share_up_to DOUBLE: share of those at this distance or nearer, 0 to 1
-- column families BIGINT: roots whose farthest member is at this distance
-- column downloads BIGINT: sum of the models' downloads in 30 days; NULL if none is reported
-- trap: shortest paths: chains that lead through every parent of a merge are longer
-- trap: a parent that is not declared cuts a chain: the depths are lower bounds
-- see: 60.8% of 1,008,871 chains are longer than 2, the longest is 40 (2025-06)
WITH members AS (
    SELECT lineage_roots.child_hub_id, coalesce(lineage_roots.root_hub_id, lineage_roots.root) AS root, lineage_roots.depth
    FROM lineage_roots
    INNER JOIN models ON models.hub_id = lineage_roots.child_hub_id
),

nearest AS (
    SELECT child_hub_id, min(depth) AS depth
    FROM members
    GROUP BY child_hub_id
),

families AS (
    SELECT depth, count(*) AS families
    FROM (SELECT max(depth) AS depth FROM members GROUP BY root)
    GROUP BY depth
),

counted AS (
    SELECT nearest.depth, count(*) AS models, CAST(sum(models.downloads) AS BIGINT) AS downloads
    FROM nearest
    INNER JOIN models ON models.hub_id = nearest.child_hub_id
    GROUP BY nearest.depth
)

SELECT
    depth,
    coalesce(counted.models, 0) AS models,
    round(coalesce(counted.models, 0) / sum(counted.models) OVER (), 4) AS share,
    round(sum(coalesce(counted.models, 0)) OVER (ORDER BY depth) / sum(counted.models) OVER (), 4) AS share_up_to,
    coalesce(families.families, 0) AS families,
    counted.downloads
FROM counted
FULL JOIN families USING (depth)
ORDER BY depth
