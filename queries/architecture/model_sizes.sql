-- title: Model sizes
-- question: How large are models, and which sizes are downloaded most?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column size VARCHAR: parameters, from the first bound up to (excluding) the second; 'unknown' if no source has them
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- trap: parameters_source distinguishes measured, reported and estimated; the Hub's own count is wrong for packed
--   low-bit weights
-- see: quartiles 0.124, 0.765 and 6.74 billion over 505,406 models (hub-stats, 2025-10-23)
WITH sized AS (
    SELECT
        downloads,
        CASE
            WHEN parameters IS NULL THEN 9
            WHEN parameters < 10000000 THEN 1
            WHEN parameters < 100000000 THEN 2
            WHEN parameters < 1000000000 THEN 3
            WHEN parameters < 4000000000 THEN 4
            WHEN parameters < 10000000000 THEN 5
            WHEN parameters < 40000000000 THEN 6
            WHEN parameters < 100000000000 THEN 7
            ELSE 8
        END AS band
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    ['0-10M', '10M-100M', '100M-1B', '1B-4B', '4B-10B', '10B-40B', '40B-100B', '100B+', 'unknown'][band] AS size,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM sized
GROUP BY band
ORDER BY band
