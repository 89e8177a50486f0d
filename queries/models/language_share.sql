-- title: Languages
-- question: Which languages do models name, and how many name none?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return; the shares are of all models either way
-- column language VARCHAR: language code among the tags; 'none' where the tags name none
-- column models BIGINT: live models that name it
-- column share DOUBLE: of all chosen models, 0 to 1; a model counts for each of its languages
-- column only BIGINT: those that name no other language
-- column downloads BIGINT: sum of their downloads in 30 days; NULL where none is told
-- column download_share DOUBLE: of the downloads of all chosen models, 0 to 1
-- trap: a claim of the card; a model that names none is most often English, or no language model at all
-- see: English 221,550; Chinese 12,917; French 11,754 (Laufer et al., 2025-07)
WITH chosen AS (
    SELECT
        hub_id,
        downloads,
        CASE WHEN len(languages) > 0 THEN list_distinct(languages) ELSE ['none'] END AS languages
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
),

total AS (
    SELECT count(*) AS models, sum(downloads) AS downloads FROM chosen
),

named AS (
    SELECT unnest(languages) AS language, len(languages) = 1 AS only_one, downloads
    FROM chosen
)

SELECT
    named.language,
    count(*) AS models,
    round(count(*) / max(total.models), 4) AS share,
    count(*) FILTER (WHERE named.only_one) AS only,
    CAST(sum(named.downloads) AS BIGINT) AS downloads,
    round(sum(named.downloads) / nullif(max(total.downloads), 0), 4) AS download_share
FROM named
CROSS JOIN total
GROUP BY named.language
ORDER BY models DESC, named.language
LIMIT $limit
