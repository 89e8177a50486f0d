-- title: Reported evaluations
-- question: On which datasets and metrics do models report results?
-- param task VARCHAR = NULL: only results of this task
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column dataset VARCHAR: dataset as written (its id, else its name); NULL if none is given
-- column metric VARCHAR: metric as written; NULL if none is given
-- column models BIGINT: live models with such a result
-- column results BIGINT: number of values
-- column verified BIGINT: values that are marked as verified
-- column lowest DOUBLE: lowest value that is a plain number
-- column median DOUBLE: median of these values; always a value that occurs
-- column highest DOUBLE: highest of these values
-- trap: reported by the authors themselves unless verified
-- trap: numbers have no unit: 0.9 and 90 may be the same accuracy, so a median may mix both
-- see: Liang et al. on model cards; users who compare self-reported results
SELECT
    evaluations.dataset,
    evaluations.metric,
    count(DISTINCT evaluations.hub_id) AS models,
    count(*) AS results,
    count(*) FILTER (WHERE evaluations.verified) AS verified,
    min(evaluations.number) AS lowest,
    quantile_disc(evaluations.number, 0.5) AS median,
    max(evaluations.number) AS highest
FROM evaluations
INNER JOIN models ON models.hub_id = evaluations.hub_id
WHERE
    evaluations.error IS NULL
    AND ($task IS NULL OR evaluations.task = $task)
    AND coalesce(models.downloads, 0) >= $min_downloads
GROUP BY evaluations.dataset, evaluations.metric
ORDER BY models DESC, results DESC, evaluations.dataset NULLS LAST, evaluations.metric NULLS LAST
LIMIT $limit
