-- title: Concentration of downloads
-- question: What share of all downloads do the most downloaded models have?
-- param pipeline_tag VARCHAR = NULL: only models of this task
-- column top_share DOUBLE: fraction of the models, most downloaded first, 0 to 1
-- column models BIGINT: models in that fraction, at least one
-- column least_downloads BIGINT: downloads in 30 days of the last of them
-- column downloads BIGINT: sum of their downloads in 30 days
-- column download_share DOUBLE: share of all downloads, 0 to 1; NULL if there are none
-- trap: models without reported downloads are left out; a download of one file counts like one of all files
-- trap: only a harvest of the whole Hub gives an answer for the Hub
-- see: 1% of 348,181 models got 99% of downloads (2023-10)
WITH ranked AS (
    SELECT
        downloads,
        row_number() OVER (ORDER BY downloads DESC, hub_id) AS place,
        count(*) OVER () AS models
    FROM models
    WHERE downloads IS NOT NULL AND ($pipeline_tag IS NULL OR pipeline_tag = $pipeline_tag)
),

total AS (
    SELECT sum(downloads) AS downloads FROM ranked
),

parts AS (
    SELECT unnest([0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0])::DOUBLE AS top_share
)

SELECT
    parts.top_share,
    count(*) AS models,
    min(ranked.downloads) AS least_downloads,
    CAST(sum(ranked.downloads) AS BIGINT) AS downloads,
    round(sum(ranked.downloads) / nullif(max(total.downloads), 0), 4) AS download_share
FROM parts
CROSS JOIN total
INNER JOIN ranked ON ranked.place <= greatest(1, ceil(parts.top_share * ranked.models))
GROUP BY parts.top_share
ORDER BY parts.top_share
