-- title: Architecture share
-- question: Which architectures do models have, and what share of downloads does each have?
-- param min_downloads BIGINT = 0: only models with at least this many downloads in 30 days; an unreported count counts
--   as 0
-- param limit BIGINT = 50: rows to return; shares always refer to all models
-- column architecture VARCHAR: first of architectures as declared; NULL if it is not
-- column state VARCHAR: 'declared'; 'none declared' if the documents were read, or do not exist; 'unknown' if they could not
--   be read, and the Hub's excerpt declares none
-- column models BIGINT: live models
-- column share DOUBLE: share of all chosen models, 0 to 1
-- column downloads BIGINT: sum of their downloads in 30 days; NULL if none is reported
-- column download_share DOUBLE: share of the downloads of all chosen models, 0 to 1
-- trap: adapters, GGUF-only and diffusers repositories count as 'none declared', even if their base model has an architecture
-- trap: in a top-N harvest the shares refer to the selection, not to the Hub
-- see: ATOM project on the shares of model families; Longpre et al. on the Hub's download history
WITH chosen AS (
    SELECT
        CASE
            WHEN config_status IN ('ok', 'lenient', 'not_object', 'absent') THEN architecture
            WHEN json_valid(config_stub) THEN json_extract_string(config_stub, '$.architectures[0]')
        END AS architecture,
        coalesce(config_status IN ('ok', 'lenient', 'not_object', 'absent'), FALSE) AS known,
        downloads
    FROM models
    WHERE coalesce(downloads, 0) >= $min_downloads
)

SELECT
    architecture,
    CASE WHEN architecture IS NOT NULL THEN 'declared' WHEN known THEN 'none declared' ELSE 'unknown' END AS state,
    count(*) AS models,
    round(count(*) / sum(count(*)) OVER (), 4) AS share,
    CAST(sum(downloads) AS BIGINT) AS downloads,
    round(sum(downloads) / nullif(sum(sum(downloads)) OVER (), 0), 4) AS download_share
FROM chosen
GROUP BY architecture, state
ORDER BY models DESC, architecture, state
LIMIT $limit
