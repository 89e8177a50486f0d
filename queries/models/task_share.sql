-- title: Tasks
-- question: Which tasks are models for, and what share of downloads does each have?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return; shares always refer to all models
-- column pipeline_tag VARCHAR: task as reported by the Hub; NULL if it reports none
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- trap: the Hub infers it from tags and file names if the card does not state it
-- see: Laufer et al. on tasks along lineages
WITH chosen AS (
    SELECT pipeline_tag, downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    pipeline_tag,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM chosen
GROUP BY pipeline_tag
ORDER BY models DESC, pipeline_tag
LIMIT $limit
