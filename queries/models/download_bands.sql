-- title: Models by downloads
-- question: How many models does nobody download, and how many are downloaded a lot?
-- param pipeline_tag VARCHAR = NULL: only models of this task
-- column downloads_band VARCHAR: downloads in 30 days; 'not reported' if the Hub reports none
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- column median_likes BIGINT: median of their likes
-- trap: not reported is not 0
-- see: 35.5% of 2,161,698 models had a download in 30 days (hub-stats, 2025-10)
WITH banded AS (
    SELECT
        downloads,
        likes,
        CASE
            WHEN downloads IS NULL THEN 9
            WHEN downloads = 0 THEN 1
            ELSE least(length(CAST(downloads AS VARCHAR)) + 1, 8)
        END AS band
    FROM models
    WHERE $pipeline_tag IS NULL OR pipeline_tag = $pipeline_tag
)

SELECT
    [
        '0', '1-9', '10-99', '100-999', '1,000-9,999', '10,000-99,999', '100,000-999,999', '1,000,000+', 'not reported'
    ][band] AS downloads_band,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share,
    quantile_disc(likes, 0.5) AS median_likes
FROM banded
GROUP BY band
ORDER BY band
