-- title: Missing components
-- question: What do models lack that is needed to load them?
-- param modality VARCHAR = NULL: only models of this modality (pipeline, adapter, sentence, text, vision, audio...)
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column missing VARCHAR: component, as in reuse; 'nothing' for models that lack none; NULL if no file is known
-- column models BIGINT: live models that lack it; a model that lacks several counts in each
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column example VARCHAR: the most downloaded of them
-- trap: judged by file names: a file may still be empty or broken, and no model was loaded
-- see: Jajal et al. on failures when models are converted or reused
WITH chosen AS (
    SELECT models.hub_id, models.repo_id, models.downloads, reuse.hub_id IS NOT NULL AS known, reuse.missing
    FROM models
    LEFT JOIN reuse ON reuse.hub_id = models.hub_id
    WHERE
        ($modality IS NULL OR reuse.modality = $modality)
        AND coalesce(models.downloads, 0) >= $min_downloads
),

lacking AS (
    SELECT
        repo_id,
        downloads,
        unnest(CASE
            WHEN NOT known THEN [NULL]
            WHEN len(coalesce(missing, CAST([] AS VARCHAR[]))) = 0 THEN ['nothing']
            ELSE missing
        END) AS missing
    FROM chosen
)

SELECT
    missing,
    count(*) AS models,
    round(count(*) / (SELECT count(*) FROM chosen), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    arg_min(repo_id, (-coalesce(downloads, 0), repo_id)) AS example
FROM lacking
GROUP BY missing
ORDER BY models DESC, missing NULLS LAST
