-- title: Gated share
-- question: How many models are gated, and are popular ones gated more often?
-- param pipeline_tag VARCHAR = NULL: only models of this task
-- column downloads_band VARCHAR: downloads in 30 days; 'all' first; 'not reported' if the Hub reports none
-- column models BIGINT: live models whose gating is reported
-- column gated_auto BIGINT: access is granted to anyone who agrees
-- column gated_manual BIGINT: access is granted one by one
-- column share DOUBLE: gated / models, 0 to 1
-- trap: files and listing facts of gated models are public, their documents are not
-- see: librarians and platform teams; no exact figure is published
WITH banded AS (
    SELECT
        gated,
        CASE
            WHEN downloads IS NULL THEN 9
            WHEN downloads = 0 THEN 1
            ELSE least(length(CAST(downloads AS VARCHAR)) + 1, 8)
        END AS band
    FROM models
    WHERE gated IS NOT NULL AND ($pipeline_tag IS NULL OR pipeline_tag = $pipeline_tag)
)

SELECT
    coalesce(
        [
            '0', '1-9', '10-99', '100-999', '1,000-9,999', '10,000-99,999', '100,000-999,999', '1,000,000+', 'not reported'
        ][band],
        'all'
    ) AS downloads_band,
    count(*) AS models,
    count(*) FILTER (WHERE gated = 'auto') AS gated_auto,
    count(*) FILTER (WHERE gated = 'manual') AS gated_manual,
    round(count(*) FILTER (WHERE gated <> 'false') / count(*), 4) AS share
FROM banded
GROUP BY GROUPING SETS ((), (band))
HAVING count(*) > 0
ORDER BY band NULLS FIRST
