-- title: Licence mix
-- question: Which licences do models have according to the Hub's tag, and how many have none?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days
-- param limit BIGINT = 100: rows to return; shares always refer to all models
-- column license VARCHAR: the Hub's licence tag, verbatim; NULL if none is declared
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- trap: a tag is a claim: the text may be missing (see license_text), or differ from that of the card or the base model
-- trap: 'other' and 'unknown' are tags that people set; NULL is their absence
-- see: 64.4% of 1,873,342 models without a licence (RamaLama, 2025-07; Laufer et al. agree)
WITH chosen AS (
    SELECT nullif(license, '') AS license, downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    license,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM chosen
GROUP BY license
ORDER BY models DESC, license
LIMIT $limit
