-- title: Values of one config field
-- question: Which values does one config field have, and how often?
-- param field VARCHAR = 'rope_theta': the field, keys joined with '.'
-- param path VARCHAR = 'config.json': path of the document in the repository
-- param limit BIGINT = 50: rows to return
-- column value VARCHAR: JSON text; NULL if the document does not have the field (type absent) or the value is very long
-- column type VARCHAR: JSON type; 'absent' if the document was read and does not have the field
-- column models BIGINT: number of models
-- column share DOUBLE: share of all models with a readable document at this path, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: 10000 and 10000.0 are two values: an integer and a number
-- see: studies of what a fine-tune changes in its config
WITH documents_read AS (
    SELECT hub_id
    FROM configs
    WHERE path = $path AND status IN ('ok', 'lenient')
),

leaves AS (
    SELECT hub_id, value, type
    FROM config_fields
    WHERE path = $path AND field = $field
)

SELECT
    leaves.value,
    coalesce(leaves.type, 'absent') AS type,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(models.downloads) AS BIGINT) AS downloads,
    arg_min(models.repo_id, (-coalesce(models.downloads, 0), models.repo_id)) AS example
FROM documents_read
INNER JOIN models ON models.hub_id = documents_read.hub_id
LEFT JOIN leaves ON leaves.hub_id = documents_read.hub_id
GROUP BY leaves.value, leaves.type
ORDER BY models DESC, type, leaves.value NULLS LAST
LIMIT $limit
