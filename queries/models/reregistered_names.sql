-- title: Names that were registered again
-- question: Which names belong to another model than before?
-- param limit BIGINT = 100: rows to return
-- column repo_id VARCHAR: the name
-- column former_hub_id VARCHAR: hub_id of the model that had the name before
-- column former_last_seen TIMESTAMP: when that model was last listed under the name, UTC
-- column hub_id VARCHAR: hub_id of the model that has the name now
-- column first_seen TIMESTAMP: when it was first listed under the name, UTC
-- column former_now VARCHAR: current name of the former model if it is live, else 'gone'
-- column downloads BIGINT: downloads of the present model in 30 days; NULL if not reported
-- column children BIGINT: live models that name it as their parent, and may mean the former one
-- trap: only what harvests saw: a name that changed hands between two runs looks like one model that was replaced
-- trap: an owner who deletes and uploads a model again is registered again too
-- see: re-registration of deleted names (Unit 42, 2025)
WITH children AS (
    SELECT parent_hub_id, count(DISTINCT child_hub_id) AS children
    FROM lineage
    WHERE child_hub_id IN (SELECT hub_id FROM models) AND parent_hub_id <> child_hub_id
    GROUP BY parent_hub_id
)

SELECT
    models.repo_id,
    former.hub_id AS former_hub_id,
    former.last_seen AS former_last_seen,
    models.hub_id,
    present.first_seen,
    coalesce(renamed.repo_id, 'gone') AS former_now,
    models.downloads,
    coalesce(children.children, 0) AS children
FROM models
INNER JOIN names AS present ON present.hub_id = models.hub_id AND present.repo_id = models.repo_id
INNER JOIN names AS former ON former.repo_id = models.repo_id AND former.hub_id <> models.hub_id
LEFT JOIN models AS renamed ON renamed.hub_id = former.hub_id
LEFT JOIN children ON children.parent_hub_id = models.hub_id
WHERE former.first_seen <= present.first_seen
ORDER BY children DESC, models.downloads DESC NULLS LAST, models.repo_id, former.last_seen
LIMIT $limit
