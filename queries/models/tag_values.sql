-- title: Values of a tag
-- question: Which datasets, papers, regions (any tag with a prefix) do models declare?
-- param prefix VARCHAR = 'dataset:': what the tag starts with: dataset:, arxiv:, doi:, region:, license:, ...
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 50: rows to return
-- column value VARCHAR: what follows the prefix
-- column models BIGINT: live models with this tag
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column authors BIGINT: number of distinct owners
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- trap: dataset: mixes names of loaders (imagefolder, generator) with datasets
-- trap: arxiv: includes papers that a card template cites, such as the one on emissions
-- see: imagefolder 5,143; glue 3,518; generator 3,271; squad 1,862 (Laufer et al., 2025-07)
WITH chosen AS (
    SELECT hub_id, author, downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
),

total AS (
    SELECT count(*) AS models FROM chosen
)

SELECT
    substr(tags.tag, length($prefix) + 1) AS value,
    count(*) AS models,
    round(count(*) / max(total.models), 4) AS share,
    count(DISTINCT chosen.author) AS authors,
    CAST(sum(chosen.downloads) AS BIGINT) AS downloads
FROM tags
INNER JOIN chosen ON chosen.hub_id = tags.hub_id
CROSS JOIN total
WHERE starts_with(tags.tag, $prefix) AND tags.tag <> $prefix
GROUP BY value
ORDER BY models DESC, value
LIMIT $limit
