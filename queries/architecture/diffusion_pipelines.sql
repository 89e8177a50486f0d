-- title: Diffusion pipelines
-- question: Which diffusers pipelines are published, and which are downloaded?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column pipeline_class VARCHAR: class of the pipeline, from model_index.json
-- column models BIGINT: live models
-- column share DOUBLE: share of all models with a pipeline class, 0 to 1
-- column authors BIGINT: number of distinct owners
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all models with a pipeline class, 0 to 1
-- column example VARCHAR: the most downloaded of them
-- trap: LoRAs for a pipeline have no model_index.json and are not counted
-- see: model family trees: FLUX.1-dev and SDXL are among the largest families (2025-07)
WITH indexes AS (
    SELECT hub_id, pipeline_class
    FROM configs
    WHERE path = 'model_index.json' AND pipeline_class IS NOT NULL
)

SELECT
    indexes.pipeline_class,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    count(DISTINCT models.author) AS authors,
    CAST(sum(models.downloads) AS BIGINT) AS downloads,
    round(sum(models.downloads) / nullif(sum(sum(models.downloads)) OVER (), 0), 4) AS download_share,
    arg_min(models.repo_id, (-coalesce(models.downloads, 0), models.repo_id)) AS example
FROM indexes
INNER JOIN models ON models.hub_id = indexes.hub_id
WHERE coalesce(models.downloads, 0) >= $min_downloads
GROUP BY indexes.pipeline_class
ORDER BY models DESC, indexes.pipeline_class
LIMIT $limit
