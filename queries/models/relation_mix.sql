-- title: Relation mix
-- question: How many models declare a base model, and what is their relation to it?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- column relation VARCHAR: as reported by the Hub; 'unknown' if a base model is declared without a relation; 'none' if
--   no base model is declared
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column derived_share DOUBLE: share of the models that declare a base model, 0 to 1; NULL for 'none'
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- trap: the Hub infers the relation unless the card states it
-- see: adapter 42.6%, finetune 35.9%, quantized 19.2%, merge 2.3% of the 28% that declare one (hub-stats, 2025-10)
WITH related AS (
    SELECT
        CASE WHEN coalesce(len(base_models), 0) = 0 THEN 'none' ELSE coalesce(base_relation, 'unknown') END AS relation,
        downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    relation,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CASE
        WHEN relation <> 'none'
            THEN round(count(*) / sum(count(*)) FILTER (WHERE relation <> 'none') OVER (), 4)
    END AS derived_share,
    CAST(sum(downloads) AS BIGINT) AS downloads
FROM related
GROUP BY relation
ORDER BY models DESC, relation
