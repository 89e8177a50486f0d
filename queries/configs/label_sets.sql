-- title: Label sets
-- question: Which sets of class labels do many classifiers share, and which are unique?
-- param min_models BIGINT = 1: only sets that at least this many models have
-- param limit BIGINT = 50: rows to return
-- column labels VARCHAR: class names in order, separated by ' | '; the first 200 characters
-- column classes BIGINT: number of classes
-- column models BIGINT: models with exactly this map
-- column authors BIGINT: number of distinct owners
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: placeholder maps (LABEL_0, LABEL_1) are left out unless the config confirms them
-- trap: the same labels in another order are another set: mixing them up gives wrong answers
-- see: users who replace one classifier by another; no figure for the whole Hub is published
WITH label_maps AS (
    SELECT
        hub_id,
        count(*) AS classes,
        string_agg(label_id || chr(31) || coalesce(label, ''), chr(30) ORDER BY label_id) AS map,
        left(string_agg(coalesce(label, ''), ' | ' ORDER BY label_id), 200) AS labels
    FROM labels
    GROUP BY hub_id
)

SELECT
    min(label_maps.labels) AS labels,
    min(label_maps.classes) AS classes,
    count(*) AS models,
    count(DISTINCT models.author) AS authors,
    CAST(sum(models.downloads) AS BIGINT) AS downloads,
    arg_min(models.repo_id, (-coalesce(models.downloads, 0), models.repo_id)) AS example
FROM label_maps
INNER JOIN models ON models.hub_id = label_maps.hub_id
GROUP BY label_maps.map
HAVING count(*) >= $min_models
ORDER BY models DESC, classes, labels, example
LIMIT $limit
