-- title: Languages
-- question: Which languages do models declare, and how many declare none?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return; shares always refer to all models
-- column language VARCHAR: language code among the tags; NULL if the tags have none
-- column models BIGINT: live models that declare it
-- column share DOUBLE: share of all chosen models, 0 to 1; a model counts for each of its languages
-- column only BIGINT: those that declare no other language
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- trap: declared in the card; a model that declares none is usually English, or not a language model
-- see: English 221,550; Chinese 12,917; French 11,754 (Laufer et al., 2025-07)
WITH chosen AS (
    SELECT
        hub_id,
        downloads,
        CASE WHEN len(languages) > 0 THEN list_distinct(languages) ELSE [NULL] END AS languages
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
