-- title: Pickle share by downloads
-- question: How many models include pickles, how many include nothing else, and does popularity make a difference?
-- param pipeline_tag VARCHAR = NULL: only models of this task
-- column downloads_band VARCHAR: downloads in 30 days; 'all' first; 'not reported' if the Hub reports none
-- column models BIGINT: models with at least one weight file
-- column pickle BIGINT: those with weights in a format that can contain a pickle
-- column only_pickle BIGINT: those with weights in no other format
-- column safetensors BIGINT: those with safetensors
-- column pickle_share DOUBLE: pickle / models, 0 to 1
-- column only_pickle_share DOUBLE: only_pickle / models, 0 to 1
-- column safetensors_share DOUBLE: safetensors / models, 0 to 1
-- trap: a format that can contain code does not always contain it: `scan_status` of files has the Hub's findings
-- trap: pickles left by training (optimizer, arguments) are not weights and do not count
-- see: 44.9% of popular models use pickle (PickleBall, 2025)
WITH weights AS (
    SELECT
        hub_id,
        bool_or(unsafe) AS pickle,
        bool_and(unsafe) AS only_pickle,
        bool_or(format = 'safetensors') AS safetensors
    FROM files
    WHERE role IN ('weights', 'framework_export')
    GROUP BY hub_id
),

banded AS (
    SELECT
        CASE
            WHEN models.downloads IS NULL THEN 9
            WHEN models.downloads = 0 THEN 1
            ELSE least(length(CAST(models.downloads AS VARCHAR)) + 1, 8)
        END AS band,
        weights.pickle,
        weights.only_pickle,
        weights.safetensors
    FROM weights
    INNER JOIN models ON models.hub_id = weights.hub_id
    WHERE $pipeline_tag IS NULL OR models.pipeline_tag = $pipeline_tag
)

SELECT
    coalesce(
        [
            '0', '1-9', '10-99', '100-999', '1,000-9,999', '10,000-99,999', '100,000-999,999', '1,000,000+', 'not reported'
        ][band],
        'all'
    ) AS downloads_band,
    count(*) AS models,
    count(*) FILTER (WHERE pickle) AS pickle,
    count(*) FILTER (WHERE only_pickle) AS only_pickle,
    count(*) FILTER (WHERE safetensors) AS safetensors,
    round(count(*) FILTER (WHERE pickle) / count(*), 4) AS pickle_share,
    round(count(*) FILTER (WHERE only_pickle) / count(*), 4) AS only_pickle_share,
    round(count(*) FILTER (WHERE safetensors) / count(*), 4) AS safetensors_share
FROM banded
GROUP BY GROUPING SETS ((), (band))
HAVING count(*) > 0
ORDER BY band NULLS FIRST
